package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

var processes = listing{
	source: &source.OperationProcesses,
	rows:   "SELECT task_id, status_code::int FROM alicloud.operation_processes WHERE account_id = $1",
}

type object = map[string]any

// asks tells the calls whose parameters have one that begins so.
func asks(param string) func(sim.Call) bool {
	return func(c sim.Call) bool {
		for name := range c.Params {
			if strings.HasPrefix(name, param) {
				return true
			}
		}
		return false
	}
}

// TestOldOpenTask: what was not finished long ago is asked for by name, or, of a
// gateway that does not know how, by its status; and no row widens the window.
func TestOldOpenTask(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	// What a gateway that does not know a parameter answers: others.
	others := sim.Rewrite(func([]byte) []byte {
		return fmt.Appendf(nil, `{"PageInfo":{"TotalCount":4000},"Processes":[{"TaskId":"done-000","StatusCode":2,"CreateTime":%d}]}`, created)
	})
	for _, c := range []struct {
		name     string
		fault    sim.Fault
		param    string
		calls    int64
		finishes bool // is seen to finish
	}{
		{"by name", sim.Fault{}, "-", 2, true},
		{"names are refused", sim.Refuse(400, "InvalidParameter", "The parameter TaskIds is not valid."), "TaskIds", 3, false},
		{"names are ignored", others, "TaskIds", 3, false},
		{"all is ignored", others, "TaskIds,StatusCodes", 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, s, sim.Options{MaxPageSize: 5}, nil, processes.source)
			cloud := map[string]int{}
			items := func() (list []any) {
				for id, status := range cloud {
					at := created
					var n int64
					switch {
					case id == "never":
						at = -1
					case id == "unset":
						at = 0
					case id == "old":
						at = created - (300 * 24 * time.Hour).Milliseconds()
					case strings.HasPrefix(id, "done-"):
						_, _ = fmt.Sscanf(id, "done-%d", &n)
						at -= (time.Duration(n+3) * 24 * time.Hour).Milliseconds()
					}
					list = append(list, object{"TaskId": id, "StatusCode": status, "CreateTime": at})
				}
				return list
			}
			set := func() { g.tables.Set(g.account.ID, hangzhou, "ListOperationProcess", items()...) }
			for i := range 100 {
				cloud[fmt.Sprintf("done-%03d", i)] = 2
			}
			cloud["old"], cloud["new"], cloud["never"], cloud["unset"] = 1, 1, 1, 0
			set()
			require.Equal(t, store.StatusOK, g.sync().Status)
			require.EqualValues(t, 21, g.lastRun(t, processes.source).Calls)

			hit := func(call sim.Call) bool {
				for param := range strings.SplitSeq(c.param, ",") {
					if asks(param)(call) {
						return true
					}
				}
				return false
			}
			g.spoil(always(c.fault), -1, hit)
			r := g.sync()
			require.Equal(t, store.StatusOK, r.Status, r.Message)
			require.Equal(t, cloud, g.rows(t, &processes))
			require.EqualValues(t, c.calls, g.lastRun(t, processes.source).Calls)

			cloud["new"], cloud["old"] = 2, 3
			set()
			r = g.sync()
			require.Equal(t, store.StatusOK, r.Status, r.Message)
			want := 1
			if c.finishes {
				want = 3
			}
			shown := g.rows(t, &processes)
			require.Equal(t, []int{2, want}, []int{shown["new"], shown["old"]})
			require.Len(t, shown, len(cloud), "none has ended")

			g.sync(func(j *worker.Job) { j.Full = true }) // to which all else is left
			require.Equal(t, cloud, g.rows(t, &processes))
		})
	}
}

// A timed gateway is one before a database of its own, by whose clock days pass.
type timed struct {
	*gateway
	at atomic.Int64 // since the epoch, in nanoseconds
}

