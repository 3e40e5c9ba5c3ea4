package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"syncer/migrations"
)

// ErrSchema: the database's schema is older than the one this program knows.
var ErrSchema = errors.New("the schema is not current: run syncer migrate up")

// ErrNewerSchema: the database's schema is of a later release than this program.
var ErrNewerSchema = errors.New("the schema is newer than this program: update syncer")

// A Migration is one file of the schema.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// Migrate brings the schema up to date. It is safe to run in many processes at
// once: one does the work, the others wait for it, and so do merges. Where there is
// nothing to do, nobody waits for anybody.
func (s *Store) Migrate(ctx context.Context) (applied []Migration, err error) {
	defer wrap(&err, "migrate up")
	switch err := s.Current(ctx); {
	case err == nil:
		return nil, s.grantReader(ctx) // the role may have come since
	case !errors.Is(err, ErrSchema):
		return nil, err
	}
	err = s.goose(ctx, false, func(p *goose.Provider) error {
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
	if err := s.Current(ctx); errors.Is(err, ErrNewerSchema) {
		return nil, err
	}
	err = s.goose(ctx, all, func(p *goose.Provider) error {
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
	clear(s.monthsFrom)
	clear(s.registered)
	return undone, err
}

// Migrations lists the files that this program knows, applied or not.
func (s *Store) Migrations(ctx context.Context) (list []Migration, err error) {
	defer wrap(&err, "read the schema's version")
	err = s.goose(ctx, false, func(p *goose.Provider) error {
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
	applied, err := appliedVersion(ctx, s.pool)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	return isKnown(applied)
}

// SchemaVersion is that of the schema that this program knows.
var SchemaVersion = migrations.Last

// isKnown judges a schema's version.
func isKnown(version int64) error {
	switch {
	case version > migrations.Last:
		return fmt.Errorf("%w (version %d, this program's is %d)", ErrNewerSchema, version, migrations.Last)
	case version < migrations.Last:
		return fmt.Errorf("%w (version %d, this program's is %d)", ErrSchema, version, migrations.Last)
	}
	return nil
}

// lockTimeout is how long a migration waits for a table that somebody reads. Who
// wants to read it meanwhile waits behind it.
const lockTimeout = 30 * time.Second

// A migrationLock keeps other migrations and all merges away: a merge that waited
// sees by the schema's version whether it may still write.
type migrationLock struct {
	lock.SessionLocker
	all bool // everything is taken down: also a pruned history, which else must stay
}

func (l migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	if err := l.SessionLocker.SessionLock(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", trendsLock); err != nil {
		return errors.Join(err, l.SessionLocker.SessionUnlock(context.WithoutCancel(ctx), conn))
	}
	_, err := conn.ExecContext(ctx, fmt.Sprintf("SET lock_timeout = %d; SET syncer.all_down = %t", lockTimeout.Milliseconds(), l.all))
	return err
}

func (l migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", trendsLock)
	_, reset := conn.ExecContext(ctx, "RESET lock_timeout; RESET syncer.all_down")
	return errors.Join(err, reset, l.SessionLocker.SessionUnlock(ctx, conn))
}

// goose runs f with a provider whose own table is in schema syncer; all: it takes
// everything down.
func (s *Store) goose(ctx context.Context, all bool, f func(*goose.Provider) error) (err error) {
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
		goose.WithTableName("syncer.goose_db_version"), goose.WithSessionLocker(migrationLock{locker, all}))
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
