-- +goose Up
-- Volatile columns, such as a server's last login, move at nearly every call. They
-- stand beside the wide rows, narrow: bringing them up to date costs tens of bytes of
-- WAL a row and touches no index. What stands already stays where it is until it moves.
COMMENT ON COLUMN syncer.agent_versions.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';
COMMENT ON COLUMN syncer.publish_batches.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';
COMMENT ON COLUMN syncer.cloud_center_instances.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';
CREATE TABLE syncer.cloud_center_instances_volatile (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    uuid text COLLATE "C" NOT NULL,
    row_hash bigint NOT NULL,
    last_login_at timestamptz,
    CONSTRAINT cloud_center_instances_volatile_pkey PRIMARY KEY (account_id, region_id, uuid)
) WITH (fillfactor = 45);

CREATE OR REPLACE VIEW alicloud.cloud_center_instances AS
SELECT
    t.account_id,
    t.region_id,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.instance_region_id,
    t.region,
    t.region_name,
    t.status,
    CASE t.status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
        ELSE t.status
    END AS status_label,
    t.client_status,
    CASE t.client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE t.client_status
    END AS client_status_label,
    t.client_sub_status,
    CASE t.client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
        ELSE t.client_sub_status
    END AS client_sub_status_label,
    CASE WHEN v.row_hash IS NULL THEN t.last_login_at ELSE v.last_login_at END AS last_login_at,
    t.os,
    t.os_name,
    t.kernel,
    t.cores,
    t.cpu_info,
    t.mem_mb,
    t.internet_ip,
    t.intranet_ip,
    t.ip,
    t.ip_list_string,
    t.mac_list_string,
    t.vpc_instance_id,
    t.importance,
    CASE t.importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
        ELSE t.importance::text
    END AS importance_label,
    t.group_id,
    t.group_trace,
    t.tag,
    t.tag_id,
    t.tag_resources,
    t.auth_version,
    CASE t.auth_version
        WHEN 0 THEN 'unauthorized'
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 8 THEN 'Multi-Edition'
        WHEN 10 THEN 'Value-added Plan'
        ELSE t.auth_version::text
    END AS auth_version_label,
    t.auth_version_name,
    t.auth_modified_at,
    t.bind,
    t.post_paid_flag,
    CASE t.post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
        ELSE t.post_paid_flag::text
    END AS post_paid_flag_label,
    t.bind_file_protect_type,
    CASE t.bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
        ELSE t.bind_file_protect_type
    END AS bind_file_protect_type_label,
    t.risk_status,
    t.exposed_status,
    CASE t.exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
        ELSE t.exposed_status::text
    END AS exposed_status_label,
    t.vul_status,
    t.vul_count,
    t.hc_status,
    t.health_check_count,
    t.alarm_status,
    t.safe_event_count,
    t.risk_count,
    t.vendor,
    CASE t.vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE t.vendor::text
    END AS vendor_label,
    t.vendor_name,
    t.vendor_uid,
    t.vendor_user_name,
    t.flag,
    CASE t.flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        ELSE t.flag::text
    END AS flag_label,
    t.flag_name,
    t.asset_type,
    CASE t.asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
        ELSE t.asset_type
    END AS asset_type_label,
    t.asset_type_name,
    t.has_container,
    t.pod_count,
    t.cluster_id,
    t.cluster_name,
    t.namespace,
    t.created_at,
    t.app_id,
    t.app_name,
    t.service_id,
    t.extra,
    t.valid_from,
    t.edr_auth_version,
    t.free_type
