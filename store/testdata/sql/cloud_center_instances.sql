-- The merge of cloud_center_instances, written by go test ./store -run TestRendered -update.
-- $1 is the account, $2 the region and, in what writes versions, $3 the moment of the merge.

-- == What stands: readBaseline

-- The fingerprints of the standing rows.
SELECT t."uuid", t.row_hash FROM "syncer"."cloud_center_instances" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- Those of rows of which a volatile column has moved.
SELECT v."uuid", v.row_hash FROM "syncer"."cloud_center_instances_volatile" AS v WHERE v.account_id = $1 AND v.region_id = $2;

-- == The stage: stage.flush, merge.settleStage

-- With the first row that is staged.
CREATE TEMP TABLE stage AS
SELECT 0::bigint AS seq, 0::bigint AS sweep, 0::bigint AS came_hash, "uuid", "instance_id", "instance_name", "instance_region_id", "region", "region_name", "status", "client_status", "client_sub_status", "last_login_at", "os", "os_name", "kernel", "cores", "cpu_info", "mem_mb", "internet_ip", "intranet_ip", "ip", "ip_list_string", "mac_list_string", "vpc_instance_id", "importance", "group_id", "group_trace", "tag", "tag_id", "tag_resources", "auth_version", "auth_version_name", "auth_modified_at", "bind", "post_paid_flag", "bind_file_protect_type", "risk_status", "exposed_status", "vul_status", "vul_count", "hc_status", "health_check_count", "alarm_status", "safe_event_count", "risk_count", "vendor", "vendor_name", "vendor_uid", "vendor_user_name", "flag", "flag_name", "asset_type", "asset_type_name", "has_container", "pod_count", "cluster_id", "cluster_name", "namespace", "created_at", "app_id", "app_name", "service_id", "edr_auth_version", "free_type", extra, version_hash, row_hash
FROM "syncer"."cloud_center_instances"
WITH NO DATA;

-- Whenever 256 kB wait.
COPY pg_temp.stage (seq, sweep, came_hash, "uuid", "instance_id", "instance_name", "instance_region_id", "region", "region_name", "status", "client_status", "client_sub_status", "last_login_at", "os", "os_name", "kernel", "cores", "cpu_info", "mem_mb", "internet_ip", "intranet_ip", "ip", "ip_list_string", "mac_list_string", "vpc_instance_id", "importance", "group_id", "group_trace", "tag", "tag_id", "tag_resources", "auth_version", "auth_version_name", "auth_modified_at", "bind", "post_paid_flag", "bind_file_protect_type", "risk_status", "exposed_status", "vul_status", "vul_count", "hc_status", "health_check_count", "alarm_status", "safe_event_count", "risk_count", "vendor", "vendor_name", "vendor_uid", "vendor_user_name", "flag", "flag_name", "asset_type", "asset_type_name", "has_container", "pod_count", "cluster_id", "cluster_name", "namespace", "created_at", "app_id", "app_name", "service_id", "edr_auth_version", "free_type", extra, version_hash, row_hash) FROM STDIN BINARY;

-- Where a key was staged twice: the later row counts.
DELETE FROM pg_temp.stage AS a USING pg_temp.stage AS b WHERE true AND a."uuid" = b."uuid" AND a.seq < b.seq;

-- Rows that stand as they came, before lists were sorted.
UPDATE pg_temp.stage AS s
SET version_hash = t.version_hash
FROM "syncer"."cloud_center_instances" AS t
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid" AND t.version_hash = s.came_hash AND s.came_hash <> s.version_hash;