func newTimed(t *testing.T, o sim.Options, src *source.Source) *timed {
	c := &timed{}
	c.at.Store(time.Now().UnixNano())
	s, err := store.Open(context.Background(), migrated.URL(t), store.Options{Clock: c.now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	c.gateway = newGateway(t, s, o, nil, src)
	return c
}

func (c *timed) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *timed) passes(by time.Duration) { c.at.Add(int64(by)) }
func (c *timed) ago(by time.Duration) int64 {
	return c.now().Add(-by).UnixMilli()
}

// TestWindowAfterOutage: what came and was finished while nobody looked is found.
func TestWindowAfterOutage(t *testing.T) {
	t.Parallel()
	c := newTimed(t, sim.Options{}, processes.source)
	c.syncer.Config().Sources[0].Lookback = time.Hour
	set := func(items ...any) { c.tables.Set(c.account.ID, hangzhou, "ListOperationProcess", items...) }
	first := object{"TaskId": "first", "StatusCode": 2, "CreateTime": c.ago(time.Minute)}
	set(first)
	require.Equal(t, store.StatusOK, c.sync().Status)
	c.passes(10 * time.Minute)
	require.Equal(t, store.StatusOK, c.sync().Status)
	second := object{"TaskId": "second", "StatusCode": 2, "CreateTime": c.ago(30 * time.Minute)} // told late
	set(first, second)
	c.passes(72 * time.Hour)
	third := object{"TaskId": "third", "StatusCode": 2, "CreateTime": c.ago(36 * time.Hour)}
	set(first, second, third)
	c.spoil(always(sim.Refuse(403, "NoPermission", "x")), -1, asks("Action"))
	require.Equal(t, store.StatusFailed, c.sync().Status)
	c.passes(2 * time.Hour)
	c.heal()
	require.Equal(t, store.StatusOK, c.sync().Status)
	require.Equal(t, map[string]int{"first": 2, "second": 2, "third": 2}, c.rows(t, &processes))
	var full int
	require.NoError(t, c.store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.sync_runs WHERE full_sweep AND status = 'ok'").Scan(&full))
	require.Equal(t, 1, full)
}

var agentless = listing{
	source: &source.AgentlessTasks,
	rows:   "SELECT coalesce(root_task_id || '/', '') || task_id, status::int FROM alicloud.agentless_tasks WHERE account_id = $1",
}

// scans gives the cloud main tasks, each with so many subtasks.
func (g *gateway) scans(status int, subtasks map[string]int) map[string]int {
	var items []any
	rows := map[string]int{}
	for _, root := range ids(subtasks) {
		rows[root] = status
		items = append(items, object{"TaskId": root, "Status": status, "StartTime": created, "ReportStatus": "SUCCESS"})
		for i := range subtasks[root] {
			id := fmt.Sprintf("%s-%d", root, i)
			rows[root+"/"+id] = status
			items = append(items, object{"TaskId": id, "RootTaskId": root, "Status": status, "StartTime": created, "ReportStatus": "SUCCESS"})
		}
	}
	g.tables.Set(g.account.ID, hangzhou, "ListAgentlessTask", items...)
	return rows
}

func roots(n, subtasks int) map[string]int {
	m := map[string]int{}
	for i := range n {
		m[fmt.Sprintf("root%03d", i)] = subtasks
	}
	return m
}

func full(j *worker.Job) { j.Full = true }

// TestRest: a full sweep asks for the subtasks of a main task that is settled once in
// thirty days, and on different days for different ones.
func TestRest(t *testing.T) {
	t.Parallel()
	const mains = 60
	c := newTimed(t, sim.Options{}, agentless.source)
	var asked atomic.Int64 // main tasks
	c.spoil(func(call sim.Call) sim.Fault {
		asked.Add(int64(len(rootsAsked(call.Params))))
		return sim.Fault{}
	}, -1, func(call sim.Call) bool {
		return call.Params.Get("RootTask") == "false" && call.Params.Get("CurrentPage") == "1"
	})
	rows := c.scans(2, roots(mains, 2))
	sweep := func(want map[string]int) int64 {
		asked.Store(0)
		r := c.sync(full)
		require.Equal(t, store.StatusOK, r.Status, r.Message)
		require.Equal(t, want, c.rows(t, &agentless))
		return asked.Load()
	}
	require.EqualValues(t, mains, sweep(rows))
	require.Zero(t, sweep(rows))
	var again int64
	for day := 5; day <= 60; day += 5 {
		c.passes(5 * 24 * time.Hour)
		n := sweep(rows)
		if day < 30 {
			require.Zero(t, n, "on day %d", day)
		}
		require.Less(t, n, int64(mains/2), "on day %d", day)
		again += n
	}
	require.EqualValues(t, mains, again)

	// One that is new is asked for, and one that is not final, each time.
	subtasks := roots(mains, 2)
	subtasks["root-new"] = 3
	rows = c.scans(2, subtasks)
	require.EqualValues(t, 1, sweep(rows))
	require.Zero(t, sweep(rows))
	rows = c.scans(1, subtasks)
	require.EqualValues(t, mains+1, sweep(rows))
	require.EqualValues(t, mains+1, sweep(rows))
}

// rootsAsked are the main tasks whose subtasks a call asks for.
func rootsAsked(p url.Values) []string {
	if list := p.Get("TaskIdList"); list != "" {
		return strings.Split(strings.Trim(list, `[]"`), `","`)
	}
	return []string{p.Get("TaskId")}
}

// TestInterruptedFullSweep: it goes on where it was, whether it was ended by an error
// or with its process.
func TestInterruptedFullSweep(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	subtask := func(c sim.Call) bool { return c.Params.Get("RootTask") == "false" }
	t.Run("by an error", func(t *testing.T) {
		t.Parallel()
		g := newGateway(t, s, sim.Options{}, nil, agentless.source)
		rows := g.scans(2, roots(40, 2))
		var calls atomic.Int64
		g.spoil(func(sim.Call) sim.Fault {
			if calls.Add(1) > 25 {
				return sim.Refuse(403, "NoPermission", "x")
			}
			return sim.Fault{}
		}, -1, subtask)
		g.sync()
		run := g.lastRun(t, agentless.source)
		require.Equal(t, store.StatusIncomplete, run.Status, run.Message)
		require.Equal(t, "NoPermission", run.Code)
		require.NotEmpty(t, run.RequestID)
		require.Contains(t, run.Message, "the next sync goes on from there")
		shown := g.rows(t, &agentless)
		require.Len(t, shown, 40+25*2)
		for id := range shown {
			require.Contains(t, rows, id)
		}
		g.heal()
		r := g.sync()
		require.Equal(t, store.StatusOK, r.Status, r.Message)
		require.Equal(t, rows, g.rows(t, &agentless))
		require.EqualValues(t, 1+15, g.lastRun(t, agentless.source).Calls)
	})
	t.Run("by Ctrl-C", func(t *testing.T) {
		t.Parallel()
		g := newGateway(t, s, sim.Options{}, nil, agentless.source)
		rows := g.scans(2, roots(40, 2))
		ctx, cancel := context.WithCancel(t.Context())
		var calls atomic.Int64
		g.spoil(func(sim.Call) sim.Fault {
			if calls.Add(1) == 25 {
				cancel()
			}
			return sim.Fault{}
		}, -1, subtask)
		job := g.syncer.Jobs()[0]
		_, err := g.syncer.Sync(ctx, job)
		require.Error(t, err)
		run := g.lastRun(t, agentless.source)
		require.Equal(t, store.StatusIncomplete, run.Status, run.Message)
		require.Equal(t, "CalledOff", run.Code)
		require.NotEmpty(t, g.rows(t, &agentless))
		state := func() string {
			t.Helper()
			states, err := g.syncer.States(t.Context())
			require.NoError(t, err)
			return states[0].State
		}
		require.Equal(t, worker.Never, state())
		g.heal()
		r := g.sync()
		require.Equal(t, store.StatusOK, r.Status, r.Message)
		require.Equal(t, rows, g.rows(t, &agentless))
	})
	t.Run("with its process", func(t *testing.T) {
		t.Parallel()
		g := newGateway(t, s, sim.Options{}, nil, agentless.source)
		g.scans(2, roots(150, 1))
		var calls atomic.Int64
		var kept int
		g.spoil(func(sim.Call) sim.Fault {
			if calls.Add(1) == 140 {
				require.NoError(t, g.store.Pool().QueryRow(context.Background(), "SELECT count(*) FROM syncer.swept WHERE account_id = $1", g.account.ID).Scan(&kept))
			}
			return sim.Fault{}
		}, -1, subtask)
		r := g.sync()
		require.Equal(t, store.StatusOK, r.Status, r.Message)
		require.EqualValues(t, 300, r.Changes.Opened, "all of it is counted")
		require.GreaterOrEqual(t, kept, 90, "what is in the database while the sweep goes on")
	})
}

// TestManyMainTasks: main tasks whose subtasks are known are asked for a hundred a
// call, though the answer does not tell whose subtasks these are; and one after the
// other where the gateway does not know how.
func TestManyMainTasks(t *testing.T) {
	t.Parallel()
	const mains = 30
	for _, c := range []struct {
		name               string
		unknown            []string
		open, again, moved int64 // calls
	}{
		{"known", nil, 3, 2, 1 + 2*6 + 1},
		{"unknown", []string{"TaskIdList"}, 4 + mains, 1 + 1 + mains, 1 + 1 + mains},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newTimed(t, sim.Options{Unknown: c.unknown}, agentless.source)
			g.syncer.Config().Sources[0].Lookback = time.Minute
			sync := func(rows map[string]int, calls int64, change ...func(*worker.Job)) {
				t.Helper()
				r := g.sync(change...)
				require.Equal(t, store.StatusOK, r.Status, r.Message)
				require.Equal(t, rows, g.rows(t, &agentless))
				require.LessOrEqual(t, g.lastRun(t, agentless.source).Calls, calls)
			}
			subtasks := roots(mains, 2)
			sync(g.scans(1, subtasks), 1+mains, full)
			sync(g.scans(1, subtasks), c.open) // all open, and older than what is listed
			sync(g.scans(2, subtasks), 1+1+mains+2, full)
			sync(g.scans(2, subtasks), c.again, full)
			subtasks["root007"] = 3 // found once that main task is asked for again
			g.passes(61 * 24 * time.Hour)
			sync(g.scans(2, subtasks), c.moved, full)
			subtasks["root008"]--
			g.passes(61 * 24 * time.Hour)
			sync(g.scans(2, subtasks), c.again+1, full) // whose row is missing is asked for alone
			sync(g.scans(2, subtasks), 1, full)
		})
	}
}

