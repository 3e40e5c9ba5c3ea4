package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"syncer/fetch"
	"syncer/store"
	"syncer/worker"
)

// newProgressWriter draws bars of a length behind names of a length.
func newProgressWriter(out io.Writer, name, bar int) progress.Writer {
	w := progress.NewWriter()
	w.SetOutputWriter(out)
	w.SetUpdateFrequency(100 * time.Millisecond)
	w.SetMessageLength(name)
	w.SetTrackerLength(bar)
	w.SetTrackerPosition(progress.PositionRight)
	w.SetStyle(progress.StyleBlocks)
	style := w.Style()
	style.Options.DoneString, style.Options.ErrorString = "✓", "✗"
	style.Options.Separator, style.Options.SnipIndicator = " ", "…"
	style.Options.TimeInProgressPrecision, style.Options.TimeDonePrecision = 100*time.Millisecond, 100*time.Millisecond
	style.Visibility.Percentage, style.Visibility.Speed = false, false // the bar shows how far it is
	return w
}

func stopRendering(w progress.Writer) {
	w.Stop()
	for w.IsRenderInProgress() {
		time.Sleep(10 * time.Millisecond)
	}
}

// A watcher shows syncs while they last, on a terminal, and counts their calls.
type watcher struct {
	writer progress.Writer // nil: nobody watches
	lines  io.Writer       // then a line now and then
	rows   int64           // read by partitions that have ended
	count  int             // of those
	all    int             // partitions

	mu     sync.Mutex
	shown  map[worker.Job]*watched
	ending chan struct{}
	ended  sync.WaitGroup
}

type watched struct {
	stats   *fetch.Stats
	tracker *progress.Tracker
	off     atomic.Bool // it was called off
}

// rows are told beside the bar, which counts pages: of these it is known how many there are.
func (s *watched) rows(int64) string {
	if s.off.Load() {
		return "called off"
	}
	return thousands(s.stats.Rows.Load())
}

func (p *program) watch(s *worker.Syncer, all int, table bool) *watcher {
	w := &watcher{lines: p.stderr, all: all, shown: map[worker.Job]*watched{}, ending: make(chan struct{})}
	name := 0 // how long one is
	if table && isTerminal(p.stdout) {
		name = min(60, max(20, terminalWidth(p.stdout)-30)) // beside bar, rows and time
		w.writer = newProgressWriter(p.stdout, name, 10)
		go w.writer.Render()
	}
	s.Watch = func(j worker.Job, stats *fetch.Stats) {
		w.mu.Lock()
		defer w.mu.Unlock()
		message := harmless(j.String())
		if len(message) > name {
			message = harmless(fmt.Sprint(j.Source.Name, " ", j.Account.Label(), " ", j.Region))
		}
		shown := &watched{stats: stats}
		shown.tracker = &progress.Tracker{Message: message, Units: progress.Units{Formatter: shown.rows}, AutoStopDisabled: true}
		w.shown[j] = shown
		if w.writer != nil {
			w.writer.AppendTracker(shown.tracker)
		}
	}
	w.ended.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		told := time.Now()
		for {
			select {
			case <-w.ending:
				return
			case <-tick.C:
				w.update()
				if w.writer == nil && time.Since(told) >= lineEvery {
					told = time.Now()
					w.tell()
				}
			}
		}
	})
	return w
}

// lineEvery is how often somebody who reads a log hears of a sync that lasts.
const lineEvery = 10 * time.Second

func (w *watcher) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows := w.rows
	for _, s := range w.shown {
		rows += s.stats.Rows.Load()
	}
	fmt.Fprintf(w.lines, "syncer: %d of %s synced, %d under way, %s rows read\n", w.count, several(w.all, "partition"), len(w.shown), thousands(rows))
}

func (w *watcher) update() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.shown {
		s.show()
	}
}

// show moves the bar. Writing what was read is its last step. Where nobody knows how
// many pages there are, it has no end.
func (s *watched) show() {
	pages, due := s.stats.Pages.Load(), s.stats.Due.Load()
	if s.stats.Open.Load() || pages > due {
		due = -1
	}
	s.tracker.UpdateTotal(due + 1)
	s.tracker.SetValue(pages)
}

func (w *watcher) done(r worker.Result) (calls int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.shown[r.Job]
	if !ok {
		return 0
	}
	s.show()
	switch r.Status {
	case store.StatusFailed:
		s.tracker.MarkAsErrored()
	case worker.StatusCalledOff: // what it has read is written nowhere
		s.off.Store(true)
		s.tracker.MarkAsErrored()
	default:
		s.tracker.MarkAsDone()
	}
	delete(w.shown, r.Job)
	w.rows += s.stats.Rows.Load()
	w.count++
	return s.stats.Calls.Load()
}

func (w *watcher) stop() {
	close(w.ending)
	w.ended.Wait()
	if w.writer != nil {
		stopRendering(w.writer)
	}
}

// A bar shows progress on a terminal, and tells of it in lines elsewhere.
type bar struct {
	writer  progress.Writer
	tracker *progress.Tracker
	lines   io.Writer // where there is no terminal: a line now and then
	told    time.Time
}

func (p *program) newProgress(what string, total time.Duration) *bar {
	b := &bar{lines: p.stderr, told: time.Now(), tracker: &progress.Tracker{Message: what, Total: int64(total)}}
	if !isTerminal(p.stdout) {
		return b
	}
	b.writer = newProgressWriter(p.stdout, len(what), 30)
	b.writer.AppendTracker(b.tracker)
	go b.writer.Render()
	return b
}

func (b *bar) add(n int64) {
	b.tracker.Increment(n)
	if b.writer == nil && time.Since(b.told) >= lineEvery {
		b.told = time.Now()
		fmt.Fprintf(b.lines, "syncer: %d of %d %s\n", b.tracker.Value(), b.tracker.Total, b.tracker.Message)
	}
}

// stop ends the bar, which was called off where it has not come to its end.
func (b *bar) stop() {
	if b.writer == nil {
		return
	}
	b.tracker.MarkAsErrored()
	stopRendering(b.writer)
}
