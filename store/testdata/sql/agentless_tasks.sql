-- The merge of agentless_tasks, written by go test ./store -run TestRendered -update.
-- $1 is the account, $2 the region and, in what writes versions, $3 the moment of the merge.

-- == What stands: readBaseline

-- The fingerprints of the standing rows.
SELECT t."task_id", t.row_hash FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- Those of rows of which a volatile column has moved.
SELECT v."task_id", v.row_hash FROM "syncer"."agentless_tasks_volatile" AS v WHERE v.account_id = $1 AND v.region_id = $2;

-- == The stage: stage.flush, merge.settleStage

-- With the first row that is staged.
CREATE TEMP TABLE stage AS
SELECT 0::bigint AS seq, 0::bigint AS sweep, 0::bigint AS came_hash, "task_id", "is_root", "root_task_id", "task_name", "status", "progress", "result", "started_at", "ended_at", "target_type", "target_name", "uuid", "instance_id", "instance_name", "internet_ip", "intranet_ip", "measure_space_mb", "progress_by_project", "report_status", "report_download_url", "extension", extra, version_hash, row_hash
FROM "syncer"."agentless_tasks"
WITH NO DATA;

-- Whenever 256 kB wait.
COPY pg_temp.stage (seq, sweep, came_hash, "task_id", "is_root", "root_task_id", "task_name", "status", "progress", "result", "started_at", "ended_at", "target_type", "target_name", "uuid", "instance_id", "instance_name", "internet_ip", "intranet_ip", "measure_space_mb", "progress_by_project", "report_status", "report_download_url", "extension", extra, version_hash, row_hash) FROM STDIN BINARY;

-- Where a key was staged twice: the later row counts.
DELETE FROM pg_temp.stage AS a USING pg_temp.stage AS b WHERE true AND a."task_id" = b."task_id" AND a.seq < b.seq;

-- merge.churn: fields that alone make most of the versions.
WITH changed AS MATERIALIZED (
    SELECT coalesce(t.extra, '{}') AS old, coalesce(s.extra, '{}') AS now, ROW(t."task_id", t."is_root", t."root_task_id", t."task_name", t."status", t."progress", t."result", t."started_at", t."ended_at", t."target_type", t."target_name", t."uuid", t."instance_id", t."instance_name", t."internet_ip", t."intranet_ip", t."measure_space_mb", t."progress_by_project", t."report_status", t."extension") IS NOT DISTINCT FROM ROW(s."task_id", s."is_root", s."root_task_id", s."task_name", s."status", s."progress", s."result", s."started_at", s."ended_at", s."target_type", s."target_name", s."uuid", s."instance_id", s."instance_name", s."internet_ip", s."intranet_ip", s."measure_space_mb", s."progress_by_project", s."report_status", s."extension") AS alone
    FROM pg_temp.stage AS s
    JOIN "syncer"."agentless_tasks" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = s."task_id"
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

-- Standing rows that complete listings of the sweep main tasks speak for.
SELECT ''::text, t."task_id" FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."is_root"::text = $3 AND t."started_at" >= $4;

-- Where too many of them would end.
WITH lost AS (
    SELECT value_ AS value, count(*) AS n
    FROM pg_temp.gone AS g
    WHERE g.sweep_ = $3 AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = g."task_id" AND o.round_ IN (0, 1))
    GROUP BY 1
), listed AS (
    SELECT ''::text AS value, count(*) AS n
    FROM "syncer"."agentless_tasks" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."is_root"::text = $4 AND t."started_at" >= $5 AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = t."task_id" AND o.round_ IN (0, 1))
    GROUP BY 1
), too_many AS (
    SELECT value, lost.n AS lost, listed.n AS listed
    FROM lost
    JOIN listed USING (value)
    WHERE (lost.n > $6::bigint AND lost.n > $7::float8 * listed.n OR lost.n = listed.n AND lost.n >= $8::bigint)
), held AS (
    UPDATE pg_temp.gone AS g
    SET held_ = true
    FROM too_many AS m
    WHERE g.sweep_ = $3 AND g.value_ = m.value
)
SELECT value, lost, listed
FROM too_many
ORDER BY value;

