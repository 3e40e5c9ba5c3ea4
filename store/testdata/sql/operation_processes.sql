-- The merge of operation_processes, written by go test ./store -run TestRendered -update.
-- $1 is the account, $2 the region and, in what writes versions, $3 the moment of the merge.

-- == What stands: readBaseline

-- The fingerprints of the standing rows.
SELECT t."task_id", t.row_hash FROM "syncer"."operation_processes" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- == The stage: stage.flush, merge.settleStage

-- With the first row that is staged.
CREATE TEMP TABLE stage AS
SELECT 0::bigint AS seq, 0::bigint AS sweep, 0::bigint AS came_hash, "task_id", "task_type", "status_code", "total_count", "finish_count", "detail_task_total_count", "detail_task_ready_count", "created_at", "started_at", "ended_at", "task_source", extra, version_hash, row_hash
FROM "syncer"."operation_processes"
WITH NO DATA;

-- Whenever 256 kB wait.
COPY pg_temp.stage (seq, sweep, came_hash, "task_id", "task_type", "status_code", "total_count", "finish_count", "detail_task_total_count", "detail_task_ready_count", "created_at", "started_at", "ended_at", "task_source", extra, version_hash, row_hash) FROM STDIN BINARY;

-- Where a key was staged twice: the later row counts.
DELETE FROM pg_temp.stage AS a USING pg_temp.stage AS b WHERE true AND a."task_id" = b."task_id" AND a.seq < b.seq;

