package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// An operation is one API: its parameters, and how it is answered.
type operation struct {
	action, version string
	ramProduct      string   // the part before the action in a RAM policy
	regions         []string // that have an endpoint
	byRegionID      bool     // one machine stands for all endpoints: RegionId decides
	params          []param
	check           func(url.Values) error // of combinations of parameters; nil: all are allowed
	page            pager
	own             func(c *Cloud, req *request, id string) ([]byte, error) // nil: the world answers
	recorded        func(url.Values) Items                                  // if the world has no such action
}

// A param is a request parameter that the operation's page documents. Others are ignored,
// as the gateway ignores them.
type param struct {
	name     string
	kind     kind
	required bool
}

const sas, oos, sts = "2018-12-03", "2019-06-01", "2015-04-01"

// operations are those that a World knows, and those of the gateway itself.
var operations = byAction(
	&operation{
		action: "ListPublishBatch", version: sas, ramProduct: "yundun-sas", regions: centres,
		params: []param{
			{"UpgradeVersion", text, true},
			{"CurrentPage", size, true},
			{"PageSize", size, true},
			{"BatchName", text, false},
		},
		page: byNumber{items: "BatchList"},
	},
	// The real cloud refuses plain HTTP. Tests on the loopback interface may use it.
	&operation{
		action: "ListOperationProcess", version: sas, ramProduct: "yundun-sas", regions: centres,
		params: []param{
			{"CurrentPage", size, false},
			{"PageSize", size, false},
			{"StartTime", long, false},
			{"EndTime", long, false},
			{"TaskIds", texts, false},
			{"StatusCodes", integers, false},
			{"TaskTypes", texts, false},
			{"TaskSources", texts, false},
		},
		page: byNumber{items: "Processes", count: true},
	},
	&operation{
		action: "ListAgentlessTask", version: sas, ramProduct: "yundun-sas", regions: centres,
		params: []param{
			{"CurrentPage", size, false},
			{"PageSize", size, false},
			{"StartTime", long, false},
			{"EndTime", long, false},
			{"TargetType", integer, false},
			{"Status", integer, false},
			{"RootTask", boolean, false},
			{"RootTaskId", text, false},
			{"TaskId", text, false},
			{"TaskIdList", idList, false},
			{"Uuid", text, false},
			{"MachineName", text, false},
			{"TargetName", text, false},
			{"InternetIp", text, false},
			{"IntranetIp", text, false},
			{"Lang", language, false},
		},
		check: checkTasks,
		page:  byNumber{items: "List"},
	},
	&operation{
		action: "DescribeAgentInstallStatus", version: sas, ramProduct: "yundun-sas", regions: centres,
		params: []param{{"Uuids", uuidList, true}, {"Lang", language, false}, {"SourceIp", address, false}},
		page:   unpaged{items: "AegisClientInvokeStatusResponseList"},
	},
	&operation{
		action: "DescribeCloudCenterInstances", version: sas, ramProduct: "yundun-sas", regions: centres,
		params: []param{
			{"CurrentPage", size, false},
			{"PageSize", size, false},
			{"UseNextToken", boolean, false},
			{"NextToken", text, false},
			{"RegionId", text, false}, // filters by the servers' region; it does not select the centre
			{"MachineTypes", machineTypes, false},
			{"Importance", integer, false},
			{"Flags", numbers, false},
			{"Criteria", criteria, false},
			{"LogicalExp", logic, false},
			{"NoGroupTrace", boolean, false}, // about a group that has no server
			{"ResourceDirectoryAccountId", long, false},
			{"Lang", language, false},
		},
		page: byEither{byNumber{items: "Instances", count: true, success: true}},
	},
	&operation{
		action: "GetCurrentVersionPublish", version: sas, ramProduct: "yundun-sas", regions: centres,
		page: single{item: "Data"},
	},
	&operation{
		action: "ListInstancePatchStates", version: oos, ramProduct: "oos", regions: oosRegions, byRegionID: true,
		params: []param{{"MaxResults", size, false}, {"NextToken", text, false}, {"InstanceIds", idList, false}},
		page:   byToken{items: "InstancePatchStates"},
	},
	&operation{
		action: "DescribeRegions", version: oos, ramProduct: "oos", regions: oosRegions, byRegionID: true,
		own: (*Cloud).describeRegions,
	},
	&operation{
		action: "ListAccountsInResourceDirectory", version: sas, ramProduct: "yundun-sas", regions: centres,
		own: (*Cloud).listAccounts,
	},
	&operation{
		action: "AssumeRole", version: sts, ramProduct: "sts",
		params: []param{{"RoleArn", text, true}, {"RoleSessionName", text, true}, {"DurationSeconds", integer, false}},
		own:    (*Cloud).assumeRole,
	},
	// No permission is needed to ask for one's own identity.
	&operation{action: "GetCallerIdentity", version: sts, own: (*Cloud).getCallerIdentity},
)

