-- The merge of agent_versions, written by go test ./store -run TestRendered -update.
-- $1 is the account, $2 the region and, in what writes versions, $3 the moment of the merge.

-- == What stands: readBaseline

-- The fingerprints of the standing rows.
SELECT t.row_hash FROM "syncer"."agent_versions" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- == The stage: stage.flush, merge.settleStage

-- With the first row that is staged.
CREATE TEMP TABLE stage AS
SELECT 0::bigint AS seq, 0::bigint AS sweep, 0::bigint AS came_hash, "cur_version", "upgrade_version", "latest_version", "latest_version_created_at", "force_upgrade_at", "publish_status", "gray_switch_status", "big_customer", "latest_version_desc", "auto_upgrade", extra, version_hash, row_hash
FROM "syncer"."agent_versions"
WITH NO DATA;

-- Whenever 256 kB wait.
COPY pg_temp.stage (seq, sweep, came_hash, "cur_version", "upgrade_version", "latest_version", "latest_version_created_at", "force_upgrade_at", "publish_status", "gray_switch_status", "big_customer", "latest_version_desc", "auto_upgrade", extra, version_hash, row_hash) FROM STDIN BINARY;

-- Where a key was staged twice: the later row counts.
DELETE FROM pg_temp.stage AS a USING pg_temp.stage AS b WHERE true AND a.seq < b.seq;

-- merge.churn: fields that alone make most of the versions.
WITH changed AS MATERIALIZED (
    SELECT coalesce(t.extra, '{}') AS old, coalesce(s.extra, '{}') AS now, ROW(t."cur_version", t."upgrade_version", t."latest_version", t."latest_version_created_at", t."force_upgrade_at", t."publish_status", t."gray_switch_status", t."big_customer", t."latest_version_desc", t."auto_upgrade") IS NOT DISTINCT FROM ROW(s."cur_version", s."upgrade_version", s."latest_version", s."latest_version_created_at", s."force_upgrade_at", s."publish_status", s."gray_switch_status", s."big_customer", s."latest_version_desc", s."auto_upgrade") AS alone
    FROM pg_temp.stage AS s
    JOIN "syncer"."agent_versions" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true
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

-- Standing rows that complete listings of the sweep current release speak for.
SELECT ''::text FROM "syncer"."agent_versions" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity';

-- Where too many of them would end.
WITH lost AS (
    SELECT value_ AS value, count(*) AS n
    FROM pg_temp.gone AS g
    WHERE g.sweep_ = $3 AND NOT false
    GROUP BY 1
), listed AS (
    SELECT ''::text AS value, count(*) AS n
    FROM "syncer"."agent_versions" AS t
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
SELECT 0::bigint AS sweep_, ''::text AS value_, true AS ends_, false AS held_
FROM "syncer"."agent_versions"
WITH NO DATA;

COPY pg_temp.gone (sweep_, value_) FROM STDIN BINARY;

-- Where too many would end together.
SELECT lost + families, listed + families, ((lost + families) > $3::bigint AND (lost + families) > $4::float8 * (listed + families) OR lost = listed AND lost >= $5::bigint)
FROM (
    SELECT
        (SELECT count(DISTINCT true) FROM pg_temp.gone AS g WHERE NOT false) AS lost,
        (SELECT count(*) FROM "syncer"."agent_versions" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND ((true)) AND NOT false) AS listed,
        0 AS families
) AS n;

-- What is held.
SELECT count(*), coalesce(bit_xor(hashtextextended(key::text, 0)), 0) FROM ((SELECT DISTINCT true AS key FROM pg_temp.gone AS g) EXCEPT (SELECT DISTINCT true AS key FROM pg_temp.gone AS g WHERE g.ends_)) AS held;

-- == Versions: merge.endChanged, open, keepVolatile, endGone, endOrphans

-- Versions that have a successor.
WITH v AS (
UPDATE "syncer"."agent_versions" AS t
SET valid_to = $3
FROM pg_temp.stage AS s
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND t.version_hash <> s.version_hash
RETURNING t."valid_from", t."valid_to"
)
SELECT (SELECT count(*) FROM v);

-- Rows whose keys do not stand.
COPY "syncer"."agent_versions_standing" (account_id, region_id, "cur_version", "upgrade_version", "latest_version", "latest_version_created_at", "force_upgrade_at", "publish_status", "gray_switch_status", "big_customer", "latest_version_desc", "auto_upgrade", extra, version_hash, row_hash, valid_from) FROM STDIN BINARY;

-- Successors, and new rows that were staged.
WITH v AS (
INSERT INTO "syncer"."agent_versions_standing" AS t (account_id, region_id, "cur_version", "upgrade_version", "latest_version", "latest_version_created_at", "force_upgrade_at", "publish_status", "gray_switch_status", "big_customer", "latest_version_desc", "auto_upgrade", extra, version_hash, row_hash, valid_from)
SELECT $1, $2, "cur_version", "upgrade_version", "latest_version", "latest_version_created_at", "force_upgrade_at", "publish_status", "gray_switch_status", "big_customer", "latest_version_desc", "auto_upgrade", extra, version_hash, row_hash, $3::timestamptz
FROM pg_temp.stage AS s
WHERE NOT EXISTS (SELECT FROM "syncer"."agent_versions" AS t WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true)
ORDER BY s.seq
RETURNING t."valid_from", t."valid_to"
)
SELECT (SELECT count(*) FROM v);

-- What is gone, and not held.
WITH v AS (
UPDATE "syncer"."agent_versions" AS t
SET valid_to = $3
FROM pg_temp.gone AS g
WHERE t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true AND g.ends_
RETURNING t."valid_from", t."valid_to"
)
SELECT (SELECT count(*) FROM v);

-- == A dry run: Sync.Plan

-- What the stage would open and change.
SELECT '', t.version_hash IS NOT NULL,
    (SELECT jsonb_object_agg(c.name, jsonb_build_array(c.old, c.new)) FROM (VALUES ('cur_version', to_jsonb(t."cur_version"), to_jsonb(s."cur_version")), ('upgrade_version', to_jsonb(t."upgrade_version"), to_jsonb(s."upgrade_version")), ('latest_version', to_jsonb(t."latest_version"), to_jsonb(s."latest_version")), ('latest_version_created_at', to_jsonb(t."latest_version_created_at"), to_jsonb(s."latest_version_created_at")), ('force_upgrade_at', to_jsonb(t."force_upgrade_at"), to_jsonb(s."force_upgrade_at")), ('publish_status', to_jsonb(t."publish_status"), to_jsonb(s."publish_status")), ('gray_switch_status', to_jsonb(t."gray_switch_status"), to_jsonb(s."gray_switch_status")), ('big_customer', to_jsonb(t."big_customer"), to_jsonb(s."big_customer")), ('latest_version_desc', to_jsonb(t."latest_version_desc"), to_jsonb(s."latest_version_desc")), ('auto_upgrade', to_jsonb(t."auto_upgrade"), to_jsonb(s."auto_upgrade")), ('extra', to_jsonb(t.extra), to_jsonb(s.extra))) AS c (name, old, new) WHERE c.old IS DISTINCT FROM c.new)
FROM pg_temp.stage AS s
LEFT JOIN "syncer"."agent_versions" AS t ON t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity' AND true
WHERE t.version_hash IS DISTINCT FROM s.version_hash
ORDER BY 1;

-- What would end.
SELECT '' AS key FROM pg_temp.gone AS g WHERE g.ends_ ORDER BY 1;
