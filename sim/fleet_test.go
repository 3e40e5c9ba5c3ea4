package sim

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// ask is one listing of a fleet, as whole items.
func ask(tb testing.TB, w World, action, region string, at time.Time, pairs ...string) []string {
	tb.Helper()
	list, err := w.List(Query{AccountID: first.ID, Region: region, Action: action, Params: params(pairs...), Now: at, Call: 7})
	if err != nil {
		tb.Fatal(err)
	}
	items := make([]string, list.Len())
	for i := range items {
		items[i] = string(list.Append(nil, i))
		if !json.Valid([]byte(items[i])) {
			tb.Fatalf("%s: %s", action, items[i])
		}
	}
	return items
}

// A census holds the items of each action by their key.
type census map[string]map[string]string

var keys = map[string]string{
	"DescribeCloudCenterInstances": "Uuid", "ListInstancePatchStates": "InstanceId", "DescribeAgentInstallStatus": "Uuid",
	"GetCurrentVersionPublish": "", "ListPublishBatch": "BatchId", "ListAgentlessTask": "TaskId", "ListOperationProcess": "TaskId",
}

// count asks all there is to ask in an account, as a client would who follows up
// on what the answers name.
func count(tb testing.TB, w World, at time.Time) census {
	tb.Helper()
	c := census{}
	add := func(action, region string, pairs ...string) (ids []string) {
		if c[action] == nil {
			c[action] = map[string]string{}
		}
		for _, item := range ask(tb, w, action, region, at, pairs...) {
			id := region
			if keys[action] != "" {
				id = member(item, keys[action])
			}
			if _, twice := c[action][id]; twice {
				tb.Fatalf("%s: %s is listed twice", action, id)
			}
			c[action][id] = item
			ids = append(ids, id)
		}
		return ids
	}
	for _, region := range centres {
		servers := add("DescribeCloudCenterInstances", region)
		for batch := range slices.Chunk(servers, 100) {
			add("DescribeAgentInstallStatus", region, "Uuids", strings.Join(batch, ","))
		}
		add("GetCurrentVersionPublish", region)
		versions := map[string]bool{}
		for d := range 100 { // whoever has listened for long knows older versions
			item := ask(tb, w, "GetCurrentVersionPublish", region, at.AddDate(0, 0, -d))[0]
			versions[member(item, "UpgradeVersion")] = true
		}
		for v := range versions {
			add("ListPublishBatch", region, "UpgradeVersion", v)
		}
		for _, task := range add("ListAgentlessTask", region, "RootTask", "true") {
			add("ListAgentlessTask", region, "RootTask", "false", "TaskId", task)
		}
		add("ListOperationProcess", region)
	}
	for _, region := range oosRegions {
		add("ListInstancePatchStates", region)
	}
	return c
}

// member is a member of an item, as text.
func member(item, name string) string {
	_, rest, _ := strings.Cut(item, `"`+name+`":`)
	var value json.RawMessage
	_ = json.NewDecoder(strings.NewReader(rest)).Decode(&value) // none: empty
	return plain(value)
}

// varying is what no two answers have in common, and moments.
var varying = regexp.MustCompile(`"(LastLoginTimestamp|ReportDownloadUrl|OperationStartTime|OperationEndTime)":("[^"]*"|[0-9]+)`)

func TestFleetIsAFunction(t *testing.T) {
	t.Parallel()
	o := FleetOptions{Seed: 3, Servers: 120}
	a, b := count(t, NewFleet(o), noon), count(t, NewFleet(o), noon)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("the same seed tells two stories")
	}
	o.Seed++
	if fmt.Sprint(a) == fmt.Sprint(count(t, NewFleet(o), noon)) {
		t.Error("two seeds tell the same story")
	}
}