-- merge.churn: fields that alone make most of the versions.
WITH changed AS MATERIALIZED (
    SELECT coalesce(t.extra, '{}') AS old, coalesce(s.extra, '{}') AS now, ROW(t."uuid", t."instance_id", t."instance_name", t."instance_region_id", t."region", t."region_name", t."status", t."client_status", t."client_sub_status", t."os", t."os_name", t."kernel", t."cores", t."cpu_info", t."mem_mb", t."internet_ip", t."intranet_ip", t."ip", t."ip_list_string", t."mac_list_string", t."vpc_instance_id", t."importance", t."group_id", t."group_trace", t."tag", t."tag_id", t."tag_resources", t."auth_version", t."auth_version_name", t."auth_modified_at", t."bind", t."post_paid_flag", t."bind_file_protect_type", t."risk_status", t."exposed_status", t."vul_status", t."vul_count", t."hc_status", t."health_check_count", t."alarm_status", t."safe_event_count", t."risk_count", t."vendor", t."vendor_name", t."vendor_uid", t."vendor_user_name", t."flag", t."flag_name", t."asset_type", t."asset_type_name", t."has_container", t."pod_count", t."cluster_id", t."cluster_name", t."namespace", t."created_at", t."app_id", t."app_name", t."service_id", t."edr_auth_version", t."free_type") IS NOT DISTINCT FROM ROW(s."uuid", s."instance_id", s."instance_name", s."instance_region_id", s."region", s."region_name", s."status", s."client_status", s."client_sub_status", s."os", s."os_name", s."kernel", s."cores", s."cpu_info", s."mem_mb", s."internet_ip", s."intranet_ip", s."ip", s."ip_list_string", s."mac_list_string", s."vpc_instance_id", s."importance", s."group_id", s."group_trace", s."tag", s."tag_id", s."tag_resources", s."auth_version", s."auth_version_name", s."auth_modified_at", s."bind", s."post_paid_flag", s."bind_file_protect_type", s."risk_status", s."exposed_status", s."vul_status", s."vul_count", s."hc_status", s."health_check_count", s."alarm_status", s."safe_event_count", s."risk_count", s."vendor", s."vendor_name", s."vendor_uid", s."vendor_user_name", s."flag", s."flag_name", s."asset_type", s."asset_type_name", s."has_container", s."pod_count", s."cluster_id", s."cluster_name", s."namespace", s."created_at", s."app_id", s."app_name", s."service_id", s."edr_auth_version", s."free_type") AS alone
    FROM pg_temp.stage AS s
    JOIN "syncer"."cloud_center_instances" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid"
    WHERE t.version_hash <> s.version_hash
    LIMIT 1000
)
SELECT f.field
FROM changed AS c, jsonb_object_keys(c.old || c.now) AS f (field)
WHERE c.alone AND c.old -> f.field IS DISTINCT FROM c.now -> f.field
GROUP BY f.field
HAVING 2 * count(*) > (SELECT greatest(count(*), 2 * 3 - 1) FROM changed)
ORDER BY f.field
LIMIT 10;

-- == What is gone: merge.judge

-- Standing rows that complete listings of the sweep servers speak for.
SELECT ''::text, t."uuid" FROM "syncer"."cloud_center_instances" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- Where too many of them would end.
WITH lost AS (
    SELECT value_ AS value, count(*) AS n
    FROM pg_temp.gone AS g
    WHERE g.sweep_ = $3 AND NOT false
    GROUP BY 1
), listed AS (
    SELECT ''::text AS value, count(*) AS n
    FROM "syncer"."cloud_center_instances" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND NOT false
    GROUP BY 1
), too_many AS (
    SELECT value, lost.n AS lost, listed.n AS listed
    FROM lost
    JOIN listed USING (value)
    WHERE (lost.n > $4::bigint AND lost.n > $5::float8 * listed.n OR lost.n = listed.n AND lost.n >= $6::bigint)
), held AS (
    UPDATE pg_temp.gone AS g
    SET held_ = true
    FROM too_many AS m
    WHERE g.sweep_ = $3 AND g.value_ = m.value
)
SELECT value, lost, listed
FROM too_many
ORDER BY value;

-- What no listing has shown.
CREATE TEMP TABLE gone ON COMMIT DROP AS
SELECT 0::bigint AS sweep_, ''::text AS value_, "uuid", true AS ends_, false AS held_
FROM "syncer"."cloud_center_instances"
WITH NO DATA;

COPY pg_temp.gone (sweep_, value_, "uuid") FROM STDIN BINARY;

-- Where too many would end together.
SELECT lost + families, listed + families, ((lost + families) > $3::bigint AND (lost + families) > $4::float8 * (listed + families) OR lost = listed AND lost >= $5::bigint)
FROM (
    SELECT
        (SELECT count(DISTINCT ROW(g."uuid")) FROM pg_temp.gone AS g WHERE NOT false) AS lost,
        (SELECT count(*) FROM "syncer"."cloud_center_instances" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND ((true)) AND NOT false) AS listed,
        0 AS families
) AS n;

