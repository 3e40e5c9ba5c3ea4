// Package metrics is what Prometheus reads at /metrics: counts of what this
// process's syncs did, and, read from the database, how fresh each partition is
// and how long the queue.
//
// It imports worker, and asks the database through what it is given.
package metrics

import (
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"syncer/store"
	"syncer/worker"
)

// Metrics counts what syncs do. It may be used by many goroutines.
type Metrics struct {
	registry *prometheus.Registry
	config   func() *worker.Config
	started  atomic.Pointer[worker.Config] // whose counters are there

	runs                                   *prometheus.CounterVec
	calls, retries, throttled, pages, rows *prometheus.CounterVec
	changes                                *prometheus.CounterVec
	duration                               *prometheus.HistogramVec
}

// partition are the labels of everything that is counted by source, account and region.
var partition = []string{"source", "account", "region"}

// outcomes are what becomes of rows.
var outcomes = []string{"opened", "changed", "ended", "held", "unchanged"}

// statuses of runs; a sync that was called off is no run, but is counted.
var statuses = []string{store.StatusOK, store.StatusIncomplete, store.StatusHeld, store.StatusFailed, label(worker.StatusCalledOff)}

// New makes metrics of a version of the program. Every counter of the partitions
// that are configured is there from then on, at 0.
func New(version string, config func() *worker.Config) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append(partition[:3:3], labels...))
	}
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		config:    config,
		runs:      counter("syncer_runs_total", "Syncs that ended, by status: as in alicloud.sync_runs, or called_off.", "status"),
		calls:     counter("syncer_calls_total", "Calls made to the cloud, retries included."),
		retries:   counter("syncer_retries_total", "Calls that were made again after a failure."),
		throttled: counter("syncer_throttled_total", "Calls that the cloud refused as too many."),
		pages:     counter("syncer_pages_total", "Pages that arrived."),
		rows:      counter("syncer_rows_fetched_total", "Items that arrived."),
		changes:   counter("syncer_rows_total", "Rows by what became of them: opened, changed, ended, held (missing from the listing, but too many to end) or unchanged.", "outcome"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "syncer_run_duration_seconds",
			Help:    "How long syncs took, fetching and merging.",
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600},
		}, partition[:2]),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "syncer_build_info", Help: "1; the labels say which program this is.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	info.Set(1)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		info, m.runs, m.calls, m.retries, m.throttled, m.pages, m.rows, m.changes, m.duration)
	return m
}

// startAll makes the counters of what is configured by now.
func (m *Metrics) startAll() {
	if c := m.config(); m.started.Swap(c) != c {
		for _, j := range c.Jobs() {
			m.start(j)
		}
	}
}

// start makes a partition's counters, so that the first increase is seen as one.
func (m *Metrics) start(j worker.Job) {
	l := labels(j)
	for _, c := range m.plain() {
		c.WithLabelValues(l...)
	}
	for _, s := range statuses {
		m.runs.WithLabelValues(append(l, s)...)
	}
	for _, o := range outcomes {
		m.changes.WithLabelValues(append(l, o)...)
	}
	m.duration.WithLabelValues(l[:2]...)
}

func (m *Metrics) plain() []*prometheus.CounterVec {
	return []*prometheus.CounterVec{m.calls, m.retries, m.throttled, m.pages, m.rows}
}

func labels(j worker.Job) []string {
	return append(make([]string, 0, 4), j.Source.Name, j.Account.Label(), j.Region)
}

// label is a word as a label's value.
func label(word string) string { return strings.ReplaceAll(word, " ", "_") }

// Observe counts a sync that ended.
func (m *Metrics) Observe(r worker.Result) {
	l := labels(r.Job)
	m.runs.WithLabelValues(append(l, label(r.Status))...).Inc()
	for i, n := range []int64{r.Run.Calls, r.Run.Retries, r.Run.Throttled, r.Run.Pages, r.Run.Rows} {
		m.plain()[i].WithLabelValues(l...).Add(float64(n))
	}
	c := r.Changes
	for i, n := range []int64{c.Opened, c.Changed, c.Ended, c.HeldRows, c.Unchanged} {
		m.changes.WithLabelValues(append(l, outcomes[i])...).Add(float64(n))
	}
	m.duration.WithLabelValues(l[:2]...).Observe(r.Took.Seconds())
}

// Handler answers scrapes.
func (m *Metrics) Handler() http.Handler {
	scrape := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		// A gauge that cannot be read must not hide the counters.
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.startAll()
		scrape.ServeHTTP(w, r)
	})
}
