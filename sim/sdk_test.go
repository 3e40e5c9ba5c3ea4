package sim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// calls are good calls of every operation.
var calls = map[string][]string{
	"GetCallerIdentity":            nil,
	"AssumeRole":                   {"RoleArn", "acs:ram::6543210987654321:role/reader", "RoleSessionName", "a b*c~d+é/"},
	"GetCurrentVersionPublish":     nil,
	"ListPublishBatch":             {"UpgradeVersion", "12.10.9", "CurrentPage", "1", "PageSize", "10"},
	"ListOperationProcess":         {"CurrentPage", "1"},
	"ListAgentlessTask":            {"RootTask", "true", "TargetName", "*~' +&=%/é"},
	"DescribeAgentInstallStatus":   {"Uuids", "a,b"},
	"DescribeCloudCenterInstances": {"UseNextToken", "true", "Criteria", `[{"name":"riskStatus","value":"YES"}]`},
	"ListInstancePatchStates":      {"MaxResults", "10"},
}

// sdkCall makes a call as Alibaba's own SDK does.
func sdkCall(t *testing.T, client *sdk.Client, server *httptest.Server, method, action string, pairs ...string) map[string]any {
	t.Helper()
	r := requests.NewCommonRequest()
	r.Method, r.Scheme, r.Domain = method, "http", strings.TrimPrefix(server.URL, "http://")
	r.Version, r.ApiName = operations[action].version, action
	for i := 0; i < len(pairs); i += 2 {
		if method == http.MethodPost {
			r.FormParams[pairs[i]] = pairs[i+1]
		} else {
			r.QueryParams[pairs[i]] = pairs[i+1]
		}
	}
	res, err := client.ProcessCommonRequest(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, action, err)
	}
	var body map[string]any
	if err := json.Unmarshal(res.GetHttpContentBytes(), &body); err != nil {
		t.Fatal(err)
	}
	return body
}

// TestSDK lets the real SDK sign: what it sends is accepted.
func TestSDK(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{})
	client, err := sdk.NewClientWithAccessKey("cn-hangzhou", first.AccessKeyID, first.AccessKeySecret)
	if err != nil {
		t.Fatal(err)
	}
	requestIDs := map[any]bool{}
	for action := range operations {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			body := sdkCall(t, client, server, method, action, calls[action]...)
			id, _ := body["RequestId"].(string)
			if !regexp.MustCompile(`^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`).MatchString(id) || requestIDs[id] {
				t.Errorf("%s: RequestId %q", action, id)
			}
			requestIDs[id] = true
		}
	}
}

// TestAssumeRole enters another account, with the SDK's own handling of tokens.
func TestAssumeRole(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{})
	client, err := sdk.NewClientWithAccessKey("cn-hangzhou", first.AccessKeyID, first.AccessKeySecret)
	if err != nil {
		t.Fatal(err)
	}
	me := sdkCall(t, client, server, http.MethodPost, "GetCallerIdentity")
	if me["AccountId"] != first.ID || me["IdentityType"] != "RAMUser" || me["Arn"] != "acs:ram::1234567890123456:user/production" {
		t.Errorf("identity of the key: %v", me)
	}

	body := sdkCall(t, client, server, http.MethodPost, "AssumeRole", "RoleArn", "acs:ram::"+other.ID+":role/reader", "RoleSessionName", "s1")
	key := body["Credentials"].(map[string]any)
	text := func(name string) string { return key[name].(string) }
	if !strings.HasPrefix(text("AccessKeyId"), "STS.") {
		t.Errorf("temporary key %s", text("AccessKeyId"))
	}
	assumed, err := sdk.NewClientWithStsToken("cn-hangzhou", text("AccessKeyId"), text("AccessKeySecret"), text("SecurityToken"))
	if err != nil {
		t.Fatal(err)
	}
	me = sdkCall(t, assumed, server, http.MethodGet, "GetCallerIdentity")
	if me["AccountId"] != other.ID || me["IdentityType"] != "AssumedRoleUser" || me["Arn"] != "acs:ram::6543210987654321:assumed-role/reader/s1" {
		t.Errorf("identity of the role: %v", me)
	}
}
