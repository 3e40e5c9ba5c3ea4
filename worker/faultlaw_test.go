package worker_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/fetch"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// TestMovingListing: rows come and go while a listing is paged, at its beginning,
// middle and end, so that others slip from page to page. A row that is there all
// the time never ends, and once the listing rests, the table equals it.
func TestMovingListing(t *testing.T) {
	t.Parallel()
	s := storeWithOwn(t)
	for _, l := range listings {
		t.Run(l.source.Name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { moveListing(t, rt, s, l) })
		})
	}
}

func moveListing(t *testing.T, rt *rapid.T, s *store.Store, l *listing) {
	pageSize := rapid.IntRange(1, 4).Draw(rt, "page size")
	g := newGateway(t, s, sim.Options{MaxPageSize: pageSize, FullPages: rapid.Bool().Draw(rt, "full pages")}, nil, l.source)
	id := func(n int) string { return fmt.Sprintf("r%03d", n) }
	listed := map[string]int{}
	for n := range rapid.IntRange(3, 12).Draw(rt, "rows") {
		listed[id(50*n)] = 0
	}
	g.set(l, listed)
	require.Equal(rt, store.StatusOK, g.sync().Status)

	// What happens between two calls is drawn before: calls are under way together.
	type move struct{ goes, comes int } // -1: none; else the row before which it happens
	none := rapid.Just(-1)
	moves := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) move {
		return move{
			rapid.OneOf(none, rapid.IntRange(0, 20)).Draw(rt, "goes"),
			rapid.OneOf(none, rapid.IntRange(0, 999)).Draw(rt, "comes"),
		}
	}), 0, 30).Draw(rt, "moves")

	before := g.rows(rt, l)
	gone := map[string]bool{} // also what left and never comes back
	var mu sync.Mutex
	moving := func(c sim.Call) sim.Fault {
		mu.Lock()
		defer mu.Unlock()
		if c.Action != l.source.API.Action || len(moves) == 0 {
			return sim.Fault{}
		}
		m := moves[0]
		moves = moves[1:]
		if there := ids(listed); m.goes >= 0 && m.goes < len(there) {
			delete(listed, there[m.goes])
			gone[there[m.goes]] = true
		}
		if m.comes >= 0 && !gone[id(m.comes)] {
			listed[id(m.comes)] = 1
		}
		g.set(l, listed)
		return sim.Fault{}
	}
	g.fault.Store(&moving)
	for range 3 {
		g.sync(func(j *worker.Job) { j.AllowShrink = true })
		shown := g.rows(rt, l)
		for key := range before {
			if _, stands := shown[key]; !stands {
				require.True(rt, gone[key], "%s ended, but is still listed", key)
			}
		}
		before = shown
	}
	g.heal()
	r := g.sync(func(j *worker.Job) { j.AllowShrink = true })
	require.Equal(rt, store.StatusOK, r.Status, r.Message)
	require.Equal(rt, listed, g.rows(rt, l))
}

// TestTimeTravelThroughFaults: whatever goes wrong in whichever call, what stands
// is what the last sweep that succeeded found, and no earlier moment changes.
func TestTimeTravelThroughFaults(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := newGateway(t, s, sim.Options{MaxPageSize: rapid.IntRange(1, 4).Draw(rt, "page size")}, func(_ *fetch.Account, o *fetch.Options) {
			o.MaxAttempts = 2
		}, source.All...)
		for _, settings := range g.syncer.Config().Sources {
			settings.Lookback = time.Hour
		}
		fleet := randomFleet{tables: &g.tables, account: g.account.ID}
		var history []map[string][]string
		var times []time.Time
		shown := showAll(rt, g, "")
		states := fleet.states(rt, g)
		for range rapid.IntRange(2, 5).Draw(rt, "syncs") {
			fleet.change(rt)
			g.spoilRandomly(rt)
			since := g.runs(rt, 0)
			g.syncer.SyncAll(context.Background(), fullOrNot(rt, g), 2, func(worker.Result) {})
			runs := g.runs(rt, since.last)
			before, after := shown, showAll(rt, g, "")
			was, is := states, fleet.states(rt, g)
			for _, src := range source.All {
				statuses := runs.statuses[src.Name]
				require.NotEmpty(rt, statuses)
				switch {
				case slices.Contains(statuses, store.StatusOK):
					if src != &source.PublishBatches || len(after["agent_versions"]) > 0 { // which tell the versions to ask for
						require.Equal(rt, fleet.cloud(src), is[src.Name], "%s, %v: the cloud", src.Name, statuses)
					}
				case slices.Contains(statuses, store.StatusIncomplete):
					requireBetween(rt, src, was[src.Name], is[src.Name], fleet.cloud(src))
				default:
					require.Equal(rt, before[src.Name], after[src.Name], "%s, %v: as before", src.Name, statuses)
				}
			}
			shown, states = after, is
			var now time.Time
			require.NoError(rt, s.Pool().QueryRow(context.Background(), "SELECT clock_timestamp()").Scan(&now))
			history, times = append(history, shown), append(times, now)
		}
		for i, at := range times {
			require.Equal(rt, history[i], showAll(rt, g, at.Format(time.RFC3339Nano)), "as of sync %d", i)
		}
	})
}

