-- The merge of instance_patch_states, written by go test ./store -run TestRendered -update.
-- $1 is the account, $2 the region and, in what writes versions, $3 the moment of the merge.

-- == What stands: readBaseline

-- The fingerprints of the standing rows.
SELECT t."instance_id", t.row_hash FROM "syncer"."instance_patch_states" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- == The stage: stage.flush, merge.settleStage

-- With the first row that is staged.
CREATE TEMP TABLE stage AS
SELECT 0::bigint AS seq, 0::bigint AS sweep, 0::bigint AS came_hash, "instance_id", "baseline_id", "patch_group", "owner_information", "operation_type", "operation_started_at", "operation_ended_at", "missing_count", "installed_count", "installed_other_count", "installed_pending_reboot_count", "installed_rejected_count", "failed_count", extra, version_hash, row_hash
FROM "syncer"."instance_patch_states"
WITH NO DATA;

-- Whenever 256 kB wait.
COPY pg_temp.stage (seq, sweep, came_hash, "instance_id", "baseline_id", "patch_group", "owner_information", "operation_type", "operation_started_at", "operation_ended_at", "missing_count", "installed_count", "installed_other_count", "installed_pending_reboot_count", "installed_rejected_count", "failed_count", extra, version_hash, row_hash) FROM STDIN BINARY;

-- Where a key was staged twice: the later row counts.
DELETE FROM pg_temp.stage AS a USING pg_temp.stage AS b WHERE true AND a."instance_id" = b."instance_id" AND a.seq < b.seq;

