package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/store/report"
)

// TestChangesOfServersHaveTheirNames: what is known of a server by its ID alone has the
// name that the server has, or had before it went.
func TestChangesOfServersHaveTheirNames(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	servers := map[string]string{}
	rows, err := h.db.Query(t.Context(), "SELECT account_id || instance_id, instance_name FROM alicloud.cloud_center_instances UNION SELECT account_id || uuid, instance_name FROM alicloud.cloud_center_instances")
	require.NoError(t, err)
	for rows.Next() {
		var id, name string
		require.NoError(t, rows.Scan(&id, &name))
		servers[id] = name
	}
	require.NoError(t, rows.Err())
	named := func() (n int) {
		code, stdout, stderr := h.run(t, "changes", "--source", "instance_patch_states,agent_install_statuses", "--output", "json", "--limit", "0")
		require.Zero(t, code, stderr)
		var list []report.Change
		require.NoError(t, json.Unmarshal([]byte(stdout), &list))
		for _, c := range list {
			if name, ok := servers[c.AccountID+c.Key]; ok {
				require.NotNil(t, c.Name, "%s %s", c.Source, c.Key)
				require.Equal(t, name, *c.Name)
				n++
			}
		}
		return n
	}
	before := named()
	require.Greater(t, before, 4)
	h.configure(t, h.accounts[0])
	for _, source := range []string{"cloud_center_instances", "instance_patch_states"} { // the servers go first
		code, _, stderr := h.run(t, "forget", "--account", "staging", "--source", source)
		require.Zero(t, code, stderr)
	}
	require.Greater(t, named(), before, "also of rows that have ended after them")
}

// TestBetween: what differs between two moments is told once, whatever happened in between.
func TestBetween(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	ask := func(args ...string) (list []report.Change) {
		t.Helper()
		code, stdout, stderr := h.run(t, append([]string{"changes", "--output", "json", "--limit", "0"}, args...)...)
		require.Zero(t, code, stderr)
		require.NoError(t, json.Unmarshal([]byte(stdout), &list))
		return list
	}
	// The first sync has opened all that there is, and nothing was there before.
	first := ask("--between", "1h")
	require.Len(t, first, len(ask("--since", "1h", "--kind", "opened")))
	for _, c := range first {
		require.Equal(t, "opened", c.Kind)
		require.Zero(t, c.At)
		if c.Source == "cloud_center_instances" {
			require.NotNil(t, c.Name)
		}
	}
	between := one[time.Time](t, h.db, "SELECT clock_timestamp()").Format(time.RFC3339Nano)
	_, err := h.db.Exec(t.Context(), `UPDATE syncer.cloud_center_instances SET valid_to = clock_timestamp()
WHERE (account_id, uuid) IN (SELECT account_id, uuid FROM alicloud.cloud_center_instances ORDER BY uuid LIMIT 1)`)
	require.NoError(t, err)
	gone := ask("--between", between, "--source", "cloud_center_instances")
	require.Len(t, gone, 1)
	require.Equal(t, "ended", gone[0].Kind)
	require.NotEmpty(t, *gone[0].Name)
	require.Empty(t, ask("--between", "1h", between, "--source", "cloud_center_instances", "--kind", "ended"))

	code, stdout, _ := h.run(t, "changes", "--between", between)
	require.Zero(t, code)
	require.Contains(t, stdout, "source ")
	require.NotContains(t, stdout, " at ")
	for _, args := range [][]string{{"--between", "1h", "--since", "2h"}, {"1h"}, {"--between", "1h", "2h"}, {"--between", "soon"}, {"--between", "1h", "soon"}} {
		code, _, stderr := h.run(t, append([]string{"changes"}, args...)...)
		require.Equal(t, exitUsage, code, stderr)
		require.Contains(t, stderr, "between")
	}
}
