-- +goose Up
CREATE TABLE syncer.agentless_tasks (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    is_root boolean,
    root_task_id text,
    task_name text,
    status bigint,
    progress bigint,
    result text,
    started_at timestamptz,
    ended_at timestamptz,
    target_type bigint,
    target_name text,
    uuid text,
    instance_id text,
    instance_name text,
    internet_ip text,
    intranet_ip text,
    measure_space_mb double precision,
    progress_by_project jsonb,
    report_status text,
    report_download_url text,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT agentless_tasks_pkey PRIMARY KEY (account_id, region_id, task_id, valid_to),
    CONSTRAINT agentless_tasks_valid_check CHECK (valid_from < valid_to)
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.agentless_tasks_standing PARTITION OF syncer.agentless_tasks
    FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE TABLE syncer.agentless_tasks_default PARTITION OF syncer.agentless_tasks DEFAULT;

CREATE VIEW alicloud.agentless_tasks AS
SELECT
    account_id,
    region_id,
    task_id,
    is_root,
    root_task_id,
    task_name,
    status,
    CASE status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
    END AS status_label,
    progress,
    result,
    started_at,
    ended_at,
    target_type,
    CASE target_type
        WHEN 1 THEN 'snapshot'
        WHEN 2 THEN 'image'
    END AS target_type_label,
    target_name,
    uuid,
    instance_id,
    instance_name,
    internet_ip,
    intranet_ip,
    measure_space_mb,
    progress_by_project,
    report_status,
    CASE report_status
        WHEN 'PREPARED' THEN 'in preparation'
        WHEN 'RUNNING' THEN 'in progress'
        WHEN 'SUCCESS' THEN 'successful'
        WHEN 'TIMEOUT' THEN 'timed out'
        WHEN 'FAILED' THEN 'failed'
    END AS report_status_label,
    report_download_url,
    extra,
    valid_from
FROM syncer.agentless_tasks
WHERE valid_to = 'infinity';

CREATE VIEW alicloud.agentless_tasks_history AS
SELECT
    account_id,
    region_id,
    task_id,
    is_root,
    root_task_id,
    task_name,
    status,
    CASE status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
    END AS status_label,
    progress,
    result,
    started_at,
    ended_at,
    target_type,
    CASE target_type
        WHEN 1 THEN 'snapshot'
        WHEN 2 THEN 'image'
    END AS target_type_label,
    target_name,
    uuid,
    instance_id,
    instance_name,
    internet_ip,
    intranet_ip,
    measure_space_mb,
    progress_by_project,
    report_status,
    CASE report_status
        WHEN 'PREPARED' THEN 'in preparation'
        WHEN 'RUNNING' THEN 'in progress'
        WHEN 'SUCCESS' THEN 'successful'
        WHEN 'TIMEOUT' THEN 'timed out'
        WHEN 'FAILED' THEN 'failed'
    END AS report_status_label,
    report_download_url,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.agentless_tasks
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    task_id,
    is_root,
    root_task_id,
    task_name,
    status,
    CASE status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
    END AS status_label,
    progress,
    result,
    started_at,
    ended_at,
    target_type,
    CASE target_type
        WHEN 1 THEN 'snapshot'
        WHEN 2 THEN 'image'
    END AS target_type_label,
    target_name,
    uuid,
    instance_id,
    instance_name,
    internet_ip,
    intranet_ip,
    measure_space_mb,
    progress_by_project,
    report_status,
    CASE report_status
        WHEN 'PREPARED' THEN 'in preparation'
        WHEN 'RUNNING' THEN 'in progress'
        WHEN 'SUCCESS' THEN 'successful'
        WHEN 'TIMEOUT' THEN 'timed out'
        WHEN 'FAILED' THEN 'failed'
    END AS report_status_label,
    report_download_url,
    extra,
    valid_from,
    valid_to
FROM syncer.agentless_tasks
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE FUNCTION alicloud.agentless_tasks_as_of(at timestamptz)
RETURNS SETOF alicloud.agentless_tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.task_id,
    h.is_root,
    h.root_task_id,
    h.task_name,
    h.status,
    h.status_label,
    h.progress,
    h.result,
    h.started_at,
    h.ended_at,
    h.target_type,
    h.target_type_label,
    h.target_name,
    h.uuid,
    h.instance_id,
    h.instance_name,
    h.internet_ip,
    h.intranet_ip,
    h.measure_space_mb,
    h.progress_by_project,
    h.report_status,
    h.report_status_label,
    h.report_download_url,
    h.extra,
    h.valid_from
FROM alicloud.agentless_tasks_history AS h
WHERE h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.agentless_tasks IS 'Versions behind alicloud.agentless_tasks and alicloud.agentless_tasks_history. Read those.';
COMMENT ON COLUMN syncer.agentless_tasks.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agentless_tasks.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.agentless_tasks IS 'One row per agentless scan, main task or subtask: what is scanned, how far the scan is and where its report is. As it stands now. From Sas ListAgentlessTask.';
COMMENT ON VIEW alicloud.agentless_tasks_history IS 'One row per agentless scan, main task or subtask: what is scanned, how far the scan is and where its report is. Every version, with the time it stood. From Sas ListAgentlessTask.';
COMMENT ON FUNCTION alicloud.agentless_tasks_as_of(timestamptz) IS 'The rows that alicloud.agentless_tasks showed at that moment.';
COMMENT ON COLUMN alicloud.agentless_tasks.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agentless_tasks.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agentless_tasks.task_id IS 'ID of the task. API field: TaskId.';
COMMENT ON COLUMN alicloud.agentless_tasks.is_root IS 'Whether the task is a main task (true) or a subtask (false), as it was asked for, since no field of the API tells it.';
COMMENT ON COLUMN alicloud.agentless_tasks.root_task_id IS 'ID of the main task that a subtask belongs to, as it was asked for, since no field of the API tells it; NULL for a main task.';
COMMENT ON COLUMN alicloud.agentless_tasks.task_name IS 'Name of the task, such as AGENTLESS_SCAN. API field: TaskName.';
COMMENT ON COLUMN alicloud.agentless_tasks.status IS 'How far the task is. API field: Status.';
COMMENT ON COLUMN alicloud.agentless_tasks.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out.';
COMMENT ON COLUMN alicloud.agentless_tasks.progress IS 'How much of the task is done, in percent. API field: Progress.';
COMMENT ON COLUMN alicloud.agentless_tasks.result IS 'Result of the scan in the API''s own words, such as True. API field: Result.';
COMMENT ON COLUMN alicloud.agentless_tasks.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.agentless_tasks.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.agentless_tasks.target_type IS 'What kind of asset is scanned. API field: TargetType.';
COMMENT ON COLUMN alicloud.agentless_tasks.target_type_label IS 'What target_type says: 1 = snapshot, 2 = image.';
COMMENT ON COLUMN alicloud.agentless_tasks.target_name IS 'Name of what is scanned, whereas instance_name is that of its asset. API field: TargetName.';
COMMENT ON COLUMN alicloud.agentless_tasks.uuid IS 'UUID of the asset, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agentless_tasks.instance_id IS 'ID of the instance that is scanned, a field that the API answers though its page does not list it. API field: InstanceId.';
COMMENT ON COLUMN alicloud.agentless_tasks.instance_name IS 'Name of the asset. API field: InstanceName.';
COMMENT ON COLUMN alicloud.agentless_tasks.internet_ip IS 'Public IP address of the server. API field: InternetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks.intranet_ip IS 'Private IP address of the server. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks.measure_space_mb IS 'Data scanned, in MB, with a fraction though the API''s page calls the field a whole number. API field: MeasureSpace.';
COMMENT ON COLUMN alicloud.agentless_tasks.progress_by_project IS 'How much of each kind of inspection is done, in percent, as an object such as {"vul": 100, "baseline": 40}. API field: ProgressByProject.';
COMMENT ON COLUMN alicloud.agentless_tasks.report_status IS 'How far the report is. API field: ReportStatus.';
COMMENT ON COLUMN alicloud.agentless_tasks.report_status_label IS 'What report_status says: PREPARED = in preparation, RUNNING = in progress, SUCCESS = successful, TIMEOUT = timed out, FAILED = failed.';
COMMENT ON COLUMN alicloud.agentless_tasks.report_download_url IS 'Where the report is, without the query string, which may carry a signature and changes at every call. Kept current; makes no version. API field: ReportDownloadUrl.';
COMMENT ON COLUMN alicloud.agentless_tasks.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agentless_tasks.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.task_id IS 'ID of the task. API field: TaskId.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.is_root IS 'Whether the task is a main task (true) or a subtask (false), as it was asked for, since no field of the API tells it.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.root_task_id IS 'ID of the main task that a subtask belongs to, as it was asked for, since no field of the API tells it; NULL for a main task.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.task_name IS 'Name of the task, such as AGENTLESS_SCAN. API field: TaskName.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.status IS 'How far the task is. API field: Status.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.progress IS 'How much of the task is done, in percent. API field: Progress.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.result IS 'Result of the scan in the API''s own words, such as True. API field: Result.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.target_type IS 'What kind of asset is scanned. API field: TargetType.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.target_type_label IS 'What target_type says: 1 = snapshot, 2 = image.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.target_name IS 'Name of what is scanned, whereas instance_name is that of its asset. API field: TargetName.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.uuid IS 'UUID of the asset, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.instance_id IS 'ID of the instance that is scanned, a field that the API answers though its page does not list it. API field: InstanceId.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.instance_name IS 'Name of the asset. API field: InstanceName.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.internet_ip IS 'Public IP address of the server. API field: InternetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.intranet_ip IS 'Private IP address of the server. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.measure_space_mb IS 'Data scanned, in MB, with a fraction though the API''s page calls the field a whole number. API field: MeasureSpace.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.progress_by_project IS 'How much of each kind of inspection is done, in percent, as an object such as {"vul": 100, "baseline": 40}. API field: ProgressByProject.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.report_status IS 'How far the report is. API field: ReportStatus.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.report_status_label IS 'What report_status says: PREPARED = in preparation, RUNNING = in progress, SUCCESS = successful, TIMEOUT = timed out, FAILED = failed.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.report_download_url IS 'Where the report is, without the query string, which may carry a signature and changes at every call. Kept current; makes no version. API field: ReportDownloadUrl.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

-- +goose Down
DROP FUNCTION alicloud.agentless_tasks_as_of(timestamptz);
DROP VIEW alicloud.agentless_tasks_history;
DROP VIEW alicloud.agentless_tasks;
DROP TABLE syncer.agentless_tasks;
