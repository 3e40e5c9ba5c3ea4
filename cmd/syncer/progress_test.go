package main

import (
	"bytes"
	"testing"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/stretchr/testify/require"

	"syncer/fetch"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// TestBarsHaveAnEnd: a bar is as long as what is known to come, is full only once it is
// written, has no end where nobody knows it, and is no success where it was called off.
func TestBarsHaveAnEnd(t *testing.T) {
	t.Parallel()
	var out, lines bytes.Buffer
	p := &program{stdout: &out, stderr: &lines}
	var s worker.Syncer
	w := p.watch(&s, 3, true)
	job := func(region string) worker.Job {
		return worker.Job{Settings: &worker.Settings{Source: source.All[0]}, Account: &worker.Account{Name: "production"}, Region: region}
	}
	known, unknown, off := job("a"), job("b"), job("c")
	stats := map[worker.Job]*fetch.Stats{}
	trackers := map[worker.Job]*progress.Tracker{}
	for _, j := range []worker.Job{known, unknown, off} {
		stats[j] = new(fetch.Stats)
		s.Watch(j, stats[j])
		trackers[j] = w.shown[j].tracker
	}
	require.True(t, trackers[known].IsIndeterminate())
	stats[known].Due.Store(4)
	stats[known].Pages.Store(4)
	stats[unknown].Due.Store(3)
	stats[unknown].Pages.Store(3)
	stats[unknown].Open.Store(true)
	w.update()
	require.InDelta(t, 80, trackers[known].PercentDone(), 0.1, "it is not written yet")
	require.False(t, trackers[known].IsDone())
	require.True(t, trackers[unknown].IsIndeterminate())
	w.tell()

	w.done(worker.Result{Job: known, Status: store.StatusOK})
	w.done(worker.Result{Job: off, Status: worker.StatusCalledOff})
	require.True(t, trackers[known].IsDone() && !trackers[known].IsErrored())
	require.True(t, trackers[off].IsErrored(), "which has no ✓")
	require.Equal(t, "called off", trackers[off].Units.Sprint(7))
	w.stop()
	require.Contains(t, lines.String(), "syncer: 0 of 3 partitions synced, 3 under way, 0 rows read\n")
}
