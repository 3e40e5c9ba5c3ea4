package worker

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"syncer/store"
)

// A Daemon proposes the slots of every schedule and works the queue. Any number
// of them may share a database.
type Daemon struct {
	Syncer  *Syncer
	Workers int           // syncs at once in this process; 0: 32
	Grace   time.Duration // to stop in; 0: 30 s
	// DeadAfter is for how long a process must have no session with the database
	// for its syncs to be given to others; 0: 30 s.
	DeadAfter time.Duration
	// Retention is how long ended versions are kept; 0: for ever.
	Retention time.Duration
	Notifier  *Notifier // nil: nobody is told of anything
	Logger    *slog.Logger
}

const (
	defaultWorkers   = 32
	defaultGrace     = 30 * time.Second
	defaultDeadAfter = 30 * time.Second
	// proposeAgain is the wait after the database could not be reached, and proposeIn
	// the most that it may take to answer.
	proposeAgain = time.Second
	proposeIn    = 30 * time.Second
	// proposeWithin spreads the processes' proposals of a slot: the first makes the
	// jobs, and the others need only look.
	proposeWithin = 200 * time.Millisecond
)

// Run works until the context ends, and then stops: fetches are called off,
// merges finish, and what was called off is left in the queue for another.
func (d *Daemon) Run(ctx context.Context) error {
	client, err := d.client()
	if err != nil {
		return err
	}
	// River's own context must outlive ours: it stops by Stop, in order.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	if err := d.retire(ctx); err != nil {
		d.Logger.WarnContext(ctx, "what is no longer configured may be called late until the next start", "error", err)
	}
	var beside sync.WaitGroup
	beside.Go(func() {
		u := undertaker{pool: d.Syncer.Store.Pool(), after: cmp.Or(d.DeadAfter, defaultDeadAfter), log: d.Logger}
		u.run(ctx)
	})
	if d.Notifier != nil {
		beside.Go(func() { d.Notifier.Run(ctx) })
	}
	d.propose(ctx, client)
	beside.Wait()

	grace := cmp.Or(d.Grace, defaultGrace)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := client.StopAndCancel(stopping); err != nil {
		return fmt.Errorf("not all syncs ended within %s: %w", grace, err)
	}
	return nil
}

// retire tells the database which partitions are configured.
func (d *Daemon) retire(ctx context.Context) error {
	var list []store.Configured
	for _, j := range d.Syncer.Jobs() {
		list = append(list, store.Configured{Source: j.Source.Source.Name, AccountName: j.Account.Name, RegionID: j.Region})
	}
	return d.Syncer.Store.Retire(ctx, list)
}

func (d *Daemon) client() (*river.Client[pgx.Tx], error) {
	w := &queueWorker{syncer: d.Syncer, pool: d.Syncer.Store.Pool(), log: d.Logger, id: d.Syncer.Worker}
	registry := river.NewWorkers()
	if err := river.AddWorkerSafely(registry, w); err != nil {
		return nil, err
	}
	if err := river.AddWorkerSafely(registry, &pruneWorker{syncer: d.Syncer, retention: d.Retention, log: d.Logger}); err != nil {
		return nil, err
	}
	shortest := defaultTimeout
	for _, s := range d.Syncer.Sources {
		shortest = min(shortest, s.jobTimeout())
	}
	client, err := river.NewClient(riverpgxv5.New(w.pool), &river.Config{
		ID:     w.id,
		Schema: schema,
		// River's own news is of use to who looks for a fault only.
		Logger:  slog.New(demoted{d.Logger.Handler()}),
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: cmp.Or(d.Workers, defaultWorkers)}, upkeepQueue: {MaxWorkers: 1}},
		Workers: registry,
		// PostgreSQL tells of new jobs (LISTEN); looking is for when that is lost.
		FetchPollInterval: 10 * time.Second,
		// A job that hangs is tried again once its own timeout is over, which River
		// asks for; the partition does not wait for that: the next slot is a job of
		// its own. What a dead process worked on is given back sooner, by undertaker.
		RescueStuckJobsAfter: max(shortest, river.JobTimeoutDefault),
	})
	if err != nil {
		return nil, fmt.Errorf("set up the job queue: %w", err)
	}
	return client, nil
}

// propose puts each slot of each schedule into the queue as it comes, until the
// context ends. At the start, the current slot of every schedule counts as come:
// whatever is overdue runs at once, and a slot that was answered is found to be so.
func (d *Daemon) propose(ctx context.Context, client *river.Client[pgx.Tx]) {
	last := map[*Settings]time.Time{} // slot that was proposed
	var pruned time.Time              // day whose prune is in the queue
	for {
		now := d.Syncer.now()
		next := now.Add(time.Hour)
		if day := now.Truncate(24 * time.Hour); d.Retention > 0 && day.After(pruned) {
			if err := d.proposePrune(ctx, client, day); err == nil {
				pruned = day
			} else if ctx.Err() == nil {
				d.Logger.WarnContext(ctx, "the day's prune is not queued yet: it is tried again", "error", err)
				next = now.Add(proposeAgain)
			}
		}
		for _, s := range d.Syncer.Sources {
			if s.Disabled {
				continue
			}
			schedule := align(s.Schedule)
			if slot := lastTick(schedule, now); !slot.IsZero() && slot.After(last[s]) {
				if err := d.insert(ctx, client, s, slot); err != nil {
					if ctx.Err() != nil {
						return
					}
					d.Logger.WarnContext(ctx, "slot not queued yet: it is tried again", "source", s.Source.Name, "slot", slot, "error", told(err))
					next = now.Add(proposeAgain)
					continue
				}
				last[s] = slot
			}
			if tick := schedule.Next(now); !tick.IsZero() && tick.Before(next) {
				next = tick
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(next.Sub(d.Syncer.now()) + rand.N(proposeWithin)):
		}
	}
}

func (d *Daemon) insert(ctx context.Context, client *river.Client[pgx.Tx], s *Settings, slot time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, proposeIn)
	defer cancel()
	// To propose what is there already would cost a dead row for each job.
	there, err := proposed(ctx, d.Syncer.Store.Pool(), s.Source.Name, slot)
	if err != nil {
		return err
	}
	var batch []river.InsertManyParams
	for _, j := range d.Syncer.Jobs(s) {
		args := SyncArgs{Source: s.Source.Name, Account: j.Account.Name, Region: j.Region, Slot: slot.UTC()}
		if !there[args] {
			batch = append(batch, river.InsertManyParams{Args: args})
		}
	}
	if len(batch) == 0 {
		return nil
	}
	_, err = client.InsertMany(ctx, batch)
	return err
}

// demoted passes records on as Debug, errors as warnings.
type demoted struct{ slog.Handler }

func (h demoted) Enabled(ctx context.Context, l slog.Level) bool {
	return h.Handler.Enabled(ctx, demote(l))
}

func (h demoted) Handle(ctx context.Context, r slog.Record) error {
	r.Level = demote(r.Level)
	return h.Handler.Handle(ctx, r)
}

func (h demoted) WithAttrs(attrs []slog.Attr) slog.Handler {
	return demoted{h.Handler.WithAttrs(attrs)}
}
func (h demoted) WithGroup(name string) slog.Handler { return demoted{h.Handler.WithGroup(name)} }

func demote(l slog.Level) slog.Level {
	if l >= slog.LevelError {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}