FROM syncer.cloud_center_instances AS t
LEFT JOIN syncer.cloud_center_instances_volatile AS v ON v.account_id = t.account_id AND v.region_id = t.region_id AND v.uuid = t.uuid
WHERE t.valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.cloud_center_instances_history AS
SELECT
    t.account_id,
    t.region_id,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.instance_region_id,
    t.region,
    t.region_name,
    t.status,
    CASE t.status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
        ELSE t.status
    END AS status_label,
    t.client_status,
    CASE t.client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE t.client_status
    END AS client_status_label,
    t.client_sub_status,
    CASE t.client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
        ELSE t.client_sub_status
    END AS client_sub_status_label,
    (
        SELECT CASE WHEN v.row_hash IS NULL THEN t.last_login_at ELSE v.last_login_at END
        FROM (VALUES (1)) AS one
        LEFT JOIN syncer.cloud_center_instances_volatile AS v ON v.account_id = t.account_id AND v.region_id = t.region_id AND v.uuid = t.uuid
    ) AS last_login_at,
    t.os,
    t.os_name,
    t.kernel,
    t.cores,
    t.cpu_info,
    t.mem_mb,
    t.internet_ip,
    t.intranet_ip,
    t.ip,
    t.ip_list_string,
    t.mac_list_string,
    t.vpc_instance_id,
    t.importance,
    CASE t.importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
        ELSE t.importance::text
    END AS importance_label,
    t.group_id,
    t.group_trace,
    t.tag,
    t.tag_id,
    t.tag_resources,
    t.auth_version,
    CASE t.auth_version
        WHEN 0 THEN 'unauthorized'
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 8 THEN 'Multi-Edition'
        WHEN 10 THEN 'Value-added Plan'
        ELSE t.auth_version::text
    END AS auth_version_label,
    t.auth_version_name,
    t.auth_modified_at,
    t.bind,
    t.post_paid_flag,
    CASE t.post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
        ELSE t.post_paid_flag::text
    END AS post_paid_flag_label,
    t.bind_file_protect_type,
    CASE t.bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
        ELSE t.bind_file_protect_type
    END AS bind_file_protect_type_label,
    t.risk_status,
    t.exposed_status,
    CASE t.exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
        ELSE t.exposed_status::text
    END AS exposed_status_label,
    t.vul_status,
    t.vul_count,
    t.hc_status,
    t.health_check_count,
    t.alarm_status,
    t.safe_event_count,
    t.risk_count,
    t.vendor,
    CASE t.vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE t.vendor::text
    END AS vendor_label,
    t.vendor_name,
    t.vendor_uid,
    t.vendor_user_name,
    t.flag,
    CASE t.flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        ELSE t.flag::text
    END AS flag_label,
    t.flag_name,
    t.asset_type,
    CASE t.asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
        ELSE t.asset_type
    END AS asset_type_label,
    t.asset_type_name,
    t.has_container,
    t.pod_count,
    t.cluster_id,
    t.cluster_name,
    t.namespace,
    t.created_at,
    t.app_id,
    t.app_name,
    t.service_id,
    t.extra,
    t.valid_from,
    NULL::timestamptz AS valid_to,
    t.edr_auth_version,
    t.free_type
FROM syncer.cloud_center_instances AS t
WHERE t.valid_to = 'infinity'
UNION ALL
SELECT
    t.account_id,
    t.region_id,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.instance_region_id,
    t.region,
    t.region_name,
    t.status,
    CASE t.status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
        ELSE t.status
    END AS status_label,
    t.client_status,
    CASE t.client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE t.client_status
    END AS client_status_label,
    t.client_sub_status,
    CASE t.client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
        ELSE t.client_sub_status
    END AS client_sub_status_label,
    t.last_login_at,
    t.os,
    t.os_name,
    t.kernel,
    t.cores,
    t.cpu_info,
    t.mem_mb,
    t.internet_ip,
    t.intranet_ip,
    t.ip,
    t.ip_list_string,
    t.mac_list_string,
    t.vpc_instance_id,
    t.importance,
    CASE t.importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
        ELSE t.importance::text
    END AS importance_label,
    t.group_id,
    t.group_trace,
    t.tag,
    t.tag_id,
    t.tag_resources,
    t.auth_version,
    CASE t.auth_version
        WHEN 0 THEN 'unauthorized'
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 8 THEN 'Multi-Edition'
        WHEN 10 THEN 'Value-added Plan'
        ELSE t.auth_version::text
    END AS auth_version_label,
    t.auth_version_name,
    t.auth_modified_at,
    t.bind,
    t.post_paid_flag,
    CASE t.post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
        ELSE t.post_paid_flag::text
    END AS post_paid_flag_label,
    t.bind_file_protect_type,
    CASE t.bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
        ELSE t.bind_file_protect_type
    END AS bind_file_protect_type_label,
    t.risk_status,
    t.exposed_status,
    CASE t.exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
        ELSE t.exposed_status::text
    END AS exposed_status_label,
    t.vul_status,
    t.vul_count,
    t.hc_status,
    t.health_check_count,
    t.alarm_status,
    t.safe_event_count,
    t.risk_count,
    t.vendor,
    CASE t.vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE t.vendor::text
    END AS vendor_label,
    t.vendor_name,
    t.vendor_uid,
    t.vendor_user_name,
    t.flag,
    CASE t.flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        ELSE t.flag::text
    END AS flag_label,
    t.flag_name,
    t.asset_type,
    CASE t.asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
        ELSE t.asset_type
    END AS asset_type_label,
    t.asset_type_name,
    t.has_container,
    t.pod_count,
    t.cluster_id,
    t.cluster_name,
    t.namespace,
    t.created_at,
    t.app_id,
    t.app_name,
    t.service_id,
    t.extra,
    t.valid_from,
    t.valid_to,
    t.edr_auth_version,
    t.free_type
