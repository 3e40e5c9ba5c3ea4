package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/store/report"
	"syncer/worker"
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
	var differences []store.PlannedChange
	syncer.Differ = func(_ worker.Job, d store.PlannedChange) { differences = append(differences, d) }
	database := func() (text string) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT coalesce(string_agg(t::text, ';'), '') FROM (
    SELECT p::text FROM syncer.partitions AS p UNION ALL SELECT a::text FROM syncer.accounts AS a UNION ALL
    SELECT r::text FROM syncer.sync_runs AS r UNION ALL SELECT s::text FROM syncer.instance_patch_states AS s ORDER BY 1) AS t`).Scan(&text))
		return text
	}
	r, err := syncer.Sync(t.Context(), dry)
	require.NoError(t, err)
	require.EqualValues(t, 3, r.Changes.Opened)
	require.Len(t, differences, 3)
	require.Empty(t, database())

	syncNow(t, syncer, store.StatusOK)
	before := database()
	set(item{"InstanceId": "i-1", "MissingCount": "5", "PatchGroup": "web"}, item{"InstanceId": "i-2", "MissingCount": "0"}, item{"InstanceId": "i-4"})
	differences = nil
	r, err = syncer.Sync(t.Context(), dry)
	require.NoError(t, err)
	require.Equal(t, []store.PlannedChange{
		{Kind: store.WouldChange, Key: "i-1", Columns: map[string][2]json.RawMessage{
			"missing_count": {json.RawMessage("3"), json.RawMessage("5")},
			"patch_group":   {json.RawMessage("null"), json.RawMessage(`"web"`)},
		}},
		{Kind: store.WouldOpen, Key: "i-4"},
		{Kind: store.WouldEnd, Key: "i-3"},
	}, differences)
	require.Equal(t, before, database())

	real, err := syncer.Sync(t.Context(), syncer.Jobs()[0])
	require.NoError(t, err)
	require.Equal(t, r.Changes.Opened, real.Changes.Opened)
	require.Equal(t, r.Changes.Changed, real.Changes.Changed)
	require.Equal(t, r.Changes.Ended, real.Changes.Ended)
}

// TestDryRunIsWhatSyncDoes: on an empty database and later, a dry run of all sources
// says what a pass over them then does, also where one reads what another would have
// brought, or have ended.
func TestDryRunIsWhatSyncDoes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rapid.Check(t, func(rt *rapid.T) {
		account := simAccount
		account.ID = fmt.Sprintf("1%015d", rand.Int64N(1e15)) // a history of its own
		fleet := randomFleet{tables: new(sim.Tables), account: account.ID}
		syncer := newSyncer(t, s, sim.New(sim.Options{Accounts: []sim.Account{account}, World: fleet.tables}), source.All...)
		for range rapid.IntRange(1, 3).Draw(rt, "syncs") {
			fleet.change(rt)
			jobs := syncer.Jobs()
			if one := rapid.IntRange(0, 2*len(jobs)).Draw(rt, "only"); one < len(jobs) {
				jobs = jobs[one : one+1]
			}
			for i := range jobs {
				jobs[i].AllowShrink = rapid.Bool().Draw(rt, "allow")
			}
			var mu sync.Mutex
			told := map[string]map[string]string{}
			syncer.Differ = func(j worker.Job, d store.PlannedChange) {
				mu.Lock()
				defer mu.Unlock()
				text, err := json.Marshal(d)
				require.NoError(rt, err)
				if told[j.String()] == nil {
					told[j.String()] = map[string]string{}
				}
				told[j.String()][d.Key] = string(text)
			}
			planned, done := map[string]store.MergeResult{}, map[string]store.MergeResult{}
			syncer.SyncAll(context.Background(), worker.DryRun(jobs), 2, func(r worker.Result) {
				require.NotEqual(rt, store.StatusFailed, r.Status, "%s: %s", r.Job, r.Message)
				planned[r.Job.String()] = r.Changes
			})
			syncer.SyncAll(context.Background(), jobs, 2, func(r worker.Result) {
				require.NotEqual(rt, store.StatusFailed, r.Status, "%s: %s", r.Job, r.Message)
				wrote := happened(rt, s, r.Job.Source, account.ID, r.Changes.At)
				require.Equal(rt, wrote, told[r.Job.String()], "%s", r.Job)
				r.Changes.At = time.Time{}
				done[r.Job.String()] = r.Changes
			})
			require.Equal(rt, done, planned)
		}
	})
}

// happened reads what a merge did, as a dry run would tell it.
func happened(t *rapid.T, s *store.Store, src *source.Source, account string, at time.Time) (list map[string]string) {
	rows, err := s.Pool().Query(context.Background(), fmt.Sprintf("SELECT key, kind, changed FROM syncer.%s_changes WHERE account_id = $1 AND at = $2", src.Name), account, at)
	require.NoError(t, err)
	var key, kind string
	var changed map[string]report.ColumnChange
	_, err = pgx.ForEachRow(rows, []any{&key, &kind, &changed}, func() error {
		d := store.PlannedChange{Kind: map[string]string{"opened": store.WouldOpen, "returned": store.WouldOpen, "changed": store.WouldChange, "ended": store.WouldEnd}[kind], Key: key}
		for name, v := range changed {
			if d.Columns == nil {
				d.Columns = map[string][2]json.RawMessage{}
			}
			d.Columns[name] = [2]json.RawMessage{v.Old, v.New}
		}
		if kind != "changed" {
			d.Columns = nil
		}
		text, err := json.Marshal(d)
		if list == nil {
			list = map[string]string{}
		}
		list[key], changed = string(text), nil
		return err
	})
	require.NoError(t, err)
	return list
}

// TestSteadyCost: with tens of thousands of finished tasks and 10 that move, a sync costs what
// is moving, not what has ever been.
func TestSteadyCost(t *testing.T) {
	t.Parallel()
	const moving = 10
	finished := pgtest.Few(10_000, 100_000)
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
