package store_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
	"syncer/store"
)

// A taskList is what the cloud lists: main tasks and how many subtasks each has.
type taskList map[string]int

// syncTasks lists the main tasks, and the subtasks of those asked for.
func syncTasks(t *testing.T, s *store.Store, p store.Partition, run store.Run, tasks taskList, asked []string) store.MergeResult {
	t.Helper()
	src := p.Source
	ctx := context.Background()
	y, err := s.Begin(ctx, p)
	require.NoError(t, err)
	defer y.Close(ctx)
	task := func(decl *source.Sweep, id, root string) source.Row {
		row := make(source.Row, len(src.Columns)+1)
		row[src.Index("task_id")] = source.TextValue(id)
		row[src.Index("is_root")] = source.BoolValue(decl.Set["is_root"] == "true")
		if root != "" {
			row[src.Index("root_task_id")] = source.TextValue(root)
		}
		return row
	}
	sweep := func(decl *source.Sweep, scope store.Scope, rows []source.Row) {
		w := y.List(decl, scope)
		_, err := w.Page(ctx, rows)
		require.NoError(t, err)
		w.Complete()
	}
	mains, subs := &src.Sweeps[0], &src.Sweeps[1]
	var rows []source.Row
	for id := range tasks {
		rows = append(rows, task(mains, id, ""))
	}
	sweep(mains, store.Scope{}, rows)
	for _, root := range asked {
		rows = nil
		for i := range tasks[root] {
			rows = append(rows, task(subs, fmt.Sprintf("%s-%d", root, i), root))
		}
		sweep(subs, store.Scope{Values: []string{root}}, rows)
	}
	c, err := y.Merge(ctx, run)
	require.NoError(t, err)
	return c
}

// TestHoldTogether: many small listings that are empty are held as one large one
// is, and a row that goes with its parent shares its fate.
func TestHoldTogether(t *testing.T) {
	t.Parallel()
	s := open(t)
	families := func(n, subtasks int) taskList {
		list := taskList{}
		for i := range n {
			list[fmt.Sprintf("r%03d", i)] = subtasks
		}
		return list
	}
	for name, c := range map[string]struct {
		before taskList
		asked  []string // whose subtasks are asked for; nil: of all there were
		now    taskList
		ended  int64
		held   string // one of what is told
		rows   int64
	}{
		"a hundred listings of subtasks are empty": {
			before: families(100, 4), now: families(100, 0),
			held: "all listings together: 400 of 500 rows are no longer listed", rows: 400,
		},
		"a few of a hundred listings are empty": {
			before: families(100, 4), now: with(families(100, 4), taskList{"r001": 0, "r002": 0, "r003": 0}), ended: 12,
		},
		"a main task goes with its five subtasks": {
			before: taskList{"r1": 5, "r2": 5, "r3": 5}, now: taskList{"r1": 5, "r3": 5}, ended: 6,
		},
		"the only main task goes with its five subtasks": {
			before: taskList{"r1": 5}, now: taskList{}, ended: 6,
		},
		"a main task goes, and its subtasks are not asked for": {
			before: taskList{"r1": 5, "r2": 5}, asked: []string{"r2"}, now: taskList{"r2": 5}, ended: 6,
		},
		"few main tasks are gone, with all their many subtasks": {
			before: families(4, 100), now: taskList{},
			held: "all listings together: 404 of 404 rows are no longer listed", rows: 404,
		},
		"a main task stays without its subtasks, another one goes with them": {
			before: taskList{"r1": 5, "r2": 6, "r3": 9}, now: taskList{"r1": 0, "r3": 9}, ended: 7,
			held: "subtasks of r1: 5 of 5 rows are no longer listed", rows: 5,
		},
		"all main tasks are gone": {
			before: families(5, 1), now: taskList{},
			held: "main tasks: 5 of 5 rows are no longer listed", rows: 10,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := partition(&source.AgentlessTasks)
			p.AccountID = fmt.Sprint(rand.Uint64())
			run := run
			run.Limit, run.Trigger = store.DefaultLimit, "schedule"
			roots := c.asked
			if roots == nil {
				roots = slices.Sorted(maps.Keys(c.before))
			}
			syncTasks(t, s, p, run, c.before, slices.Sorted(maps.Keys(c.before)))
			all := len(standingKeys(t, s, p))
			got := syncTasks(t, s, p, run, c.now, roots)
			require.Equal(t, c.ended, got.Ended)
			require.Equal(t, c.rows, got.HeldRows)
			if c.held != "" {
				require.Contains(t, got.Held, c.held)
			} else {
				require.Empty(t, got.Held)
			}
			require.Len(t, standingKeys(t, s, p), all-int(c.ended))
			if c.rows == 0 {
				return
			}
			// The same rows in three scheduled runs are believed, if that is wanted.
			run.ConfirmShrink = true
			require.Equal(t, c.rows, syncTasks(t, s, p, run, c.now, roots).HeldRows)
			confirmed := syncTasks(t, s, p, run, c.now, roots)
			require.Empty(t, confirmed.Held)
			require.Equal(t, c.rows, confirmed.Ended)
		})
	}
}

