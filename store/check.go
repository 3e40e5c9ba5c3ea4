package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncer/migrations"
)

// A Check is the result of checking one thing that syncs need from the database.
type Check struct {
	Name   string
	Found  string // what was found
	Remedy string // what to do; empty if all is well
	// Pending: Migrate will make what is missing.
	Pending bool
	// Advice: the remedy protects others. Syncs work without it.
	Advice bool
}

// facts are what the server says about itself, the user and the schema.
type facts struct {
	Server, User, Database, Size string
	Standby, ReadOnly            bool
	ReadOnlyFrom                 string // where that is set, as in pg_settings
	Temporary, Create            bool
	Versions                     string // table of the schema's migrations; empty: there is none
	VersionsReadable             bool
	Foreign                      string // a table in schema syncer that is not the user's; empty: none
	Owner                        string // of that table
}

// Check checks everything that syncs need from the database. It changes nothing.
func (s *Store) Check(ctx context.Context) (list []Check, err error) {
	defer wrap(&err, "check the database")
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		f, err := readFacts(ctx, tx)
		if err != nil {
			return err
		}
		schema, err := s.checkSchema(ctx, tx, f)
		if err != nil {
			return err
		}
		texts, err := checkTexts(ctx, tx)
		if err != nil {
			return err
		}
		others, err := checkOthers(ctx, tx)
		if err != nil {
			return err
		}
		list = []Check{s.checkServer(f), texts, tryWriting(ctx, tx, checkWriting(f)), checkTemporary(f), others, schema}
		return nil
	})
	return list, err
}

// tryWriting makes the server sort more than fits into its memory, which fails on a full
// disk. Only administrators may ask how much space is left. No row is written.
func tryWriting(ctx context.Context, tx pgx.Tx, c Check) Check {
	if c.Remedy != "" {
		return c
	}
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint: the transaction goes on
		_, err := tx.Exec(ctx, `SET LOCAL work_mem = '64kB';
SELECT count(*) FROM (SELECT repeat('x', 1000) || i FROM generate_series(1, 4000) AS i ORDER BY 1 DESC OFFSET 0) AS s`)
		return err
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		c.Found, c.Remedy = Advice(pg)
	}
	return c
}

// Writable returns an error unless the database takes the user's changes.
func (s *Store) Writable(ctx context.Context) error {
	f, err := readFacts(ctx, s.pool)
	if err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if c := checkWriting(f); c.Remedy != "" {
		return fmt.Errorf("the database cannot be written to: %s; %s", c.Found, c.Remedy)
	}
	return nil
}

func readFacts(ctx context.Context, q querier) (f facts, err error) {
	rows, err := q.Query(ctx, `SELECT
    split_part(current_setting('server_version'), ' ', 1),
    current_user::text,
    current_database()::text,
    pg_size_pretty(pg_database_size(current_database())),
    pg_is_in_recovery(),
    ro.setting = 'on',
    ro.source,
    has_database_privilege(current_database(), 'TEMP'),
    has_database_privilege(current_database(), 'CREATE'),
    coalesce(versions.name, ''),
    coalesce(versions.readable, false),
    coalesce(other.name, ''),
    coalesce(other.owner, '')
FROM pg_settings AS ro
LEFT JOIN LATERAL (
    SELECT 'syncer.goose_db_version' AS name, has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'syncer' AND c.relname = 'goose_db_version'
) AS versions ON true
LEFT JOIN LATERAL (
    SELECT c.relname::text AS name, pg_get_userbyid(c.relowner)::text AS owner
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'syncer' AND c.relkind IN ('r', 'p') AND NOT pg_has_role(c.relowner, 'USAGE')
    ORDER BY c.relname
    LIMIT 1
) AS other ON true
WHERE ro.name = 'default_transaction_read_only'`)
	if err != nil {
		return f, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[facts])
}

func (s *Store) checkServer(f facts) Check {
	c := s.pool.Config().ConnConfig
	return Check{
		Name:  "database",
		Found: fmt.Sprintf("PostgreSQL %s at %s, database %s as user %s, holding %s", f.Server, net.JoinHostPort(c.Host, fmt.Sprint(c.Port)), f.Database, f.User, f.Size),
	}
}