// requireBetween wants each row as it was or as the cloud has it, and no row to
// have ended that is still there. With one scope, no row at all.
func requireBetween(t require.TestingT, src *source.Source, was, is, cloud map[string]int) {
	for key, state := range is {
		old, stood := was[key]
		now, listed := cloud[key]
		require.True(t, stood && old == state || listed && now == state, "%s %s is %d, was %d, is %d in the cloud", src.Name, key, state, old, now)
	}
	for key := range was {
		if _, stands := is[key]; !stands {
			require.NotContains(t, cloud, key, src.Name)
			require.NotNil(t, src.Sweeps[0].Each, "%s %s ended in an incomplete sweep", src.Name, key)
		}
	}
}

// spoilRandomly lets some calls of some sources go wrong, for a while or for good.
func (g *gateway) spoilRandomly(t *rapid.T) {
	type spell struct {
		fault      sim.Fault
		from, till int
	}
	kinds := map[string]sim.Fault{
		"none": {}, "throttled": sim.Throttle(400, "Throttling.User", 0), "error": sim.Refuse(500, "InternalError", "x"),
		"refused": sim.Refuse(403, "NoPermission", "x"), "HTML": sim.HTML(200), "truncated": sim.Truncate(0.7), "cut off": sim.CutOff(0.7),
		"reset": sim.Reset(), "empty": sim.Empty(), "twice": faultCases[caseNamed("a list, or another field of the answer, twice")].faults[0],
	}
	spells := map[string]spell{}
	for _, src := range source.All {
		kind := rapid.SampledFrom(slices.Sorted(maps.Keys(kinds))).Draw(t, "fault of "+src.Name)
		from := rapid.IntRange(0, 4).Draw(t, "from call")
		spells[src.API.Action] = spell{kinds[kind], from, from + rapid.SampledFrom([]int{1, 2, 3, 1000}).Draw(t, "calls")}
	}
	var mu sync.Mutex
	calls := map[string]int{}
	spoilt := func(c sim.Call) sim.Fault {
		mu.Lock()
		defer mu.Unlock()
		n := calls[c.Action]
		calls[c.Action]++
		if s := spells[c.Action]; n >= s.from && n < s.till {
			return s.fault
		}
		return sim.Fault{}
	}
	g.fault.Store(&spoilt)
}

func caseNamed(name string) int {
	return slices.IndexFunc(faultCases, func(c faultCase) bool { return c.name == name })
}

func fullOrNot(t *rapid.T, g *gateway) []worker.Job {
	jobs := g.syncer.Jobs()
	for i := range jobs {
		jobs[i].AllowShrink = true
		jobs[i].Full = rapid.Bool().Draw(t, "full")
	}
	return jobs
}

func showAll(t *rapid.T, g *gateway, at string) map[string][]string {
	shown := map[string][]string{}
	for _, src := range source.All {
		shown[src.Name] = shownAt(t, g.store, src, g.account.ID, at)
	}
	return shown
}

// runsSince are the statuses of the runs after one, by source.
type runsSince struct {
	last     int64
	statuses map[string][]string
}

func (g *gateway) runs(t require.TestingT, after int64) runsSince {
	r := runsSince{last: after, statuses: map[string][]string{}}
	rows, err := g.store.Pool().Query(context.Background(), "SELECT run_id, source, status FROM alicloud.sync_runs WHERE account_id = $1 AND run_id > $2 ORDER BY run_id", g.account.ID, after)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var name, status string
		require.NoError(t, rows.Scan(&r.last, &name, &status))
		r.statuses[name] = append(r.statuses[name], status)
	}
	require.NoError(t, rows.Err())
	return r
}

// cloud is what the cloud lists of a source: its keys and their states.
func (f *randomFleet) cloud(src *source.Source) map[string]int {
	all := map[string]int{}
	var parts []map[string]int
	switch src {
	case &source.CloudCenterInstances:
		parts = []map[string]int{f.servers}
	case &source.InstancePatchStates:
		parts = []map[string]int{f.patched}
	case &source.AgentlessTasks:
		parts = []map[string]int{f.roots, f.subtasks}
	case &source.OperationProcesses:
		parts = []map[string]int{f.checks}
	case &source.PublishBatches:
		parts = []map[string]int{f.batches}
	case &source.AgentVersions:
		parts = []map[string]int{{"": f.version}}
	default:
		return nil // agent_install_statuses: absence means nothing
	}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// states is what the tables show of what the cloud lists.
func (f *randomFleet) states(t require.TestingT, g *gateway) map[string]map[string]int {
	all := map[string]map[string]int{}
	for src, query := range map[*source.Source]string{
		&source.CloudCenterInstances: "uuid, cores",
		&source.InstancePatchStates:  "instance_id, missing_count",
		&source.AgentlessTasks:       "task_id, status",
		&source.OperationProcesses:   "task_id, status_code",
		&source.PublishBatches:       "version || '/' || batch_id, status",
		&source.AgentVersions:        "'', publish_status",
	} {
		l := listing{rows: fmt.Sprintf("SELECT %s::int FROM alicloud.%s WHERE account_id = $1", query, src.Name)}
		all[src.Name] = g.rows(t, &l)
	}
	return all
}