-- What is held.
SELECT count(*), coalesce(bit_xor(hashtextextended(key::text, 0)), 0) FROM ((SELECT DISTINCT ROW(g."uuid") AS key FROM pg_temp.gone AS g) EXCEPT (SELECT DISTINCT ROW(g."uuid") AS key FROM pg_temp.gone AS g WHERE g.ends_)) AS held;

-- == Versions: merge.endChanged, open, keepVolatile, endGone, endOrphans

-- Versions that have a successor.
WITH v AS (
UPDATE "syncer"."cloud_center_instances" AS t
SET valid_to = $3, ("last_login_at") = (
    SELECT CASE WHEN v.row_hash IS NULL THEN t."last_login_at" ELSE v."last_login_at" END
    FROM (VALUES (1)) AS one
    LEFT JOIN "syncer"."cloud_center_instances_volatile" AS v ON v.account_id = $1 AND v.region_id = $2 AND true AND v."uuid" = t."uuid"
)
FROM pg_temp.stage AS s
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid" AND t.version_hash <> s.version_hash
RETURNING t."valid_from", t."valid_to", t."client_status", t."os", t."vendor", t."uuid"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT (SELECT CASE WHEN octet_length(s.t) <= 1000 THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT jsonb_build_array(v.client_status, v.os, v.vendor)::text) AS s (t)) AS series, v."client_status", v."os", v."vendor", -1 * sum(1) AS "servers" FROM v GROUP BY v."client_status", v."os", v."vendor") AS d_);

-- Rows whose keys do not stand.
COPY "syncer"."cloud_center_instances_standing" (account_id, region_id, "uuid", "instance_id", "instance_name", "instance_region_id", "region", "region_name", "status", "client_status", "client_sub_status", "last_login_at", "os", "os_name", "kernel", "cores", "cpu_info", "mem_mb", "internet_ip", "intranet_ip", "ip", "ip_list_string", "mac_list_string", "vpc_instance_id", "importance", "group_id", "group_trace", "tag", "tag_id", "tag_resources", "auth_version", "auth_version_name", "auth_modified_at", "bind", "post_paid_flag", "bind_file_protect_type", "risk_status", "exposed_status", "vul_status", "vul_count", "hc_status", "health_check_count", "alarm_status", "safe_event_count", "risk_count", "vendor", "vendor_name", "vendor_uid", "vendor_user_name", "flag", "flag_name", "asset_type", "asset_type_name", "has_container", "pod_count", "cluster_id", "cluster_name", "namespace", "created_at", "app_id", "app_name", "service_id", "edr_auth_version", "free_type", extra, version_hash, row_hash, valid_from) FROM STDIN BINARY;

