-- The merge of publish_batches, written by go test ./store -run TestRendered -update.
-- $1 is the account, $2 the region and, in what writes versions, $3 the moment of the merge.

-- == What stands: readBaseline

-- The fingerprints of the standing rows.
SELECT t."version", t."batch_id", t.row_hash FROM "syncer"."publish_batches" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- == The stage: stage.flush, merge.settleStage

-- With the first row that is staged.
CREATE TEMP TABLE stage AS
SELECT 0::bigint AS seq, 0::bigint AS sweep, 0::bigint AS came_hash, "version", "batch_id", "batch_name", "status", "batch_process", "batch_no", "batch_total", "batch_interval_hours", "operation_base", extra, version_hash, row_hash
FROM "syncer"."publish_batches"
WITH NO DATA;

-- Whenever 256 kB wait.
COPY pg_temp.stage (seq, sweep, came_hash, "version", "batch_id", "batch_name", "status", "batch_process", "batch_no", "batch_total", "batch_interval_hours", "operation_base", extra, version_hash, row_hash) FROM STDIN BINARY;

-- Where a key was staged twice: the later row counts.
DELETE FROM pg_temp.stage AS a USING pg_temp.stage AS b WHERE true AND a."version" = b."version" AND a."batch_id" = b."batch_id" AND a.seq < b.seq;

-- merge.churn: fields that alone make most of the versions.
WITH changed AS MATERIALIZED (
    SELECT coalesce(t.extra, '{}') AS old, coalesce(s.extra, '{}') AS now, ROW(t."version", t."batch_id", t."batch_name", t."status", t."batch_process", t."batch_no", t."batch_total", t."batch_interval_hours", t."operation_base") IS NOT DISTINCT FROM ROW(s."version", s."batch_id", s."batch_name", s."status", s."batch_process", s."batch_no", s."batch_total", s."batch_interval_hours", s."operation_base") AS alone
    FROM pg_temp.stage AS s
    JOIN "syncer"."publish_batches" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."version" = s."version" AND t."batch_id" = s."batch_id"
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

-- Standing rows that complete listings of the sweep batches speak for.
SELECT t."version"::text, t."version", t."batch_id" FROM "syncer"."publish_batches" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."version"::text = ANY ($3::text[]);

-- Where too many of them would end.
WITH lost AS (
    SELECT value_ AS value, count(*) AS n
    FROM pg_temp.gone AS g
    WHERE g.sweep_ = $3 AND NOT false
    GROUP BY 1
), listed AS (
    SELECT t."version"::text AS value, count(*) AS n
    FROM "syncer"."publish_batches" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."version"::text = ANY ($4::text[]) AND NOT false
    GROUP BY 1
), too_many AS (
    SELECT value, lost.n AS lost, listed.n AS listed
    FROM lost
    JOIN listed USING (value)
    WHERE (lost.n > $5::bigint AND lost.n > $6::float8 * listed.n OR lost.n = listed.n AND lost.n >= $7::bigint)
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
SELECT 0::bigint AS sweep_, ''::text AS value_, "version", "batch_id", true AS ends_, false AS held_
FROM "syncer"."publish_batches"
WITH NO DATA;

COPY pg_temp.gone (sweep_, value_, "version", "batch_id") FROM STDIN BINARY;

-- Where too many would end together.
SELECT lost + families, listed + families, ((lost + families) > $4::bigint AND (lost + families) > $5::float8 * (listed + families) OR lost = listed AND lost >= $6::bigint)
FROM (
    SELECT
        (SELECT count(DISTINCT ROW(g."version", g."batch_id")) FROM pg_temp.gone AS g WHERE NOT false) AS lost,
        (SELECT count(*) FROM "syncer"."publish_batches" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND ((true AND t."version"::text = ANY ($3::text[]))) AND NOT false) AS listed,
        0 AS families
) AS n;

-- What is held.
SELECT count(*), coalesce(bit_xor(hashtextextended(key::text, 0)), 0) FROM ((SELECT DISTINCT ROW(g."version", g."batch_id") AS key FROM pg_temp.gone AS g) EXCEPT (SELECT DISTINCT ROW(g."version", g."batch_id") AS key FROM pg_temp.gone AS g WHERE g.ends_)) AS held;

-- == Versions: merge.endChanged, open, keepVolatile, endGone, endOrphans

-- Versions that have a successor.
WITH v AS (
UPDATE "syncer"."publish_batches" AS t
SET valid_to = $3
FROM pg_temp.stage AS s
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."version" = s."version" AND t."batch_id" = s."batch_id" AND t.version_hash <> s.version_hash
RETURNING t."valid_from", t."valid_to", t."version", t."batch_id", t."status", t."batch_process"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT (SELECT CASE WHEN octet_length(s.t) <= 1000 THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT jsonb_build_array(v.version, v.batch_id)::text) AS s (t)) AS series, v."version", v."batch_id", -1 * sum(coalesce(v.batch_process, 0)::numeric) AS "upgraded_servers" FROM v GROUP BY v."version", v."batch_id") AS d_);