FROM syncer.cloud_center_instances AS t
WHERE t.valid_to < 'infinity';

COMMENT ON TABLE syncer.cloud_center_instances_volatile IS 'What the volatile columns of standing rows have moved to since their version was opened. Read alicloud.cloud_center_instances.';
COMMENT ON COLUMN syncer.cloud_center_instances_volatile.row_hash IS 'Hash of all columns, volatile ones included: the same hash is nothing to write.';

COMMENT ON COLUMN syncer.agent_install_statuses.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';
COMMENT ON COLUMN syncer.instance_patch_states.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';
COMMENT ON COLUMN syncer.agentless_tasks.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';
CREATE TABLE syncer.agentless_tasks_volatile (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    row_hash bigint NOT NULL,
    report_download_url text,
    CONSTRAINT agentless_tasks_volatile_pkey PRIMARY KEY (account_id, region_id, task_id)
) WITH (fillfactor = 45);

CREATE OR REPLACE VIEW alicloud.agentless_tasks AS
SELECT
    t.account_id,
    t.region_id,
    t.task_id,
    t.is_root,
    t.root_task_id,
    t.task_name,
    t.status,
    CASE t.status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
        ELSE t.status::text
    END AS status_label,
    t.progress,
    t.result,
    t.started_at,
    t.ended_at,
    t.target_type,
    CASE t.target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE t.target_type::text
    END AS target_type_label,
    t.target_name,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.internet_ip,
    t.intranet_ip,
    t.measure_space_mb,
    t.progress_by_project,
    t.report_status,
    CASE t.report_status
        WHEN 'PREPARED' THEN 'in preparation'
        WHEN 'RUNNING' THEN 'in progress'
        WHEN 'SUCCESS' THEN 'successful'
        WHEN 'TIMEOUT' THEN 'timed out'
        WHEN 'FAILED' THEN 'failed'
        ELSE t.report_status
    END AS report_status_label,
    CASE WHEN v.row_hash IS NULL THEN t.report_download_url ELSE v.report_download_url END AS report_download_url,
    t.extra,
    t.valid_from,
    t.extension
FROM syncer.agentless_tasks AS t
LEFT JOIN syncer.agentless_tasks_volatile AS v ON v.account_id = t.account_id AND v.region_id = t.region_id AND v.task_id = t.task_id
WHERE t.valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.agentless_tasks_history AS
SELECT
    t.account_id,
    t.region_id,
    t.task_id,
    t.is_root,
    t.root_task_id,
    t.task_name,
    t.status,
    CASE t.status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
        ELSE t.status::text
    END AS status_label,
    t.progress,
    t.result,
    t.started_at,
    t.ended_at,
    t.target_type,
    CASE t.target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE t.target_type::text
    END AS target_type_label,
    t.target_name,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.internet_ip,
    t.intranet_ip,
    t.measure_space_mb,
    t.progress_by_project,
    t.report_status,
    CASE t.report_status
        WHEN 'PREPARED' THEN 'in preparation'
        WHEN 'RUNNING' THEN 'in progress'
        WHEN 'SUCCESS' THEN 'successful'
        WHEN 'TIMEOUT' THEN 'timed out'
        WHEN 'FAILED' THEN 'failed'
        ELSE t.report_status
    END AS report_status_label,
    (
        SELECT CASE WHEN v.row_hash IS NULL THEN t.report_download_url ELSE v.report_download_url END
        FROM (VALUES (1)) AS one
        LEFT JOIN syncer.agentless_tasks_volatile AS v ON v.account_id = t.account_id AND v.region_id = t.region_id AND v.task_id = t.task_id
    ) AS report_download_url,
    t.extra,
    t.valid_from,
    NULL::timestamptz AS valid_to,
    t.extension