-- Successors, and new rows that were staged.
WITH v AS (
INSERT INTO "syncer"."cloud_center_instances_standing" AS t (account_id, region_id, "uuid", "instance_id", "instance_name", "instance_region_id", "region", "region_name", "status", "client_status", "client_sub_status", "last_login_at", "os", "os_name", "kernel", "cores", "cpu_info", "mem_mb", "internet_ip", "intranet_ip", "ip", "ip_list_string", "mac_list_string", "vpc_instance_id", "importance", "group_id", "group_trace", "tag", "tag_id", "tag_resources", "auth_version", "auth_version_name", "auth_modified_at", "bind", "post_paid_flag", "bind_file_protect_type", "risk_status", "exposed_status", "vul_status", "vul_count", "hc_status", "health_check_count", "alarm_status", "safe_event_count", "risk_count", "vendor", "vendor_name", "vendor_uid", "vendor_user_name", "flag", "flag_name", "asset_type", "asset_type_name", "has_container", "pod_count", "cluster_id", "cluster_name", "namespace", "created_at", "app_id", "app_name", "service_id", "edr_auth_version", "free_type", extra, version_hash, row_hash, valid_from)
SELECT $1, $2, "uuid", "instance_id", "instance_name", "instance_region_id", "region", "region_name", "status", "client_status", "client_sub_status", "last_login_at", "os", "os_name", "kernel", "cores", "cpu_info", "mem_mb", "internet_ip", "intranet_ip", "ip", "ip_list_string", "mac_list_string", "vpc_instance_id", "importance", "group_id", "group_trace", "tag", "tag_id", "tag_resources", "auth_version", "auth_version_name", "auth_modified_at", "bind", "post_paid_flag", "bind_file_protect_type", "risk_status", "exposed_status", "vul_status", "vul_count", "hc_status", "health_check_count", "alarm_status", "safe_event_count", "risk_count", "vendor", "vendor_name", "vendor_uid", "vendor_user_name", "flag", "flag_name", "asset_type", "asset_type_name", "has_container", "pod_count", "cluster_id", "cluster_name", "namespace", "created_at", "app_id", "app_name", "service_id", "edr_auth_version", "free_type", extra, version_hash, row_hash, $3::timestamptz
FROM pg_temp.stage AS s
WHERE NOT EXISTS (SELECT FROM "syncer"."cloud_center_instances" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid")
ORDER BY s."uuid", s.seq
RETURNING t."valid_from", t."valid_to", t."client_status", t."os", t."vendor", t."uuid"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT (SELECT CASE WHEN octet_length(s.t) <= 1000 THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT jsonb_build_array(v.client_status, v.os, v.vendor)::text) AS s (t)) AS series, v."client_status", v."os", v."vendor", 1 * sum(1) AS "servers" FROM v GROUP BY v."client_status", v."os", v."vendor") AS d_);

-- Volatile columns that have moved before.
UPDATE "syncer"."cloud_center_instances_volatile" AS v
SET row_hash = s.row_hash, "last_login_at" = s."last_login_at"
FROM pg_temp.stage AS s
WHERE v.account_id = $1 AND v.region_id = $2 AND true AND v."uuid" = s."uuid" AND v.row_hash <> s.row_hash;

-- Those that move for the first time.
INSERT INTO "syncer"."cloud_center_instances_volatile" (account_id, region_id, "uuid", "last_login_at", row_hash)
SELECT $1, $2, s."uuid", s."last_login_at", s.row_hash
FROM pg_temp.stage AS s
JOIN "syncer"."cloud_center_instances" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid"
WHERE t.row_hash <> s.row_hash AND NOT EXISTS (SELECT FROM "syncer"."cloud_center_instances_volatile" AS v WHERE v.account_id = $1 AND v.region_id = $2 AND true AND v."uuid" = s."uuid")
ORDER BY s."uuid", s.seq;

-- What is gone, and not held.
WITH v AS (
UPDATE "syncer"."cloud_center_instances" AS t
SET valid_to = $3, ("last_login_at") = (
    SELECT CASE WHEN v.row_hash IS NULL THEN t."last_login_at" ELSE v."last_login_at" END
    FROM (VALUES (1)) AS one
    LEFT JOIN "syncer"."cloud_center_instances_volatile" AS v ON v.account_id = $1 AND v.region_id = $2 AND true AND v."uuid" = t."uuid"
)
FROM pg_temp.gone AS g
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = g."uuid" AND g.ends_
RETURNING t."valid_from", t."valid_to", t."client_status", t."os", t."vendor", t."uuid"
),
gone AS (
DELETE FROM "syncer"."cloud_center_instances_volatile" AS o USING v WHERE o.account_id = $1 AND o.region_id = $2 AND true AND o."uuid" = v."uuid"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT (SELECT CASE WHEN octet_length(s.t) <= 1000 THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT jsonb_build_array(v.client_status, v.os, v.vendor)::text) AS s (t)) AS series, v."client_status", v."os", v."vendor", -1 * sum(1) AS "servers" FROM v GROUP BY v."client_status", v."os", v."vendor") AS d_);

-- == Rollups: merge.fold

-- fleet_daily, 1 of 3.
WITH d AS (
SELECT j.series, j."client_status", j."os", j."vendor", coalesce(sum(j."servers"), 0) AS "servers"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "client_status" text, "os" text, "vendor" bigint, "servers" numeric)
GROUP BY j.series, j."client_status", j."os", j."vendor"
)
UPDATE "syncer"."fleet_daily" AS r
SET to_day = $3::timestamptz::date
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day < $3::timestamptz::date;