-- Standing rows that complete listings of the sweep subtasks speak for.
SELECT t."root_task_id"::text, t."task_id" FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."is_root"::text = $3 AND t."root_task_id"::text = ANY ($4::text[]);

-- Where too many of them would end.
WITH lost AS (
    SELECT value_ AS value, count(*) AS n
    FROM pg_temp.gone AS g
    WHERE g.sweep_ = $3 AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = g."task_id" AND o.round_ IN (0, 1))
    GROUP BY 1
), listed AS (
    SELECT t."root_task_id"::text AS value, count(*) AS n
    FROM "syncer"."agentless_tasks" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."is_root"::text = $4 AND t."root_task_id"::text = ANY ($5::text[]) AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = t."task_id" AND o.round_ IN (0, 1))
    GROUP BY 1
), too_many AS (
    SELECT value, lost.n AS lost, listed.n AS listed
    FROM lost
    JOIN listed USING (value)
    WHERE (lost.n > $6::bigint AND lost.n > $7::float8 * listed.n OR lost.n = listed.n AND lost.n >= $8::bigint)
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
FROM "syncer"."agentless_tasks"
WITH NO DATA;

COPY pg_temp.gone (sweep_, value_, "task_id") FROM STDIN BINARY;

-- What ends because its parent does.
CREATE TEMP TABLE orphans ON COMMIT DROP AS SELECT 0 AS round_, "task_id" FROM "syncer"."agentless_tasks" WITH NO DATA;

-- Round 0.
INSERT INTO pg_temp.orphans (round_, "task_id")
SELECT $3::int, t."task_id"
FROM (
    SELECT t."task_id", t."root_task_id", true AS stood_
    FROM "syncer"."agentless_tasks" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE true AND s."task_id" = t."task_id" AND s.version_hash <> t.version_hash)
    UNION ALL
    SELECT s."task_id", s."root_task_id", false
    FROM pg_temp.stage AS s
    WHERE NOT EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND s."task_id" = t."task_id" AND s.version_hash = t.version_hash)
) AS t
WHERE t.stood_
    AND t."root_task_id" IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = t."task_id" AND o.round_ IN (0, $3))
    AND NOT EXISTS (SELECT FROM (
    SELECT t."task_id", true AS stood_
    FROM "syncer"."agentless_tasks" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE true AND s."task_id" = t."task_id" AND s.version_hash <> t.version_hash)
    UNION ALL
    SELECT s."task_id", false
    FROM pg_temp.stage AS s
    WHERE NOT EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND s."task_id" = t."task_id" AND s.version_hash = t.version_hash)
) AS p WHERE p."task_id" = t."root_task_id" AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = p."task_id" AND o.round_ IN (0, $3)));

-- Round 1.
INSERT INTO pg_temp.orphans (round_, "task_id")
SELECT $3::int, t."task_id"
FROM (
    SELECT t."task_id", t."root_task_id", true AS stood_
    FROM "syncer"."agentless_tasks" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE true AND s."task_id" = t."task_id" AND s.version_hash <> t.version_hash)
    UNION ALL
    SELECT s."task_id", s."root_task_id", false
    FROM pg_temp.stage AS s
    WHERE NOT EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND s."task_id" = t."task_id" AND s.version_hash = t.version_hash)
) AS t
WHERE t.stood_
    AND t."root_task_id" IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = t."task_id" AND o.round_ IN (0, $3))
    AND NOT EXISTS (SELECT FROM (
    SELECT t."task_id", true AS stood_
    FROM "syncer"."agentless_tasks" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE true AND s."task_id" = t."task_id" AND s.version_hash <> t.version_hash)
    UNION ALL
    SELECT s."task_id", false
    FROM pg_temp.stage AS s
    WHERE NOT EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND s."task_id" = t."task_id" AND s.version_hash = t.version_hash)
) AS p WHERE p."task_id" = t."root_task_id" AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = p."task_id" AND o.round_ IN (0, $3)) AND NOT EXISTS (SELECT FROM pg_temp.gone AS g WHERE true AND g."task_id" = p."task_id" AND g.ends_));

