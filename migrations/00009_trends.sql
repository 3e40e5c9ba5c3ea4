-- +goose Up
-- What holds for the whole database, in one row.
CREATE TABLE syncer.settings (
    only_row boolean NOT NULL DEFAULT true,
    timezone text,
    horizon_at timestamptz,
    CONSTRAINT settings_pkey PRIMARY KEY (only_row),
    CONSTRAINT settings_only_row_check CHECK (only_row)
);
COMMENT ON COLUMN syncer.settings.timezone IS 'Of the days in the rollups; NULL: they were never made.';
COMMENT ON COLUMN syncer.settings.horizon_at IS 'Of what was before, nothing can be told: versions that ended before are gone, or are about to go. NULL: all are kept.';
INSERT INTO syncer.settings DEFAULT VALUES;

ALTER TABLE syncer.partitions ADD COLUMN first_merged_at timestamptz;
COMMENT ON COLUMN syncer.partitions.first_merged_at IS 'Moment of the first merge: trends begin on its day.';
UPDATE syncer.partitions AS p
SET first_merged_at = (
    SELECT min(r.finished_at)
    FROM syncer.sync_runs AS r
    WHERE r.account_id = p.account_id AND r.source = p.source AND r.region_id = p.region_id AND r.status <> 'failed'
);

-- alicloud.changes unites the views syncer.<source>_changes, whichever there are:
-- the migration of a new source calls this again.
-- +goose StatementBegin
CREATE FUNCTION syncer.unite_changes() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    parts text;
    c record;
BEGIN
    SELECT string_agg(format('SELECT at, source, account_id, region_id, key, kind, changed FROM syncer.%I', relname), ' UNION ALL ' ORDER BY relname)
    INTO parts
    FROM pg_class
    WHERE relnamespace = 'syncer'::regnamespace AND relkind = 'v' AND relname LIKE '%\_changes';
    IF parts IS NULL THEN
        DROP VIEW IF EXISTS alicloud.changes;
        RETURN;
    END IF;
    EXECUTE 'CREATE OR REPLACE VIEW alicloud.changes AS ' || parts;
    COMMENT ON VIEW alicloud.changes IS 'One row per thing that happened to a row of any source, as far back as history is kept. Ask for a span of time (at).';
    COMMENT ON COLUMN alicloud.changes.at IS 'Moment of the sync that found it.';
    COMMENT ON COLUMN alicloud.changes.source IS 'Source: the name of its view in this schema.';
    COMMENT ON COLUMN alicloud.changes.account_id IS 'ID of the Alibaba Cloud account.';
    COMMENT ON COLUMN alicloud.changes.region_id IS 'Region that was asked.';
    COMMENT ON COLUMN alicloud.changes.key IS 'Key of the row: its columns'' values, a slash between them; empty where a source has one row.';
    COMMENT ON COLUMN alicloud.changes.kind IS 'opened: it was not there before, as far back as history is kept. changed: some columns have new values. ended: it is no longer there. returned: it is there again.';
    COMMENT ON COLUMN alicloud.changes.changed IS 'Of changed and returned, the columns that differ from the version before, as {"column": {"old": value, "new": value}}; NULL: none.';
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION syncer.unite_changes() IS 'Makes alicloud.changes of the views syncer.<source>_changes.';

CREATE INDEX agent_versions_valid_from_idx ON syncer.agent_versions USING brin (valid_from) WITH (pages_per_range = 32, autosummarize = on);

CREATE VIEW syncer.agent_versions_changes AS
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
SELECT syncer.unite_changes();

CREATE TABLE syncer.publish_progress_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    version text,
    batch_id bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    status bigint,
    upgraded_servers numeric NOT NULL,
    CONSTRAINT publish_progress_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series),
    CONSTRAINT publish_progress_daily_day_check CHECK (from_day < to_day)
);

CREATE VIEW alicloud.publish_progress_daily AS
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

CREATE INDEX publish_batches_valid_from_idx ON syncer.publish_batches USING brin (valid_from) WITH (pages_per_range = 32, autosummarize = on);

CREATE VIEW syncer.publish_batches_changes AS
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
SELECT syncer.unite_changes();

CREATE TABLE syncer.fleet_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    client_status text,
    os text,
    vendor bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    servers bigint NOT NULL,
    CONSTRAINT fleet_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series),
    CONSTRAINT fleet_daily_day_check CHECK (from_day < to_day)
);

CREATE VIEW alicloud.fleet_daily AS
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

CREATE INDEX cloud_center_instances_valid_from_idx ON syncer.cloud_center_instances USING brin (valid_from) WITH (pages_per_range = 32, autosummarize = on);