// TestManyMainTasksEmpty: no subtask ends because a gateway answers an empty list when
// it is asked for those of several main tasks; one that is gone does.
func TestManyMainTasksEmpty(t *testing.T) {
	t.Parallel()
	g := newTimed(t, sim.Options{}, agentless.source)
	subtasks := roots(4, 3)
	rows := g.scans(1, subtasks)
	require.Equal(t, store.StatusOK, g.sync(full).Status)
	g.passes(10 * time.Minute)
	var empty atomic.Int64
	g.spoil(func(sim.Call) sim.Fault {
		empty.Add(1)
		return sim.Answer(200, "application/json", emptyTaskList)
	}, -1, func(c sim.Call) bool { return c.Params.Get("TaskIdList") != "" && c.Params.Get("RootTask") == "false" })
	r := g.sync()
	require.NotZero(t, empty.Load())
	require.Equal(t, store.StatusOK, r.Status, r.Message)
	require.Equal(t, rows, g.rows(t, &agentless))

	subtasks["root001"]--
	rows = g.scans(1, subtasks)
	g.passes(10 * time.Minute)
	r = g.sync()
	require.Equal(t, store.StatusOK, r.Status, r.Message)
	require.Equal(t, rows, g.rows(t, &agentless))
}

// TestCheckpointHold: a full sweep that is merged on the way ends nothing where all
// listings are suddenly empty, and asks again for what it found missing.
func TestCheckpointHold(t *testing.T) {
	t.Parallel()
	g := newTimed(t, sim.Options{Unknown: []string{"TaskIdList"}}, agentless.source)
	rows := g.scans(2, roots(250, 2))
	require.Equal(t, store.StatusOK, g.sync(full).Status)
	g.passes(61 * 24 * time.Hour)
	g.spoil(always(sim.Answer(200, "application/json", emptyTaskList)), -1, func(c sim.Call) bool {
		return c.Params.Get("RootTask") == "false"
	})
	r := g.sync(full)
	require.Equal(t, store.StatusHeld, r.Status, r.Message)
	require.Contains(t, r.Message, "500 of 750 rows")
	require.Zero(t, r.Changes.Ended)
	require.Equal(t, rows, g.rows(t, &agentless))

	g.heal()
	r = g.sync(full)
	require.Equal(t, store.StatusOK, r.Status, r.Message)
	require.Greater(t, g.lastRun(t, agentless.source).Calls, int64(250), "nothing of it rests")
}

