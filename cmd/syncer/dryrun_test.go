package main

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/store"
)

// TestDryRunIsSummed: by default a dry run names how many rows of each kind, a few
// keys and the columns; with --details or as JSON, every row. It says of an empty
// database what the sync would bring, also to the sources that read others' tables.
func TestDryRunIsSummed(t *testing.T) {
	t.Parallel()
	account := simAccounts(1)[0]
	fleet := sim.NewFleet(sim.FleetOptions{Seed: 1, Servers: 60})
	server := httptest.NewServer(sim.New(sim.Options{Accounts: []sim.Account{account}, World: fleet}))
	t.Cleanup(server.Close)
	config := configFile(t, "accounts:\n%s", accountYAML(account, server.URL))
	url := migrated.URL(t)
	sync := func(args ...string) string {
		t.Helper()
		code, stdout, stderr := call(t, t.Context(), map[string]string{"DATABASE_URL": url}, append([]string{"sync", "--config", config, "agent_versions", "publish_batches", "cloud_center_instances", "agent_install_statuses"}, args...)...)
		require.Zero(t, code, stdout+stderr)
		return stdout
	}
	var planned []struct {
		syncReport
		Differences []store.PlannedChange `json:"differences"`
	}
	require.NoError(t, json.Unmarshal([]byte(sync("--dry-run", "--output", "json")), &planned))
	summary, details := sync("--dry-run"), sync("--dry-run", "--details")
	var done []syncReport
	require.NoError(t, json.Unmarshal([]byte(sync("--output", "json")), &done))
	require.Equal(t, len(done), len(planned))
	all := 0
	for i, p := range planned {
		require.Equal(t, done[i].Source, p.Source)
		require.Equal(t, done[i].Opened, p.Opened, p.Source)
		require.Len(t, p.Differences, int(p.Opened), p.Source)
		require.Positive(t, p.Calls, p.Source)
		all += len(p.Differences)
		for _, d := range p.Differences {
			require.Equal(t, store.WouldOpen, d.Kind)
			require.Contains(t, details, "  open   "+d.Key)
		}
	}
	require.Equal(t, all, strings.Count(details, "\n  open "))
	require.Less(t, strings.Count(summary, "\n"), 60, summary)
	require.Contains(t, summary, "  open         1  its only row\n", "agent_versions has no key")
	require.Contains(t, summary, "--details lists every row")

	code, _, stderr := call(t, t.Context(), nil, "sync", "--details")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "expected --dry-run, too")
}
