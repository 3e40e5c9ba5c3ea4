package main

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
)

// TestStartTogether: six processes that find an empty database make the schema
// between them, and all of them come up.
func TestStartTogether(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	account := simAccounts(1)[0]
	cloud := httptest.NewServer(sim.New(sim.Options{Accounts: []sim.Account{account}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})}))
	t.Cleanup(cloud.Close)
	config := configFile(t, "server: {listen: off}\nworkers: 2\naccounts:%s", accountYAML(account, cloud.URL))
	env := map[string]string{"DATABASE_URL": pgtest.URL(t)}
	var all []*process
	for range 6 {
		all = append(all, startProcess(t, env, "run", "--migrate", "--config", config))
	}
	for _, p := range all {
		pgtest.Await(t, func() bool {
			select {
			case <-p.ended:
				return true
			default:
				return strings.Contains(p.stderr.String(), "msg=started")
			}
		}, "it neither starts nor ends")
		require.Contains(t, p.stderr.String(), "msg=started")
	}
	db, err := pgx.Connect(t.Context(), env["DATABASE_URL"])
	require.NoError(t, err)
	defer func() { _ = db.Close(t.Context()) }()
	pgtest.Await(t, func() bool {
		return one[int](t, db, "SELECT count(*) FROM alicloud.sync_freshness WHERE last_status = 'ok'") == len(source.All)
	}, "not all is synced")
	for _, p := range all {
		p.signal(t, syscall.SIGTERM)
	}
	for _, p := range all {
		require.Zero(t, p.wait(t), p.output())
	}
}

// TestOldSchema: without --migrate, a schema that is not this program's is refused,
// in one line that says what to do.
func TestOldSchema(t *testing.T) {
	t.Parallel()
	account := simAccounts(1)[0]
	config := configFile(t, "server: {listen: off}\naccounts:%s", accountYAML(account, "http://127.0.0.1:1"))
	for name, breaks := range map[string]string{
		"empty":        "",
		"older":        "DELETE FROM syncer.goose_db_version WHERE version_id = (SELECT max(version_id) FROM syncer.goose_db_version)",
		"no job queue": "DROP SCHEMA river CASCADE",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			if breaks != "" {
				url = migrated.URL(t)
				execute(t, url, breaks)
			}
			env := map[string]string{"DATABASE_URL": url}
			for _, command := range []string{"run", "sync"} {
				code, stdout, stderr := call(t, t.Context(), env, command, "--config", config)
				require.Equal(t, exitUsage, code)
				require.Empty(t, stdout)
				require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
				require.Contains(t, stderr, "run syncer migrate up")
				require.Contains(t, stderr, "or add --migrate")
			}
		})
	}
}

// TestStartBeforeTheDatabase: a daemon that is started while PostgreSQL is away waits
// for it, and says so. Stopped meanwhile, it ends well. A password that is refused is an
// error at once.
func TestStartBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	account := simAccounts(1)[0]
	cloud := httptest.NewServer(sim.New(sim.Options{Accounts: []sim.Account{account}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})}))
	t.Cleanup(cloud.Close)
	config := configFile(t, "server: {listen: off}\nworkers: 2\naccounts:%s", accountYAML(account, cloud.URL))
	db := pgtest.Server(t)
	env := map[string]string{"DATABASE_URL": db.URL()}
	db.Stop(t)
	waits, stopped := startProcess(t, env, "run", "--migrate", "--config", config), startProcess(t, env, "run", "--config", config)
	waits.says(t, "the database is away: waiting for it")
	stopped.says(t, "the database is away: waiting for it")
	stopped.signal(t, syscall.SIGTERM)
	require.Zero(t, stopped.wait(t), stopped.output())
	db.Start(t)
	waits.says(t, "the database is there")
	waits.says(t, "msg=started")
	waits.says(t, "msg=synced")
	waits.signal(t, syscall.SIGTERM)
	require.Zero(t, waits.wait(t), waits.output())
	require.Equal(t, 1, strings.Count(waits.stderr.String(), "level=WARN"), waits.output())

	address, err := url.Parse(db.URL())
	require.NoError(t, err)
	address.User = url.UserPassword("nobody", "wrong")
	code, _, stderr := call(t, t.Context(), map[string]string{"DATABASE_URL": address.String()}, "run", "--config", config)
	require.NotZero(t, code)
	require.NotContains(t, stderr, "waiting for it")
}
