package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
)

// A standIn is a cloud with three operations that syncer has no declaration of. It was
// written after their metadata alone, and knows nothing of syncer.
type standIn struct {
	mu        sync.Mutex
	instances []map[string]any // ECS DescribeInstances: paged by number, nested
	baselines []map[string]any // OOS ListPatchBaselines: paged by tokens
	edition   map[string]any   // Security Center DescribeVersionConfig: one object, in the root
}

func (c *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = r.ParseForm()
	number := func(name string, otherwise int) int {
		n, err := strconv.Atoi(r.Form.Get(name))
		if err != nil {
			return otherwise
		}
		return n
	}
	var answer map[string]any
	switch r.Form.Get("Action") + " " + r.Form.Get("Version") {
	case "GetCallerIdentity 2015-04-01":
		answer = map[string]any{"AccountId": "1234567890123456", "Arn": "acs:ram::1234567890123456:user/reader"}
	case "DescribeInstances 2014-05-26":
		if r.Form.Get("RegionId") == "" {
			w.WriteHeader(http.StatusBadRequest)
			answer = map[string]any{"Code": "MissingParameter", "Message": "The input parameter RegionId that is mandatory for processing this request is not supplied."}
			break
		}
		page, size := number("PageNumber", 1), min(number("PageSize", 10), 100)
		from := min((page-1)*size, len(c.instances))
		answer = map[string]any{
			"TotalCount": len(c.instances), "PageNumber": page, "PageSize": size,
			"Instances": map[string]any{"Instance": c.instances[from:min(from+size, len(c.instances))]},
		}
	case "ListPatchBaselines 2019-06-01":
		from, size := number("NextToken", 0), min(number("MaxResults", 50), 2)
		answer = map[string]any{"MaxResults": size, "PatchBaselines": c.baselines[from:min(from+size, len(c.baselines))]}
		if from+size < len(c.baselines) {
			answer["NextToken"] = strconv.Itoa(from + size)
		}
	case "DescribeVersionConfig 2018-12-03":
		answer = maps.Clone(c.edition)
	default:
		w.WriteHeader(http.StatusNotFound)
		answer = map[string]any{"Code": "InvalidAction.NotFound", "Message": "Specified api is not found, please check your url and method."}
	}
	answer["RequestId"] = "8A3F8C2B-0000-4D5E-8A00-000000000001"
	_ = json.NewEncoder(w).Encode(answer)
}

func (c *standIn) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func instance(id, name, status, vpc string, tags ...string) map[string]any {
	list := []map[string]string{}
	for _, tag := range tags {
		list = append(list, map[string]string{"TagKey": tag, "TagValue": "yes"})
	}
	return map[string]any{
		"InstanceId": id, "InstanceName": name, "Status": status, "Cpu": 4, "Memory": 16384, "IoOptimized": true,
		"CreationTime": "2026-03-01T02:03Z", "RegionId": "cn-hangzhou", "VpcAttributes": map[string]any{
			"VpcId": vpc, "VSwitchId": "vsw-1", "NatIpAddress": "", "PrivateIpAddress": map[string]any{"IpAddress": []string{"10.0.0.1"}},
		},
		"PublicIpAddress": map[string]any{"IpAddress": []string{}}, "Tags": map[string]any{"Tag": list}, "Cluster": "",
	}
}

