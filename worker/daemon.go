package worker

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
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
	Poll      time.Duration // between two looks into the queue; 0: 2 s
	// Look is how often it is looked whether the queue moves, and what the database's
	// clock says, which may be put right at any time; 0: 10 s.
	Look   time.Duration
	Logger *slog.Logger
}

const (
	defaultWorkers   = 32
	defaultGrace     = 30 * time.Second
	defaultDeadAfter = 30 * time.Second
	defaultPoll      = 2 * time.Second
	defaultLook      = 10 * time.Second
)

// Run works until the context ends, and then stops: fetches are called off,
// merges finish, and what was called off is left in the queue for another. Another
// configuration, see Syncer.Configure, is worked by from then on.
func (d *Daemon) Run(ctx context.Context) error {
	client, err := d.client()
	if err != nil {
		return err
	}
	d.discover(ctx)
	p := &proposer{daemon: d, client: client}
	// River looks into the queue as it starts, and then only now and then: what is
	// due by now must be there.
	next := p.propose(ctx)
	// River's own context must outlive ours: it stops by Stop, in order.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	var beside sync.WaitGroup
	beside.Go(func() {
		u := undertaker{pool: d.Syncer.Store.Pool(), after: cmp.Or(d.DeadAfter, defaultDeadAfter), log: d.Logger}
		u.run(ctx)
	})
	beside.Go(func() {
		w := watchdog{syncer: d.Syncer, log: d.Logger}
		each(ctx, or(d.Look, defaultLook), func() { w.look(ctx) })
	})
	beside.Go(func() { d.notify(ctx) })
	beside.Go(func() { d.rediscover(ctx) })
	beside.Go(func() { d.retire(ctx) })
	p.run(ctx, next)
	beside.Wait()

	grace := cmp.Or(d.Grace, defaultGrace)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := client.StopAndCancel(stopping); err != nil {
		return fmt.Errorf("not all syncs ended within %s: %w", grace, err)
	}
	return nil
}

// discover asks the cloud for what is due to be listed, and returns when it is due
// again; zero: never.
func (d *Daemon) discover(ctx context.Context) time.Time {
	again, err := d.Syncer.Discover(ctx)
	if err != nil && ctx.Err() == nil {
		d.Logger.WarnContext(ctx, "what is not named in the configuration may be out of date", "error", told(err))
	}
	return again
}

// rediscover discovers again and again, until the context ends.
func (d *Daemon) rediscover(ctx context.Context) {
	for ctx.Err() == nil {
		replaced := d.Syncer.Config().replaced
		var due <-chan time.Time
		if again := d.discover(ctx); !again.IsZero() {
			due = time.After(time.Until(again))
		}
		select {
		case <-ctx.Done():
		case <-replaced:
		case <-due:
		}
	}
}

// notify has the notifier of the configuration run, until another takes its place
// or the context ends.
func (d *Daemon) notify(ctx context.Context) {
	for ctx.Err() == nil {
		running, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		c := d.Syncer.Config()
		n := c.Notifier
		if n != nil {
			own := *n
			own.DB, own.Partitions = d.Syncer.Store.Pool(), d.Syncer.Alerts
			wg.Go(func() { own.Run(running) })
		}
		for ; n == c.Notifier && ctx.Err() == nil; c = d.Syncer.Config() {
			select {
			case <-ctx.Done():
			case <-c.replaced:
			}
		}
		stop()
		wg.Wait()
	}
}

func (d *Daemon) client() (*river.Client[pgx.Tx], error) {
	w := &queueWorker{syncer: d.Syncer, pool: d.Syncer.Store.Pool(), log: d.Logger, id: d.Syncer.Worker}
	registry := river.NewWorkers()
	if err := river.AddWorkerSafely(registry, w); err != nil {
		return nil, err
	}
	if err := river.AddWorkerSafely(registry, &pruneWorker{syncer: d.Syncer, log: d.Logger}); err != nil {
		return nil, err
	}
	shortest := defaultTimeout
	for _, s := range d.Syncer.Config().Sources {
		shortest = min(shortest, s.jobTimeout())
	}
	client, err := river.NewClient(riverpgxv5.New(w.pool), &river.Config{
		ID:     w.id,
		Schema: schema,
		// River's own news is of use to who looks for a fault only.
		Logger:  slog.New(demoted{d.Logger.Handler()}),
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: cmp.Or(d.Workers, defaultWorkers)}, upkeepQueue: {MaxWorkers: 1}},
		Workers: registry,
		// What LISTEN hears, any login may have said, a pause of the queue included. The
		// process that puts a job in begins it at once all the same.
		PollOnly:          true,
		FetchPollInterval: cmp.Or(d.Poll, defaultPoll),
		// What a process notes of its jobs, and when they are tried again, goes by the
		// database's clock.
		Test:        river.TestConfig{Time: clock{d.Syncer.Store}},
		RetryPolicy: retries{store: d.Syncer.Store},
		// A job that hangs is tried again once its own timeout is over, which River
		// asks for; the partition does not wait for that: the next slot is a job of
		// its own. What a dead process worked on is given back sooner, by undertaker.
		// For this alone River goes by the process's own clock, which may be wrong.
		RescueStuckJobsAfter: max(shortest, river.JobTimeoutDefault) + rescueAllowance,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the job queue: %w", err)
	}
	return client, nil
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

func or(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// each does something now and after each wait, until the context ends.
func each(ctx context.Context, wait time.Duration, do func()) {
	for ctx.Err() == nil {
		do()
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}
