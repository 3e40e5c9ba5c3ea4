package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// An operation is one API of the cloud: how it is asked and how it answers.
type operation struct {
	action, version string
	ramProduct      string   // before the action in a RAM policy
	regions         []string // with an endpoint
	params          []param
	page            pager
	sts             func(c *Cloud, req *request, id string) ([]byte, error) // nil: the world answers
}

// A param is a request parameter that is checked. Others are ignored, as the
// gateway ignores them.
type param struct {
	name     string
	kind     kind
	required bool
}

type kind uint8

const (
	text     kind = iota
	integer       // 32 bits
	size          // an integer of 1 or more
	long          // 64 bits
	boolean       // true or false
	uuidList      // up to 100, separated by commas
	idList        // a JSON array of up to 100 strings
)

// maxList is how many values a list parameter takes. The page of
// ListInstancePatchStates says so of InstanceIds; nothing is published for Uuids.
const maxList = 100

const sas, oos, sts = "2018-12-03", "2019-06-01", "2015-04-01"

var operations = byAction(
	&operation{
		action: "ListPublishBatch", version: sas, ramProduct: "yundun-sas", regions: centres,
		params: []param{{"UpgradeVersion", text, true}, {"CurrentPage", size, true}, {"PageSize", size, true}},
		page:   byNumber{items: "BatchList"},
	},
	// The real one refuses plain HTTP, which a test on the loopback may speak.
	&operation{
		action: "ListOperationProcess", version: sas, ramProduct: "yundun-sas", regions: centres,
		params: []param{{"CurrentPage", size, false}, {"PageSize", size, false}, {"StartTime", long, false}, {"EndTime", long, false}},
		page:   byNumber{items: "Processes", count: true},
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
		},
		page: byNumber{items: "List"},
	},
	&operation{
		action: "DescribeAgentInstallStatus", version: sas, ramProduct: "yundun-sas", regions: centres,
		params: []param{{"Uuids", uuidList, true}},
		page:   unpaged{items: "AegisClientInvokeStatusResponseList"},
	},
	&operation{
		action: "DescribeCloudCenterInstances", version: sas, ramProduct: "yundun-sas", regions: centres,
		params: []param{{"CurrentPage", size, false}, {"PageSize", size, false}, {"UseNextToken", boolean, false}},
		page:   byEither{byNumber{items: "Instances", count: true, success: true}},
	},
	&operation{
		action: "GetCurrentVersionPublish", version: sas, ramProduct: "yundun-sas", regions: centres,
		page: single{item: "Data"},
	},
	&operation{
		action: "ListInstancePatchStates", version: oos, ramProduct: "oos", regions: oosRegions,
		params: []param{{"MaxResults", size, false}, {"InstanceIds", idList, false}},
		page:   byToken{items: "InstancePatchStates"},
	},
	&operation{
		action: "AssumeRole", version: sts, ramProduct: "sts",
		params: []param{{"RoleArn", text, true}, {"RoleSessionName", text, true}, {"DurationSeconds", integer, false}},
		sts:    (*Cloud).assumeRole,
	},
	// No permission is needed to ask who one is.
	&operation{action: "GetCallerIdentity", version: sts, sts: (*Cloud).getCallerIdentity},
)

func byAction(list ...*operation) map[string]*operation {
	m := map[string]*operation{}
	for _, op := range list {
		m[op.action] = op
	}
	return m
}

// findOperation finds what a request asks for.
func findOperation(p url.Values) (*operation, error) {
	for _, name := range []string{"Action", "Version"} {
		if p.Get(name) == "" {
			return nil, missing(name)
		}
	}
	op, ok := operations[p.Get("Action")]
	if !ok {
		return nil, &Error{
			Status: http.StatusNotFound, Code: "InvalidAction.NotFound",
			Message: "Specified api is not found, please check your url and method.",
		}
	}
	if op.version != p.Get("Version") {
		return nil, &Error{Status: http.StatusNotFound, Code: "InvalidVersion", Message: "Specified parameter Version is not valid."}
	}
	// The real gateway falls back to XML, which no client of this one wants.
	if !strings.EqualFold(p.Get("Format"), "JSON") {
		return nil, badRequest("InvalidParameter.Format", "Specified parameter Format is not valid: only JSON is answered.")
	}
	return op, nil
}

// checkRegion is the region that a call is made in: that of the endpoint. One
// machine stands for all endpoints of OOS, so there the RegionId tells what the
// endpoint does not. To Security Center it says nothing of whom to ask.
func (op *operation) checkRegion(endpoint, asked string) (string, error) {
	region := "cn-hangzhou" // where the products' default endpoints are
	switch {
	case endpoint != "":
		region = endpoint
	case op.version == oos && asked != "":
		region = asked
	}
	if op.regions != nil && !slices.Contains(op.regions, region) {
		return "", &Error{Status: http.StatusNotFound, Code: "InvalidRegionId", Message: "The specified RegionId does not exist."}
	}
	return region, nil
}

// checkParams refuses what the operation's page does not allow.
func (op *operation) checkParams(p url.Values) error {
	for _, q := range op.params {
		value := p.Get(q.name)
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
	// The page: "to query subtasks of a main task, you must specify this parameter".
	if op.action == "ListAgentlessTask" && p.Get("RootTask") == "false" && p.Get("TaskId") == "" && p.Get("RootTaskId") == "" {
		return missing("TaskId")
	}
	return nil
}

func (k kind) takes(value string) bool {
	switch k {
	case integer, size:
		n, err := strconv.ParseInt(value, 10, 32)
		return err == nil && (k == integer || n > 0)
	case long:
		_, err := strconv.ParseInt(value, 10, 64)
		return err == nil
	case boolean:
		return value == "true" || value == "false"
	case uuidList:
		return strings.Count(value, ",") < maxList
	case idList:
		ids, err := jsonList(value)
		return err == nil && len(ids) <= maxList
	}
	return true
}

// deniedTo says whether the account may not call the operation.
func (op *operation) deniedTo(a *Account) bool {
	return slices.Contains(a.Deny, op.action) || slices.Contains(a.Deny, op.ramProduct+":"+op.action)
}

func missing(name string) *Error {
	return badRequest("Missing"+name, "%s is mandatory for this action.", name)
}
