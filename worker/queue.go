package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"syncer/fetch"
	"syncer/store"
)

// schema is where River keeps its tables.
const schema = "river"

// MigrateQueue brings River's tables up to date. It is safe to run in many
// processes at once.
func MigrateQueue(ctx context.Context, pool *pgxpool.Pool) error {
	return migrateQueue(ctx, pool, rivermigrate.DirectionUp, nil)
}

// DropQueue removes River's tables, and with them the jobs.
func DropQueue(ctx context.Context, pool *pgxpool.Pool) error {
	return migrateQueue(ctx, pool, rivermigrate.DirectionDown, &rivermigrate.MigrateOpts{TargetVersion: -1})
}

func migrateQueue(ctx context.Context, pool *pgxpool.Pool, direction rivermigrate.Direction, opts *rivermigrate.MigrateOpts) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("migrate the job queue: %w", err)
		}
	}()
	return store.Alone(ctx, pool, "queue", func() error {
		if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
			return err
		}
		m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, direction, opts)
		return err
	})
}

// SyncArgs is a job in the queue. Its JSON is the unique key: of the many
// processes that propose a slot, PostgreSQL keeps one.
type SyncArgs struct {
	Source  string    `json:"source"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Slot    time.Time `json:"slot"`
}

// Kind is River's name for the jobs.
func (SyncArgs) Kind() string { return "sync" }

// InsertOpts makes a slot's job unique in every state, also once it is done.
func (SyncArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 5, UniqueOpts: uniqueForever()}
}

// uniqueForever keeps one job of the same arguments, whatever its state.
func uniqueForever() river.UniqueOpts {
	return river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStateCancelled, rivertype.JobStateCompleted, rivertype.JobStateDiscarded,
		rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}
}

// proposed are the jobs of a source's slot.
func proposed(ctx context.Context, pool *pgxpool.Pool, source string, slot time.Time) (map[SyncArgs]bool, error) {
	slot = slot.UTC()
	rows, err := pool.Query(ctx, `SELECT args->>'account', args->>'region'
FROM river.river_job
WHERE args @> jsonb_build_object('source', $1::text, 'slot', $2::text)`, source, slot.Format(time.RFC3339Nano)) // as it stands in the arguments, which are indexed
	if err != nil {
		return nil, err
	}
	all := map[SyncArgs]bool{}
	args := SyncArgs{Source: source, Slot: slot}
	_, err = pgx.ForEachRow(rows, []any{&args.Account, &args.Region}, func() error {
		all[args] = true
		return nil
	})
	return all, err
}

// A queueWorker works the jobs of the queue.
type queueWorker struct {
	river.WorkerDefaults[SyncArgs]

	syncer *Syncer
	pool   *pgxpool.Pool
	id     string // of this process's River client
	log    *slog.Logger
}

// jobTimeout is how long the queue lets a job of the source take: the sync itself
// keeps to its time, and says so, which the queue should let it do.
func (s *Settings) jobTimeout() time.Duration {
	t := s.timeout()
	return t + min(max(t/10, time.Second), time.Minute)
}

// Timeout is how long one job may take.
func (w *queueWorker) Timeout(job *river.Job[SyncArgs]) time.Duration {
	if j, ok := w.syncer.Config().find(job.Args); ok {
		return j.jobTimeout()
	}
	return defaultTimeout
}

// snooze is the wait for a sync of which it is not known what it is for.
const snooze = 5 * time.Second

// While schedule.yaml is changed machine by machine, processes have different ones: a
// job that this one does not know, it leaves to the others for some time.
const (
	handOver      = 10 * time.Minute
	handOverAgain = 15 * time.Second
)

// Work makes the sync of a slot, unless it is no longer needed.
func (w *queueWorker) Work(ctx context.Context, job *river.Job[SyncArgs]) error {
	j, ok := w.syncer.Config().find(job.Args)
	if !ok && w.syncer.Store.Time().Sub(job.Args.Slot) < handOver {
		return river.JobSnooze(handOverAgain) // it may be of another process, whose configuration has it
	} else if !ok {
		return river.JobCancel(errors.New("no longer in the configuration"))
	}
	end, underWay := w.syncer.running.begin(j)
	if underWay != nil && job.Attempt > 1 {
		// It may be this slot's own: while the database was away, this process was
		// taken for dead. Should it fail, the slot needs another.
		return river.JobSnooze(snooze)
	}
	if underWay != nil {
		return w.skip(ctx, job, "the partition's last sync is still running in this process")
	}
	defer end()
	if by, err := w.runningElsewhere(ctx, job); err != nil || by != "" {
		if err != nil {
			return err
		}
		return w.skip(ctx, job, "the partition's last sync is still running in "+by)
	}
	if done, err := w.answered(ctx, j); err != nil {
		return err
	} else if done {
		return w.skip(ctx, job, errAnswered.Error())
	}
	_, err := w.syncer.syncAlone(ctx, j)
	w.retireAgain(ctx, job.Args)
	if errors.Is(err, errAnswered) {
		return w.skip(ctx, job, errAnswered.Error())
	}
	if err == nil {
		return nil
	}
	if ctx.Err() == nil && !retryable(err) {
		return river.JobCancel(describedError{err}) // the next slot will tell whether someone has helped
	}
	return describedError{err}
}

// retireAgain retires the partition of a job that was taken out of the configuration
// while it was under way: the run has brought it back.
func (w *queueWorker) retireAgain(ctx context.Context, args SyncArgs) {
	c := w.syncer.Config()
	if _, configured := c.find(args); configured {
		return
	}
	if _, err := w.syncer.retire(ctx, c); err != nil && ctx.Err() == nil {
		w.log.WarnContext(ctx, "a partition that is no longer configured may be called late until the next start",
			"source", args.Source, "account", args.Account, "region_id", args.Region, "error", describe(err))
	}
}

// A describedError is recorded by River with the job: as a run is told of it.
type describedError struct{ error }

func (e describedError) Error() string { return describe(e.error) }
func (e describedError) Unwrap() error { return e.error }

// retryable reports whether trying again soon can help.
func retryable(err error) bool {
	if _, twins := errors.AsType[*TwinsError](err); twins {
		return false
	}
	return fetch.Retryable(err) || !isCloud(err)
}

// isCloud: the cloud's answer. Whatever else goes wrong (the database is away,
// say) may pass.
func isCloud(err error) bool {
	_, ok := errors.AsType[*fetch.Error](err)
	return ok || errors.Is(err, fetch.ErrCredentials)
}

// skip ends a slot's job without a sync, and says so in the log and on the job.
func (w *queueWorker) skip(ctx context.Context, job *river.Job[SyncArgs], why string) error {
	level := slog.LevelInfo
	if why == errAnswered.Error() { // as each start finds of most
		level = slog.LevelDebug
	}
	w.log.Log(ctx, level, "slot skipped", "source", job.Args.Source, "account", job.Args.Account, "region_id", job.Args.Region, "slot", job.Args.Slot, "why", why)
	return river.RecordOutput(ctx, map[string]string{"skipped": why})
}

// runningElsewhere names the process that has been syncing the partition for less
// than a sync may take, and that has sessions with the database still: one that was
// killed has none, and its partitions must not wait. What this process runs it knows
// better itself: a job of its own whose end could not be written, because the
// database was away, is not running.
func (w *queueWorker) runningElsewhere(ctx context.Context, job *river.Job[SyncArgs]) (by string, err error) {
	err = w.pool.QueryRow(ctx, `SELECT attempted_by[array_upper(attempted_by, 1)]
FROM river.river_job AS j
WHERE state = 'running' AND kind = $1 AND id <> $2
    AND args->>'source' = $3 AND args->>'account' = $4 AND args->>'region' = $5
    AND attempted_at > now() - $6::interval
    AND attempted_by[array_upper(attempted_by, 1)] <> $7
    AND `+hasSession+`
LIMIT 1`, job.Kind, job.ID, job.Args.Source, job.Args.Account, job.Args.Region, w.Timeout(job), w.id).Scan(&by)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return by, err
}

// answered reports whether the slot needs no sync any more.
func (w *queueWorker) answered(ctx context.Context, j Job) (bool, error) {
	id, err := w.syncer.Store.AccountID(ctx, j.Account.Label())
	if j.Account.ID != "" {
		id, err = j.Account.ID, nil
	}
	if err != nil || id == "" {
		return false, err
	}
	return w.syncer.Store.Answered(ctx, store.Partition{
		Source: j.Source, AccountID: id, AccountName: j.Account.Label(), RegionID: j.Region,
	}, j.Slot)
}
