-- The merge of agent_install_statuses, written by go test ./store -run TestRendered -update.
-- $1 is the account, $2 the region and, in what writes versions, $3 the moment of the merge.

-- == What stands: readBaseline

-- The fingerprints of the standing rows.
SELECT t."uuid", t.row_hash FROM "syncer"."agent_install_statuses" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- == The stage: stage.flush, merge.settleStage

-- With the first row that is staged.
CREATE TEMP TABLE stage AS
SELECT 0::bigint AS seq, 0::bigint AS sweep, 0::bigint AS came_hash, "uuid", "result", "result_code", "message", extra, version_hash, row_hash
FROM "syncer"."agent_install_statuses"
WITH NO DATA;

-- Whenever 256 kB wait.
COPY pg_temp.stage (seq, sweep, came_hash, "uuid", "result", "result_code", "message", extra, version_hash, row_hash) FROM STDIN BINARY;

-- Where a key was staged twice: the later row counts.
DELETE FROM pg_temp.stage AS a USING pg_temp.stage AS b WHERE true AND a."uuid" = b."uuid" AND a.seq < b.seq;

-- merge.churn: fields that alone make most of the versions.
WITH changed AS MATERIALIZED (
    SELECT coalesce(t.extra, '{}') AS old, coalesce(s.extra, '{}') AS now, ROW(t."uuid", t."result", t."result_code", t."message") IS NOT DISTINCT FROM ROW(s."uuid", s."result", s."result_code", s."message") AS alone
    FROM pg_temp.stage AS s
    JOIN "syncer"."agent_install_statuses" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid"
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

-- What no listing has shown.
CREATE TEMP TABLE gone ON COMMIT DROP AS
SELECT 0::bigint AS sweep_, ''::text AS value_, "uuid", true AS ends_, false AS held_
FROM "syncer"."agent_install_statuses"
WITH NO DATA;

COPY pg_temp.gone (sweep_, value_, "uuid") FROM STDIN BINARY;

-- What ends because its parent does.
CREATE TEMP TABLE orphans ON COMMIT DROP AS SELECT 0 AS round_, "uuid" FROM "syncer"."agent_install_statuses" WITH NO DATA;

-- Round 0.
INSERT INTO pg_temp.orphans (round_, "uuid")
SELECT $3::int, t."uuid"
FROM (
    SELECT t."uuid", true AS stood_
    FROM "syncer"."agent_install_statuses" AS t
    WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE true AND s."uuid" = t."uuid" AND s.version_hash <> t.version_hash)
    UNION ALL
    SELECT s."uuid", false
    FROM pg_temp.stage AS s
    WHERE NOT EXISTS (SELECT FROM "syncer"."agent_install_statuses" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND s."uuid" = t."uuid" AND s.version_hash = t.version_hash)
) AS t
WHERE t.stood_
    AND t."uuid" IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE true AND o."uuid" = t."uuid" AND o.round_ IN (0, $3))
    AND NOT EXISTS (SELECT FROM (SELECT * FROM "syncer"."cloud_center_instances" WHERE account_id = $1 AND region_id = $2 AND valid_to = 'infinity') AS p WHERE p."uuid" = t."uuid");

-- == Versions: merge.endChanged, open, keepVolatile, endGone, endOrphans

-- Versions that have a successor.
WITH v AS (
UPDATE "syncer"."agent_install_statuses" AS t
SET valid_to = $3
FROM pg_temp.stage AS s
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid" AND t.version_hash <> s.version_hash
RETURNING t."valid_from", t."valid_to", t."result", t."uuid"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT jsonb_build_array(v.result)::text AS series, v."result", -1 * sum(1) AS "servers" FROM v GROUP BY v."result") AS d_);

-- Rows whose keys do not stand.
COPY "syncer"."agent_install_statuses_standing" (account_id, region_id, "uuid", "result", "result_code", "message", extra, version_hash, row_hash, valid_from) FROM STDIN BINARY;

-- Successors, and new rows that were staged.
WITH v AS (
INSERT INTO "syncer"."agent_install_statuses_standing" AS t (account_id, region_id, "uuid", "result", "result_code", "message", extra, version_hash, row_hash, valid_from)
SELECT $1, $2, "uuid", "result", "result_code", "message", extra, version_hash, row_hash, $3::timestamptz
FROM pg_temp.stage AS s
WHERE NOT EXISTS (SELECT FROM "syncer"."agent_install_statuses" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid")
ORDER BY s."uuid", s.seq
RETURNING t."valid_from", t."valid_to", t."result", t."uuid"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT jsonb_build_array(v.result)::text AS series, v."result", 1 * sum(1) AS "servers" FROM v GROUP BY v."result") AS d_);

