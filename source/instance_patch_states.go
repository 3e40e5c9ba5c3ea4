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
	Pager:    NextToken{Token: "NextToken", Size: "MaxResults", Next: "NextToken", Default: 50},
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
}
