package worker_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/sim"
	"syncer/source"
	"syncer/store"
)

// An item is one of a simulated answer.
type item = map[string]any

// TestDryRun tells what would open, change (column by column) and end, and leaves
// the database as it is.
func TestDryRun(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	tables := new(sim.Tables)
	syncer := newSyncer(t, s, sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: tables}), &source.InstancePatchStates)
	set := func(items ...any) { tables.Set(accountID, hangzhou, "ListInstancePatchStates", items...) }
	set(item{"InstanceId": "i-1", "MissingCount": "3"}, item{"InstanceId": "i-2", "MissingCount": "0"}, item{"InstanceId": "i-3"})
	dry := syncer.Jobs()[0]
	dry.DryRun = true
	database := func() (text string) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT coalesce(string_agg(t::text, ';'), '') FROM (
    SELECT p::text FROM syncer.partitions AS p UNION ALL SELECT a::text FROM syncer.accounts AS a UNION ALL
    SELECT r::text FROM syncer.sync_runs AS r UNION ALL SELECT s::text FROM syncer.instance_patch_states AS s ORDER BY 1) AS t`).Scan(&text))
		return text
	}
	r, err := syncer.Sync(t.Context(), dry)
	require.NoError(t, err)
	require.EqualValues(t, 3, r.Changes.Opened)
	require.Len(t, r.Differences, 3)
	require.Empty(t, database())

	syncNow(t, syncer, store.StatusOK)
	before := database()
	set(item{"InstanceId": "i-1", "MissingCount": "5", "PatchGroup": "web"}, item{"InstanceId": "i-2", "MissingCount": "0"}, item{"InstanceId": "i-4"})
	r, err = syncer.Sync(t.Context(), dry)
	require.NoError(t, err)
	require.Equal(t, []store.Difference{
		{Kind: store.WouldChange, Key: "i-1", Columns: map[string][2]json.RawMessage{
			"missing_count": {json.RawMessage("3"), json.RawMessage("5")},
			"patch_group":   {json.RawMessage("null"), json.RawMessage(`"web"`)},
		}},
		{Kind: store.WouldOpen, Key: "i-4"},
		{Kind: store.WouldEnd, Key: "i-3"},
	}, r.Differences)
	require.Equal(t, before, database())

	real, err := syncer.Sync(t.Context(), syncer.Jobs()[0])
	require.NoError(t, err)
	require.Equal(t, r.Changes.Opened, real.Changes.Opened)
	require.Equal(t, r.Changes.Changed, real.Changes.Changed)
	require.Equal(t, r.Changes.Ended, real.Changes.Ended)
}

// TestSteadyCost: with 100,000 finished tasks and 10 that move, a sync costs what
// is moving, not what has ever been.
func TestSteadyCost(t *testing.T) {
	t.Parallel()
	const finished, moving = 100_000, 10
	s := newStore(t)
	tables := new(sim.Tables)
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: tables, MaxPageSize: 1000})
	syncer := newSyncer(t, s, cloud, &source.AgentlessTasks, &source.OperationProcesses)
	for _, settings := range syncer.Config().Sources {
		settings.PageSize = 1000
	}
	var tasks, checks []any
	// Every thousandth is a main task, and those after it are its subtasks.
	add := func(kind string, n, status int, start int64) {
		for i := range n {
			name := fmt.Sprintf("%s-%06d", kind, i)
			task := item{"TaskId": name, "Status": status, "StartTime": start + int64(i)}
			if family := 1000; i%family > 0 {
				task["RootTaskId"] = fmt.Sprintf("%s-%06d", kind, i-i%family)
			} else {
				task["RootTask"] = true
			}
			tasks = append(tasks, task)
			checks = append(checks, item{"TaskId": name, "StatusCode": status, "CreateTime": start + int64(i)})
		}
	}
	add("old", finished, 2, 1_700_000_000_000)
	add("new", moving, 1, 1_790_000_000_000)
	tables.Set(accountID, hangzhou, "ListAgentlessTask", tasks...)
	tables.Set(accountID, hangzhou, "ListOperationProcess", checks...)
	syncNow(t, syncer, store.StatusOK)
	for _, job := range syncer.Jobs() {
		before := cloud.Calls()
		_, err := syncer.Sync(t.Context(), job)
		require.NoError(t, err)
		require.LessOrEqual(t, cloud.Calls()-before, int64(20), "%s", job)
		t.Logf("%s: %d calls", job, cloud.Calls()-before)
	}
}
