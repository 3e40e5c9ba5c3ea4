// Package worker joins fetch and store: it makes the sync of a partition, knows
// by the schedules when each is due, and works the queue of them that lives in
// PostgreSQL.
//
// It imports source, fetch and store, River for the queue, and pgx, which River speaks.
package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"

	"syncer/fetch"
	"syncer/source"
	"syncer/store"
	"syncer/text"
)

// An Account is one account of the configuration.
type Account struct {
	Name                  string
	Client                *fetch.Client
	SecurityCenterRegions []string
	OOSRegions            []string
	AllOOSRegions         bool     // OOSRegions are those that OOS lists itself
	Members               *Members // of its resource directory; nil: none is synced
	ID                    string   // of a member; empty: the cloud is asked

	declared *Account  // that it was found by
	since    time.Time // of the first configuration that has it, in this process
}

// Label is the account's name as it stands in the database, the queue and the metrics:
// whatever was configured, no statement that names all accounts fails because of one.
func (a *Account) Label() string {
	return text.Fit(text.Line(text.WithoutCredentials(a.Name)), mostLabel)
}

// mostLabel is in bytes: names stand in indexes.
const mostLabel = 200

// Regions are those that partition a source.
func (a *Account) Regions(s *source.Source) []string {
	switch s.Regions {
	case source.OOS:
		return a.OOSRegions
	case source.Listed:
		return s.Listed
	default:
		return a.SecurityCenterRegions
	}
}

// Settings are what the configuration says of one source.
type Settings struct {
	Source   *source.Source
	Disabled bool // not scheduled, but synced where another source needs it

	Schedule  cron.Schedule
	FullSweep cron.Schedule // nil: only the first sync asks for everything
	Lookback  time.Duration // 0: the declaration's
	Timeout   time.Duration // of one sync; 0: defaultTimeout

	AllowShrink   bool // end rows however many are gone
	ConfirmShrink bool // end them once three scheduled syncs in a row missed the same

	PageSize       int      // 0: the pager's
	CallsPerSecond float64  // 0: the client's
	Values         []string // to ask for, beside those found in the tables
	Ignore         []string // fields that no column holds, to be left out
}

// defaultTimeout is long, since the first sync of a source with a call for each
// task makes as many as there ever were. What hangs, ends by the call's own timeout.
const defaultTimeout = 6 * time.Hour

func (s *Settings) timeout() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return defaultTimeout
}

// A Syncer makes syncs. It may be used by many goroutines.
type Syncer struct {
	Store  *store.Store
	Worker string // host and process, for the run log; the Name of the Store's sessions, too
	Logger *slog.Logger

	// Watch, if set, is told of each sync that begins; the counts go on changing
	// while it lasts.
	Watch func(Job, *fetch.Stats)
	// Differ, if set, is told of each row that a dry run would write; partitions are
	// told side by side, the rows of one in order.
	Differ func(Job, store.PlannedChange)
	// Observe, if set, is told of each sync that ended, but for dry runs: for metrics.
	Observe func(Result)

	// Rediscover is the time between two listings of members; those of regions are 24
	// times as far apart. 0: an hour.
	Rediscover time.Duration

	// DryDiscovery keeps nothing of what is listed: a dry run writes nothing.
	DryDiscovery bool

	config    atomic.Pointer[Config] // see Configure
	discovery discovery
	flights   flights
}

// A Job is one partition to sync.
type Job struct {
	*Settings // Source among them
	Account   *Account
	Region    string

	Slot        time.Time // tick that it answers; zero: somebody asked
	neededBy    string    // source that reads this one's table, and has it synced first
	Full        bool      // ask for everything, whatever the schedule says
	DryRun      bool      // say what would change, and write nothing
	with        string    // of a dry run: the sources of the same pass, a comma between them; see DryRun
	AllowShrink bool
}

func (j Job) String() string {
	return fmt.Sprintf("%s of %s in %s", j.Source.Name, j.Account.Label(), j.Region)
}

// SyncAll syncs jobs, so many at once, and tells done of each as it ends. A
// source that reads another's table comes after it. It returns once all ended, or,
// when the context ends, once those under way did.
func (s *Syncer) SyncAll(ctx context.Context, jobs []Job, atOnce int, done func(Result)) {
	notEnded := map[string]int{} // jobs of each source
	for _, j := range jobs {
		notEnded[j.Source.Name]++
	}
	mustWait := func(j Job) bool {
		return slices.ContainsFunc(j.Source.DependsOn(), func(name string) bool { return notEnded[name] > 0 })
	}
	waiting, underWay := slices.Clone(jobs), 0
	ended := make(chan Result)
	for {
		for i := 0; i < len(waiting) && underWay < max(1, atOnce) && ctx.Err() == nil; {
			j := waiting[i]
			if mustWait(j) {
				i++
				continue
			}
			waiting = slices.Delete(waiting, i, i+1)
			underWay++
			go func() {
				r, _ := s.Sync(ctx, j) // the result tells the error
				ended <- r
			}()
		}
		if underWay == 0 {
			return
		}
		r := <-ended
		underWay--
		notEnded[r.Job.Source.Name]--
		done(r)
	}
}

// A Result is what became of a job.
type Result struct {
	Job     Job
	Run     store.Run // what the fetching counted
	Changes store.MergeResult
	Status  string // as in alicloud.sync_runs
	Message string // why it is not ok
	Took    time.Duration
}

// StatusCalledOff is that of a sync that was ended by whoever wanted it. It is
// in no table.
const StatusCalledOff = "called off"

// staleAttempts is how often a sync that others overtake is made again.
const staleAttempts = 5

// errAnswered: another process has synced the partition since the slot came.
var errAnswered = errors.New("a later sync has answered the slot")

// Sync makes one partition's sync and records it. The error is why it failed; a
// held or incomplete run is no error. Where this process is syncing the partition
// already, it comes after that.
func (s *Syncer) Sync(ctx context.Context, job Job) (Result, error) {
	r := Result{Job: job, Status: StatusCalledOff} // should the context end before its turn comes
	err := s.flights.alone(ctx, job, func() (err error) {
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
	count(&run, stats)
	r.Job, r.Run, r.Took = job, run, time.Since(started)
	if err != nil {
		_, kept := errors.AsType[*keptError](err)
		if !kept {
			r.Status, r.Message = store.StatusFailed, told(err)
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
		Trigger: "manual", Slot: job.Slot, Started: s.Store.Time(), Worker: s.Worker,
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
	count(run, stats)
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
	return s.flights.alone(ctx, job, func() error {
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