// checkWriting looks for what keeps the user from writing. Tables must be the
// user's own: months are attached to them, which only an owner may do.
func checkWriting(f facts) Check {
	user, database := pgx.Identifier{f.User}.Sanitize(), pgx.Identifier{f.Database}.Sanitize()
	c := Check{Name: "writing", Found: "allowed"}
	switch {
	case f.Standby:
		c.Found, c.Remedy = "the server is a read-only replica", "point the database URL to the primary"
	case f.ReadOnly:
		c.Found = "default_transaction_read_only is on, set by the " + f.ReadOnlyFrom
		switch f.ReadOnlyFrom {
		case "database":
			c.Remedy = fmt.Sprintf("ALTER DATABASE %s RESET default_transaction_read_only", database)
		case "user":
			c.Remedy = fmt.Sprintf("ALTER ROLE %s RESET default_transaction_read_only", user)
		case "database user":
			c.Remedy = fmt.Sprintf("ALTER ROLE %s IN DATABASE %s RESET default_transaction_read_only", user, database)
		case "client":
			c.Remedy = "take it out of the database URL (or PGOPTIONS)"
		default:
			c.Remedy = "turn it off in the server's settings; a hosted database has it on when its disk is full"
		}
	case f.Foreign != "":
		c.Found = fmt.Sprintf("user %s does not own syncer.%s", f.User, f.Foreign)
		c.Remedy = fmt.Sprintf("connect as %[1]s, who does, or GRANT %[1]s TO %[2]s", pgx.Identifier{f.Owner}.Sanitize(), user)
	case f.Versions == "" && !f.Create:
		c.Found = fmt.Sprintf("user %s may not make schemas in %s", f.User, f.Database)
		c.Remedy = fmt.Sprintf("GRANT CREATE ON DATABASE %s TO %s", database, user)
	}
	return c
}

func checkTemporary(f facts) Check {
	c := Check{Name: "temporary tables", Found: "allowed"}
	if !f.Temporary {
		c.Found = fmt.Sprintf("user %s may not make them in %s", f.User, f.Database)
		c.Remedy = fmt.Sprintf("GRANT TEMPORARY ON DATABASE %s TO %s", pgx.Identifier{f.Database}.Sanitize(), pgx.Identifier{f.User}.Sanitize())
	}
	return c
}

// checkSchema compares the migrations applied, and what is derived from the
// declarations, with those of this program.
func (s *Store) checkSchema(ctx context.Context, q querier, f facts) (Check, error) {
	c := Check{Name: "schema"}
	known := migrations.Last
	if f.Versions != "" && !f.VersionsReadable {
		c.Found, c.Remedy = fmt.Sprintf("user %s may not read %s", f.User, f.Versions), "connect as the owner of schema syncer"
		return c, nil
	}
	applied, err := appliedVersion(ctx, q)
	if err != nil {
		return c, err
	}
	switch {
	case applied == known:
		return s.checkDerived(ctx, q, applied)
	case applied > known:
		c.Found, c.Remedy = fmt.Sprintf("version %d is newer than this program's, %d", applied, known), "update syncer"
	case applied == 0:
		c.Found, c.Remedy, c.Pending = "not there yet", migrateUp, true
	default:
		c.Found, c.Remedy, c.Pending = fmt.Sprintf("version %d is older than this program's, %d", applied, known), migrateUp, true
	}
	return c, nil
}

func (s *Store) checkDerived(ctx context.Context, q querier, applied int64) (Check, error) {
	c := Check{Name: "schema", Found: fmt.Sprintf("version %d", applied)}
	var readable bool
	if err := q.QueryRow(ctx, "SELECT has_table_privilege('syncer.derived', 'SELECT')").Scan(&readable); err != nil || !readable {
		return c, err // without the right to read, writing fails too, and that check reports it
	}
	err := s.program.Load().Current(ctx, q)
	if err == nil {
		return c, nil
	}
	current, partsErr := s.program.Load().Parts(ctx, q)
	var names []string
	for _, src := range s.Sources() {
		if !current[src.Name] {
			names = append(names, src.Name)
		}
	}
	what := strings.Join(names, ", ")
	if len(names) > 3 {
		what = fmt.Sprintf("%d sources", len(names))
	}
	switch {
	case errors.Is(err, ErrNewerSchema):
		c.Found, c.Remedy = fmt.Sprintf("what is derived of %s is newer than this program's", what), "update syncer"
	case errors.Is(err, ErrSchema):
		c.Found, c.Remedy, c.Pending = fmt.Sprintf("what is derived of %s is older than this program's", what), migrateUp, true
	default:
		return c, err
	}
	return c, partsErr
}

// appliedVersion is the version of the last applied migration, or 0 if there is no
// schema. It does not ask goose, which would create its table if that is missing.
func appliedVersion(ctx context.Context, q querier) (version int64, err error) {
	var made bool
	if err := q.QueryRow(ctx, "SELECT to_regclass('syncer.goose_db_version') IS NOT NULL").Scan(&made); err != nil || !made {
		return 0, err
	}
	err = q.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM syncer.goose_db_version").Scan(&version)
	return version, err
}

const migrateUp = "run syncer migrate up"

// DataDir is the data directory of a server on this machine. It is empty if the server is
// elsewhere, or if the user may not read the setting.
func (s *Store) DataDir(ctx context.Context) (dir string, err error) {
	defer wrap(&err, "read data_directory")
	err = s.pool.QueryRow(ctx, `SELECT coalesce((
    SELECT setting
    FROM pg_settings
    WHERE name = 'data_directory' AND (inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr())
), '')`).Scan(&dir)
	return dir, err
}