// TestNewAPIs: three operations that nobody has declared become tables with exact history,
// by what new drafts of their metadata, as it is.
func TestNewAPIs(t *testing.T) {
	t.Parallel()
	cloud := &standIn{edition: map[string]any{"HighestVersion": 3, "AgentlessCapacity": 10, "InstanceId": "sas-1", "IsPostpay": false}}
	for i := range 230 {
		cloud.instances = append(cloud.instances, instance(fmt.Sprintf("i-%03d", i), fmt.Sprintf("web-%d", i), "Running", "vpc-1", "env"))
	}
	for i := range 5 {
		cloud.baselines = append(cloud.baselines, map[string]any{"Id": fmt.Sprintf("pb-%d", i), "Name": fmt.Sprintf("baseline %d", i), "IsDefault": i == 0})
	}
	server := httptest.NewServer(cloud)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	config := filepath.Join(dir, "schedule.yaml")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sources"), 0o755))
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `catalogue: ./sources
server: {listen: off}
accounts:
  - name: production
    credentials: {type: access_key, access_key_id: key, access_key_secret: secret}
    security_center_regions: [cn-hangzhou]
    endpoints: {sas: %[1]q, oos: %[1]q, sts: %[1]q, ecs: %[1]q}
`, server.URL), 0o600))
	env := map[string]string{"DATABASE_URL": migrated.URL(t)}
	run := func(want int, args ...string) string {
		t.Helper()
		code, stdout, stderr := call(t, t.Context(), env, append(args, "--config", config)...)
		require.Equal(t, want, code, stdout+stderr)
		t.Logf("$ syncer %s\n%s", args, stdout)
		return stdout
	}
	const metadata = "../../source/draft/testdata/"
	names := []string{"instances", "patch_baselines", "version_configs"}
	for i, args := range [][]string{
		{"Ecs", "DescribeInstances", "--version", "2014-05-26", "--metadata", metadata + "ecs-DescribeInstances.json"},
		{"oos", "ListPatchBaselines", "--metadata", metadata + "oos-ListPatchBaselines.json"},
		{"sas", "DescribeVersionConfig", "--metadata", metadata + "sas-DescribeVersionConfig.json"},
	} {
		file := filepath.Join(dir, "sources", names[i]+".yaml")
		require.NoError(t, os.WriteFile(file, []byte(run(exitOK, append([]string{"sources", "new"}, args...)...)), 0o600))
		require.Contains(t, run(exitOK, "sources", "try", file, "--wait", "0s"), "The declaration can be used.")
	}
	run(exitOK, "migrate", "up")
	db, err := pgx.Connect(t.Context(), env["DATABASE_URL"])
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close(context.Background()) })

	// At each moment the views showed what the cloud had then.
	shown := map[string]string{
		"instances":       "SELECT coalesce(string_agg(concat_ws('/', instance_id, instance_name, status, vpc_id, tags::text, extra::text), ' ' ORDER BY instance_id), '') FROM alicloud.instances",
		"patch_baselines": "SELECT coalesce(string_agg(concat_ws('/', id, name, is_default), ' ' ORDER BY id), '') FROM alicloud.patch_baselines",
		"version_configs": "SELECT concat_ws('/', highest_version, agentless_capacity, instance_id, is_postpay) FROM alicloud.version_configs",
	}
	var moments []time.Time
	var then []map[string]string
	sync := func(changes ...func()) {
		t.Helper()
		for _, f := range changes {
			cloud.change(f)
		}
		run(exitOK, append([]string{"sync"}, names...)...)
		moments = append(moments, one[time.Time](t, db, "SELECT clock_timestamp()"))
		showed := map[string]string{}
		for name, sql := range shown {
			showed[name] = one[string](t, db, sql)
		}
		then = append(then, showed)
	}
	sync()
	require.Equal(t, 230, one[int](t, db, "SELECT count(*) FROM alicloud.instances"))
	require.Equal(t, `i-000/web-0/Running/vpc-1/[{"TagKey": "env", "TagValue": "yes"}]/{"Cluster": "", "VpcAttributes": {"PrivateIpAddress": {"IpAddress": ["10.0.0.1"]}}}`,
		one[string](t, db, "SELECT concat_ws('/', instance_id, instance_name, status, vpc_id, tags::text, extra::text) FROM alicloud.instances ORDER BY instance_id LIMIT 1"))
	require.Equal(t, "running", one[string](t, db, "SELECT DISTINCT status_label FROM alicloud.instances"))
	require.Equal(t, "2026-03-01 02:03:00+00", one[string](t, db, "SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::text || '+00' FROM alicloud.instances"))
	require.Equal(t, "3/10/sas-1/f", then[0]["version_configs"])
	sync()
	sync(func() {
		cloud.instances[7] = instance("i-007", "web-7", "Stopped", "vpc-2")
		cloud.instances = slices.Delete(cloud.instances, 9, 10)
		cloud.baselines = append(cloud.baselines[1:], map[string]any{"Id": "pb-9", "Name": "new", "IsDefault": true})
		cloud.edition["HighestVersion"] = 7
	})
	sync(func() {
		cloud.instances = append(cloud.instances, instance("i-009", "web-9", "Running", "vpc-1", "env"))
	})
	for i, at := range moments {
		for name, sql := range shown {
			asOf := sql + "_as_of('" + at.Format(time.RFC3339Nano) + "')"
			require.Equal(t, then[i][name], one[string](t, db, asOf), "%s after sync %d", name, i+1)
		}
	}
	require.Equal(t, 232, one[int](t, db, "SELECT count(*) FROM alicloud.instances_history"), "one changed, one ended and came back")
	require.Equal(t, 2, one[int](t, db, "SELECT count(*) FROM alicloud.version_configs_history"))
	require.Contains(t, run(exitOK, "changes", "--since", "1h", "--source", "instances", "--kind", "changed"), `status: "Running" → "Stopped"`)
	require.Contains(t, run(exitFailed, "status"), "instances")
}
