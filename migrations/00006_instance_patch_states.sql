-- +goose Up
CREATE TABLE syncer.instance_patch_states (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    instance_id text COLLATE "C" NOT NULL,
    baseline_id text,
    patch_group text,
    owner_information text,
    operation_type text,
    operation_started_at timestamptz,
    operation_ended_at timestamptz,
    missing_count bigint,
    installed_count bigint,
    installed_other_count bigint,
    installed_pending_reboot_count bigint,
    installed_rejected_count bigint,
    failed_count bigint,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT instance_patch_states_pkey PRIMARY KEY (account_id, region_id, instance_id, valid_to),
    CONSTRAINT instance_patch_states_valid_check CHECK (valid_from < valid_to)
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.instance_patch_states_standing PARTITION OF syncer.instance_patch_states
    FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE TABLE syncer.instance_patch_states_default PARTITION OF syncer.instance_patch_states DEFAULT;

CREATE VIEW alicloud.instance_patch_states AS
SELECT
    account_id,
    region_id,
    instance_id,
    baseline_id,
    patch_group,
    owner_information,
    operation_type,
    operation_started_at,
    operation_ended_at,
    missing_count,
    installed_count,
    installed_other_count,
    installed_pending_reboot_count,
    installed_rejected_count,
    failed_count,
    extra,
    valid_from
FROM syncer.instance_patch_states
WHERE valid_to = 'infinity';

CREATE VIEW alicloud.instance_patch_states_history AS
SELECT
    account_id,
    region_id,
    instance_id,
    baseline_id,
    patch_group,
    owner_information,
    operation_type,
    operation_started_at,
    operation_ended_at,
    missing_count,
    installed_count,
    installed_other_count,
    installed_pending_reboot_count,
    installed_rejected_count,
    failed_count,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to
FROM syncer.instance_patch_states
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    instance_id,
    baseline_id,
    patch_group,
    owner_information,
    operation_type,
    operation_started_at,
    operation_ended_at,
    missing_count,
    installed_count,
    installed_other_count,
    installed_pending_reboot_count,
    installed_rejected_count,
    failed_count,
    extra,
    valid_from,
    valid_to
FROM syncer.instance_patch_states
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE FUNCTION alicloud.instance_patch_states_as_of(at timestamptz)
RETURNS SETOF alicloud.instance_patch_states
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.instance_id,
    h.baseline_id,
    h.patch_group,
    h.owner_information,
    h.operation_type,
    h.operation_started_at,
    h.operation_ended_at,
    h.missing_count,
    h.installed_count,
    h.installed_other_count,
    h.installed_pending_reboot_count,
    h.installed_rejected_count,
    h.failed_count,
    h.extra,
    h.valid_from
FROM alicloud.instance_patch_states_history AS h
WHERE h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.instance_patch_states IS 'Versions behind alicloud.instance_patch_states and alicloud.instance_patch_states_history. Read those.';
COMMENT ON COLUMN syncer.instance_patch_states.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.instance_patch_states.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.instance_patch_states IS 'One row per ECS instance: how many patches it has, lacks or failed to install, as the last patch operation found. As it stands now. From oos ListInstancePatchStates.';
COMMENT ON VIEW alicloud.instance_patch_states_history IS 'One row per ECS instance: how many patches it has, lacks or failed to install, as the last patch operation found. Every version, with the time it stood. From oos ListInstancePatchStates.';
COMMENT ON FUNCTION alicloud.instance_patch_states_as_of(timestamptz) IS 'The rows that alicloud.instance_patch_states showed at that moment.';
COMMENT ON COLUMN alicloud.instance_patch_states.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.instance_patch_states.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.instance_patch_states.instance_id IS 'ID of the ECS instance. API field: InstanceId.';
COMMENT ON COLUMN alicloud.instance_patch_states.baseline_id IS 'ID of the patch baseline. API field: BaselineId.';
COMMENT ON COLUMN alicloud.instance_patch_states.patch_group IS 'Patch group that the instance belongs to; NULL where it belongs to none, which the API writes as the text null. API field: PatchGroup.';
COMMENT ON COLUMN alicloud.instance_patch_states.owner_information IS 'Information about the user, in the API''s own words. API field: OwnerInformation.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_type IS 'Kind of the last patch operation, such as scan. API field: OperationType.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_started_at IS 'When the last patch operation was started. API field: OperationStartTime.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_ended_at IS 'When the last patch operation ended. API field: OperationEndTime.';
COMMENT ON COLUMN alicloud.instance_patch_states.missing_count IS 'Patches that are not installed. API field: MissingCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_count IS 'Patches that are installed. API field: InstalledCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_other_count IS 'Installed patches that the baseline does not ask for. API field: InstalledOtherCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_pending_reboot_count IS 'Installed patches that need a restart to take effect. API field: InstalledPendingRebootCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_rejected_count IS 'Installed patches that the user has rejected. API field: InstalledRejectedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.failed_count IS 'Patches whose installation failed. API field: FailedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.instance_patch_states.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.instance_id IS 'ID of the ECS instance. API field: InstanceId.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.baseline_id IS 'ID of the patch baseline. API field: BaselineId.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.patch_group IS 'Patch group that the instance belongs to; NULL where it belongs to none, which the API writes as the text null. API field: PatchGroup.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.owner_information IS 'Information about the user, in the API''s own words. API field: OwnerInformation.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_type IS 'Kind of the last patch operation, such as scan. API field: OperationType.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_started_at IS 'When the last patch operation was started. API field: OperationStartTime.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_ended_at IS 'When the last patch operation ended. API field: OperationEndTime.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.missing_count IS 'Patches that are not installed. API field: MissingCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_count IS 'Patches that are installed. API field: InstalledCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_other_count IS 'Installed patches that the baseline does not ask for. API field: InstalledOtherCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_pending_reboot_count IS 'Installed patches that need a restart to take effect. API field: InstalledPendingRebootCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_rejected_count IS 'Installed patches that the user has rejected. API field: InstalledRejectedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.failed_count IS 'Patches whose installation failed. API field: FailedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

-- +goose Down
DROP FUNCTION alicloud.instance_patch_states_as_of(timestamptz);
DROP VIEW alicloud.instance_patch_states_history;
DROP VIEW alicloud.instance_patch_states;
DROP TABLE syncer.instance_patch_states;
