package worker_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// TestTimeTravelOfTheWhole is store's law of time travel from the cloud's end:
// random fleets behind a real gateway, synced through every part; what each view
// shows equals the cloud, and what it showed at each past moment can be asked for.
func TestTimeTravelOfTheWhole(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rapid.Check(t, func(rt *rapid.T) {
		tables := new(sim.Tables)
		account := simAccount
		account.ID = fmt.Sprintf("1%015d", rand.Int64N(1e15)) // a history of its own
		account.AccessKeyID = "key"
		syncer := newSyncer(t, s, sim.New(sim.Options{Accounts: []sim.Account{account}, World: tables, MaxPageSize: rapid.IntRange(1, 4).Draw(rt, "page size")}), source.All...)
		for _, settings := range syncer.Config().Sources {
			settings.Lookback = time.Hour
		}
		fleet := randomFleet{tables: tables, account: account.ID}
		var moments []map[string][]string
		var times []time.Time
		for range rapid.IntRange(2, 5).Draw(rt, "syncs") {
			fleet.change(rt)
			jobs := syncer.Jobs()
			for i := range jobs {
				jobs[i].AllowShrink = true
				jobs[i].Full = rapid.Bool().Draw(rt, "full")
			}
			syncer.SyncAll(context.Background(), jobs, 2, func(r worker.Result) {
				require.Equal(rt, store.StatusOK, r.Status, "%s: %s", r.Job, r.Message)
			})
			var now time.Time
			require.NoError(rt, s.Pool().QueryRow(context.Background(), "SELECT clock_timestamp()").Scan(&now))
			times = append(times, now)
			shown := map[string][]string{}
			for _, src := range source.All {
				shown[src.Name] = shownAt(rt, s, src, account.ID, "")
			}
			moments = append(moments, shown)
			fleet.compare(rt, s)
		}
		for i, at := range times {
			for _, src := range source.All {
				require.Equal(rt, moments[i][src.Name], shownAt(rt, s, src, account.ID, at.Format(time.RFC3339Nano)), "%s as of sync %d", src.Name, i)
			}
		}
	})
}

// A randomFleet is what the cloud holds: per kind of thing, IDs and a state.
type randomFleet struct {
	tables  *sim.Tables
	account string

	servers, patched map[string]int
	roots            map[string]int // main task → status
	subtasks         map[string]int // "root/n" → status
	checks           map[string]int
	batches          map[string]int // "version/id" → status
	version          int
	started          map[string]int64 // task → ms; a new task is a recent one
}

// change lets rows come, change, go and come back, as each API allows.
func (f *randomFleet) change(t *rapid.T) {
	mutate := func(m *map[string]int, ids []string) {
		if *m == nil {
			*m = map[string]int{}
		}
		for _, id := range ids {
			switch rapid.SampledFrom([]string{"same", "go", "come", "come"}).Draw(t, "fate of "+id) {
			case "go":
				delete(*m, id)
			case "come":
				(*m)[id] = rapid.IntRange(0, 2).Draw(t, "state of "+id)
			}
		}
	}
	mutate(&f.servers, []string{"u1", "u2", "u3", "u4", "u5"})
	mutate(&f.patched, []string{"i-1", "i-2", "i-3", "i-4"})
	mutate(&f.batches, []string{"v1/1", "v1/2", "v2/1"})
	f.version = rapid.IntRange(0, 1).Draw(t, "version")
	// Tasks come, move on and finish; a finished one stays as it is.
	progress := func(m *map[string]int, id string, finished int) {
		if *m == nil {
			*m = map[string]int{}
		}
		status, known := (*m)[id]
		if move := rapid.Bool().Draw(t, "move "+id); move && (!known || status < finished) {
			if known {
				status++
			} else {
				status = 1
				if f.started == nil {
					f.started = map[string]int64{}
				}
				f.started[id] = time.Now().UnixMilli()
			}
			(*m)[id] = status
		}
	}
	for _, root := range []string{"r1", "r2", "r3"} {
		_, known := f.roots[root]
		// Subtasks appear with their main task and are final when it is.
		if known && f.roots[root] < 2 {
			progress(&f.subtasks, root+"/1", 2)
			progress(&f.subtasks, root+"/2", 2)
		}
		done := f.subtasks[root+"/1"] != 1 && f.subtasks[root+"/2"] != 1
		if !known || done {
			progress(&f.roots, root, 2)
		}
	}
	for _, id := range []string{"c1", "c2", "c3"} {
		progress(&f.checks, id, 2)
	}
	f.publish()
}