// TestCallsDiffer: only the last login and the signed link differ between two
// calls at one moment.
func TestCallsDiffer(t *testing.T) {
	t.Parallel()
	fleet := NewFleet(FleetOptions{Servers: 50})
	for action, field := range map[string]string{"DescribeCloudCenterInstances": "LastLoginTimestamp", "ListAgentlessTask": "ReportDownloadUrl"} {
		differ := 0
		items := func(call int64) (out []string) {
			list, err := fleet.List(Query{AccountID: first.ID, Region: "cn-hangzhou", Action: action, Params: url.Values{}, Now: noon, Call: call})
			if err != nil {
				t.Fatal(err)
			}
			for i := range list.Len() {
				out = append(out, string(list.Append(nil, i)))
			}
			return out
		}
		one, two := items(1), items(2)
		for i := range one {
			if member(one[i], field) != member(two[i], field) {
				differ++
			}
			if varying.ReplaceAllString(one[i], "") != varying.ReplaceAllString(two[i], "") {
				t.Errorf("%s\n%s", one[i], two[i])
			}
		}
		if differ < len(one)*3/4 {
			t.Errorf("%s: %d of %d differ", field, differ, len(one))
		}
	}
}

func TestFleetSize(t *testing.T) {
	t.Parallel()
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, n := range []int{1, 7, 20, 1000, 3_000_000} {
		fleet := NewFleet(FleetOptions{Servers: n})
		size := func(at time.Time) (total int) {
			for _, region := range centres {
				list, _ := fleet.List(Query{AccountID: first.ID, Region: region, Action: "DescribeCloudCenterInstances", Now: at})
				total += list.Len()
			}
			return total
		}
		if got := size(epoch); got != n {
			t.Errorf("%d servers at the epoch, want %d", got, n)
		}
		for d, last := -30, 0; d < 365; d++ {
			now := size(epoch.AddDate(0, 0, d))
			if now < last {
				t.Errorf("%d servers become %d", last, now)
			}
			last = now
		}
		if got := size(epoch.AddDate(0, 0, 100)); got < n+n/11 || got > n+n/9+len(places) {
			t.Errorf("%d servers are %d after 100 days", n, got)
		}
	}
}

// TestFleetLives: over a month rows open, change and end in each listing, and
// not too many at a time.
func TestFleetLives(t *testing.T) {
	t.Parallel()
	fleet := NewFleet(FleetOptions{Seed: 5, Servers: 250, Keep: 20 * 24 * time.Hour})
	opened, changed, ended, rows := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	night := noon.Add(8 * time.Hour) // in China, when the daily check runs
	facts := func(at time.Time) census {
		c := count(t, fleet, at)
		for _, items := range c {
			for id, item := range items {
				items[id] = varying.ReplaceAllString(item, "")
			}
		}
		return c
	}
	before := facts(night)
	const days = 30
	for d := 1; d <= days; d++ {
		now := facts(night.AddDate(0, 0, d))
		for action := range keys {
			for id, item := range now[action] {
				rows[action]++
				was, stood := before[action][id]
				switch {
				case !stood:
					opened[action]++
				case was != item:
					changed[action]++
				}
			}
			for id := range before[action] {
				if _, stands := now[action][id]; !stands {
					ended[action]++
				}
			}
		}
		before = now
	}
	for action := range keys {
		if changed[action] == 0 || action != "GetCurrentVersionPublish" && (opened[action] == 0 || ended[action] == 0) {
			t.Errorf("%s: %d opened, %d changed, %d ended", action, opened[action], changed[action], ended[action])
		}
		t.Logf("%-28s a day: %5d rows, %6.1f opened, %6.1f changed, %6.1f ended", action, rows[action]/days,
			float64(opened[action])/days, float64(changed[action])/days, float64(ended[action])/days)
	}
	for _, action := range []string{"DescribeCloudCenterInstances", "ListInstancePatchStates"} {
		if share := float64(changed[action]) / float64(rows[action]); share < 0.01 || share > 0.06 {
			t.Errorf("%s: %.1f %% of the rows change in a day", action, 100*share)
		}
		if share := float64(opened[action]+ended[action]) / float64(rows[action]); share < 0.002 || share > 0.03 {
			t.Errorf("%s: %.1f %% of the rows come or go in a day", action, 100*share)
		}
	}
}

// TestOneServerOneName: Security Center and OOS mean the same by an instance ID,
// and what scans and installations are about are servers.
func TestOneServerOneName(t *testing.T) {
	t.Parallel()
	c := count(t, NewFleet(FleetOptions{Seed: 2, Servers: 400}), noon)
	region := map[string]string{}
	for _, item := range c["DescribeCloudCenterInstances"] {
		region[member(item, "InstanceId")] = member(item, "RegionId")
	}
	if len(region) != len(c["DescribeCloudCenterInstances"]) {
		t.Error("two servers share an instance ID")
	}
	for id := range c["ListInstancePatchStates"] {
		if region[id] == "" {
			t.Errorf("OOS knows %s, Security Center does not", id)
		}
	}
	if n := len(c["ListInstancePatchStates"]); n < 300 {
		t.Errorf("only %d servers are managed", n)
	}
	for id := range c["DescribeAgentInstallStatus"] {
		if c["DescribeCloudCenterInstances"][id] == "" {
			t.Errorf("an agent is installed on %s, which is no server", id)
		}
	}
}

// TestFind: find returns the server of a UUID, and only while it exists.
func TestFind(t *testing.T) {
	t.Parallel()
	fleet := NewFleet(FleetOptions{Servers: 5_000_000})
	v := &view{Fleet: fleet, account: fleet.seed, now: millis(noon.UnixMilli())}
	for i := range 1000 {
		n := i * 4000
		s := v.inServiceAt("cn-hangzhou", n%v.inService("cn-hangzhou", v.now), v.now)
		id := s.uuid()
		if got, ok := v.find(id, v.now); !ok || got != s {
			t.Fatalf("%s leads to %+v, not %+v", id, got, s)
		}
		if got, ok := v.find(id, v.now-2000*day); ok && got.nth != s.nth {
			t.Errorf("%s stood before it was made", id)
		}
		for _, wrong := range []string{"0" + id[1:], "f" + id[1:], id[:35] + "x", id[:35], id + "0", ""} {
			if _, ok := v.find(wrong, v.now); ok && wrong != id {
				t.Errorf("%q is found", wrong)
			}
		}
	}
}

// TestFleetIsPlausible counts what a reader of the tables would look for.
func TestFleetIsPlausible(t *testing.T) {
	t.Parallel()
	c := count(t, NewFleet(FleetOptions{Seed: 9, Servers: 3000}), noon)
	for _, want := range []struct {
		action, pattern string
		least, most     float64 // share of rows
	}{
		{"DescribeCloudCenterInstances", `"ClientStatus":"online"`, 0.85, 0.99},
		{"DescribeCloudCenterInstances", `"ClientSubStatus":"offline"`, 0.001, 0.03},
		{"DescribeCloudCenterInstances", `"ClientSubStatus":"uninstalled"`, 0.002, 0.04},
		{"DescribeCloudCenterInstances", `"Status":"notRunning"`, 0.0005, 0.02},
		{"DescribeCloudCenterInstances", `"Vendor":[12],`, 0.03, 0.05},
		{"DescribeCloudCenterInstances", `"VulStatus":"YES"`, 0.5, 0.7},
		{"DescribeCloudCenterInstances", `"AlarmStatus":"YES"`, 0.02, 0.1},
		{"DescribeCloudCenterInstances", `"Os":"windows"`, 0.08, 0.16},
		{"ListInstancePatchStates", `"MissingCount":"0"`, 0.6, 0.95},
		{"ListInstancePatchStates", `"FailedCount":"[1-9]`, 0.002, 0.05},
		{"ListInstancePatchStates", `"InstalledPendingRebootCount":"[1-9]`, 0.002, 0.1},
		{"ListInstancePatchStates", `"PatchGroup":"null"`, 0.5, 0.7},
		{"DescribeAgentInstallStatus", `"Result":1`, 0.5, 0.95},
		{"DescribeAgentInstallStatus", `"Result":2`, 0.03, 0.4},
		{"DescribeAgentInstallStatus", `\\n"`, 0.5, 1},
		{"ListAgentlessTask", `"Status":2`, 0.9, 0.98},
		{"ListAgentlessTask", `"Status":3`, 0.01, 0.07},
		{"ListAgentlessTask", `"ProgressByProject":"\\"`, 0.15, 0.25},
		{"ListAgentlessTask", `"MeasureSpace":\d+\.\d`, 0.8, 1},
		{"ListAgentlessTask", `Signature=`, 0.9, 1},
		{"ListOperationProcess", `\\n"`, 0.15, 0.4},
		{"ListOperationProcess", `"StatusCode":2`, 0.9, 1},
		{"ListPublishBatch", `"BatchNo":2147483647`, 0.2, 0.34},
	} {
		n, pattern := 0, regexp.MustCompile(want.pattern)
		for _, item := range c[want.action] {
			if pattern.MatchString(item) {
				n++
			}
		}
		if share := float64(n) / float64(len(c[want.action])); share < want.least || share > want.most {
			t.Errorf("%s %s: %.2f %% of %d", want.action, want.pattern, 100*share, len(c[want.action]))
		}
	}
}

// TestStoriesRunForward: within a task, a release or a check, no later answer
// takes back what an earlier one said.
func TestStoriesRunForward(t *testing.T) {
	t.Parallel()
	fleet := NewFleet(FleetOptions{Seed: 4, Servers: 200, Keep: 15 * 24 * time.Hour})
	version := member(ask(t, fleet, "GetCurrentVersionPublish", "cn-hangzhou", noon.AddDate(0, 0, 12))[0], "UpgradeVersion")
	seen := map[string]string{} // of each status, what came before it
	for _, c := range []struct{ action, key, status, progress string }{
		{"ListAgentlessTask", "TaskId", "Status", ""},
		{"ListOperationProcess", "TaskId", "StatusCode", "FinishCount"},
		{"ListPublishBatch", "BatchId", "Status", "BatchProcess"},
	} {
		last := map[string]string{}
		for h := range 24 * 20 * 4 {
			at := noon.Add(time.Duration(h) * 15 * time.Minute)
			recent := fmt.Sprint(at.AddDate(0, 0, -1).UnixMilli())
			for _, item := range ask(t, fleet, c.action, "cn-hangzhou", at, "StartTime", recent, "UpgradeVersion", version) {
				id, status := member(item, c.key), member(item, c.status)
				if was := last[id]; was != "" {
					before := member(was, c.status)
					if before != status {
						seen[c.action+" "+before+status] = item
					}
					if c.progress != "" && number(member(item, c.progress)) < number(member(was, c.progress)) {
						t.Errorf("%s\nbecame\n%s", was, item)
					}
				}
				last[id] = item
			}
		}
	}
	for _, want := range []string{
		"ListAgentlessTask 12", "ListOperationProcess 01", "ListOperationProcess 12",
		"ListPublishBatch 01", "ListPublishBatch 12", "ListPublishBatch 04", "ListPublishBatch 42",
	} {
		if seen[want] == "" {
			t.Errorf("%s is never seen", want)
		}
		delete(seen, want)
	}
	for step, item := range seen {
		if !slices.Contains([]string{
			"ListAgentlessTask 13", "ListAgentlessTask 14", "ListOperationProcess 02", "ListOperationProcess 13",
			"ListPublishBatch 13", "ListPublishBatch 31", "ListPublishBatch 43", "ListPublishBatch 34",
		}, step) {
			t.Errorf("%s: %s", step, item)
		}
	}
}