-- merge.churn: fields that alone make most of the versions.
WITH changed AS MATERIALIZED (
    SELECT coalesce(t.extra, '{}') AS old, coalesce(s.extra, '{}') AS now, ROW(t."instance_id", t."baseline_id", t."patch_group", t."owner_information", t."operation_type", t."operation_started_at", t."operation_ended_at", t."missing_count", t."installed_count", t."installed_other_count", t."installed_pending_reboot_count", t."installed_rejected_count", t."failed_count") IS NOT DISTINCT FROM ROW(s."instance_id", s."baseline_id", s."patch_group", s."owner_information", s."operation_type", s."operation_started_at", s."operation_ended_at", s."missing_count", s."installed_count", s."installed_other_count", s."installed_pending_reboot_count", s."installed_rejected_count", s."failed_count") AS alone
    FROM pg_temp.stage AS s
    JOIN "syncer"."instance_patch_states" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."instance_id" = s."instance_id"
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

-- Standing rows that complete listings of the sweep patch states speak for.
SELECT ''::text, t."instance_id" FROM "syncer"."instance_patch_states" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- Where too many of them would end.
WITH lost AS (
    SELECT value_ AS value, count(*) AS n
    FROM pg_temp.gone AS g
    WHERE g.sweep_ = $3 AND NOT false
    GROUP BY 1
), listed AS (
    SELECT ''::text AS value, count(*) AS n
    FROM "syncer"."instance_patch_states" AS t
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
SELECT 0::bigint AS sweep_, ''::text AS value_, "instance_id", true AS ends_, false AS held_
FROM "syncer"."instance_patch_states"
WITH NO DATA;

COPY pg_temp.gone (sweep_, value_, "instance_id") FROM STDIN BINARY;

-- Where too many would end together.
SELECT lost + families, listed + families, ((lost + families) > $3::bigint AND (lost + families) > $4::float8 * (listed + families) OR lost = listed AND lost >= $5::bigint)
FROM (
    SELECT
        (SELECT count(DISTINCT ROW(g."instance_id")) FROM pg_temp.gone AS g WHERE NOT false) AS lost,
        (SELECT count(*) FROM "syncer"."instance_patch_states" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND ((true)) AND NOT false) AS listed,
        0 AS families
) AS n;

-- What is held.
SELECT count(*), coalesce(bit_xor(hashtextextended(key::text, 0)), 0) FROM ((SELECT DISTINCT ROW(g."instance_id") AS key FROM pg_temp.gone AS g) EXCEPT (SELECT DISTINCT ROW(g."instance_id") AS key FROM pg_temp.gone AS g WHERE g.ends_)) AS held;

-- == Versions: merge.endChanged, open, keepVolatile, endGone, endOrphans

-- Versions that have a successor.
WITH v AS (
UPDATE "syncer"."instance_patch_states" AS t
SET valid_to = $3
FROM pg_temp.stage AS s
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."instance_id" = s."instance_id" AND t.version_hash <> s.version_hash
RETURNING t."valid_from", t."valid_to", t."missing_count", t."failed_count", t."installed_pending_reboot_count", t."installed_rejected_count", t."instance_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT '[]' AS series, -1 * sum(1) AS "instances", -1 * sum(CASE WHEN (v.missing_count > 0) IS NOT TRUE AND (v.failed_count > 0) IS NOT TRUE AND (v.installed_pending_reboot_count > 0) IS NOT TRUE AND (v.installed_rejected_count > 0) IS NOT TRUE THEN 1 ELSE 0 END) AS "compliant", -1 * sum(CASE WHEN (v.missing_count > 0) IS TRUE THEN 1 ELSE 0 END) AS "missing_instances", -1 * sum(CASE WHEN (v.failed_count > 0) IS TRUE THEN 1 ELSE 0 END) AS "failed_instances", -1 * sum(CASE WHEN (v.installed_pending_reboot_count > 0) IS TRUE THEN 1 ELSE 0 END) AS "pending_reboot_instances", -1 * sum(coalesce(v.missing_count, 0)::numeric) AS "missing_patches" FROM v HAVING count(*) > 0) AS d_);

-- Rows whose keys do not stand.
COPY "syncer"."instance_patch_states_standing" (account_id, region_id, "instance_id", "baseline_id", "patch_group", "owner_information", "operation_type", "operation_started_at", "operation_ended_at", "missing_count", "installed_count", "installed_other_count", "installed_pending_reboot_count", "installed_rejected_count", "failed_count", extra, version_hash, row_hash, valid_from) FROM STDIN BINARY;

-- Successors, and new rows that were staged.
WITH v AS (
INSERT INTO "syncer"."instance_patch_states_standing" AS t (account_id, region_id, "instance_id", "baseline_id", "patch_group", "owner_information", "operation_type", "operation_started_at", "operation_ended_at", "missing_count", "installed_count", "installed_other_count", "installed_pending_reboot_count", "installed_rejected_count", "failed_count", extra, version_hash, row_hash, valid_from)
SELECT $1, $2, "instance_id", "baseline_id", "patch_group", "owner_information", "operation_type", "operation_started_at", "operation_ended_at", "missing_count", "installed_count", "installed_other_count", "installed_pending_reboot_count", "installed_rejected_count", "failed_count", extra, version_hash, row_hash, $3::timestamptz
FROM pg_temp.stage AS s
WHERE NOT EXISTS (SELECT FROM "syncer"."instance_patch_states" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."instance_id" = s."instance_id")
ORDER BY s."instance_id", s.seq
RETURNING t."valid_from", t."valid_to", t."missing_count", t."failed_count", t."installed_pending_reboot_count", t."installed_rejected_count", t."instance_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT '[]' AS series, 1 * sum(1) AS "instances", 1 * sum(CASE WHEN (v.missing_count > 0) IS NOT TRUE AND (v.failed_count > 0) IS NOT TRUE AND (v.installed_pending_reboot_count > 0) IS NOT TRUE AND (v.installed_rejected_count > 0) IS NOT TRUE THEN 1 ELSE 0 END) AS "compliant", 1 * sum(CASE WHEN (v.missing_count > 0) IS TRUE THEN 1 ELSE 0 END) AS "missing_instances", 1 * sum(CASE WHEN (v.failed_count > 0) IS TRUE THEN 1 ELSE 0 END) AS "failed_instances", 1 * sum(CASE WHEN (v.installed_pending_reboot_count > 0) IS TRUE THEN 1 ELSE 0 END) AS "pending_reboot_instances", 1 * sum(coalesce(v.missing_count, 0)::numeric) AS "missing_patches" FROM v HAVING count(*) > 0) AS d_);

-- What is gone, and not held.
WITH v AS (
UPDATE "syncer"."instance_patch_states" AS t
SET valid_to = $3
FROM pg_temp.gone AS g
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."instance_id" = g."instance_id" AND g.ends_
RETURNING t."valid_from", t."valid_to", t."missing_count", t."failed_count", t."installed_pending_reboot_count", t."installed_rejected_count", t."instance_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT '[]' AS series, -1 * sum(1) AS "instances", -1 * sum(CASE WHEN (v.missing_count > 0) IS NOT TRUE AND (v.failed_count > 0) IS NOT TRUE AND (v.installed_pending_reboot_count > 0) IS NOT TRUE AND (v.installed_rejected_count > 0) IS NOT TRUE THEN 1 ELSE 0 END) AS "compliant", -1 * sum(CASE WHEN (v.missing_count > 0) IS TRUE THEN 1 ELSE 0 END) AS "missing_instances", -1 * sum(CASE WHEN (v.failed_count > 0) IS TRUE THEN 1 ELSE 0 END) AS "failed_instances", -1 * sum(CASE WHEN (v.installed_pending_reboot_count > 0) IS TRUE THEN 1 ELSE 0 END) AS "pending_reboot_instances", -1 * sum(coalesce(v.missing_count, 0)::numeric) AS "missing_patches" FROM v HAVING count(*) > 0) AS d_);

-- == Rollups: merge.fold

-- patch_compliance_daily, 1 of 3.
WITH d AS (
SELECT j.series, coalesce(sum(j."instances"), 0) AS "instances", coalesce(sum(j."compliant"), 0) AS "compliant", coalesce(sum(j."missing_instances"), 0) AS "missing_instances", coalesce(sum(j."failed_instances"), 0) AS "failed_instances", coalesce(sum(j."pending_reboot_instances"), 0) AS "pending_reboot_instances", coalesce(sum(j."missing_patches"), 0) AS "missing_patches"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "instances" numeric, "compliant" numeric, "missing_instances" numeric, "failed_instances" numeric, "pending_reboot_instances" numeric, "missing_patches" numeric)
GROUP BY j.series
)
UPDATE "syncer"."patch_compliance_daily" AS r
SET to_day = $3::timestamptz::date
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day < $3::timestamptz::date;

-- patch_compliance_daily, 2 of 3.
WITH d AS (
SELECT j.series, coalesce(sum(j."instances"), 0) AS "instances", coalesce(sum(j."compliant"), 0) AS "compliant", coalesce(sum(j."missing_instances"), 0) AS "missing_instances", coalesce(sum(j."failed_instances"), 0) AS "failed_instances", coalesce(sum(j."pending_reboot_instances"), 0) AS "pending_reboot_instances", coalesce(sum(j."missing_patches"), 0) AS "missing_patches"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "instances" numeric, "compliant" numeric, "missing_instances" numeric, "failed_instances" numeric, "pending_reboot_instances" numeric, "missing_patches" numeric)
GROUP BY j.series
)
INSERT INTO "syncer"."patch_compliance_daily" (account_id, region_id, series, from_day, to_day, "instances", "compliant", "missing_instances", "failed_instances", "pending_reboot_instances", "missing_patches")
SELECT $1, $2, d.series, coalesce(p.first_merged_at, $3)::date, $3::timestamptz::date, 0, 0, 0, 0, 0, 0
FROM d, syncer.partitions AS p
WHERE p.account_id = $1 AND p.source = 'instance_patch_states' AND p.region_id = $2 AND coalesce(p.first_merged_at, $3)::date < $3::timestamptz::date
    AND NOT EXISTS (SELECT FROM "syncer"."patch_compliance_daily" AS r WHERE r.account_id = $1 AND r.region_id = $2 AND r.series = d.series)
UNION ALL
SELECT $1, $2, d.series, $3::timestamptz::date, 'infinity', coalesce(r."instances", 0), coalesce(r."compliant", 0), coalesce(r."missing_instances", 0), coalesce(r."failed_instances", 0), coalesce(r."pending_reboot_instances", 0), coalesce(r."missing_patches", 0)
FROM d
LEFT JOIN "syncer"."patch_compliance_daily" AS r ON r.account_id = $1 AND r.region_id = $2 AND r.to_day = $3::timestamptz::date AND r.series = d.series
ON CONFLICT DO NOTHING;

-- patch_compliance_daily, 3 of 3.
WITH d AS (
SELECT j.series, coalesce(sum(j."instances"), 0) AS "instances", coalesce(sum(j."compliant"), 0) AS "compliant", coalesce(sum(j."missing_instances"), 0) AS "missing_instances", coalesce(sum(j."failed_instances"), 0) AS "failed_instances", coalesce(sum(j."pending_reboot_instances"), 0) AS "pending_reboot_instances", coalesce(sum(j."missing_patches"), 0) AS "missing_patches"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "instances" numeric, "compliant" numeric, "missing_instances" numeric, "failed_instances" numeric, "pending_reboot_instances" numeric, "missing_patches" numeric)
GROUP BY j.series
)
UPDATE "syncer"."patch_compliance_daily" AS r
SET "instances" = r."instances" + d."instances", "compliant" = r."compliant" + d."compliant", "missing_instances" = r."missing_instances" + d."missing_instances", "failed_instances" = r."failed_instances" + d."failed_instances", "pending_reboot_instances" = r."pending_reboot_instances" + d."pending_reboot_instances", "missing_patches" = r."missing_patches" + d."missing_patches"
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day = $3::timestamptz::date;

-- == A dry run: Sync.Plan

-- What the stage would open and change.
SELECT s."instance_id"::text, t.version_hash IS NOT NULL,
    (SELECT jsonb_object_agg(c.name, jsonb_build_array(c.old, c.new)) FROM (VALUES ('instance_id', to_jsonb(t."instance_id"), to_jsonb(s."instance_id")), ('baseline_id', to_jsonb(t."baseline_id"), to_jsonb(s."baseline_id")), ('patch_group', to_jsonb(t."patch_group"), to_jsonb(s."patch_group")), ('owner_information', to_jsonb(t."owner_information"), to_jsonb(s."owner_information")), ('operation_type', to_jsonb(t."operation_type"), to_jsonb(s."operation_type")), ('operation_started_at', to_jsonb(t."operation_started_at"), to_jsonb(s."operation_started_at")), ('operation_ended_at', to_jsonb(t."operation_ended_at"), to_jsonb(s."operation_ended_at")), ('missing_count', to_jsonb(t."missing_count"), to_jsonb(s."missing_count")), ('installed_count', to_jsonb(t."installed_count"), to_jsonb(s."installed_count")), ('installed_other_count', to_jsonb(t."installed_other_count"), to_jsonb(s."installed_other_count")), ('installed_pending_reboot_count', to_jsonb(t."installed_pending_reboot_count"), to_jsonb(s."installed_pending_reboot_count")), ('installed_rejected_count', to_jsonb(t."installed_rejected_count"), to_jsonb(s."installed_rejected_count")), ('failed_count', to_jsonb(t."failed_count"), to_jsonb(s."failed_count")), ('extra', to_jsonb(t.extra), to_jsonb(s.extra))) AS c (name, old, new) WHERE c.old IS DISTINCT FROM c.new)
FROM pg_temp.stage AS s
LEFT JOIN "syncer"."instance_patch_states" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."instance_id" = s."instance_id"
WHERE t.version_hash IS DISTINCT FROM s.version_hash
ORDER BY 1;

-- What would end.
SELECT g."instance_id"::text AS key FROM pg_temp.gone AS g WHERE g.ends_ ORDER BY 1;
