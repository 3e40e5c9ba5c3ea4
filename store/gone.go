package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// What is gone is in pg_temp.gone: one row for each sweep, value of its Each, and key
// that a complete listing speaks for and none has shown; whether it ends; and whether
// its scope is held.

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
	for _, sql := range []string{m.t.createGone(), "ALTER TABLE pg_temp.gone ALTER ends SET DEFAULT true, ALTER held SET DEFAULT false"} {
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

// valueOf is the value that a listing was made for which speaks for row t: listings of
// one sweep are told apart by it. Empty: they are not, since a listing asks for many.
func (t *table) valueOf(sweep *source.Sweep) string {
	if _, batches := t.Pager.(source.Batches); sweep.Each == nil || batches {
		return "''::text"
	}
	return asked(sweep.Each)
}

func (t *table) createGone() string {
	return fmt.Sprintf(`CREATE TEMP TABLE gone ON COMMIT DROP AS
SELECT %s, true AS ends, false AS held
FROM %s
WITH NO DATA`, strings.Join(append([]string{"0::bigint AS sweep", "''::text AS value"}, t.key()...), ", "), t.name)
}

func (t *table) copyGone() string {
	return fmt.Sprintf("COPY pg_temp.gone (%s) FROM STDIN BINARY", strings.Join(append([]string{"sweep", "value"}, t.key()...), ", "))
}

// endGone ends what pg_temp.gone says.
func (t *table) endGone() string {
	return fmt.Sprintf("UPDATE %s AS t\nSET %s\nFROM pg_temp.gone AS g\nWHERE %s AND %s AND g.ends", t.name, t.setEnded(), t.where, t.sameKey("t", "g"))
}

// byHash runs f without nested loops. f joins whole tables, some of them temporary, whose
// sizes the planner may not know. If it took them for small, it would join them row by
// row, in a time that grows with the product of their sizes.
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
