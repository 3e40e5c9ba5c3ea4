package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"syncer/source"
)

// A Foresight lets the dry run of a source that reads another's table read it as it would
// stand by then. It keeps what is read of such tables in temporary ones, of one
// connection. It is for one goroutine.
type Foresight struct {
	store   *Store
	conn    *pgxpool.Conn // nil until something is to be kept
	sources []string      // those that are foreseen
}

// Foresee begins to look ahead.
func (s *Store) Foresee() *Foresight { return &Foresight{store: s} }

// Begin is Store.Begin of a sync that sees what was foreseen.
func (f *Foresight) Begin(ctx context.Context, p Partition) (*Sync, error) {
	return f.store.begin(ctx, p, f)
}

// Knows reports whether a source was foreseen.
func (f *Foresight) Knows(name string) bool { return f != nil && slices.Contains(f.sources, name) }

// Close forgets all, also when the context has ended.
func (f *Foresight) Close(ctx context.Context) {
	if f.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, name := range f.sources {
		if _, err := f.conn.Exec(ctx, "DROP TABLE IF EXISTS "+planned(name)); err != nil {
			_ = f.conn.Conn().Close(ctx) // and with the connection, its temporary tables
			break
		}
	}
	f.conn.Release()
	f.conn = nil
}

func (f *Foresight) connection(ctx context.Context) (_ *pgxpool.Conn, err error) {
	if f.conn == nil {
		f.conn, err = f.store.pool.Acquire(ctx)
	}
	return f.conn, err
}

func planned(name string) string { return pgx.Identifier{"pg_temp", "planned_" + name}.Sanitize() }

// rowsOf is the relation of a source's standing rows, as they will be when this one
// is synced.
func (s *Sync) rowsOf(name string) string {
	if s.foresight.Knows(name) { // which has this partition alone; every parameter must be mentioned
		return fmt.Sprintf("(SELECT * FROM %s WHERE $1::text IS NOT NULL AND $2::text IS NOT NULL)", planned(name))
	}
	return standingOf(name)
}

// standingOf is the relation of a source's standing rows in the partition.
func standingOf(source string) string {
	return fmt.Sprintf("(SELECT * FROM %s WHERE account_id = $1 AND region_id = $2 AND valid_to = 'infinity')", pgx.Identifier{"syncer", source}.Sanitize())
}

// Foresee is Plan for the sake of another source that reads this one's table: what it
// reads of the rows that would stand is kept in the Foresight that the sync began with.
func (s *Sync) Foresee(ctx context.Context, run Run, reader *source.Source) (err error) {
	defer wrap(&err, "foresee %s", s.part)
	if _, err := s.foresight.connection(ctx); err != nil {
		return err
	}
	m := &merge{Sync: s, run: run, listings: s.found.listings}
	return m.plan(ctx, func() error {
		v, err := m.judge(ctx, true)
		if err != nil {
			return err
		}
		names := s.t.Key
		for _, name := range reader.ReadsOf(s.t.Name) {
			if !slices.Contains(names, name) {
				names = append(slices.Clip(names), name)
			}
		}
		columns := strings.Join(quoted(names), ", ")
		if _, err := m.tx.Exec(ctx, fmt.Sprintf("CREATE TEMP TABLE %s AS SELECT %s FROM %s WITH NO DATA",
			pgx.Identifier{"planned_" + s.t.Name}.Sanitize(), columns, s.t.name)); err != nil {
			return err
		}
		_, err = m.tx.Exec(ctx, fmt.Sprintf("INSERT INTO %s SELECT %s FROM %s AS t WHERE NOT %s",
			planned(s.t.Name), columns, s.t.afterwards(s.found.stage.exists(), names...), s.t.ends(v, "t")), s.part.AccountID, s.part.RegionID)
		if err == nil {
			s.foresight.sources = append(s.foresight.sources, s.t.Name)
		}
		return err
	})
}

// ends is the condition that a row of alias ends by a verdict.
func (t *table) ends(v verdict, alias string) string {
	ends := "false"
	if v.listed {
		ends += fmt.Sprintf(" OR EXISTS (SELECT FROM pg_temp.gone AS g WHERE %s AND g.ends_)", t.sameKey("g", alias))
	}
	if t.EndsWith != nil {
		ends += fmt.Sprintf(" OR EXISTS (SELECT FROM pg_temp.orphans AS o WHERE %s AND o.round_ IN (%d, %d))", t.sameKey("o", alias), orphanedAnyway, v.round)
	}
	return "(" + ends + ")"
}