-- Rows whose keys do not stand.
COPY "syncer"."publish_batches_standing" (account_id, region_id, "version", "batch_id", "batch_name", "status", "batch_process", "batch_no", "batch_total", "batch_interval_hours", "operation_base", extra, version_hash, row_hash, valid_from) FROM STDIN BINARY;

-- Successors, and new rows that were staged.
WITH v AS (
INSERT INTO "syncer"."publish_batches_standing" AS t (account_id, region_id, "version", "batch_id", "batch_name", "status", "batch_process", "batch_no", "batch_total", "batch_interval_hours", "operation_base", extra, version_hash, row_hash, valid_from)
SELECT $1, $2, "version", "batch_id", "batch_name", "status", "batch_process", "batch_no", "batch_total", "batch_interval_hours", "operation_base", extra, version_hash, row_hash, $3::timestamptz
FROM pg_temp.stage AS s
WHERE NOT EXISTS (SELECT FROM "syncer"."publish_batches" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."version" = s."version" AND t."batch_id" = s."batch_id")
ORDER BY s."version", s."batch_id", s.seq
RETURNING t."valid_from", t."valid_to", t."version", t."batch_id", t."status", t."batch_process"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT (SELECT CASE WHEN octet_length(s.t) <= 1000 THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT jsonb_build_array(v.version, v.batch_id)::text) AS s (t)) AS series, v."version", v."batch_id", max(v."status") AS "status", 1 * sum(coalesce(v.batch_process, 0)::numeric) AS "upgraded_servers" FROM v GROUP BY v."version", v."batch_id") AS d_);

-- What is gone, and not held.
WITH v AS (
UPDATE "syncer"."publish_batches" AS t
SET valid_to = $3
FROM pg_temp.gone AS g
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."version" = g."version" AND t."batch_id" = g."batch_id" AND g.ends_
RETURNING t."valid_from", t."valid_to", t."version", t."batch_id", t."status", t."batch_process"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT (SELECT CASE WHEN octet_length(s.t) <= 1000 THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT jsonb_build_array(v.version, v.batch_id)::text) AS s (t)) AS series, v."version", v."batch_id", -1 * sum(coalesce(v.batch_process, 0)::numeric) AS "upgraded_servers" FROM v GROUP BY v."version", v."batch_id") AS d_);

-- == Rollups: merge.fold

-- publish_progress_daily, 1 of 3.
WITH d AS (
SELECT j.series, j."version", j."batch_id", max(j."status") AS "status", coalesce(sum(j."upgraded_servers"), 0) AS "upgraded_servers"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "version" text, "batch_id" bigint, "status" bigint, "upgraded_servers" numeric)
GROUP BY j.series, j."version", j."batch_id"
)
UPDATE "syncer"."publish_progress_daily" AS r
SET to_day = $3::timestamptz::date
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day < $3::timestamptz::date;

