package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"syncer/store"
	"syncer/worker"
)

// A Database provides what the gauges show.
type Database interface {
	// States returns the states of the configured partitions only, so that an account that
	// is no longer configured is not late for ever.
	States(context.Context) ([]worker.State, error)
	// Listings are those by which members and regions are known.
	Listings() []worker.Listing
	QueueDepths(context.Context) ([]worker.QueueDepth, error)
	QueueHealth(context.Context) (worker.QueueHealth, error)
}

const (
	// readAgain is how long a database answer is reused, because there may be many
	// scrapers.
	readAgain = 10 * time.Second
	// readTimeout is shorter than the usual scrape timeout of 10 s.
	readTimeout = 5 * time.Second
)

// gauges are read from the database at each scrape.
type gauges struct {
	database Database
	log      *slog.Logger

	mu     sync.Mutex
	readAt time.Time
	answer []sample
}

var (
	up = newFamily("gauge", "syncer_database_up", "Whether the database answered: 1 or 0. Where it is 0, the gauges that are read from it are not there.")

	lastSuccess = newFamily("gauge", "syncer_last_success_timestamp_seconds", "When the partition's last sync with status ok ended, in seconds since 1970; 0: never.", partition...)
	nextDue     = newFamily("gauge", "syncer_next_due_timestamp_seconds", "When the schedule wants the partition's next sync, in seconds since 1970; 0: not known yet.", partition...)
	late        = newFamily("gauge", "syncer_late", "Whether a success is overdue, or there was none yet: 1 or 0.", partition...)
	failing     = newFamily("gauge", "syncer_failing", "Whether the partition's last sync was not ok: 1 or 0.", partition...)
	held        = newFamily("gauge", "syncer_held", "Whether the partition's last sync was held, and waits for a person: 1 or 0.", partition...)

	listingFailing = newFamily("gauge", "syncer_listing_failing", "Whether the last listing of members or oos_regions that the configuration needs had no answer: 1 or 0.", "listing", "account")

	queueJobs   = newFamily("gauge", "syncer_queue_jobs", "Jobs that are not finished, by River's state: available (due), running, retryable, scheduled or pending.", "state")
	queuePaused = newFamily("gauge", "syncer_queue_paused", "Whether somebody has paused the job queue, so that nothing is synced on schedule: 1 or 0.")
	queueOldest = newFamily("gauge", "syncer_queue_oldest_seconds", "How long the longest due job of a state has been due.", "state")

	gaugeFamilies = []*family{up, lastSuccess, nextDue, late, failing, held, listingFailing, queueJobs, queueOldest, queuePaused}
)

// AddDatabase adds the metrics that are read from the database.
func (m *Metrics) AddDatabase(d Database, log *slog.Logger) {
	m.database = &gauges{database: d, log: log}
}

// read asks the database, unless it was asked a moment ago. Other scrapes wait meanwhile.
func (g *gauges) read(ctx context.Context) []sample {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.answer != nil && time.Since(g.readAt) < readAgain {
		return g.answer
	}
	// Other scrapes get this answer, too: that one of them hangs up must not spoil it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
	defer cancel()
	states, err := g.database.States(ctx)
	var depths []worker.QueueDepth
	if err == nil {
		depths, err = g.database.QueueDepths(ctx)
	}
	var health worker.QueueHealth
	if err == nil {
		health, err = g.database.QueueHealth(ctx)
	}
	gauge := func(of *family, value float64, labels ...string) {
		g.answer = append(g.answer, sample{of, value, labels})
	}
	g.answer, g.readAt = nil, time.Now()
	if err != nil {
		g.log.Warn("metrics without those of the database", "error", err)
		gauge(up, 0)
		return g.answer
	}
	gauge(up, 1)
	for _, s := range states {
		l := []string{s.Source, *s.AccountName, s.RegionID}
		gauge(lastSuccess, seconds(s.LastSuccessAt), l...)
		gauge(nextDue, seconds(s.NextDueAt), l...)
		gauge(late, truth(s.Late || s.State == worker.Never), l...)
		gauge(failing, truth(s.State == worker.Failing), l...)
		gauge(held, truth(s.LastStatus != nil && *s.LastStatus == store.StatusHeld), l...)
	}
	for _, l := range g.database.Listings() {
		gauge(listingFailing, truth(l.Err != nil), l.Kind, l.Account.Label())
	}
	for _, d := range depths {
		gauge(queueJobs, float64(d.Jobs), d.State)
		gauge(queueOldest, d.OldestSeconds, d.State)
	}
	gauge(queuePaused, truth(len(health.Paused) > 0))
	return g.answer
}

func seconds(t *time.Time) float64 {
	if t == nil {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
