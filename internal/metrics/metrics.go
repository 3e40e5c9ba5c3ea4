// Package metrics serves /metrics for Prometheus: what this process's syncs did, and, from
// the database, how fresh each partition is and how long the queue is.
//
// It imports worker. The database is given to it as an interface.
package metrics

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/VictoriaMetrics/metrics"

	"syncer/store"
	"syncer/worker"
)

// Metrics counts what syncs do. It is safe for concurrent use.
type Metrics struct {
	config   func() *worker.Config
	started  atomic.Pointer[worker.Config] // the configuration whose counters exist
	database *gauges                       // nil: only this process's counters
	build    sample

	runs, changes                          *family
	calls, retries, throttled, pages, rows *family
	duration                               *family
}

// partition are the labels of everything that is counted by source, account and region.
var partition = []string{"source", "account", "region"}

// buckets are for the duration of a sync, in seconds.
var buckets = []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600}

// outcomes are what can happen to rows.
var outcomes = []string{"opened", "changed", "ended", "held", "unchanged"}

// statuses of runs. A cancelled sync is not a run, but it is counted.
var statuses = []string{store.StatusOK, store.StatusIncomplete, store.StatusHeld, store.StatusFailed, label(worker.StatusCalledOff)}

// New returns the metrics of a version of the program. The counters of all configured
// partitions exist from the beginning, at 0.
func New(version string, config func() *worker.Config) *Metrics {
	counter := func(name, help string, labels ...string) *family {
		return newFamily("counter", name, help, slices.Concat(partition, labels)...)
	}
	return &Metrics{
		config:    config,
		build:     sample{newFamily("gauge", "syncer_build_info", "1; the labels say which program this is.", "goversion", "version"), 1, []string{runtime.Version(), version}},
		runs:      counter("syncer_runs_total", "Syncs that ended, by status: as in alicloud.sync_runs, or called_off.", "status"),
		calls:     counter("syncer_calls_total", "Calls made to the cloud, retries included."),
		retries:   counter("syncer_retries_total", "Calls that were made again after a failure."),
		throttled: counter("syncer_throttled_total", "Calls that the cloud refused as too many."),
		pages:     counter("syncer_pages_total", "Pages that arrived."),
		rows:      counter("syncer_rows_fetched_total", "Items that arrived."),
		changes:   counter("syncer_rows_total", "Rows by what became of them: opened, changed, ended, held (missing from the listing, but too many to end) or unchanged.", "outcome"),
		duration:  newFamily("histogram", "syncer_run_duration_seconds", "How long syncs took, fetching and merging.", partition[:2]...),
	}
}

// startAll creates the counters of everything that is configured now.
func (m *Metrics) startAll() {
	if c := m.config(); m.started.Swap(c) != c {
		for _, j := range c.Jobs() {
			m.start(j)
		}
	}
}

// start creates a partition's counters, so that Prometheus sees their first increase.
func (m *Metrics) start(j worker.Job) {
	l := labels(j)
	for _, f := range m.plain() {
		f.counter(l...)
	}
	for _, status := range statuses {
		m.runs.counter(append(l, status)...)
	}
	for _, outcome := range outcomes {
		m.changes.counter(append(l, outcome)...)
	}
	m.duration.histogram(l...)
}

func (m *Metrics) plain() []*family {
	return []*family{m.calls, m.retries, m.throttled, m.pages, m.rows}
}

func labels(j worker.Job) []string {
	return append(make([]string, 0, 4), j.Source.Name, j.Account.Label(), j.Region)
}

// label formats a word as a label's value.
func label(word string) string { return strings.ReplaceAll(word, " ", "_") }

// Observe counts a sync that ended.
func (m *Metrics) Observe(r worker.Result) {
	l := labels(r.Job)
	m.runs.counter(append(l, label(r.Status))...).Inc()
	for i, n := range []int64{r.Run.Calls, r.Run.Retries, r.Run.Throttled, r.Run.Pages, r.Run.Rows} {
		m.plain()[i].counter(l...).AddInt64(n)
	}
	c := r.Changes
	for i, n := range []int64{c.Opened, c.Changed, c.Ended, c.HeldRows, c.Unchanged} {
		m.changes.counter(append(l, outcomes[i])...).AddInt64(n)
	}
	m.duration.histogram(l...).Update(r.Took.Seconds())
}

// Handler answers scrapes in Prometheus's text format. It compresses, because a thousand
// accounts give megabytes.
func (m *Metrics) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.startAll()
		var all bytes.Buffer
		packed := strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
		if packed {
			w.Header().Set("Content-Encoding", "gzip")
			packer := gzip.NewWriter(&all)
			m.write(r.Context(), packer)
			_ = packer.Close() // into memory
		} else {
			m.write(r.Context(), &all)
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Vary", "Accept-Encoding")
		_, _ = w.Write(all.Bytes()) // else who scrapes is gone
	})
}

func (m *Metrics) write(ctx context.Context, w io.Writer) {
	if m.database != nil {
		writeSamples(w, m.database.read(ctx), gaugeFamilies...)
	}
	writeSamples(w, []sample{m.build}, m.build.of)
	for _, f := range append(m.plain(), m.runs, m.changes, m.duration) {
		f.write(w)
	}
	metrics.WriteProcessMetrics(w)
	metrics.WriteFDMetrics(w)
}