const emptyTaskList = `{"RequestId":"x","PageInfo":{"TotalCount":0,"CurrentPage":1,"PageSize":100},"List":[]}`

// TestIgnore: a field that is another at each call makes a version of each row, which
// the log tells, and none once it is ignored.
func TestIgnore(t *testing.T) {
	t.Parallel()
	g := newGateway(t, newStore(t), sim.Options{}, nil, patches.source)
	var log bytes.Buffer
	g.syncer.Logger = slog.New(slog.NewTextHandler(&log, nil))
	n := 0
	sync := func() store.MergeResult {
		n++
		var items []any
		for i := range 5 {
			items = append(items, object{"InstanceId": fmt.Sprintf("i-%d", i), "MissingCount": "1", "Nonce": n, "Kept": true})
		}
		g.tables.Set(g.account.ID, hangzhou, patches.source.API.Action, items...)
		log.Reset()
		r := g.sync()
		require.Equal(t, store.StatusOK, r.Status, r.Message)
		return r.Changes
	}
	require.EqualValues(t, 5, sync().Opened)
	require.NotContains(t, log.String(), "under ignore")
	require.EqualValues(t, 5, sync().Changed)
	require.Contains(t, log.String(), "under ignore")
	require.Contains(t, log.String(), "fields=Nonce\n")

	g.syncer.Config().Sources[0].Ignore = []string{"Nonce"}
	require.EqualValues(t, 5, sync().Changed, "of extra it is taken once")
	require.Zero(t, sync().Changed)
	var kept int
	require.NoError(t, g.store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.instance_patch_states WHERE extra = '{\"Kept\": true}'").Scan(&kept))
	require.Equal(t, 5, kept)
}

// TestStuck: what is open for too long is named in the log once, whether it has become
// so or was found so.
func TestStuck(t *testing.T) {
	t.Parallel()
	c := newTimed(t, sim.Options{}, processes.source)
	var log bytes.Buffer
	c.syncer.Logger = slog.New(slog.NewTextHandler(&log, nil))
	var items []any
	add := func(id string, status int, ago time.Duration) {
		items = append(items, object{"TaskId": id, "StatusCode": status, "CreateTime": c.ago(ago)})
		c.tables.Set(c.account.ID, hangzhou, "ListOperationProcess", items...)
	}
	named := func(keys string) {
		t.Helper()
		log.Reset()
		r := c.sync()
		require.Equal(t, store.StatusOK, r.Status, r.Message)
		if keys == "" {
			require.NotContains(t, log.String(), "stuck")
			return
		}
		require.Contains(t, log.String(), "keys="+keys+"\n")
	}
	const day = 24 * time.Hour
	add("old", 1, 300*day)
	add("new", 1, 6*day)
	add("done", 2, 300*day)
	named("old")
	named("")
	c.passes(day / 2)
	named("")
	c.passes(day)
	named("new")
	c.passes(day)
	named("")
	add("late", 0, 20*day) // seen for the first time
	c.passes(day)
	log.Reset()
	c.sync(full)
	require.Contains(t, log.String(), "keys=late\n")
	named("")
}
