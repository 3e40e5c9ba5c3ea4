package source

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestReadPolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		sources []*Source
		roles   []string
		want    string
	}{
		{
			"actions are sorted",
			[]*Source{&PublishBatches, &InstancePatchStates, &AgentVersions},
			nil,
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":["oos:ListInstancePatchStates","yundun-sas:GetCurrentVersionPublish","yundun-sas:ListPublishBatch"],"Resource":"*"}]}`,
		},
		{
			"a role is named once",
			[]*Source{&InstancePatchStates},
			[]string{"acs:ram::2:role/b", "acs:ram::1:role/a", "acs:ram::2:role/b"},
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":["oos:ListInstancePatchStates"],"Resource":"*"},{"Effect":"Allow","Action":["sts:AssumeRole"],"Resource":["acs:ram::1:role/a","acs:ram::2:role/b"]}]}`,
		},
	} {
		got, err := json.Marshal(ReadPolicy(c.sources, nil, c.roles...))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, got, err, c.want)
		}
	}
}

func TestWithDependencies(t *testing.T) {
	t.Parallel()
	grandchild := &Source{Name: "grandchild", EndsWith: &Parent{Source: AgentInstallStatuses.Name}}
	list := append(slices.Clone(All), grandchild)
	for _, c := range []struct{ chosen, want []*Source }{
		{nil, nil},
		{[]*Source{&InstancePatchStates}, []*Source{&InstancePatchStates}},
		{[]*Source{&PublishBatches, &AgentVersions}, []*Source{&AgentVersions, &PublishBatches}},
		{[]*Source{&AgentlessTasks, &PublishBatches}, []*Source{&AgentVersions, &PublishBatches, &AgentlessTasks}},
		{[]*Source{grandchild}, []*Source{&CloudCenterInstances, &AgentInstallStatuses, grandchild}},
	} {
		got := WithDependencies(list, func(s *Source) bool { return slices.Contains(c.chosen, s) })
		if !slices.Equal(got, c.want) {
			t.Errorf("of %v: %v, want %v", names(c.chosen), names(got), names(c.want))
		}
	}
}
