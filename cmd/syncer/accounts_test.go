package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/worker"
)

// A household is a configuration that changes, and the database of it.
type household struct {
	accounts []sim.Account
	url      string // of the cloud
	config   string
	env      map[string]string
	db       *pgx.Conn
}

// newHousehold has two accounts, which have been synced.
func newHousehold(t *testing.T) *household {
	t.Helper()
	h := &household{accounts: simAccounts(2)}
	cloud := httptest.NewServer(sim.New(sim.Options{Accounts: h.accounts, World: sim.NewFleet(sim.FleetOptions{Servers: 8})}))
	t.Cleanup(cloud.Close)
	h.url = cloud.URL
	h.config = configFile(t, "")
	h.env = map[string]string{"DATABASE_URL": migrated.URL(t)}
	h.configure(t, h.accounts...)
	code, stdout, stderr := h.run(t, "sync")
	require.Zero(t, code, stdout+stderr)
	var err error
	h.db, err = pgx.Connect(t.Context(), h.env["DATABASE_URL"])
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.db.Close(t.Context()) })
	return h
}

func (h *household) configure(t *testing.T, accounts ...sim.Account) {
	t.Helper()
	text := "server: {listen: off}\naccounts:"
	for _, a := range accounts {
		text += accountYAML(a, h.url)
	}
	require.NoError(t, os.WriteFile(h.config, []byte(text), 0o600))
}

func (h *household) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return call(t, t.Context(), h.env, append(args, "--config", h.config)...)
}

func (h *household) status(t *testing.T) (code int, report statusReport) {
	t.Helper()
	code, stdout, stderr := h.run(t, "status", "--output", "json")
	require.NoError(t, json.Unmarshal([]byte(stdout), &report), stderr)
	return code, report
}

// renamed is an account under another name.
func renamed(a sim.Account, name string) sim.Account {
	a.Name = name
	return a
}

// TestOneAccountUnderTwoNames: nothing is written, and the daemon goes on with the
// configuration that it has.
func TestOneAccountUnderTwoNames(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	const written = "SELECT string_agg(a::text, ' ') || (SELECT count(*) FROM syncer.sync_runs)::text || (SELECT count(*) FROM syncer.discoveries)::text FROM (SELECT * FROM syncer.accounts ORDER BY 1) AS a"
	p := startProcess(t, h.env, "run", "--config", h.config)
	p.says(t, "msg=started")

	h.configure(t, h.accounts[0], renamed(h.accounts[0], "copied"))
	p.signal(t, syscall.SIGHUP)
	p.says(t, "accounts production and copied of the configuration are one, "+h.accounts[0].ID)
	p.signal(t, syscall.SIGTERM)
	require.Zero(t, p.wait(t), p.output())
	require.Equal(t, "production staging", one[string](t, h.db, "SELECT string_agg(name, ' ' ORDER BY name) FROM alicloud.accounts"))

	before := one[string](t, h.db, written)
	for _, args := range [][]string{{"sync"}, {"sync", "--dry-run"}, {"sync", "--account", "copied"}, {"run"}} {
		code, _, stderr := h.run(t, args...)
		require.Equal(t, exitUsage, code, "%s: %s", args, stderr)
		require.Contains(t, stderr, "accounts production and copied of the configuration are one")
	}
	require.Equal(t, before, one[string](t, h.db, written))

	// One that cannot be asked is no obstacle for the others.
	wrong := renamed(h.accounts[0], "refused")
	wrong.AccessKeySecret = "wrong-secret"
	h.configure(t, h.accounts[1], wrong)
	code, stdout, stderr := h.run(t, "sync", "agent_versions", "--output", "json")
	require.Equal(t, exitFailed, code, stderr)
	var reports []syncReport
	require.NoError(t, json.Unmarshal([]byte(stdout), &reports))
	for _, r := range reports {
		require.Equal(t, r.Account == "staging", r.Status == "ok", r.Message)
	}
}

// TestAccountIsRenamed: it is the account that it was, for status before anything was
// synced, for the daemon from its start on, and after a sync by hand.
func TestAccountIsRenamed(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	const fresh = "SELECT count(*)::int FROM alicloud.sync_freshness WHERE last_status = 'ok' AND account_name = "
	fine := func(name string) {
		_, report := h.status(t)
		require.Len(t, report.Partitions, 14)
		for _, s := range report.Partitions {
			require.NotEqual(t, worker.Never, s.State, "%s of %s", s.Source, *s.AccountName)
		}
		require.Empty(t, report.NotConfigured)
		require.Contains(t, []string{"production", name}, *report.Partitions[0].AccountName)
	}
	h.configure(t, h.accounts[0], renamed(h.accounts[1], "stage"))
	fine("stage")
	require.Equal(t, 7, one[int](t, h.db, fresh+"'staging'"), "a look changes nothing")

	p := startProcess(t, h.env, "run", "--config", h.config)
	pgtest.Await(t, func() bool { return one[int](t, h.db, fresh+"'stage'") == 7 }, p.output())
	p.signal(t, syscall.SIGTERM)
	require.Zero(t, p.wait(t), p.output())
	fine("stage")

	// A daemon of old that went by names has retired it: a sync by hand brings it back.
	execute(t, h.env["DATABASE_URL"], "UPDATE syncer.partitions SET retired_at = now() WHERE account_id = '"+h.accounts[1].ID+"'")
	h.configure(t, h.accounts[0], renamed(h.accounts[1], "again"))
	code, stdout, stderr := h.run(t, "sync")
	require.Zero(t, code, stdout+stderr)
	require.Equal(t, 7, one[int](t, h.db, fresh+"'again'"))
	fine("again")
}