-- Round 2.
INSERT INTO pg_temp.orphans (round_, "task_id")
SELECT $3::int, t."task_id"
FROM (
    SELECT t."task_id", t."root_task_id", true AS stood_
    FROM "syncer"."agentless_tasks" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE true AND s."task_id" = t."task_id" AND s.version_hash <> t.version_hash)
    UNION ALL
    SELECT s."task_id", s."root_task_id", false
    FROM pg_temp.stage AS s
    WHERE NOT EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND s."task_id" = t."task_id" AND s.version_hash = t.version_hash)
) AS t
WHERE t.stood_
    AND t."root_task_id" IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = t."task_id" AND o.round_ IN (0, $3))
    AND NOT EXISTS (SELECT FROM (
    SELECT t."task_id", true AS stood_
    FROM "syncer"."agentless_tasks" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE true AND s."task_id" = t."task_id" AND s.version_hash <> t.version_hash)
    UNION ALL
    SELECT s."task_id", false
    FROM pg_temp.stage AS s
    WHERE NOT EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND s."task_id" = t."task_id" AND s.version_hash = t.version_hash)
) AS p WHERE p."task_id" = t."root_task_id" AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = p."task_id" AND o.round_ IN (0, $3)) AND NOT EXISTS (SELECT FROM pg_temp.gone AS g WHERE true AND g."task_id" = p."task_id" AND g.ends_));

-- Where too many would end together.
SELECT lost + families, listed + families, ((lost + families) > $7::bigint AND (lost + families) > $8::float8 * (listed + families) OR lost = listed AND lost >= $9::bigint)
FROM (
    SELECT
        (SELECT count(DISTINCT ROW(g."task_id")) FROM pg_temp.gone AS g WHERE NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = g."task_id" AND o.round_ IN (0, 1))) AS lost,
        (SELECT count(*) FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND ((true AND t."is_root"::text = $3 AND t."started_at" >= $4) OR (true AND t."is_root"::text = $5 AND t."root_task_id"::text = ANY ($6::text[]))) AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."task_id" = t."task_id" AND o.round_ IN (0, 1))) AS listed,
        (SELECT count(*) FROM pg_temp.orphans WHERE round_ = 1) AS families
) AS n;

-- What is held.
SELECT count(*), coalesce(bit_xor(hashtextextended(key::text, 0)), 0) FROM ((SELECT DISTINCT ROW(g."task_id") AS key FROM pg_temp.gone AS g UNION SELECT ROW(o."task_id") FROM pg_temp.orphans AS o WHERE o.round_ IN (1)) EXCEPT (SELECT DISTINCT ROW(g."task_id") AS key FROM pg_temp.gone AS g WHERE g.ends_ UNION SELECT ROW(o."task_id") FROM pg_temp.orphans AS o WHERE o.round_ IN (0, 2))) AS held;

-- == Versions: merge.endChanged, open, keepVolatile, endGone, endOrphans

