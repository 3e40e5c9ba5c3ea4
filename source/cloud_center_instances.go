package source

// CloudCenterInstances: the servers that Security Center knows, to which all
// other sources belong.
var CloudCenterInstances = Source{
	Name: "cloud_center_instances",
	Doc:  "One row per server that Security Center knows: what it is, where it runs, how its agent and its protection stand and which risks were found.",
	API: API{
		Product: "Sas", Version: "2018-12-03", Action: "DescribeCloudCenterInstances",
		RAMAction: "yundun-sas:DescribeCloudCenterInstances",
		Page:      "https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-describecloudcenterinstances",
	},
	Regions:  SecurityCenter,
	Schedule: "0 * * * *",
	Pager:    NextToken{Token: "NextToken", Size: "PageSize", Next: "PageInfo.NextToken", Default: 100},
	Items:    "Instances",
	Key:      []string{"uuid"},
	Columns: []Column{
		{Name: "uuid", Field: "Uuid", Type: Text, Doc: "UUID that Security Center gave the server."},
		{Name: "instance_id", Field: "InstanceId", Type: Text, Doc: "ID of the instance, such as an ECS instance ID."},
		{Name: "instance_name", Field: "InstanceName", Type: Text, Doc: "Name of the instance."},
		{Name: "instance_region_id", Field: "RegionId", Type: Text, Doc: "ID of the region that the server is in, whereas region_id is the Security Center region that answered."},
		{Name: "region", Field: "Region", Type: Text, Doc: "Region of the server as the API's field Region spells it, which may be longer than instance_region_id."},
		{Name: "region_name", Field: "RegionName", Type: Text, Doc: "Name of the region that the server is in, such as China (Hangzhou)."},

		{Name: "status", Field: "Status", Type: Text, Labels: assetStatuses, Doc: "Whether the server runs."},
		{Name: "client_status", Field: "ClientStatus", Type: Text, Labels: clientStatuses, Doc: "Whether the agent on the server is online."},
		{Name: "client_sub_status", Field: "ClientSubStatus", Type: Text, Labels: clientSubStatuses, Doc: "Whether the agent is online and, where it is not, why."},
		{Name: "last_login_at", Field: "LastLoginTimestamp", Type: Millis, Volatile: true, Doc: "When the agent was last online, which moves at nearly every call."},

		{Name: "os", Field: "Os", Type: Text, Doc: "Operating system, such as Linux."},
		{Name: "os_name", Field: "OsName", Type: Text, NullText: "-", Doc: "Operating system with its version."},
		{Name: "kernel", Field: "Kernel", Type: Text, Doc: "Version of the kernel."},
		{Name: "cores", Field: "Cores", Type: BigInt, Doc: "CPU cores."},
		{Name: "cpu_info", Field: "CpuInfo", Type: Text, Doc: "Model of the CPU."},
		{Name: "mem_mb", Field: "Mem", Type: BigInt, Doc: "Memory, in MB."},

		{Name: "internet_ip", Field: "InternetIp", Type: Text, Doc: "Public IP address."},
		{Name: "intranet_ip", Field: "IntranetIp", Type: Text, Doc: "Private IP address."},
		{Name: "ip", Field: "Ip", Type: Text, Doc: "IP address in the API's field Ip, by its page the public one."},
		{Name: "ip_list_string", Field: "IpListString", Type: Text, Unordered: true, Doc: "All IP addresses of the system, separated by commas."},
		{Name: "mac_list_string", Field: "MacListString", Type: Text, Unordered: true, Doc: "All MAC addresses of the system, separated by commas."},
		{Name: "vpc_instance_id", Field: "VpcInstanceId", Type: Text, Doc: "ID of the VPC that the server is in."},

		{Name: "importance", Field: "Importance", Type: BigInt, Labels: importances, Doc: "How important the server is."},
		{Name: "group_id", Field: "GroupId", Type: BigInt, Doc: "ID of the server group."},
		{Name: "group_trace", Field: "GroupTrace", Type: Text, Doc: "Name of the server group."},
		{Name: "tag", Field: "Tag", Type: Text, Unordered: true, Doc: "Names of the tags given in Security Center, separated by commas."},
		{Name: "tag_id", Field: "TagId", Type: Text, Unordered: true, Doc: "IDs of the tags given in Security Center, separated by commas."},
		{Name: "tag_resources", Field: "TagResources", Type: Text, Unordered: true, Doc: "Custom tags of a Lingjun node as key:value pairs separated by commas; NULL for other servers."},

		{Name: "auth_version", Field: "AuthVersion", Type: BigInt, Labels: authVersions, Doc: "Edition of Security Center that protects the server."},
		{Name: "auth_version_name", Field: "AuthVersionName", Type: Text, Doc: "Name of the edition that protects the server, in the API's language."},
		{Name: "auth_modified_at", Field: "AuthModifyTime", Type: Millis, Doc: "When the edition was bound to the server."},
		{Name: "bind", Field: "Bind", Type: Bool, Doc: "Whether an edition is bound to the server."},
		{Name: "post_paid_flag", Field: "PostPaidFlag", Type: BigInt, Labels: postPaidFlags, Doc: "How the edition bound to the server is paid."},
		{Name: "bind_file_protect_type", Field: "BindFileProtectType", Type: Text, Labels: fileProtectTypes, Doc: "Whether a tamper-proofing licence is bound to the server."},

		{Name: "risk_status", Field: "RiskStatus", Type: Text, Doc: "Whether the server has any security risk: YES or NO."},
		{Name: "exposed_status", Field: "ExposedStatus", Type: BigInt, Labels: exposedStatuses, Doc: "Whether the server is exposed to the Internet."},
		{Name: "vul_status", Field: "VulStatus", Type: Text, Doc: "Whether the server has vulnerabilities: YES or NO."},
		{Name: "vul_count", Field: "VulCount", Type: BigInt, Doc: "Vulnerabilities found on the server."},
		{Name: "hc_status", Field: "HcStatus", Type: Text, Doc: "Whether the server has baseline risks: YES or NO."},
		{Name: "health_check_count", Field: "HealthCheckCount", Type: BigInt, Doc: "Baseline risks found on the server."},
		{Name: "alarm_status", Field: "AlarmStatus", Type: Text, Doc: "Whether the server has security alerts: YES or NO."},
		{Name: "safe_event_count", Field: "SafeEventCount", Type: BigInt, Doc: "Security alerts on the server."},
		{Name: "risk_count", Field: "RiskCount", Type: JSON, Doc: "Number of risks of each kind, as an object such as {\"vul\": 2, \"trojan\": 0, \"weakPWNum\": 1}."},

		{Name: "vendor", Field: "Vendor", Type: BigInt, Labels: vendors, Doc: "Where the server comes from."},
		{Name: "vendor_name", Field: "VendorName", Type: Text, Doc: "Name of what vendor stands for, such as ALIYUN or IDC."},
		{Name: "vendor_uid", Field: "VendorUid", Type: Text, Doc: "ID of the account at another cloud that the server belongs to."},
		{Name: "vendor_user_name", Field: "VendorUserName", Type: Text, Doc: "Name of the account at another cloud that the server belongs to."},
		{Name: "flag", Field: "Flag", Type: BigInt, Labels: assetFlags, Doc: "Whether the server is one of Alibaba Cloud."},
		{Name: "flag_name", Field: "FlagName", Type: Text, Doc: "Name of the server's origin, such as ALIYUN, OUT or IDC."},
		{Name: "asset_type", Field: "AssetType", Type: Text, Labels: assetTypes, Doc: "What kind of asset the server is."},
		{Name: "asset_type_name", Field: "AssetTypeName", Type: Text, Doc: "Name of the kind of asset, in the API's language."},

		{Name: "has_container", Field: "HasContainer", Type: Text, Doc: "Whether containers run on the server: YES or NO."},
		{Name: "pod_count", Field: "PodCount", Type: BigInt, Doc: "Pods on the server."},
		{Name: "cluster_id", Field: "ClusterId", Type: Text, Doc: "ID of the container cluster that the server belongs to."},
		{Name: "cluster_name", Field: "ClusterName", Type: Text, Doc: "Name of the container cluster that the server belongs to."},
		{Name: "namespace", Field: "Namespace", Type: Text, Doc: "Namespace in the container cluster."},
		{Name: "created_at", Field: "CreatedTime", Type: Millis, Doc: "When the container cluster was created, by the API's page, and not the server."},
		{Name: "app_id", Field: "AppId", Type: Text, Doc: "ID of the application; only where vendor is 9 (SAE)."},
		{Name: "app_name", Field: "AppName", Type: Text, Doc: "Name of the application; only where vendor is 9 (SAE)."},
		{Name: "service_id", Field: "ServiceId", Type: Text, Doc: "ID of the service; only for serverless instances of PAI."},
		{Name: "edr_auth_version", Field: "EdrAuthVersion", Type: Text, Late: true, Doc: "Edition of the licence for endpoint detection and response (EDR)."},
		{Name: "free_type", Field: "FreeType", Type: Text, Late: true, Doc: "Kind of the free quota that the server uses, in the API's own words."},
	},
	Sweeps: []Sweep{{
		Name:   "servers",
		Params: map[string]string{"MachineTypes": "ecs", "UseNextToken": "true", "Lang": "en"},
		Absent: Ends,
	}},
	Trends: []Trend{{
		Name:     "fleet_daily",
		Doc:      "One row per day, account, region, agent status, operating system and vendor: how many servers there were.",
		By:       []string{"client_status", "os", "vendor"},
		Measures: []Measure{{Name: "servers", Doc: "Servers that Security Center knew at the end of the day."}},
	}},
}

