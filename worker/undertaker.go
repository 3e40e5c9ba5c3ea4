package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"syncer/store"
)

// An undertaker gives the jobs of processes that are gone back to the queue: a
// process that was killed has no sessions with the database. Nobody needs to wait
// for the job's timeout, then.
//
// It may be wrong: a process that is cut off from the database has none either, and
// works on. Then two make the same sync, and the merge's lock lets one of them win.
type undertaker struct {
	pool  *pgxpool.Pool
	after time.Duration
	log   *slog.Logger
}

// orphaned are the running jobs, in which j is a job, whose process has no session.
var orphaned = `j.state = 'running' AND j.kind = 'sync' AND NOT ` + hasSession

// hasSession: the process that works job j has a session with the database. A name,
// any login may give itself: it must be one of those who may do what the queue's owner may.
var hasSession = `EXISTS (
    SELECT FROM pg_stat_activity AS a
    WHERE a.application_name = ` + sessionName + `
        AND pg_has_role(a.usesysid, (SELECT nspowner FROM pg_namespace WHERE nspname = 'river'), 'MEMBER')
)`

// sessionName is the name that the sessions of the process have which works a job: see
// store.Options.
var sessionName = fmt.Sprintf("'syncer ' || right(j.attempted_by[array_upper(j.attempted_by, 1)], %d)", store.MaxProcessName)

// run looks again and again until the context ends. Only a job that was orphaned at
// two looks is taken: the sessions of all end at once when PostgreSQL restarts.
func (u *undertaker) run(ctx context.Context) {
	var before []int64
	for ctx.Err() == nil {
		orphans, err := u.look(ctx, before)
		if err != nil && ctx.Err() == nil {
			u.log.WarnContext(ctx, "jobs of processes that are gone could not be looked for: it is tried again", "error", err)
		}
		before = orphans
		select {
		case <-ctx.Done():
		case <-time.After(u.after):
		}
	}
}

// look gives back those that were orphaned before and still are, and returns the
// others. A job that has killed its process as often as it may be tried is given up.
func (u *undertaker) look(ctx context.Context, before []int64) (orphans []int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, proposeIn)
	defer cancel()
	rows, err := u.pool.Query(ctx, `UPDATE river.river_job AS j
SET state = CASE WHEN attempt < max_attempts THEN 'available' ELSE 'discarded' END::river.river_job_state,
    scheduled_at = now(),
    finalized_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END,
    errors = array_append(errors, jsonb_build_object('at', now(), 'attempt', attempt, 'error', 'the process that worked it is gone', 'trace', ''))
WHERE id = ANY($1) AND attempted_at < now() - $2::interval AND `+orphaned+`
RETURNING args->>'source', args->>'account', args->>'region', attempted_by[array_upper(attempted_by, 1)]`, before, u.after)
	if err != nil {
		return nil, err
	}
	var source, account, region, by string
	_, err = pgx.ForEachRow(rows, []any{&source, &account, &region, &by}, func() error {
		u.log.WarnContext(ctx, "a process is gone: its sync is tried again", "source", source, "account", account, "region_id", region, "process", by)
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows, err = u.pool.Query(ctx, "SELECT id FROM river.river_job AS j WHERE "+orphaned)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