-- Versions that have a successor.
WITH v AS (
UPDATE "syncer"."agentless_tasks" AS t
SET valid_to = $3, ("report_download_url") = (
    SELECT CASE WHEN v.row_hash IS NULL THEN t."report_download_url" ELSE v."report_download_url" END
    FROM (VALUES (1)) AS one
    LEFT JOIN "syncer"."agentless_tasks_volatile" AS v ON v.account_id = $1 AND v.region_id = $2 AND true AND v."task_id" = t."task_id"
)
FROM pg_temp.stage AS s
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = s."task_id" AND t.version_hash <> s.version_hash
RETURNING t."valid_from", t."valid_to", t."status", t."target_type", t."is_root", t."started_at", t."ended_at", t."measure_space_mb", t."task_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT jsonb_build_array(v.status, v.target_type)::text AS series, v."status", v."target_type", -1 * sum(1) AS "tasks", -1 * sum(CASE WHEN (v.is_root::text IN ('true')) IS TRUE THEN 1 ELSE 0 END) AS "main_tasks", -1 * sum(CASE WHEN v.started_at::date = v.valid_from::date AND v.valid_from::date = v.valid_to::date THEN 1 ELSE 0 END) AS "started", -1 * sum(CASE WHEN v.ended_at::date = v.valid_from::date AND v.valid_from::date = v.valid_to::date THEN 1 ELSE 0 END) AS "finished", -1 * sum(coalesce(v.measure_space_mb, 0)::numeric) AS "measured_mb" FROM v GROUP BY v."status", v."target_type") AS d_);

-- Rows whose keys do not stand.
COPY "syncer"."agentless_tasks_standing" (account_id, region_id, "task_id", "is_root", "root_task_id", "task_name", "status", "progress", "result", "started_at", "ended_at", "target_type", "target_name", "uuid", "instance_id", "instance_name", "internet_ip", "intranet_ip", "measure_space_mb", "progress_by_project", "report_status", "report_download_url", "extension", extra, version_hash, row_hash, valid_from) FROM STDIN BINARY;

-- Successors, and new rows that were staged.
WITH v AS (
INSERT INTO "syncer"."agentless_tasks_standing" AS t (account_id, region_id, "task_id", "is_root", "root_task_id", "task_name", "status", "progress", "result", "started_at", "ended_at", "target_type", "target_name", "uuid", "instance_id", "instance_name", "internet_ip", "intranet_ip", "measure_space_mb", "progress_by_project", "report_status", "report_download_url", "extension", extra, version_hash, row_hash, valid_from)
SELECT $1, $2, "task_id", "is_root", "root_task_id", "task_name", "status", "progress", "result", "started_at", "ended_at", "target_type", "target_name", "uuid", "instance_id", "instance_name", "internet_ip", "intranet_ip", "measure_space_mb", "progress_by_project", "report_status", "report_download_url", "extension", extra, version_hash, row_hash, $3::timestamptz
FROM pg_temp.stage AS s
WHERE NOT EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = s."task_id")
ORDER BY s."task_id", s.seq
RETURNING t."valid_from", t."valid_to", t."status", t."target_type", t."is_root", t."started_at", t."ended_at", t."measure_space_mb", t."task_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT jsonb_build_array(v.status, v.target_type)::text AS series, v."status", v."target_type", 1 * sum(1) AS "tasks", 1 * sum(CASE WHEN (v.is_root::text IN ('true')) IS TRUE THEN 1 ELSE 0 END) AS "main_tasks", 1 * sum(CASE WHEN v.started_at::date = v.valid_from::date THEN 1 ELSE 0 END) AS "started", 1 * sum(CASE WHEN v.ended_at::date = v.valid_from::date THEN 1 ELSE 0 END) AS "finished", 1 * sum(coalesce(v.measure_space_mb, 0)::numeric) AS "measured_mb" FROM v GROUP BY v."status", v."target_type") AS d_);

-- Volatile columns that have moved before.
UPDATE "syncer"."agentless_tasks_volatile" AS v
SET row_hash = s.row_hash, "report_download_url" = s."report_download_url"
FROM pg_temp.stage AS s
WHERE v.account_id = $1 AND v.region_id = $2 AND true AND v."task_id" = s."task_id" AND v.row_hash <> s.row_hash;

-- Those that move for the first time.
INSERT INTO "syncer"."agentless_tasks_volatile" (account_id, region_id, "task_id", "report_download_url", row_hash)
SELECT $1, $2, s."task_id", s."report_download_url", s.row_hash
FROM pg_temp.stage AS s
JOIN "syncer"."agentless_tasks" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = s."task_id"
WHERE t.row_hash <> s.row_hash AND NOT EXISTS (SELECT FROM "syncer"."agentless_tasks_volatile" AS v WHERE v.account_id = $1 AND v.region_id = $2 AND true AND v."task_id" = s."task_id")
ORDER BY s."task_id", s.seq;

-- What is gone, and not held.
WITH v AS (
UPDATE "syncer"."agentless_tasks" AS t
SET valid_to = $3, ("report_download_url") = (
    SELECT CASE WHEN v.row_hash IS NULL THEN t."report_download_url" ELSE v."report_download_url" END
    FROM (VALUES (1)) AS one
    LEFT JOIN "syncer"."agentless_tasks_volatile" AS v ON v.account_id = $1 AND v.region_id = $2 AND true AND v."task_id" = t."task_id"
)
FROM pg_temp.gone AS g
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = g."task_id" AND g.ends_
RETURNING t."valid_from", t."valid_to", t."status", t."target_type", t."is_root", t."started_at", t."ended_at", t."measure_space_mb", t."task_id"
),
gone AS (
DELETE FROM "syncer"."agentless_tasks_volatile" AS o USING v WHERE o.account_id = $1 AND o.region_id = $2 AND true AND o."task_id" = v."task_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT jsonb_build_array(v.status, v.target_type)::text AS series, v."status", v."target_type", -1 * sum(1) AS "tasks", -1 * sum(CASE WHEN (v.is_root::text IN ('true')) IS TRUE THEN 1 ELSE 0 END) AS "main_tasks", -1 * sum(CASE WHEN v.started_at::date = v.valid_from::date AND v.valid_from::date = v.valid_to::date THEN 1 ELSE 0 END) AS "started", -1 * sum(CASE WHEN v.ended_at::date = v.valid_from::date AND v.valid_from::date = v.valid_to::date THEN 1 ELSE 0 END) AS "finished", -1 * sum(coalesce(v.measure_space_mb, 0)::numeric) AS "measured_mb" FROM v GROUP BY v."status", v."target_type") AS d_);

-- What has lost its parent.
WITH v AS (
UPDATE "syncer"."agentless_tasks" AS t
SET valid_to = $3, ("report_download_url") = (
    SELECT CASE WHEN v.row_hash IS NULL THEN t."report_download_url" ELSE v."report_download_url" END
    FROM (VALUES (1)) AS one
    LEFT JOIN "syncer"."agentless_tasks_volatile" AS v ON v.account_id = $1 AND v.region_id = $2 AND true AND v."task_id" = t."task_id"
)
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity'
    AND t.valid_from < $3
    AND t."root_task_id" IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM "syncer"."agentless_tasks" AS p
        WHERE p.account_id = $1 AND p.region_id = $2 AND p.valid_to = 'infinity' AND p."task_id" = t."root_task_id"
    )
RETURNING t."valid_from", t."valid_to", t."status", t."target_type", t."is_root", t."started_at", t."ended_at", t."measure_space_mb", t."task_id"
),
gone AS (
DELETE FROM "syncer"."agentless_tasks_volatile" AS o USING v WHERE o.account_id = $1 AND o.region_id = $2 AND true AND o."task_id" = v."task_id"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT jsonb_build_array(v.status, v.target_type)::text AS series, v."status", v."target_type", -1 * sum(1) AS "tasks", -1 * sum(CASE WHEN (v.is_root::text IN ('true')) IS TRUE THEN 1 ELSE 0 END) AS "main_tasks", -1 * sum(CASE WHEN v.started_at::date = v.valid_from::date AND v.valid_from::date = v.valid_to::date THEN 1 ELSE 0 END) AS "started", -1 * sum(CASE WHEN v.ended_at::date = v.valid_from::date AND v.valid_from::date = v.valid_to::date THEN 1 ELSE 0 END) AS "finished", -1 * sum(coalesce(v.measure_space_mb, 0)::numeric) AS "measured_mb" FROM v GROUP BY v."status", v."target_type") AS d_);

