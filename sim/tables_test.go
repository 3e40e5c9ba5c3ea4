package sim

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestTablesFilter(t *testing.T) {
	t.Parallel()
	var world Tables
	set := func(action string, items ...any) { world.Set(first.ID, "cn-hangzhou", action, items...) }
	set("ListAgentlessTask",
		`{"TaskId":"m1","StartTime":100,"Status":2}`,
		map[string]any{"TaskId": "m2", "StartTime": "200", "Status": 1, "RootTask": true},
		map[string]any{"TaskId": "s1", "RootTaskId": "m1", "Uuid": "u1", "InstanceName": "web-1"},
		json.RawMessage(`{"RootTask":false,"RootTaskId":"m1","TaskId":"s2","StartTime":null}`),
	)
	set("ListOperationProcess",
		`{"TaskId":"a\n","CreateTime":100,"EndTime":150,"StatusCode":2,"TaskType":"CHECK_ALL"}`,
		`{"TaskId":"b","CreateTime":200,"EndTime":0,"StatusCode":1,"TaskType":"CHECK_ITEM"}`,
		`{"TaskId":"c","CreateTime":300,"StatusCode":0,"TaskType":"CHECK_ITEM"}`,
	)
	set("ListPublishBatch", `{"BatchId":1,"Version":"1"}`, `{"BatchId":2,"Version":"2","BatchName":"Batch 2"}`)
	set("DescribeAgentInstallStatus", `{"Uuid":"u1"}`, `{"Uuid":"u2"}`, `{"Uuid":"u3"}`)
	set("ListInstancePatchStates", `{"InstanceId":"i-1"}`, `{"InstanceId":"i-2"}`)
	_, server := setup(t, Options{World: &world, FullPages: true})

	for _, c := range []struct {
		action, params, field, want string
	}{
		{"ListAgentlessTask", "", "TaskId", "m1 m2"},
		{"ListAgentlessTask", "RootTask true", "TaskId", "m1 m2"},
		{"ListAgentlessTask", "RootTask true StartTime 150", "TaskId", "m2"},
		{"ListAgentlessTask", "RootTask true EndTime 150", "TaskId", "m1"},
		{"ListAgentlessTask", "RootTask true Status 1", "TaskId", "m2"},
		{"ListAgentlessTask", "RootTask true TaskId m1", "TaskId", "m1"},
		{"ListAgentlessTask", "RootTask false TaskId m1", "TaskId", "s1 s2"},
		{"ListAgentlessTask", "RootTask false RootTaskId m1 MachineName web", "TaskId", "s1"},
		{"ListAgentlessTask", "RootTask false TaskId m2", "TaskId", ""},
		{"ListOperationProcess", "", "TaskId", "a b c"},
		{"ListOperationProcess", "StartTime 200", "TaskId", "b c"},
		{"ListOperationProcess", "EndTime 1000", "TaskId", "a"},
		{"ListOperationProcess", "TaskTypes.1 CHECK_ITEM StatusCodes.1 0 StatusCodes.2 2", "TaskId", "c"},
		{"ListOperationProcess", "TaskIds.1 a TaskIds.2 c", "TaskId", "a c"},
		{"ListPublishBatch", "UpgradeVersion 2 CurrentPage 1 PageSize 9", "BatchId", "2"},
		{"ListPublishBatch", "UpgradeVersion 3 CurrentPage 1 PageSize 9", "BatchId", ""},
		{"DescribeAgentInstallStatus", "Uuids u3,u1,u9", "Uuid", "u1 u3"},
		{"ListInstancePatchStates", `InstanceIds ["i-2","i-9"]`, "InstanceId", "i-2"},
		{"ListInstancePatchStates", "RegionId cn-shanghai", "InstanceId", ""},
	} {
		var got []string
		for _, item := range call(t, server, c.action, strings.Fields(c.params)...).items(t) {
			var members map[string]json.RawMessage
			if err := json.Unmarshal([]byte(item), &members); err != nil {
				t.Fatal(err)
			}
			if members["RootTask"] != nil || members["RootTaskId"] != nil {
				t.Errorf("%s shows its books: %s", c.action, item)
			}
			got = append(got, plain(members[c.field]))
		}
		if !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s %s: got %v, want %s", c.action, c.params, got, c.want)
		}
	}
}

// TestTablesKeepTheText: what a test sets is sent to the letter.
func TestTablesKeepTheText(t *testing.T) {
	t.Parallel()
	var world Tables
	item := `{"b": 1.50, "a": "é\u0000", "a": null}`
	world.Set(first.ID, "cn-hangzhou", "DescribeCloudCenterInstances", item)
	_, server := setup(t, Options{World: &world})
	if got := call(t, server, "DescribeCloudCenterInstances").items(t); !slices.Equal(got, []string{item}) {
		t.Errorf("got %s", got)
	}
}
