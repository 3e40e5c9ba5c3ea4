package source

// All lists the sources, in the order in which a first sync makes them: a source
// that reads another's table comes after it.
var All = []*Source{
	&AgentVersions,
	&PublishBatches,
	&CloudCenterInstances,
	&AgentInstallStatuses,
	&InstancePatchStates,
	&AgentlessTasks,
	&OperationProcesses,
}
