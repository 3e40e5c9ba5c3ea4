package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"syncer/source"
)

// TestShapes compares answers with the recorded pages, which are the examples on the API
// pages: every field of the example is answered, with the same JSON type.
func TestShapes(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{})
	version := member(string(call(t, server, "GetCurrentVersionPublish").body), "Data")
	var uuids []string
	for _, item := range call(t, server, "DescribeCloudCenterInstances", "PageSize", "100").items(t) {
		uuids = append(uuids, member(item, "Uuid"))
	}
	more := map[string][]string{
		"ListPublishBatch":           {"UpgradeVersion", member(version, "UpgradeVersion"), "CurrentPage", "1", "PageSize", "20"},
		"DescribeAgentInstallStatus": {"Uuids", strings.Join(uuids, ",")},
		"ListAgentlessTask":          {"PageSize", "100"},
	}
	for _, s := range source.All {
		action := s.API.Action
		if operations[action] == nil || s.Name == source.CloudCenterInstances.Name {
			continue // its answers are made of the page itself; or TestInstanceShape looks at it
		}
		want, got := shape(t, source.Page(s.Name)), shape(t, call(t, server, action, more[action]...).body)
		for path := range want {
			if !got[path] {
				t.Errorf("%s has no %s, but %v", action, path, slices.Sorted(maps.Keys(got)))
			}
		}
	}
}

// TestInstanceShape: the fields that Alibaba's metadata lists, for which there is
// no page at hand.
func TestInstanceShape(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{})
	got := shape(t, call(t, server, "DescribeCloudCenterInstances", "PageSize", "100").body)
	for kind, names := range map[string]string{
		"string": `AlarmStatus AssetType AssetTypeName AuthVersionName ClientStatus ClientSubStatus ClusterId ClusterName
			CpuInfo EdrAuthVersion FlagName FreeType GroupTrace HasContainer HcStatus InstanceId InstanceName InternetIp IntranetIp Ip IpListString
			Kernel MacListString Os OsName Region RegionId RegionName RiskCount RiskStatus Status Tag TagId Uuid VendorName
			VpcInstanceId VulStatus`,
		"float64": `AuthModifyTime AuthVersion Cores CreatedTime ExposedStatus Flag GroupId HealthCheckCount Importance
			LastLoginTimestamp Mem PodCount PostPaidFlag SafeEventCount Vendor VulCount`,
		"bool": "Bind",
	} {
		for _, name := range strings.Fields(names) {
			if path := ".Instances[]." + name + " " + kind; !got[path] {
				t.Errorf("no %s", path)
			}
		}
	}
	for _, path := range []string{".Success bool", ".PageInfo.TotalCount float64", ".PageInfo.Count float64"} {
		if !got[path] {
			t.Errorf("no %s", path)
		}
	}
}

// shape is the set of paths in a JSON text, each with its type.
func shape(t *testing.T, text []byte) map[string]bool {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	paths := map[string]bool{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				walk(path+"."+name, member)
			}
		case []any:
			for _, element := range v {
				walk(path+"[]", element)
			}
		default:
			paths[fmt.Sprintf("%s %T", path, v)] = true
		}
	}
	walk("", v)
	return paths
}
