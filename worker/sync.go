package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"syncer/fetch"
	"syncer/source"
	"syncer/store"
)

// staleAttempts is how often a sync that others overtake is made again.
const staleAttempts = 5

// errAnswered: another process has synced the partition since the slot came.
var errAnswered = errors.New("a later sync has answered the slot")

// Sync makes one partition's sync and records it. The error is why it failed; a
// held or incomplete run is no error. Where this process is syncing the partition
// already, it comes after that.
func (s *Syncer) Sync(ctx context.Context, job Job) (Result, error) {
	r := Result{Job: job, Status: StatusCalledOff} // should the context end before its turn comes
	err := s.running.alone(ctx, job, func() (err error) {
		r, err = s.syncAlone(ctx, job)
		return err
	})
	return r, err
}

// syncAlone is Sync for who has the partition's flight.
func (s *Syncer) syncAlone(caller context.Context, job Job) (r Result, err error) {
	started := time.Now()
	caller, end := trace(caller, job)
	defer func() { end(r) }()
	stats := new(fetch.Stats)
	if s.Watch != nil && job.neededBy == "" {
		s.Watch(job, stats)
	}
	timeout := job.timeout()
	ctx, cancel := context.WithTimeoutCause(caller, timeout,
		fmt.Errorf("it took longer than %s: raise the timeout of source %s", timeout, job.Source.Name))
	defer cancel()
	p := store.Partition{Source: job.Source, AccountID: job.Account.ID, AccountName: job.Account.Label(), RegionID: job.Region}
	run := s.newRun(job)
	for attempt := 1; ; attempt++ {
		r, err = s.sync(ctx, job, &p, &run, stats)
		if attempt == staleAttempts || !errors.Is(err, store.ErrStale) {
			break
		}
		// Whoever came between may have had the same slot: this process was taken for
		// dead, say, because it was paused. Then it is done.
		if job.Slot.IsZero() {
			continue
		}
		if answered, look := s.Store.Answered(ctx, p, job.Slot); look != nil || answered {
			err = cmp.Or(look, errAnswered)
			break
		}
	}
	copyCounts(&run, stats)
	r.Job, r.Run, r.Took = job, run, time.Since(started)
	if err != nil {
		_, kept := errors.AsType[*keptError](err)
		if !kept {
			r.Status, r.Message = store.StatusFailed, describe(err)
		}
		if calledOff(caller) || errors.Is(err, errAnswered) { // by SIGTERM, say: it has not failed, while one that took too long has
			r.Status, r.Message = StatusCalledOff, ""
		} else if !job.DryRun && !kept {
			s.recordFailure(ctx, p, run, err)
		}
	}
	s.log(ctx, p, run, r)
	if s.Observe != nil && !job.DryRun {
		s.Observe(r)
	}
	return r, err
}

