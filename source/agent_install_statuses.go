package source

// AgentInstallStatuses: how the last installation of the agent on each server went.
var AgentInstallStatuses = Source{
	Name: "agent_install_statuses",
	Doc:  "One row per server that an agent installation was seen on: how the installation last seen went.",
	API: API{
		Product: "Sas", Version: "2018-12-03", Action: "DescribeAgentInstallStatus",
		RAMAction: "yundun-sas:DescribeAgentInstallStatus",
		Page:      "https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-describeagentinstallstatus",
	},
	Regions:  SecurityCenter,
	Schedule: "*/10 * * * *",
	Pager:    Batches{Default: 100},
	Items:    "AegisClientInvokeStatusResponseList",
	Key:      []string{"uuid"},
	Columns: []Column{
		{Name: "uuid", Field: "Uuid", Type: Text, Doc: "UUID of the server, as in cloud_center_instances."},
		{Name: "result", Field: "Result", Type: BigInt, Labels: installResults, Doc: "How the installation went."},
		{Name: "result_code", Field: "ResuleCode", Type: BigInt, Labels: installResultCodes, Doc: "What the installation succeeded or failed with, a field that the API spells ResuleCode."},
		{Name: "message", Field: "Message", Type: Text, Doc: "Message about the installation, without the line break that the API may end it with."},
	},
	Sweeps: []Sweep{{
		Name:   "install statuses",
		Params: map[string]string{"Lang": "en"},
		Each: &Each{
			Param:  "Uuids",
			Column: "uuid",
			From:   []Values{{Source: "cloud_center_instances", Columns: []string{"uuid"}}},
		},
		// The API only knows installations that were asked for lately.
		Absent: Keeps,
	}},
	EndsWith: &Parent{Source: "cloud_center_instances", Column: "uuid", Via: "uuid"},
	Trends: []Trend{{
		Name:     "agent_install_daily",
		Doc:      "One row per day, account, region and result: on how many servers the agent installation last seen ended so.",
		By:       []string{"result"},
		Measures: []Measure{{Name: "servers", Doc: "Servers with this result."}},
	}},
}

var installResults = []Label{
	{"-1", "not installed"},
	{"0", "installing"},
	{"1", "installed"},
	{"2", "failed"},
}

var installResultCodes = []Label{
	{"-1", "not installed"},
	{"0", "installed"},
	{"1", "directory not created"},
	{"2", "package not downloaded"},
	{"3", "installation file missing"},
	{"4", "verification information missing"},
	{"5", "installation file not verified"},
	{"6", "installation file not executed"},
	{"7", "permission denied"},
	{"8", "no agent process"},
	{"100", "unknown error"},
	{"1001", "region not supported"},
	{"1002", "server outside Alibaba Cloud, install by script"},
	{"1003", "operating system not supported"},
	{"1004", "internal error"},
	{"1005", "instance not started"},
	{"1006", "classic network not supported"},
	{"1007", "command stopped"},
	{"1008", "Cloud Assistant not installed"},
	{"1009", "command timed out"},
	{"1010", "already online"},
}
