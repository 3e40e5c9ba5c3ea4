-- +goose Up
-- No function of syncer's looks a name up in a schema that others may write to. One
-- that is inlined into a query can have no search_path of its own: there, each name
-- says where it is from, operators too.
ALTER FUNCTION syncer.unite_changes() SET search_path = pg_catalog, pg_temp;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agent_versions_as_of(at timestamptz)
RETURNS SETOF alicloud.agent_versions
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.cur_version,
    h.upgrade_version,
    h.latest_version,
    h.latest_version_created_at,
    h.force_upgrade_at,
    h.publish_status,
    h.publish_status_label,
    h.gray_switch_status,
    h.gray_switch_status_label,
    h.big_customer,
    h.latest_version_desc,
    h.auto_upgrade,
    h.auto_upgrade_label,
    h.extra,
    h.valid_from
FROM alicloud.agent_versions_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.publish_batches_as_of(at timestamptz)
RETURNS SETOF alicloud.publish_batches
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.version,
    h.batch_id,
    h.batch_name,
    h.status,
    h.status_label,
    h.batch_process,
    h.batch_no,
    h.batch_total,
    h.batch_interval_hours,
    h.operation_base,
    h.operation_base_label,
    h.extra,
    h.valid_from
FROM alicloud.publish_batches_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.cloud_center_instances_as_of(at timestamptz)
RETURNS SETOF alicloud.cloud_center_instances
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.uuid,
    h.instance_id,
    h.instance_name,
    h.instance_region_id,
    h.region,
    h.region_name,
    h.status,
    h.status_label,
    h.client_status,
    h.client_status_label,
    h.client_sub_status,
    h.client_sub_status_label,
    h.last_login_at,
    h.os,
    h.os_name,
    h.kernel,
    h.cores,
    h.cpu_info,
    h.mem_mb,
    h.internet_ip,
    h.intranet_ip,
    h.ip,
    h.ip_list_string,
    h.mac_list_string,
    h.vpc_instance_id,
    h.importance,
    h.importance_label,
    h.group_id,
    h.group_trace,
    h.tag,
    h.tag_id,
    h.tag_resources,
    h.auth_version,
    h.auth_version_label,
    h.auth_version_name,
    h.auth_modified_at,
    h.bind,
    h.post_paid_flag,
    h.post_paid_flag_label,
    h.bind_file_protect_type,
    h.bind_file_protect_type_label,
    h.risk_status,
    h.exposed_status,
    h.exposed_status_label,
    h.vul_status,
    h.vul_count,
    h.hc_status,
    h.health_check_count,
    h.alarm_status,
    h.safe_event_count,
    h.risk_count,
    h.vendor,
    h.vendor_label,
    h.vendor_name,
    h.vendor_uid,
    h.vendor_user_name,
    h.flag,
    h.flag_label,
    h.flag_name,
    h.asset_type,
    h.asset_type_label,
    h.asset_type_name,
    h.has_container,
    h.pod_count,
    h.cluster_id,
    h.cluster_name,
    h.namespace,
    h.created_at,
    h.app_id,
    h.app_name,
    h.service_id,
    h.extra,
    h.valid_from
FROM alicloud.cloud_center_instances_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agent_install_statuses_as_of(at timestamptz)
RETURNS SETOF alicloud.agent_install_statuses
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.uuid,
    h.result,
    h.result_label,
    h.result_code,
    h.result_code_label,
    h.message,
    h.extra,
    h.valid_from
FROM alicloud.agent_install_statuses_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.instance_patch_states_as_of(at timestamptz)
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
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agentless_tasks_as_of(at timestamptz)
RETURNS SETOF alicloud.agentless_tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.task_id,
    h.is_root,
    h.root_task_id,
    h.task_name,
    h.status,
    h.status_label,
    h.progress,
    h.result,
    h.started_at,
    h.ended_at,
    h.target_type,
    h.target_type_label,
    h.target_name,
    h.uuid,
    h.instance_id,
    h.instance_name,
    h.internet_ip,
    h.intranet_ip,
    h.measure_space_mb,
    h.progress_by_project,
    h.report_status,
    h.report_status_label,
    h.report_download_url,
    h.extra,
    h.valid_from
FROM alicloud.agentless_tasks_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.operation_processes_as_of(at timestamptz)
RETURNS SETOF alicloud.operation_processes
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.task_id,
    h.task_type,
    h.task_type_label,
    h.status_code,
    h.status_code_label,
    h.total_count,
    h.finish_count,
    h.detail_task_total_count,
    h.detail_task_ready_count,
    h.created_at,
    h.started_at,
    h.ended_at,
    h.task_source,
    h.extra,
    h.valid_from