// calledOff reports whether somebody ended the context, rather than time.
func calledOff(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

func (s *Syncer) newRun(job Job) store.Run {
	run := store.Run{
		Trigger: "manual", Slot: job.Slot, Started: s.Store.Time(), Worker: s.Worker, OnDemand: job.Disabled,
		Limit: store.DefaultLimit, AllowShrink: job.AllowShrink || job.Settings.AllowShrink, ConfirmShrink: job.ConfirmShrink,
	}
	switch {
	case job.neededBy != "":
		run.Trigger = "dependency"
	case !job.Slot.IsZero():
		run.Trigger = "schedule"
	}
	if job.Schedule != nil {
		run.NextDue = slots(job.Schedule).Next(run.Started)
	}
	return run
}

// sync makes one attempt.
func (s *Syncer) sync(ctx context.Context, job Job, p *store.Partition, run *store.Run, stats *fetch.Stats) (r Result, err error) {
	id, err := job.Account.Client.AccountID(ctx)
	if err != nil {
		return r, err
	}
	if p.AccountName, err = s.Config().named(job.Account, id); err != nil {
		p.AccountName = job.Account.Label()
		return r, err
	}
	p.AccountID = id
	if job.DryRun {
		return s.dryRun(ctx, job, *p, run, stats)
	}
	if err := s.syncDependencies(ctx, job, *p); err != nil {
		return r, err
	}
	past, err := s.begin(ctx, job, *p, run)
	if err != nil {
		return r, err
	}
	y, err := s.Store.Begin(ctx, *p)
	if err != nil {
		return r, err
	}
	defer y.Close(ctx)
	if sw, decl, err := s.sweep(ctx, job, y, run, stats, past); err != nil {
		return sw.interrupted(ctx, decl, r, err)
	}
	// Once all is fetched, SIGTERM lets the merge finish.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), job.timeout())
	defer cancel()
	r.Changes, err = y.Merge(ctx, *run)
	if err != nil {
		return r, err
	}
	s.nameStuck(ctx, *p, past, run.Started)
	r.Status, r.Message = r.Changes.Status(*run)
	return r, nil
}

// sweep makes all sweeps of a run. With an error, decl is the one that it ended.
func (s *Syncer) sweep(ctx context.Context, job Job, y *store.Sync, run *store.Run, stats *fetch.Stats, past store.Past) (sw *sweeper, decl *source.Sweep, err error) {
	sw = newSweeper(job, run, stats, y, earlier(run.Started, past.Good))
	run.Unknown, run.Refused, run.Incomplete, run.Interrupted = map[string]int{}, map[string]int{}, "", store.Failure{}
	for i := range job.Source.Sweeps {
		if job.Source.Sweeps[i].Each == nil {
			sw.plan(1)
		}
	}
	for i := range job.Source.Sweeps {
		decl = &job.Source.Sweeps[i]
		if err := sw.sweep(ctx, decl); err != nil {
			return sw, decl, err
		}
	}
	copyCounts(run, stats)
	return sw, nil, nil
}

// syncDependencies syncs the sources whose tables this one reads, where that was
// never done, or waits while it is being done.
func (s *Syncer) syncDependencies(ctx context.Context, job Job, p store.Partition) error {
	for _, name := range p.Source.DependsOn() {
		src := s.Config().source(name)
		if src == nil {
			return fmt.Errorf("%s reads %s, which is not among the sources", p.Source.Name, name)
		}
		needed := Job{Settings: src, Account: job.Account, Region: job.Region, neededBy: p.Source.Name}
		if err := s.syncOnce(ctx, needed, p); err != nil {
			return fmt.Errorf("%s reads %s, which must be synced first: %w", p.Source.Name, name, err)
		}
	}
	return nil
}

// syncOnce syncs a partition unless that was done before.
func (s *Syncer) syncOnce(ctx context.Context, job Job, p store.Partition) error {
	p.Source = job.Source
	return s.running.alone(ctx, job, func() error {
		last, err := s.Store.LastSuccess(ctx, p)
		if err == nil && last.IsZero() {
			_, err = s.syncAlone(ctx, job)
		}
		return err
	})
}

// fullAgain is the wait after a full sweep that was incomplete or held.
const fullAgain = time.Hour

// begin says what the run is, by the database's clock and the runs before it.
func (s *Syncer) begin(ctx context.Context, job Job, p store.Partition, run *store.Run) (past store.Past, err error) {
	if run.Started, err = s.Store.Now(ctx); err != nil {
		return past, err
	}
	if past, err = s.Store.Past(ctx, p); err != nil {
		return past, err
	}
	run.First, run.Full = past.Full.IsZero(), job.isFull(past, run.Started)
	return past, nil
}

// isFull reports whether the run asks for everything.
func (j Job) isFull(past store.Past, now time.Time) bool {
	switch {
	case j.Full || !j.Source.Narrows() || past.Full.IsZero():
		return true
	case !past.Sound:
		return !past.LastFull || now.Sub(past.Full) >= fullAgain
	case j.FullSweep == nil:
		return false
	}
	return !slots(j.FullSweep).Next(past.Full).After(now)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
