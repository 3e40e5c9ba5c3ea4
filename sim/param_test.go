package sim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestParametersNarrow: every documented parameter has its effect, so that one
// that got lost is noticed.
func TestParametersNarrow(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{FullPages: true, MaxPageSize: 1000})
	items := func(action string, pairs ...string) []string {
		a := call(t, server, action, append([]string{"PageSize", "1000"}, pairs...)...)
		if a.status != http.StatusOK {
			t.Fatalf("%s %v: %s %s", action, pairs, a.Code, a.Message)
		}
		return a.items(t)
	}
	fleet := items("DescribeCloudCenterInstances")
	one := func(field string) string { return member(fleet[3], field) }
	for _, c := range []struct {
		params []string
		fits   func(item string) bool
	}{
		{[]string{"MachineTypes", "ecs"}, func(string) bool { return true }},
		{[]string{"MachineTypes", "cloud_product,runc"}, func(string) bool { return false }},
		{[]string{"RegionId", "cn-shanghai"}, func(s string) bool { return member(s, "RegionId") == "cn-shanghai" }},
		{[]string{"RegionId", "ap-southeast-1"}, func(string) bool { return false }},
		{[]string{"Importance", "2"}, func(s string) bool { return member(s, "Importance") == "2" }},
		{[]string{"Flags", "1"}, func(s string) bool { return member(s, "Flag") == "1" }},
		{[]string{"Flags", "1,0"}, func(string) bool { return true }},
		{[]string{"Criteria", `[{"name":"riskStatus","value":"YES"}]`}, func(s string) bool { return member(s, "RiskStatus") == "YES" }},
		{[]string{"Criteria", `[{"name":"instanceName","value":"-web-"}]`}, func(s string) bool { return strings.Contains(member(s, "InstanceName"), "-web-") }},
		{
			[]string{"Criteria", `[{"name":"intranetIp","value":"` + one("IntranetIp") + `"},{"name":"importance","value":"0"}]`},
			func(s string) bool {
				return member(s, "IntranetIp") == one("IntranetIp") || member(s, "Importance") == "0"
			},
		},
		{
			[]string{"Criteria", `[{"name":"os","value":"linux"},{"name":"importance","value":"2"}]`, "LogicalExp", "AND"},
			func(s string) bool { return member(s, "Os") == "linux" && member(s, "Importance") == "2" },
		},
		{[]string{"NoGroupTrace", "true", "ResourceDirectoryAccountId", first.ID}, func(string) bool { return true }},
	} {
		want := 0
		for _, item := range fleet {
			if c.fits(item) {
				want++
			}
		}
		got := items("DescribeCloudCenterInstances", c.params...)
		if len(got) != want || slices.ContainsFunc(got, func(s string) bool { return !c.fits(s) }) {
			t.Errorf("%v: %d servers, want %d", c.params, len(got), want)
		}
	}
	if member(fleet[0], "RegionName") != "华东1（杭州）" || member(items("DescribeCloudCenterInstances", "Lang", "en")[0], "RegionName") != "China (Hangzhou)" {
		t.Error("Lang does not tell the language, which is Chinese by default")
	}
	if got := items("DescribeCloudCenterInstances", "ResourceDirectoryAccountId", other.ID); len(got) == 0 || member(got[0], "Uuid") == one("Uuid") {
		t.Error("a member's servers are not its own")
	}
}

// TestTaskIdList: up to a hundred main tasks, or their subtasks, in one call.
func TestTaskIdList(t *testing.T) {
	t.Parallel()
	cloud, server := setup(t, Options{MaxPageSize: 1000})
	tasks := func(pairs ...string) (ids []string) {
		a := call(t, server, "ListAgentlessTask", append([]string{"PageSize", "1000"}, pairs...)...)
		if a.status != http.StatusOK {
			t.Fatalf("%v: %s %s", pairs, a.Code, a.Message)
		}
		for _, item := range a.items(t) {
			ids = append(ids, member(item, "TaskId"))
		}
		return ids
	}
	mains := tasks("RootTask", "true")
	two := slices.Clone(mains[1:3])
	list, _ := json.Marshal(append([]string{"none"}, two...))
	if got := tasks("RootTask", "true", "TaskIdList", string(list)); !slices.Equal(got, two) {
		t.Errorf("main tasks by their IDs: %v, want %v", got, two)
	}
	apart := append(tasks("RootTask", "false", "TaskId", two[0]), tasks("RootTask", "false", "TaskId", two[1])...)
	if got := tasks("RootTask", "false", "TaskIdList", string(list)); len(got) == 0 || !slices.Equal(got, apart) {
		t.Errorf("%d subtasks of two main tasks, want %d", len(got), len(apart))
	}
	if got := tasks("RootTask", "false", "TaskIdList", string(list), "RootTaskId", two[1]); !slices.Equal(got, tasks("RootTask", "false", "TaskId", two[1])) {
		t.Errorf("with RootTaskId: %d subtasks, want those of that one", len(got))
	}
	if got := tasks("RootTask", "true", "TaskIdList", string(list), "RootTaskId", mains[0]); len(got) > 0 {
		t.Errorf("with another RootTaskId: %v", got)
	}
	cloud.opt.Unknown = []string{"TaskIdList"} // a gateway of last year
	if got := tasks("RootTask", "true", "TaskIdList", string(list)); !slices.Equal(got, mains) {
		t.Errorf("a gateway that does not know the list answers %d, want all %d", len(got), len(mains))
	}
}