-- == Rollups: merge.fold

-- agentless_tasks_daily, 1 of 3.
WITH d AS (
SELECT j.series, j."status", j."target_type", coalesce(sum(j."tasks"), 0) AS "tasks", coalesce(sum(j."main_tasks"), 0) AS "main_tasks", coalesce(sum(j."started"), 0) AS "started", coalesce(sum(j."finished"), 0) AS "finished", coalesce(sum(j."measured_mb"), 0) AS "measured_mb"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "status" bigint, "target_type" bigint, "tasks" numeric, "main_tasks" numeric, "started" numeric, "finished" numeric, "measured_mb" numeric)
GROUP BY j.series, j."status", j."target_type"
)
UPDATE "syncer"."agentless_tasks_daily" AS r
SET to_day = $3::timestamptz::date
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day < $3::timestamptz::date;

-- agentless_tasks_daily, 2 of 3.
WITH d AS (
SELECT j.series, j."status", j."target_type", coalesce(sum(j."tasks"), 0) AS "tasks", coalesce(sum(j."main_tasks"), 0) AS "main_tasks", coalesce(sum(j."started"), 0) AS "started", coalesce(sum(j."finished"), 0) AS "finished", coalesce(sum(j."measured_mb"), 0) AS "measured_mb"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "status" bigint, "target_type" bigint, "tasks" numeric, "main_tasks" numeric, "started" numeric, "finished" numeric, "measured_mb" numeric)
GROUP BY j.series, j."status", j."target_type"
)
INSERT INTO "syncer"."agentless_tasks_daily" (account_id, region_id, series, "status", "target_type", from_day, to_day, "tasks", "main_tasks", "started", "finished", "measured_mb")
SELECT $1, $2, d.series, d."status", d."target_type", coalesce(p.first_merged_at, $3)::date, $3::timestamptz::date, 0, 0, 0, 0, 0
FROM d, syncer.partitions AS p
WHERE p.account_id = $1 AND p.source = 'agentless_tasks' AND p.region_id = $2 AND coalesce(p.first_merged_at, $3)::date < $3::timestamptz::date
    AND NOT EXISTS (SELECT FROM "syncer"."agentless_tasks_daily" AS r WHERE r.account_id = $1 AND r.region_id = $2 AND r.series = d.series)
