package main

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/source"
)

// TestForget: what is no longer configured stands until it is forgotten. Then it has
// ended at a moment of its own, before which all is as it was; and erased, it never was.
func TestForget(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	gone := h.accounts[1]
	code, _, stderr := h.run(t, "forget", "--account", "staging")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "is configured: take it out of the configuration first")
	code, _, stderr = h.run(t, "forget")
	require.Equal(t, exitUsage, code, stderr)

	h.configure(t, h.accounts[0])
	code, report := h.status(t)
	require.Zero(t, code)
	require.NotEmpty(t, report.NotConfigured)
	for _, l := range report.NotConfigured {
		require.Equal(t, gone.ID, l.AccountID)
	}
	_, checked, _ := h.run(t, "check")
	require.Contains(t, checked, "syncer forget ends them")

	standing := func(at string) (rows []int) {
		for _, src := range source.All {
			rows = append(rows, one[int](t, h.db, fmt.Sprintf("SELECT count(*)::int FROM alicloud.%s%s WHERE account_id = '%s'", src.Name, at, gone.ID)))
		}
		return rows
	}
	before := one[string](t, h.db, "SELECT clock_timestamp()::text")
	there := standing("")
	none := make([]int, len(there))
	require.NotEqual(t, none, there)
	trend := fmt.Sprintf("SELECT coalesce(sum(servers), 0)::int FROM alicloud.fleet_daily WHERE account_id = '%s' AND day = (SELECT max(day) FROM alicloud.fleet_daily)", gone.ID)
	require.NotZero(t, one[int](t, h.db, trend))

	code, stdout, stderr := h.run(t, "forget", "--account", gone.ID, "--dry-run")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "would be ended")
	require.Equal(t, there, standing(""))
	code, stdout, stderr = h.run(t, "forget", "--account", "staging", "--source", "cloud_center_instances")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "rows of 1 partition ended")
	code, _, stderr = h.run(t, "forget", "--account", "staging")
	require.Zero(t, code, stderr)
	require.Equal(t, none, standing(""))
	require.Equal(t, there, standing("_as_of('"+before+"')"))
	require.Zero(t, one[int](t, h.db, trend))
	require.Equal(t, 8, one[int](t, h.db, "SELECT count(*)::int FROM alicloud.sync_runs WHERE trigger = 'forget' AND status = 'ok' AND account_id = '"+gone.ID+"'"))
	_, report = h.status(t)
	require.Empty(t, report.NotConfigured)

	// It comes back as if it were new: a narrowed listing would miss what is old.
	h.configure(t, h.accounts...)
	code, stdout, stderr = h.run(t, "sync")
	require.Zero(t, code, stdout+stderr)
	require.Equal(t, there, standing(""))
	require.True(t, one[bool](t, h.db, "SELECT bool_and(configured AND retired_at IS NULL) FROM alicloud.partitions"))

	// Erased, nothing of it is left, in whatever table.
	h.configure(t, h.accounts[0])
	execute(t, h.env["DATABASE_URL"],
		`INSERT INTO river.river_job (kind, queue, max_attempts, args) VALUES ('sync', 'default', 5, '{"source": "agent_versions", "account": "staging", "region": "cn-hangzhou", "slot": "2026-01-01T00:00:00Z"}')`,
		`INSERT INTO syncer.notifications (target, event_key, message) VALUES ('t', 'k', '{"title": "syncer: agent_versions of staging in cn-hangzhou fails", "about": [{"source": "agent_versions", "account": "staging", "region": "cn-hangzhou"}]}')`,
		`INSERT INTO syncer.alerts (account_name, source, region_id, problem, since) VALUES ('staging', 'agent_versions', 'cn-hangzhou', 'failing', now())`)
	code, _, stderr = h.run(t, "forget", "--account", "staging", "--erase", "--yes", "production")
	require.Equal(t, exitUsage, code, stderr)
	code, _, stderr = h.run(t, "forget", "--account", "staging", "--erase")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "nothing was erased")
	require.Equal(t, there, standing(""))
	others := one[int](t, h.db, "SELECT count(*)::int FROM alicloud.sync_runs WHERE account_id <> '"+gone.ID+"'")
	var out, errs bytes.Buffer
	p := &program{stdin: strings.NewReader("staging\n"), stdout: &out, stderr: &errs, getenv: func(k string) string { return h.env[k] }}
	require.Zero(t, p.run(t.Context(), []string{"forget", "--account", "staging", "--erase", "--config", h.config}), errs.String())
	require.Equal(t, none, standing("_as_of('"+before+"')"))
	require.Equal(t, others, one[int](t, h.db, "SELECT count(*)::int FROM alicloud.sync_runs"))
	rows, err := h.db.Query(t.Context(), "SELECT c.oid::regclass::text FROM pg_class AS c WHERE c.relkind = 'r' AND c.relnamespace IN ('syncer'::regnamespace, 'river'::regnamespace)")
	require.NoError(t, err)
	var tables []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(t, rows.Err())
	require.Greater(t, len(tables), 20)
	for _, table := range tables {
		require.Zero(t, one[int](t, h.db, fmt.Sprintf("SELECT count(*)::int FROM %s AS r WHERE r::text LIKE '%%%s%%' OR r::text LIKE '%%staging%%' AND r::text NOT LIKE '%%staging-%%'", table, gone.ID)), table)
	}
	code, stdout, stderr = h.run(t, "status")
	require.Zero(t, code, stdout+stderr)
}

// TestForgetBesideADaemon: what a daemon has configured is not forgotten under it, what
// it has let go is, and an account that was renamed is the one that it was.
func TestForgetBesideADaemon(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	h := newHousehold(t)
	gone := h.accounts[1]
	standing := func() int {
		return one[int](t, h.db, "SELECT count(*)::int FROM alicloud.cloud_center_instances WHERE account_id = '"+gone.ID+"'")
	}
	retired := func() int {
		return one[int](t, h.db, "SELECT count(*)::int FROM alicloud.partitions WHERE retired_at IS NOT NULL")
	}
	p := startProcess(t, h.env, "run", "--config", h.config)
	p.says(t, "msg=started")

	h.configure(t, h.accounts[0])
	for _, how := range [][]string{{}, {"--erase", "--yes", "staging"}} {
		code, stdout, stderr := h.run(t, append([]string{"forget", "--account", "staging"}, how...)...)
		require.Equal(t, exitFailed, code, stdout)
		require.Contains(t, stderr, "have it read the configuration again (SIGHUP)")
	}
	require.NotZero(t, standing())
	p.signal(t, syscall.SIGHUP)
	pgtest.Await(t, func() bool { return retired() == 7 }, p.output())
	pgtest.Await(t, func() bool {
		code, _, _ := h.run(t, "forget", "--account", "staging")
		return code == exitOK
	}, p.output())
	require.Zero(t, standing())

	h.configure(t, h.accounts[0], renamed(gone, "stage"))
	p.signal(t, syscall.SIGHUP)
	pgtest.Await(t, func() bool { return retired() == 0 && standing() > 0 }, p.output())
	rows := standing()
	for name, why := range map[string]string{"staging": "nothing that was ever synced fits", "stage": "is configured", gone.ID: "is configured"} {
		for _, how := range [][]string{{}, {"--erase", "--yes", name}} {
			code, stdout, stderr := h.run(t, append([]string{"forget", "--account", name}, how...)...)
			require.Equal(t, exitUsage, code, stdout)
			require.Contains(t, stderr, why)
		}
	}
	require.Equal(t, rows, standing())
	p.signal(t, syscall.SIGTERM)
	require.Zero(t, p.wait(t), p.output())
}
