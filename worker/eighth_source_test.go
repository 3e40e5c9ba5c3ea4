package worker_test

import . "syncer/source" //nolint:staticcheck // so that it reads as it would in that package

// StateConfigurations: what OOS keeps on the servers that a configuration names.
var StateConfigurations = Source{
	Name: "state_configurations",
	Doc:  "One row per desired-state configuration: what is kept how on which servers.",
	API: API{
		Product: "oos", Version: "2019-06-01", Action: "ListStateConfigurations",
		RAMAction: "oos:ListStateConfigurations",
		Page:      "https://www.alibabacloud.com/help/en/oos/developer-reference/api-oos-2019-06-01-liststateconfigurations",
	},
	Regions:  OOS,
	Schedule: "0 * * * *",
	Pager:    NextToken{Token: "NextToken", Size: "MaxResults", Next: "NextToken", Default: 50},
	Items:    "StateConfigurations",
	Key:      []string{"state_configuration_id"},
	Columns: []Column{
		{Name: "state_configuration_id", Field: "StateConfigurationId", Type: Text, Doc: "ID of the configuration."},
		{Name: "description", Field: "Description", Type: Text, Doc: "What its author says about it."},
		{Name: "template_name", Field: "TemplateName", Type: Text, Doc: "Template that says what is kept."},
		{Name: "template_version", Field: "TemplateVersion", Type: Text, Doc: "Version of the template."},
		{Name: "template_id", Field: "TemplateId", Type: Text, Doc: "ID of the template."},
		{Name: "parameters", Field: "Parameters", Type: JSON, Doc: "Parameters of the template, as an object."},
		{Name: "configure_mode", Field: "ConfigureMode", Type: Text, Doc: "What is done with a server that differs.", Labels: []Label{
			{Code: "ApplyOnce", Text: "set once"},
			{Code: "ApplyAndMonitor", Text: "set once, then watched"},
			{Code: "ApplyAndAutoCorrect", Text: "set again and again"},
		}},
		{Name: "schedule_type", Field: "ScheduleType", Type: Text, Doc: "Kind of schedule, such as rate."},
		{Name: "schedule_expression", Field: "ScheduleExpression", Type: Text, Doc: "How often it is looked at, such as 1 hour."},
		{Name: "targets", Field: "Targets", Type: JSON, Doc: "The servers that it is for, as an object of filters."},
		{Name: "tags", Field: "Tags", Type: JSON, Doc: "Tags of the configuration, as an object."},
		{Name: "resource_group_id", Field: "ResourceGroupId", Type: Text, Doc: "Resource group that it belongs to."},
		{Name: "created_at", Field: "CreateTime", Type: ISOTime, Doc: "When it was made."},
		{Name: "updated_at", Field: "UpdateTime", Type: ISOTime, Doc: "When it was last changed."},
	},
	Sweeps: []Sweep{{Name: "state configurations", Absent: Ends}},
}
