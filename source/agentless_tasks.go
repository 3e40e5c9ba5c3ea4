package source

import "time"

// AgentlessTasks: scans of snapshots and images that need no agent. A main task
// has a subtask for each asset that it scans.
var AgentlessTasks = Source{
	Name: "agentless_tasks",
	Doc:  "One row per agentless scan, main task or subtask: what is scanned, how far the scan is and where its report is.",
	API: API{
		Product: "Sas", Version: "2018-12-03", Action: "ListAgentlessTask",
		RAMAction: "yundun-sas:ListAgentlessTask",
		Page:      "https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-listagentlesstask",
	},
	Regions:  SecurityCenter,
	Schedule: "*/10 * * * *",
	Pager:    PageNumber{Page: "CurrentPage", Size: "PageSize", Info: "PageInfo", Default: 100},
	Items:    "List",
	Key:      []string{"task_id"},
	Columns: []Column{
		{Name: "task_id", Field: "TaskId", Type: Text, Doc: "ID of the task."},
		{Name: "is_root", Type: Bool, Doc: "Whether the task is a main task (true) or a subtask (false), as it was asked for, since no field of the API tells it."},
		{Name: "root_task_id", Type: Text, Doc: "ID of the main task that a subtask belongs to, as it was asked for, since no field of the API tells it; NULL for a main task."},
		{Name: "task_name", Field: "TaskName", Type: Text, Doc: "Name of the task, such as AGENTLESS_SCAN."},
		{Name: "status", Field: "Status", Type: BigInt, Labels: agentlessStatuses, Doc: "How far the task is."},
		{Name: "progress", Field: "Progress", Type: BigInt, Doc: "How much of the task is done, in percent."},
		{Name: "result", Field: "Result", Type: Text, Doc: "Result of the scan in the API's own words, such as True."},
		{Name: "started_at", Field: "StartTime", Type: Millis, Doc: "When the task was started."},
		{Name: "ended_at", Field: "EndTime", Type: Millis, Doc: "When the task ended."},
		{Name: "target_type", Field: "TargetType", Type: BigInt, Labels: agentlessTargets, Doc: "What kind of asset is scanned."},
		{Name: "target_name", Field: "TargetName", Type: Text, Doc: "Name of what is scanned, whereas instance_name is that of its asset."},
		{Name: "uuid", Field: "Uuid", Type: Text, Doc: "UUID of the asset, as in cloud_center_instances."},
		{Name: "instance_id", Field: "InstanceId", Type: Text, Doc: "ID of the instance that is scanned, a field that the API answers though its page does not list it."},
		{Name: "instance_name", Field: "InstanceName", Type: Text, Doc: "Name of the asset."},
		{Name: "internet_ip", Field: "InternetIp", Type: Text, Doc: "Public IP address of the server."},
		{Name: "intranet_ip", Field: "IntranetIp", Type: Text, Doc: "Private IP address of the server."},
		{Name: "measure_space_mb", Field: "MeasureSpace", Type: Double, Doc: "Data scanned, in MB, with a fraction though the API's page calls the field a whole number."},
		{Name: "progress_by_project", Field: "ProgressByProject", Type: JSON, Doc: "How much of each kind of inspection is done, in percent, as an object such as {\"vul\": 100, \"baseline\": 40}."},
		{Name: "report_status", Field: "ReportStatus", Type: Text, Labels: reportStatuses, Doc: "How far the report is."},
		{Name: "report_download_url", Field: "ReportDownloadUrl", Type: URL, Volatile: true, Doc: "Where the report is, without the query string, which may carry a signature and changes at every call."},
		{Name: "extension", Field: "Extension", Type: JSON, Late: true, Doc: "What tasks of some kinds have besides, as an object: a security fix of an image names the vulnerabilities that were chosen and the fixed image."},
	},
	Sweeps: []Sweep{
		{
			Name:   "main tasks",
			Params: map[string]string{"RootTask": "true", "Lang": "en"},
			Set:    map[string]string{"is_root": "true"},
			Since: &Since{
				Param:    "StartTime",
				Column:   "started_at",
				Open:     agentlessOpen,
				Lookback: 48 * time.Hour,
				Older: &Older{
					Keys: Many{Param: "TaskIdList", Form: JSONArray, Most: 100},
					Else: &Else{Many: Many{Param: "Status", Most: 1}, Column: "status", Values: []string{"1"}},
				},
			},
			Absent: Ends,
		},
		{
			Name:   "subtasks",
			Params: map[string]string{"RootTask": "false", "Lang": "en"},
			Set:    map[string]string{"is_root": "false"},
			Each: &Each{
				Param:  "TaskId",
				Column: "root_task_id",
				Many:   &Many{Param: "TaskIdList", Form: JSONArray, Most: 100},
				// Main tasks that run, that this run saw change (one that just
				// finished, say), or that have a subtask that runs.
				From: []Values{
					{Columns: []string{"task_id"}, Where: append([]Condition{{Column: "is_root", In: []string{"true"}}}, agentlessOpen...)},
					{Columns: []string{"task_id"}, Where: []Condition{{Column: "is_root", In: []string{"true"}}}, Touched: true},
					{Columns: []string{"root_task_id"}, Where: append([]Condition{{Column: "is_root", In: []string{"false"}}}, agentlessOpen...)},
				},
				Full: []Values{
					{Columns: []string{"task_id"}, Where: []Condition{{Column: "is_root", In: []string{"true"}}}},
				},
				Rest: &Rest{Every: 30 * 24 * time.Hour, Final: []Condition{
					{Column: "status", In: agentlessFinished},
					{Column: "report_status", Not: true, In: []string{"PREPARED", "RUNNING"}},
				}},
			},
			Absent: Ends,
		},
	},
	EndsWith: &Parent{Source: "agentless_tasks", Column: "task_id", Via: "root_task_id"},
	Stuck:    &Stuck{Column: "started_at", Open: agentlessOpen, After: 7 * 24 * time.Hour},
	Trends: []Trend{{
		Name: "agentless_tasks_daily",
		Doc:  "One row per day, account, region, status and target type: how many agentless scans there were, main tasks and subtasks, and how much they scanned.",
		By:   []string{"status", "target_type"},
		Measures: []Measure{
			{Name: "tasks", Doc: "Tasks, main tasks and subtasks, that the API listed at the end of the day."},
			{Name: "main_tasks", Where: []Condition{{Column: "is_root", In: []string{"true"}}}, Doc: "Main tasks among them."},
			{Name: "started", On: "started_at", Doc: "Tasks among them that were started on this day, as known at its end."},
			{Name: "finished", On: "ended_at", Doc: "Tasks among them that ended on this day, as known at its end."},
			{Name: "measured_mb", Sum: "measure_space_mb", Doc: "Data that they scanned, in MB."},
		},
	}},
}

var agentlessStatuses = []Label{
	{"1", "in progress"},
	{"2", "complete"},
	{"3", "failed"},
	{"4", "timed out"},
}

// agentlessFinished are the statuses after which nothing is expected to change.
var agentlessFinished = []string{"2", "3", "4"}

var agentlessOpen = []Condition{{Column: "status", Not: true, In: agentlessFinished}}

var agentlessTargets = []Label{
	{"1", "host snapshot"},
	{"2", "host image"},
	{"3", "user snapshot"},
	{"4", "user image"},
	{"5", "NAS"},
	{"6", "sandbox"},
	{"7", "security fix"},
}

var reportStatuses = []Label{
	{"PREPARED", "in preparation"},
	{"RUNNING", "in progress"},
	{"SUCCESS", "successful"},
	{"TIMEOUT", "timed out"},
	{"FAILED", "failed"},
}
