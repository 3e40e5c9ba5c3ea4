package source

// AgentVersions: which releases of the Security Center agent there are.
var AgentVersions = Source{
	Name: "agent_versions",
	Doc:  "One row per account and Security Center region: the agent release in use, the one being rolled out and the newest one.",
	API: API{
		Product: "Sas", Version: "2018-12-03", Action: "GetCurrentVersionPublish",
		RAMAction: "yundun-sas:GetCurrentVersionPublish",
		Page:      "https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-getcurrentversionpublish",
	},
	Regions:  SecurityCenter,
	Schedule: "0 * * * *",
	Pager:    Single{},
	Items:    "Data",
	Columns: []Column{
		{Name: "cur_version", Field: "CurVersion", Type: Text, Doc: "Agent release in use now."},
		{Name: "upgrade_version", Field: "UpgradeVersion", Type: Text, Doc: "Agent release that servers are being upgraded to, the version of publish_batches."},
		{Name: "latest_version", Field: "LatestVersion", Type: Text, Doc: "Newest agent release there is."},
		{Name: "latest_version_created_at", Field: "LatestVersionCreate", Type: Millis, Doc: "When the newest agent release was created."},
		{Name: "force_upgrade_at", Field: "ForceUpgradeTime", Type: Millis, Doc: "When the agent was, or is to be, upgraded by force."},
		{Name: "publish_status", Field: "PublishStatus", Type: BigInt, Labels: publishStatuses, Doc: "How far the rollout of upgrade_version is."},
		{Name: "gray_switch_status", Field: "GraySwitchStatus", Type: BigInt, Labels: switchStates, Doc: "Whether releases are rolled out to a part of the servers first (canary release)."},
		{Name: "big_customer", Field: "BigCustomer", Type: Bool, Doc: "Whether the account may have custom upgrades of the agent."},
		{Name: "latest_version_desc", Field: "LatestVersionDesc", Type: Text, Doc: "Description of the newest agent release."},
		{Name: "auto_upgrade", Field: "AutoUpgrade", Type: BigInt, Labels: switchStates, Doc: "Whether agents are upgraded automatically."},
	},
	Sweeps: []Sweep{{Name: "current release", Absent: Ends}},
}

// publishStatuses are the states of a release, and of each of its batches.
var publishStatuses = []Label{
	{"0", "not started"},
	{"1", "publishing"},
	{"2", "published"},
	{"3", "suspended"},
	{"4", "forcibly upgrading"},
}

var switchStates = []Label{
	{"0", "off"},
	{"1", "on"},
}