-- What is gone, and not held.
WITH v AS (
UPDATE "syncer"."agent_install_statuses" AS t
SET valid_to = $3
FROM pg_temp.gone AS g
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = g."uuid" AND g.ends_
RETURNING t."valid_from", t."valid_to", t."result", t."uuid"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT jsonb_build_array(v.result)::text AS series, v."result", -1 * sum(1) AS "servers" FROM v GROUP BY v."result") AS d_);

-- What has lost its parent.
WITH v AS (
UPDATE "syncer"."agent_install_statuses" AS t
SET valid_to = $3
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity'
    AND t.valid_from < $3
    AND t."uuid" IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM "syncer"."cloud_center_instances" AS p
        WHERE p.account_id = $1 AND p.region_id = $2 AND p.valid_to = 'infinity' AND p."uuid" = t."uuid"
    )
RETURNING t."valid_from", t."valid_to", t."result", t."uuid"
)
SELECT (SELECT count(*) FROM v),
(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT jsonb_build_array(v.result)::text AS series, v."result", -1 * sum(1) AS "servers" FROM v GROUP BY v."result") AS d_);

-- == Rollups: merge.fold

-- agent_install_daily, 1 of 3.
WITH d AS (
SELECT j.series, j."result", coalesce(sum(j."servers"), 0) AS "servers"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "result" bigint, "servers" numeric)
GROUP BY j.series, j."result"
)
UPDATE "syncer"."agent_install_daily" AS r
SET to_day = $3::timestamptz::date
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day < $3::timestamptz::date;

-- agent_install_daily, 2 of 3.
WITH d AS (
SELECT j.series, j."result", coalesce(sum(j."servers"), 0) AS "servers"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "result" bigint, "servers" numeric)
GROUP BY j.series, j."result"
)
INSERT INTO "syncer"."agent_install_daily" (account_id, region_id, series, "result", from_day, to_day, "servers")
SELECT $1, $2, d.series, d."result", coalesce(p.first_merged_at, $3)::date, $3::timestamptz::date, 0
FROM d, syncer.partitions AS p
WHERE p.account_id = $1 AND p.source = 'agent_install_statuses' AND p.region_id = $2 AND coalesce(p.first_merged_at, $3)::date < $3::timestamptz::date
    AND NOT EXISTS (SELECT FROM "syncer"."agent_install_daily" AS r WHERE r.account_id = $1 AND r.region_id = $2 AND r.series = d.series)
UNION ALL
SELECT $1, $2, d.series, d."result", $3::timestamptz::date, 'infinity', coalesce(r."servers", 0)
FROM d
LEFT JOIN "syncer"."agent_install_daily" AS r ON r.account_id = $1 AND r.region_id = $2 AND r.to_day = $3::timestamptz::date AND r.series = d.series
ON CONFLICT DO NOTHING;

-- agent_install_daily, 3 of 3.
WITH d AS (
SELECT j.series, j."result", coalesce(sum(j."servers"), 0) AS "servers"
FROM jsonb_to_recordset($4::jsonb) AS j (series text COLLATE "C", "result" bigint, "servers" numeric)
GROUP BY j.series, j."result"
)
UPDATE "syncer"."agent_install_daily" AS r
SET "servers" = r."servers" + d."servers"
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day = $3::timestamptz::date;

-- == A dry run: Sync.Plan

-- What the stage would open and change.
SELECT s."uuid"::text, t.version_hash IS NOT NULL,
    (SELECT jsonb_object_agg(c.name, jsonb_build_array(c.old, c.new)) FROM (VALUES ('uuid', to_jsonb(t."uuid"), to_jsonb(s."uuid")), ('result', to_jsonb(t."result"), to_jsonb(s."result")), ('result_code', to_jsonb(t."result_code"), to_jsonb(s."result_code")), ('message', to_jsonb(t."message"), to_jsonb(s."message")), ('extra', to_jsonb(t.extra), to_jsonb(s.extra))) AS c (name, old, new) WHERE c.old IS DISTINCT FROM c.new)
FROM pg_temp.stage AS s
LEFT JOIN "syncer"."agent_install_statuses" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t."uuid" = s."uuid"
WHERE t.version_hash IS DISTINCT FROM s.version_hash
ORDER BY 1;

-- What would end.
SELECT g."uuid"::text AS key FROM pg_temp.gone AS g WHERE g.ends_ UNION SELECT o."uuid"::text AS key FROM pg_temp.orphans AS o WHERE o.round_ IN (0, 1) ORDER BY 1;
