package main

import (
	"encoding/json"
	"testing"

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