UNION ALL
SELECT $1, $2, d.series, d."status", d."target_type", $3::timestamptz::date, 'infinity', coalesce(r."tasks", 0), coalesce(r."main_tasks", 0), 0, 0, coalesce(r."measured_mb", 0)
FROM d
LEFT JOIN "syncer"."agentless_tasks_daily" AS r ON r.account_id = $1 AND r.region_id = $2 AND r.to_day = $3::timestamptz::date AND r.series = d.series
ON CONFLICT DO NOTHING;

-- agentless_tasks_daily, 3 of 3.
WITH d AS (
SELECT j.series, j."status", j."target_type", coalesce(sum(j."tasks"), 0) AS "tasks", coalesce(sum(j."main_tasks"), 0) AS "main_tasks", coalesce(sum(j."started"), 0) AS "started", coalesce(sum(j."finished"), 0) AS "finished", coalesce(sum(j."measured_mb"), 0) AS "measured_mb"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "status" bigint, "target_type" bigint, "tasks" numeric, "main_tasks" numeric, "started" numeric, "finished" numeric, "measured_mb" numeric)
GROUP BY j.series, j."status", j."target_type"
)
UPDATE "syncer"."agentless_tasks_daily" AS r
SET "tasks" = r."tasks" + d."tasks", "main_tasks" = r."main_tasks" + d."main_tasks", "started" = r."started" + d."started", "finished" = r."finished" + d."finished", "measured_mb" = r."measured_mb" + d."measured_mb"
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day = $3::timestamptz::date;

