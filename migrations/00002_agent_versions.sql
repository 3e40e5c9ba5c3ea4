-- +goose Up
CREATE TABLE syncer.agent_versions (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    cur_version text,
    upgrade_version text,
    latest_version text,
    latest_version_created_at timestamptz,
    force_upgrade_at timestamptz,
    publish_status bigint,
    gray_switch_status bigint,
    big_customer boolean,
    latest_version_desc text,
    auto_upgrade bigint,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT agent_versions_pkey PRIMARY KEY (account_id, region_id, valid_to),
    CONSTRAINT agent_versions_valid_check CHECK (valid_from < valid_to)
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.agent_versions_standing PARTITION OF syncer.agent_versions
    FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE TABLE syncer.agent_versions_default PARTITION OF syncer.agent_versions DEFAULT;

CREATE VIEW alicloud.agent_versions AS
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

CREATE VIEW alicloud.agent_versions_history AS
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
CREATE FUNCTION alicloud.agent_versions_as_of(at timestamptz)
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
WHERE h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.agent_versions IS 'Versions behind alicloud.agent_versions and alicloud.agent_versions_history. Read those.';
COMMENT ON COLUMN syncer.agent_versions.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agent_versions.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.agent_versions IS 'One row per account and Security Center region: the agent release in use, the one being rolled out and the newest one. As it stands now. From Sas GetCurrentVersionPublish.';
COMMENT ON VIEW alicloud.agent_versions_history IS 'One row per account and Security Center region: the agent release in use, the one being rolled out and the newest one. Every version, with the time it stood. From Sas GetCurrentVersionPublish.';
COMMENT ON FUNCTION alicloud.agent_versions_as_of(timestamptz) IS 'The rows that alicloud.agent_versions showed at that moment.';
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

-- +goose Down
DROP FUNCTION alicloud.agent_versions_as_of(timestamptz);
DROP VIEW alicloud.agent_versions_history;
DROP VIEW alicloud.agent_versions;
DROP TABLE syncer.agent_versions;
