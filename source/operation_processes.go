package source

import "time"

// OperationProcesses: runs of Security Center's configuration checks.
var OperationProcesses = Source{
	Name: "operation_processes",
	Doc:  "One row per check task: which checks were run, and how far they are.",
	API: API{
		Product: "Sas", Version: "2018-12-03", Action: "ListOperationProcess",
		RAMAction: "yundun-sas:ListOperationProcess",
		Page:      "https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-listoperationprocess",
	},
	Regions:  SecurityCenter,
	Schedule: "*/10 * * * *",
	Pager:    PageNumber{Page: "CurrentPage", Size: "PageSize", Info: "PageInfo", Default: 100},
	Items:    "Processes",
	Key:      []string{"task_id"},
	Columns: []Column{
		{Name: "task_id", Field: "TaskId", Type: Text, Doc: "ID of the task, without the line break that the API may end it with."},
		{Name: "task_type", Field: "TaskType", Type: Text, Labels: checkTypes, Doc: "What the task checks."},
		{Name: "status_code", Field: "StatusCode", Type: BigInt, Labels: processStatuses, Doc: "How far the task is."},
		{Name: "total_count", Field: "TotalCount", Type: BigInt, Doc: "Entries that the task consists of."},
		{Name: "finish_count", Field: "FinishCount", Type: BigInt, Doc: "Entries of total_count that are complete."},
		{Name: "detail_task_total_count", Field: "DetailTaskTotalCount", Type: BigInt, Doc: "Subtasks that the task consists of."},
		{Name: "detail_task_ready_count", Field: "DetailTaskReadyCount", Type: BigInt, Doc: "Subtasks of detail_task_total_count that are complete."},
		{Name: "created_at", Field: "CreateTime", Type: Millis, Doc: "When the task was created."},
		{Name: "started_at", Field: "StartTime", Type: Millis, Doc: "When the task was started."},
		{Name: "ended_at", Field: "EndTime", Type: Millis, Doc: "When the task ended."},
		{Name: "task_source", Field: "TaskSource", Type: Text, Doc: "What asked for the task, such as YAO_CHI."},
	},
	Sweeps: []Sweep{{
		Name: "tasks",
		// StartTime asks by creation time. EndTime would ask by completion time,
		// and so hide every task that still runs: it is never sent.
		Since: &Since{
			Param:    "StartTime",
			Column:   "created_at",
			Open:     processOpen,
			Lookback: 48 * time.Hour,
			Older: &Older{
				Keys: Many{Param: "TaskIds", Form: Repeated, Most: 100},
				Else: &Else{Many: Many{Param: "StatusCodes", Form: Repeated, Most: 2}, Column: "status_code", Values: []string{"0", "1"}},
			},
		},
		Absent: Ends,
	}},
	Stuck: &Stuck{Column: "created_at", Open: processOpen, After: 7 * 24 * time.Hour},
	Trends: []Trend{{
		Name: "operation_processes_daily",
		Doc:  "One row per day, account, region, type and status: how many check tasks there were, and how far they had come.",
		By:   []string{"task_type", "status_code"},
		Measures: []Measure{
			{Name: "processes", Doc: "Check tasks that the API listed at the end of the day."},
			{Name: "total_count", Sum: "total_count", Doc: "Entries that they consist of."},
			{Name: "finish_count", Sum: "finish_count", Doc: "Entries of total_count that are complete."},
			{Name: "finish_pct", Share: [2]string{"finish_count", "total_count"}, Doc: "Complete entries among all, in percent; NULL where there are none."},
		},
	}},
}

var checkTypes = []Label{
	{"CHECK_ALL", "full check"},
	{"CHECK_POLICY", "check by policy"},
	{"CHECK_SCHEDULE", "scheduled check"},
	{"CHECK_ITEM", "check of single items"},
	{"CHECK_INSTANCE", "check of single items on single instances"},
}

var processStatuses = []Label{
	{"0", "not started"},
	{"1", "running"},
	{"2", "complete"},
	{"3", "timed out"},
}

var processOpen = []Condition{{Column: "status_code", Not: true, In: []string{"2", "3"}}}
