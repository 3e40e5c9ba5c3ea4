package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"syncer/store"
)

// PruneArgs is the job that archives what is over, where there is an archive, and drops what
// is past its retention: one a day, whichever process proposes it. Another day makes good
// what was left.
type PruneArgs struct {
	Day string `json:"day"`
}

// Kind is River's name for the jobs.
func (PruneArgs) Kind() string { return "prune" }

// InsertOpts makes a day's job unique in every state, also once it is done. It waits
// in a queue of its own: while it waits for a table, syncs go on.
func (PruneArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: upkeepQueue, MaxAttempts: 8, UniqueOpts: uniqueForever()}
}

// upkeepQueue has the jobs that are not syncs.
const upkeepQueue = "upkeep"

const (
	// prunePatience is how long a prune waits for tables that are in use.
	prunePatience  = time.Minute
	pruneTimeout   = 30 * time.Minute
	archiveTimeout = 6 * time.Hour // the first archive may have years to write
)

type pruneWorker struct {
	river.WorkerDefaults[PruneArgs]

	syncer *Syncer
	log    *slog.Logger
}

func (w *pruneWorker) Timeout(*river.Job[PruneArgs]) time.Duration {
	if w.syncer.Config().Archive != nil {
		return archiveTimeout + pruneTimeout
	}
	return pruneTimeout
}

// Work archives the months that are over, and drops what is past its retention. A table that
// is in use is tried again. What could not be archived is kept.
func (w *pruneWorker) Work(ctx context.Context, _ *river.Job[PruneArgs]) error {
	c := w.syncer.Config()
	if c.Retention == 0 {
		return nil // proposed by a process with another configuration
	}
	sources, err := w.syncer.Store.WithRetired(ctx, c.declarations())
	if err != nil {
		return err
	}
	var archived store.Archived
	var failed error
	if c.Archive != nil {
		archived = c.Archive.Has(w.syncer.Store, sources)
		if _, failed = c.Archive.Write(ctx, w.syncer.Store, sources); failed != nil && ctx.Err() == nil {
			w.log.ErrorContext(ctx, "months that are over are not all archived: it is tried again", "error", failed)
		}
	}
	p, err := w.syncer.Store.PruneArchived(ctx, sources, c.Retention, prunePatience, archived)
	for _, m := range p.Months {
		w.log.InfoContext(ctx, "history past its retention dropped", "source", m.Source, "month", m.Month, "rows", m.Rows, "bytes", m.Bytes)
	}
	if err != nil && ctx.Err() == nil {
		w.log.WarnContext(ctx, "history past its retention is kept for now", "error", err)
	}
	return errors.Join(failed, err)
}

// proposePrune puts the day's job into the queue.
func (p *proposer) proposePrune(ctx context.Context, day time.Time) error {
	_, err := p.client.Insert(ctx, PruneArgs{Day: day.UTC().Format(time.DateOnly)}, nil)
	return err
}
