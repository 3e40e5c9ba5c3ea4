package worker

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"riverqueue.com/riverui"
)

// QueueUI is River's own web pages of the jobs, to be served below prefix. They
// can cancel, retry and delete jobs: who may see them is the caller's to decide.
// Their background work ends with the context.
func QueueUI(ctx context.Context, pool *pgxpool.Pool, prefix string, log *slog.Logger) (http.Handler, error) {
	log = slog.New(demoted{log.Handler()})
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Schema: schema, Logger: log})
	if err != nil {
		return nil, fmt.Errorf("set up the queue's pages: %w", err)
	}
	ui, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(client, nil), Logger: log, Prefix: prefix})
	if err != nil {
		return nil, fmt.Errorf("set up the queue's pages: %w", err)
	}
	if err := ui.Start(ctx); err != nil {
		return nil, fmt.Errorf("start the queue's pages: %w", err)
	}
	return ui, nil
}

// QueueDepth is how many jobs wait or run.
type QueueDepth struct {
	State string // River's: available, running, retryable, scheduled or pending
	Jobs  int64
	// OldestSeconds is how long the longest has been due; 0: none is.
	OldestSeconds float64
}

// QueueDepths counts the jobs that are not finished, by state.
func (s *Syncer) QueueDepths(ctx context.Context) (list []QueueDepth, err error) {
	// A state that no job is in is listed, too: a gauge that vanishes is no zero.
	rows, err := s.Store.Pool().Query(ctx, `SELECT state, count(id), coalesce(greatest(extract(epoch FROM now() - min(scheduled_at)), 0), 0)::float8
FROM unnest(ARRAY['available', 'pending', 'retryable', 'running', 'scheduled']::river.river_job_state[]) AS s (state)
LEFT JOIN river.river_job USING (state)
GROUP BY state
ORDER BY state`)
	if err != nil {
		return nil, fmt.Errorf("count the queue's jobs: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d QueueDepth
		if err := rows.Scan(&d.State, &d.Jobs, &d.OldestSeconds); err != nil {
			return nil, fmt.Errorf("count the queue's jobs: %w", err)
		}
		list = append(list, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count the queue's jobs: %w", err)
	}
	return list, nil
}
