-- +goose Up
CREATE TABLE syncer.publish_batches (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    batch_id bigint NOT NULL,
    batch_name text,
    status bigint,
    batch_process bigint,
    batch_no bigint,
    batch_total bigint,
    batch_interval_hours bigint,
    operation_base bigint,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT publish_batches_pkey PRIMARY KEY (account_id, region_id, version, batch_id, valid_to),
    CONSTRAINT publish_batches_valid_check CHECK (valid_from < valid_to)
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.publish_batches_standing PARTITION OF syncer.publish_batches
    FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE TABLE syncer.publish_batches_default PARTITION OF syncer.publish_batches DEFAULT;

CREATE VIEW alicloud.publish_batches AS
SELECT
    account_id,
    region_id,
    version,
    batch_id,
    batch_name,
    status,
    CASE status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
    END AS status_label,
    batch_process,
    batch_no,
    batch_total,
    batch_interval_hours,
    operation_base,
    CASE operation_base
        WHEN 0 THEN 'instance'
        WHEN 1 THEN 'machine group'
        WHEN 2 THEN 'VPC'
    END AS operation_base_label,
    extra,
    valid_from
FROM syncer.publish_batches
WHERE valid_to = 'infinity';

CREATE VIEW alicloud.publish_batches_history AS
SELECT
    account_id,
    region_id,
    version,
    batch_id,
    batch_name,
    status,
    CASE status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
    END AS status_label,
    batch_process,
    batch_no,
    batch_total,
    batch_interval_hours,
    operation_base,
    CASE operation_base
        WHEN 0 THEN 'instance'
        WHEN 1 THEN 'machine group'
        WHEN 2 THEN 'VPC'
    END AS operation_base_label,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.publish_batches
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    version,
    batch_id,
    batch_name,
    status,
    CASE status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
    END AS status_label,
    batch_process,
    batch_no,
    batch_total,
    batch_interval_hours,
    operation_base,
    CASE operation_base
        WHEN 0 THEN 'instance'
        WHEN 1 THEN 'machine group'
        WHEN 2 THEN 'VPC'
    END AS operation_base_label,
    extra,
    valid_from,
    valid_to
FROM syncer.publish_batches
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE FUNCTION alicloud.publish_batches_as_of(at timestamptz)
RETURNS SETOF alicloud.publish_batches
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.version,
    h.batch_id,
    h.batch_name,
    h.status,
    h.status_label,
    h.batch_process,
    h.batch_no,
    h.batch_total,
    h.batch_interval_hours,
    h.operation_base,
    h.operation_base_label,
    h.extra,
    h.valid_from
FROM alicloud.publish_batches_history AS h
WHERE h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.publish_batches IS 'Versions behind alicloud.publish_batches and alicloud.publish_batches_history. Read those.';
COMMENT ON COLUMN syncer.publish_batches.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.publish_batches.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.publish_batches IS 'One row per agent release and batch: how far the upgrade of the servers in the batch is. As it stands now. From Sas ListPublishBatch.';
COMMENT ON VIEW alicloud.publish_batches_history IS 'One row per agent release and batch: how far the upgrade of the servers in the batch is. Every version, with the time it stood. From Sas ListPublishBatch.';
COMMENT ON FUNCTION alicloud.publish_batches_as_of(timestamptz) IS 'The rows that alicloud.publish_batches showed at that moment.';
COMMENT ON COLUMN alicloud.publish_batches.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.publish_batches.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.publish_batches.version IS 'Agent release that the batch upgrades its servers to. API field: Version.';
COMMENT ON COLUMN alicloud.publish_batches.batch_id IS 'ID of the batch. API field: BatchId.';
COMMENT ON COLUMN alicloud.publish_batches.batch_name IS 'Name of the batch. API field: BatchName.';
COMMENT ON COLUMN alicloud.publish_batches.status IS 'How far the batch is. API field: Status.';
COMMENT ON COLUMN alicloud.publish_batches.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading.';
COMMENT ON COLUMN alicloud.publish_batches.batch_process IS 'Servers in the batch that have been upgraded so far. API field: BatchProcess.';
COMMENT ON COLUMN alicloud.publish_batches.batch_no IS 'Number of the batch within the release, which may be 2147483647. API field: BatchNo.';
COMMENT ON COLUMN alicloud.publish_batches.batch_total IS 'Batches that the release is rolled out in. API field: BatchTotal.';
COMMENT ON COLUMN alicloud.publish_batches.batch_interval_hours IS 'Hours between two batches of the release. API field: BatchInterval.';
COMMENT ON COLUMN alicloud.publish_batches.operation_base IS 'By what the servers of the batch were chosen. API field: OperationBase.';
COMMENT ON COLUMN alicloud.publish_batches.operation_base_label IS 'What operation_base says: 0 = instance, 1 = machine group, 2 = VPC.';
COMMENT ON COLUMN alicloud.publish_batches.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.publish_batches.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.publish_batches_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.publish_batches_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.publish_batches_history.version IS 'Agent release that the batch upgrades its servers to. API field: Version.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_id IS 'ID of the batch. API field: BatchId.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_name IS 'Name of the batch. API field: BatchName.';
COMMENT ON COLUMN alicloud.publish_batches_history.status IS 'How far the batch is. API field: Status.';
COMMENT ON COLUMN alicloud.publish_batches_history.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_process IS 'Servers in the batch that have been upgraded so far. API field: BatchProcess.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_no IS 'Number of the batch within the release, which may be 2147483647. API field: BatchNo.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_total IS 'Batches that the release is rolled out in. API field: BatchTotal.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_interval_hours IS 'Hours between two batches of the release. API field: BatchInterval.';
COMMENT ON COLUMN alicloud.publish_batches_history.operation_base IS 'By what the servers of the batch were chosen. API field: OperationBase.';
COMMENT ON COLUMN alicloud.publish_batches_history.operation_base_label IS 'What operation_base says: 0 = instance, 1 = machine group, 2 = VPC.';
COMMENT ON COLUMN alicloud.publish_batches_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.publish_batches_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.publish_batches_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

-- +goose Down
DROP FUNCTION alicloud.publish_batches_as_of(timestamptz);
DROP VIEW alicloud.publish_batches_history;
DROP VIEW alicloud.publish_batches;
DROP TABLE syncer.publish_batches;