FROM syncer.agentless_tasks AS t
WHERE t.valid_to = 'infinity'
UNION ALL
SELECT
    t.account_id,
    t.region_id,
    t.task_id,
    t.is_root,
    t.root_task_id,
    t.task_name,
    t.status,
    CASE t.status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
        ELSE t.status::text
    END AS status_label,
    t.progress,
    t.result,
    t.started_at,
    t.ended_at,
    t.target_type,
    CASE t.target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE t.target_type::text
    END AS target_type_label,
    t.target_name,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.internet_ip,
    t.intranet_ip,
    t.measure_space_mb,
    t.progress_by_project,
    t.report_status,
    CASE t.report_status
        WHEN 'PREPARED' THEN 'in preparation'
        WHEN 'RUNNING' THEN 'in progress'
        WHEN 'SUCCESS' THEN 'successful'
        WHEN 'TIMEOUT' THEN 'timed out'
        WHEN 'FAILED' THEN 'failed'
        ELSE t.report_status
    END AS report_status_label,
    t.report_download_url,
    t.extra,
    t.valid_from,
    t.valid_to,
    t.extension
FROM syncer.agentless_tasks AS t
WHERE t.valid_to < 'infinity';

COMMENT ON TABLE syncer.agentless_tasks_volatile IS 'What the volatile columns of standing rows have moved to since their version was opened. Read alicloud.agentless_tasks.';
COMMENT ON COLUMN syncer.agentless_tasks_volatile.row_hash IS 'Hash of all columns, volatile ones included: the same hash is nothing to write.';

COMMENT ON COLUMN syncer.operation_processes.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';

-- +goose Down
COMMENT ON COLUMN syncer.agent_versions.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON COLUMN syncer.publish_batches.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON COLUMN syncer.cloud_center_instances.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
UPDATE syncer.cloud_center_instances AS t
SET row_hash = v.row_hash, last_login_at = v.last_login_at
FROM syncer.cloud_center_instances_volatile AS v
WHERE t.valid_to = 'infinity' AND v.account_id = t.account_id AND v.region_id = t.region_id AND v.uuid = t.uuid;

CREATE OR REPLACE VIEW alicloud.cloud_center_instances AS
SELECT
    account_id,
    region_id,
    uuid,
    instance_id,
    instance_name,
    instance_region_id,
    region,
    region_name,
    status,
    CASE status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
        ELSE status
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE client_status
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
        ELSE client_sub_status
    END AS client_sub_status_label,
    last_login_at,
    os,
    os_name,
    kernel,
    cores,
    cpu_info,
    mem_mb,
    internet_ip,
    intranet_ip,
    ip,
    ip_list_string,
    mac_list_string,
    vpc_instance_id,
    importance,
    CASE importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
        ELSE importance::text
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 0 THEN 'unauthorized'
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 8 THEN 'Multi-Edition'
        WHEN 10 THEN 'Value-added Plan'
        ELSE auth_version::text
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
        ELSE post_paid_flag::text
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
        ELSE bind_file_protect_type
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
        ELSE exposed_status::text
    END AS exposed_status_label,
    vul_status,
    vul_count,
    hc_status,
    health_check_count,
    alarm_status,
    safe_event_count,
    risk_count,
    vendor,
    CASE vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE vendor::text
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        ELSE flag::text
    END AS flag_label,
    flag_name,
    asset_type,
    CASE asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
        ELSE asset_type
    END AS asset_type_label,
    asset_type_name,
    has_container,
    pod_count,
    cluster_id,
    cluster_name,
    namespace,
    created_at,
    app_id,
    app_name,
    service_id,
    extra,
    valid_from,
    edr_auth_version,
    free_type