CREATE VIEW syncer.cloud_center_instances_changes AS
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
SELECT syncer.unite_changes();

CREATE TABLE syncer.agent_install_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    result bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    servers bigint NOT NULL,
    CONSTRAINT agent_install_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series),
    CONSTRAINT agent_install_daily_day_check CHECK (from_day < to_day)
);

CREATE VIEW alicloud.agent_install_daily AS
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

CREATE INDEX agent_install_statuses_valid_from_idx ON syncer.agent_install_statuses USING brin (valid_from) WITH (pages_per_range = 32, autosummarize = on);

CREATE VIEW syncer.agent_install_statuses_changes AS
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
SELECT syncer.unite_changes();

CREATE TABLE syncer.patch_compliance_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    from_day date NOT NULL,
    to_day date NOT NULL,
    instances bigint NOT NULL,
    compliant bigint NOT NULL,
    missing_instances bigint NOT NULL,
    failed_instances bigint NOT NULL,
    pending_reboot_instances bigint NOT NULL,
    missing_patches numeric NOT NULL,
    CONSTRAINT patch_compliance_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series),
    CONSTRAINT patch_compliance_daily_day_check CHECK (from_day < to_day)
);

CREATE VIEW alicloud.patch_compliance_daily AS
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

CREATE INDEX instance_patch_states_valid_from_idx ON syncer.instance_patch_states USING brin (valid_from) WITH (pages_per_range = 32, autosummarize = on);

CREATE VIEW syncer.instance_patch_states_changes AS
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
SELECT syncer.unite_changes();

CREATE TABLE syncer.agentless_tasks_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    status bigint,
    target_type bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    tasks bigint NOT NULL,
    main_tasks bigint NOT NULL,
    started bigint NOT NULL,
    finished bigint NOT NULL,
    measured_mb numeric NOT NULL,
    CONSTRAINT agentless_tasks_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series),
    CONSTRAINT agentless_tasks_daily_day_check CHECK (from_day < to_day)
);

CREATE VIEW alicloud.agentless_tasks_daily AS
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

CREATE INDEX agentless_tasks_valid_from_idx ON syncer.agentless_tasks USING brin (valid_from) WITH (pages_per_range = 32, autosummarize = on);

CREATE VIEW syncer.agentless_tasks_changes AS
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
SELECT syncer.unite_changes();

CREATE TABLE syncer.operation_processes_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    task_type text,
    status_code bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    processes bigint NOT NULL,
    total_count numeric NOT NULL,
    finish_count numeric NOT NULL,
    CONSTRAINT operation_processes_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series),
    CONSTRAINT operation_processes_daily_day_check CHECK (from_day < to_day)
);

CREATE VIEW alicloud.operation_processes_daily AS
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

CREATE INDEX operation_processes_valid_from_idx ON syncer.operation_processes USING brin (valid_from) WITH (pages_per_range = 32, autosummarize = on);

CREATE VIEW syncer.operation_processes_changes AS
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
SELECT syncer.unite_changes();

-- +goose Down
DROP VIEW alicloud.changes;
DROP FUNCTION syncer.unite_changes();
DROP VIEW syncer.operation_processes_changes;
DROP INDEX syncer.operation_processes_valid_from_idx;
DROP VIEW alicloud.operation_processes_daily;
DROP TABLE syncer.operation_processes_daily;
DROP VIEW syncer.agentless_tasks_changes;
DROP INDEX syncer.agentless_tasks_valid_from_idx;
DROP VIEW alicloud.agentless_tasks_daily;
DROP TABLE syncer.agentless_tasks_daily;
DROP VIEW syncer.instance_patch_states_changes;
DROP INDEX syncer.instance_patch_states_valid_from_idx;
DROP VIEW alicloud.patch_compliance_daily;
DROP TABLE syncer.patch_compliance_daily;
DROP VIEW syncer.agent_install_statuses_changes;
DROP INDEX syncer.agent_install_statuses_valid_from_idx;
DROP VIEW alicloud.agent_install_daily;
DROP TABLE syncer.agent_install_daily;
DROP VIEW syncer.cloud_center_instances_changes;
DROP INDEX syncer.cloud_center_instances_valid_from_idx;
DROP VIEW alicloud.fleet_daily;
DROP TABLE syncer.fleet_daily;
DROP VIEW syncer.publish_batches_changes;
DROP INDEX syncer.publish_batches_valid_from_idx;
DROP VIEW alicloud.publish_progress_daily;
DROP TABLE syncer.publish_progress_daily;
DROP VIEW syncer.agent_versions_changes;
DROP INDEX syncer.agent_versions_valid_from_idx;
ALTER TABLE syncer.partitions DROP COLUMN first_merged_at;
DROP TABLE syncer.settings;
