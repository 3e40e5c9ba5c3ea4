package source

// InstancePatchStates: what OOS patch management found on each ECS instance.
var InstancePatchStates = Source{
	Name: "instance_patch_states",
	Doc:  "One row per ECS instance: how many patches it has, lacks or failed to install, as the last patch operation found.",
	API: API{
		Product: "oos", Version: "2019-06-01", Action: "ListInstancePatchStates",
		RAMAction: "oos:ListInstancePatchStates",
		Page:      "https://www.alibabacloud.com/help/en/oos/developer-reference/api-oos-2019-06-01-listinstancepatchstates",
	},
	Regions:  OOS,
	Schedule: "*/30 * * * *",
	Pager:    NextToken{Token: "NextToken", Size: "MaxResults", Next: "NextToken", Default: 100},
	Items:    "InstancePatchStates",
	Key:      []string{"instance_id"},
	Columns: []Column{
		{Name: "instance_id", Field: "InstanceId", Type: Text, Doc: "ID of the ECS instance."},
		{Name: "baseline_id", Field: "BaselineId", Type: Text, Doc: "ID of the patch baseline."},
		{Name: "patch_group", Field: "PatchGroup", Type: Text, NullText: "null", Doc: "Patch group that the instance belongs to; NULL where it belongs to none, which the API writes as the text null."},
		{Name: "owner_information", Field: "OwnerInformation", Type: Text, Doc: "Information about the user, in the API's own words."},
		{Name: "operation_type", Field: "OperationType", Type: Text, Doc: "Kind of the last patch operation, such as scan."},
		{Name: "operation_started_at", Field: "OperationStartTime", Type: ISOTime, Doc: "When the last patch operation was started."},
		{Name: "operation_ended_at", Field: "OperationEndTime", Type: ISOTime, Doc: "When the last patch operation ended."},
		{Name: "missing_count", Field: "MissingCount", Type: BigInt, Doc: "Patches that are not installed."},
		{Name: "installed_count", Field: "InstalledCount", Type: BigInt, Doc: "Patches that are installed."},
		{Name: "installed_other_count", Field: "InstalledOtherCount", Type: BigInt, Doc: "Installed patches that the baseline does not ask for."},
		{Name: "installed_pending_reboot_count", Field: "InstalledPendingRebootCount", Type: BigInt, Doc: "Installed patches that need a restart to take effect."},
		{Name: "installed_rejected_count", Field: "InstalledRejectedCount", Type: BigInt, Doc: "Installed patches that the user has rejected."},
		{Name: "failed_count", Field: "FailedCount", Type: BigInt, Doc: "Patches whose installation failed."},
	},
	Sweeps: []Sweep{{Name: "patch states", Absent: Ends}},
	Trends: []Trend{{
		Name: "patch_compliance_daily",
		Doc:  "One row per day, account and region: how many instances were compliant, and what the others lacked.",
		Measures: []Measure{
			{Name: "instances", Doc: "Instances whose patches are known."},
			{
				Name: "compliant", Doc: "Instances on which no patch is missing, failed, waiting for a restart or installed though it was rejected.",
				Where: []Condition{
					{Column: "missing_count", Not: true, Above0: true},
					{Column: "failed_count", Not: true, Above0: true},
					{Column: "installed_pending_reboot_count", Not: true, Above0: true},
					{Column: "installed_rejected_count", Not: true, Above0: true},
				},
			},
			{Name: "missing_instances", Where: []Condition{{Column: "missing_count", Above0: true}}, Doc: "Instances that lack a patch."},
			{Name: "failed_instances", Where: []Condition{{Column: "failed_count", Above0: true}}, Doc: "Instances on which the installation of a patch failed."},
			{Name: "pending_reboot_instances", Where: []Condition{{Column: "installed_pending_reboot_count", Above0: true}}, Doc: "Instances with a patch that needs a restart to take effect."},
			{Name: "missing_patches", Sum: "missing_count", Doc: "Patches that are missing, added up over the instances."},
			{Name: "compliance_pct", Share: [2]string{"compliant", "instances"}, Doc: "Compliant instances among all, in percent; NULL where there are none."},
		},
	}},
}
