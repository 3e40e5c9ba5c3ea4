-- +goose Up
-- Fields that the API answers since the release.
ALTER TABLE syncer.agentless_tasks ADD COLUMN extension jsonb;
ALTER TABLE syncer.cloud_center_instances ADD COLUMN edr_auth_version text;
ALTER TABLE syncer.cloud_center_instances ADD COLUMN free_type text;

-- A code without a label shows as itself, and more codes have one.
CREATE OR REPLACE VIEW alicloud.agent_versions AS
SELECT
    account_id,
    region_id,
    cur_version,
    upgrade_version,
    latest_version,
    latest_version_created_at,
    force_upgrade_at,
    publish_status,
    CASE publish_status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
        ELSE publish_status::text
    END AS publish_status_label,
    gray_switch_status,
    CASE gray_switch_status
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
        ELSE gray_switch_status::text
    END AS gray_switch_status_label,
    big_customer,
    latest_version_desc,
    auto_upgrade,
    CASE auto_upgrade
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
        ELSE auto_upgrade::text
    END AS auto_upgrade_label,
    extra,
    valid_from
FROM syncer.agent_versions
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.agent_versions_history AS
SELECT
    account_id,
    region_id,
    cur_version,
    upgrade_version,
    latest_version,
    latest_version_created_at,
    force_upgrade_at,
    publish_status,
    CASE publish_status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
        ELSE publish_status::text
    END AS publish_status_label,
    gray_switch_status,
    CASE gray_switch_status
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
        ELSE gray_switch_status::text
    END AS gray_switch_status_label,
    big_customer,
    latest_version_desc,
    auto_upgrade,
    CASE auto_upgrade
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
        ELSE auto_upgrade::text
    END AS auto_upgrade_label,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.agent_versions
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    cur_version,
    upgrade_version,
    latest_version,
    latest_version_created_at,
    force_upgrade_at,
    publish_status,
    CASE publish_status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
        ELSE publish_status::text
    END AS publish_status_label,
    gray_switch_status,
    CASE gray_switch_status
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
        ELSE gray_switch_status::text
    END AS gray_switch_status_label,
    big_customer,
    latest_version_desc,
    auto_upgrade,
    CASE auto_upgrade
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
        ELSE auto_upgrade::text
    END AS auto_upgrade_label,
    extra,
    valid_from,
    valid_to
FROM syncer.agent_versions
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agent_versions_as_of(at timestamptz)
RETURNS SETOF alicloud.agent_versions
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.cur_version,
    h.upgrade_version,
    h.latest_version,
    h.latest_version_created_at,
    h.force_upgrade_at,
    h.publish_status,
    h.publish_status_label,
    h.gray_switch_status,
    h.gray_switch_status_label,
    h.big_customer,
    h.latest_version_desc,
    h.auto_upgrade,
    h.auto_upgrade_label,
    h.extra,
    h.valid_from
