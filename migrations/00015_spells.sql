-- +goose Up
-- What spells ask of the run log: the last good sync before a moment, and since when the
-- one before a good sync had been overdue.
ALTER TABLE syncer.sync_runs ADD COLUMN unseen_since timestamptz;
COMMENT ON COLUMN syncer.sync_runs.unseen_since IS 'Of a run that was ok: when it was due by the last one that was ok before, if it began too late: more than five minutes, and more than twice what that one took, after that. Nobody looked from then until it began. NULL: it was in time.';
UPDATE syncer.sync_runs AS r
SET unseen_since = b.due_at
FROM (
    SELECT
        account_id,
        run_id,
        trigger,
        started_at,
        lag(trigger) OVER w AS before,
        lag(next_due_at) OVER w AS due_at,
        greatest(2 * (lag(finished_at) OVER w - lag(started_at) OVER w), interval '5 minutes') AS grace
    FROM syncer.sync_runs
    WHERE status = 'ok'
    WINDOW w AS (PARTITION BY account_id, source, region_id ORDER BY run_id)
) AS b
WHERE r.account_id = b.account_id AND r.run_id = b.run_id
    AND b.trigger <> 'forget' AND b.before <> 'forget' AND b.started_at > b.due_at + b.grace;
CREATE INDEX sync_runs_good_idx ON syncer.sync_runs (account_id, source, region_id, finished_at, run_id) WHERE status = 'ok';
CREATE INDEX sync_runs_unseen_idx ON syncer.sync_runs (account_id, source, region_id, started_at) WHERE unseen_since IS NOT NULL;
COMMENT ON INDEX syncer.sync_runs_good_idx IS 'A partition''s last run that was ok before a moment.';
COMMENT ON INDEX syncer.sync_runs_unseen_idx IS 'A partition''s runs that came late, from a moment on.';

-- +goose Down
DROP INDEX syncer.sync_runs_unseen_idx;
DROP INDEX syncer.sync_runs_good_idx;
ALTER TABLE syncer.sync_runs DROP COLUMN unseen_since;
