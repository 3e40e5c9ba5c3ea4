-- +goose Up
CREATE SCHEMA alicloud;
COMMENT ON SCHEMA alicloud IS 'What Alibaba Cloud says about the fleet''s security: read-only views and functions, kept by syncer.';
COMMENT ON SCHEMA syncer IS 'The tables behind schema alicloud. Read that one.';

CREATE TABLE syncer.accounts (
    account_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (account_id)
);

CREATE TABLE syncer.partitions (
    account_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    generation bigint NOT NULL DEFAULT 0,
    merged_at timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT partitions_pkey PRIMARY KEY (account_id, source, region_id)
);
COMMENT ON TABLE syncer.partitions IS 'One row per source, account and region that was ever synced.';
COMMENT ON COLUMN syncer.partitions.generation IS 'Counts the merges that wrote something. A merge prepared against another generation starts again.';
COMMENT ON COLUMN syncer.partitions.merged_at IS 'Moment of the last merge that wrote something. The next one is later, whatever the clock says.';

CREATE TABLE syncer.sync_runs (
    account_id text COLLATE "C" NOT NULL,
    run_id bigint GENERATED ALWAYS AS IDENTITY,
    account_name text NOT NULL,
    source text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    trigger text NOT NULL,
    slot_at timestamptz,
    next_due_at timestamptz,
    full_sweep boolean NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    status text NOT NULL,
    calls bigint NOT NULL,
    retries bigint NOT NULL,
    throttled bigint NOT NULL,
    pages bigint NOT NULL,
    rows_fetched bigint NOT NULL,
    rows_opened bigint NOT NULL,
    rows_changed bigint NOT NULL,
    rows_ended bigint NOT NULL,
    rows_unchanged bigint NOT NULL,
    rows_repeated bigint NOT NULL,
    unknown_fields jsonb,
    refused_fields jsonb,
    error_code text,
    error_message text,
    error_request_id text,
    worker text NOT NULL,
    held_digest bigint,
    CONSTRAINT sync_runs_pkey PRIMARY KEY (account_id, run_id),
    CONSTRAINT sync_runs_status_check CHECK (status IN ('ok', 'incomplete', 'held', 'failed')),
    CONSTRAINT sync_runs_trigger_check CHECK (trigger IN ('schedule', 'manual', 'dependency'))
);
COMMENT ON COLUMN syncer.sync_runs.held_digest IS 'Hash of the keys that were held: runs that miss the same rows have the same.';
CREATE INDEX sync_runs_partition_idx ON syncer.sync_runs (account_id, source, region_id, run_id DESC);
CREATE INDEX sync_runs_ok_idx ON syncer.sync_runs (account_id, source, region_id, run_id DESC) WHERE status = 'ok';

CREATE VIEW alicloud.accounts AS
SELECT
    account_id,
    name
FROM syncer.accounts;
COMMENT ON VIEW alicloud.accounts IS 'One row per Alibaba Cloud account that was ever synced.';
COMMENT ON COLUMN alicloud.accounts.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.accounts.name IS 'Name that the configuration last gave it.';

CREATE VIEW alicloud.sync_runs AS
SELECT
    run_id,
    source,
    account_id,
    account_name,
    region_id,
    trigger,
    slot_at,
    full_sweep,
    started_at,
    finished_at,
    status,
    calls,
    retries,
    throttled,
    pages,
    rows_fetched,
    rows_opened,
    rows_changed,
    rows_ended,
    rows_unchanged,
    rows_repeated,
    unknown_fields,
    refused_fields,
    error_code,
    error_message,
    error_request_id,
    next_due_at,
    worker
