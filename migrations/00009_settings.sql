-- +goose Up
-- What holds for the whole database, in one row.
CREATE TABLE syncer.settings (
    only_row boolean NOT NULL DEFAULT true,
    timezone text,
    horizon_at timestamptz,
    CONSTRAINT settings_pkey PRIMARY KEY (only_row),
    CONSTRAINT settings_only_row_check CHECK (only_row)
);
COMMENT ON COLUMN syncer.settings.timezone IS 'Of the days in the rollups; NULL: they were never made.';
COMMENT ON COLUMN syncer.settings.horizon_at IS 'Of what was before, nothing can be told: versions that ended before are gone, or are about to go. NULL: all are kept.';
INSERT INTO syncer.settings DEFAULT VALUES;

-- What is derived from the declarations, beside what these files make. Package
-- store/schema keeps it, behind the last of them.
CREATE TABLE syncer.derived (
    name text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    source text COLLATE "C" NOT NULL,
    migration bigint NOT NULL,
    hash text NOT NULL,
    volatile text[] NOT NULL,
    fill text NOT NULL,
    definition text,
    derived_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT derived_pkey PRIMARY KEY (name, revision)
);
COMMENT ON TABLE syncer.derived IS 'One row per source or trend, and revision of the declarations that it was derived by: what stands, and what stood before.';
COMMENT ON COLUMN syncer.derived.name IS 'Source or trend: the name of its view in schema alicloud.';
COMMENT ON COLUMN syncer.derived.revision IS 'How new the declarations were. 0: it was made by the migrations of the first release.';
COMMENT ON COLUMN syncer.derived.source IS 'Source that it belongs to.';
COMMENT ON COLUMN syncer.derived.migration IS 'Last migration that was applied by then.';
COMMENT ON COLUMN syncer.derived.hash IS 'Hash of its text: a program that derives the same has nothing to do. Empty: it is no longer declared.';
COMMENT ON COLUMN syncer.derived.volatile IS 'Columns of its volatile table.';
COMMENT ON COLUMN syncer.derived.fill IS 'SQL that fills a trend from the versions.';
COMMENT ON COLUMN syncer.derived.definition IS 'SQL that makes its views again. NULL: they stand.';
COMMENT ON COLUMN syncer.derived.derived_at IS 'When it was derived.';

-- The horizon is one moment for all sources. It is a function's affair, rather than
-- a join's, so that what is asked before it is an error and not an empty answer; and
-- it runs as its owner, since whoever reads schema alicloud need not see syncer.
-- +goose StatementBegin
CREATE FUNCTION alicloud.kept(at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    horizon timestamptz;
BEGIN
    SELECT s.horizon_at INTO horizon FROM syncer.settings AS s;
    IF at < horizon THEN
        RAISE EXCEPTION 'history is kept from % on: what stood at % can no longer be told', horizon, at USING
            ERRCODE = 'SY001',
            HINT = 'Ask for a later moment. How long history is kept is set by history.retention in schedule.yaml; the daily views still know the days before.';
    END IF;
    RETURN true;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION alicloud.kept(timestamptz) IS 'True where history reaches back to that moment, else an error (SQLSTATE SY001). The as_of functions ask it.';

-- +goose Down
-- What was pruned cannot be told from what never was without the horizon, which the
-- releases before do not ask for. Where all is taken down, nothing is left to tell.
-- +goose StatementBegin
DO $$
BEGIN
    IF coalesce(nullif(current_setting('syncer.all_down', true), ''), 'false') <> 'true'
        AND EXISTS (SELECT FROM syncer.settings WHERE horizon_at IS NOT NULL) THEN
        RAISE EXCEPTION 'history was pruned: an older release would answer wrongly about what is gone'
        USING HINT = 'Stay with this release, or restore a dump from before the prune.';
    END IF;
END
$$;
-- +goose StatementEnd
DROP FUNCTION alicloud.kept(timestamptz);
DROP TABLE syncer.derived;
DROP TABLE syncer.settings;