-- merge.churn: fields that alone make most of the versions.
WITH changed AS MATERIALIZED (
    SELECT coalesce(t.extra, '{}') AS old, coalesce(s.extra, '{}') AS now, ROW(t."task_id", t."task_type", t."status_code", t."total_count", t."finish_count", t."detail_task_total_count", t."detail_task_ready_count", t."created_at", t."started_at", t."ended_at", t."task_source") IS NOT DISTINCT FROM ROW(s."task_id", s."task_type", s."status_code", s."total_count", s."finish_count", s."detail_task_total_count", s."detail_task_ready_count", s."created_at", s."started_at", s."ended_at", s."task_source") AS alone
    FROM pg_temp.stage AS s
    JOIN "syncer"."operation_processes" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = s."task_id"
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

-- Standing rows that complete listings of the sweep tasks speak for.
SELECT ''::text, t."task_id" FROM "syncer"."operation_processes" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."created_at" >= $3;

-- Where too many of them would end.
WITH lost AS (
    SELECT value_ AS value, count(*) AS n
    FROM pg_temp.gone AS g
    WHERE g.sweep_ = $3 AND NOT false
    GROUP BY 1
), listed AS (
    SELECT ''::text AS value, count(*) AS n
    FROM "syncer"."operation_processes" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."created_at" >= $4 AND NOT false
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
SELECT 0::bigint AS sweep_, ''::text AS value_, "task_id", true AS ends_, false AS held_
FROM "syncer"."operation_processes"
WITH NO DATA;

COPY pg_temp.gone (sweep_, value_, "task_id") FROM STDIN BINARY;

-- Where too many would end together.
SELECT lost + families, listed + families, ((lost + families) > $4::bigint AND (lost + families) > $5::float8 * (listed + families) OR lost = listed AND lost >= $6::bigint)
FROM (
    SELECT
        (SELECT count(DISTINCT ROW(g."task_id")) FROM pg_temp.gone AS g WHERE NOT false) AS lost,
        (SELECT count(*) FROM "syncer"."operation_processes" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND ((true AND t."created_at" >= $3)) AND NOT false) AS listed,
        0 AS families
) AS n;

-- What is held.
SELECT count(*), coalesce(bit_xor(hashtextextended(key::text, 0)), 0) FROM ((SELECT DISTINCT ROW(g."task_id") AS key FROM pg_temp.gone AS g) EXCEPT (SELECT DISTINCT ROW(g."task_id") AS key FROM pg_temp.gone AS g WHERE g.ends_)) AS held;

-- == Versions: merge.endChanged, open, keepVolatile, endGone, endOrphans

-- Versions that have a successor.
WITH v AS (
UPDATE "syncer"."operation_processes" AS t
SET valid_to = $3
FROM pg_temp.stage AS s
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = s."task_id" AND t.version_hash <> s.version_hash
RETURNING t."valid_from", t."valid_to", t."task_type", t."status_code", t."total_count", t."finish_count", t."task_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT (SELECT CASE WHEN octet_length(s.t) <= 1000 THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT jsonb_build_array(v.task_type, v.status_code)::text) AS s (t)) AS series, v."task_type", v."status_code", -1 * sum(1) AS "processes", -1 * sum(coalesce(v.total_count, 0)::numeric) AS "total_count", -1 * sum(coalesce(v.finish_count, 0)::numeric) AS "finish_count" FROM v GROUP BY v."task_type", v."status_code") AS d_);

-- Rows whose keys do not stand.
COPY "syncer"."operation_processes_standing" (account_id, region_id, "task_id", "task_type", "status_code", "total_count", "finish_count", "detail_task_total_count", "detail_task_ready_count", "created_at", "started_at", "ended_at", "task_source", extra, version_hash, row_hash, valid_from) FROM STDIN BINARY;

-- Successors, and new rows that were staged.
WITH v AS (
INSERT INTO "syncer"."operation_processes_standing" AS t (account_id, region_id, "task_id", "task_type", "status_code", "total_count", "finish_count", "detail_task_total_count", "detail_task_ready_count", "created_at", "started_at", "ended_at", "task_source", extra, version_hash, row_hash, valid_from)
SELECT $1, $2, "task_id", "task_type", "status_code", "total_count", "finish_count", "detail_task_total_count", "detail_task_ready_count", "created_at", "started_at", "ended_at", "task_source", extra, version_hash, row_hash, $3::timestamptz
FROM pg_temp.stage AS s
WHERE NOT EXISTS (SELECT FROM "syncer"."operation_processes" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = s."task_id")
ORDER BY s."task_id", s.seq
RETURNING t."valid_from", t."valid_to", t."task_type", t."status_code", t."total_count", t."finish_count", t."task_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT (SELECT CASE WHEN octet_length(s.t) <= 1000 THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT jsonb_build_array(v.task_type, v.status_code)::text) AS s (t)) AS series, v."task_type", v."status_code", 1 * sum(1) AS "processes", 1 * sum(coalesce(v.total_count, 0)::numeric) AS "total_count", 1 * sum(coalesce(v.finish_count, 0)::numeric) AS "finish_count" FROM v GROUP BY v."task_type", v."status_code") AS d_);

-- What is gone, and not held.
WITH v AS (
UPDATE "syncer"."operation_processes" AS t
SET valid_to = $3
FROM pg_temp.gone AS g
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = g."task_id" AND g.ends_
RETURNING t."valid_from", t."valid_to", t."task_type", t."status_code", t."total_count", t."finish_count", t."task_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT (SELECT CASE WHEN octet_length(s.t) <= 1000 THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT jsonb_build_array(v.task_type, v.status_code)::text) AS s (t)) AS series, v."task_type", v."status_code", -1 * sum(1) AS "processes", -1 * sum(coalesce(v.total_count, 0)::numeric) AS "total_count", -1 * sum(coalesce(v.finish_count, 0)::numeric) AS "finish_count" FROM v GROUP BY v."task_type", v."status_code") AS d_);

-- == Rollups: merge.fold

-- operation_processes_daily, 1 of 3.
WITH d AS (
SELECT j.series, j."task_type", j."status_code", coalesce(sum(j."processes"), 0) AS "processes", coalesce(sum(j."total_count"), 0) AS "total_count", coalesce(sum(j."finish_count"), 0) AS "finish_count"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "task_type" text, "status_code" bigint, "processes" numeric, "total_count" numeric, "finish_count" numeric)
GROUP BY j.series, j."task_type", j."status_code"
)
UPDATE "syncer"."operation_processes_daily" AS r
SET to_day = $3::timestamptz::date
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day < $3::timestamptz::date;

-- operation_processes_daily, 2 of 3.
WITH d AS (
SELECT j.series, j."task_type", j."status_code", coalesce(sum(j."processes"), 0) AS "processes", coalesce(sum(j."total_count"), 0) AS "total_count", coalesce(sum(j."finish_count"), 0) AS "finish_count"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "task_type" text, "status_code" bigint, "processes" numeric, "total_count" numeric, "finish_count" numeric)
GROUP BY j.series, j."task_type", j."status_code"
)
INSERT INTO "syncer"."operation_processes_daily" (account_id, region_id, series, "task_type", "status_code", from_day, to_day, "processes", "total_count", "finish_count")
SELECT $1, $2, d.series, d."task_type", d."status_code", coalesce(p.first_merged_at, $3)::date, $3::timestamptz::date, 0, 0, 0
FROM d, syncer.partitions AS p
WHERE p.account_id = $1 AND p.source = 'operation_processes' AND p.region_id = $2 AND coalesce(p.first_merged_at, $3)::date < $3::timestamptz::date
    AND NOT EXISTS (SELECT FROM "syncer"."operation_processes_daily" AS r WHERE r.account_id = $1 AND r.region_id = $2 AND r.series = d.series)
UNION ALL
SELECT $1, $2, d.series, d."task_type", d."status_code", $3::timestamptz::date, 'infinity', coalesce(r."processes", 0), coalesce(r."total_count", 0), coalesce(r."finish_count", 0)
FROM d
LEFT JOIN "syncer"."operation_processes_daily" AS r ON r.account_id = $1 AND r.region_id = $2 AND r.to_day = $3::timestamptz::date AND r.series = d.series
ON CONFLICT DO NOTHING;

-- operation_processes_daily, 3 of 3.
WITH d AS (
SELECT j.series, j."task_type", j."status_code", coalesce(sum(j."processes"), 0) AS "processes", coalesce(sum(j."total_count"), 0) AS "total_count", coalesce(sum(j."finish_count"), 0) AS "finish_count"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "task_type" text, "status_code" bigint, "processes" numeric, "total_count" numeric, "finish_count" numeric)
GROUP BY j.series, j."task_type", j."status_code"
)
UPDATE "syncer"."operation_processes_daily" AS r
SET "processes" = r."processes" + d."processes", "total_count" = r."total_count" + d."total_count", "finish_count" = r."finish_count" + d."finish_count"
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day = $3::timestamptz::date;

-- == A dry run: Sync.Plan

-- What the stage would open and change.
SELECT s."task_id"::text, t.version_hash IS NOT NULL,
    (SELECT jsonb_object_agg(c.name, jsonb_build_array(c.old, c.new)) FROM (VALUES ('task_id', to_jsonb(t."task_id"), to_jsonb(s."task_id")), ('task_type', to_jsonb(t."task_type"), to_jsonb(s."task_type")), ('status_code', to_jsonb(t."status_code"), to_jsonb(s."status_code")), ('total_count', to_jsonb(t."total_count"), to_jsonb(s."total_count")), ('finish_count', to_jsonb(t."finish_count"), to_jsonb(s."finish_count")), ('detail_task_total_count', to_jsonb(t."detail_task_total_count"), to_jsonb(s."detail_task_total_count")), ('detail_task_ready_count', to_jsonb(t."detail_task_ready_count"), to_jsonb(s."detail_task_ready_count")), ('created_at', to_jsonb(t."created_at"), to_jsonb(s."created_at")), ('started_at', to_jsonb(t."started_at"), to_jsonb(s."started_at")), ('ended_at', to_jsonb(t."ended_at"), to_jsonb(s."ended_at")), ('task_source', to_jsonb(t."task_source"), to_jsonb(s."task_source")), ('extra', to_jsonb(t.extra), to_jsonb(s.extra))) AS c (name, old, new) WHERE c.old IS DISTINCT FROM c.new)
FROM pg_temp.stage AS s
LEFT JOIN "syncer"."operation_processes" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = s."task_id"
WHERE t.version_hash IS DISTINCT FROM s.version_hash
ORDER BY 1;

-- What would end.
SELECT g."task_id"::text AS key FROM pg_temp.gone AS g WHERE g.ends_ ORDER BY 1;
