package sim

import (
	"encoding/json"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFoundAgrees: what is listed of vulnerabilities, alerts and patches is as many as the
// instances and their patch states count, at any time, with keys of their own.
func TestFoundAgrees(t *testing.T) {
	t.Parallel()
	fleet := NewFleet(FleetOptions{Servers: 120})
	list := func(now time.Time, region, action string, params url.Values) (rows []map[string]any) {
		t.Helper()
		l, err := fleet.List(Query{AccountID: "1234567890123456", Region: region, Action: action, Params: params, Now: now})
		require.NoError(t, err)
		for i := range l.Len() {
			var row map[string]any
			require.NoError(t, json.Unmarshal(l.Append(nil, i), &row))
			rows = append(rows, row)
		}
		return rows
	}
	ids := func(rows []map[string]any, field string) map[string]bool {
		t.Helper()
		seen := map[string]bool{}
		for _, row := range rows {
			text, err := json.Marshal(row[field])
			require.NoError(t, err)
			require.False(t, seen[string(text)], "%s twice", text)
			seen[string(text)] = true
		}
		return seen
	}
	var before map[string]bool
	for _, days := range []int{0, 1, 90} {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, days)
		for _, region := range centres {
			var holes, alerts float64
			for _, s := range list(now, region, "DescribeCloudCenterInstances", nil) {
				holes += s["VulCount"].(float64)
				alerts += s["SafeEventCount"].(float64)
			}
			open := func(kind string) url.Values { return url.Values{"Type": {kind}, "Dealed": {"n"}} }
			found := append(list(now, region, "DescribeVulList", open("cve")), list(now, region, "DescribeVulList", open("sys"))...)
			require.Len(t, found, int(holes))
			seen := ids(found, "PrimaryId")
			require.Empty(t, list(now, region, "DescribeVulList", open("app")))
			require.Empty(t, list(now, region, "DescribeVulList", url.Values{"Type": {"cve"}, "Dealed": {"y"}}))
			events := list(now, region, "DescribeSuspEvents", url.Values{"Dealed": {"N"}})
			require.Len(t, events, int(alerts))
			ids(events, "Id")
			if region == centres[0] {
				if days == 1 { // most stay from one day to the next
					stayed := 0
					for id := range seen {
						if before[id] {
							stayed++
						}
					}
					require.Greater(t, stayed, len(before)*9/10)
				}
				before = seen
			}
		}
		for _, s := range list(now, "cn-hangzhou", "ListInstancePatchStates", nil)[:20] {
			patches := list(now, "cn-hangzhou", "ListInstancePatches", url.Values{"InstanceId": {s["InstanceId"].(string)}})
			ids(patches, "KBId")
			counts := map[string]int{}
			for _, p := range patches {
				counts[p["Status"].(string)]++
			}
			counted := func(field string) int {
				n, err := strconv.Atoi(s[field].(string))
				require.NoError(t, err)
				return n
			}
			require.Equal(t, counted("MissingCount"), counts["Missing"]+counts["Failed"])
			require.Equal(t, counted("FailedCount"), counts["Failed"])
			require.Equal(t, counted("InstalledCount"), counts["Installed"]+counts["InstalledPendingReboot"])
			require.Equal(t, counted("InstalledPendingRebootCount"), counts["InstalledPendingReboot"])
			require.Equal(t, counted("InstalledOtherCount"), counts["InstalledOther"])
			require.Equal(t, counted("InstalledRejectedCount"), counts["InstalledRejected"])
		}
		require.Empty(t, list(now, "cn-hangzhou", "ListInstancePatches", url.Values{"InstanceId": {"i-nobody"}}))
	}
}
