package worker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"
)

// QueueHealth is whether the queue moves.
type QueueHealth struct {
	// Paused are the queues that somebody has paused; no job of theirs is begun.
	Paused []string
	// PausedAt is since when the first of them is.
	PausedAt *time.Time
	// Idle jobs have been due for longer than a minute, while no job is worked.
	Idle int64
}

// idleAfter is how long a job may be due before it counts as one that nobody takes.
const idleAfter = time.Minute

// Problem says on one line what keeps the queue from moving, and what to do; empty: nothing.
func (h QueueHealth) Problem() string {
	switch {
	case len(h.Paused) > 0:
		return fmt.Sprintf("the job queue (%s) is paused since %s, so that nothing is synced on schedule: resume it on the queue's page (which needs server.queue: manage), or by UPDATE river.river_queue SET paused_at = NULL",
			strings.Join(h.Paused, ", "), h.PausedAt.UTC().Format("2006-01-02 15:04:05Z"))
	case h.Idle > 0:
		return fmt.Sprintf("%d jobs of the queue are due and nobody takes them: see whether syncer run is running, and what its log says", h.Idle)
	}
	return ""
}

// QueueHealth looks at the queue.
func (s *Syncer) QueueHealth(ctx context.Context) (h QueueHealth, err error) {
	// A job of a process that was killed is running until another one rescues it.
	err = s.Store.Pool().QueryRow(ctx, `SELECT
    (SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM river.river_queue WHERE paused_at IS NOT NULL AND name = ANY ($1)),
    (SELECT min(paused_at) FROM river.river_queue WHERE paused_at IS NOT NULL AND name = ANY ($1)),
    (
        SELECT count(*)
        FROM river.river_job
        WHERE state = 'available' AND queue = ANY ($1) AND scheduled_at < now() - $2::interval
            AND NOT EXISTS (SELECT FROM river.river_job AS j WHERE j.state = 'running' AND `+hasSession+`)
    )`, []string{river.QueueDefault, upkeepQueue}, idleAfter).Scan(&h.Paused, &h.PausedAt, &h.Idle)
	if err != nil {
		return h, fmt.Errorf("look whether the queue moves: %w", err)
	}
	return h, nil
}

// A queueMonitor says in the log when the queue stops moving, and when it moves again.
type queueMonitor struct {
	daemon *Daemon
	logged string // the problem that the log speaks of; empty: none
}

// look takes a turn. Where the database does not answer, others say so.
func (m *queueMonitor) look(ctx context.Context, _ *Config) (wait time.Duration) {
	wait = m.daemon.Look
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	h, err := m.daemon.Syncer.QueueHealth(asking)
	if err != nil {
		return wait
	}
	problem := h.Problem()
	if len(h.Paused) == 0 && h.Idle > 0 { // one problem, however many jobs there are
		problem = QueueHealth{Idle: 1}.Problem()
	}
	switch problem {
	case m.logged:
		return wait
	case "":
		m.daemon.Logger.InfoContext(ctx, "the job queue moves again")
	default:
		m.daemon.Logger.WarnContext(ctx, "the job queue does not move", "problem", h.Problem())
	}
	m.logged = problem
	return wait
}