FROM syncer.cloud_center_instances
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.cloud_center_instances_history AS
SELECT
    account_id,
    region_id,
    uuid,
    instance_id,
    instance_name,
    instance_region_id,
    region,
    region_name,
    status,
    CASE status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
        ELSE status
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE client_status
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
        ELSE client_sub_status
    END AS client_sub_status_label,
    last_login_at,
    os,
    os_name,
    kernel,
    cores,
    cpu_info,
    mem_mb,
    internet_ip,
    intranet_ip,
    ip,
    ip_list_string,
    mac_list_string,
    vpc_instance_id,
    importance,
    CASE importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
        ELSE importance::text
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 0 THEN 'unauthorized'
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 8 THEN 'Multi-Edition'
        WHEN 10 THEN 'Value-added Plan'
        ELSE auth_version::text
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
        ELSE post_paid_flag::text
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
        ELSE bind_file_protect_type
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
        ELSE exposed_status::text
    END AS exposed_status_label,
    vul_status,
    vul_count,
    hc_status,
    health_check_count,
    alarm_status,
    safe_event_count,
    risk_count,
    vendor,
    CASE vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE vendor::text
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        ELSE flag::text
    END AS flag_label,
    flag_name,
    asset_type,
    CASE asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
        ELSE asset_type
    END AS asset_type_label,
    asset_type_name,
    has_container,
    pod_count,
    cluster_id,
    cluster_name,
    namespace,
    created_at,
    app_id,
    app_name,
    service_id,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to,
    edr_auth_version,
    free_type
FROM syncer.cloud_center_instances
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    uuid,
    instance_id,
    instance_name,
    instance_region_id,
    region,
    region_name,
    status,
    CASE status
        WHEN 'Running' THEN 'running'
        WHEN 'notRunning' THEN 'not running'
        ELSE status
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        ELSE client_status
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
        ELSE client_sub_status
    END AS client_sub_status_label,
    last_login_at,
    os,
    os_name,
    kernel,
    cores,
    cpu_info,
    mem_mb,
    internet_ip,
    intranet_ip,
    ip,
    ip_list_string,
    mac_list_string,
    vpc_instance_id,
    importance,
    CASE importance
        WHEN 0 THEN 'test'
        WHEN 1 THEN 'common'
        WHEN 2 THEN 'important'
        ELSE importance::text
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 0 THEN 'unauthorized'
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 8 THEN 'Multi-Edition'
        WHEN 10 THEN 'Value-added Plan'
        ELSE auth_version::text
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
        ELSE post_paid_flag::text
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
        ELSE bind_file_protect_type
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
        ELSE exposed_status::text
    END AS exposed_status_label,
    vul_status,
    vul_count,
    hc_status,
    health_check_count,
    alarm_status,
    safe_event_count,
    risk_count,
    vendor,
    CASE vendor
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        WHEN 2 THEN 'data center'
        WHEN 3 THEN 'Tencent Cloud'
        WHEN 4 THEN 'Huawei Cloud'
        WHEN 5 THEN 'Azure'
        WHEN 7 THEN 'AWS'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
        ELSE vendor::text
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
        ELSE flag::text
    END AS flag_label,
    flag_name,
    asset_type,
    CASE asset_type
        WHEN '0' THEN 'ECS instance'
        WHEN '1' THEN 'SLB instance'
        WHEN '2' THEN 'NAT gateway'
        WHEN '3' THEN 'ApsaraDB RDS instance'
        WHEN '4' THEN 'ApsaraDB for MongoDB instance'
        WHEN '5' THEN 'ApsaraDB for Redis instance'
        WHEN '6' THEN 'container image'
        WHEN '7' THEN 'container'
        ELSE asset_type
    END AS asset_type_label,
    asset_type_name,
    has_container,
    pod_count,
    cluster_id,
    cluster_name,
    namespace,
    created_at,
    app_id,
    app_name,
    service_id,
    extra,
    valid_from,
    valid_to,
    edr_auth_version,
    free_type
FROM syncer.cloud_center_instances
WHERE valid_to < 'infinity';

DROP TABLE syncer.cloud_center_instances_volatile;

