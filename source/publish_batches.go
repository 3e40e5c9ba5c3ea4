package source

// PublishBatches: how an agent release reaches the servers, batch by batch.
var PublishBatches = Source{
	Name: "publish_batches",
	Doc:  "One row per agent release and batch: how far the upgrade of the servers in the batch is.",
	API: API{
		Product: "Sas", Version: "2018-12-03", Action: "ListPublishBatch",
		RAMAction: "yundun-sas:ListPublishBatch",
		Page:      "https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-listpublishbatch",
	},
	Regions:  SecurityCenter,
	Schedule: "*/15 * * * *",
	Pager:    PageNumber{Page: "CurrentPage", Size: "PageSize", Info: "PageInfo", Default: 100},
	Items:    "BatchList",
	Key:      []string{"version", "batch_id"},
	Columns: []Column{
		{Name: "version", Field: "Version", Type: Text, Doc: "Agent release that the batch upgrades its servers to."},
		{Name: "batch_id", Field: "BatchId", Type: BigInt, Doc: "ID of the batch."},
		{Name: "batch_name", Field: "BatchName", Type: Text, Doc: "Name of the batch."},
		{Name: "status", Field: "Status", Type: BigInt, Labels: publishStatuses, Doc: "How far the batch is."},
		{Name: "batch_process", Field: "BatchProcess", Type: BigInt, Doc: "Servers in the batch that have been upgraded so far."},
		{Name: "batch_no", Field: "BatchNo", Type: BigInt, Doc: "Number of the batch within the release, which may be 2147483647."},
		{Name: "batch_total", Field: "BatchTotal", Type: BigInt, Doc: "Batches that the release is rolled out in."},
		{Name: "batch_interval_hours", Field: "BatchInterval", Type: BigInt, Doc: "Hours between two batches of the release."},
		{Name: "operation_base", Field: "OperationBase", Type: BigInt, Labels: operationBases, Doc: "By what the servers of the batch were chosen."},
	},
	Sweeps: []Sweep{{
		Name: "batches",
		Each: &Each{
			Param:  "UpgradeVersion",
			Column: "version",
			From: []Values{
				{Source: "agent_versions", Columns: []string{"cur_version", "upgrade_version", "latest_version"}},
				// A release that is no longer the current one may still have batches under way.
				{Columns: []string{"version"}, Where: []Condition{{Column: "status", Not: true, In: []string{"2"}}}},
			},
			Configured: true,
		},
		Absent: Ends,
	}},
	Trends: []Trend{{
		Name: "publish_progress_daily",
		Doc:  "One row per day, account, region, agent release and batch: how far the batch had come.",
		By:   []string{"version", "batch_id"},
		Measures: []Measure{
			{Name: "status", Value: "status", Doc: "How far the batch is; NULL while it is not listed."},
			{Name: "upgraded_servers", Sum: "batch_process", Doc: "Servers in the batch that have been upgraded so far."},
		},
	}},
}

var operationBases = []Label{
	{"0", "instance"},
	{"1", "machine group"},
	{"2", "VPC"},
}