-- == What rests: merge.recordSwept

INSERT INTO syncer.swept AS w (account_id, region_id, source, value, swept_at, due_at)
SELECT $1, $2, $4::text, u.v, $3::timestamptz, $3::timestamptz + $5::interval + u.late
FROM unnest($6::text[], $7::interval[]) AS u (v, late)
WHERE EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."task_id"::text = u.v AND (t."status"::text = ANY ($8::text[])) AND (t."report_status"::text = ANY ($9::text[])) IS NOT TRUE) AND NOT EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."root_task_id"::text = u.v AND (true AND (t."status"::text = ANY ($10::text[])) AND (t."report_status"::text = ANY ($11::text[])) IS NOT TRUE) IS NOT TRUE)
ON CONFLICT (account_id, region_id, source, value) DO UPDATE
SET swept_at = excluded.swept_at, due_at = excluded.swept_at + $12::interval;

DELETE FROM syncer.swept AS w
WHERE w.account_id = $1 AND w.region_id = $2 AND w.source = $3 AND NOT EXISTS (SELECT FROM "syncer"."agentless_tasks" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND t."task_id"::text = w.value);

-- == A dry run: Sync.Plan

-- What the stage would open and change.
SELECT s."task_id"::text, t.version_hash IS NOT NULL,
    (SELECT jsonb_object_agg(c.name, jsonb_build_array(c.old, c.new)) FROM (VALUES ('task_id', to_jsonb(t."task_id"), to_jsonb(s."task_id")), ('is_root', to_jsonb(t."is_root"), to_jsonb(s."is_root")), ('root_task_id', to_jsonb(t."root_task_id"), to_jsonb(s."root_task_id")), ('task_name', to_jsonb(t."task_name"), to_jsonb(s."task_name")), ('status', to_jsonb(t."status"), to_jsonb(s."status")), ('progress', to_jsonb(t."progress"), to_jsonb(s."progress")), ('result', to_jsonb(t."result"), to_jsonb(s."result")), ('started_at', to_jsonb(t."started_at"), to_jsonb(s."started_at")), ('ended_at', to_jsonb(t."ended_at"), to_jsonb(s."ended_at")), ('target_type', to_jsonb(t."target_type"), to_jsonb(s."target_type")), ('target_name', to_jsonb(t."target_name"), to_jsonb(s."target_name")), ('uuid', to_jsonb(t."uuid"), to_jsonb(s."uuid")), ('instance_id', to_jsonb(t."instance_id"), to_jsonb(s."instance_id")), ('instance_name', to_jsonb(t."instance_name"), to_jsonb(s."instance_name")), ('internet_ip', to_jsonb(t."internet_ip"), to_jsonb(s."internet_ip")), ('intranet_ip', to_jsonb(t."intranet_ip"), to_jsonb(s."intranet_ip")), ('measure_space_mb', to_jsonb(t."measure_space_mb"), to_jsonb(s."measure_space_mb")), ('progress_by_project', to_jsonb(t."progress_by_project"), to_jsonb(s."progress_by_project")), ('report_status', to_jsonb(t."report_status"), to_jsonb(s."report_status")), ('extension', to_jsonb(t."extension"), to_jsonb(s."extension")), ('extra', to_jsonb(t.extra), to_jsonb(s.extra))) AS c (name, old, new) WHERE c.old IS DISTINCT FROM c.new)
FROM pg_temp.stage AS s
LEFT JOIN "syncer"."agentless_tasks" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."task_id" = s."task_id"
WHERE t.version_hash IS DISTINCT FROM s.version_hash
ORDER BY 1;

-- What would end.
SELECT g."task_id"::text AS key FROM pg_temp.gone AS g WHERE g.ends_ UNION SELECT o."task_id"::text AS key FROM pg_temp.orphans AS o WHERE o.round_ IN (0, 1) ORDER BY 1;
