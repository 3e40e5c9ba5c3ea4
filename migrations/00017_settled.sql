-- +goose Up
ALTER TABLE syncer.partitions ADD COLUMN parent_generation bigint;
COMMENT ON COLUMN syncer.partitions.parent_generation IS 'Generation that the partition of the rows that these hang on had when both were last compared. NULL: to be compared.';

-- +goose Down
ALTER TABLE syncer.partitions DROP COLUMN parent_generation;
