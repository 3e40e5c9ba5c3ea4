package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/source"
	"syncer/store"
)

// callJSON runs a command with --output json, and reads what it prints.
func callJSON(t *testing.T, env map[string]string, into any, args ...string) (code int) {
	t.Helper()
	code, stdout, stderr := call(t, t.Context(), env, append(args, "--output", "json")...)
	require.NoError(t, json.Unmarshal([]byte(stdout), into), stdout+stderr)
	return code
}

func TestSourcesAsJSON(t *testing.T) {
	t.Parallel()
	var all, one []sourceReport
	require.Zero(t, callJSON(t, nil, &all, "sources"))
	require.Len(t, all, len(source.All))
	require.Zero(t, callJSON(t, nil, &one, "sources", all[1].Name))
	require.Equal(t, all[1:2], one)
	require.Len(t, one[0].Columns, len(source.All[1].Columns))
	require.Equal(t, fullKey(source.All[1]), one[0].Key)
}

func TestSchemaAndTrendsAsJSON(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	var list []store.Migration
	env := map[string]string{"DATABASE_URL": url}
	require.Zero(t, callJSON(t, env, &list, "migrate", "status", "--config", "nowhere.yaml"))
	require.NotEmpty(t, list)
	require.True(t, list[0].Applied)

	config := configFile(t, `accounts: [{name: production, credentials: {type: access_key, access_key_id: a, access_key_secret: b}, endpoints: {sts: "http://127.0.0.1:1"}}]`)
	var rebuilt struct{ Trends int }
	require.Zero(t, callJSON(t, env, &rebuilt, "trends", "rebuild", "--config", config))
	require.Positive(t, rebuilt.Trends)
}

func TestHealthAsJSON(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			http.Error(w, "the database is away", http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	var got map[string]any
	require.Equal(t, exitFailed, callJSON(t, nil, &got, "healthz", "--address", address))
	require.Equal(t, map[string]any{"ready": false, "error": "the database is away"}, got)
	got = nil
	require.Zero(t, callJSON(t, nil, &got, "healthz", "--address", address, "--path", "/healthz"))
	require.Equal(t, map[string]any{"ready": true}, got)
}

// TestOutputIsOneOfTwo: no command takes an output that it does not have.
func TestOutputIsOneOfTwo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"sources"}, {"migrate", "status"}, {"trends", "rebuild"}, {"notify", "test"}, {"healthz"}, {"prune"}, {"archive"}, {"version"}} {
		code, stdout, stderr := call(t, t.Context(), nil, append(args, "--output", "xml")...)
		require.Equal(t, exitUsage, code, args)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "--output xml: expected ")
	}
}

// TestPruneTellsWhenMore: what a dry run says of the horizon, and of the next drop.
func TestPruneTellsWhenMore(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	config := configFile(t, "history: {retention: 400d}")
	env := map[string]string{"DATABASE_URL": url}
	code, stdout, stderr := call(t, t.Context(), env, "prune", "--dry-run", "--config", config)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "History is kept from the first sync on.\n")
	require.NotContains(t, stdout, "more is due")

	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	table := "syncer.agent_versions_" + month.Format("2006_01")
	execute(t, url, "CREATE TABLE "+table+" PARTITION OF syncer.agent_versions FOR VALUES FROM ('"+month.Format(time.RFC3339)+"') TO ('"+month.AddDate(0, 1, 0).Format(time.RFC3339)+"')")
	code, stdout, stderr = call(t, t.Context(), env, "prune", "--dry-run", "--config", config)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "more is due to be dropped on "+month.AddDate(0, 1, 400).Format(time.DateOnly)+".\n")
	var report pruneReport
	require.Zero(t, callJSON(t, env, &report, "prune", "--dry-run", "--config", config))
	require.Equal(t, month.AddDate(0, 1, 400), report.NextDropAt.UTC())
}
