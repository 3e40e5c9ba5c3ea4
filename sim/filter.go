package sim

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A rule says which items match a request parameter.
type rule struct {
	param, field string
	fits         func(asked []string, have string) bool
}

// rules are the filters of each action, as its page describes them. A field need not be in
// the answer: RootTask and RootTaskId of a task are not.
var rules = map[string][]rule{
	"ListPublishBatch": {
		{"UpgradeVersion", "Version", oneOf}, {"BatchName", "BatchName", contains},
	},
	"ListOperationProcess": {
		{"TaskTypes", "TaskType", oneOf},
		{"StatusCodes", "StatusCode", oneOf},
		{"TaskIds", "TaskId", oneOf},
		{"TaskSources", "TaskSource", oneOf},
		// StartTime filters by the time of creation, and EndTime by the time of completion,
		// which a running task does not have.
		{"StartTime", "CreateTime", notBefore},
		{"EndTime", "EndTime", notAfter},
	},
	"ListAgentlessTask": {
		{"RootTask", "RootTask", oneOf},
		{"TaskId", "RootTaskId", oneOf},
		{"TaskIdList", "RootTaskId", oneOf},
		{"RootTaskId", "RootTaskId", oneOf},
		{"StartTime", "StartTime", notBefore},
		{"EndTime", "StartTime", notAfter},
		{"Status", "Status", oneOf},
		{"TargetType", "TargetType", oneOf},
		{"Uuid", "Uuid", oneOf},
		{"MachineName", "InstanceName", contains},
		{"TargetName", "TargetName", contains},
		{"InternetIp", "InternetIp", oneOf},
		{"IntranetIp", "IntranetIp", oneOf},
	},
	"DescribeAgentInstallStatus": {{"Uuids", "Uuid", oneOf}},
	"DescribeCloudCenterInstances": {
		{"RegionId", "RegionId", oneOf},
		{"Importance", "Importance", oneOf},
		{"Flags", "Flag", oneOf},
	},
	"ListInstancePatchStates": {{"InstanceIds", "InstanceId", oneOf}},
}

// A filter is what one request asks for. An item matches if it meets all conditions and, if
// there are alternatives, one of them.
type filter struct {
	all, any []condition
	nothing  bool // no item matches
}

type condition struct {
	rule
	asked []string
}

func newFilter(q Query) (f filter) {
	for _, r := range rules[q.Action] {
		asked := values(q.Params, r.param)
		if r.param == "RootTask" && len(asked) == 0 {
			asked = []string{"true"} // without the parameter, the answer has main tasks
		}
		if len(asked) > 0 {
			f.all = append(f.all, condition{r, asked})
		}
	}
	if q.Action != "DescribeCloudCenterInstances" {
		return f
	}
	// All assets here are servers.
	if types := q.Params.Get("MachineTypes"); types != "" && !slices.Contains(strings.Split(types, ","), "ecs") {
		f.nothing = true
	}
	list, _ := readCriteria(q.Params.Get("Criteria"))
	for _, c := range list {
		fits := oneOf
		if strings.HasSuffix(c.Name, "Name") {
			fits = contains
		}
		f.any = append(f.any, condition{rule{"Criteria", searchable[c.Name], fits}, []string{c.Value}})
	}
	if q.Params.Get("LogicalExp") == "AND" {
		f.all, f.any = append(f.all, f.any...), nil
	}
	return f
}

// keepsAll reports whether the filter matches everything.
func (f filter) keepsAll() bool { return len(f.all) == 0 && len(f.any) == 0 && !f.nothing }

// keeps reports whether an item matches. field returns an item's field as text, or an empty
// text if it is missing.
func (f filter) keeps(field func(name string) string) bool {
	fits := func(c condition) bool { return c.fits(c.asked, field(c.field)) }
	return !f.nothing &&
		!slices.ContainsFunc(f.all, func(c condition) bool { return !fits(c) }) &&
		(len(f.any) == 0 || slices.ContainsFunc(f.any, fits))
}

// without returns the filter without its conditions on the named fields. The caller has
// checked these itself.
func (f filter) without(fields ...string) filter {
	f.all = slices.DeleteFunc(slices.Clone(f.all), func(c condition) bool { return slices.Contains(fields, c.field) })
	return f
}

func oneOf(asked []string, have string) bool {
	return have != "" && slices.Contains(asked, strings.TrimSpace(have))
}

func contains(asked []string, have string) bool { return strings.Contains(have, asked[0]) }

func notBefore(asked []string, have string) bool {
	return have != "" && number(have) >= number(asked[0])
}

// notAfter is false for a time that has not come: 0 or missing.
func notAfter(asked []string, have string) bool {
	return number(have) > 0 && number(have) <= number(asked[0])
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // parameters are checked; an item's odd value fits nothing
	return n
}

// values returns all values of a parameter: one alone, several separated by commas (Uuids),
// a JSON array (InstanceIds), or a numbered list of the RPC style (TaskIds.1, TaskIds.2…).
func values(p url.Values, name string) []string {
	v := p.Get(name)
	switch {
	case v == "":
		return numberedValues(p, name)
	case v[0] == '[':
		list, _ := jsonList(v) // if it is malformed, nothing matches
		return append(list, "")
	case name == "Uuids", name == "Flags":
		return strings.Split(v, ",")
	}
	return []string{v}
}

func jsonList(s string) (list []string, err error) {
	err = json.Unmarshal([]byte(s), &list)
	return list, err
}
