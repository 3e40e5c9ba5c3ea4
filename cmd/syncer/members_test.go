package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/worker"
)

// TestMembersByCommand: check, sync and status know the accounts that a directory
// lists, and say so when it does not.
func TestMembersByCommand(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	accounts := simAccounts(3)
	accounts[0].Manages = true
	accounts[2].Roles = []string{"another"}
	var refuses atomic.Bool
	cloud := httptest.NewServer(sim.New(sim.Options{
		Accounts: accounts, World: sim.NewFleet(sim.FleetOptions{Servers: 5}),
		Fault: func(c sim.Call) sim.Fault {
			if refuses.Load() && c.Action == "ListAccountsInResourceDirectory" {
				return sim.Refuse(http.StatusForbidden, "RdCheckNoPermission", "no directory")
			}
			return sim.Fault{}
		},
	}))
	t.Cleanup(cloud.Close)
	config := configFile(t, "accounts:%s    members: {role: syncer-reader}\n", accountYAML(accounts[0], cloud.URL))
	env := map[string]string{"DATABASE_URL": migrated.URL(t)}
	run := func(args ...string) (int, string, string) {
		return call(t, t.Context(), env, append(args, "--config", config)...)
	}
	findings := func() map[string]finding {
		_, stdout, stderr := run("check", "--output", "json")
		var report checkReport
		require.NoError(t, json.Unmarshal([]byte(stdout), &report), stderr)
		found := map[string]finding{}
		for _, f := range report.Checks {
			found[f.Account+" "+f.Check] = f
		}
		return found
	}
	checked := findings()
	require.Equal(t, "3 accounts of the directory listed, 2 synced as members", checked["production members"].Found)
	require.Equal(t, resultOK, checked["staging credentials"].Result)
	require.Contains(t, checked["staging credentials"].Found, "assuming syncer-reader in the member")
	require.Equal(t, resultFailed, checked["development credentials"].Result)
	require.Contains(t, checked["development credentials"].Remedy, "that the role exists")

	code, stdout, stderr := run("sync", "--output", "json")
	require.Equal(t, exitFailed, code, stderr)
	var reports []syncReport
	require.NoError(t, json.Unmarshal([]byte(stdout), &reports))
	for _, r := range reports {
		require.Equal(t, r.Account != "development", r.Status == "ok", fmt.Sprint(r))
	}
	require.Len(t, reports, 21)

	refuses.Store(true)
	failed := findings()["production members"]
	require.Equal(t, resultFailed, failed.Result)
	require.Contains(t, failed.Remedy, "delegated administrator")
	code, _, stderr = run("sync", "agent_versions", "--account", "staging")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "members of account production not listed, what was known before stays")
	code, stdout, stderr = run("status", "--output", "json")
	require.Equal(t, exitFailed, code, stderr)
	var report statusReport
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	require.Len(t, report.Partitions, 21)
	require.Contains(t, report.Problems[0], "RdCheckNoPermission")
	for _, s := range report.Partitions {
		require.Equal(t, *s.AccountName == "development", s.State == worker.Failing)
	}
}
