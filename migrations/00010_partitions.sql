-- +goose Up
-- What a partition was and is: since when it is configured, when it was first merged,
-- and what was forgotten of it.
ALTER TABLE syncer.partitions
    ADD COLUMN first_merged_at timestamptz,
    ADD COLUMN configured_at timestamptz,
    ADD COLUMN retired_at timestamptz,
    ADD COLUMN forgotten_at timestamptz,
    ADD COLUMN parent_generation bigint,
    ADD COLUMN on_demand boolean DEFAULT false NOT NULL;
COMMENT ON COLUMN syncer.partitions.first_merged_at IS 'Moment of the first merge: trends begin on its day.';
COMMENT ON COLUMN syncer.partitions.on_demand IS 'Whether its source is disabled, and synced only where a source that is enabled reads its table: then it has no schedule, and is never late.';
COMMENT ON COLUMN syncer.partitions.configured_at IS 'When it was synced first, or first again after it had been retired.';
COMMENT ON COLUMN syncer.partitions.retired_at IS 'Since when no configuration has it, as syncer run, or a sync, has found; NULL: it is configured.';
COMMENT ON COLUMN syncer.partitions.forgotten_at IS 'When its rows were ended by syncer forget: what was synced before counts no more. NULL: never.';
COMMENT ON COLUMN syncer.partitions.parent_generation IS 'Generation that the partition of the rows that these hang on had when both were last compared. NULL: to be compared.';
UPDATE syncer.partitions AS p
SET first_merged_at = (
        SELECT min(r.finished_at)
        FROM syncer.sync_runs AS r
        WHERE r.account_id = p.account_id AND r.source = p.source AND r.region_id = p.region_id AND r.status <> 'failed'
    ),
    configured_at = coalesce((
        SELECT min(r.started_at)
        FROM syncer.sync_runs AS r
        WHERE r.account_id = p.account_id AND r.source = p.source AND r.region_id = p.region_id
    ), now());
ALTER TABLE syncer.partitions ALTER COLUMN configured_at SET DEFAULT now();
-- There is a row for each partition: they are few.
-- squawk-ignore adding-not-nullable-field
ALTER TABLE syncer.partitions ALTER COLUMN configured_at SET NOT NULL;

CREATE VIEW alicloud.partitions AS
SELECT
    p.source,
    p.account_id,
    a.name AS account_name,
    p.region_id,
    p.retired_at IS NULL AS configured,
    p.configured_at,
    p.retired_at,
    p.forgotten_at,
    p.merged_at AS changed_at
FROM syncer.partitions AS p
LEFT JOIN syncer.accounts AS a ON a.account_id = p.account_id;
COMMENT ON VIEW alicloud.partitions IS 'One row per source, account and region that was ever synced: whether it is still configured. What is not is synced no more, yet its rows stand, as they were then, until syncer forget ends them.';
COMMENT ON COLUMN alicloud.partitions.source IS 'Source, as its views are called.';
COMMENT ON COLUMN alicloud.partitions.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.partitions.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.partitions.region_id IS 'Region that is asked.';
COMMENT ON COLUMN alicloud.partitions.configured IS 'Whether it is configured: its rows are kept up to date.';
COMMENT ON COLUMN alicloud.partitions.configured_at IS 'Since when it is configured: its first sync, or the first one after it had been taken out.';
COMMENT ON COLUMN alicloud.partitions.retired_at IS 'Since when it is not configured any more, as syncer run has found; NULL: it is.';
COMMENT ON COLUMN alicloud.partitions.forgotten_at IS 'When syncer forget last ended its rows; NULL: never.';
COMMENT ON COLUMN alicloud.partitions.changed_at IS 'When a row of it last changed; NULL: never.';

CREATE OR REPLACE VIEW alicloud.accounts AS
SELECT
    a.account_id,
    a.name,
    coalesce(p.configured, false) AS configured,
    p.configured_at,
    CASE WHEN p.configured THEN NULL ELSE p.retired_at END AS retired_at
FROM syncer.accounts AS a
LEFT JOIN (
    SELECT
        account_id,
        bool_or(retired_at IS NULL) AS configured,
        coalesce(min(configured_at) FILTER (WHERE retired_at IS NULL), min(configured_at)) AS configured_at,
        max(retired_at) AS retired_at
    FROM syncer.partitions
    GROUP BY account_id
) AS p ON p.account_id = a.account_id;
COMMENT ON VIEW alicloud.accounts IS 'One row per Alibaba Cloud account that was ever synced.';
COMMENT ON COLUMN alicloud.accounts.configured IS 'Whether anything of it is configured: false, its rows are those of when it was taken out.';
COMMENT ON COLUMN alicloud.accounts.configured_at IS 'Since when it is configured; of one that is no more, since when it was.';
COMMENT ON COLUMN alicloud.accounts.retired_at IS 'Since when nothing of it is configured any more; NULL: it is configured.';

