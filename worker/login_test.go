package worker_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"syncer/alert"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
)

// login is a session of a role that may do no more than anyone, but read alicloud.
func login(t *testing.T, s *store.Store, query string) *pgx.Conn {
	t.Helper()
	role := "login_" + strings.ToLower(rand.Text()[:12])
	execute := func(statements ...string) {
		t.Helper()
		for _, sql := range statements {
			_, err := s.Pool().Exec(context.Background(), sql)
			require.NoError(t, err)
		}
	}
	execute("CREATE ROLE "+role+" LOGIN PASSWORD 'p' IN ROLE syncer_reader", "ALTER ROLE "+role+" SET statement_timeout = '10s'")
	c := s.Pool().Config().ConnConfig
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, "p"), Host: fmt.Sprintf("%s:%d", c.Host, c.Port), Path: c.Database, RawQuery: query}
	conn, err := pgx.Connect(t.Context(), u.String())
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = conn.Close(context.Background())
		execute("DROP OWNED BY "+role, "DROP ROLE "+role)
	})
	return conn
}

// denied are what a login may not do: it has no right to, or is no superuser.
var denied = []string{
	// What is not its to read.
	"SELECT FROM syncer.partitions",
	"SELECT FROM syncer.sync_runs",
	"SELECT FROM syncer.notifications",
	"SELECT FROM syncer.instance_patch_states_standing",
	"SELECT FROM river.river_job",
	"SELECT FROM syncer.derived",
	"SELECT FROM pg_authid",
	"SELECT passwd FROM pg_shadow",
	"SELECT FROM pg_user_mapping",
	"SELECT pg_read_file('postgresql.conf')",
	"SELECT pg_ls_dir('.')",
	"SELECT lo_import('/etc/passwd')",
	"COPY (SELECT 1) TO '/tmp/syncer-login'",
	"COPY alicloud.agent_versions TO PROGRAM 'cat'",

	// What is not its to change.
	"INSERT INTO alicloud.accounts VALUES ('1', 'mine')",
	"UPDATE alicloud.agent_versions SET cur_version = 'x'",
	"DELETE FROM alicloud.sync_runs",
	"UPDATE syncer.settings SET horizon_at = now()",
	"TRUNCATE syncer.partitions",
	"UPDATE river.river_queue SET paused_at = now()",
	"DROP VIEW alicloud.agent_versions",
	"CREATE OR REPLACE VIEW alicloud.accounts AS SELECT ''::text AS account_id, ''::text AS name",
	"CREATE OR REPLACE FUNCTION alicloud.kept(at timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
	"ALTER FUNCTION alicloud.kept(timestamptz) RESET ALL",
	"COMMENT ON VIEW alicloud.accounts IS 'mine'",
	"CREATE RULE r AS ON SELECT TO alicloud.accounts DO INSTEAD SELECT '' AS account_id, '' AS name",
	"CREATE TRIGGER t INSTEAD OF INSERT ON alicloud.accounts FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
	"CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION suppress_redundant_updates_trigger()",

	// What is not its to make.
	"CREATE TABLE alicloud.mine (n int)",
	"CREATE TABLE syncer.mine (n int)",
	"CREATE TABLE river.mine (n int)",
	"CREATE FUNCTION alicloud.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
	"CREATE FUNCTION pg_catalog.hashtext(integer) RETURNS int LANGUAGE sql AS 'SELECT 1'",
	"CREATE SCHEMA mine",
	"CREATE DATABASE mine",
	"CREATE ROLE mine",
	"CREATE EXTENSION file_fdw",
	"CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE c AS 'libc', 'abort'",
	"CREATE PUBLICATION mine FOR ALL TABLES",
	"ALTER SYSTEM SET statement_timeout = 1",
	"ALTER DATABASE CURRENT_DATABASE SET search_path = public", // the name below
	"ALTER ROLE syncer_reader SUPERUSER",
	"SET ROLE OWNER", // the owner's name below
	"SET SESSION AUTHORIZATION OWNER",

	// What would keep others waiting.
	"DO $$ BEGIN LOCK TABLE alicloud.agent_versions IN ACCESS EXCLUSIVE MODE; END $$",
	"DO $$ BEGIN LOCK TABLE alicloud.agent_versions IN ROW EXCLUSIVE MODE; END $$",
	"DO $$ BEGIN LOCK TABLE syncer.locks IN ACCESS SHARE MODE; END $$",
	"SELECT FROM syncer.locks FOR UPDATE",
	"SELECT FROM alicloud.accounts FOR UPDATE",
	"SELECT FROM alicloud.accounts FOR KEY SHARE",
	"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'OWNER'",
	"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'OWNER'",
	"SET session_replication_role = replica",
}

