-- +goose Up
CREATE TABLE syncer.agent_install_statuses (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    uuid text COLLATE "C" NOT NULL,
    result bigint,
    result_code bigint,
    message text,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT agent_install_statuses_pkey PRIMARY KEY (account_id, region_id, uuid, valid_to),
    CONSTRAINT agent_install_statuses_valid_check CHECK (valid_from < valid_to)
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.agent_install_statuses_standing PARTITION OF syncer.agent_install_statuses
    FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE TABLE syncer.agent_install_statuses_default PARTITION OF syncer.agent_install_statuses DEFAULT;

CREATE VIEW alicloud.agent_install_statuses AS
SELECT
    account_id,
    region_id,
    uuid,
    result,
    CASE result
        WHEN -1 THEN 'not installed'
        WHEN 0 THEN 'installing'
        WHEN 1 THEN 'installed'
        WHEN 2 THEN 'failed'
    END AS result_label,
    result_code,
    CASE result_code
        WHEN -1 THEN 'not installed'
        WHEN 0 THEN 'installed'
        WHEN 1 THEN 'directory not created'
        WHEN 2 THEN 'package not downloaded'
        WHEN 3 THEN 'installation file missing'
        WHEN 4 THEN 'verification information missing'
        WHEN 5 THEN 'installation file not verified'
        WHEN 6 THEN 'installation file not executed'
        WHEN 7 THEN 'permission denied'
        WHEN 8 THEN 'no agent process'
        WHEN 100 THEN 'unknown error'
        WHEN 1001 THEN 'region not supported'
        WHEN 1002 THEN 'server outside Alibaba Cloud, install by script'
        WHEN 1003 THEN 'operating system not supported'
        WHEN 1004 THEN 'internal error'
        WHEN 1005 THEN 'instance not started'
        WHEN 1006 THEN 'classic network not supported'
        WHEN 1007 THEN 'command stopped'
        WHEN 1008 THEN 'Cloud Assistant not installed'
        WHEN 1009 THEN 'command timed out'
        WHEN 1010 THEN 'already online'
    END AS result_code_label,
    message,
    extra,
    valid_from
FROM syncer.agent_install_statuses
WHERE valid_to = 'infinity';

CREATE VIEW alicloud.agent_install_statuses_history AS
SELECT
    account_id,
    region_id,
    uuid,
    result,
    CASE result
        WHEN -1 THEN 'not installed'
        WHEN 0 THEN 'installing'
        WHEN 1 THEN 'installed'
        WHEN 2 THEN 'failed'
    END AS result_label,
    result_code,
    CASE result_code
        WHEN -1 THEN 'not installed'
        WHEN 0 THEN 'installed'
        WHEN 1 THEN 'directory not created'
        WHEN 2 THEN 'package not downloaded'
        WHEN 3 THEN 'installation file missing'
        WHEN 4 THEN 'verification information missing'
        WHEN 5 THEN 'installation file not verified'
        WHEN 6 THEN 'installation file not executed'
        WHEN 7 THEN 'permission denied'
        WHEN 8 THEN 'no agent process'
        WHEN 100 THEN 'unknown error'
        WHEN 1001 THEN 'region not supported'
        WHEN 1002 THEN 'server outside Alibaba Cloud, install by script'
        WHEN 1003 THEN 'operating system not supported'
        WHEN 1004 THEN 'internal error'
        WHEN 1005 THEN 'instance not started'
        WHEN 1006 THEN 'classic network not supported'
        WHEN 1007 THEN 'command stopped'
        WHEN 1008 THEN 'Cloud Assistant not installed'
        WHEN 1009 THEN 'command timed out'
        WHEN 1010 THEN 'already online'
    END AS result_code_label,
    message,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.agent_install_statuses
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    uuid,
    result,
    CASE result
        WHEN -1 THEN 'not installed'
        WHEN 0 THEN 'installing'
        WHEN 1 THEN 'installed'
        WHEN 2 THEN 'failed'
    END AS result_label,
    result_code,
    CASE result_code
        WHEN -1 THEN 'not installed'
        WHEN 0 THEN 'installed'
        WHEN 1 THEN 'directory not created'
        WHEN 2 THEN 'package not downloaded'
        WHEN 3 THEN 'installation file missing'
        WHEN 4 THEN 'verification information missing'
        WHEN 5 THEN 'installation file not verified'
        WHEN 6 THEN 'installation file not executed'
        WHEN 7 THEN 'permission denied'
        WHEN 8 THEN 'no agent process'
        WHEN 100 THEN 'unknown error'
        WHEN 1001 THEN 'region not supported'
        WHEN 1002 THEN 'server outside Alibaba Cloud, install by script'
        WHEN 1003 THEN 'operating system not supported'
        WHEN 1004 THEN 'internal error'
        WHEN 1005 THEN 'instance not started'
        WHEN 1006 THEN 'classic network not supported'
        WHEN 1007 THEN 'command stopped'
        WHEN 1008 THEN 'Cloud Assistant not installed'
        WHEN 1009 THEN 'command timed out'
        WHEN 1010 THEN 'already online'
    END AS result_code_label,
    message,
    extra,
    valid_from,
    valid_to
FROM syncer.agent_install_statuses
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE FUNCTION alicloud.agent_install_statuses_as_of(at timestamptz)
RETURNS SETOF alicloud.agent_install_statuses
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.uuid,
    h.result,
    h.result_label,
    h.result_code,
    h.result_code_label,
    h.message,
    h.extra,
    h.valid_from
FROM alicloud.agent_install_statuses_history AS h
WHERE h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.agent_install_statuses IS 'Versions behind alicloud.agent_install_statuses and alicloud.agent_install_statuses_history. Read those.';
COMMENT ON COLUMN syncer.agent_install_statuses.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agent_install_statuses.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.agent_install_statuses IS 'One row per server that an agent installation was seen on: how the installation last seen went. As it stands now. From Sas DescribeAgentInstallStatus.';
COMMENT ON VIEW alicloud.agent_install_statuses_history IS 'One row per server that an agent installation was seen on: how the installation last seen went. Every version, with the time it stood. From Sas DescribeAgentInstallStatus.';
COMMENT ON FUNCTION alicloud.agent_install_statuses_as_of(timestamptz) IS 'The rows that alicloud.agent_install_statuses showed at that moment.';
COMMENT ON COLUMN alicloud.agent_install_statuses.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_install_statuses.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_install_statuses.uuid IS 'UUID of the server, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result IS 'How the installation went. API field: Result.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result_label IS 'What result says: -1 = not installed, 0 = installing, 1 = installed, 2 = failed.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result_code IS 'What the installation succeeded or failed with, a field that the API spells ResuleCode. API field: ResuleCode.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result_code_label IS 'What result_code says: -1 = not installed, 0 = installed, 1 = directory not created, 2 = package not downloaded, 3 = installation file missing, 4 = verification information missing, 5 = installation file not verified, 6 = installation file not executed, 7 = permission denied, 8 = no agent process, 100 = unknown error, 1001 = region not supported, 1002 = server outside Alibaba Cloud, install by script, 1003 = operating system not supported, 1004 = internal error, 1005 = instance not started, 1006 = classic network not supported, 1007 = command stopped, 1008 = Cloud Assistant not installed, 1009 = command timed out, 1010 = already online.';
COMMENT ON COLUMN alicloud.agent_install_statuses.message IS 'Message about the installation, without the line break that the API may end it with. API field: Message.';
COMMENT ON COLUMN alicloud.agent_install_statuses.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_install_statuses.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.uuid IS 'UUID of the server, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result IS 'How the installation went. API field: Result.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result_label IS 'What result says: -1 = not installed, 0 = installing, 1 = installed, 2 = failed.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result_code IS 'What the installation succeeded or failed with, a field that the API spells ResuleCode. API field: ResuleCode.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result_code_label IS 'What result_code says: -1 = not installed, 0 = installed, 1 = directory not created, 2 = package not downloaded, 3 = installation file missing, 4 = verification information missing, 5 = installation file not verified, 6 = installation file not executed, 7 = permission denied, 8 = no agent process, 100 = unknown error, 1001 = region not supported, 1002 = server outside Alibaba Cloud, install by script, 1003 = operating system not supported, 1004 = internal error, 1005 = instance not started, 1006 = classic network not supported, 1007 = command stopped, 1008 = Cloud Assistant not installed, 1009 = command timed out, 1010 = already online.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.message IS 'Message about the installation, without the line break that the API may end it with. API field: Message.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

-- +goose Down
DROP FUNCTION alicloud.agent_install_statuses_as_of(timestamptz);
DROP VIEW alicloud.agent_install_statuses_history;
DROP VIEW alicloud.agent_install_statuses;
DROP TABLE syncer.agent_install_statuses;
