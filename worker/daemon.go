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
	Workers int           // syncs at once in this process; 0: DefaultWorkers
	Grace   time.Duration // to stop in; 0: 30 s
	// DeadAfter is for how long a process must have no session with the database
	// for its syncs to be given to others; 0: DefaultDeadAfter.
	DeadAfter time.Duration
	Poll      time.Duration // between two looks into the queue; 0: 2 s
	// Look is the time between two looks at whether the queue moves, and at the
	// database's clock, which may be put right at any time; 0: 10 s.
	Look   time.Duration
	Logger *slog.Logger
}

// Defaults of a Daemon.
const (
	DefaultWorkers   = 32
	DefaultDeadAfter = 30 * time.Second

	defaultGrace = 30 * time.Second
	defaultPoll  = 2 * time.Second
	defaultLook  = 10 * time.Second
)

func (d Daemon) withDefaults() *Daemon {
	d.Workers = cmp.Or(d.Workers, DefaultWorkers)
	d.Grace = cmp.Or(d.Grace, defaultGrace)
	d.DeadAfter = cmp.Or(d.DeadAfter, DefaultDeadAfter)
	d.Poll = cmp.Or(d.Poll, defaultPoll)
	d.Look = cmp.Or(d.Look, defaultLook)
	return &d
}

// Run works until the context ends, and then stops: fetches are called off,
// merges finish, and what was called off is left in the queue for another. Another
// configuration, see Syncer.Configure, is worked by from then on.
func (d *Daemon) Run(ctx context.Context) error {
	d = d.withDefaults()
	d.discover(ctx, d.Syncer.Config())
	p := &proposer{daemon: d}
	err := Outlast(ctx, d.Logger, func() (err error) {
		if p.client, err = d.client(); err != nil {
			return err
		}
		// River looks into the queue as it starts, and then only now and then: what is
		// due by now must be there.
		p.propose(ctx, d.Syncer.Config())
		// River's own context must outlive ours: it stops by Stop, in order.
		if err := p.client.Start(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("start the job queue: %w", err)
		}
		return nil
	})
	if ctx.Err() != nil && err != nil { // nothing was begun
		return nil
	}
	if err != nil {
		return err
	}
	orphans := orphanRescuer{daemon: d}
	health := queueMonitor{daemon: d}
	var running sync.WaitGroup
	for _, l := range []loop{
		{turn: p.propose, reconfigured: true},
		{turn: orphans.rescue},
		{turn: health.look},
		{turn: d.sendAlerts, reconfigured: true},
		{turn: d.discover, reconfigured: true},
		{turn: d.tellConfigured, reconfigured: true},
	} {
		running.Go(func() { l.run(ctx, d.Syncer) })
	}
	running.Wait()

	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Grace)
	defer cancel()
	if err := p.client.StopAndCancel(stopping); err != nil {
		return fmt.Errorf("not all syncs ended within %s: %w", d.Grace, err)
	}
	return nil
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
		// What River itself logs is of use only to who looks for a fault.
		Logger:  slog.New(demoted{d.Logger.Handler()}),
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: d.Workers}, upkeepQueue: {MaxWorkers: 1}},
		Workers: registry,
		// What LISTEN hears, any login may have said, a pause of the queue included. The
		// process that puts a job in begins it at once all the same.
		PollOnly:          true,
		FetchPollInterval: d.Poll,
		// What a process notes of its jobs, and when they are tried again, goes by the
		// database's clock.
		Test:        river.TestConfig{Time: clock{d.Syncer.Store}},
		RetryPolicy: retries{store: d.Syncer.Store},
		// A job that hangs is tried again once its own timeout is over, which River
		// asks for; the partition does not wait for that: the next slot is a job of
		// its own. The orphan rescuer gives back sooner what a dead process worked on.
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
