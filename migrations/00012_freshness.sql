-- +goose Up
-- Freshness is that of what is configured: a partition that no configuration has any
-- more is not late for ever, and one whose account was never accepted is not missing.
ALTER TABLE syncer.partitions ADD COLUMN retired_at timestamptz;
COMMENT ON COLUMN syncer.partitions.retired_at IS 'When a syncer run began whose configuration does not have it; NULL: it is synced on a schedule.';

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
ALTER TABLE syncer.partitions DROP COLUMN retired_at;
