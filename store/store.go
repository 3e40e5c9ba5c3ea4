// Package store goes from pages to tables: stage, merge, versions, runs, months.
// It knows nothing of the cloud. What people read of the tables is in store/report.
//
// Beside the standard library it imports source, text, migrations, store/schema, pgx
// and goose.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"syncer/source"
	"syncer/store/schema"
	"syncer/text"
)

// A Store is a database with syncer's schema in it.
type Store struct {
	pool    *pgxpool.Pool
	log     *slog.Logger
	clock   func() time.Time // nil: the server's
	program atomic.Pointer[schema.Program]
	reading atomic.Pointer[reading]

	mu         sync.Mutex
	months     map[string]time.Time // source → last month whose partition is known to exist
	monthsFrom map[string]time.Time // source → when the next attempt to make one is due
}

// Options are the parts of a Store that have defaults.
type Options struct {
	Logger *slog.Logger
	// Clock is the time of merges; nil is the database server's clock, which all
	// workers share. The demo sets it to a simulated time.
	Clock func() time.Time
	// Sources are those that the schema is derived from; nil is source.All.
	Sources []*source.Source
	// Connections is the most that are open at once; 0 is 10. A sync that has
	// something to stage holds one, and then needs no other.
	Connections int32
	// Name tells this process's sessions from others', in pg_stat_activity's
	// application_name, after "syncer". Of a long one, that is the end.
	Name string
}

// minVersion is the oldest supported server: 14.
const minVersion = 140000

// connectTimeout takes the place of the pool's own 2 minutes, unless the URL has a
// connect_timeout: who waits for a server behind a firewall should hear of it soon.
const connectTimeout = 10 * time.Second

// Open connects to a PostgreSQL database. The error says what an operator can do.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	config, err := sessionConfig(url, o)
	if err != nil {
		return nil, err
	}
	text.Hide("database", config.ConnConfig.Password) // wherever it came from
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, unreachable(config.ConnConfig, err)
	}
	s := &Store{pool: pool, log: o.Logger, clock: o.Clock, months: map[string]time.Time{}, monthsFrom: map[string]time.Time{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if o.Sources == nil {
		o.Sources = source.All
	}
	s.Declare(o.Sources)
	var version int
	var now time.Time
	if err := pool.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, clock_timestamp()").Scan(&version, &now); err != nil {
		pool.Close()
		return nil, unreachable(config.ConnConfig, err)
	}
	s.reading.Store(&reading{now, time.Now()})
	if version < minVersion {
		pool.Close()
		return nil, fmt.Errorf("the database is PostgreSQL %d: syncer needs 14 or later", version/10000)
	}
	return s, nil
}

// Declare changes the sources that the schema is derived from. Merges that are under way
// keep theirs.
func (s *Store) Declare(sources []*source.Source) {
	s.program.Store(schema.New(schema.Revision, sources))
}

// Sources are those that the schema is derived from.
func (s *Store) Sources() []*source.Source { return s.program.Load().Sources() }

// passwordInPath reports whether a password with a slash has ended the part of the
// URL that it belongs to.
func passwordInPath(url string) bool {
	_, rest, _ := strings.Cut(url, "://")
	_, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	return strings.Contains(path, "@")
}

// unreachable says on one line which server, without its password, could not be
// spoken to, why, and what to do.
func unreachable(c *pgx.ConnConfig, err error) error {
	what, remedy := Advice(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		what, remedy = "no answer in time", noServer
	case remedy == "":
		remedy = "is it running, and is the database URL right?"
	}
	return &connectError{fmt.Sprintf("database %s/%s as user %s: %s", hosts(c), c.Database, c.User, what), remedy, err}
}

// hosts are all that a URL names: each was tried.
func hosts(c *pgx.ConnConfig) string {
	list := []string{net.JoinHostPort(c.Host, fmt.Sprint(c.Port))}
	for _, f := range c.Fallbacks { // of one host, too: with TLS and without
		if host := net.JoinHostPort(f.Host, fmt.Sprint(f.Port)); !slices.Contains(list, host) {
			list = append(list, host)
		}
	}
	return strings.Join(list, ",")
}

// A connectError has a text of its own: pgx's has a line for each try.
type connectError struct {
	what, remedy string
	err          error
}

func (e *connectError) Error() string { return e.what + "; " + e.remedy }
func (e *connectError) Unwrap() error { return e.err }

// Pool is for the job queue, which keeps its tables in the same database.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Close lets go of all connections.
func (s *Store) Close() { s.pool.Close() }

// OtherSessions counts the sessions of other syncer processes in the database.
func (s *Store) OtherSessions(ctx context.Context) (n int, err error) {
	defer wrap(&err, "count sessions")
	err = s.pool.QueryRow(ctx, `SELECT count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'syncer %' AND application_name <> current_setting('application_name')
    AND pg_has_role(usesysid, current_user, 'MEMBER') -- not whoever has given itself such a name`).Scan(&n)
	return n, err
}

// A querier is what a pool, a connection and a transaction have in common.
type querier interface {
	Begin(context.Context) (pgx.Tx, error)
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
	Query(context.Context, string, ...any) (pgx.Rows, error)
	QueryRow(context.Context, string, ...any) pgx.Row
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

// collect reads a query of one column.
func collect[T any](ctx context.Context, q querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

// wrap says what was being done.
func wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf(format+": %w", append(args, *err)...)
	}
}
