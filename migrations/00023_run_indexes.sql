-- +goose Up
-- What the status page, prune and each sync ask of the run log is found however long it is.
CREATE INDEX sync_runs_finished_idx ON syncer.sync_runs (finished_at);
CREATE INDEX sync_runs_merged_idx ON syncer.sync_runs (account_id, source, region_id, run_id DESC) WHERE status <> 'failed';
CREATE INDEX sync_runs_full_idx ON syncer.sync_runs (account_id, source, region_id, run_id DESC) WHERE full_sweep AND status <> 'failed';
COMMENT ON INDEX syncer.sync_runs_finished_idx IS 'What ended since a moment, or before it.';
COMMENT ON INDEX syncer.sync_runs_merged_idx IS 'A partition''s last run that has merged something, also where all since have failed.';
COMMENT ON INDEX syncer.sync_runs_full_idx IS 'A partition''s last full sweep, also where there was only one.';

COMMENT ON COLUMN alicloud.notifications.state IS 'What became of it: waiting, delivered, or given up: after three days, or after four attempts where the target refuses it for good.';

-- +goose Down
COMMENT ON COLUMN alicloud.notifications.state IS 'What became of it: waiting, delivered, or given up after three days.';
DROP INDEX syncer.sync_runs_full_idx;
DROP INDEX syncer.sync_runs_merged_idx;
DROP INDEX syncer.sync_runs_finished_idx;