// allowed are what any login may do, and what none of syncer's work depends on.
var allowed = []string{
	"CREATE TEMP TABLE stage (n int)",
	"CREATE TEMP TABLE settings (horizon_at timestamptz)",
	"CREATE FUNCTION pg_temp.array_upper(text[], integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
	"SELECT lo_create(0)",
	`SELECT pg_notify('river.river_control', '{"action":"pause","queue":"*"}')`,
	`SELECT pg_notify('river.river_leadership', '{"action":"request_resign"}')`,
	"ALTER DEFAULT PRIVILEGES FOR ROLE syncer_reader GRANT ALL ON TABLES TO PUBLIC", // which has none
	"LISTEN \"river.river_insert\"",
	// The numbers of the locks that earlier releases took.
	"SELECT pg_advisory_lock(x'7472656e6473'::bigint), pg_advisory_lock(x'7761746368'::bigint), pg_advisory_lock(x'726561646572'::bigint), pg_advisory_lock(hashtextextended('syncer queue', 0))",
	"SELECT pg_advisory_lock(hashtextextended(format('syncer month \"syncer\".\"%s_%s\"', s, to_char(now() + i * interval '1 month', 'YYYY_MM')), 0)) FROM unnest(ARRAY['agent_versions', 'instance_patch_states']) AS s, generate_series(0, 3) AS i",
	"SET statement_timeout = 0",
	"SET search_path = pg_temp, public, pg_catalog",
}

// TestALoginReadsAndNothingElse: a login that has syncer_reader tries what a login can
// do. It changes nothing, reads nothing else, and what syncer does is as it was before.
func TestALoginReadsAndNothingElse(t *testing.T) {
	t.Parallel()
	s := openStore(t, migrated.URL(t))
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 20})})
	syncer := newSyncer(t, s, cloud, source.All...)
	syncNow(t, syncer, "ok")
	conn := login(t, s, "")

	before := everything(t, s)
	owner := s.Pool().Config().ConnConfig.User
	names := strings.NewReplacer("OWNER", owner, "CURRENT_DATABASE", s.Pool().Config().ConnConfig.Database)
	for _, sql := range []string{"GRANT ALL ON alicloud.accounts TO PUBLIC", "REVOKE ALL ON alicloud.accounts FROM syncer_reader"} {
		_, err := conn.Exec(t.Context(), sql) // is warned that nothing was done
		require.NoError(t, err)
	}
	for _, sql := range denied {
		_, err := conn.Exec(t.Context(), names.Replace(sql))
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "42501" && pg.Code != "42809" && pg.Code != "55000" { // no right, or none may do this to a view
			t.Errorf("%s: %v", sql, err)
		}
	}
	// Of the sessions of others, it sees no more than that they are there.
	var seen int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename <> current_user AND query NOT IN ('<insufficient privilege>', '')").Scan(&seen))
	require.Zero(t, seen)
	// A query without end is ended by the role's statement_timeout.
	_, err := conn.Exec(t.Context(), "SET statement_timeout = '100ms'; SELECT count(*) FROM alicloud.sync_runs, generate_series(1, 1000000000)")
	require.ErrorContains(t, err, "statement timeout")
	require.Equal(t, before, everything(t, s))

	for _, sql := range allowed {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	_, err = s.Pool().Exec(t.Context(), "DROP TABLE syncer.agent_versions_"+time.Now().UTC().AddDate(0, 2, 0).Format("2006_01"))
	require.NoError(t, err)
	before = everything(t, s)
	// And it stays in a transaction in which it has read everything.
	tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	require.NoError(t, err)
	var rows, after int
	for _, src := range source.All {
		require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM alicloud."+src.Name+"_as_of(now())").Scan(&rows), src.Name)
	}
	require.Equal(t, before, everything(t, s))

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	other := openStore(t, s.Pool().Config().ConnString()) // which knows of no months
	again := newSyncer(t, other, cloud, source.All...)
	syncNow(t, again, "ok")
	_, err = other.Migrate(ctx)
	require.NoError(t, err)
	require.NoError(t, other.RebuildTrends(ctx))
	notifier := &alert.Notifier{DB: other.Pool(), Partitions: again.Alerts}
	require.NoError(t, notifier.Round(ctx))
	var rounds int
	require.NoError(t, s.Pool().QueryRow(ctx, "SELECT count(*) FROM syncer.watches WHERE name = ''").Scan(&rounds))
	require.Equal(t, 1, rounds)
	require.NoError(t, s.Pool().QueryRow(ctx, "SELECT count(*) FROM alicloud.operation_processes").Scan(&rows))
	require.NoError(t, tx.QueryRow(ctx, "SELECT count(*) FROM alicloud.operation_processes").Scan(&after))
	require.NotZero(t, after)
	require.NoError(t, tx.Rollback(ctx))
}

// everything is what stands in the tables of syncer and the job queue, and who may
// do what with them.
func everything(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	rows, err := s.Pool().Query(t.Context(), `SELECT c.oid::regclass::text, concat(c.relowner, c.relacl, c.reloptions, pg_get_viewdef(c.oid)), c.relkind IN ('r', 'p')
FROM pg_class AS c
WHERE c.relnamespace IN ('syncer'::regnamespace, 'alicloud'::regnamespace, 'river'::regnamespace) AND c.relkind IN ('r', 'p', 'v')`)
	require.NoError(t, err)
	var name, rights string
	var table bool
	var tables []string
	_, err = pgx.ForEachRow(rows, []any{&name, &rights, &table}, func() error {
		all[name] = rights
		if table {
			tables = append(tables, name)
		}
		return nil
	})
	require.NoError(t, err)
	for _, name := range tables {
		var sum string
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM "+name+" AS t").Scan(&sum))
		all[name] += sum
	}
	var functions string
	require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT string_agg(concat(pg_get_functiondef(oid), proowner, proacl), chr(10) ORDER BY oid)
FROM pg_proc
WHERE pronamespace IN ('syncer'::regnamespace, 'alicloud'::regnamespace)`).Scan(&functions))
	all["functions"] = functions
	return all
}