-- fleet_daily, 2 of 3.
WITH d AS (
SELECT j.series, j."client_status", j."os", j."vendor", coalesce(sum(j."servers"), 0) AS "servers"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "client_status" text, "os" text, "vendor" bigint, "servers" numeric)
GROUP BY j.series, j."client_status", j."os", j."vendor"
)
INSERT INTO "syncer"."fleet_daily" (account_id, region_id, series, "client_status", "os", "vendor", from_day, to_day, "servers")
SELECT $1, $2, d.series, d."client_status", d."os", d."vendor", coalesce(p.first_merged_at, $3)::date, $3::timestamptz::date, 0
FROM d, syncer.partitions AS p
WHERE p.account_id = $1 AND p.source = 'cloud_center_instances' AND p.region_id = $2 AND coalesce(p.first_merged_at, $3)::date < $3::timestamptz::date
    AND NOT EXISTS (SELECT FROM "syncer"."fleet_daily" AS r WHERE r.account_id = $1 AND r.region_id = $2 AND r.series = d.series)
UNION ALL
SELECT $1, $2, d.series, d."client_status", d."os", d."vendor", $3::timestamptz::date, 'infinity', coalesce(r."servers", 0)
FROM d
LEFT JOIN "syncer"."fleet_daily" AS r ON r.account_id = $1 AND r.region_id = $2 AND r.to_day = $3::timestamptz::date AND r.series = d.series
ON CONFLICT DO NOTHING;

-- fleet_daily, 3 of 3.
WITH d AS (
SELECT j.series, j."client_status", j."os", j."vendor", coalesce(sum(j."servers"), 0) AS "servers"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "client_status" text, "os" text, "vendor" bigint, "servers" numeric)
GROUP BY j.series, j."client_status", j."os", j."vendor"
)
UPDATE "syncer"."fleet_daily" AS r
SET "servers" = r."servers" + d."servers"
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day = $3::timestamptz::date;

-- == A dry run: Sync.Plan