FROM syncer.sync_runs;
COMMENT ON VIEW alicloud.sync_runs IS 'One row per finished sync of a source in an account and region.';
COMMENT ON COLUMN alicloud.sync_runs.run_id IS 'Number of the run; later runs have higher ones.';
COMMENT ON COLUMN alicloud.sync_runs.source IS 'Source: the name of its view in this schema.';
COMMENT ON COLUMN alicloud.sync_runs.account_id IS 'ID of the Alibaba Cloud account; empty while it could never be asked for.';
COMMENT ON COLUMN alicloud.sync_runs.account_name IS 'Name of the account in the configuration.';
COMMENT ON COLUMN alicloud.sync_runs.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.sync_runs.trigger IS 'What started it: schedule, manual, or dependency: a source that reads its table came first.';
COMMENT ON COLUMN alicloud.sync_runs.slot_at IS 'Tick of the schedule that it answers; NULL when not started by the schedule.';
COMMENT ON COLUMN alicloud.sync_runs.full_sweep IS 'Whether it asked for everything, also for what was long finished.';
COMMENT ON COLUMN alicloud.sync_runs.started_at IS 'When it started.';
COMMENT ON COLUMN alicloud.sync_runs.finished_at IS 'When it finished.';
COMMENT ON COLUMN alicloud.sync_runs.status IS 'ok: the tables equal the answer. incomplete: what was seen is merged, nothing ended. held: it would have ended too much, nothing ended. failed: nothing was written.';
COMMENT ON COLUMN alicloud.sync_runs.calls IS 'Calls made to the API, retries included.';
COMMENT ON COLUMN alicloud.sync_runs.retries IS 'Calls that were made again after a failure.';
COMMENT ON COLUMN alicloud.sync_runs.throttled IS 'Calls that the gateway refused as too many.';
COMMENT ON COLUMN alicloud.sync_runs.pages IS 'Pages that arrived.';
COMMENT ON COLUMN alicloud.sync_runs.rows_fetched IS 'Items that arrived.';
COMMENT ON COLUMN alicloud.sync_runs.rows_opened IS 'Rows that were not there before.';
COMMENT ON COLUMN alicloud.sync_runs.rows_changed IS 'Rows that got a new version.';
COMMENT ON COLUMN alicloud.sync_runs.rows_ended IS 'Rows that are no longer there.';
COMMENT ON COLUMN alicloud.sync_runs.rows_unchanged IS 'Rows that arrived as they stood.';
COMMENT ON COLUMN alicloud.sync_runs.rows_repeated IS 'Items whose key the same listing had shown before; the later one counts.';
COMMENT ON COLUMN alicloud.sync_runs.unknown_fields IS 'Fields that no column holds, and that extra keeps, each with how often it came. NULL: none.';
COMMENT ON COLUMN alicloud.sync_runs.refused_fields IS 'Fields whose value the column''s type refused, and that extra keeps, each with how often it came. NULL: none.';
COMMENT ON COLUMN alicloud.sync_runs.error_code IS 'Error code of the API, where it answered one.';
COMMENT ON COLUMN alicloud.sync_runs.error_message IS 'What went wrong, and what to do.';
COMMENT ON COLUMN alicloud.sync_runs.error_request_id IS 'RequestId of the failing call: Alibaba Cloud''s support asks for it.';
COMMENT ON COLUMN alicloud.sync_runs.next_due_at IS 'Next tick of the schedule after the run started.';
COMMENT ON COLUMN alicloud.sync_runs.worker IS 'Host and process that made it.';

CREATE VIEW alicloud.sync_freshness AS
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
) AS ok ON true;
COMMENT ON VIEW alicloud.sync_freshness IS 'One row per source, account and region: how fresh its rows are.';
COMMENT ON COLUMN alicloud.sync_freshness.source IS 'Source: the name of its view in this schema.';
COMMENT ON COLUMN alicloud.sync_freshness.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.sync_freshness.account_name IS 'Name of the account in the configuration.';
COMMENT ON COLUMN alicloud.sync_freshness.region_id IS 'Region that is asked.';
COMMENT ON COLUMN alicloud.sync_freshness.last_success_at IS 'When the last sync with status ok finished: the rows are as fresh as this.';
COMMENT ON COLUMN alicloud.sync_freshness.last_run_at IS 'When the last sync finished, whatever its status.';
COMMENT ON COLUMN alicloud.sync_freshness.last_status IS 'Status of the last sync: ok, incomplete, held or failed.';
COMMENT ON COLUMN alicloud.sync_freshness.last_error_code IS 'Error code of the API in the last sync; NULL: none.';
COMMENT ON COLUMN alicloud.sync_freshness.last_error_message IS 'What went wrong in the last sync, and what to do; NULL: nothing.';
COMMENT ON COLUMN alicloud.sync_freshness.last_error_request_id IS 'RequestId of the failing call in the last sync.';
COMMENT ON COLUMN alicloud.sync_freshness.next_due_at IS 'When the schedule wants the next sync.';
COMMENT ON COLUMN alicloud.sync_freshness.late IS 'Whether a success is overdue.';

-- The role that BI tools get. It belongs to the whole server, and only some
-- users may create roles: without the right, an administrator grants later.
-- +goose StatementBegin
DO $$
BEGIN
    BEGIN
        CREATE ROLE syncer_reader NOLOGIN;
    EXCEPTION
        -- Another database of this server made it, perhaps at this very moment.
        WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    GRANT USAGE ON SCHEMA alicloud TO syncer_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA alicloud TO syncer_reader;
    ALTER DEFAULT PRIVILEGES IN SCHEMA alicloud GRANT SELECT ON TABLES TO syncer_reader;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role syncer_reader was not made: %', SQLERRM;
END
$$;
-- +goose StatementEnd

-- +goose Down
-- Schema syncer stays: it holds goose's own table. So does the role, which other
-- databases of the server may use.
DROP SCHEMA alicloud CASCADE;
DROP TABLE syncer.sync_runs;
DROP TABLE syncer.partitions;
DROP TABLE syncer.accounts;
