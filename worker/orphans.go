package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/store"
)

// An orphanRescuer gives the jobs of processes that are gone back to the queue, so that
// they need not wait for their timeout. A process that was killed has no session with
// the database.
//
// A process that is cut off from the database has none either, but works on. Then two
// make the same sync, and the merge's lock lets one of them win.
type orphanRescuer struct {
	daemon *Daemon
	before []int64 // jobs that were orphaned the last time
}

// orphaned are the running jobs, in which j is a job, whose process has no session.
var orphaned = `j.state = 'running' AND j.kind = 'sync' AND NOT ` + hasSession

// hasSession: the process that works job j has a session with the database. Any login
// may give itself such a name, so it must be one of those who may do what the queue's
// owner may.
var hasSession = `EXISTS (
    SELECT FROM pg_stat_activity AS a
    WHERE a.application_name = ` + sessionName + `
        AND pg_has_role(a.usesysid, (SELECT nspowner FROM pg_namespace WHERE nspname = 'river'), 'MEMBER')
)`

// sessionName is the name that the sessions of the process have which works a job: see
// store.Options.
var sessionName = fmt.Sprintf("'syncer ' || right(j.attempted_by[array_upper(j.attempted_by, 1)], %d)", store.MaxProcessName)

// rescue takes a turn. Only a job that is orphaned twice in a row is given back: when
// PostgreSQL restarts, the sessions of all processes end at once.
func (r *orphanRescuer) rescue(ctx context.Context, _ *Config) (wait time.Duration) {
	orphans, err := r.giveBack(ctx)
	if err != nil && ctx.Err() == nil {
		r.daemon.Logger.WarnContext(ctx, "jobs of processes that are gone could not be looked for: it is tried again", "error", err)
	}
	r.before = orphans
	return r.daemon.DeadAfter
}

// giveBack gives back those that were orphaned before and still are, and returns the
// others. A job that has killed its process as often as it may be tried is given up.
func (r *orphanRescuer) giveBack(ctx context.Context) (orphans []int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	pool := r.daemon.Syncer.Store.Pool()
	rows, err := pool.Query(ctx, `UPDATE river.river_job AS j
SET state = CASE WHEN attempt < max_attempts THEN 'available' ELSE 'discarded' END::river.river_job_state,
    scheduled_at = now(),
    finalized_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END,
    errors = array_append(errors, jsonb_build_object('at', now(), 'attempt', attempt, 'error', 'the process that worked it is gone', 'trace', ''))
WHERE id = ANY($1) AND attempted_at < now() - $2::interval AND `+orphaned+`
RETURNING args->>'source', args->>'account', args->>'region', attempted_by[array_upper(attempted_by, 1)]`, r.before, r.daemon.DeadAfter)
	if err != nil {
		return nil, err
	}
	var source, account, region, by string
	_, err = pgx.ForEachRow(rows, []any{&source, &account, &region, &by}, func() error {
		r.daemon.Logger.WarnContext(ctx, "a process is gone: its sync is tried again", "source", source, "account", account, "region_id", region, "process", by)
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows, err = pool.Query(ctx, "SELECT id FROM river.river_job AS j WHERE "+orphaned)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
