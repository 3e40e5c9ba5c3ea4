-- +goose Up
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