CREATE OR REPLACE VIEW alicloud.sync_freshness AS
SELECT
    p.source,
    p.account_id,
    a.name AS account_name,
    p.region_id,
    ok.finished_at AS last_success_at,
    last.finished_at AS last_run_at,
    last.status AS last_status,
    last.error_code AS last_error_code,
    last.error_message AS last_error_message,
    last.error_request_id AS last_error_request_id,
    last.next_due_at,
    -- A run is given as long again as the last one took, and five minutes at least.
    NOT p.on_demand AND coalesce(now() > ok.next_due_at + greatest(2 * (ok.finished_at - ok.started_at), interval '5 minutes'), true) AS late
FROM syncer.partitions AS p
LEFT JOIN syncer.accounts AS a ON a.account_id = p.account_id
LEFT JOIN LATERAL (
    SELECT *
    FROM syncer.sync_runs AS r
    WHERE r.account_id = p.account_id AND r.source = p.source AND r.region_id = p.region_id
        AND r.trigger <> 'forget' AND (p.forgotten_at IS NULL OR r.started_at > p.forgotten_at)
    ORDER BY r.run_id DESC
    LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM syncer.sync_runs AS r
    WHERE r.account_id = p.account_id AND r.source = p.source AND r.region_id = p.region_id AND r.status = 'ok'
        AND r.trigger <> 'forget' AND (p.forgotten_at IS NULL OR r.started_at > p.forgotten_at)
    ORDER BY r.run_id DESC
    LIMIT 1
) AS ok ON true
WHERE p.retired_at IS NULL
UNION ALL
-- What was tried lately, before the ID of its account could ever be asked for.
SELECT
    r.source,
    r.account_id,
    r.account_name,
    r.region_id,
    NULL,
    r.finished_at,
    r.status,
    r.error_code,
    r.error_message,
    r.error_request_id,
    r.next_due_at,
    true
FROM (
    SELECT DISTINCT ON (t.source, t.account_name, t.region_id) *
    FROM (
        SELECT *
        FROM syncer.sync_runs
        WHERE account_id = ''
        ORDER BY run_id DESC
        LIMIT 5000
    ) AS t
    ORDER BY t.source, t.account_name, t.region_id, t.run_id DESC
) AS r
WHERE coalesce(r.next_due_at, r.finished_at) > now() - interval '1 day'
    AND NOT EXISTS (
        SELECT FROM syncer.accounts AS a
        JOIN syncer.partitions AS p ON p.account_id = a.account_id AND p.source = r.source AND p.region_id = r.region_id
        WHERE a.name = r.account_name
    );
COMMENT ON VIEW alicloud.sync_freshness IS 'One row per source, account and region that is configured: how fresh its rows are.';
COMMENT ON COLUMN alicloud.sync_freshness.account_id IS 'ID of the Alibaba Cloud account; empty where the cloud never accepted its credentials, so that it could not be asked for.';
COMMENT ON COLUMN alicloud.sync_freshness.late IS 'Whether a success is overdue: none so far, or the slot after the last one has passed by more than five minutes and more than twice what that run took.';

-- +goose Down
CREATE OR REPLACE VIEW alicloud.sync_freshness AS
SELECT
    p.source,
    p.account_id,
    a.name AS account_name,
    p.region_id,
    ok.finished_at AS last_success_at,
    last.finished_at AS last_run_at,
    last.status AS last_status,
    last.error_code AS last_error_code,
    last.error_message AS last_error_message,
    last.error_request_id AS last_error_request_id,
    last.next_due_at,
    coalesce(now() > ok.next_due_at + greatest(2 * (ok.finished_at - ok.started_at), interval '5 minutes'), true) AS late
FROM syncer.partitions AS p
LEFT JOIN syncer.accounts AS a ON a.account_id = p.account_id
LEFT JOIN LATERAL (
    SELECT *
    FROM syncer.sync_runs AS r
    WHERE r.account_id = p.account_id AND r.source = p.source AND r.region_id = p.region_id
    ORDER BY r.run_id DESC
    LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM syncer.sync_runs AS r
    WHERE r.account_id = p.account_id AND r.source = p.source AND r.region_id = p.region_id AND r.status = 'ok'
    ORDER BY r.run_id DESC
    LIMIT 1
) AS ok ON true;
COMMENT ON VIEW alicloud.sync_freshness IS 'One row per source, account and region: how fresh its rows are.';
COMMENT ON COLUMN alicloud.sync_freshness.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.sync_freshness.late IS 'Whether a success is overdue.';
DROP VIEW alicloud.partitions;
DROP VIEW alicloud.accounts;
CREATE VIEW alicloud.accounts AS
SELECT
    account_id,
    name
FROM syncer.accounts;
COMMENT ON VIEW alicloud.accounts IS 'One row per Alibaba Cloud account that was ever synced.';
COMMENT ON COLUMN alicloud.accounts.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.accounts.name IS 'Name that the configuration last gave it.';
ALTER TABLE syncer.partitions
    DROP COLUMN on_demand,
    DROP COLUMN parent_generation,
    DROP COLUMN forgotten_at,
    DROP COLUMN retired_at,
    DROP COLUMN configured_at,
    DROP COLUMN first_merged_at;
