-- +goose Up
CREATE TABLE syncer.operation_processes (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    task_type text,
    status_code bigint,
    total_count bigint,
    finish_count bigint,
    detail_task_total_count bigint,
    detail_task_ready_count bigint,
    created_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    task_source text,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT operation_processes_pkey PRIMARY KEY (account_id, region_id, task_id, valid_to),
    CONSTRAINT operation_processes_valid_check CHECK (valid_from < valid_to)
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.operation_processes_standing PARTITION OF syncer.operation_processes
    FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE TABLE syncer.operation_processes_default PARTITION OF syncer.operation_processes DEFAULT;

CREATE VIEW alicloud.operation_processes AS
SELECT
    account_id,
    region_id,
    task_id,
    task_type,
    CASE task_type
        WHEN 'CHECK_ALL' THEN 'full check'
        WHEN 'CHECK_POLICY' THEN 'check by policy'
        WHEN 'CHECK_SCHEDULE' THEN 'scheduled check'
        WHEN 'CHECK_ITEM' THEN 'check of single items'
        WHEN 'CHECK_INSTANCE' THEN 'check of single items on single instances'
    END AS task_type_label,
    status_code,
    CASE status_code
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'running'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'timed out'
    END AS status_code_label,
    total_count,
    finish_count,
    detail_task_total_count,
    detail_task_ready_count,
    created_at,
    started_at,
    ended_at,
    task_source,
    extra,
    valid_from
FROM syncer.operation_processes
WHERE valid_to = 'infinity';

CREATE VIEW alicloud.operation_processes_history AS
SELECT
    account_id,
    region_id,
    task_id,
    task_type,
    CASE task_type
        WHEN 'CHECK_ALL' THEN 'full check'
        WHEN 'CHECK_POLICY' THEN 'check by policy'
        WHEN 'CHECK_SCHEDULE' THEN 'scheduled check'
        WHEN 'CHECK_ITEM' THEN 'check of single items'
        WHEN 'CHECK_INSTANCE' THEN 'check of single items on single instances'
    END AS task_type_label,
    status_code,
    CASE status_code
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'running'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'timed out'
    END AS status_code_label,
    total_count,
    finish_count,
    detail_task_total_count,
    detail_task_ready_count,
    created_at,
    started_at,
    ended_at,
    task_source,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.operation_processes
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    task_id,
    task_type,
    CASE task_type
        WHEN 'CHECK_ALL' THEN 'full check'
        WHEN 'CHECK_POLICY' THEN 'check by policy'
        WHEN 'CHECK_SCHEDULE' THEN 'scheduled check'
        WHEN 'CHECK_ITEM' THEN 'check of single items'
        WHEN 'CHECK_INSTANCE' THEN 'check of single items on single instances'
    END AS task_type_label,
    status_code,
    CASE status_code
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'running'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'timed out'
    END AS status_code_label,
    total_count,
    finish_count,
    detail_task_total_count,
    detail_task_ready_count,
    created_at,
    started_at,
    ended_at,
    task_source,
    extra,
    valid_from,
    valid_to
FROM syncer.operation_processes
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE FUNCTION alicloud.operation_processes_as_of(at timestamptz)
RETURNS SETOF alicloud.operation_processes
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.task_id,
    h.task_type,
    h.task_type_label,
    h.status_code,
    h.status_code_label,
    h.total_count,
    h.finish_count,
    h.detail_task_total_count,
    h.detail_task_ready_count,
    h.created_at,
    h.started_at,
    h.ended_at,
    h.task_source,
    h.extra,
    h.valid_from
FROM alicloud.operation_processes_history AS h
WHERE h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.operation_processes IS 'Versions behind alicloud.operation_processes and alicloud.operation_processes_history. Read those.';
COMMENT ON COLUMN syncer.operation_processes.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.operation_processes.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.operation_processes IS 'One row per check task: which checks were run, and how far they are. As it stands now. From Sas ListOperationProcess.';
COMMENT ON VIEW alicloud.operation_processes_history IS 'One row per check task: which checks were run, and how far they are. Every version, with the time it stood. From Sas ListOperationProcess.';
COMMENT ON FUNCTION alicloud.operation_processes_as_of(timestamptz) IS 'The rows that alicloud.operation_processes showed at that moment.';
COMMENT ON COLUMN alicloud.operation_processes.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.operation_processes.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.operation_processes.task_id IS 'ID of the task, without the line break that the API may end it with. API field: TaskId.';
COMMENT ON COLUMN alicloud.operation_processes.task_type IS 'What the task checks. API field: TaskType.';
COMMENT ON COLUMN alicloud.operation_processes.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances.';
COMMENT ON COLUMN alicloud.operation_processes.status_code IS 'How far the task is. API field: StatusCode.';
COMMENT ON COLUMN alicloud.operation_processes.status_code_label IS 'What status_code says: 0 = not started, 1 = running, 2 = complete, 3 = timed out.';
COMMENT ON COLUMN alicloud.operation_processes.total_count IS 'Entries that the task consists of. API field: TotalCount.';
COMMENT ON COLUMN alicloud.operation_processes.finish_count IS 'Entries of total_count that are complete. API field: FinishCount.';
COMMENT ON COLUMN alicloud.operation_processes.detail_task_total_count IS 'Subtasks that the task consists of. API field: DetailTaskTotalCount.';
COMMENT ON COLUMN alicloud.operation_processes.detail_task_ready_count IS 'Subtasks of detail_task_total_count that are complete. API field: DetailTaskReadyCount.';
COMMENT ON COLUMN alicloud.operation_processes.created_at IS 'When the task was created. API field: CreateTime.';
COMMENT ON COLUMN alicloud.operation_processes.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.operation_processes.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.operation_processes.task_source IS 'What asked for the task, such as YAO_CHI. API field: TaskSource.';
COMMENT ON COLUMN alicloud.operation_processes.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.operation_processes.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.operation_processes_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.operation_processes_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.operation_processes_history.task_id IS 'ID of the task, without the line break that the API may end it with. API field: TaskId.';
COMMENT ON COLUMN alicloud.operation_processes_history.task_type IS 'What the task checks. API field: TaskType.';
COMMENT ON COLUMN alicloud.operation_processes_history.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances.';
COMMENT ON COLUMN alicloud.operation_processes_history.status_code IS 'How far the task is. API field: StatusCode.';
COMMENT ON COLUMN alicloud.operation_processes_history.status_code_label IS 'What status_code says: 0 = not started, 1 = running, 2 = complete, 3 = timed out.';
COMMENT ON COLUMN alicloud.operation_processes_history.total_count IS 'Entries that the task consists of. API field: TotalCount.';
COMMENT ON COLUMN alicloud.operation_processes_history.finish_count IS 'Entries of total_count that are complete. API field: FinishCount.';
COMMENT ON COLUMN alicloud.operation_processes_history.detail_task_total_count IS 'Subtasks that the task consists of. API field: DetailTaskTotalCount.';
COMMENT ON COLUMN alicloud.operation_processes_history.detail_task_ready_count IS 'Subtasks of detail_task_total_count that are complete. API field: DetailTaskReadyCount.';
COMMENT ON COLUMN alicloud.operation_processes_history.created_at IS 'When the task was created. API field: CreateTime.';
COMMENT ON COLUMN alicloud.operation_processes_history.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.operation_processes_history.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.operation_processes_history.task_source IS 'What asked for the task, such as YAO_CHI. API field: TaskSource.';
COMMENT ON COLUMN alicloud.operation_processes_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.operation_processes_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.operation_processes_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

-- +goose Down
DROP FUNCTION alicloud.operation_processes_as_of(timestamptz);
DROP VIEW alicloud.operation_processes_history;
DROP VIEW alicloud.operation_processes;
DROP TABLE syncer.operation_processes;
