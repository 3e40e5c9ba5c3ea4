package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// Rows that are gone are collected in pg_temp.gone. A row is gone if a complete listing
// speaks for it and no listing has shown it. The table has one row for each sweep, value
// of the sweep's Each, and key. It also says whether the row ends and whether its scope
// is held.

// findGone fills the table and returns how many rows it got. A key appears twice where
// the scopes of two sweeps overlap.
func (m *merge) findGone(ctx context.Context) (int64, error) {
	if !m.stood.known.unseen() {
		return 0, nil
	}
	var missing spill // which holds them while their table is read
	defer missing.close()
	for i := range m.t.Sweeps {
		if scope, complete := completeScope(m.listings, &m.t.Sweeps[i]); complete {
			if err := m.findMissing(ctx, i, scope, &missing); err != nil {
				return 0, err
			}
		}
	}
	if missing.empty() {
		return 0, nil
	}
	// A COPY leaves the columns that it does not name at their defaults.
	for _, sql := range []string{m.t.createGone(), "ALTER TABLE pg_temp.gone ALTER ends_ SET DEFAULT true, ALTER held_ SET DEFAULT false"} {
		if _, err := m.tx.Exec(ctx, sql); err != nil {
			return 0, err
		}
	}
	n, err := copyFrom(ctx, m.tx, m.t.copyGone(), func(row func(...[]byte) error) error {
		return missing.visit(func(e entry) error { return row(e.key()) })
	})
	if err != nil {
		return n, err
	}
	_, err = m.tx.Exec(ctx, "ANALYZE pg_temp.gone")
	return n, err
}

// findMissing collects the standing rows of a sweep's scope that no listing has shown,
// each as a COPY tuple of pg_temp.gone.
func (m *merge) findMissing(ctx context.Context, sweep int, scope Scope, into *spill) error {
	q := m.query()
	rows, err := m.tx.Query(ctx, m.t.selectScope(q, &m.t.Sweeps[sweep], scope), q.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var tuple []byte
	for rows.Next() {
		v := rows.RawValues()
		if m.stood.shows(v[1:]) {
			continue
		}
		tuple = appendField(binary.BigEndian.AppendUint16(tuple[:0], uint16(len(v)+1)), uint64(sweep))
		for _, field := range v {
			tuple = appendText(tuple, string(field))
		}
		if err := into.add(1, 0, tuple, nil); err != nil {
			return err
		}
	}
	return rows.Err()
}

// selectScope reads (value, key…) of the standing rows that a scope speaks for.
func (t *table) selectScope(q *query, sweep *source.Sweep, scope Scope) string {
	columns := append([]string{t.valueOf(sweep)}, t.qualifiedKey("t")...)
	return fmt.Sprintf("SELECT %s FROM %s AS t WHERE %s%s", strings.Join(columns, ", "), t.name, t.where, q.scope(sweep, scope))
}

// valueOf is SQL for the value of the listing that speaks for row t. It tells the listings
// of a sweep apart. It is empty if each listing asks for many values.
func (t *table) valueOf(sweep *source.Sweep) string {
	if _, batches := t.Pager.(source.Batches); sweep.Each == nil || batches {
		return "''::text"
	}
	return asked(sweep.Each)
}

func (t *table) createGone() string {
	return fmt.Sprintf(`CREATE TEMP TABLE gone ON COMMIT DROP AS
SELECT %s, true AS ends_, false AS held_
FROM %s
WITH NO DATA`, strings.Join(append([]string{"0::bigint AS sweep_", "''::text AS value_"}, t.key()...), ", "), t.name)
}

func (t *table) copyGone() string {
	return fmt.Sprintf("COPY pg_temp.gone (%s) FROM STDIN BINARY", strings.Join(append([]string{"sweep_", "value_"}, t.key()...), ", "))
}

// endGone ends the rows that pg_temp.gone says end.
func (t *table) endGone() string {
	return fmt.Sprintf("UPDATE %s AS t\nSET %s\nFROM pg_temp.gone AS g\nWHERE %s AND %s AND g.ends_", t.name, t.setEnded(), t.where, t.sameKey("t", "g"))
}

// byHash runs f with nested loops off (https://www.postgresql.org/docs/current/runtime-config-query.html).
// f joins whole tables, some of them temporary. The planner may not know their sizes. If
// it thinks that they are small, it joins them row by row, which takes a time that grows
// with the product of their sizes.
func byHash(ctx context.Context, tx pgx.Tx, f func() error) error {
	if _, err := tx.Exec(ctx, "SET LOCAL enable_nestloop = off"); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "SET LOCAL enable_nestloop TO DEFAULT")
	return err
}