var assetStatuses = []Label{
	{"Running", "running"},
	{"notRunning", "not running"},
}

var clientStatuses = []Label{
	{"online", "online"},
	{"offline", "offline"},
	{"pause", "paused"},
}

var clientSubStatuses = []Label{
	{"online", "online"},
	{"offline", "offline"},
	{"pause", "paused"},
	{"uninstalled", "not installed"},
	{"stopped", "server shut down"},
}

var importances = []Label{
	{"0", "test"},
	{"1", "common"},
	{"2", "important"},
}

var authVersions = []Label{
	{"0", "unauthorized"},
	{"1", "Basic"},
	{"3", "Enterprise"},
	{"5", "Advanced"},
	{"6", "Anti-virus"},
	{"7", "Ultimate"},
	{"8", "Multi-Edition"},
	{"10", "Value-added Plan"},
}

var postPaidFlags = []Label{
	{"0", "subscription"},
	{"1", "pay-as-you-go"},
}

var fileProtectTypes = []Label{
	{"block", "bound"},
	{"none", "not bound"},
}

var exposedStatuses = []Label{
	{"0", "not exposed"},
	{"1", "exposed"},
}

var vendors = []Label{
	{"0", "Alibaba Cloud"},
	{"1", "outside Alibaba Cloud"},
	{"2", "data center"},
	{"3", "Tencent Cloud"},
	{"4", "Huawei Cloud"},
	{"5", "Azure"},
	{"7", "AWS"},
	{"8", "lightweight"},
	{"9", "SAE"},
	{"10", "PAI"},
	{"14", "third-party cloud"},
	{"16", "third-party cloud"},
}

var assetFlags = []Label{
	{"0", "Alibaba Cloud"},
	{"1", "outside Alibaba Cloud"},
}

var assetTypes = []Label{
	{"0", "ECS instance"},
	{"1", "SLB instance"},
	{"2", "NAT gateway"},
	{"3", "ApsaraDB RDS instance"},
	{"4", "ApsaraDB for MongoDB instance"},
	{"5", "ApsaraDB for Redis instance"},
	{"6", "container image"},
	{"7", "container"},
}