// TestHoldReleases: three releases with four batches each, all empty.
func TestHoldReleases(t *testing.T) {
	t.Parallel()
	s := open(t)
	src := &source.PublishBatches
	run := run
	run.Limit = store.DefaultLimit
	sync := func(batches int) store.MergeResult {
		y, err := s.Begin(t.Context(), partition(src))
		require.NoError(t, err)
		defer y.Close(t.Context())
		for _, version := range []string{"v1", "v2", "v3"} {
			w := y.List(&src.Sweeps[0], store.Scope{Values: []string{version}})
			for i := range batches {
				row := make(source.Row, len(src.Columns)+1)
				row[src.Index("version")], row[src.Index("batch_id")] = source.TextValue(version), source.IntValue(int64(i))
				_, err := w.Page(t.Context(), []source.Row{row})
				require.NoError(t, err)
			}
			w.Complete()
		}
		c, err := y.Merge(t.Context(), run)
		require.NoError(t, err)
		return c
	}
	sync(4)
	c := sync(0)
	require.Equal(t, []string{"all listings together: 12 of 12 rows are no longer listed"}, c.Held)
	require.Zero(t, c.Ended)
	run.AllowShrink = true
	require.EqualValues(t, 12, sync(0).Ended)
}

func with(list, more taskList) taskList {
	maps.Copy(list, more)
	return list
}

// TestHoldTogetherInParts: a full sweep that is merged on the way is judged at its end,
// as one, among the rows that stood when it began.
func TestHoldTogetherInParts(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := partition(&source.AgentlessTasks)
	before, roots := taskList{}, []string{}
	for i := range 60 {
		root := fmt.Sprintf("r%03d", i)
		before[root], roots = 4, append(roots, root)
	}
	run := run
	syncTasks(t, s, p, run, before, roots)

	run.Limit, run.Full, run.Trigger, run.ConfirmShrink = store.DefaultLimit, true, "schedule", true
	for attempt := 1; attempt <= 3; attempt++ {
		run.Kept = store.MergeResult{}
		y, err := s.Begin(t.Context(), p)
		require.NoError(t, err)
		defer y.Close(t.Context())
		for i, root := range roots {
			w := y.List(&p.Source.Sweeps[1], store.Scope{Values: []string{root}})
			row := make(source.Row, len(p.Source.Columns)+1)
			row[p.Source.Index("task_id")] = source.TextValue(fmt.Sprintf("%s-new-%d", root, i))
			row[p.Source.Index("root_task_id")] = source.TextValue(root)
			_, err := w.Page(t.Context(), []source.Row{row})
			require.NoError(t, err)
			w.Complete()
			require.NoError(t, y.Checkpoint(t.Context(), &run))
			require.Zero(t, run.Kept.Ended)
		}
		c, err := y.Merge(t.Context(), run)
		require.NoError(t, err)
		if attempt == 1 {
			require.EqualValues(t, 60, c.Opened)
			require.Zero(t, c.Unchanged)
			require.Equal(t, "all listings together: 240 of 240 rows are no longer listed", c.Held[0])
		}
		if attempt == 3 {
			require.Empty(t, c.Held, "three scheduled runs in a row missed the same rows")
			require.EqualValues(t, 240, c.Ended)
			continue
		}
		require.EqualValues(t, 240, c.HeldRows)
		require.Zero(t, c.Ended)
	}
}
