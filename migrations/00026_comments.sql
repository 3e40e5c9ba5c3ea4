-- +goose Up
-- What an as-of before the first sync is, and what late means, is said where tools show it.
COMMENT ON FUNCTION alicloud.agent_versions_as_of(timestamptz) IS 'The rows that alicloud.agent_versions showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';
COMMENT ON FUNCTION alicloud.publish_batches_as_of(timestamptz) IS 'The rows that alicloud.publish_batches showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';
COMMENT ON FUNCTION alicloud.cloud_center_instances_as_of(timestamptz) IS 'The rows that alicloud.cloud_center_instances showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';
COMMENT ON FUNCTION alicloud.agent_install_statuses_as_of(timestamptz) IS 'The rows that alicloud.agent_install_statuses showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';
COMMENT ON FUNCTION alicloud.instance_patch_states_as_of(timestamptz) IS 'The rows that alicloud.instance_patch_states showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';
COMMENT ON FUNCTION alicloud.agentless_tasks_as_of(timestamptz) IS 'The rows that alicloud.agentless_tasks showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';
COMMENT ON FUNCTION alicloud.operation_processes_as_of(timestamptz) IS 'The rows that alicloud.operation_processes showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';

COMMENT ON COLUMN alicloud.sync_freshness.late IS 'Whether a success is overdue: none so far, or the slot after the last one has passed by more than five minutes and more than twice what that run took.';

-- +goose Down
COMMENT ON COLUMN alicloud.sync_freshness.late IS 'Whether a success is overdue.';
COMMENT ON FUNCTION alicloud.agent_versions_as_of(timestamptz) IS 'The rows that alicloud.agent_versions showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON FUNCTION alicloud.publish_batches_as_of(timestamptz) IS 'The rows that alicloud.publish_batches showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON FUNCTION alicloud.cloud_center_instances_as_of(timestamptz) IS 'The rows that alicloud.cloud_center_instances showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON FUNCTION alicloud.agent_install_statuses_as_of(timestamptz) IS 'The rows that alicloud.agent_install_statuses showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON FUNCTION alicloud.instance_patch_states_as_of(timestamptz) IS 'The rows that alicloud.instance_patch_states showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON FUNCTION alicloud.agentless_tasks_as_of(timestamptz) IS 'The rows that alicloud.agentless_tasks showed at that moment; an error where history no longer reaches back to it.';
COMMENT ON FUNCTION alicloud.operation_processes_as_of(timestamptz) IS 'The rows that alicloud.operation_processes showed at that moment; an error where history no longer reaches back to it.';