func byAction(list ...*operation) map[string]*operation {
	m := map[string]*operation{}
	for _, op := range list {
		m[op.action] = op
	}
	return m
}

// findOperation finds the operation that a request names.
func (c *Cloud) findOperation(p url.Values) (*operation, error) {
	for _, name := range []string{"Action", "Version"} {
		if p.Get(name) == "" {
			return nil, missing(name)
		}
	}
	op, ok := c.operations[p.Get("Action")]
	if !ok {
		return nil, &Error{
			Status: http.StatusNotFound, Code: "InvalidAction.NotFound",
			Message: "Specified api is not found, please check your url and method.",
		}
	}
	if op.version != p.Get("Version") {
		return nil, &Error{Status: http.StatusNotFound, Code: "InvalidVersion", Message: "Specified parameter Version is not valid."}
	}
	// The real gateway falls back to XML. No client of this one wants that.
	if !strings.EqualFold(p.Get("Format"), "JSON") {
		return nil, badRequest("InvalidParameter.Format", "Specified parameter Format is not valid: only JSON is answered.")
	}
	return op, nil
}

// checkRegion returns the region of a call: that of the endpoint. One machine stands for
// all endpoints of OOS, so for OOS the RegionId decides. For Security Center it does not
// select the centre.
func (op *operation) checkRegion(endpoint, asked string) (string, error) {
	region := "cn-hangzhou" // the products' default endpoints are there
	switch {
	case endpoint != "":
		region = endpoint
	case op.byRegionID && asked != "":
		region = asked
	}
	if op.regions != nil && !slices.Contains(op.regions, region) {
		return "", &Error{Status: http.StatusNotFound, Code: "InvalidRegionId", Message: "The specified RegionId does not exist."}
	}
	return region, nil
}

// checkParams refuses parameters that the operation's page does not allow.
func (op *operation) checkParams(p url.Values) error {
	for _, q := range op.params {
		value := p.Get(q.name)
		if q.kind == texts || q.kind == integers {
			if !q.kind.takesAll(p, q.name) {
				return badRequest("InvalidParameter", "The specified parameter %s is not valid.", q.name)
			}
			continue
		}
		if value == "" {
			if q.required {
				return missing(q.name)
			}
			continue
		}
		if !q.kind.takes(value) {
			return badRequest("InvalidParameter", "The specified parameter %s is not valid.", q.name)
		}
	}
	if op.check != nil {
		return op.check(p)
	}
	return nil
}

// takes reports whether the operation has a parameter.
func (op *operation) takes(name string) bool {
	return slices.ContainsFunc(op.params, func(q param) bool { return q.name == name })
}

// checkTasks refuses combinations of parameters that ListAgentlessTask does not allow.
func checkTasks(p url.Values) error {
	switch {
	case p.Get("TaskIdList") != "" && p.Get("RootTask") == "":
		return missing("RootTask")
	case p.Get("TaskIdList") != "" && p.Get("TaskId") != "":
		return badRequest("InvalidParameter", "The parameters TaskId and TaskIdList exclude each other.")
	// The page: "to query subtasks of a main task, you must specify this parameter".
	case p.Get("RootTask") == "false" && p.Get("TaskId") == "" && p.Get("RootTaskId") == "" && p.Get("TaskIdList") == "":
		return missing("TaskId")
	}
	return nil
}

// deniedTo reports whether the account may not call the operation.
func (op *operation) deniedTo(a *Account) bool {
	return slices.Contains(a.Deny, op.action) || slices.Contains(a.Deny, op.ramProduct+":"+op.action)
}

func missing(name string) *Error {
	return badRequest("Missing"+name, "%s is mandatory for this action.", name)
}