COMMENT ON COLUMN syncer.agent_install_statuses.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON COLUMN syncer.instance_patch_states.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON COLUMN syncer.agentless_tasks.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
UPDATE syncer.agentless_tasks AS t
SET row_hash = v.row_hash, report_download_url = v.report_download_url
FROM syncer.agentless_tasks_volatile AS v
WHERE t.valid_to = 'infinity' AND v.account_id = t.account_id AND v.region_id = t.region_id AND v.task_id = t.task_id;

CREATE OR REPLACE VIEW alicloud.agentless_tasks AS
SELECT
    account_id,
    region_id,
    task_id,
    is_root,
    root_task_id,
    task_name,
    status,
    CASE status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
        ELSE status::text
    END AS status_label,
    progress,
    result,
    started_at,
    ended_at,
    target_type,
    CASE target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE target_type::text
    END AS target_type_label,
    target_name,
    uuid,
    instance_id,
    instance_name,
    internet_ip,
    intranet_ip,
    measure_space_mb,
    progress_by_project,
    report_status,
    CASE report_status
        WHEN 'PREPARED' THEN 'in preparation'
        WHEN 'RUNNING' THEN 'in progress'
        WHEN 'SUCCESS' THEN 'successful'
        WHEN 'TIMEOUT' THEN 'timed out'
        WHEN 'FAILED' THEN 'failed'
        ELSE report_status
    END AS report_status_label,
    report_download_url,
    extra,
    valid_from,
    extension
FROM syncer.agentless_tasks
WHERE valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.agentless_tasks_history AS
SELECT
    account_id,
    region_id,
    task_id,
    is_root,
    root_task_id,
    task_name,
    status,
    CASE status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
        ELSE status::text
    END AS status_label,
    progress,
    result,
    started_at,
    ended_at,
    target_type,
    CASE target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE target_type::text
    END AS target_type_label,
    target_name,
    uuid,
    instance_id,
    instance_name,
    internet_ip,
    intranet_ip,
    measure_space_mb,
    progress_by_project,
    report_status,
    CASE report_status
        WHEN 'PREPARED' THEN 'in preparation'
        WHEN 'RUNNING' THEN 'in progress'
        WHEN 'SUCCESS' THEN 'successful'
        WHEN 'TIMEOUT' THEN 'timed out'
        WHEN 'FAILED' THEN 'failed'
        ELSE report_status
    END AS report_status_label,
    report_download_url,
    extra,
    valid_from,
    NULL::timestamptz AS valid_to,
    extension
FROM syncer.agentless_tasks
WHERE valid_to = 'infinity'
UNION ALL
SELECT
    account_id,
    region_id,
    task_id,
    is_root,
    root_task_id,
    task_name,
    status,
    CASE status
        WHEN 1 THEN 'in progress'
        WHEN 2 THEN 'complete'
        WHEN 3 THEN 'failed'
        WHEN 4 THEN 'timed out'
        ELSE status::text
    END AS status_label,
    progress,
    result,
    started_at,
    ended_at,
    target_type,
    CASE target_type
        WHEN 1 THEN 'host snapshot'
        WHEN 2 THEN 'host image'
        WHEN 3 THEN 'user snapshot'
        WHEN 4 THEN 'user image'
        WHEN 5 THEN 'NAS'
        WHEN 6 THEN 'sandbox'
        WHEN 7 THEN 'security fix'
        ELSE target_type::text
    END AS target_type_label,
    target_name,
    uuid,
    instance_id,
    instance_name,
    internet_ip,
    intranet_ip,
    measure_space_mb,
    progress_by_project,
    report_status,
    CASE report_status
        WHEN 'PREPARED' THEN 'in preparation'
        WHEN 'RUNNING' THEN 'in progress'
        WHEN 'SUCCESS' THEN 'successful'
        WHEN 'TIMEOUT' THEN 'timed out'
        WHEN 'FAILED' THEN 'failed'
        ELSE report_status
    END AS report_status_label,
    report_download_url,
    extra,
    valid_from,
    valid_to,
    extension
FROM syncer.agentless_tasks
WHERE valid_to < 'infinity';

DROP TABLE syncer.agentless_tasks_volatile;

COMMENT ON COLUMN syncer.operation_processes.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