FROM alicloud.operation_processes_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose Down
ALTER FUNCTION syncer.unite_changes() RESET search_path;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agent_versions_as_of(at timestamptz)
RETURNS SETOF alicloud.agent_versions
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.cur_version,
    h.upgrade_version,
    h.latest_version,
    h.latest_version_created_at,
    h.force_upgrade_at,
    h.publish_status,
    h.publish_status_label,
    h.gray_switch_status,
    h.gray_switch_status_label,
    h.big_customer,
    h.latest_version_desc,
    h.auto_upgrade,
    h.auto_upgrade_label,
    h.extra,
    h.valid_from
FROM alicloud.agent_versions_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.publish_batches_as_of(at timestamptz)
RETURNS SETOF alicloud.publish_batches
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.version,
    h.batch_id,
    h.batch_name,
    h.status,
    h.status_label,
    h.batch_process,
    h.batch_no,
    h.batch_total,
    h.batch_interval_hours,
    h.operation_base,
    h.operation_base_label,
    h.extra,
    h.valid_from
FROM alicloud.publish_batches_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.cloud_center_instances_as_of(at timestamptz)
RETURNS SETOF alicloud.cloud_center_instances
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.uuid,
    h.instance_id,
    h.instance_name,
    h.instance_region_id,
    h.region,
    h.region_name,
    h.status,
    h.status_label,
    h.client_status,
    h.client_status_label,
    h.client_sub_status,
    h.client_sub_status_label,
    h.last_login_at,
    h.os,
    h.os_name,
    h.kernel,
    h.cores,
    h.cpu_info,
    h.mem_mb,
    h.internet_ip,
    h.intranet_ip,
    h.ip,
    h.ip_list_string,
    h.mac_list_string,
    h.vpc_instance_id,
    h.importance,
    h.importance_label,
    h.group_id,
    h.group_trace,
    h.tag,
    h.tag_id,
    h.tag_resources,
    h.auth_version,
    h.auth_version_label,
    h.auth_version_name,
    h.auth_modified_at,
    h.bind,
    h.post_paid_flag,
    h.post_paid_flag_label,
    h.bind_file_protect_type,
    h.bind_file_protect_type_label,
    h.risk_status,
    h.exposed_status,
    h.exposed_status_label,
    h.vul_status,
    h.vul_count,
    h.hc_status,
    h.health_check_count,
    h.alarm_status,
    h.safe_event_count,
    h.risk_count,
    h.vendor,
    h.vendor_label,
    h.vendor_name,
    h.vendor_uid,
    h.vendor_user_name,
    h.flag,
    h.flag_label,
    h.flag_name,
    h.asset_type,
    h.asset_type_label,
    h.asset_type_name,
    h.has_container,
    h.pod_count,
    h.cluster_id,
    h.cluster_name,
    h.namespace,
    h.created_at,
    h.app_id,
    h.app_name,
    h.service_id,
    h.extra,
    h.valid_from
FROM alicloud.cloud_center_instances_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agent_install_statuses_as_of(at timestamptz)
RETURNS SETOF alicloud.agent_install_statuses
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.uuid,
    h.result,
    h.result_label,
    h.result_code,
    h.result_code_label,
    h.message,
    h.extra,
    h.valid_from
FROM alicloud.agent_install_statuses_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.instance_patch_states_as_of(at timestamptz)
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
WHERE alicloud.kept(at)
    AND h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.agentless_tasks_as_of(at timestamptz)
RETURNS SETOF alicloud.agentless_tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.task_id,
    h.is_root,
    h.root_task_id,
    h.task_name,
    h.status,
    h.status_label,
    h.progress,
    h.result,
    h.started_at,
    h.ended_at,
    h.target_type,
    h.target_type_label,
    h.target_name,
    h.uuid,
    h.instance_id,
    h.instance_name,
    h.internet_ip,
    h.intranet_ip,
    h.measure_space_mb,
    h.progress_by_project,
    h.report_status,
    h.report_status_label,
    h.report_download_url,
    h.extra,
    h.valid_from
FROM alicloud.agentless_tasks_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION alicloud.operation_processes_as_of(at timestamptz)
RETURNS SETOF alicloud.operation_processes
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    h.account_id,
    h.region_id,
    h.task_id,
    h.task_type,
    h.task_type_label,
    h.status_code,
    h.status_code_label,
    h.total_count,
    h.finish_count,
    h.detail_task_total_count,
    h.detail_task_ready_count,
    h.created_at,
    h.started_at,
    h.ended_at,
    h.task_source,
    h.extra,
    h.valid_from
FROM alicloud.operation_processes_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd
