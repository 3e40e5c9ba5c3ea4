package sim

import (
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A kind is the type of a parameter's values.
type kind uint8

const (
	text         kind = iota
	integer           // 32 bits
	size              // an integer of 1 or more
	long              // 64 bits
	boolean           // true or false
	uuidList          // up to 100, separated by commas
	idList            // a JSON array of up to 100 strings
	texts             // numbered: TaskIds.1, TaskIds.2…
	integers          // numbered, each of 32 bits
	numbers           // integers, separated by commas
	language          // zh or en
	address           // of the Internet Protocol
	machineTypes      // separated by commas
	criteria          // a JSON array of conditions on servers
	logic             // OR or AND
)

// maxList is the largest number of values in a list parameter. The page of
// ListInstancePatchStates says so for InstanceIds. Nothing is published for Uuids.
const maxList = 100

// takes reports whether a value is valid for a kind that is not numbered.
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
	case numbers:
		return !slices.ContainsFunc(strings.Split(value, ","), func(s string) bool { return !integer.takes(s) })
	case language:
		return value == "zh" || value == "en"
	case address:
		return net.ParseIP(value) != nil
	case machineTypes:
		return !slices.ContainsFunc(strings.Split(value, ","), func(s string) bool {
			return !slices.Contains([]string{"ecs", "cloud_product", "eci", "rund", "runc"}, s)
		})
	case criteria:
		_, ok := readCriteria(value)
		return ok
	case logic:
		return value == "OR" || value == "AND"
	}
	return true
}

// takesAll reports whether a numbered parameter is valid: numbered from 1 without a gap,
// with valid values. If such a list were written like other lists, the cloud would ignore
// it.
func (k kind) takesAll(p url.Values, name string) bool {
	given := 0
	for other := range p {
		if other == name || strings.HasPrefix(other, name+".") {
			given++
		}
	}
	list := numberedValues(p, name)
	return len(list) == given && (k != integers || !slices.ContainsFunc(list, func(s string) bool { return !integer.takes(s) }))
}

// numberedValues returns the values of a numbered parameter: TaskIds.1, TaskIds.2…
func numberedValues(p url.Values, name string) (list []string) {
	for i := 1; p.Has(name + "." + strconv.Itoa(i)); i++ {
		list = append(list, p.Get(name+"."+strconv.Itoa(i)))
	}
	return list
}

// A criterion is one condition of Criteria.
type criterion struct{ Name, Value string }

// searchable are the criteria that can be used here, and the fields that they compare. The
// real cloud knows more.
var searchable = map[string]string{
	"uuid": "Uuid", "instanceId": "InstanceId", "instanceName": "InstanceName", "internetIp": "InternetIp",
	"intranetIp": "IntranetIp", "vpcInstanceId": "VpcInstanceId", "regionId": "RegionId", "os": "Os", "osName": "OsName",
	"status": "Status", "clientStatus": "ClientStatus", "importance": "Importance", "groupId": "GroupId",
	"authVersion": "AuthVersion", "vendor": "Vendor", "flag": "Flag", "riskStatus": "RiskStatus", "vulStatus": "VulStatus",
	"alarmStatus": "AlarmStatus", "hcStatus": "HcStatus", "exposedStatus": "ExposedStatus",
}

// readCriteria reads the criteria that are known here.
func readCriteria(text string) (list []criterion, ok bool) {
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil, false
	}
	return list, !slices.ContainsFunc(list, func(c criterion) bool { return searchable[c.Name] == "" })
}
