package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"syncer/migrations"
)

// ErrSchema: the database's schema is not the one this program knows.
var ErrSchema = errors.New("the schema is not current: run syncer migrate up")

// A Migration is one file of the schema.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// Migrate brings the schema up to date. It is safe to run in many processes at
// once: one does the work, the others wait for it.
func (s *Store) Migrate(ctx context.Context) (applied []Migration, err error) {
	defer wrap(&err, "migrate up")
	err = s.goose(ctx, func(p *goose.Provider) error {
		results, err := p.Up(ctx)
		for _, r := range results {
			applied = append(applied, Migration{r.Source.Version, r.Source.Path, true})
		}
		return err
	})
	if err != nil {
		return applied, err
	}
	return applied, s.grantReader(ctx)
}

// MigrateDown takes back the last migration, or all of them, and the data with it.
func (s *Store) MigrateDown(ctx context.Context, all bool) (undone []Migration, err error) {
	defer wrap(&err, "migrate down")
	err = s.goose(ctx, func(p *goose.Provider) error {
		version, err := p.GetDBVersion(ctx)
		if err != nil || version == 0 {
			return err
		}
		to := version - 1
		if all {
			to = 0
		}
		results, err := p.DownTo(ctx, to)
		for _, r := range results {
			undone = append(undone, Migration{r.Source.Version, r.Source.Path, false})
		}
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.months)
	clear(s.registered)
	return undone, err
}

// Migrations lists the files that this program knows, applied or not.
func (s *Store) Migrations(ctx context.Context) (list []Migration, err error) {
	defer wrap(&err, "read the schema's version")
	err = s.goose(ctx, func(p *goose.Provider) error {
		states, err := p.Status(ctx)
		for _, m := range states {
			list = append(list, Migration{m.Source.Version, m.Source.Path, m.State == goose.StateApplied})
		}
		return err
	})
	return list, err
}

// Current returns ErrSchema unless the schema is exactly this program's.
func (s *Store) Current(ctx context.Context) error {
	known, err := knownVersion()
	if err != nil {
		return err
	}
	applied, err := appliedVersion(ctx, s.pool)
	switch {
	case err != nil:
		return fmt.Errorf("read the schema's version: %w", err)
	case applied > known:
		return fmt.Errorf("the schema (version %d) is newer than this program (version %d): update syncer", applied, known)
	case applied < known:
		return fmt.Errorf("%w (version %d, this program's is %d)", ErrSchema, applied, known)
	}
	return nil
}

// goose runs f with a provider whose own table is in schema syncer.
func (s *Store) goose(ctx context.Context, f func(*goose.Provider) error) (err error) {
	if err := s.makeSchema(ctx); err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600)) // looks each second; others may come as late as that
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(s.pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS,
		goose.WithTableName("syncer.goose_db_version"), goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	return f(p)
}

// makeSchema makes schema syncer, where goose keeps its table, unless it exists:
// looking first spares a user who may only read an error.
func (s *Store) makeSchema(ctx context.Context) error {
	var exists bool
	err := s.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'syncer')").Scan(&exists)
	if err != nil || exists {
		return err
	}
	_, err = s.pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS syncer")
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" { // another process came between
		return nil
	}
	return err
}
