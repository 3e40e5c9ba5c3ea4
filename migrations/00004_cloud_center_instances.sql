-- +goose Up
CREATE TABLE syncer.cloud_center_instances (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    uuid text COLLATE "C" NOT NULL,
    instance_id text,
    instance_name text,
    instance_region_id text,
    region text,
    region_name text,
    status text,
    client_status text,
    client_sub_status text,
    last_login_at timestamptz,
    os text,
    os_name text,
    kernel text,
    cores bigint,
    cpu_info text,
    mem_mb bigint,
    internet_ip text,
    intranet_ip text,
    ip text,
    ip_list_string text,
    mac_list_string text,
    vpc_instance_id text,
    importance bigint,
    group_id bigint,
    group_trace text,
    tag text,
    tag_id text,
    tag_resources text,
    auth_version bigint,
    auth_version_name text,
    auth_modified_at timestamptz,
    bind boolean,
    post_paid_flag bigint,
    bind_file_protect_type text,
    risk_status text,
    exposed_status bigint,
    vul_status text,
    vul_count bigint,
    hc_status text,
    health_check_count bigint,
    alarm_status text,
    safe_event_count bigint,
    risk_count jsonb,
    vendor bigint,
    vendor_name text,
    vendor_uid text,
    vendor_user_name text,
    flag bigint,
    flag_name text,
    asset_type text,
    asset_type_name text,
    has_container text,
    pod_count bigint,
    cluster_id text,
    cluster_name text,
    namespace text,
    created_at timestamptz,
    app_id text,
    app_name text,
    service_id text,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT cloud_center_instances_pkey PRIMARY KEY (account_id, region_id, uuid, valid_to),
    CONSTRAINT cloud_center_instances_valid_check CHECK (valid_from < valid_to)
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.cloud_center_instances_standing PARTITION OF syncer.cloud_center_instances
    FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE TABLE syncer.cloud_center_instances_default PARTITION OF syncer.cloud_center_instances DEFAULT;

CREATE VIEW alicloud.cloud_center_instances AS
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
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
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
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 10 THEN 'Value-added Plan'
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
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
        WHEN 3 THEN 'third-party cloud'
        WHEN 4 THEN 'third-party cloud'
        WHEN 5 THEN 'third-party cloud'
        WHEN 7 THEN 'third-party cloud'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
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
    valid_from
FROM syncer.cloud_center_instances
WHERE valid_to = 'infinity';

CREATE VIEW alicloud.cloud_center_instances_history AS
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
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
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
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 10 THEN 'Value-added Plan'
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
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
        WHEN 3 THEN 'third-party cloud'
        WHEN 4 THEN 'third-party cloud'
        WHEN 5 THEN 'third-party cloud'
        WHEN 7 THEN 'third-party cloud'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
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
    NULL::timestamptz AS valid_to
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
    END AS status_label,
    client_status,
    CASE client_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
    END AS client_status_label,
    client_sub_status,
    CASE client_sub_status
        WHEN 'online' THEN 'online'
        WHEN 'offline' THEN 'offline'
        WHEN 'pause' THEN 'paused'
        WHEN 'uninstalled' THEN 'not installed'
        WHEN 'stopped' THEN 'server shut down'
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
    END AS importance_label,
    group_id,
    group_trace,
    tag,
    tag_id,
    tag_resources,
    auth_version,
    CASE auth_version
        WHEN 1 THEN 'Basic'
        WHEN 3 THEN 'Enterprise'
        WHEN 5 THEN 'Advanced'
        WHEN 6 THEN 'Anti-virus'
        WHEN 7 THEN 'Ultimate'
        WHEN 10 THEN 'Value-added Plan'
    END AS auth_version_label,
    auth_version_name,
    auth_modified_at,
    bind,
    post_paid_flag,
    CASE post_paid_flag
        WHEN 0 THEN 'subscription'
        WHEN 1 THEN 'pay-as-you-go'
    END AS post_paid_flag_label,
    bind_file_protect_type,
    CASE bind_file_protect_type
        WHEN 'block' THEN 'bound'
        WHEN 'none' THEN 'not bound'
    END AS bind_file_protect_type_label,
    risk_status,
    exposed_status,
    CASE exposed_status
        WHEN 0 THEN 'not exposed'
        WHEN 1 THEN 'exposed'
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
        WHEN 3 THEN 'third-party cloud'
        WHEN 4 THEN 'third-party cloud'
        WHEN 5 THEN 'third-party cloud'
        WHEN 7 THEN 'third-party cloud'
        WHEN 8 THEN 'lightweight'
        WHEN 9 THEN 'SAE'
        WHEN 10 THEN 'PAI'
        WHEN 14 THEN 'third-party cloud'
        WHEN 16 THEN 'third-party cloud'
    END AS vendor_label,
    vendor_name,
    vendor_uid,
    vendor_user_name,
    flag,
    CASE flag
        WHEN 0 THEN 'Alibaba Cloud'
        WHEN 1 THEN 'outside Alibaba Cloud'
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
    valid_to
FROM syncer.cloud_center_instances
WHERE valid_to < 'infinity';

-- +goose StatementBegin
CREATE FUNCTION alicloud.cloud_center_instances_as_of(at timestamptz)
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
WHERE h.valid_from <= at
    AND (h.valid_to > at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd

COMMENT ON TABLE syncer.cloud_center_instances IS 'Versions behind alicloud.cloud_center_instances and alicloud.cloud_center_instances_history. Read those.';
COMMENT ON COLUMN syncer.cloud_center_instances.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.cloud_center_instances.row_hash IS 'Hash of all columns, untracked ones included: the same hash is nothing to write.';
COMMENT ON VIEW alicloud.cloud_center_instances IS 'One row per server that Security Center knows: what it is, where it runs, how its agent and its protection stand and which risks were found. As it stands now. From Sas DescribeCloudCenterInstances.';
COMMENT ON VIEW alicloud.cloud_center_instances_history IS 'One row per server that Security Center knows: what it is, where it runs, how its agent and its protection stand and which risks were found. Every version, with the time it stood. From Sas DescribeCloudCenterInstances.';
COMMENT ON FUNCTION alicloud.cloud_center_instances_as_of(timestamptz) IS 'The rows that alicloud.cloud_center_instances showed at that moment.';
COMMENT ON COLUMN alicloud.cloud_center_instances.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.cloud_center_instances.uuid IS 'UUID that Security Center gave the server. API field: Uuid.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_id IS 'ID of the instance, such as an ECS instance ID. API field: InstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_name IS 'Name of the instance. API field: InstanceName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_region_id IS 'ID of the region that the server is in, whereas region_id is the Security Center region that answered. API field: RegionId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region IS 'Region of the server as the API''s field Region spells it, which may be longer than instance_region_id. API field: Region.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region_name IS 'Name of the region that the server is in, such as China (Hangzhou). API field: RegionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.status IS 'Whether the server runs. API field: Status.';
COMMENT ON COLUMN alicloud.cloud_center_instances.status_label IS 'What status says: Running = running, notRunning = not running.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_status IS 'Whether the agent on the server is online. API field: ClientStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_sub_status IS 'Whether the agent is online and, where it is not, why. API field: ClientSubStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_sub_status_label IS 'What client_sub_status says: online = online, offline = offline, pause = paused, uninstalled = not installed, stopped = server shut down.';
COMMENT ON COLUMN alicloud.cloud_center_instances.last_login_at IS 'When the agent was last online, which moves at nearly every call. Kept current; makes no version. API field: LastLoginTimestamp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.os IS 'Operating system, such as Linux. API field: Os.';
COMMENT ON COLUMN alicloud.cloud_center_instances.os_name IS 'Operating system with its version. API field: OsName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.kernel IS 'Version of the kernel. API field: Kernel.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cores IS 'CPU cores. API field: Cores.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cpu_info IS 'Model of the CPU. API field: CpuInfo.';
COMMENT ON COLUMN alicloud.cloud_center_instances.mem_mb IS 'Memory, in MB. API field: Mem.';
COMMENT ON COLUMN alicloud.cloud_center_instances.internet_ip IS 'Public IP address. API field: InternetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.intranet_ip IS 'Private IP address. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.ip IS 'IP address in the API''s field Ip, by its page the public one. API field: Ip.';
COMMENT ON COLUMN alicloud.cloud_center_instances.ip_list_string IS 'All IP addresses of the system, separated by commas. API field: IpListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances.mac_list_string IS 'All MAC addresses of the system, separated by commas. API field: MacListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vpc_instance_id IS 'ID of the VPC that the server is in. API field: VpcInstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.importance IS 'How important the server is. API field: Importance.';
COMMENT ON COLUMN alicloud.cloud_center_instances.importance_label IS 'What importance says: 0 = test, 1 = common, 2 = important.';
COMMENT ON COLUMN alicloud.cloud_center_instances.group_id IS 'ID of the server group. API field: GroupId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.group_trace IS 'Name of the server group. API field: GroupTrace.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag IS 'Names of the tags given in Security Center, separated by commas. API field: Tag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag_id IS 'IDs of the tags given in Security Center, separated by commas. API field: TagId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag_resources IS 'Custom tags of a Lingjun node as key:value pairs separated by commas; NULL for other servers. API field: TagResources.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version IS 'Edition of Security Center that protects the server. API field: AuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version_label IS 'What auth_version says: 1 = Basic, 3 = Enterprise, 5 = Advanced, 6 = Anti-virus, 7 = Ultimate, 10 = Value-added Plan.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version_name IS 'Name of the edition that protects the server, in the API''s language. API field: AuthVersionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_modified_at IS 'When the edition was bound to the server. API field: AuthModifyTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind IS 'Whether an edition is bound to the server. API field: Bind.';
COMMENT ON COLUMN alicloud.cloud_center_instances.post_paid_flag IS 'How the edition bound to the server is paid. API field: PostPaidFlag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.post_paid_flag_label IS 'What post_paid_flag says: 0 = subscription, 1 = pay-as-you-go.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind_file_protect_type IS 'Whether a tamper-proofing licence is bound to the server. API field: BindFileProtectType.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind_file_protect_type_label IS 'What bind_file_protect_type says: block = bound, none = not bound.';
COMMENT ON COLUMN alicloud.cloud_center_instances.risk_status IS 'Whether the server has any security risk: YES or NO. API field: RiskStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.exposed_status IS 'Whether the server is exposed to the Internet. API field: ExposedStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.exposed_status_label IS 'What exposed_status says: 0 = not exposed, 1 = exposed.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vul_status IS 'Whether the server has vulnerabilities: YES or NO. API field: VulStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vul_count IS 'Vulnerabilities found on the server. API field: VulCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.hc_status IS 'Whether the server has baseline risks: YES or NO. API field: HcStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.health_check_count IS 'Baseline risks found on the server. API field: HealthCheckCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.alarm_status IS 'Whether the server has security alerts: YES or NO. API field: AlarmStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.safe_event_count IS 'Security alerts on the server. API field: SafeEventCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.risk_count IS 'Number of risks of each kind, as an object such as {"vul": 2, "trojan": 0, "weakPWNum": 1}. API field: RiskCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor IS 'Where the server comes from. API field: Vendor.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = third-party cloud, 4 = third-party cloud, 5 = third-party cloud, 7 = third-party cloud, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_name IS 'Name of what vendor stands for, such as ALIYUN or IDC. API field: VendorName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_uid IS 'ID of the account at another cloud that the server belongs to. API field: VendorUid.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_user_name IS 'Name of the account at another cloud that the server belongs to. API field: VendorUserName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag IS 'Whether the server is one of Alibaba Cloud. API field: Flag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag_label IS 'What flag says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag_name IS 'Name of the server''s origin, such as ALIYUN, OUT or IDC. API field: FlagName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type IS 'What kind of asset the server is. API field: AssetType.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type_label IS 'What asset_type says: 0 = ECS instance, 1 = SLB instance, 2 = NAT gateway, 3 = ApsaraDB RDS instance, 4 = ApsaraDB for MongoDB instance, 5 = ApsaraDB for Redis instance, 6 = container image, 7 = container.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type_name IS 'Name of the kind of asset, in the API''s language. API field: AssetTypeName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.has_container IS 'Whether containers run on the server: YES or NO. API field: HasContainer.';
COMMENT ON COLUMN alicloud.cloud_center_instances.pod_count IS 'Pods on the server. API field: PodCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cluster_id IS 'ID of the container cluster that the server belongs to. API field: ClusterId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cluster_name IS 'Name of the container cluster that the server belongs to. API field: ClusterName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.namespace IS 'Namespace in the container cluster. API field: Namespace.';
COMMENT ON COLUMN alicloud.cloud_center_instances.created_at IS 'When the container cluster was created, by the API''s page, and not the server. API field: CreatedTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances.app_id IS 'ID of the application; only where vendor is 9 (SAE). API field: AppId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.app_name IS 'Name of the application; only where vendor is 9 (SAE). API field: AppName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.service_id IS 'ID of the service; only for serverless instances of PAI. API field: ServiceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.cloud_center_instances.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.uuid IS 'UUID that Security Center gave the server. API field: Uuid.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_id IS 'ID of the instance, such as an ECS instance ID. API field: InstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_name IS 'Name of the instance. API field: InstanceName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_region_id IS 'ID of the region that the server is in, whereas region_id is the Security Center region that answered. API field: RegionId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region IS 'Region of the server as the API''s field Region spells it, which may be longer than instance_region_id. API field: Region.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region_name IS 'Name of the region that the server is in, such as China (Hangzhou). API field: RegionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.status IS 'Whether the server runs. API field: Status.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.status_label IS 'What status says: Running = running, notRunning = not running.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_status IS 'Whether the agent on the server is online. API field: ClientStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_sub_status IS 'Whether the agent is online and, where it is not, why. API field: ClientSubStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_sub_status_label IS 'What client_sub_status says: online = online, offline = offline, pause = paused, uninstalled = not installed, stopped = server shut down.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.last_login_at IS 'When the agent was last online, which moves at nearly every call. Kept current; makes no version. API field: LastLoginTimestamp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.os IS 'Operating system, such as Linux. API field: Os.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.os_name IS 'Operating system with its version. API field: OsName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.kernel IS 'Version of the kernel. API field: Kernel.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cores IS 'CPU cores. API field: Cores.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cpu_info IS 'Model of the CPU. API field: CpuInfo.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.mem_mb IS 'Memory, in MB. API field: Mem.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.internet_ip IS 'Public IP address. API field: InternetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.intranet_ip IS 'Private IP address. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.ip IS 'IP address in the API''s field Ip, by its page the public one. API field: Ip.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.ip_list_string IS 'All IP addresses of the system, separated by commas. API field: IpListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.mac_list_string IS 'All MAC addresses of the system, separated by commas. API field: MacListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vpc_instance_id IS 'ID of the VPC that the server is in. API field: VpcInstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.importance IS 'How important the server is. API field: Importance.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.importance_label IS 'What importance says: 0 = test, 1 = common, 2 = important.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.group_id IS 'ID of the server group. API field: GroupId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.group_trace IS 'Name of the server group. API field: GroupTrace.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag IS 'Names of the tags given in Security Center, separated by commas. API field: Tag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag_id IS 'IDs of the tags given in Security Center, separated by commas. API field: TagId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag_resources IS 'Custom tags of a Lingjun node as key:value pairs separated by commas; NULL for other servers. API field: TagResources.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version IS 'Edition of Security Center that protects the server. API field: AuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version_label IS 'What auth_version says: 1 = Basic, 3 = Enterprise, 5 = Advanced, 6 = Anti-virus, 7 = Ultimate, 10 = Value-added Plan.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version_name IS 'Name of the edition that protects the server, in the API''s language. API field: AuthVersionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_modified_at IS 'When the edition was bound to the server. API field: AuthModifyTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind IS 'Whether an edition is bound to the server. API field: Bind.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.post_paid_flag IS 'How the edition bound to the server is paid. API field: PostPaidFlag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.post_paid_flag_label IS 'What post_paid_flag says: 0 = subscription, 1 = pay-as-you-go.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind_file_protect_type IS 'Whether a tamper-proofing licence is bound to the server. API field: BindFileProtectType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind_file_protect_type_label IS 'What bind_file_protect_type says: block = bound, none = not bound.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.risk_status IS 'Whether the server has any security risk: YES or NO. API field: RiskStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.exposed_status IS 'Whether the server is exposed to the Internet. API field: ExposedStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.exposed_status_label IS 'What exposed_status says: 0 = not exposed, 1 = exposed.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vul_status IS 'Whether the server has vulnerabilities: YES or NO. API field: VulStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vul_count IS 'Vulnerabilities found on the server. API field: VulCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.hc_status IS 'Whether the server has baseline risks: YES or NO. API field: HcStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.health_check_count IS 'Baseline risks found on the server. API field: HealthCheckCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.alarm_status IS 'Whether the server has security alerts: YES or NO. API field: AlarmStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.safe_event_count IS 'Security alerts on the server. API field: SafeEventCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.risk_count IS 'Number of risks of each kind, as an object such as {"vul": 2, "trojan": 0, "weakPWNum": 1}. API field: RiskCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor IS 'Where the server comes from. API field: Vendor.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = third-party cloud, 4 = third-party cloud, 5 = third-party cloud, 7 = third-party cloud, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_name IS 'Name of what vendor stands for, such as ALIYUN or IDC. API field: VendorName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_uid IS 'ID of the account at another cloud that the server belongs to. API field: VendorUid.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_user_name IS 'Name of the account at another cloud that the server belongs to. API field: VendorUserName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag IS 'Whether the server is one of Alibaba Cloud. API field: Flag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag_label IS 'What flag says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag_name IS 'Name of the server''s origin, such as ALIYUN, OUT or IDC. API field: FlagName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type IS 'What kind of asset the server is. API field: AssetType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type_label IS 'What asset_type says: 0 = ECS instance, 1 = SLB instance, 2 = NAT gateway, 3 = ApsaraDB RDS instance, 4 = ApsaraDB for MongoDB instance, 5 = ApsaraDB for Redis instance, 6 = container image, 7 = container.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type_name IS 'Name of the kind of asset, in the API''s language. API field: AssetTypeName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.has_container IS 'Whether containers run on the server: YES or NO. API field: HasContainer.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.pod_count IS 'Pods on the server. API field: PodCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cluster_id IS 'ID of the container cluster that the server belongs to. API field: ClusterId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cluster_name IS 'Name of the container cluster that the server belongs to. API field: ClusterName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.namespace IS 'Namespace in the container cluster. API field: Namespace.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.created_at IS 'When the container cluster was created, by the API''s page, and not the server. API field: CreatedTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.app_id IS 'ID of the application; only where vendor is 9 (SAE). API field: AppId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.app_name IS 'Name of the application; only where vendor is 9 (SAE). API field: AppName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.service_id IS 'ID of the service; only for serverless instances of PAI. API field: ServiceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

-- +goose Down
DROP FUNCTION alicloud.cloud_center_instances_as_of(timestamptz);
DROP VIEW alicloud.cloud_center_instances_history;
DROP VIEW alicloud.cloud_center_instances;
DROP TABLE syncer.cloud_center_instances;