// publish gives the cloud the present state.
func (f *randomFleet) publish() {
	set := func(action string, items []any) { f.tables.Set(f.account, hangzhou, action, items...) }
	type object = map[string]any
	var servers, statuses, patched, tasks, checks, batches []any
	for _, id := range ids(f.servers) {
		servers = append(servers, object{"Uuid": id, "InstanceId": "i-" + id, "Cores": f.servers[id], "LastLoginTimestamp": time.Now().UnixMilli(), "New": f.servers[id] == 2})
		if f.servers[id] > 0 {
			statuses = append(statuses, object{"Uuid": id, "Result": f.servers[id], "ResuleCode": "0", "Message": "Installed\n"})
		}
	}
	for _, id := range ids(f.patched) {
		patched = append(patched, object{"InstanceId": id, "MissingCount": fmt.Sprint(f.patched[id]), "PatchGroup": "null"})
	}
	for _, id := range ids(f.roots) {
		tasks = append(tasks, object{"TaskId": id, "RootTask": true, "Status": f.roots[id], "StartTime": f.started[id], "MeasureSpace": 154.11})
	}
	for _, id := range ids(f.subtasks) {
		tasks = append(tasks, object{"TaskId": id, "RootTaskId": id[:2], "Status": f.subtasks[id], "StartTime": f.started[id]})
	}
	for _, id := range ids(f.checks) {
		checks = append(checks, object{"TaskId": id + "\n", "StatusCode": f.checks[id], "CreateTime": f.started[id]})
	}
	for _, id := range ids(f.batches) {
		batches = append(batches, object{"Version": id[:2], "BatchId": id[3:], "Status": f.batches[id]})
	}
	set("DescribeCloudCenterInstances", servers)
	set("DescribeAgentInstallStatus", statuses)
	set("ListInstancePatchStates", patched)
	set("ListAgentlessTask", tasks)
	set("ListOperationProcess", checks)
	set("ListPublishBatch", batches)
	set("GetCurrentVersionPublish", []any{object{"CurVersion": "v1", "UpgradeVersion": "v2", "PublishStatus": f.version}})
}

func ids(m map[string]int) []string {
	list := make([]string, 0, len(m))
	for id := range m {
		list = append(list, id)
	}
	slices.Sort(list)
	return list
}

// compare wants the tables to equal the cloud, where absence means gone.
func (f *randomFleet) compare(t *rapid.T, s *store.Store) {
	for query, cloud := range map[string]map[string]int{
		"SELECT uuid, cores::int FROM alicloud.cloud_center_instances WHERE account_id = $1":                                  f.servers,
		"SELECT instance_id, missing_count::int FROM alicloud.instance_patch_states WHERE account_id = $1":                    f.patched,
		"SELECT task_id, status::int FROM alicloud.agentless_tasks WHERE account_id = $1 AND is_root":                         f.roots,
		"SELECT task_id, status::int FROM alicloud.agentless_tasks WHERE account_id = $1 AND root_task_id = left(task_id, 2)": f.subtasks,
		"SELECT task_id, status_code::int FROM alicloud.operation_processes WHERE account_id = $1":                            f.checks,
		"SELECT version || '/' || batch_id, status::int FROM alicloud.publish_batches WHERE account_id = $1":                  f.batches,
	} {
		rows, err := s.Pool().Query(context.Background(), query, f.account)
		require.NoError(t, err)
		table := map[string]int{}
		for rows.Next() {
			var id string
			var state int
			require.NoError(t, rows.Scan(&id, &state))
			table[id] = state
		}
		require.NoError(t, rows.Err())
		if cloud == nil {
			cloud = map[string]int{}
		}
		require.Equal(t, cloud, table, query)
	}
	// A server's status stays until the server goes.
	var strays int
	require.NoError(t, s.Pool().QueryRow(context.Background(), `SELECT count(*) FROM alicloud.agent_install_statuses AS a
WHERE account_id = $1 AND NOT EXISTS (SELECT FROM alicloud.cloud_center_instances AS i WHERE i.account_id = $1 AND i.uuid = a.uuid)`, f.account).Scan(&strays))
	require.Zero(t, strays)
}

func shownAt(t *rapid.T, s *store.Store, src *source.Source, account, at string) []string {
	relation := "alicloud." + src.Name
	if at != "" {
		relation += "_as_of('" + at + "')"
	}
	drop := ""
	for _, c := range src.Columns {
		if c.Volatile {
			drop += " - '" + c.Name + "'"
		}
	}
	rows, err := s.Pool().Query(context.Background(), fmt.Sprintf("SELECT (to_jsonb(s)%s)::text FROM %s AS s WHERE account_id = $1 ORDER BY 1", drop, relation), account)
	require.NoError(t, err)
	defer rows.Close()
	list := []string{}
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		list = append(list, text)
	}
	require.NoError(t, rows.Err())
	return list
}
