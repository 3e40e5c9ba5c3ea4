-- +goose Up
-- What the status page, prune and each sync ask of the run log is found however long it is.
CREATE INDEX sync_runs_finished_idx ON syncer.sync_runs (finished_at);
CREATE INDEX sync_runs_merged_idx ON syncer.sync_runs (account_id, source, region_id, run_id DESC) WHERE status <> 'failed';
CREATE INDEX sync_runs_full_idx ON syncer.sync_runs (account_id, source, region_id, run_id DESC) WHERE full_sweep AND status <> 'failed';
COMMENT ON INDEX syncer.sync_runs_finished_idx IS 'What ended since a moment, or before it.';
COMMENT ON INDEX syncer.sync_runs_merged_idx IS 'A partition''s last run that has merged something, also where all since have failed.';
COMMENT ON INDEX syncer.sync_runs_full_idx IS 'A partition''s last full sweep, also where there was only one.';

ALTER TABLE syncer.sync_runs DROP CONSTRAINT sync_runs_trigger_check;
ALTER TABLE syncer.sync_runs ADD CONSTRAINT sync_runs_trigger_check CHECK (trigger IN ('schedule', 'manual', 'dependency', 'forget')) NOT VALID;
COMMENT ON COLUMN alicloud.sync_runs.trigger IS 'What started it: schedule, manual, dependency: a source that reads its table came first, or forget: syncer forget has ended its rows, and the cloud was not asked.';

-- What full sweeps need not ask for again yet, and where an interrupted one goes on.
CREATE TABLE syncer.swept (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    swept_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    CONSTRAINT swept_pkey PRIMARY KEY (account_id, region_id, source, value)
);
COMMENT ON TABLE syncer.swept IS 'One row per value that a full sweep has asked a source for while nothing was to change any more, such as a main task with all its subtasks finished.';
COMMENT ON COLUMN syncer.swept.value IS 'What was asked for: the task_id of the main task.';
COMMENT ON COLUMN syncer.swept.swept_at IS 'Moment of the merge of what was found. The row that the value was read from must be as old.';
COMMENT ON COLUMN syncer.swept.due_at IS 'When a full sweep asks for it again.';

-- +goose Down
DROP TABLE syncer.swept;
COMMENT ON COLUMN alicloud.sync_runs.trigger IS 'What started it: schedule, manual, or dependency: a source that reads its table came first.';
UPDATE syncer.sync_runs SET trigger = 'manual' WHERE trigger = 'forget';
ALTER TABLE syncer.sync_runs DROP CONSTRAINT sync_runs_trigger_check;
ALTER TABLE syncer.sync_runs ADD CONSTRAINT sync_runs_trigger_check CHECK (trigger IN ('schedule', 'manual', 'dependency')) NOT VALID;
DROP INDEX syncer.sync_runs_full_idx;
DROP INDEX syncer.sync_runs_merged_idx;
DROP INDEX syncer.sync_runs_finished_idx;