-- publish_progress_daily, 2 of 3.
WITH d AS (
SELECT j.series, j."version", j."batch_id", max(j."status") AS "status", coalesce(sum(j."upgraded_servers"), 0) AS "upgraded_servers"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "version" text, "batch_id" bigint, "status" bigint, "upgraded_servers" numeric)
GROUP BY j.series, j."version", j."batch_id"
)
INSERT INTO "syncer"."publish_progress_daily" (account_id, region_id, series, "version", "batch_id", from_day, to_day, "status", "upgraded_servers")
SELECT $1, $2, d.series, d."version", d."batch_id", coalesce(p.first_merged_at, $3)::date, $3::timestamptz::date, NULL, 0
FROM d, syncer.partitions AS p
WHERE p.account_id = $1 AND p.source = 'publish_batches' AND p.region_id = $2 AND coalesce(p.first_merged_at, $3)::date < $3::timestamptz::date
    AND NOT EXISTS (SELECT FROM "syncer"."publish_progress_daily" AS r WHERE r.account_id = $1 AND r.region_id = $2 AND r.series = d.series)
UNION ALL
SELECT $1, $2, d.series, d."version", d."batch_id", $3::timestamptz::date, 'infinity', d."status", coalesce(r."upgraded_servers", 0)
FROM d
LEFT JOIN "syncer"."publish_progress_daily" AS r ON r.account_id = $1 AND r.region_id = $2 AND r.to_day = $3::timestamptz::date AND r.series = d.series
ON CONFLICT DO NOTHING;

-- publish_progress_daily, 3 of 3.
WITH d AS (
SELECT j.series, j."version", j."batch_id", max(j."status") AS "status", coalesce(sum(j."upgraded_servers"), 0) AS "upgraded_servers"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "version" text, "batch_id" bigint, "status" bigint, "upgraded_servers" numeric)
GROUP BY j.series, j."version", j."batch_id"
)
UPDATE "syncer"."publish_progress_daily" AS r
SET "status" = d."status", "upgraded_servers" = r."upgraded_servers" + d."upgraded_servers"
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day = $3::timestamptz::date;

-- == A dry run: Sync.Plan

-- What the stage would open and change.
SELECT s."version"::text || '/' || s."batch_id"::text, t.version_hash IS NOT NULL,
    (SELECT jsonb_object_agg(c.name, jsonb_build_array(c.old, c.new)) FROM (VALUES ('version', to_jsonb(t."version"), to_jsonb(s."version")), ('batch_id', to_jsonb(t."batch_id"), to_jsonb(s."batch_id")), ('batch_name', to_jsonb(t."batch_name"), to_jsonb(s."batch_name")), ('status', to_jsonb(t."status"), to_jsonb(s."status")), ('batch_process', to_jsonb(t."batch_process"), to_jsonb(s."batch_process")), ('batch_no', to_jsonb(t."batch_no"), to_jsonb(s."batch_no")), ('batch_total', to_jsonb(t."batch_total"), to_jsonb(s."batch_total")), ('batch_interval_hours', to_jsonb(t."batch_interval_hours"), to_jsonb(s."batch_interval_hours")), ('operation_base', to_jsonb(t."operation_base"), to_jsonb(s."operation_base")), ('extra', to_jsonb(t.extra), to_jsonb(s.extra))) AS c (name, old, new) WHERE c.old IS DISTINCT FROM c.new)
FROM pg_temp.stage AS s
LEFT JOIN "syncer"."publish_batches" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."version" = s."version" AND t."batch_id" = s."batch_id"
WHERE t.version_hash IS DISTINCT FROM s.version_hash
ORDER BY 1;

-- What would end.
SELECT g."version"::text || '/' || g."batch_id"::text AS key FROM pg_temp.gone AS g WHERE g.ends_ ORDER BY 1;
