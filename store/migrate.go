package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"syncer/migrations"
	"syncer/source"
	"syncer/store/schema"
)

// ErrSchema says that the database's schema is older than this program's.
var ErrSchema = schema.ErrOlder

// ErrNewerSchema says that the database's schema is newer than this program.
var ErrNewerSchema = schema.ErrNewer

// A Migration is a step of the schema: a file, or what is derived from a source's
// declaration, which has no version.
type Migration struct {
	Version int64  `json:"version,omitempty"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

func derived(name string, applied bool) Migration {
	return Migration{Name: "declaration of " + name, Applied: applied}
}

// Migrate brings the schema up to date: first the files, then all that is derived from
// the declarations. Many processes may run it at once: one does the work, and the others
// wait for it. Merges wait, too. If there is nothing to do, it takes no lock.
func (s *Store) Migrate(ctx context.Context) (applied []Migration, err error) {
	defer wrap(&err, "migrate up")
	switch err := s.Current(ctx); {
	case err == nil:
		return nil, s.grantReader(ctx) // the role may have been created since the last migration
	case !errors.Is(err, ErrSchema):
		return nil, err
	}
	err = schema.Keep(ctx, s.pool, func() error {
		return s.goose(ctx, false, func(p *goose.Provider) error {
			results, err := p.Up(ctx)
			for _, r := range results {
				applied = append(applied, Migration{r.Source.Version, r.Source.Path, true})
			}
			return err
		})
	})
	if err != nil {
		return applied, err
	}
	err = s.derive(ctx, func(tx pgx.Tx) error {
		sources, err := s.program.Load().Up(ctx, tx)
		for _, name := range sources {
			applied = append(applied, derived(name, true))
		}
		return err
	})
	if err != nil {
		return applied, err
	}
	return applied, s.grantReader(ctx)
}

// MigrateDown undoes the last step, or all steps, and their data with them. The newest step
// is what the newest revision has derived. The steps before it are the files that were
// applied since the revision before, one by one. The error is ErrNewerSchema if a newer
// program has migrated.
func (s *Store) MigrateDown(ctx context.Context, all bool) (undone []Migration, err error) {
	defer wrap(&err, "migrate down")
	if err := s.Current(ctx); errors.Is(err, ErrNewerSchema) {
		return nil, err
	}
	if err := s.ownRevision(ctx); err != nil {
		return nil, err
	}
	defer s.forgetMonths()
	for {
		version, err := appliedVersion(ctx, s.pool)
		if err != nil || version == 0 {
			return undone, err
		}
		var migration int64 // the last file that was applied when the newest revision was derived
		if version >= schema.From {
			if _, migration, err = schema.Newest(ctx, s.pool); err != nil {
				return undone, err
			}
		}
		if migration != version && (!all || migration == 0) {
			list, err := s.downFiles(ctx, version, all)
			return append(undone, list...), err
		}
		list, err := s.downDerived(ctx, all)
		if undone = append(undone, list...); err != nil || !all {
			return undone, err
		}
	}
}

// ownRevision returns ErrNewerSchema if a newer program has derived anything, be it of a
// source that this one does not know.
func (s *Store) ownRevision(ctx context.Context) error {
	version, err := appliedVersion(ctx, s.pool)
	if err != nil || version < schema.From {
		return err
	}
	revision, _, err := schema.Newest(ctx, s.pool)
	if err == nil && revision > schema.Revision {
		err = fmt.Errorf("%w (revision %d, this program's is %d)", ErrNewerSchema, revision, schema.Revision)
	}
	return err
}

func (s *Store) downDerived(ctx context.Context, all bool) (undone []Migration, err error) {
	err = s.derive(ctx, func(tx pgx.Tx) error {
		sources, err := schema.Down(ctx, tx, all)
		for _, name := range slices.Backward(sources) {
			undone = append(undone, derived(name, false))
		}
		return err
	})
	return undone, err
}

func (s *Store) downFiles(ctx context.Context, version int64, all bool) (undone []Migration, err error) {
	to := version - 1
	if all {
		to = 0
	}
	err = schema.Keep(ctx, s.pool, func() error {
		return s.goose(ctx, all, func(p *goose.Provider) error {
			results, err := p.DownTo(ctx, to)
			for _, r := range results {
				undone = append(undone, Migration{r.Source.Version, r.Source.Path, false})
			}
			return err
		})
	})
	return undone, err
}

// Make brings up to date what is derived from one source, as Migrate does for all. The
// files must have been applied.
func (s *Store) Make(ctx context.Context, src *source.Source) (err error) {
	defer wrap(&err, "migrate up")
	err = s.derive(ctx, func(tx pgx.Tx) error {
		_, err := schema.New(schema.Revision, []*source.Source{src}).Up(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	return s.grantReader(ctx)
}

// Made tells of each source whether the tables of it are as its declaration says.
func (s *Store) Made(ctx context.Context, sources []*source.Source) (_ map[string]bool, err error) {
	defer wrap(&err, "read what is derived")
	return schema.New(schema.Revision, sources).Parts(ctx, s.pool)
}

// DropSource takes away all that is derived from a source's declaration, rows and history
// with it. What else is kept of its partitions, Erase takes away before.
func (s *Store) DropSource(ctx context.Context, name string) (err error) {
	defer wrap(&err, "drop source %s", name)
	defer s.forgetMonths()
	return s.derive(ctx, func(tx pgx.Tx) error { return schema.Drop(ctx, tx, name) })
}

// Derived names the sources that something stands of in the database, declared or not.
func (s *Store) Derived(ctx context.Context) (_ []string, err error) {
	defer wrap(&err, "read what is derived")
	return collect[string](ctx, s.pool, "SELECT name FROM syncer.derived WHERE name = source AND definition IS NULL ORDER BY name")
}

// Migrations lists the files that this program knows, applied or not, and behind them
// the sources, and whether what stands of them is derived from their declarations.
func (s *Store) Migrations(ctx context.Context) (list []Migration, err error) {
	defer wrap(&err, "read the schema's version")
	var applied []int64
	version, err := appliedVersion(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	if version > 0 { // goose would make its table where there is none
		if applied, err = collect[int64](ctx, s.pool, "SELECT version_id FROM syncer.goose_db_version WHERE is_applied"); err != nil {
			return nil, err
		}
	}
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, err
		}
		list = append(list, Migration{version, name, slices.Contains(applied, version)})
	}
	current := map[string]bool{}
	if version >= schema.From {
		if current, err = s.program.Load().Parts(ctx, s.pool); err != nil {
			return nil, err
		}
	}
	for _, src := range s.Sources() {
		list = append(list, derived(src.Name, current[src.Name]))
	}
	return list, nil
}

// Current returns ErrSchema unless the schema is exactly this program's: its files, and
// what it derives from its declarations.
func (s *Store) Current(ctx context.Context) error {
	applied, err := appliedVersion(ctx, s.pool)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if err := isKnown(applied); err != nil {
		return err
	}
	return s.program.Load().Current(ctx, s.pool)
}

// stillCurrent judges the schema that a merge of a source finds: this program may have
// been running while a later release, or one with other declarations, migrated.
func (s *Store) stillCurrent(ctx context.Context, tx pgx.Tx, src *source.Source) error {
	var applied int64
	err := tx.QueryRow(ctx, "SELECT max(version_id) FROM syncer.goose_db_version").Scan(&applied)
	if err == nil {
		err = isKnown(applied)
	}
	if err != nil {
		return err
	}
	return s.program.Load().Writes(ctx, tx, src)
}

// SchemaVersion is the version of this program's schema: that of its last file.
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

// derive changes the derived schema in one transaction. Merges and other migrations wait.
func (s *Store) derive(ctx context.Context, do func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", patience.Milliseconds())); err != nil {
			return err
		}
		if err := lockAll(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", lockTimeout.Milliseconds())); err != nil {
			return err
		}
		return do(tx)
	})
}

// forgetMonths forgets which months have their partitions.
func (s *Store) forgetMonths() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.months)
	clear(s.monthsFrom)
}

// lockTimeout is how long a migration waits for a table that somebody reads. While it
// waits, new readers of the table wait behind it.
const lockTimeout = 30 * time.Second

// A migrationLock makes other migrations and all merges wait. A merge that waited checks
// the schema's version before it writes. A session of its own holds the lock, because the
// migration's session commits after each file.
type migrationLock struct {
	pool *pgxpool.Pool
	all  bool   // undo everything, even if history was pruned, which otherwise stops it
	held pgx.Tx // nil while it is not held
}

func (l *migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) (err error) {
	if l.held, err = hold(ctx, l.pool, lockAll); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, fmt.Sprintf("SET lock_timeout = %d; SET syncer.all_down = %t", lockTimeout.Milliseconds(), l.all))
	return err
}

func (l *migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "RESET lock_timeout; RESET syncer.all_down")
	return errors.Join(err, letGo(ctx, l.held))
}

// goose runs f with a provider that keeps its table in schema syncer. all is true if f
// undoes everything.
func (s *Store) goose(ctx context.Context, all bool, f func(*goose.Provider) error) (err error) {
	if err := ensureLocks(ctx, s.pool); err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(s.pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS,
		goose.WithTableName("syncer.goose_db_version"), goose.WithSessionLocker(&migrationLock{pool: s.pool, all: all}))
	if err != nil {
		return err
	}
	return f(p)
}
