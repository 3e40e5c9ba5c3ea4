-- +goose Up
CREATE TABLE syncer.discoveries (
    account_name text NOT NULL,
    kind text NOT NULL CONSTRAINT discoveries_kind CHECK (kind IN ('members', 'oos_regions')),
    listing jsonb,
    listed_at timestamptz,
    error_message text,
    failed_at timestamptz,
    PRIMARY KEY (account_name, kind)
);
COMMENT ON TABLE syncer.discoveries IS 'What the cloud listed last of what is synced without being named in the configuration: it holds while a listing fails, and through a restart.';
COMMENT ON COLUMN syncer.discoveries.account_name IS 'Account of the configuration that was asked.';
COMMENT ON COLUMN syncer.discoveries.kind IS 'members: the accounts of its resource directory. oos_regions: the regions that OOS is served in.';
COMMENT ON COLUMN syncer.discoveries.listing IS 'What was listed. NULL: no listing was ever answered.';
COMMENT ON COLUMN syncer.discoveries.listed_at IS 'When that was.';
COMMENT ON COLUMN syncer.discoveries.error_message IS 'Why the last listing failed; NULL: it did not.';
COMMENT ON COLUMN syncer.discoveries.failed_at IS 'When listings began to fail; NULL: the last one did not.';

-- +goose Down
DROP TABLE syncer.discoveries;