-- What the stage would open and change.
SELECT s."uuid"::text, t.version_hash IS NOT NULL,
    (SELECT jsonb_object_agg(c.name, jsonb_build_array(c.old, c.new)) FROM (VALUES ('uuid', to_jsonb(t."uuid"), to_jsonb(s."uuid")), ('instance_id', to_jsonb(t."instance_id"), to_jsonb(s."instance_id")), ('instance_name', to_jsonb(t."instance_name"), to_jsonb(s."instance_name")), ('instance_region_id', to_jsonb(t."instance_region_id"), to_jsonb(s."instance_region_id")), ('region', to_jsonb(t."region"), to_jsonb(s."region")), ('region_name', to_jsonb(t."region_name"), to_jsonb(s."region_name")), ('status', to_jsonb(t."status"), to_jsonb(s."status")), ('client_status', to_jsonb(t."client_status"), to_jsonb(s."client_status")), ('client_sub_status', to_jsonb(t."client_sub_status"), to_jsonb(s."client_sub_status")), ('os', to_jsonb(t."os"), to_jsonb(s."os")), ('os_name', to_jsonb(t."os_name"), to_jsonb(s."os_name")), ('kernel', to_jsonb(t."kernel"), to_jsonb(s."kernel")), ('cores', to_jsonb(t."cores"), to_jsonb(s."cores")), ('cpu_info', to_jsonb(t."cpu_info"), to_jsonb(s."cpu_info")), ('mem_mb', to_jsonb(t."mem_mb"), to_jsonb(s."mem_mb")), ('internet_ip', to_jsonb(t."internet_ip"), to_jsonb(s."internet_ip")), ('intranet_ip', to_jsonb(t."intranet_ip"), to_jsonb(s."intranet_ip")), ('ip', to_jsonb(t."ip"), to_jsonb(s."ip")), ('ip_list_string', to_jsonb(t."ip_list_string"), to_jsonb(s."ip_list_string")), ('mac_list_string', to_jsonb(t."mac_list_string"), to_jsonb(s."mac_list_string")), ('vpc_instance_id', to_jsonb(t."vpc_instance_id"), to_jsonb(s."vpc_instance_id")), ('importance', to_jsonb(t."importance"), to_jsonb(s."importance")), ('group_id', to_jsonb(t."group_id"), to_jsonb(s."group_id")), ('group_trace', to_jsonb(t."group_trace"), to_jsonb(s."group_trace")), ('tag', to_jsonb(t."tag"), to_jsonb(s."tag")), ('tag_id', to_jsonb(t."tag_id"), to_jsonb(s."tag_id")), ('tag_resources', to_jsonb(t."tag_resources"), to_jsonb(s."tag_resources")), ('auth_version', to_jsonb(t."auth_version"), to_jsonb(s."auth_version")), ('auth_version_name', to_jsonb(t."auth_version_name"), to_jsonb(s."auth_version_name")), ('auth_modified_at', to_jsonb(t."auth_modified_at"), to_jsonb(s."auth_modified_at")), ('bind', to_jsonb(t."bind"), to_jsonb(s."bind")), ('post_paid_flag', to_jsonb(t."post_paid_flag"), to_jsonb(s."post_paid_flag")), ('bind_file_protect_type', to_jsonb(t."bind_file_protect_type"), to_jsonb(s."bind_file_protect_type")), ('risk_status', to_jsonb(t."risk_status"), to_jsonb(s."risk_status")), ('exposed_status', to_jsonb(t."exposed_status"), to_jsonb(s."exposed_status")), ('vul_status', to_jsonb(t."vul_status"), to_jsonb(s."vul_status")), ('vul_count', to_jsonb(t."vul_count"), to_jsonb(s."vul_count")), ('hc_status', to_jsonb(t."hc_status"), to_jsonb(s."hc_status")), ('health_check_count', to_jsonb(t."health_check_count"), to_jsonb(s."health_check_count")), ('alarm_status', to_jsonb(t."alarm_status"), to_jsonb(s."alarm_status")), ('safe_event_count', to_jsonb(t."safe_event_count"), to_jsonb(s."safe_event_count")), ('risk_count', to_jsonb(t."risk_count"), to_jsonb(s."risk_count")), ('vendor', to_jsonb(t."vendor"), to_jsonb(s."vendor")), ('vendor_name', to_jsonb(t."vendor_name"), to_jsonb(s."vendor_name")), ('vendor_uid', to_jsonb(t."vendor_uid"), to_jsonb(s."vendor_uid")), ('vendor_user_name', to_jsonb(t."vendor_user_name"), to_jsonb(s."vendor_user_name")), ('flag', to_jsonb(t."flag"), to_jsonb(s."flag")), ('flag_name', to_jsonb(t."flag_name"), to_jsonb(s."flag_name")), ('asset_type', to_jsonb(t."asset_type"), to_jsonb(s."asset_type")), ('asset_type_name', to_jsonb(t."asset_type_name"), to_jsonb(s."asset_type_name")), ('has_container', to_jsonb(t."has_container"), to_jsonb(s."has_container")), ('pod_count', to_jsonb(t."pod_count"), to_jsonb(s."pod_count")), ('cluster_id', to_jsonb(t."cluster_id"), to_jsonb(s."cluster_id")), ('cluster_name', to_jsonb(t."cluster_name"), to_jsonb(s."cluster_name")), ('namespace', to_jsonb(t."namespace"), to_jsonb(s."namespace")), ('created_at', to_jsonb(t."created_at"), to_jsonb(s."created_at")), ('app_id', to_jsonb(t."app_id"), to_jsonb(s."app_id")), ('app_name', to_jsonb(t."app_name"), to_jsonb(s."app_name")), ('service_id', to_jsonb(t."service_id"), to_jsonb(s."service_id")), ('edr_auth_version', to_jsonb(t."edr_auth_version"), to_jsonb(s."edr_auth_version")), ('free_type', to_jsonb(t."free_type"), to_jsonb(s."free_type")), ('extra', to_jsonb(t.extra), to_jsonb(s.extra))) AS c (name, old, new) WHERE c.old IS DISTINCT FROM c.new)
FROM pg_temp.stage AS s
LEFT JOIN "syncer"."cloud_center_instances" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid"
WHERE t.version_hash IS DISTINCT FROM s.version_hash
ORDER BY 1;

-- What would end.
SELECT g."uuid"::text AS key FROM pg_temp.gone AS g WHERE g.ends_ ORDER BY 1;