FROM alicloud.agent_versions_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.agent_versions IS 'Versions behind alicloud.agent_versions and alicloud.agent_versions_history. Read those.';
COMMENT ON COLUMN syncer.agent_versions.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agent_versions.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.agent_versions IS 'One row per account and Security Center region: the agent release in use, the one being rolled out and the newest one. As it stands now. From Sas GetCurrentVersionPublish.';
COMMENT ON VIEW alicloud.agent_versions_history IS 'One row per account and Security Center region: the agent release in use, the one being rolled out and the newest one. Every version that is kept, with the time it stood. From Sas GetCurrentVersionPublish.';
COMMENT ON FUNCTION alicloud.agent_versions_as_of(timestamptz) IS 'The rows that alicloud.agent_versions showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.agent_versions.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_versions.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_versions.cur_version IS 'Agent release in use now. API field: CurVersion.';
COMMENT ON COLUMN alicloud.agent_versions.upgrade_version IS 'Agent release that servers are being upgraded to, the version of publish_batches. API field: UpgradeVersion.';
COMMENT ON COLUMN alicloud.agent_versions.latest_version IS 'Newest agent release there is. API field: LatestVersion.';
COMMENT ON COLUMN alicloud.agent_versions.latest_version_created_at IS 'When the newest agent release was created. API field: LatestVersionCreate.';
COMMENT ON COLUMN alicloud.agent_versions.force_upgrade_at IS 'When the agent was, or is to be, upgraded by force. API field: ForceUpgradeTime.';
COMMENT ON COLUMN alicloud.agent_versions.publish_status IS 'How far the rollout of upgrade_version is. API field: PublishStatus.';
COMMENT ON COLUMN alicloud.agent_versions.publish_status_label IS 'What publish_status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions.gray_switch_status IS 'Whether releases are rolled out to a part of the servers first (canary release). API field: GraySwitchStatus.';
COMMENT ON COLUMN alicloud.agent_versions.gray_switch_status_label IS 'What gray_switch_status says: 0 = off, 1 = on. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions.big_customer IS 'Whether the account may have custom upgrades of the agent. API field: BigCustomer.';
COMMENT ON COLUMN alicloud.agent_versions.latest_version_desc IS 'Description of the newest agent release. API field: LatestVersionDesc.';
COMMENT ON COLUMN alicloud.agent_versions.auto_upgrade IS 'Whether agents are upgraded automatically. API field: AutoUpgrade.';
COMMENT ON COLUMN alicloud.agent_versions.auto_upgrade_label IS 'What auto_upgrade says: 0 = off, 1 = on. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_versions.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_versions_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_versions_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_versions_history.cur_version IS 'Agent release in use now. API field: CurVersion.';
COMMENT ON COLUMN alicloud.agent_versions_history.upgrade_version IS 'Agent release that servers are being upgraded to, the version of publish_batches. API field: UpgradeVersion.';
COMMENT ON COLUMN alicloud.agent_versions_history.latest_version IS 'Newest agent release there is. API field: LatestVersion.';
COMMENT ON COLUMN alicloud.agent_versions_history.latest_version_created_at IS 'When the newest agent release was created. API field: LatestVersionCreate.';
COMMENT ON COLUMN alicloud.agent_versions_history.force_upgrade_at IS 'When the agent was, or is to be, upgraded by force. API field: ForceUpgradeTime.';
COMMENT ON COLUMN alicloud.agent_versions_history.publish_status IS 'How far the rollout of upgrade_version is. API field: PublishStatus.';
COMMENT ON COLUMN alicloud.agent_versions_history.publish_status_label IS 'What publish_status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions_history.gray_switch_status IS 'Whether releases are rolled out to a part of the servers first (canary release). API field: GraySwitchStatus.';
COMMENT ON COLUMN alicloud.agent_versions_history.gray_switch_status_label IS 'What gray_switch_status says: 0 = off, 1 = on. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions_history.big_customer IS 'Whether the account may have custom upgrades of the agent. API field: BigCustomer.';
COMMENT ON COLUMN alicloud.agent_versions_history.latest_version_desc IS 'Description of the newest agent release. API field: LatestVersionDesc.';
COMMENT ON COLUMN alicloud.agent_versions_history.auto_upgrade IS 'Whether agents are upgraded automatically. API field: AutoUpgrade.';
COMMENT ON COLUMN alicloud.agent_versions_history.auto_upgrade_label IS 'What auto_upgrade says: 0 = off, 1 = on. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_versions_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_versions_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE VIEW syncer.agent_versions_changes AS
SELECT
    v.valid_from AS at,
    'agent_versions'::text AS source,
    v.account_id,
    v.region_id,
    (''::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('cur_version', to_jsonb(p.cur_version), to_jsonb(v.cur_version)),
            ('upgrade_version', to_jsonb(p.upgrade_version), to_jsonb(v.upgrade_version)),
            ('latest_version', to_jsonb(p.latest_version), to_jsonb(v.latest_version)),
            ('latest_version_created_at', to_jsonb(p.latest_version_created_at), to_jsonb(v.latest_version_created_at)),
            ('force_upgrade_at', to_jsonb(p.force_upgrade_at), to_jsonb(v.force_upgrade_at)),
            ('publish_status', to_jsonb(p.publish_status), to_jsonb(v.publish_status)),
            ('gray_switch_status', to_jsonb(p.gray_switch_status), to_jsonb(v.gray_switch_status)),
            ('big_customer', to_jsonb(p.big_customer), to_jsonb(v.big_customer)),
            ('latest_version_desc', to_jsonb(p.latest_version_desc), to_jsonb(v.latest_version_desc)),
            ('auto_upgrade', to_jsonb(p.auto_upgrade), to_jsonb(v.auto_upgrade)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.agent_versions AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.cur_version,
        p.upgrade_version,
        p.latest_version,
        p.latest_version_created_at,
        p.force_upgrade_at,
        p.publish_status,
        p.gray_switch_status,
        p.big_customer,
        p.latest_version_desc,
        p.auto_upgrade,
        p.extra
    FROM syncer.agent_versions AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'agent_versions'::text,
    v.account_id,
    v.region_id,
    (''::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.agent_versions AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.agent_versions AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.agent_versions_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.publish_batches AS
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
        ELSE status::text
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
        ELSE operation_base::text
    END AS operation_base_label,
    extra,
    valid_from
FROM syncer.publish_batches
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.publish_batches_history AS
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
        ELSE status::text
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
        ELSE operation_base::text
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
        ELSE status::text
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
        ELSE operation_base::text
    END AS operation_base_label,
    extra,
    valid_from,
    valid_to
FROM syncer.publish_batches
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.publish_batches_as_of(at timestamptz)
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
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.publish_batches IS 'Versions behind alicloud.publish_batches and alicloud.publish_batches_history. Read those.';
COMMENT ON COLUMN syncer.publish_batches.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.publish_batches.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.publish_batches IS 'One row per agent release and batch: how far the upgrade of the servers in the batch is. As it stands now. From Sas ListPublishBatch.';
COMMENT ON VIEW alicloud.publish_batches_history IS 'One row per agent release and batch: how far the upgrade of the servers in the batch is. Every version that is kept, with the time it stood. From Sas ListPublishBatch.';
COMMENT ON FUNCTION alicloud.publish_batches_as_of(timestamptz) IS 'The rows that alicloud.publish_batches showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.publish_batches.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.publish_batches.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.publish_batches.version IS 'Agent release that the batch upgrades its servers to. API field: Version.';
COMMENT ON COLUMN alicloud.publish_batches.batch_id IS 'ID of the batch. API field: BatchId.';
COMMENT ON COLUMN alicloud.publish_batches.batch_name IS 'Name of the batch. API field: BatchName.';
COMMENT ON COLUMN alicloud.publish_batches.status IS 'How far the batch is. API field: Status.';
COMMENT ON COLUMN alicloud.publish_batches.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_batches.batch_process IS 'Servers in the batch that have been upgraded so far. API field: BatchProcess.';
COMMENT ON COLUMN alicloud.publish_batches.batch_no IS 'Number of the batch within the release, which may be 2147483647. API field: BatchNo.';
COMMENT ON COLUMN alicloud.publish_batches.batch_total IS 'Batches that the release is rolled out in. API field: BatchTotal.';
COMMENT ON COLUMN alicloud.publish_batches.batch_interval_hours IS 'Hours between two batches of the release. API field: BatchInterval.';
COMMENT ON COLUMN alicloud.publish_batches.operation_base IS 'By what the servers of the batch were chosen. API field: OperationBase.';
COMMENT ON COLUMN alicloud.publish_batches.operation_base_label IS 'What operation_base says: 0 = instance, 1 = machine group, 2 = VPC. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_batches.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.publish_batches.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.publish_batches_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.publish_batches_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.publish_batches_history.version IS 'Agent release that the batch upgrades its servers to. API field: Version.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_id IS 'ID of the batch. API field: BatchId.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_name IS 'Name of the batch. API field: BatchName.';
COMMENT ON COLUMN alicloud.publish_batches_history.status IS 'How far the batch is. API field: Status.';
COMMENT ON COLUMN alicloud.publish_batches_history.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_process IS 'Servers in the batch that have been upgraded so far. API field: BatchProcess.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_no IS 'Number of the batch within the release, which may be 2147483647. API field: BatchNo.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_total IS 'Batches that the release is rolled out in. API field: BatchTotal.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_interval_hours IS 'Hours between two batches of the release. API field: BatchInterval.';
COMMENT ON COLUMN alicloud.publish_batches_history.operation_base IS 'By what the servers of the batch were chosen. API field: OperationBase.';
COMMENT ON COLUMN alicloud.publish_batches_history.operation_base_label IS 'What operation_base says: 0 = instance, 1 = machine group, 2 = VPC. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_batches_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.publish_batches_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.publish_batches_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE VIEW syncer.publish_batches_changes AS
SELECT
    v.valid_from AS at,
    'publish_batches'::text AS source,
    v.account_id,
    v.region_id,
    (v.version::text || '/' || v.batch_id::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('batch_name', to_jsonb(p.batch_name), to_jsonb(v.batch_name)),
            ('status', to_jsonb(p.status), to_jsonb(v.status)),
            ('batch_process', to_jsonb(p.batch_process), to_jsonb(v.batch_process)),
            ('batch_no', to_jsonb(p.batch_no), to_jsonb(v.batch_no)),
            ('batch_total', to_jsonb(p.batch_total), to_jsonb(v.batch_total)),
            ('batch_interval_hours', to_jsonb(p.batch_interval_hours), to_jsonb(v.batch_interval_hours)),
            ('operation_base', to_jsonb(p.operation_base), to_jsonb(v.operation_base)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.publish_batches AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.batch_name,
        p.status,
        p.batch_process,
        p.batch_no,
        p.batch_total,
        p.batch_interval_hours,
        p.operation_base,
        p.extra
    FROM syncer.publish_batches AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.version = v.version AND p.batch_id = v.batch_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'publish_batches'::text,
    v.account_id,
    v.region_id,
    (v.version::text || '/' || v.batch_id::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.publish_batches AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.publish_batches AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.version = v.version AND n.batch_id = v.batch_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.publish_batches_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.publish_progress_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.version,
    r.batch_id,
    r.status AS status,
    CASE r.status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
        ELSE r.status::text
    END AS status_label,
    r.upgraded_servers::bigint AS upgraded_servers
FROM syncer.publish_progress_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.publish_progress_daily IS 'Rollup behind alicloud.publish_progress_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.publish_progress_daily IS 'One row per day, account, region, agent release and batch: how far the batch had come. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.publish_batches.';
COMMENT ON COLUMN alicloud.publish_progress_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.publish_progress_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.publish_progress_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.publish_progress_daily.version IS 'Agent release that the batch upgrades its servers to.';
COMMENT ON COLUMN alicloud.publish_progress_daily.batch_id IS 'ID of the batch.';
COMMENT ON COLUMN alicloud.publish_progress_daily.status IS 'How far the batch is; NULL while it is not listed.';
COMMENT ON COLUMN alicloud.publish_progress_daily.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_progress_daily.upgraded_servers IS 'Servers in the batch that have been upgraded so far.';

CREATE OR REPLACE VIEW alicloud.cloud_center_instances AS
SELECT
    account_id,
    region_id,
    uuid,
    instance_id,
    instance_name,
    instance_region_id,
    region,
    region_name,
    status,
    CASE status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
        ELSE status
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE client_status
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
        ELSE client_sub_status
    END AS client_sub_status_label,
    last_login_at,
    os,
    os_name,
    kernel,
    cores,
    cpu_info,
    mem_mb,
    internet_ip,
    intranet_ip,
    ip,
    ip_list_string,
    mac_list_string,
    vpc_instance_id,
    importance,
    CASE importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
        ELSE importance::text
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 0 THEN 'unauthorized'
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 8 THEN 'Multi-Edition'
        WHEN 10 THEN 'Value-added Plan'
        ELSE auth_version::text
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
        ELSE post_paid_flag::text
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
        ELSE bind_file_protect_type
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
        ELSE exposed_status::text
    END AS exposed_status_label,
    vul_status,
    vul_count,
    hc_status,
    health_check_count,
    alarm_status,
    safe_event_count,
    risk_count,
    vendor,
    CASE vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE vendor::text
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        ELSE flag::text
    END AS flag_label,
    flag_name,
    asset_type,
    CASE asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
        ELSE asset_type
    END AS asset_type_label,
    asset_type_name,
    has_container,
    pod_count,
    cluster_id,
    cluster_name,
    namespace,
    created_at,
    app_id,
    app_name,
    service_id,
    extra,
    valid_from,
    edr_auth_version,
    free_type
FROM syncer.cloud_center_instances
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.cloud_center_instances_history AS
SELECT
    account_id,
    region_id,
    uuid,
    instance_id,
    instance_name,
    instance_region_id,
    region,
    region_name,
    status,
    CASE status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
        ELSE status
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE client_status
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
        ELSE client_sub_status
    END AS client_sub_status_label,
    last_login_at,
    os,
    os_name,
    kernel,
    cores,
    cpu_info,
    mem_mb,
    internet_ip,
    intranet_ip,
    ip,
    ip_list_string,
    mac_list_string,
    vpc_instance_id,
    importance,
    CASE importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
        ELSE importance::text
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 0 THEN 'unauthorized'
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 8 THEN 'Multi-Edition'
        WHEN 10 THEN 'Value-added Plan'
        ELSE auth_version::text
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
        ELSE post_paid_flag::text
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
        ELSE bind_file_protect_type
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
        ELSE exposed_status::text
    END AS exposed_status_label,
    vul_status,
    vul_count,
    hc_status,
    health_check_count,
    alarm_status,
    safe_event_count,
    risk_count,
    vendor,
    CASE vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE vendor::text
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        ELSE flag::text
    END AS flag_label,
    flag_name,
    asset_type,
    CASE asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
        ELSE asset_type
    END AS asset_type_label,
    asset_type_name,
    has_container,
    pod_count,
    cluster_id,
    cluster_name,
    namespace,
    created_at,
    app_id,
    app_name,
    service_id,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to,
    edr_auth_version,
    free_type
FROM syncer.cloud_center_instances
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    uuid,
    instance_id,
    instance_name,
    instance_region_id,
    region,
    region_name,
    status,
    CASE status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
        ELSE status
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE client_status
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
        ELSE client_sub_status
    END AS client_sub_status_label,
    last_login_at,
    os,
    os_name,
    kernel,
    cores,
    cpu_info,
    mem_mb,
    internet_ip,
    intranet_ip,
    ip,
    ip_list_string,
    mac_list_string,
    vpc_instance_id,
    importance,
    CASE importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
        ELSE importance::text
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 0 THEN 'unauthorized'
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 8 THEN 'Multi-Edition'
        WHEN 10 THEN 'Value-added Plan'
        ELSE auth_version::text
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
        ELSE post_paid_flag::text
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
        ELSE bind_file_protect_type
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
        ELSE exposed_status::text
    END AS exposed_status_label,
    vul_status,
    vul_count,
    hc_status,
    health_check_count,
    alarm_status,
    safe_event_count,
    risk_count,
    vendor,
    CASE vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE vendor::text
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        ELSE flag::text
    END AS flag_label,
    flag_name,
    asset_type,
    CASE asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
        ELSE asset_type
    END AS asset_type_label,
    asset_type_name,
    has_container,
    pod_count,
    cluster_id,
    cluster_name,
    namespace,
    created_at,
    app_id,
    app_name,
    service_id,
    extra,
    valid_from,
    valid_to,
    edr_auth_version,
    free_type
FROM syncer.cloud_center_instances
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.cloud_center_instances_as_of(at timestamptz)
RETURNS SETOF alicloud.cloud_center_instances
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.uuid,
    h.instance_id,
    h.instance_name,
    h.instance_region_id,
    h.region,
    h.region_name,
    h.status,
    h.status_label,
    h.client_status,
    h.client_status_label,
    h.client_sub_status,
    h.client_sub_status_label,
    h.last_login_at,
    h.os,
    h.os_name,
    h.kernel,
    h.cores,
    h.cpu_info,
    h.mem_mb,
    h.internet_ip,
    h.intranet_ip,
    h.ip,
    h.ip_list_string,
    h.mac_list_string,
    h.vpc_instance_id,
    h.importance,
    h.importance_label,
    h.group_id,
    h.group_trace,
    h.tag,
    h.tag_id,
    h.tag_resources,
    h.auth_version,
    h.auth_version_label,
    h.auth_version_name,
    h.auth_modified_at,
    h.bind,
    h.post_paid_flag,
    h.post_paid_flag_label,
    h.bind_file_protect_type,
    h.bind_file_protect_type_label,
    h.risk_status,
    h.exposed_status,
    h.exposed_status_label,
    h.vul_status,
    h.vul_count,
    h.hc_status,
    h.health_check_count,
    h.alarm_status,
    h.safe_event_count,
    h.risk_count,
    h.vendor,
    h.vendor_label,
    h.vendor_name,
    h.vendor_uid,
    h.vendor_user_name,
    h.flag,
    h.flag_label,
    h.flag_name,
    h.asset_type,
    h.asset_type_label,
    h.asset_type_name,
    h.has_container,
    h.pod_count,
    h.cluster_id,
    h.cluster_name,
    h.namespace,
    h.created_at,
    h.app_id,
    h.app_name,
    h.service_id,
    h.extra,
    h.valid_from,
    h.edr_auth_version,
    h.free_type
FROM alicloud.cloud_center_instances_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.cloud_center_instances IS 'Versions behind alicloud.cloud_center_instances and alicloud.cloud_center_instances_history. Read those.';
COMMENT ON COLUMN syncer.cloud_center_instances.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.cloud_center_instances.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.cloud_center_instances IS 'One row per server that Security Center knows: what it is, where it runs, how its agent and its protection stand and which risks were found. As it stands now. From Sas DescribeCloudCenterInstances.';
COMMENT ON VIEW alicloud.cloud_center_instances_history IS 'One row per server that Security Center knows: what it is, where it runs, how its agent and its protection stand and which risks were found. Every version that is kept, with the time it stood. From Sas DescribeCloudCenterInstances.';
COMMENT ON FUNCTION alicloud.cloud_center_instances_as_of(timestamptz) IS 'The rows that alicloud.cloud_center_instances showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.cloud_center_instances.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.cloud_center_instances.uuid IS 'UUID that Security Center gave the server. API field: Uuid.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_id IS 'ID of the instance, such as an ECS instance ID. API field: InstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_name IS 'Name of the instance. API field: InstanceName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_region_id IS 'ID of the region that the server is in, whereas region_id is the Security Center region that answered. API field: RegionId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region IS 'Region of the server as the API''s field Region spells it, which may be longer than instance_region_id. API field: Region.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region_name IS 'Name of the region that the server is in, such as China (Hangzhou). API field: RegionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.status IS 'Whether the server runs. API field: Status.';
COMMENT ON COLUMN alicloud.cloud_center_instances.status_label IS 'What status says: Running = running, notRunning = not running. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_status IS 'Whether the agent on the server is online. API field: ClientStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_sub_status IS 'Whether the agent is online and, where it is not, why. API field: ClientSubStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_sub_status_label IS 'What client_sub_status says: online = online, offline = offline, pause = paused, uninstalled = not installed, stopped = server shut down. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.last_login_at IS 'When the agent was last online, which moves at nearly every call. Kept current; makes no version. API field: LastLoginTimestamp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.os IS 'Operating system, such as Linux. API field: Os.';
COMMENT ON COLUMN alicloud.cloud_center_instances.os_name IS 'Operating system with its version. API field: OsName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.kernel IS 'Version of the kernel. API field: Kernel.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cores IS 'CPU cores. API field: Cores.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cpu_info IS 'Model of the CPU. API field: CpuInfo.';
COMMENT ON COLUMN alicloud.cloud_center_instances.mem_mb IS 'Memory, in MB. API field: Mem.';
COMMENT ON COLUMN alicloud.cloud_center_instances.internet_ip IS 'Public IP address. API field: InternetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.intranet_ip IS 'Private IP address. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.ip IS 'IP address in the API''s field Ip, by its page the public one. API field: Ip.';
COMMENT ON COLUMN alicloud.cloud_center_instances.ip_list_string IS 'All IP addresses of the system, separated by commas. API field: IpListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances.mac_list_string IS 'All MAC addresses of the system, separated by commas. API field: MacListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vpc_instance_id IS 'ID of the VPC that the server is in. API field: VpcInstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.importance IS 'How important the server is. API field: Importance.';
COMMENT ON COLUMN alicloud.cloud_center_instances.importance_label IS 'What importance says: 0 = test, 1 = common, 2 = important. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.group_id IS 'ID of the server group. API field: GroupId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.group_trace IS 'Name of the server group. API field: GroupTrace.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag IS 'Names of the tags given in Security Center, separated by commas. API field: Tag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag_id IS 'IDs of the tags given in Security Center, separated by commas. API field: TagId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag_resources IS 'Custom tags of a Lingjun node as key:value pairs separated by commas; NULL for other servers. API field: TagResources.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version IS 'Edition of Security Center that protects the server. API field: AuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version_label IS 'What auth_version says: 0 = unauthorized, 1 = Basic, 3 = Enterprise, 5 = Advanced, 6 = Anti-virus, 7 = Ultimate, 8 = Multi-Edition, 10 = Value-added Plan. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version_name IS 'Name of the edition that protects the server, in the API''s language. API field: AuthVersionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_modified_at IS 'When the edition was bound to the server. API field: AuthModifyTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind IS 'Whether an edition is bound to the server. API field: Bind.';
COMMENT ON COLUMN alicloud.cloud_center_instances.post_paid_flag IS 'How the edition bound to the server is paid. API field: PostPaidFlag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.post_paid_flag_label IS 'What post_paid_flag says: 0 = subscription, 1 = pay-as-you-go. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind_file_protect_type IS 'Whether a tamper-proofing licence is bound to the server. API field: BindFileProtectType.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind_file_protect_type_label IS 'What bind_file_protect_type says: block = bound, none = not bound. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.risk_status IS 'Whether the server has any security risk: YES or NO. API field: RiskStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.exposed_status IS 'Whether the server is exposed to the Internet. API field: ExposedStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.exposed_status_label IS 'What exposed_status says: 0 = not exposed, 1 = exposed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vul_status IS 'Whether the server has vulnerabilities: YES or NO. API field: VulStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vul_count IS 'Vulnerabilities found on the server. API field: VulCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.hc_status IS 'Whether the server has baseline risks: YES or NO. API field: HcStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.health_check_count IS 'Baseline risks found on the server. API field: HealthCheckCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.alarm_status IS 'Whether the server has security alerts: YES or NO. API field: AlarmStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.safe_event_count IS 'Security alerts on the server. API field: SafeEventCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.risk_count IS 'Number of risks of each kind, as an object such as {"vul": 2, "trojan": 0, "weakPWNum": 1}. API field: RiskCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor IS 'Where the server comes from. API field: Vendor.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = Tencent Cloud, 4 = Huawei Cloud, 5 = Azure, 7 = AWS, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_name IS 'Name of what vendor stands for, such as ALIYUN or IDC. API field: VendorName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_uid IS 'ID of the account at another cloud that the server belongs to. API field: VendorUid.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_user_name IS 'Name of the account at another cloud that the server belongs to. API field: VendorUserName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag IS 'Whether the server is one of Alibaba Cloud. API field: Flag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag_label IS 'What flag says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag_name IS 'Name of the server''s origin, such as ALIYUN, OUT or IDC. API field: FlagName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type IS 'What kind of asset the server is. API field: AssetType.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type_label IS 'What asset_type says: 0 = ECS instance, 1 = SLB instance, 2 = NAT gateway, 3 = ApsaraDB RDS instance, 4 = ApsaraDB for MongoDB instance, 5 = ApsaraDB for Redis instance, 6 = container image, 7 = container. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type_name IS 'Name of the kind of asset, in the API''s language. API field: AssetTypeName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.has_container IS 'Whether containers run on the server: YES or NO. API field: HasContainer.';
COMMENT ON COLUMN alicloud.cloud_center_instances.pod_count IS 'Pods on the server. API field: PodCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cluster_id IS 'ID of the container cluster that the server belongs to. API field: ClusterId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cluster_name IS 'Name of the container cluster that the server belongs to. API field: ClusterName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.namespace IS 'Namespace in the container cluster. API field: Namespace.';
COMMENT ON COLUMN alicloud.cloud_center_instances.created_at IS 'When the container cluster was created, by the API''s page, and not the server. API field: CreatedTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances.app_id IS 'ID of the application; only where vendor is 9 (SAE). API field: AppId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.app_name IS 'Name of the application; only where vendor is 9 (SAE). API field: AppName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.service_id IS 'ID of the service; only for serverless instances of PAI. API field: ServiceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.cloud_center_instances.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.cloud_center_instances.edr_auth_version IS 'Edition of the licence for endpoint detection and response (EDR). API field: EdrAuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances.free_type IS 'Kind of the free quota that the server uses, in the API''s own words. API field: FreeType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.uuid IS 'UUID that Security Center gave the server. API field: Uuid.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_id IS 'ID of the instance, such as an ECS instance ID. API field: InstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_name IS 'Name of the instance. API field: InstanceName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_region_id IS 'ID of the region that the server is in, whereas region_id is the Security Center region that answered. API field: RegionId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region IS 'Region of the server as the API''s field Region spells it, which may be longer than instance_region_id. API field: Region.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region_name IS 'Name of the region that the server is in, such as China (Hangzhou). API field: RegionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.status IS 'Whether the server runs. API field: Status.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.status_label IS 'What status says: Running = running, notRunning = not running. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_status IS 'Whether the agent on the server is online. API field: ClientStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_sub_status IS 'Whether the agent is online and, where it is not, why. API field: ClientSubStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_sub_status_label IS 'What client_sub_status says: online = online, offline = offline, pause = paused, uninstalled = not installed, stopped = server shut down. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.last_login_at IS 'When the agent was last online, which moves at nearly every call. Kept current; makes no version. API field: LastLoginTimestamp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.os IS 'Operating system, such as Linux. API field: Os.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.os_name IS 'Operating system with its version. API field: OsName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.kernel IS 'Version of the kernel. API field: Kernel.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cores IS 'CPU cores. API field: Cores.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cpu_info IS 'Model of the CPU. API field: CpuInfo.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.mem_mb IS 'Memory, in MB. API field: Mem.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.internet_ip IS 'Public IP address. API field: InternetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.intranet_ip IS 'Private IP address. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.ip IS 'IP address in the API''s field Ip, by its page the public one. API field: Ip.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.ip_list_string IS 'All IP addresses of the system, separated by commas. API field: IpListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.mac_list_string IS 'All MAC addresses of the system, separated by commas. API field: MacListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vpc_instance_id IS 'ID of the VPC that the server is in. API field: VpcInstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.importance IS 'How important the server is. API field: Importance.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.importance_label IS 'What importance says: 0 = test, 1 = common, 2 = important. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.group_id IS 'ID of the server group. API field: GroupId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.group_trace IS 'Name of the server group. API field: GroupTrace.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag IS 'Names of the tags given in Security Center, separated by commas. API field: Tag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag_id IS 'IDs of the tags given in Security Center, separated by commas. API field: TagId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag_resources IS 'Custom tags of a Lingjun node as key:value pairs separated by commas; NULL for other servers. API field: TagResources.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version IS 'Edition of Security Center that protects the server. API field: AuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version_label IS 'What auth_version says: 0 = unauthorized, 1 = Basic, 3 = Enterprise, 5 = Advanced, 6 = Anti-virus, 7 = Ultimate, 8 = Multi-Edition, 10 = Value-added Plan. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version_name IS 'Name of the edition that protects the server, in the API''s language. API field: AuthVersionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_modified_at IS 'When the edition was bound to the server. API field: AuthModifyTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind IS 'Whether an edition is bound to the server. API field: Bind.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.post_paid_flag IS 'How the edition bound to the server is paid. API field: PostPaidFlag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.post_paid_flag_label IS 'What post_paid_flag says: 0 = subscription, 1 = pay-as-you-go. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind_file_protect_type IS 'Whether a tamper-proofing licence is bound to the server. API field: BindFileProtectType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind_file_protect_type_label IS 'What bind_file_protect_type says: block = bound, none = not bound. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.risk_status IS 'Whether the server has any security risk: YES or NO. API field: RiskStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.exposed_status IS 'Whether the server is exposed to the Internet. API field: ExposedStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.exposed_status_label IS 'What exposed_status says: 0 = not exposed, 1 = exposed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vul_status IS 'Whether the server has vulnerabilities: YES or NO. API field: VulStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vul_count IS 'Vulnerabilities found on the server. API field: VulCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.hc_status IS 'Whether the server has baseline risks: YES or NO. API field: HcStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.health_check_count IS 'Baseline risks found on the server. API field: HealthCheckCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.alarm_status IS 'Whether the server has security alerts: YES or NO. API field: AlarmStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.safe_event_count IS 'Security alerts on the server. API field: SafeEventCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.risk_count IS 'Number of risks of each kind, as an object such as {"vul": 2, "trojan": 0, "weakPWNum": 1}. API field: RiskCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor IS 'Where the server comes from. API field: Vendor.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = Tencent Cloud, 4 = Huawei Cloud, 5 = Azure, 7 = AWS, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_name IS 'Name of what vendor stands for, such as ALIYUN or IDC. API field: VendorName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_uid IS 'ID of the account at another cloud that the server belongs to. API field: VendorUid.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_user_name IS 'Name of the account at another cloud that the server belongs to. API field: VendorUserName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag IS 'Whether the server is one of Alibaba Cloud. API field: Flag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag_label IS 'What flag says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag_name IS 'Name of the server''s origin, such as ALIYUN, OUT or IDC. API field: FlagName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type IS 'What kind of asset the server is. API field: AssetType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type_label IS 'What asset_type says: 0 = ECS instance, 1 = SLB instance, 2 = NAT gateway, 3 = ApsaraDB RDS instance, 4 = ApsaraDB for MongoDB instance, 5 = ApsaraDB for Redis instance, 6 = container image, 7 = container. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type_name IS 'Name of the kind of asset, in the API''s language. API field: AssetTypeName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.has_container IS 'Whether containers run on the server: YES or NO. API field: HasContainer.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.pod_count IS 'Pods on the server. API field: PodCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cluster_id IS 'ID of the container cluster that the server belongs to. API field: ClusterId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cluster_name IS 'Name of the container cluster that the server belongs to. API field: ClusterName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.namespace IS 'Namespace in the container cluster. API field: Namespace.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.created_at IS 'When the container cluster was created, by the API''s page, and not the server. API field: CreatedTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.app_id IS 'ID of the application; only where vendor is 9 (SAE). API field: AppId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.app_name IS 'Name of the application; only where vendor is 9 (SAE). API field: AppName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.service_id IS 'ID of the service; only for serverless instances of PAI. API field: ServiceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.edr_auth_version IS 'Edition of the licence for endpoint detection and response (EDR). API field: EdrAuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.free_type IS 'Kind of the free quota that the server uses, in the API''s own words. API field: FreeType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE VIEW syncer.cloud_center_instances_changes AS
SELECT
    v.valid_from AS at,
    'cloud_center_instances'::text AS source,
    v.account_id,
    v.region_id,
    (v.uuid::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('instance_id', to_jsonb(p.instance_id), to_jsonb(v.instance_id)),
            ('instance_name', to_jsonb(p.instance_name), to_jsonb(v.instance_name)),
            ('instance_region_id', to_jsonb(p.instance_region_id), to_jsonb(v.instance_region_id)),
            ('region', to_jsonb(p.region), to_jsonb(v.region)),
            ('region_name', to_jsonb(p.region_name), to_jsonb(v.region_name)),
            ('status', to_jsonb(p.status), to_jsonb(v.status)),
            ('client_status', to_jsonb(p.client_status), to_jsonb(v.client_status)),
            ('client_sub_status', to_jsonb(p.client_sub_status), to_jsonb(v.client_sub_status)),
            ('os', to_jsonb(p.os), to_jsonb(v.os)),
            ('os_name', to_jsonb(p.os_name), to_jsonb(v.os_name)),
            ('kernel', to_jsonb(p.kernel), to_jsonb(v.kernel)),
            ('cores', to_jsonb(p.cores), to_jsonb(v.cores)),
            ('cpu_info', to_jsonb(p.cpu_info), to_jsonb(v.cpu_info)),
            ('mem_mb', to_jsonb(p.mem_mb), to_jsonb(v.mem_mb)),
            ('internet_ip', to_jsonb(p.internet_ip), to_jsonb(v.internet_ip)),
            ('intranet_ip', to_jsonb(p.intranet_ip), to_jsonb(v.intranet_ip)),
            ('ip', to_jsonb(p.ip), to_jsonb(v.ip)),
            ('ip_list_string', to_jsonb(p.ip_list_string), to_jsonb(v.ip_list_string)),
            ('mac_list_string', to_jsonb(p.mac_list_string), to_jsonb(v.mac_list_string)),
            ('vpc_instance_id', to_jsonb(p.vpc_instance_id), to_jsonb(v.vpc_instance_id)),
            ('importance', to_jsonb(p.importance), to_jsonb(v.importance)),
            ('group_id', to_jsonb(p.group_id), to_jsonb(v.group_id)),
            ('group_trace', to_jsonb(p.group_trace), to_jsonb(v.group_trace)),
            ('tag', to_jsonb(p.tag), to_jsonb(v.tag)),
            ('tag_id', to_jsonb(p.tag_id), to_jsonb(v.tag_id)),
            ('tag_resources', to_jsonb(p.tag_resources), to_jsonb(v.tag_resources)),
            ('auth_version', to_jsonb(p.auth_version), to_jsonb(v.auth_version)),
            ('auth_version_name', to_jsonb(p.auth_version_name), to_jsonb(v.auth_version_name)),
            ('auth_modified_at', to_jsonb(p.auth_modified_at), to_jsonb(v.auth_modified_at)),
            ('bind', to_jsonb(p.bind), to_jsonb(v.bind)),
            ('post_paid_flag', to_jsonb(p.post_paid_flag), to_jsonb(v.post_paid_flag)),
            ('bind_file_protect_type', to_jsonb(p.bind_file_protect_type), to_jsonb(v.bind_file_protect_type)),
            ('risk_status', to_jsonb(p.risk_status), to_jsonb(v.risk_status)),
            ('exposed_status', to_jsonb(p.exposed_status), to_jsonb(v.exposed_status)),
            ('vul_status', to_jsonb(p.vul_status), to_jsonb(v.vul_status)),
            ('vul_count', to_jsonb(p.vul_count), to_jsonb(v.vul_count)),
            ('hc_status', to_jsonb(p.hc_status), to_jsonb(v.hc_status)),
            ('health_check_count', to_jsonb(p.health_check_count), to_jsonb(v.health_check_count)),
            ('alarm_status', to_jsonb(p.alarm_status), to_jsonb(v.alarm_status)),
            ('safe_event_count', to_jsonb(p.safe_event_count), to_jsonb(v.safe_event_count)),
            ('risk_count', to_jsonb(p.risk_count), to_jsonb(v.risk_count)),
            ('vendor', to_jsonb(p.vendor), to_jsonb(v.vendor)),
            ('vendor_name', to_jsonb(p.vendor_name), to_jsonb(v.vendor_name)),
            ('vendor_uid', to_jsonb(p.vendor_uid), to_jsonb(v.vendor_uid)),
            ('vendor_user_name', to_jsonb(p.vendor_user_name), to_jsonb(v.vendor_user_name)),
            ('flag', to_jsonb(p.flag), to_jsonb(v.flag)),
            ('flag_name', to_jsonb(p.flag_name), to_jsonb(v.flag_name)),
            ('asset_type', to_jsonb(p.asset_type), to_jsonb(v.asset_type)),
            ('asset_type_name', to_jsonb(p.asset_type_name), to_jsonb(v.asset_type_name)),
            ('has_container', to_jsonb(p.has_container), to_jsonb(v.has_container)),
            ('pod_count', to_jsonb(p.pod_count), to_jsonb(v.pod_count)),
            ('cluster_id', to_jsonb(p.cluster_id), to_jsonb(v.cluster_id)),
            ('cluster_name', to_jsonb(p.cluster_name), to_jsonb(v.cluster_name)),
            ('namespace', to_jsonb(p.namespace), to_jsonb(v.namespace)),
            ('created_at', to_jsonb(p.created_at), to_jsonb(v.created_at)),
            ('app_id', to_jsonb(p.app_id), to_jsonb(v.app_id)),
            ('app_name', to_jsonb(p.app_name), to_jsonb(v.app_name)),
            ('service_id', to_jsonb(p.service_id), to_jsonb(v.service_id)),
            ('edr_auth_version', to_jsonb(p.edr_auth_version), to_jsonb(v.edr_auth_version)),
            ('free_type', to_jsonb(p.free_type), to_jsonb(v.free_type)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.cloud_center_instances AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.instance_id,
        p.instance_name,
        p.instance_region_id,
        p.region,
        p.region_name,
        p.status,
        p.client_status,
        p.client_sub_status,
        p.os,
        p.os_name,
        p.kernel,
        p.cores,
        p.cpu_info,
        p.mem_mb,
        p.internet_ip,
        p.intranet_ip,
        p.ip,
        p.ip_list_string,
        p.mac_list_string,
        p.vpc_instance_id,
        p.importance,
        p.group_id,
        p.group_trace,
        p.tag,
        p.tag_id,
        p.tag_resources,
        p.auth_version,
        p.auth_version_name,
        p.auth_modified_at,
        p.bind,
        p.post_paid_flag,
        p.bind_file_protect_type,
        p.risk_status,
        p.exposed_status,
        p.vul_status,
        p.vul_count,
        p.hc_status,
        p.health_check_count,
        p.alarm_status,
        p.safe_event_count,
        p.risk_count,
        p.vendor,
        p.vendor_name,
        p.vendor_uid,
        p.vendor_user_name,
        p.flag,
        p.flag_name,
        p.asset_type,
        p.asset_type_name,
        p.has_container,
        p.pod_count,
        p.cluster_id,
        p.cluster_name,
        p.namespace,
        p.created_at,
        p.app_id,
        p.app_name,
        p.service_id,
        p.edr_auth_version,
        p.free_type,
        p.extra
    FROM syncer.cloud_center_instances AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.uuid = v.uuid AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'cloud_center_instances'::text,
    v.account_id,
    v.region_id,
    (v.uuid::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.cloud_center_instances AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.cloud_center_instances AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.uuid = v.uuid AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.cloud_center_instances_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.fleet_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.client_status,
    CASE r.client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE r.client_status
    END AS client_status_label,
    r.os,
    r.vendor,
    CASE r.vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE r.vendor::text
    END AS vendor_label,
    r.servers AS servers
FROM syncer.fleet_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.fleet_daily IS 'Rollup behind alicloud.fleet_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.fleet_daily IS 'One row per day, account, region, agent status, operating system and vendor: how many servers there were. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.cloud_center_instances.';
COMMENT ON COLUMN alicloud.fleet_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.fleet_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.fleet_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.fleet_daily.client_status IS 'Whether the agent on the server is online.';
COMMENT ON COLUMN alicloud.fleet_daily.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.fleet_daily.os IS 'Operating system, such as Linux.';
COMMENT ON COLUMN alicloud.fleet_daily.vendor IS 'Where the server comes from.';
COMMENT ON COLUMN alicloud.fleet_daily.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = Tencent Cloud, 4 = Huawei Cloud, 5 = Azure, 7 = AWS, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.fleet_daily.servers IS 'Servers that Security Center knew at the end of the day.';

CREATE OR REPLACE VIEW alicloud.agent_install_statuses AS
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
        ELSE result::text
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
        ELSE result_code::text
    END AS result_code_label,
    message,
    extra,
    valid_from
FROM syncer.agent_install_statuses
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.agent_install_statuses_history AS
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
        ELSE result::text
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
        ELSE result_code::text
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
        ELSE result::text
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
        ELSE result_code::text
    END AS result_code_label,
    message,
    extra,
    valid_from,
    valid_to
FROM syncer.agent_install_statuses
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agent_install_statuses_as_of(at timestamptz)
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
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.agent_install_statuses IS 'Versions behind alicloud.agent_install_statuses and alicloud.agent_install_statuses_history. Read those.';
COMMENT ON COLUMN syncer.agent_install_statuses.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agent_install_statuses.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.agent_install_statuses IS 'One row per server that an agent installation was seen on: how the installation last seen went. As it stands now. From Sas DescribeAgentInstallStatus.';
COMMENT ON VIEW alicloud.agent_install_statuses_history IS 'One row per server that an agent installation was seen on: how the installation last seen went. Every version that is kept, with the time it stood. From Sas DescribeAgentInstallStatus.';
COMMENT ON FUNCTION alicloud.agent_install_statuses_as_of(timestamptz) IS 'The rows that alicloud.agent_install_statuses showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.agent_install_statuses.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_install_statuses.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_install_statuses.uuid IS 'UUID of the server, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result IS 'How the installation went. API field: Result.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result_label IS 'What result says: -1 = not installed, 0 = installing, 1 = installed, 2 = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result_code IS 'What the installation succeeded or failed with, a field that the API spells ResuleCode. API field: ResuleCode.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result_code_label IS 'What result_code says: -1 = not installed, 0 = installed, 1 = directory not created, 2 = package not downloaded, 3 = installation file missing, 4 = verification information missing, 5 = installation file not verified, 6 = installation file not executed, 7 = permission denied, 8 = no agent process, 100 = unknown error, 1001 = region not supported, 1002 = server outside Alibaba Cloud, install by script, 1003 = operating system not supported, 1004 = internal error, 1005 = instance not started, 1006 = classic network not supported, 1007 = command stopped, 1008 = Cloud Assistant not installed, 1009 = command timed out, 1010 = already online. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_statuses.message IS 'Message about the installation, without the line break that the API may end it with. API field: Message.';
COMMENT ON COLUMN alicloud.agent_install_statuses.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_install_statuses.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.uuid IS 'UUID of the server, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result IS 'How the installation went. API field: Result.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result_label IS 'What result says: -1 = not installed, 0 = installing, 1 = installed, 2 = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result_code IS 'What the installation succeeded or failed with, a field that the API spells ResuleCode. API field: ResuleCode.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result_code_label IS 'What result_code says: -1 = not installed, 0 = installed, 1 = directory not created, 2 = package not downloaded, 3 = installation file missing, 4 = verification information missing, 5 = installation file not verified, 6 = installation file not executed, 7 = permission denied, 8 = no agent process, 100 = unknown error, 1001 = region not supported, 1002 = server outside Alibaba Cloud, install by script, 1003 = operating system not supported, 1004 = internal error, 1005 = instance not started, 1006 = classic network not supported, 1007 = command stopped, 1008 = Cloud Assistant not installed, 1009 = command timed out, 1010 = already online. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.message IS 'Message about the installation, without the line break that the API may end it with. API field: Message.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE VIEW syncer.agent_install_statuses_changes AS
SELECT
    v.valid_from AS at,
    'agent_install_statuses'::text AS source,
    v.account_id,
    v.region_id,
    (v.uuid::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('result', to_jsonb(p.result), to_jsonb(v.result)),
            ('result_code', to_jsonb(p.result_code), to_jsonb(v.result_code)),
            ('message', to_jsonb(p.message), to_jsonb(v.message)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.agent_install_statuses AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.result,
        p.result_code,
        p.message,
        p.extra
    FROM syncer.agent_install_statuses AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.uuid = v.uuid AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'agent_install_statuses'::text,
    v.account_id,
    v.region_id,
    (v.uuid::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.agent_install_statuses AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.agent_install_statuses AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.uuid = v.uuid AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.agent_install_statuses_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.agent_install_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.result,
    CASE r.result
        WHEN -1 THEN 'not installed'
        WHEN 0 THEN 'installing'
        WHEN 1 THEN 'installed'
        WHEN 2 THEN 'failed'
        ELSE r.result::text
    END AS result_label,
    r.servers AS servers
FROM syncer.agent_install_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.agent_install_daily IS 'Rollup behind alicloud.agent_install_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.agent_install_daily IS 'One row per day, account, region and result: on how many servers the agent installation last seen ended so. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.agent_install_statuses.';
COMMENT ON COLUMN alicloud.agent_install_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.agent_install_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_install_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_install_daily.result IS 'How the installation went.';
COMMENT ON COLUMN alicloud.agent_install_daily.result_label IS 'What result says: -1 = not installed, 0 = installing, 1 = installed, 2 = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_daily.servers IS 'Servers with this result.';

CREATE OR REPLACE VIEW alicloud.instance_patch_states AS
SELECT
    account_id,
    region_id,
    instance_id,
    baseline_id,
    patch_group,
    owner_information,
    operation_type,
    operation_started_at,
    operation_ended_at,
    missing_count,
    installed_count,
    installed_other_count,
    installed_pending_reboot_count,
    installed_rejected_count,
    failed_count,
    extra,
    valid_from
FROM syncer.instance_patch_states
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.instance_patch_states_history AS
SELECT
    account_id,
    region_id,
    instance_id,
    baseline_id,
    patch_group,
    owner_information,
    operation_type,
    operation_started_at,
    operation_ended_at,
    missing_count,
    installed_count,
    installed_other_count,
    installed_pending_reboot_count,
    installed_rejected_count,
    failed_count,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.instance_patch_states
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    instance_id,
    baseline_id,
    patch_group,
    owner_information,
    operation_type,
    operation_started_at,
    operation_ended_at,
    missing_count,
    installed_count,
    installed_other_count,
    installed_pending_reboot_count,
    installed_rejected_count,
    failed_count,
    extra,
    valid_from,
    valid_to
FROM syncer.instance_patch_states
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.instance_patch_states_as_of(at timestamptz)
RETURNS SETOF alicloud.instance_patch_states
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.instance_id,
    h.baseline_id,
    h.patch_group,
    h.owner_information,
    h.operation_type,
    h.operation_started_at,
    h.operation_ended_at,
    h.missing_count,
    h.installed_count,
    h.installed_other_count,
    h.installed_pending_reboot_count,
    h.installed_rejected_count,
    h.failed_count,
    h.extra,
    h.valid_from
FROM alicloud.instance_patch_states_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.instance_patch_states IS 'Versions behind alicloud.instance_patch_states and alicloud.instance_patch_states_history. Read those.';
COMMENT ON COLUMN syncer.instance_patch_states.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.instance_patch_states.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.instance_patch_states IS 'One row per ECS instance: how many patches it has, lacks or failed to install, as the last patch operation found. As it stands now. From oos ListInstancePatchStates.';
COMMENT ON VIEW alicloud.instance_patch_states_history IS 'One row per ECS instance: how many patches it has, lacks or failed to install, as the last patch operation found. Every version that is kept, with the time it stood. From oos ListInstancePatchStates.';
COMMENT ON FUNCTION alicloud.instance_patch_states_as_of(timestamptz) IS 'The rows that alicloud.instance_patch_states showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.instance_patch_states.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.instance_patch_states.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.instance_patch_states.instance_id IS 'ID of the ECS instance. API field: InstanceId.';
COMMENT ON COLUMN alicloud.instance_patch_states.baseline_id IS 'ID of the patch baseline. API field: BaselineId.';
COMMENT ON COLUMN alicloud.instance_patch_states.patch_group IS 'Patch group that the instance belongs to; NULL where it belongs to none, which the API writes as the text null. API field: PatchGroup.';
COMMENT ON COLUMN alicloud.instance_patch_states.owner_information IS 'Information about the user, in the API''s own words. API field: OwnerInformation.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_type IS 'Kind of the last patch operation, such as scan. API field: OperationType.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_started_at IS 'When the last patch operation was started. API field: OperationStartTime.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_ended_at IS 'When the last patch operation ended. API field: OperationEndTime.';
COMMENT ON COLUMN alicloud.instance_patch_states.missing_count IS 'Patches that are not installed. API field: MissingCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_count IS 'Patches that are installed. API field: InstalledCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_other_count IS 'Installed patches that the baseline does not ask for. API field: InstalledOtherCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_pending_reboot_count IS 'Installed patches that need a restart to take effect. API field: InstalledPendingRebootCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_rejected_count IS 'Installed patches that the user has rejected. API field: InstalledRejectedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.failed_count IS 'Patches whose installation failed. API field: FailedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.instance_patch_states.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.instance_id IS 'ID of the ECS instance. API field: InstanceId.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.baseline_id IS 'ID of the patch baseline. API field: BaselineId.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.patch_group IS 'Patch group that the instance belongs to; NULL where it belongs to none, which the API writes as the text null. API field: PatchGroup.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.owner_information IS 'Information about the user, in the API''s own words. API field: OwnerInformation.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_type IS 'Kind of the last patch operation, such as scan. API field: OperationType.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_started_at IS 'When the last patch operation was started. API field: OperationStartTime.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_ended_at IS 'When the last patch operation ended. API field: OperationEndTime.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.missing_count IS 'Patches that are not installed. API field: MissingCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_count IS 'Patches that are installed. API field: InstalledCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_other_count IS 'Installed patches that the baseline does not ask for. API field: InstalledOtherCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_pending_reboot_count IS 'Installed patches that need a restart to take effect. API field: InstalledPendingRebootCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_rejected_count IS 'Installed patches that the user has rejected. API field: InstalledRejectedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.failed_count IS 'Patches whose installation failed. API field: FailedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE VIEW syncer.instance_patch_states_changes AS
SELECT
    v.valid_from AS at,
    'instance_patch_states'::text AS source,
    v.account_id,
    v.region_id,
    (v.instance_id::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('baseline_id', to_jsonb(p.baseline_id), to_jsonb(v.baseline_id)),
            ('patch_group', to_jsonb(p.patch_group), to_jsonb(v.patch_group)),
            ('owner_information', to_jsonb(p.owner_information), to_jsonb(v.owner_information)),
            ('operation_type', to_jsonb(p.operation_type), to_jsonb(v.operation_type)),
            ('operation_started_at', to_jsonb(p.operation_started_at), to_jsonb(v.operation_started_at)),
            ('operation_ended_at', to_jsonb(p.operation_ended_at), to_jsonb(v.operation_ended_at)),
            ('missing_count', to_jsonb(p.missing_count), to_jsonb(v.missing_count)),
            ('installed_count', to_jsonb(p.installed_count), to_jsonb(v.installed_count)),
            ('installed_other_count', to_jsonb(p.installed_other_count), to_jsonb(v.installed_other_count)),
            ('installed_pending_reboot_count', to_jsonb(p.installed_pending_reboot_count), to_jsonb(v.installed_pending_reboot_count)),
            ('installed_rejected_count', to_jsonb(p.installed_rejected_count), to_jsonb(v.installed_rejected_count)),
            ('failed_count', to_jsonb(p.failed_count), to_jsonb(v.failed_count)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.instance_patch_states AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.baseline_id,
        p.patch_group,
        p.owner_information,
        p.operation_type,
        p.operation_started_at,
        p.operation_ended_at,
        p.missing_count,
        p.installed_count,
        p.installed_other_count,
        p.installed_pending_reboot_count,
        p.installed_rejected_count,
        p.failed_count,
        p.extra
    FROM syncer.instance_patch_states AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.instance_id = v.instance_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'instance_patch_states'::text,
    v.account_id,
    v.region_id,
    (v.instance_id::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.instance_patch_states AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.instance_patch_states AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.instance_id = v.instance_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.instance_patch_states_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.patch_compliance_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.instances AS instances,
    r.compliant AS compliant,
    r.missing_instances AS missing_instances,
    r.failed_instances AS failed_instances,
    r.pending_reboot_instances AS pending_reboot_instances,
    r.missing_patches::bigint AS missing_patches,
    round(100.0 * r.compliant / nullif(r.instances, 0), 2)::double precision AS compliance_pct
FROM syncer.patch_compliance_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.patch_compliance_daily IS 'Rollup behind alicloud.patch_compliance_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.patch_compliance_daily IS 'One row per day, account and region: how many instances were compliant, and what the others lacked. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.instance_patch_states.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.instances IS 'Instances whose patches are known.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.compliant IS 'Instances on which no patch is missing, failed, waiting for a restart or installed though it was rejected.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.missing_instances IS 'Instances that lack a patch.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.failed_instances IS 'Instances on which the installation of a patch failed.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.pending_reboot_instances IS 'Instances with a patch that needs a restart to take effect.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.missing_patches IS 'Patches that are missing, added up over the instances.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.compliance_pct IS 'Compliant instances among all, in percent; NULL where there are none.';

CREATE OR REPLACE VIEW alicloud.agentless_tasks AS
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
        ELSE status::text
    END AS status_label,
    progress,
    result,
    started_at,
    ended_at,
    target_type,
    CASE target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE target_type::text
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
        ELSE report_status
    END AS report_status_label,
    report_download_url,
    extra,
    valid_from,
    extension
FROM syncer.agentless_tasks
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.agentless_tasks_history AS
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
        ELSE status::text
    END AS status_label,
    progress,
    result,
    started_at,
    ended_at,
    target_type,
    CASE target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE target_type::text
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
        ELSE report_status
    END AS report_status_label,
    report_download_url,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to,
    extension
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
        ELSE status::text
    END AS status_label,
    progress,
    result,
    started_at,
    ended_at,
    target_type,
    CASE target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE target_type::text
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
        ELSE report_status
    END AS report_status_label,
    report_download_url,
    extra,
    valid_from,
    valid_to,
    extension
FROM syncer.agentless_tasks
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agentless_tasks_as_of(at timestamptz)
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
    h.valid_from,
    h.extension
FROM alicloud.agentless_tasks_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.agentless_tasks IS 'Versions behind alicloud.agentless_tasks and alicloud.agentless_tasks_history. Read those.';
COMMENT ON COLUMN syncer.agentless_tasks.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agentless_tasks.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.agentless_tasks IS 'One row per agentless scan, main task or subtask: what is scanned, how far the scan is and where its report is. As it stands now. From Sas ListAgentlessTask.';
COMMENT ON VIEW alicloud.agentless_tasks_history IS 'One row per agentless scan, main task or subtask: what is scanned, how far the scan is and where its report is. Every version that is kept, with the time it stood. From Sas ListAgentlessTask.';
COMMENT ON FUNCTION alicloud.agentless_tasks_as_of(timestamptz) IS 'The rows that alicloud.agentless_tasks showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.agentless_tasks.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agentless_tasks.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agentless_tasks.task_id IS 'ID of the task. API field: TaskId.';
COMMENT ON COLUMN alicloud.agentless_tasks.is_root IS 'Whether the task is a main task (true) or a subtask (false), as it was asked for, since no field of the API tells it.';
COMMENT ON COLUMN alicloud.agentless_tasks.root_task_id IS 'ID of the main task that a subtask belongs to, as it was asked for, since no field of the API tells it; NULL for a main task.';
COMMENT ON COLUMN alicloud.agentless_tasks.task_name IS 'Name of the task, such as AGENTLESS_SCAN. API field: TaskName.';
COMMENT ON COLUMN alicloud.agentless_tasks.status IS 'How far the task is. API field: Status.';
COMMENT ON COLUMN alicloud.agentless_tasks.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks.progress IS 'How much of the task is done, in percent. API field: Progress.';
COMMENT ON COLUMN alicloud.agentless_tasks.result IS 'Result of the scan in the API''s own words, such as True. API field: Result.';
COMMENT ON COLUMN alicloud.agentless_tasks.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.agentless_tasks.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.agentless_tasks.target_type IS 'What kind of asset is scanned. API field: TargetType.';
COMMENT ON COLUMN alicloud.agentless_tasks.target_type_label IS 'What target_type says: 1 = host snapshot, 2 = host image, 3 = user snapshot, 4 = user image, 5 = NAS, 6 = sandbox, 7 = security fix. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks.target_name IS 'Name of what is scanned, whereas instance_name is that of its asset. API field: TargetName.';
COMMENT ON COLUMN alicloud.agentless_tasks.uuid IS 'UUID of the asset, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agentless_tasks.instance_id IS 'ID of the instance that is scanned, a field that the API answers though its page does not list it. API field: InstanceId.';
COMMENT ON COLUMN alicloud.agentless_tasks.instance_name IS 'Name of the asset. API field: InstanceName.';
COMMENT ON COLUMN alicloud.agentless_tasks.internet_ip IS 'Public IP address of the server. API field: InternetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks.intranet_ip IS 'Private IP address of the server. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks.measure_space_mb IS 'Data scanned, in MB, with a fraction though the API''s page calls the field a whole number. API field: MeasureSpace.';
COMMENT ON COLUMN alicloud.agentless_tasks.progress_by_project IS 'How much of each kind of inspection is done, in percent, as an object such as {"vul": 100, "baseline": 40}. API field: ProgressByProject.';
COMMENT ON COLUMN alicloud.agentless_tasks.report_status IS 'How far the report is. API field: ReportStatus.';
COMMENT ON COLUMN alicloud.agentless_tasks.report_status_label IS 'What report_status says: PREPARED = in preparation, RUNNING = in progress, SUCCESS = successful, TIMEOUT = timed out, FAILED = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks.report_download_url IS 'Where the report is, without the query string, which may carry a signature and changes at every call. Kept current; makes no version. API field: ReportDownloadUrl.';
COMMENT ON COLUMN alicloud.agentless_tasks.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agentless_tasks.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agentless_tasks.extension IS 'What tasks of some kinds have besides, as an object: a security fix of an image names the vulnerabilities that were chosen and the fixed image. API field: Extension.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.task_id IS 'ID of the task. API field: TaskId.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.is_root IS 'Whether the task is a main task (true) or a subtask (false), as it was asked for, since no field of the API tells it.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.root_task_id IS 'ID of the main task that a subtask belongs to, as it was asked for, since no field of the API tells it; NULL for a main task.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.task_name IS 'Name of the task, such as AGENTLESS_SCAN. API field: TaskName.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.status IS 'How far the task is. API field: Status.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.progress IS 'How much of the task is done, in percent. API field: Progress.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.result IS 'Result of the scan in the API''s own words, such as True. API field: Result.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.target_type IS 'What kind of asset is scanned. API field: TargetType.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.target_type_label IS 'What target_type says: 1 = host snapshot, 2 = host image, 3 = user snapshot, 4 = user image, 5 = NAS, 6 = sandbox, 7 = security fix. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.target_name IS 'Name of what is scanned, whereas instance_name is that of its asset. API field: TargetName.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.uuid IS 'UUID of the asset, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.instance_id IS 'ID of the instance that is scanned, a field that the API answers though its page does not list it. API field: InstanceId.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.instance_name IS 'Name of the asset. API field: InstanceName.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.internet_ip IS 'Public IP address of the server. API field: InternetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.intranet_ip IS 'Private IP address of the server. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.measure_space_mb IS 'Data scanned, in MB, with a fraction though the API''s page calls the field a whole number. API field: MeasureSpace.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.progress_by_project IS 'How much of each kind of inspection is done, in percent, as an object such as {"vul": 100, "baseline": 40}. API field: ProgressByProject.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.report_status IS 'How far the report is. API field: ReportStatus.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.report_status_label IS 'What report_status says: PREPARED = in preparation, RUNNING = in progress, SUCCESS = successful, TIMEOUT = timed out, FAILED = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.report_download_url IS 'Where the report is, without the query string, which may carry a signature and changes at every call. Kept current; makes no version. API field: ReportDownloadUrl.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.extension IS 'What tasks of some kinds have besides, as an object: a security fix of an image names the vulnerabilities that were chosen and the fixed image. API field: Extension.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE VIEW syncer.agentless_tasks_changes AS
SELECT
    v.valid_from AS at,
    'agentless_tasks'::text AS source,
    v.account_id,
    v.region_id,
    (v.task_id::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('is_root', to_jsonb(p.is_root), to_jsonb(v.is_root)),
            ('root_task_id', to_jsonb(p.root_task_id), to_jsonb(v.root_task_id)),
            ('task_name', to_jsonb(p.task_name), to_jsonb(v.task_name)),
            ('status', to_jsonb(p.status), to_jsonb(v.status)),
            ('progress', to_jsonb(p.progress), to_jsonb(v.progress)),
            ('result', to_jsonb(p.result), to_jsonb(v.result)),
            ('started_at', to_jsonb(p.started_at), to_jsonb(v.started_at)),
            ('ended_at', to_jsonb(p.ended_at), to_jsonb(v.ended_at)),
            ('target_type', to_jsonb(p.target_type), to_jsonb(v.target_type)),
            ('target_name', to_jsonb(p.target_name), to_jsonb(v.target_name)),
            ('uuid', to_jsonb(p.uuid), to_jsonb(v.uuid)),
            ('instance_id', to_jsonb(p.instance_id), to_jsonb(v.instance_id)),
            ('instance_name', to_jsonb(p.instance_name), to_jsonb(v.instance_name)),
            ('internet_ip', to_jsonb(p.internet_ip), to_jsonb(v.internet_ip)),
            ('intranet_ip', to_jsonb(p.intranet_ip), to_jsonb(v.intranet_ip)),
            ('measure_space_mb', to_jsonb(p.measure_space_mb), to_jsonb(v.measure_space_mb)),
            ('progress_by_project', to_jsonb(p.progress_by_project), to_jsonb(v.progress_by_project)),
            ('report_status', to_jsonb(p.report_status), to_jsonb(v.report_status)),
            ('extension', to_jsonb(p.extension), to_jsonb(v.extension)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.agentless_tasks AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.is_root,
        p.root_task_id,
        p.task_name,
        p.status,
        p.progress,
        p.result,
        p.started_at,
        p.ended_at,
        p.target_type,
        p.target_name,
        p.uuid,
        p.instance_id,
        p.instance_name,
        p.internet_ip,
        p.intranet_ip,
        p.measure_space_mb,
        p.progress_by_project,
        p.report_status,
        p.extension,
        p.extra
    FROM syncer.agentless_tasks AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.task_id = v.task_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'agentless_tasks'::text,
    v.account_id,
    v.region_id,
    (v.task_id::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.agentless_tasks AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.agentless_tasks AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.task_id = v.task_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.agentless_tasks_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.agentless_tasks_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.status,
    CASE r.status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
        ELSE r.status::text
    END AS status_label,
    r.target_type,
    CASE r.target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE r.target_type::text
    END AS target_type_label,
    r.tasks AS tasks,
    r.main_tasks AS main_tasks,
    CASE d.n WHEN 0 THEN r.started ELSE 0 END AS started,
    CASE d.n WHEN 0 THEN r.finished ELSE 0 END AS finished,
    r.measured_mb::double precision AS measured_mb
FROM syncer.agentless_tasks_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.agentless_tasks_daily IS 'Rollup behind alicloud.agentless_tasks_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.agentless_tasks_daily IS 'One row per day, account, region, status and target type: how many agentless scans there were, main tasks and subtasks, and how much they scanned. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.agentless_tasks.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.status IS 'How far the task is.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.target_type IS 'What kind of asset is scanned.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.target_type_label IS 'What target_type says: 1 = host snapshot, 2 = host image, 3 = user snapshot, 4 = user image, 5 = NAS, 6 = sandbox, 7 = security fix. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.tasks IS 'Tasks, main tasks and subtasks, that the API listed at the end of the day.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.main_tasks IS 'Main tasks among them.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.started IS 'Tasks among them that were started on this day, as known at its end.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.finished IS 'Tasks among them that ended on this day, as known at its end.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.measured_mb IS 'Data that they scanned, in MB.';

CREATE OR REPLACE VIEW alicloud.operation_processes AS
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
        ELSE task_type
    END AS task_type_label,
    status_code,
    CASE status_code
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'running'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'timed out'
        ELSE status_code::text
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

CREATE OR REPLACE VIEW alicloud.operation_processes_history AS
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
        ELSE task_type
    END AS task_type_label,
    status_code,
    CASE status_code
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'running'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'timed out'
        ELSE status_code::text
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
        ELSE task_type
    END AS task_type_label,
    status_code,
    CASE status_code
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'running'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'timed out'
        ELSE status_code::text
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
CREATE OR REPLACE FUNCTION alicloud.operation_processes_as_of(at timestamptz)
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
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.operation_processes IS 'Versions behind alicloud.operation_processes and alicloud.operation_processes_history. Read those.';
COMMENT ON COLUMN syncer.operation_processes.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.operation_processes.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.operation_processes IS 'One row per check task: which checks were run, and how far they are. As it stands now. From Sas ListOperationProcess.';
COMMENT ON VIEW alicloud.operation_processes_history IS 'One row per check task: which checks were run, and how far they are. Every version that is kept, with the time it stood. From Sas ListOperationProcess.';
COMMENT ON FUNCTION alicloud.operation_processes_as_of(timestamptz) IS 'The rows that alicloud.operation_processes showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.operation_processes.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.operation_processes.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.operation_processes.task_id IS 'ID of the task, without the line break that the API may end it with. API field: TaskId.';
COMMENT ON COLUMN alicloud.operation_processes.task_type IS 'What the task checks. API field: TaskType.';
COMMENT ON COLUMN alicloud.operation_processes.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes.status_code IS 'How far the task is. API field: StatusCode.';
COMMENT ON COLUMN alicloud.operation_processes.status_code_label IS 'What status_code says: 0 = not started, 1 = running, 2 = complete, 3 = timed out. Any other code is shown as it is.';
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
COMMENT ON COLUMN alicloud.operation_processes_history.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes_history.status_code IS 'How far the task is. API field: StatusCode.';
COMMENT ON COLUMN alicloud.operation_processes_history.status_code_label IS 'What status_code says: 0 = not started, 1 = running, 2 = complete, 3 = timed out. Any other code is shown as it is.';
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

CREATE OR REPLACE VIEW syncer.operation_processes_changes AS
SELECT
    v.valid_from AS at,
    'operation_processes'::text AS source,
    v.account_id,
    v.region_id,
    (v.task_id::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('task_type', to_jsonb(p.task_type), to_jsonb(v.task_type)),
            ('status_code', to_jsonb(p.status_code), to_jsonb(v.status_code)),
            ('total_count', to_jsonb(p.total_count), to_jsonb(v.total_count)),
            ('finish_count', to_jsonb(p.finish_count), to_jsonb(v.finish_count)),
            ('detail_task_total_count', to_jsonb(p.detail_task_total_count), to_jsonb(v.detail_task_total_count)),
            ('detail_task_ready_count', to_jsonb(p.detail_task_ready_count), to_jsonb(v.detail_task_ready_count)),
            ('created_at', to_jsonb(p.created_at), to_jsonb(v.created_at)),
            ('started_at', to_jsonb(p.started_at), to_jsonb(v.started_at)),
            ('ended_at', to_jsonb(p.ended_at), to_jsonb(v.ended_at)),
            ('task_source', to_jsonb(p.task_source), to_jsonb(v.task_source)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.operation_processes AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.task_type,
        p.status_code,
        p.total_count,
        p.finish_count,
        p.detail_task_total_count,
        p.detail_task_ready_count,
        p.created_at,
        p.started_at,
        p.ended_at,
        p.task_source,
        p.extra
    FROM syncer.operation_processes AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.task_id = v.task_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'operation_processes'::text,
    v.account_id,
    v.region_id,
    (v.task_id::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.operation_processes AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.operation_processes AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.task_id = v.task_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.operation_processes_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.operation_processes_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.task_type,
    CASE r.task_type
        WHEN 'CHECK_ALL' THEN 'full check'
        WHEN 'CHECK_POLICY' THEN 'check by policy'
        WHEN 'CHECK_SCHEDULE' THEN 'scheduled check'
        WHEN 'CHECK_ITEM' THEN 'check of single items'
        WHEN 'CHECK_INSTANCE' THEN 'check of single items on single instances'
        ELSE r.task_type
    END AS task_type_label,
    r.status_code,
    CASE r.status_code
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'running'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'timed out'
        ELSE r.status_code::text
    END AS status_code_label,
    r.processes AS processes,
    r.total_count::bigint AS total_count,
    r.finish_count::bigint AS finish_count,
    round(100.0 * r.finish_count::bigint / nullif(r.total_count::bigint, 0), 2)::double precision AS finish_pct
FROM syncer.operation_processes_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.operation_processes_daily IS 'Rollup behind alicloud.operation_processes_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.operation_processes_daily IS 'One row per day, account, region, type and status: how many check tasks there were, and how far they had come. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.operation_processes.';
COMMENT ON COLUMN alicloud.operation_processes_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.operation_processes_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.operation_processes_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.operation_processes_daily.task_type IS 'What the task checks.';
COMMENT ON COLUMN alicloud.operation_processes_daily.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes_daily.status_code IS 'How far the task is.';
COMMENT ON COLUMN alicloud.operation_processes_daily.status_code_label IS 'What status_code says: 0 = not started, 1 = running, 2 = complete, 3 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes_daily.processes IS 'Check tasks that the API listed at the end of the day.';
COMMENT ON COLUMN alicloud.operation_processes_daily.total_count IS 'Entries that they consist of.';
COMMENT ON COLUMN alicloud.operation_processes_daily.finish_count IS 'Entries of total_count that are complete.';
COMMENT ON COLUMN alicloud.operation_processes_daily.finish_pct IS 'Complete entries among all, in percent; NULL where there are none.';

-- An instance with a rejected patch that is installed is not compliant.
SELECT set_config('timezone', coalesce((SELECT timezone FROM syncer.settings), 'UTC'), true);
-- The rollup is made anew from the versions, as `syncer trends rebuild` does, where it
-- was ever made. Days before the horizon stay as they are: their versions are gone.
-- +goose StatementBegin
DO $$
DECLARE
    start date := (SELECT coalesce((horizon_at + interval '1 day' - interval '1 microsecond')::date, '-infinity') FROM syncer.settings);
BEGIN
    IF (SELECT timezone IS NOT NULL FROM syncer.settings) THEN
        CREATE TEMP TABLE rebuilt ON COMMIT DROP AS
        WITH spans AS (
            SELECT v.account_id, v.region_id, '[]' AS series, greatest(v.valid_from::date, start) AS from_day, v.valid_to::date AS to_day, 1 AS instances, CASE WHEN (v.missing_count > 0) IS NOT TRUE AND (v.failed_count > 0) IS NOT TRUE AND (v.installed_pending_reboot_count > 0) IS NOT TRUE AND (v.installed_rejected_count > 0) IS NOT TRUE THEN 1 ELSE 0 END AS compliant, CASE WHEN (v.missing_count > 0) IS TRUE THEN 1 ELSE 0 END AS missing_instances, CASE WHEN (v.failed_count > 0) IS TRUE THEN 1 ELSE 0 END AS failed_instances, CASE WHEN (v.installed_pending_reboot_count > 0) IS TRUE THEN 1 ELSE 0 END AS pending_reboot_instances, coalesce(v.missing_count, 0)::numeric AS missing_patches
            FROM syncer.instance_patch_states AS v
            WHERE v.valid_to::date >= start
        ), deltas AS (
            SELECT account_id, region_id, series, day, sum(instances) AS instances, sum(compliant) AS compliant, sum(missing_instances) AS missing_instances, sum(failed_instances) AS failed_instances, sum(pending_reboot_instances) AS pending_reboot_instances, sum(missing_patches) AS missing_patches
            FROM (
                SELECT account_id, region_id, series, from_day, instances, compliant, missing_instances, failed_instances, pending_reboot_instances, missing_patches FROM spans
                UNION ALL
                SELECT account_id, region_id, series, to_day, -instances, -compliant, -missing_instances, -failed_instances, -pending_reboot_instances, -missing_patches FROM spans WHERE isfinite(to_day)
                UNION ALL
                SELECT r.account_id, r.region_id, r.series, start, 0, 0, 0, 0, 0, 0
        FROM syncer.patch_compliance_daily AS r
        WHERE r.to_day = 'infinity' AND isfinite(start)
        UNION ALL
        SELECT account_id, region_id, '[]', greatest(first_merged_at::date, start), 0, 0, 0, 0, 0, 0
        FROM syncer.partitions
        WHERE source = 'instance_patch_states' AND first_merged_at IS NOT NULL
            ) AS u (account_id, region_id, series, day, instances, compliant, missing_instances, failed_instances, pending_reboot_instances, missing_patches)
            GROUP BY account_id, region_id, series, day
        )
        SELECT account_id, region_id, series, day AS from_day, lead(day, 1, 'infinity') OVER w AS to_day, sum(instances) OVER w AS instances, sum(compliant) OVER w AS compliant, sum(missing_instances) OVER w AS missing_instances, sum(failed_instances) OVER w AS failed_instances, sum(pending_reboot_instances) OVER w AS pending_reboot_instances, sum(missing_patches) OVER w AS missing_patches
        FROM deltas
        WINDOW w AS (PARTITION BY account_id, region_id, series ORDER BY day);
        DELETE FROM syncer.patch_compliance_daily WHERE from_day >= start;
        UPDATE syncer.patch_compliance_daily SET to_day = start WHERE to_day > start;
        INSERT INTO syncer.patch_compliance_daily (account_id, region_id, series, from_day, to_day, instances, compliant, missing_instances, failed_instances, pending_reboot_instances, missing_patches)
        SELECT * FROM rebuilt;
        DROP TABLE rebuilt;
    END IF;
END
$$;
-- +goose StatementEnd

-- +goose Down
-- Grants on the views of agentless_tasks and cloud_center_instances are lost. Where
-- users made views on them, nothing is done.
CREATE OR REPLACE VIEW alicloud.agent_versions AS
SELECT
    account_id,
    region_id,
    cur_version,
    upgrade_version,
    latest_version,
    latest_version_created_at,
    force_upgrade_at,
    publish_status,
    CASE publish_status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
    END AS publish_status_label,
    gray_switch_status,
    CASE gray_switch_status
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
    END AS gray_switch_status_label,
    big_customer,
    latest_version_desc,
    auto_upgrade,
    CASE auto_upgrade
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
    END AS auto_upgrade_label,
    extra,
    valid_from
FROM syncer.agent_versions
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.agent_versions_history AS
SELECT
    account_id,
    region_id,
    cur_version,
    upgrade_version,
    latest_version,
    latest_version_created_at,
    force_upgrade_at,
    publish_status,
    CASE publish_status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
    END AS publish_status_label,
    gray_switch_status,
    CASE gray_switch_status
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
    END AS gray_switch_status_label,
    big_customer,
    latest_version_desc,
    auto_upgrade,
    CASE auto_upgrade
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
    END AS auto_upgrade_label,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.agent_versions
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    cur_version,
    upgrade_version,
    latest_version,
    latest_version_created_at,
    force_upgrade_at,
    publish_status,
    CASE publish_status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
    END AS publish_status_label,
    gray_switch_status,
    CASE gray_switch_status
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
    END AS gray_switch_status_label,
    big_customer,
    latest_version_desc,
    auto_upgrade,
    CASE auto_upgrade
        WHEN 0 THEN 'off'
        WHEN 1 THEN 'on'
    END AS auto_upgrade_label,
    extra,
    valid_from,
    valid_to
FROM syncer.agent_versions
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agent_versions_as_of(at timestamptz)
RETURNS SETOF alicloud.agent_versions
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.cur_version,
    h.upgrade_version,
    h.latest_version,
    h.latest_version_created_at,
    h.force_upgrade_at,
    h.publish_status,
    h.publish_status_label,
    h.gray_switch_status,
    h.gray_switch_status_label,
    h.big_customer,
    h.latest_version_desc,
    h.auto_upgrade,
    h.auto_upgrade_label,
    h.extra,
    h.valid_from
FROM alicloud.agent_versions_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.agent_versions IS 'Versions behind alicloud.agent_versions and alicloud.agent_versions_history. Read those.';
COMMENT ON COLUMN syncer.agent_versions.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agent_versions.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.agent_versions IS 'One row per account and Security Center region: the agent release in use, the one being rolled out and the newest one. As it stands now. From Sas GetCurrentVersionPublish.';
COMMENT ON VIEW alicloud.agent_versions_history IS 'One row per account and Security Center region: the agent release in use, the one being rolled out and the newest one. Every version that is kept, with the time it stood. From Sas GetCurrentVersionPublish.';
COMMENT ON FUNCTION alicloud.agent_versions_as_of(timestamptz) IS 'The rows that alicloud.agent_versions showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.agent_versions.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_versions.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_versions.cur_version IS 'Agent release in use now. API field: CurVersion.';
COMMENT ON COLUMN alicloud.agent_versions.upgrade_version IS 'Agent release that servers are being upgraded to, the version of publish_batches. API field: UpgradeVersion.';
COMMENT ON COLUMN alicloud.agent_versions.latest_version IS 'Newest agent release there is. API field: LatestVersion.';
COMMENT ON COLUMN alicloud.agent_versions.latest_version_created_at IS 'When the newest agent release was created. API field: LatestVersionCreate.';
COMMENT ON COLUMN alicloud.agent_versions.force_upgrade_at IS 'When the agent was, or is to be, upgraded by force. API field: ForceUpgradeTime.';
COMMENT ON COLUMN alicloud.agent_versions.publish_status IS 'How far the rollout of upgrade_version is. API field: PublishStatus.';
COMMENT ON COLUMN alicloud.agent_versions.publish_status_label IS 'What publish_status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading.';
COMMENT ON COLUMN alicloud.agent_versions.gray_switch_status IS 'Whether releases are rolled out to a part of the servers first (canary release). API field: GraySwitchStatus.';
COMMENT ON COLUMN alicloud.agent_versions.gray_switch_status_label IS 'What gray_switch_status says: 0 = off, 1 = on.';
COMMENT ON COLUMN alicloud.agent_versions.big_customer IS 'Whether the account may have custom upgrades of the agent. API field: BigCustomer.';
COMMENT ON COLUMN alicloud.agent_versions.latest_version_desc IS 'Description of the newest agent release. API field: LatestVersionDesc.';
COMMENT ON COLUMN alicloud.agent_versions.auto_upgrade IS 'Whether agents are upgraded automatically. API field: AutoUpgrade.';
COMMENT ON COLUMN alicloud.agent_versions.auto_upgrade_label IS 'What auto_upgrade says: 0 = off, 1 = on.';
COMMENT ON COLUMN alicloud.agent_versions.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_versions.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_versions_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_versions_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_versions_history.cur_version IS 'Agent release in use now. API field: CurVersion.';
COMMENT ON COLUMN alicloud.agent_versions_history.upgrade_version IS 'Agent release that servers are being upgraded to, the version of publish_batches. API field: UpgradeVersion.';
COMMENT ON COLUMN alicloud.agent_versions_history.latest_version IS 'Newest agent release there is. API field: LatestVersion.';
COMMENT ON COLUMN alicloud.agent_versions_history.latest_version_created_at IS 'When the newest agent release was created. API field: LatestVersionCreate.';
COMMENT ON COLUMN alicloud.agent_versions_history.force_upgrade_at IS 'When the agent was, or is to be, upgraded by force. API field: ForceUpgradeTime.';
COMMENT ON COLUMN alicloud.agent_versions_history.publish_status IS 'How far the rollout of upgrade_version is. API field: PublishStatus.';
COMMENT ON COLUMN alicloud.agent_versions_history.publish_status_label IS 'What publish_status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading.';
COMMENT ON COLUMN alicloud.agent_versions_history.gray_switch_status IS 'Whether releases are rolled out to a part of the servers first (canary release). API field: GraySwitchStatus.';
COMMENT ON COLUMN alicloud.agent_versions_history.gray_switch_status_label IS 'What gray_switch_status says: 0 = off, 1 = on.';
COMMENT ON COLUMN alicloud.agent_versions_history.big_customer IS 'Whether the account may have custom upgrades of the agent. API field: BigCustomer.';
COMMENT ON COLUMN alicloud.agent_versions_history.latest_version_desc IS 'Description of the newest agent release. API field: LatestVersionDesc.';
COMMENT ON COLUMN alicloud.agent_versions_history.auto_upgrade IS 'Whether agents are upgraded automatically. API field: AutoUpgrade.';
COMMENT ON COLUMN alicloud.agent_versions_history.auto_upgrade_label IS 'What auto_upgrade says: 0 = off, 1 = on.';
COMMENT ON COLUMN alicloud.agent_versions_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_versions_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_versions_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE VIEW syncer.agent_versions_changes AS
SELECT
    v.valid_from AS at,
    'agent_versions'::text AS source,
    v.account_id,
    v.region_id,
    (''::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('cur_version', to_jsonb(p.cur_version), to_jsonb(v.cur_version)),
            ('upgrade_version', to_jsonb(p.upgrade_version), to_jsonb(v.upgrade_version)),
            ('latest_version', to_jsonb(p.latest_version), to_jsonb(v.latest_version)),
            ('latest_version_created_at', to_jsonb(p.latest_version_created_at), to_jsonb(v.latest_version_created_at)),
            ('force_upgrade_at', to_jsonb(p.force_upgrade_at), to_jsonb(v.force_upgrade_at)),
            ('publish_status', to_jsonb(p.publish_status), to_jsonb(v.publish_status)),
            ('gray_switch_status', to_jsonb(p.gray_switch_status), to_jsonb(v.gray_switch_status)),
            ('big_customer', to_jsonb(p.big_customer), to_jsonb(v.big_customer)),
            ('latest_version_desc', to_jsonb(p.latest_version_desc), to_jsonb(v.latest_version_desc)),
            ('auto_upgrade', to_jsonb(p.auto_upgrade), to_jsonb(v.auto_upgrade)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.agent_versions AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.cur_version,
        p.upgrade_version,
        p.latest_version,
        p.latest_version_created_at,
        p.force_upgrade_at,
        p.publish_status,
        p.gray_switch_status,
        p.big_customer,
        p.latest_version_desc,
        p.auto_upgrade,
        p.extra
    FROM syncer.agent_versions AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'agent_versions'::text,
    v.account_id,
    v.region_id,
    (''::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.agent_versions AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.agent_versions AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.agent_versions_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.publish_batches AS
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

CREATE OR REPLACE VIEW alicloud.publish_batches_history AS
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
CREATE OR REPLACE FUNCTION alicloud.publish_batches_as_of(at timestamptz)
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
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.publish_batches IS 'Versions behind alicloud.publish_batches and alicloud.publish_batches_history. Read those.';
COMMENT ON COLUMN syncer.publish_batches.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.publish_batches.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.publish_batches IS 'One row per agent release and batch: how far the upgrade of the servers in the batch is. As it stands now. From Sas ListPublishBatch.';
COMMENT ON VIEW alicloud.publish_batches_history IS 'One row per agent release and batch: how far the upgrade of the servers in the batch is. Every version that is kept, with the time it stood. From Sas ListPublishBatch.';
COMMENT ON FUNCTION alicloud.publish_batches_as_of(timestamptz) IS 'The rows that alicloud.publish_batches showed at that moment; an error where history no longer reaches back to it.';
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

CREATE OR REPLACE VIEW syncer.publish_batches_changes AS
SELECT
    v.valid_from AS at,
    'publish_batches'::text AS source,
    v.account_id,
    v.region_id,
    (v.version::text || '/' || v.batch_id::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('batch_name', to_jsonb(p.batch_name), to_jsonb(v.batch_name)),
            ('status', to_jsonb(p.status), to_jsonb(v.status)),
            ('batch_process', to_jsonb(p.batch_process), to_jsonb(v.batch_process)),
            ('batch_no', to_jsonb(p.batch_no), to_jsonb(v.batch_no)),
            ('batch_total', to_jsonb(p.batch_total), to_jsonb(v.batch_total)),
            ('batch_interval_hours', to_jsonb(p.batch_interval_hours), to_jsonb(v.batch_interval_hours)),
            ('operation_base', to_jsonb(p.operation_base), to_jsonb(v.operation_base)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.publish_batches AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.batch_name,
        p.status,
        p.batch_process,
        p.batch_no,
        p.batch_total,
        p.batch_interval_hours,
        p.operation_base,
        p.extra
    FROM syncer.publish_batches AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.version = v.version AND p.batch_id = v.batch_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'publish_batches'::text,
    v.account_id,
    v.region_id,
    (v.version::text || '/' || v.batch_id::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.publish_batches AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.publish_batches AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.version = v.version AND n.batch_id = v.batch_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.publish_batches_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.publish_progress_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.version,
    r.batch_id,
    r.status AS status,
    CASE r.status
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'publishing'
        WHEN 2 THEN 'published'
        WHEN 3 THEN 'suspended'
        WHEN 4 THEN 'forcibly upgrading'
    END AS status_label,
    r.upgraded_servers::bigint AS upgraded_servers
FROM syncer.publish_progress_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.publish_progress_daily IS 'Rollup behind alicloud.publish_progress_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.publish_progress_daily IS 'One row per day, account, region, agent release and batch: how far the batch had come. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.publish_batches.';
COMMENT ON COLUMN alicloud.publish_progress_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.publish_progress_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.publish_progress_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.publish_progress_daily.version IS 'Agent release that the batch upgrades its servers to.';
COMMENT ON COLUMN alicloud.publish_progress_daily.batch_id IS 'ID of the batch.';
COMMENT ON COLUMN alicloud.publish_progress_daily.status IS 'How far the batch is; NULL while it is not listed.';
COMMENT ON COLUMN alicloud.publish_progress_daily.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading.';
COMMENT ON COLUMN alicloud.publish_progress_daily.upgraded_servers IS 'Servers in the batch that have been upgraded so far.';
DROP FUNCTION alicloud.cloud_center_instances_as_of(timestamptz);
DROP VIEW alicloud.cloud_center_instances_history;
DROP VIEW alicloud.cloud_center_instances;

CREATE VIEW alicloud.cloud_center_instances AS
SELECT
    account_id,
    region_id,
    uuid,
    instance_id,
    instance_name,
    instance_region_id,
    region,
    region_name,
    status,
    CASE status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
    END AS client_sub_status_label,
    last_login_at,
    os,
    os_name,
    kernel,
    cores,
    cpu_info,
    mem_mb,
    internet_ip,
    intranet_ip,
    ip,
    ip_list_string,
    mac_list_string,
    vpc_instance_id,
    importance,
    CASE importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 10 THEN 'Value-added Plan'
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
    END AS exposed_status_label,
    vul_status,
    vul_count,
    hc_status,
    health_check_count,
    alarm_status,
    safe_event_count,
    risk_count,
    vendor,
    CASE vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'third-party cloud'
        WHEN 4 THEN 'third-party cloud'
        WHEN 5 THEN 'third-party cloud'
        WHEN 7 THEN 'third-party cloud'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
    END AS flag_label,
    flag_name,
    asset_type,
    CASE asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
    END AS asset_type_label,
    asset_type_name,
    has_container,
    pod_count,
    cluster_id,
    cluster_name,
    namespace,
    created_at,
    app_id,
    app_name,
    service_id,
    extra,
    valid_from
FROM syncer.cloud_center_instances
WHERE valid_to = 'infinity';

CREATE VIEW alicloud.cloud_center_instances_history AS
SELECT
    account_id,
    region_id,
    uuid,
    instance_id,
    instance_name,
    instance_region_id,
    region,
    region_name,
    status,
    CASE status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
    END AS client_sub_status_label,
    last_login_at,
    os,
    os_name,
    kernel,
    cores,
    cpu_info,
    mem_mb,
    internet_ip,
    intranet_ip,
    ip,
    ip_list_string,
    mac_list_string,
    vpc_instance_id,
    importance,
    CASE importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 10 THEN 'Value-added Plan'
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
    END AS exposed_status_label,
    vul_status,
    vul_count,
    hc_status,
    health_check_count,
    alarm_status,
    safe_event_count,
    risk_count,
    vendor,
    CASE vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'third-party cloud'
        WHEN 4 THEN 'third-party cloud'
        WHEN 5 THEN 'third-party cloud'
        WHEN 7 THEN 'third-party cloud'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
    END AS flag_label,
    flag_name,
    asset_type,
    CASE asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
    END AS asset_type_label,
    asset_type_name,
    has_container,
    pod_count,
    cluster_id,
    cluster_name,
    namespace,
    created_at,
    app_id,
    app_name,
    service_id,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.cloud_center_instances
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    uuid,
    instance_id,
    instance_name,
    instance_region_id,
    region,
    region_name,
    status,
    CASE status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
    END AS client_sub_status_label,
    last_login_at,
    os,
    os_name,
    kernel,
    cores,
    cpu_info,
    mem_mb,
    internet_ip,
    intranet_ip,
    ip,
    ip_list_string,
    mac_list_string,
    vpc_instance_id,
    importance,
    CASE importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 10 THEN 'Value-added Plan'
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
    END AS exposed_status_label,
    vul_status,
    vul_count,
    hc_status,
    health_check_count,
    alarm_status,
    safe_event_count,
    risk_count,
    vendor,
    CASE vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'third-party cloud'
        WHEN 4 THEN 'third-party cloud'
        WHEN 5 THEN 'third-party cloud'
        WHEN 7 THEN 'third-party cloud'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
    END AS flag_label,
    flag_name,
    asset_type,
    CASE asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
    END AS asset_type_label,
    asset_type_name,
    has_container,
    pod_count,
    cluster_id,
    cluster_name,
    namespace,
    created_at,
    app_id,
    app_name,
    service_id,
    extra,
    valid_from,
    valid_to
FROM syncer.cloud_center_instances
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE FUNCTION alicloud.cloud_center_instances_as_of(at timestamptz)
RETURNS SETOF alicloud.cloud_center_instances
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.uuid,
    h.instance_id,
    h.instance_name,
    h.instance_region_id,
    h.region,
    h.region_name,
    h.status,
    h.status_label,
    h.client_status,
    h.client_status_label,
    h.client_sub_status,
    h.client_sub_status_label,
    h.last_login_at,
    h.os,
    h.os_name,
    h.kernel,
    h.cores,
    h.cpu_info,
    h.mem_mb,
    h.internet_ip,
    h.intranet_ip,
    h.ip,
    h.ip_list_string,
    h.mac_list_string,
    h.vpc_instance_id,
    h.importance,
    h.importance_label,
    h.group_id,
    h.group_trace,
    h.tag,
    h.tag_id,
    h.tag_resources,
    h.auth_version,
    h.auth_version_label,
    h.auth_version_name,
    h.auth_modified_at,
    h.bind,
    h.post_paid_flag,
    h.post_paid_flag_label,
    h.bind_file_protect_type,
    h.bind_file_protect_type_label,
    h.risk_status,
    h.exposed_status,
    h.exposed_status_label,
    h.vul_status,
    h.vul_count,
    h.hc_status,
    h.health_check_count,
    h.alarm_status,
    h.safe_event_count,
    h.risk_count,
    h.vendor,
    h.vendor_label,
    h.vendor_name,
    h.vendor_uid,
    h.vendor_user_name,
    h.flag,
    h.flag_label,
    h.flag_name,
    h.asset_type,
    h.asset_type_label,
    h.asset_type_name,
    h.has_container,
    h.pod_count,
    h.cluster_id,
    h.cluster_name,
    h.namespace,
    h.created_at,
    h.app_id,
    h.app_name,
    h.service_id,
    h.extra,
    h.valid_from
FROM alicloud.cloud_center_instances_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.cloud_center_instances IS 'Versions behind alicloud.cloud_center_instances and alicloud.cloud_center_instances_history. Read those.';
COMMENT ON COLUMN syncer.cloud_center_instances.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.cloud_center_instances.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.cloud_center_instances IS 'One row per server that Security Center knows: what it is, where it runs, how its agent and its protection stand and which risks were found. As it stands now. From Sas DescribeCloudCenterInstances.';
COMMENT ON VIEW alicloud.cloud_center_instances_history IS 'One row per server that Security Center knows: what it is, where it runs, how its agent and its protection stand and which risks were found. Every version that is kept, with the time it stood. From Sas DescribeCloudCenterInstances.';
COMMENT ON FUNCTION alicloud.cloud_center_instances_as_of(timestamptz) IS 'The rows that alicloud.cloud_center_instances showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.cloud_center_instances.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.cloud_center_instances.uuid IS 'UUID that Security Center gave the server. API field: Uuid.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_id IS 'ID of the instance, such as an ECS instance ID. API field: InstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_name IS 'Name of the instance. API field: InstanceName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_region_id IS 'ID of the region that the server is in, whereas region_id is the Security Center region that answered. API field: RegionId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region IS 'Region of the server as the API''s field Region spells it, which may be longer than instance_region_id. API field: Region.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region_name IS 'Name of the region that the server is in, such as China (Hangzhou). API field: RegionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.status IS 'Whether the server runs. API field: Status.';
COMMENT ON COLUMN alicloud.cloud_center_instances.status_label IS 'What status says: Running = running, notRunning = not running.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_status IS 'Whether the agent on the server is online. API field: ClientStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_sub_status IS 'Whether the agent is online and, where it is not, why. API field: ClientSubStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_sub_status_label IS 'What client_sub_status says: online = online, offline = offline, pause = paused, uninstalled = not installed, stopped = server shut down.';
COMMENT ON COLUMN alicloud.cloud_center_instances.last_login_at IS 'When the agent was last online, which moves at nearly every call. Kept current; makes no version. API field: LastLoginTimestamp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.os IS 'Operating system, such as Linux. API field: Os.';
COMMENT ON COLUMN alicloud.cloud_center_instances.os_name IS 'Operating system with its version. API field: OsName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.kernel IS 'Version of the kernel. API field: Kernel.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cores IS 'CPU cores. API field: Cores.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cpu_info IS 'Model of the CPU. API field: CpuInfo.';
COMMENT ON COLUMN alicloud.cloud_center_instances.mem_mb IS 'Memory, in MB. API field: Mem.';
COMMENT ON COLUMN alicloud.cloud_center_instances.internet_ip IS 'Public IP address. API field: InternetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.intranet_ip IS 'Private IP address. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.ip IS 'IP address in the API''s field Ip, by its page the public one. API field: Ip.';
COMMENT ON COLUMN alicloud.cloud_center_instances.ip_list_string IS 'All IP addresses of the system, separated by commas. API field: IpListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances.mac_list_string IS 'All MAC addresses of the system, separated by commas. API field: MacListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vpc_instance_id IS 'ID of the VPC that the server is in. API field: VpcInstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.importance IS 'How important the server is. API field: Importance.';
COMMENT ON COLUMN alicloud.cloud_center_instances.importance_label IS 'What importance says: 0 = test, 1 = common, 2 = important.';
COMMENT ON COLUMN alicloud.cloud_center_instances.group_id IS 'ID of the server group. API field: GroupId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.group_trace IS 'Name of the server group. API field: GroupTrace.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag IS 'Names of the tags given in Security Center, separated by commas. API field: Tag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag_id IS 'IDs of the tags given in Security Center, separated by commas. API field: TagId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag_resources IS 'Custom tags of a Lingjun node as key:value pairs separated by commas; NULL for other servers. API field: TagResources.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version IS 'Edition of Security Center that protects the server. API field: AuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version_label IS 'What auth_version says: 1 = Basic, 3 = Enterprise, 5 = Advanced, 6 = Anti-virus, 7 = Ultimate, 10 = Value-added Plan.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version_name IS 'Name of the edition that protects the server, in the API''s language. API field: AuthVersionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_modified_at IS 'When the edition was bound to the server. API field: AuthModifyTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind IS 'Whether an edition is bound to the server. API field: Bind.';
COMMENT ON COLUMN alicloud.cloud_center_instances.post_paid_flag IS 'How the edition bound to the server is paid. API field: PostPaidFlag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.post_paid_flag_label IS 'What post_paid_flag says: 0 = subscription, 1 = pay-as-you-go.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind_file_protect_type IS 'Whether a tamper-proofing licence is bound to the server. API field: BindFileProtectType.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind_file_protect_type_label IS 'What bind_file_protect_type says: block = bound, none = not bound.';
COMMENT ON COLUMN alicloud.cloud_center_instances.risk_status IS 'Whether the server has any security risk: YES or NO. API field: RiskStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.exposed_status IS 'Whether the server is exposed to the Internet. API field: ExposedStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.exposed_status_label IS 'What exposed_status says: 0 = not exposed, 1 = exposed.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vul_status IS 'Whether the server has vulnerabilities: YES or NO. API field: VulStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vul_count IS 'Vulnerabilities found on the server. API field: VulCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.hc_status IS 'Whether the server has baseline risks: YES or NO. API field: HcStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.health_check_count IS 'Baseline risks found on the server. API field: HealthCheckCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.alarm_status IS 'Whether the server has security alerts: YES or NO. API field: AlarmStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.safe_event_count IS 'Security alerts on the server. API field: SafeEventCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.risk_count IS 'Number of risks of each kind, as an object such as {"vul": 2, "trojan": 0, "weakPWNum": 1}. API field: RiskCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor IS 'Where the server comes from. API field: Vendor.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = third-party cloud, 4 = third-party cloud, 5 = third-party cloud, 7 = third-party cloud, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_name IS 'Name of what vendor stands for, such as ALIYUN or IDC. API field: VendorName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_uid IS 'ID of the account at another cloud that the server belongs to. API field: VendorUid.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_user_name IS 'Name of the account at another cloud that the server belongs to. API field: VendorUserName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag IS 'Whether the server is one of Alibaba Cloud. API field: Flag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag_label IS 'What flag says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag_name IS 'Name of the server''s origin, such as ALIYUN, OUT or IDC. API field: FlagName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type IS 'What kind of asset the server is. API field: AssetType.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type_label IS 'What asset_type says: 0 = ECS instance, 1 = SLB instance, 2 = NAT gateway, 3 = ApsaraDB RDS instance, 4 = ApsaraDB for MongoDB instance, 5 = ApsaraDB for Redis instance, 6 = container image, 7 = container.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type_name IS 'Name of the kind of asset, in the API''s language. API field: AssetTypeName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.has_container IS 'Whether containers run on the server: YES or NO. API field: HasContainer.';
COMMENT ON COLUMN alicloud.cloud_center_instances.pod_count IS 'Pods on the server. API field: PodCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cluster_id IS 'ID of the container cluster that the server belongs to. API field: ClusterId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cluster_name IS 'Name of the container cluster that the server belongs to. API field: ClusterName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.namespace IS 'Namespace in the container cluster. API field: Namespace.';
COMMENT ON COLUMN alicloud.cloud_center_instances.created_at IS 'When the container cluster was created, by the API''s page, and not the server. API field: CreatedTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances.app_id IS 'ID of the application; only where vendor is 9 (SAE). API field: AppId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.app_name IS 'Name of the application; only where vendor is 9 (SAE). API field: AppName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.service_id IS 'ID of the service; only for serverless instances of PAI. API field: ServiceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.cloud_center_instances.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.uuid IS 'UUID that Security Center gave the server. API field: Uuid.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_id IS 'ID of the instance, such as an ECS instance ID. API field: InstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_name IS 'Name of the instance. API field: InstanceName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_region_id IS 'ID of the region that the server is in, whereas region_id is the Security Center region that answered. API field: RegionId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region IS 'Region of the server as the API''s field Region spells it, which may be longer than instance_region_id. API field: Region.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region_name IS 'Name of the region that the server is in, such as China (Hangzhou). API field: RegionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.status IS 'Whether the server runs. API field: Status.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.status_label IS 'What status says: Running = running, notRunning = not running.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_status IS 'Whether the agent on the server is online. API field: ClientStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_sub_status IS 'Whether the agent is online and, where it is not, why. API field: ClientSubStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_sub_status_label IS 'What client_sub_status says: online = online, offline = offline, pause = paused, uninstalled = not installed, stopped = server shut down.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.last_login_at IS 'When the agent was last online, which moves at nearly every call. Kept current; makes no version. API field: LastLoginTimestamp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.os IS 'Operating system, such as Linux. API field: Os.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.os_name IS 'Operating system with its version. API field: OsName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.kernel IS 'Version of the kernel. API field: Kernel.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cores IS 'CPU cores. API field: Cores.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cpu_info IS 'Model of the CPU. API field: CpuInfo.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.mem_mb IS 'Memory, in MB. API field: Mem.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.internet_ip IS 'Public IP address. API field: InternetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.intranet_ip IS 'Private IP address. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.ip IS 'IP address in the API''s field Ip, by its page the public one. API field: Ip.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.ip_list_string IS 'All IP addresses of the system, separated by commas. API field: IpListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.mac_list_string IS 'All MAC addresses of the system, separated by commas. API field: MacListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vpc_instance_id IS 'ID of the VPC that the server is in. API field: VpcInstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.importance IS 'How important the server is. API field: Importance.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.importance_label IS 'What importance says: 0 = test, 1 = common, 2 = important.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.group_id IS 'ID of the server group. API field: GroupId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.group_trace IS 'Name of the server group. API field: GroupTrace.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag IS 'Names of the tags given in Security Center, separated by commas. API field: Tag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag_id IS 'IDs of the tags given in Security Center, separated by commas. API field: TagId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag_resources IS 'Custom tags of a Lingjun node as key:value pairs separated by commas; NULL for other servers. API field: TagResources.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version IS 'Edition of Security Center that protects the server. API field: AuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version_label IS 'What auth_version says: 1 = Basic, 3 = Enterprise, 5 = Advanced, 6 = Anti-virus, 7 = Ultimate, 10 = Value-added Plan.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version_name IS 'Name of the edition that protects the server, in the API''s language. API field: AuthVersionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_modified_at IS 'When the edition was bound to the server. API field: AuthModifyTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind IS 'Whether an edition is bound to the server. API field: Bind.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.post_paid_flag IS 'How the edition bound to the server is paid. API field: PostPaidFlag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.post_paid_flag_label IS 'What post_paid_flag says: 0 = subscription, 1 = pay-as-you-go.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind_file_protect_type IS 'Whether a tamper-proofing licence is bound to the server. API field: BindFileProtectType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind_file_protect_type_label IS 'What bind_file_protect_type says: block = bound, none = not bound.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.risk_status IS 'Whether the server has any security risk: YES or NO. API field: RiskStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.exposed_status IS 'Whether the server is exposed to the Internet. API field: ExposedStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.exposed_status_label IS 'What exposed_status says: 0 = not exposed, 1 = exposed.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vul_status IS 'Whether the server has vulnerabilities: YES or NO. API field: VulStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vul_count IS 'Vulnerabilities found on the server. API field: VulCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.hc_status IS 'Whether the server has baseline risks: YES or NO. API field: HcStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.health_check_count IS 'Baseline risks found on the server. API field: HealthCheckCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.alarm_status IS 'Whether the server has security alerts: YES or NO. API field: AlarmStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.safe_event_count IS 'Security alerts on the server. API field: SafeEventCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.risk_count IS 'Number of risks of each kind, as an object such as {"vul": 2, "trojan": 0, "weakPWNum": 1}. API field: RiskCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor IS 'Where the server comes from. API field: Vendor.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = third-party cloud, 4 = third-party cloud, 5 = third-party cloud, 7 = third-party cloud, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_name IS 'Name of what vendor stands for, such as ALIYUN or IDC. API field: VendorName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_uid IS 'ID of the account at another cloud that the server belongs to. API field: VendorUid.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_user_name IS 'Name of the account at another cloud that the server belongs to. API field: VendorUserName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag IS 'Whether the server is one of Alibaba Cloud. API field: Flag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag_label IS 'What flag says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag_name IS 'Name of the server''s origin, such as ALIYUN, OUT or IDC. API field: FlagName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type IS 'What kind of asset the server is. API field: AssetType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type_label IS 'What asset_type says: 0 = ECS instance, 1 = SLB instance, 2 = NAT gateway, 3 = ApsaraDB RDS instance, 4 = ApsaraDB for MongoDB instance, 5 = ApsaraDB for Redis instance, 6 = container image, 7 = container.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type_name IS 'Name of the kind of asset, in the API''s language. API field: AssetTypeName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.has_container IS 'Whether containers run on the server: YES or NO. API field: HasContainer.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.pod_count IS 'Pods on the server. API field: PodCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cluster_id IS 'ID of the container cluster that the server belongs to. API field: ClusterId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cluster_name IS 'Name of the container cluster that the server belongs to. API field: ClusterName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.namespace IS 'Namespace in the container cluster. API field: Namespace.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.created_at IS 'When the container cluster was created, by the API''s page, and not the server. API field: CreatedTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.app_id IS 'ID of the application; only where vendor is 9 (SAE). API field: AppId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.app_name IS 'Name of the application; only where vendor is 9 (SAE). API field: AppName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.service_id IS 'ID of the service; only for serverless instances of PAI. API field: ServiceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE VIEW syncer.cloud_center_instances_changes AS
SELECT
    v.valid_from AS at,
    'cloud_center_instances'::text AS source,
    v.account_id,
    v.region_id,
    (v.uuid::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('instance_id', to_jsonb(p.instance_id), to_jsonb(v.instance_id)),
            ('instance_name', to_jsonb(p.instance_name), to_jsonb(v.instance_name)),
            ('instance_region_id', to_jsonb(p.instance_region_id), to_jsonb(v.instance_region_id)),
            ('region', to_jsonb(p.region), to_jsonb(v.region)),
            ('region_name', to_jsonb(p.region_name), to_jsonb(v.region_name)),
            ('status', to_jsonb(p.status), to_jsonb(v.status)),
            ('client_status', to_jsonb(p.client_status), to_jsonb(v.client_status)),
            ('client_sub_status', to_jsonb(p.client_sub_status), to_jsonb(v.client_sub_status)),
            ('os', to_jsonb(p.os), to_jsonb(v.os)),
            ('os_name', to_jsonb(p.os_name), to_jsonb(v.os_name)),
            ('kernel', to_jsonb(p.kernel), to_jsonb(v.kernel)),
            ('cores', to_jsonb(p.cores), to_jsonb(v.cores)),
            ('cpu_info', to_jsonb(p.cpu_info), to_jsonb(v.cpu_info)),
            ('mem_mb', to_jsonb(p.mem_mb), to_jsonb(v.mem_mb)),
            ('internet_ip', to_jsonb(p.internet_ip), to_jsonb(v.internet_ip)),
            ('intranet_ip', to_jsonb(p.intranet_ip), to_jsonb(v.intranet_ip)),
            ('ip', to_jsonb(p.ip), to_jsonb(v.ip)),
            ('ip_list_string', to_jsonb(p.ip_list_string), to_jsonb(v.ip_list_string)),
            ('mac_list_string', to_jsonb(p.mac_list_string), to_jsonb(v.mac_list_string)),
            ('vpc_instance_id', to_jsonb(p.vpc_instance_id), to_jsonb(v.vpc_instance_id)),
            ('importance', to_jsonb(p.importance), to_jsonb(v.importance)),
            ('group_id', to_jsonb(p.group_id), to_jsonb(v.group_id)),
            ('group_trace', to_jsonb(p.group_trace), to_jsonb(v.group_trace)),
            ('tag', to_jsonb(p.tag), to_jsonb(v.tag)),
            ('tag_id', to_jsonb(p.tag_id), to_jsonb(v.tag_id)),
            ('tag_resources', to_jsonb(p.tag_resources), to_jsonb(v.tag_resources)),
            ('auth_version', to_jsonb(p.auth_version), to_jsonb(v.auth_version)),
            ('auth_version_name', to_jsonb(p.auth_version_name), to_jsonb(v.auth_version_name)),
            ('auth_modified_at', to_jsonb(p.auth_modified_at), to_jsonb(v.auth_modified_at)),
            ('bind', to_jsonb(p.bind), to_jsonb(v.bind)),
            ('post_paid_flag', to_jsonb(p.post_paid_flag), to_jsonb(v.post_paid_flag)),
            ('bind_file_protect_type', to_jsonb(p.bind_file_protect_type), to_jsonb(v.bind_file_protect_type)),
            ('risk_status', to_jsonb(p.risk_status), to_jsonb(v.risk_status)),
            ('exposed_status', to_jsonb(p.exposed_status), to_jsonb(v.exposed_status)),
            ('vul_status', to_jsonb(p.vul_status), to_jsonb(v.vul_status)),
            ('vul_count', to_jsonb(p.vul_count), to_jsonb(v.vul_count)),
            ('hc_status', to_jsonb(p.hc_status), to_jsonb(v.hc_status)),
            ('health_check_count', to_jsonb(p.health_check_count), to_jsonb(v.health_check_count)),
            ('alarm_status', to_jsonb(p.alarm_status), to_jsonb(v.alarm_status)),
            ('safe_event_count', to_jsonb(p.safe_event_count), to_jsonb(v.safe_event_count)),
            ('risk_count', to_jsonb(p.risk_count), to_jsonb(v.risk_count)),
            ('vendor', to_jsonb(p.vendor), to_jsonb(v.vendor)),
            ('vendor_name', to_jsonb(p.vendor_name), to_jsonb(v.vendor_name)),
            ('vendor_uid', to_jsonb(p.vendor_uid), to_jsonb(v.vendor_uid)),
            ('vendor_user_name', to_jsonb(p.vendor_user_name), to_jsonb(v.vendor_user_name)),
            ('flag', to_jsonb(p.flag), to_jsonb(v.flag)),
            ('flag_name', to_jsonb(p.flag_name), to_jsonb(v.flag_name)),
            ('asset_type', to_jsonb(p.asset_type), to_jsonb(v.asset_type)),
            ('asset_type_name', to_jsonb(p.asset_type_name), to_jsonb(v.asset_type_name)),
            ('has_container', to_jsonb(p.has_container), to_jsonb(v.has_container)),
            ('pod_count', to_jsonb(p.pod_count), to_jsonb(v.pod_count)),
            ('cluster_id', to_jsonb(p.cluster_id), to_jsonb(v.cluster_id)),
            ('cluster_name', to_jsonb(p.cluster_name), to_jsonb(v.cluster_name)),
            ('namespace', to_jsonb(p.namespace), to_jsonb(v.namespace)),
            ('created_at', to_jsonb(p.created_at), to_jsonb(v.created_at)),
            ('app_id', to_jsonb(p.app_id), to_jsonb(v.app_id)),
            ('app_name', to_jsonb(p.app_name), to_jsonb(v.app_name)),
            ('service_id', to_jsonb(p.service_id), to_jsonb(v.service_id)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.cloud_center_instances AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.instance_id,
        p.instance_name,
        p.instance_region_id,
        p.region,
        p.region_name,
        p.status,
        p.client_status,
        p.client_sub_status,
        p.os,
        p.os_name,
        p.kernel,
        p.cores,
        p.cpu_info,
        p.mem_mb,
        p.internet_ip,
        p.intranet_ip,
        p.ip,
        p.ip_list_string,
        p.mac_list_string,
        p.vpc_instance_id,
        p.importance,
        p.group_id,
        p.group_trace,
        p.tag,
        p.tag_id,
        p.tag_resources,
        p.auth_version,
        p.auth_version_name,
        p.auth_modified_at,
        p.bind,
        p.post_paid_flag,
        p.bind_file_protect_type,
        p.risk_status,
        p.exposed_status,
        p.vul_status,
        p.vul_count,
        p.hc_status,
        p.health_check_count,
        p.alarm_status,
        p.safe_event_count,
        p.risk_count,
        p.vendor,
        p.vendor_name,
        p.vendor_uid,
        p.vendor_user_name,
        p.flag,
        p.flag_name,
        p.asset_type,
        p.asset_type_name,
        p.has_container,
        p.pod_count,
        p.cluster_id,
        p.cluster_name,
        p.namespace,
        p.created_at,
        p.app_id,
        p.app_name,
        p.service_id,
        p.extra
    FROM syncer.cloud_center_instances AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.uuid = v.uuid AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'cloud_center_instances'::text,
    v.account_id,
    v.region_id,
    (v.uuid::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.cloud_center_instances AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.cloud_center_instances AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.uuid = v.uuid AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.cloud_center_instances_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.fleet_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.client_status,
    CASE r.client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
    END AS client_status_label,
    r.os,
    r.vendor,
    CASE r.vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'third-party cloud'
        WHEN 4 THEN 'third-party cloud'
        WHEN 5 THEN 'third-party cloud'
        WHEN 7 THEN 'third-party cloud'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
    END AS vendor_label,
    r.servers AS servers
FROM syncer.fleet_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.fleet_daily IS 'Rollup behind alicloud.fleet_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.fleet_daily IS 'One row per day, account, region, agent status, operating system and vendor: how many servers there were. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.cloud_center_instances.';
COMMENT ON COLUMN alicloud.fleet_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.fleet_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.fleet_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.fleet_daily.client_status IS 'Whether the agent on the server is online.';
COMMENT ON COLUMN alicloud.fleet_daily.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused.';
COMMENT ON COLUMN alicloud.fleet_daily.os IS 'Operating system, such as Linux.';
COMMENT ON COLUMN alicloud.fleet_daily.vendor IS 'Where the server comes from.';
COMMENT ON COLUMN alicloud.fleet_daily.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = third-party cloud, 4 = third-party cloud, 5 = third-party cloud, 7 = third-party cloud, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud.';
COMMENT ON COLUMN alicloud.fleet_daily.servers IS 'Servers that Security Center knew at the end of the day.';

CREATE OR REPLACE VIEW alicloud.agent_install_statuses AS
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

CREATE OR REPLACE VIEW alicloud.agent_install_statuses_history AS
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
CREATE OR REPLACE FUNCTION alicloud.agent_install_statuses_as_of(at timestamptz)
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
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.agent_install_statuses IS 'Versions behind alicloud.agent_install_statuses and alicloud.agent_install_statuses_history. Read those.';
COMMENT ON COLUMN syncer.agent_install_statuses.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agent_install_statuses.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.agent_install_statuses IS 'One row per server that an agent installation was seen on: how the installation last seen went. As it stands now. From Sas DescribeAgentInstallStatus.';
COMMENT ON VIEW alicloud.agent_install_statuses_history IS 'One row per server that an agent installation was seen on: how the installation last seen went. Every version that is kept, with the time it stood. From Sas DescribeAgentInstallStatus.';
COMMENT ON FUNCTION alicloud.agent_install_statuses_as_of(timestamptz) IS 'The rows that alicloud.agent_install_statuses showed at that moment; an error where history no longer reaches back to it.';
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

CREATE OR REPLACE VIEW syncer.agent_install_statuses_changes AS
SELECT
    v.valid_from AS at,
    'agent_install_statuses'::text AS source,
    v.account_id,
    v.region_id,
    (v.uuid::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('result', to_jsonb(p.result), to_jsonb(v.result)),
            ('result_code', to_jsonb(p.result_code), to_jsonb(v.result_code)),
            ('message', to_jsonb(p.message), to_jsonb(v.message)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.agent_install_statuses AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.result,
        p.result_code,
        p.message,
        p.extra
    FROM syncer.agent_install_statuses AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.uuid = v.uuid AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'agent_install_statuses'::text,
    v.account_id,
    v.region_id,
    (v.uuid::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.agent_install_statuses AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.agent_install_statuses AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.uuid = v.uuid AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.agent_install_statuses_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.agent_install_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.result,
    CASE r.result
        WHEN -1 THEN 'not installed'
        WHEN 0 THEN 'installing'
        WHEN 1 THEN 'installed'
        WHEN 2 THEN 'failed'
    END AS result_label,
    r.servers AS servers
FROM syncer.agent_install_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.agent_install_daily IS 'Rollup behind alicloud.agent_install_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.agent_install_daily IS 'One row per day, account, region and result: on how many servers the agent installation last seen ended so. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.agent_install_statuses.';
COMMENT ON COLUMN alicloud.agent_install_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.agent_install_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_install_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_install_daily.result IS 'How the installation went.';
COMMENT ON COLUMN alicloud.agent_install_daily.result_label IS 'What result says: -1 = not installed, 0 = installing, 1 = installed, 2 = failed.';
COMMENT ON COLUMN alicloud.agent_install_daily.servers IS 'Servers with this result.';

CREATE OR REPLACE VIEW alicloud.instance_patch_states AS
SELECT
    account_id,
    region_id,
    instance_id,
    baseline_id,
    patch_group,
    owner_information,
    operation_type,
    operation_started_at,
    operation_ended_at,
    missing_count,
    installed_count,
    installed_other_count,
    installed_pending_reboot_count,
    installed_rejected_count,
    failed_count,
    extra,
    valid_from
FROM syncer.instance_patch_states
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.instance_patch_states_history AS
SELECT
    account_id,
    region_id,
    instance_id,
    baseline_id,
    patch_group,
    owner_information,
    operation_type,
    operation_started_at,
    operation_ended_at,
    missing_count,
    installed_count,
    installed_other_count,
    installed_pending_reboot_count,
    installed_rejected_count,
    failed_count,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.instance_patch_states
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    instance_id,
    baseline_id,
    patch_group,
    owner_information,
    operation_type,
    operation_started_at,
    operation_ended_at,
    missing_count,
    installed_count,
    installed_other_count,
    installed_pending_reboot_count,
    installed_rejected_count,
    failed_count,
    extra,
    valid_from,
    valid_to
FROM syncer.instance_patch_states
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.instance_patch_states_as_of(at timestamptz)
RETURNS SETOF alicloud.instance_patch_states
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.instance_id,
    h.baseline_id,
    h.patch_group,
    h.owner_information,
    h.operation_type,
    h.operation_started_at,
    h.operation_ended_at,
    h.missing_count,
    h.installed_count,
    h.installed_other_count,
    h.installed_pending_reboot_count,
    h.installed_rejected_count,
    h.failed_count,
    h.extra,
    h.valid_from
FROM alicloud.instance_patch_states_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.instance_patch_states IS 'Versions behind alicloud.instance_patch_states and alicloud.instance_patch_states_history. Read those.';
COMMENT ON COLUMN syncer.instance_patch_states.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.instance_patch_states.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.instance_patch_states IS 'One row per ECS instance: how many patches it has, lacks or failed to install, as the last patch operation found. As it stands now. From oos ListInstancePatchStates.';
COMMENT ON VIEW alicloud.instance_patch_states_history IS 'One row per ECS instance: how many patches it has, lacks or failed to install, as the last patch operation found. Every version that is kept, with the time it stood. From oos ListInstancePatchStates.';
COMMENT ON FUNCTION alicloud.instance_patch_states_as_of(timestamptz) IS 'The rows that alicloud.instance_patch_states showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON COLUMN alicloud.instance_patch_states.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.instance_patch_states.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.instance_patch_states.instance_id IS 'ID of the ECS instance. API field: InstanceId.';
COMMENT ON COLUMN alicloud.instance_patch_states.baseline_id IS 'ID of the patch baseline. API field: BaselineId.';
COMMENT ON COLUMN alicloud.instance_patch_states.patch_group IS 'Patch group that the instance belongs to; NULL where it belongs to none, which the API writes as the text null. API field: PatchGroup.';
COMMENT ON COLUMN alicloud.instance_patch_states.owner_information IS 'Information about the user, in the API''s own words. API field: OwnerInformation.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_type IS 'Kind of the last patch operation, such as scan. API field: OperationType.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_started_at IS 'When the last patch operation was started. API field: OperationStartTime.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_ended_at IS 'When the last patch operation ended. API field: OperationEndTime.';
COMMENT ON COLUMN alicloud.instance_patch_states.missing_count IS 'Patches that are not installed. API field: MissingCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_count IS 'Patches that are installed. API field: InstalledCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_other_count IS 'Installed patches that the baseline does not ask for. API field: InstalledOtherCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_pending_reboot_count IS 'Installed patches that need a restart to take effect. API field: InstalledPendingRebootCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_rejected_count IS 'Installed patches that the user has rejected. API field: InstalledRejectedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.failed_count IS 'Patches whose installation failed. API field: FailedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.instance_patch_states.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.instance_id IS 'ID of the ECS instance. API field: InstanceId.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.baseline_id IS 'ID of the patch baseline. API field: BaselineId.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.patch_group IS 'Patch group that the instance belongs to; NULL where it belongs to none, which the API writes as the text null. API field: PatchGroup.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.owner_information IS 'Information about the user, in the API''s own words. API field: OwnerInformation.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_type IS 'Kind of the last patch operation, such as scan. API field: OperationType.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_started_at IS 'When the last patch operation was started. API field: OperationStartTime.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_ended_at IS 'When the last patch operation ended. API field: OperationEndTime.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.missing_count IS 'Patches that are not installed. API field: MissingCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_count IS 'Patches that are installed. API field: InstalledCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_other_count IS 'Installed patches that the baseline does not ask for. API field: InstalledOtherCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_pending_reboot_count IS 'Installed patches that need a restart to take effect. API field: InstalledPendingRebootCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_rejected_count IS 'Installed patches that the user has rejected. API field: InstalledRejectedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.failed_count IS 'Patches whose installation failed. API field: FailedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE VIEW syncer.instance_patch_states_changes AS
SELECT
    v.valid_from AS at,
    'instance_patch_states'::text AS source,
    v.account_id,
    v.region_id,
    (v.instance_id::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('baseline_id', to_jsonb(p.baseline_id), to_jsonb(v.baseline_id)),
            ('patch_group', to_jsonb(p.patch_group), to_jsonb(v.patch_group)),
            ('owner_information', to_jsonb(p.owner_information), to_jsonb(v.owner_information)),
            ('operation_type', to_jsonb(p.operation_type), to_jsonb(v.operation_type)),
            ('operation_started_at', to_jsonb(p.operation_started_at), to_jsonb(v.operation_started_at)),
            ('operation_ended_at', to_jsonb(p.operation_ended_at), to_jsonb(v.operation_ended_at)),
            ('missing_count', to_jsonb(p.missing_count), to_jsonb(v.missing_count)),
            ('installed_count', to_jsonb(p.installed_count), to_jsonb(v.installed_count)),
            ('installed_other_count', to_jsonb(p.installed_other_count), to_jsonb(v.installed_other_count)),
            ('installed_pending_reboot_count', to_jsonb(p.installed_pending_reboot_count), to_jsonb(v.installed_pending_reboot_count)),
            ('installed_rejected_count', to_jsonb(p.installed_rejected_count), to_jsonb(v.installed_rejected_count)),
            ('failed_count', to_jsonb(p.failed_count), to_jsonb(v.failed_count)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.instance_patch_states AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.baseline_id,
        p.patch_group,
        p.owner_information,
        p.operation_type,
        p.operation_started_at,
        p.operation_ended_at,
        p.missing_count,
        p.installed_count,
        p.installed_other_count,
        p.installed_pending_reboot_count,
        p.installed_rejected_count,
        p.failed_count,
        p.extra
    FROM syncer.instance_patch_states AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.instance_id = v.instance_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'instance_patch_states'::text,
    v.account_id,
    v.region_id,
    (v.instance_id::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.instance_patch_states AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.instance_patch_states AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.instance_id = v.instance_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.instance_patch_states_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.patch_compliance_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.instances AS instances,
    r.compliant AS compliant,
    r.missing_instances AS missing_instances,
    r.failed_instances AS failed_instances,
    r.pending_reboot_instances AS pending_reboot_instances,
    r.missing_patches::bigint AS missing_patches,
    round(100.0 * r.compliant / nullif(r.instances, 0), 2)::double precision AS compliance_pct
FROM syncer.patch_compliance_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.patch_compliance_daily IS 'Rollup behind alicloud.patch_compliance_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.patch_compliance_daily IS 'One row per day, account and region: how many instances had all their patches, and what the others lacked. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.instance_patch_states.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.instances IS 'Instances whose patches are known.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.compliant IS 'Instances on which nothing is missing, failed or waiting for a restart.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.missing_instances IS 'Instances that lack a patch.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.failed_instances IS 'Instances on which the installation of a patch failed.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.pending_reboot_instances IS 'Instances with a patch that needs a restart to take effect.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.missing_patches IS 'Patches that are missing, added up over the instances.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.compliance_pct IS 'Compliant instances among all, in percent; NULL where there are none.';
DROP FUNCTION alicloud.agentless_tasks_as_of(timestamptz);
DROP VIEW alicloud.agentless_tasks_history;
DROP VIEW alicloud.agentless_tasks;

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
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.agentless_tasks IS 'Versions behind alicloud.agentless_tasks and alicloud.agentless_tasks_history. Read those.';
COMMENT ON COLUMN syncer.agentless_tasks.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agentless_tasks.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.agentless_tasks IS 'One row per agentless scan, main task or subtask: what is scanned, how far the scan is and where its report is. As it stands now. From Sas ListAgentlessTask.';
COMMENT ON VIEW alicloud.agentless_tasks_history IS 'One row per agentless scan, main task or subtask: what is scanned, how far the scan is and where its report is. Every version that is kept, with the time it stood. From Sas ListAgentlessTask.';
COMMENT ON FUNCTION alicloud.agentless_tasks_as_of(timestamptz) IS 'The rows that alicloud.agentless_tasks showed at that moment; an error where history no longer reaches back to it.';
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

CREATE OR REPLACE VIEW syncer.agentless_tasks_changes AS
SELECT
    v.valid_from AS at,
    'agentless_tasks'::text AS source,
    v.account_id,
    v.region_id,
    (v.task_id::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('is_root', to_jsonb(p.is_root), to_jsonb(v.is_root)),
            ('root_task_id', to_jsonb(p.root_task_id), to_jsonb(v.root_task_id)),
            ('task_name', to_jsonb(p.task_name), to_jsonb(v.task_name)),
            ('status', to_jsonb(p.status), to_jsonb(v.status)),
            ('progress', to_jsonb(p.progress), to_jsonb(v.progress)),
            ('result', to_jsonb(p.result), to_jsonb(v.result)),
            ('started_at', to_jsonb(p.started_at), to_jsonb(v.started_at)),
            ('ended_at', to_jsonb(p.ended_at), to_jsonb(v.ended_at)),
            ('target_type', to_jsonb(p.target_type), to_jsonb(v.target_type)),
            ('target_name', to_jsonb(p.target_name), to_jsonb(v.target_name)),
            ('uuid', to_jsonb(p.uuid), to_jsonb(v.uuid)),
            ('instance_id', to_jsonb(p.instance_id), to_jsonb(v.instance_id)),
            ('instance_name', to_jsonb(p.instance_name), to_jsonb(v.instance_name)),
            ('internet_ip', to_jsonb(p.internet_ip), to_jsonb(v.internet_ip)),
            ('intranet_ip', to_jsonb(p.intranet_ip), to_jsonb(v.intranet_ip)),
            ('measure_space_mb', to_jsonb(p.measure_space_mb), to_jsonb(v.measure_space_mb)),
            ('progress_by_project', to_jsonb(p.progress_by_project), to_jsonb(v.progress_by_project)),
            ('report_status', to_jsonb(p.report_status), to_jsonb(v.report_status)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.agentless_tasks AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.is_root,
        p.root_task_id,
        p.task_name,
        p.status,
        p.progress,
        p.result,
        p.started_at,
        p.ended_at,
        p.target_type,
        p.target_name,
        p.uuid,
        p.instance_id,
        p.instance_name,
        p.internet_ip,
        p.intranet_ip,
        p.measure_space_mb,
        p.progress_by_project,
        p.report_status,
        p.extra
    FROM syncer.agentless_tasks AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.task_id = v.task_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'agentless_tasks'::text,
    v.account_id,
    v.region_id,
    (v.task_id::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.agentless_tasks AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.agentless_tasks AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.task_id = v.task_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.agentless_tasks_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.agentless_tasks_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.status,
    CASE r.status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
    END AS status_label,
    r.target_type,
    CASE r.target_type
        WHEN 1 THEN 'snapshot'
        WHEN 2 THEN 'image'
    END AS target_type_label,
    r.tasks AS tasks,
    r.main_tasks AS main_tasks,
    CASE d.n WHEN 0 THEN r.started ELSE 0 END AS started,
    CASE d.n WHEN 0 THEN r.finished ELSE 0 END AS finished,
    r.measured_mb::double precision AS measured_mb
FROM syncer.agentless_tasks_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.agentless_tasks_daily IS 'Rollup behind alicloud.agentless_tasks_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.agentless_tasks_daily IS 'One row per day, account, region, status and target type: how many agentless scans there were, main tasks and subtasks, and how much they scanned. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.agentless_tasks.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.status IS 'How far the task is.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.target_type IS 'What kind of asset is scanned.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.target_type_label IS 'What target_type says: 1 = snapshot, 2 = image.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.tasks IS 'Tasks, main tasks and subtasks, that the API listed at the end of the day.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.main_tasks IS 'Main tasks among them.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.started IS 'Tasks among them that were started on this day, as known at its end.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.finished IS 'Tasks among them that ended on this day, as known at its end.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.measured_mb IS 'Data that they scanned, in MB.';

CREATE OR REPLACE VIEW alicloud.operation_processes AS
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

CREATE OR REPLACE VIEW alicloud.operation_processes_history AS
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
CREATE OR REPLACE FUNCTION alicloud.operation_processes_as_of(at timestamptz)
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
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.operation_processes IS 'Versions behind alicloud.operation_processes and alicloud.operation_processes_history. Read those.';
COMMENT ON COLUMN syncer.operation_processes.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.operation_processes.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.operation_processes IS 'One row per check task: which checks were run, and how far they are. As it stands now. From Sas ListOperationProcess.';
COMMENT ON VIEW alicloud.operation_processes_history IS 'One row per check task: which checks were run, and how far they are. Every version that is kept, with the time it stood. From Sas ListOperationProcess.';
COMMENT ON FUNCTION alicloud.operation_processes_as_of(timestamptz) IS 'The rows that alicloud.operation_processes showed at that moment; an error where history no longer reaches back to it.';
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

CREATE OR REPLACE VIEW syncer.operation_processes_changes AS
SELECT
    v.valid_from AS at,
    'operation_processes'::text AS source,
    v.account_id,
    v.region_id,
    (v.task_id::text) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            ('task_type', to_jsonb(p.task_type), to_jsonb(v.task_type)),
            ('status_code', to_jsonb(p.status_code), to_jsonb(v.status_code)),
            ('total_count', to_jsonb(p.total_count), to_jsonb(v.total_count)),
            ('finish_count', to_jsonb(p.finish_count), to_jsonb(v.finish_count)),
            ('detail_task_total_count', to_jsonb(p.detail_task_total_count), to_jsonb(v.detail_task_total_count)),
            ('detail_task_ready_count', to_jsonb(p.detail_task_ready_count), to_jsonb(v.detail_task_ready_count)),
            ('created_at', to_jsonb(p.created_at), to_jsonb(v.created_at)),
            ('started_at', to_jsonb(p.started_at), to_jsonb(v.started_at)),
            ('ended_at', to_jsonb(p.ended_at), to_jsonb(v.ended_at)),
            ('task_source', to_jsonb(p.task_source), to_jsonb(v.task_source)),
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.operation_processes AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
        p.task_type,
        p.status_code,
        p.total_count,
        p.finish_count,
        p.detail_task_total_count,
        p.detail_task_ready_count,
        p.created_at,
        p.started_at,
        p.ended_at,
        p.task_source,
        p.extra
    FROM syncer.operation_processes AS p
    WHERE p.account_id = v.account_id AND p.region_id = v.region_id AND p.task_id = v.task_id AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    'operation_processes'::text,
    v.account_id,
    v.region_id,
    (v.task_id::text) COLLATE "C",
    'ended',
    NULL
FROM syncer.operation_processes AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.operation_processes AS n
        WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.task_id = v.task_id AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.operation_processes_changes IS 'Part of alicloud.changes. Read that one.';

CREATE OR REPLACE VIEW alicloud.operation_processes_daily AS
SELECT
    r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.task_type,
    CASE r.task_type
        WHEN 'CHECK_ALL' THEN 'full check'
        WHEN 'CHECK_POLICY' THEN 'check by policy'
        WHEN 'CHECK_SCHEDULE' THEN 'scheduled check'
        WHEN 'CHECK_ITEM' THEN 'check of single items'
        WHEN 'CHECK_INSTANCE' THEN 'check of single items on single instances'
    END AS task_type_label,
    r.status_code,
    CASE r.status_code
        WHEN 0 THEN 'not started'
        WHEN 1 THEN 'running'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'timed out'
    END AS status_code_label,
    r.processes AS processes,
    r.total_count::bigint AS total_count,
    r.finish_count::bigint AS finish_count,
    round(100.0 * r.finish_count::bigint / nullif(r.total_count::bigint, 0), 2)::double precision AS finish_pct
FROM syncer.operation_processes_daily AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);

COMMENT ON TABLE syncer.operation_processes_daily IS 'Rollup behind alicloud.operation_processes_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';
COMMENT ON VIEW alicloud.operation_processes_daily IS 'One row per day, account, region, type and status: how many check tasks there were, and how far they had come. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.operation_processes.';
COMMENT ON COLUMN alicloud.operation_processes_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.operation_processes_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.operation_processes_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.operation_processes_daily.task_type IS 'What the task checks.';
COMMENT ON COLUMN alicloud.operation_processes_daily.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances.';
COMMENT ON COLUMN alicloud.operation_processes_daily.status_code IS 'How far the task is.';
COMMENT ON COLUMN alicloud.operation_processes_daily.status_code_label IS 'What status_code says: 0 = not started, 1 = running, 2 = complete, 3 = timed out.';
COMMENT ON COLUMN alicloud.operation_processes_daily.processes IS 'Check tasks that the API listed at the end of the day.';
COMMENT ON COLUMN alicloud.operation_processes_daily.total_count IS 'Entries that they consist of.';
COMMENT ON COLUMN alicloud.operation_processes_daily.finish_count IS 'Entries of total_count that are complete.';
COMMENT ON COLUMN alicloud.operation_processes_daily.finish_pct IS 'Complete entries among all, in percent; NULL where there are none.';

ALTER TABLE syncer.cloud_center_instances DROP COLUMN free_type;
ALTER TABLE syncer.cloud_center_instances DROP COLUMN edr_auth_version;
ALTER TABLE syncer.agentless_tasks DROP COLUMN extension;

SELECT set_config('timezone', coalesce((SELECT timezone FROM syncer.settings), 'UTC'), true);
-- The rollup is made anew from the versions, as `syncer trends rebuild` does, where it
-- was ever made. Days before the horizon stay as they are: their versions are gone.
-- +goose StatementBegin
DO $$
DECLARE
    start date := (SELECT coalesce((horizon_at + interval '1 day' - interval '1 microsecond')::date, '-infinity') FROM syncer.settings);
BEGIN
    IF (SELECT timezone IS NOT NULL FROM syncer.settings) THEN
        CREATE TEMP TABLE rebuilt ON COMMIT DROP AS
        WITH spans AS (
            SELECT v.account_id, v.region_id, '[]' AS series, greatest(v.valid_from::date, start) AS from_day, v.valid_to::date AS to_day, 1 AS instances, CASE WHEN (v.missing_count > 0) IS NOT TRUE AND (v.failed_count > 0) IS NOT TRUE AND (v.installed_pending_reboot_count > 0) IS NOT TRUE THEN 1 ELSE 0 END AS compliant, CASE WHEN (v.missing_count > 0) IS TRUE THEN 1 ELSE 0 END AS missing_instances, CASE WHEN (v.failed_count > 0) IS TRUE THEN 1 ELSE 0 END AS failed_instances, CASE WHEN (v.installed_pending_reboot_count > 0) IS TRUE THEN 1 ELSE 0 END AS pending_reboot_instances, coalesce(v.missing_count, 0)::numeric AS missing_patches
            FROM syncer.instance_patch_states AS v
            WHERE v.valid_to::date >= start
        ), deltas AS (
            SELECT account_id, region_id, series, day, sum(instances) AS instances, sum(compliant) AS compliant, sum(missing_instances) AS missing_instances, sum(failed_instances) AS failed_instances, sum(pending_reboot_instances) AS pending_reboot_instances, sum(missing_patches) AS missing_patches
            FROM (
                SELECT account_id, region_id, series, from_day, instances, compliant, missing_instances, failed_instances, pending_reboot_instances, missing_patches FROM spans
                UNION ALL
                SELECT account_id, region_id, series, to_day, -instances, -compliant, -missing_instances, -failed_instances, -pending_reboot_instances, -missing_patches FROM spans WHERE isfinite(to_day)
                UNION ALL
                SELECT r.account_id, r.region_id, r.series, start, 0, 0, 0, 0, 0, 0
        FROM syncer.patch_compliance_daily AS r
        WHERE r.to_day = 'infinity' AND isfinite(start)
        UNION ALL
        SELECT account_id, region_id, '[]', greatest(first_merged_at::date, start), 0, 0, 0, 0, 0, 0
        FROM syncer.partitions
        WHERE source = 'instance_patch_states' AND first_merged_at IS NOT NULL
            ) AS u (account_id, region_id, series, day, instances, compliant, missing_instances, failed_instances, pending_reboot_instances, missing_patches)
            GROUP BY account_id, region_id, series, day
        )
        SELECT account_id, region_id, series, day AS from_day, lead(day, 1, 'infinity') OVER w AS to_day, sum(instances) OVER w AS instances, sum(compliant) OVER w AS compliant, sum(missing_instances) OVER w AS missing_instances, sum(failed_instances) OVER w AS failed_instances, sum(pending_reboot_instances) OVER w AS pending_reboot_instances, sum(missing_patches) OVER w AS missing_patches
        FROM deltas
        WINDOW w AS (PARTITION BY account_id, region_id, series ORDER BY day);
        DELETE FROM syncer.patch_compliance_daily WHERE from_day >= start;
        UPDATE syncer.patch_compliance_daily SET to_day = start WHERE to_day > start;
        INSERT INTO syncer.patch_compliance_daily (account_id, region_id, series, from_day, to_day, instances, compliant, missing_instances, failed_instances, pending_reboot_instances, missing_patches)
        SELECT * FROM rebuilt;
        DROP TABLE rebuilt;
    END IF;
END
$$;
-- +goose StatementEnd
