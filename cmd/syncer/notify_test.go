package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
)

// TestNotifyTest sends a message to the targets that are named, and says which took it.
func TestNotifyTest(t *testing.T) {
	t.Parallel()
	var took atomic.Int64
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { took.Add(1); fmt.Fprint(w, "ok") }))
	defer good.Close()
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"errcode":300005,"errmsg":"token is not exist"}`)
	}))
	defer bad.Close()
	config := configFile(t, `
notify:
  targets:
    - {name: team, type: slack, url: "%s/services/hunter2"}
    - {name: ops, type: dingtalk, url: "%s/robot/send?access_token=hunter2"}
`, good.URL, bad.URL)
	code, stdout, stderr := call(t, t.Context(), nil, "notify", "test", "team", "--config", config)
	require.Zero(t, code, stderr)
	require.Equal(t, "✓ team: sent\n", stdout)
	code, stdout, _ = call(t, t.Context(), nil, "notify", "test", "--config", config)
	require.Equal(t, exitFailed, code)
	require.Equal(t, "✓ team: sent\n✗ ops: it refuses: errcode 300005: token is not exist\n", stdout)
	require.EqualValues(t, 2, took.Load())
	code, stdout, _ = call(t, t.Context(), nil, "notify", "test", "--output", "json", "--config", config)
	require.Equal(t, exitFailed, code)
	require.JSONEq(t, `[{"target": "team", "sent": true},
		{"target": "ops", "sent": false, "error": "it refuses: errcode 300005: token is not exist"}]`, stdout)

	code, _, stderr = call(t, t.Context(), nil, "notify", "test", "opps", "--config", config)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "there is no target opps")
	code, _, stderr = call(t, t.Context(), nil, "notify", "test", "--config", configFile(t, "timezone: UTC"))
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "add notify.targets")
}

// TestCheckTargets: what cannot be reached is found, and nobody is sent anything.
func TestCheckTargets(t *testing.T) {
	t.Parallel()
	var told atomic.Int64
	good := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told.Add(1) }))
	defer good.Close()
	c := newCheckup(t)
	c.sources = "}\nnotify: {targets: [{name: team, type: slack, url: '" + good.URL + "/hunter2'}, {name: ops, type: webhook, url: 'http://127.0.0.1:1/hunter2'}]"
	code, r := c.report(t)
	require.Equal(t, exitFailed, code)
	failed := r.with(resultFailed)
	require.Len(t, failed, 1)
	require.Equal(t, "notify ops", failed[0].Check)
	require.Contains(t, failed[0].Found, "connection refused")
	require.NotContains(t, fmt.Sprint(r), "hunter2")
	require.Zero(t, told.Load())
}

// TestPrune: a dry run tells what the real one then drops.
func TestPrune(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	execute(t, url, `CREATE TABLE syncer.agent_versions_2020_01 PARTITION OF syncer.agent_versions FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')`,
		"INSERT INTO syncer.accounts VALUES ('1', 'production')",
		`INSERT INTO syncer.agent_versions (account_id, region_id, version_hash, row_hash, valid_from, valid_to) VALUES ('1', 'cn-hangzhou', 1, 1, '2020-01-02', '2020-01-03')`)
	prune := func(args ...string) (report pruneReport) {
		args = append([]string{"prune", "--output", "json", "--config", configFile(t, "history: {retention: 90d}")}, args...)
		code, stdout, stderr := call(t, t.Context(), map[string]string{"DATABASE_URL": url}, args...)
		require.Zero(t, code, stderr)
		require.NoError(t, json.Unmarshal([]byte(stdout), &report))
		return report
	}
	would := prune("--dry-run")
	require.True(t, would.DryRun)
	require.Len(t, would.Months, 1)
	require.Equal(t, "2020-01", would.Months[0].Month)
	require.EqualValues(t, 1, would.Months[0].Rows)
	require.Positive(t, would.Months[0].Bytes)
	cutoff := time.Now().UTC().AddDate(0, 0, -90)
	require.Equal(t, time.Date(cutoff.Year(), cutoff.Month(), 1, 0, 0, 0, 0, time.UTC), would.Horizon.UTC())
	did := prune()
	require.Equal(t, would.Pruned, did.Pruned)
	require.Empty(t, prune().Months)

	code, stdout, stderr := call(t, t.Context(), map[string]string{"DATABASE_URL": url}, "prune", "--config", configFile(t, "history: {retention: 90d}"))
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "0 versions (0 kB) and 0 sync runs dropped.\nHistory is kept from ")

	code, _, stderr = call(t, t.Context(), map[string]string{"DATABASE_URL": url}, "changes", "--since", "400d", "--config", configFile(t, "timezone: UTC"))
	require.Zero(t, code)
	require.Contains(t, stderr, "what happened before is not told")
}
