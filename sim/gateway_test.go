package sim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestRefusals: each wrong request gets Alibaba's error, in its JSON.
func TestRefusals(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{})
	at := func(d time.Duration) string { return time.Now().UTC().Add(d).Format(isoTime) }
	forged := first
	forged.AccessKeySecret = "wrong"
	unknown := first
	unknown.AccessKeyID = "LTAI5tUnknown"
	for _, c := range []struct {
		name    string
		account Account
		action  string
		params  []string
		status  int
		code    string
	}{
		{"no action", first, "ListAgentlessTask", []string{"Action", ""}, 400, "MissingAction"},
		{"no version", first, "ListAgentlessTask", []string{"Version", ""}, 400, "MissingVersion"},
		{"unknown action", first, "ListAgentlessTask", []string{"Action", "ListTasks"}, 404, "InvalidAction.NotFound"},
		{"another product's version", first, "ListAgentlessTask", []string{"Version", "2019-06-01"}, 404, "InvalidVersion"},
		{"XML", first, "ListAgentlessTask", []string{"Format", "XML"}, 400, "InvalidParameter.Format"},
		{"no format", first, "ListAgentlessTask", []string{"Format", ""}, 400, "InvalidParameter.Format"},
		{"no key", first, "ListAgentlessTask", []string{"AccessKeyId", ""}, 400, "MissingAccessKeyId"},
		{"no nonce", first, "ListAgentlessTask", []string{"SignatureNonce", ""}, 400, "MissingSignatureNonce"},
		{"no time", first, "ListAgentlessTask", []string{"Timestamp", ""}, 400, "MissingTimestamp"},
		{"unknown key", unknown, "ListAgentlessTask", nil, 404, "InvalidAccessKeyId.NotFound"},
		{"wrong secret", forged, "ListAgentlessTask", nil, 400, "SignatureDoesNotMatch"},
		{"wrong signature", first, "ListAgentlessTask", []string{"Signature", "c2lnbmF0dXJl"}, 400, "SignatureDoesNotMatch"},
		{"another method", first, "ListAgentlessTask", []string{"SignatureMethod", "HMAC-MD5"}, 400, "InvalidParameter.SignatureMethod"},
		{"old", first, "ListAgentlessTask", []string{"Timestamp", at(-16 * time.Minute)}, 400, "InvalidTimeStamp.Expired"},
		{"from the future", first, "ListAgentlessTask", []string{"Timestamp", at(16 * time.Minute)}, 400, "InvalidTimeStamp.Expired"},
		{"odd time", first, "ListAgentlessTask", []string{"Timestamp", "today"}, 400, "InvalidTimeStamp.Format"},
		{"no region of OOS", first, "ListInstancePatchStates", []string{"RegionId", "mars-1"}, 404, "InvalidRegionId"},
		{"no version to list", first, "ListPublishBatch", []string{"CurrentPage", "1", "PageSize", "20"}, 400, "MissingUpgradeVersion"},
		{"no page", first, "ListPublishBatch", []string{"UpgradeVersion", "1", "PageSize", "20"}, 400, "MissingCurrentPage"},
		{"no page size", first, "ListPublishBatch", []string{"UpgradeVersion", "1", "CurrentPage", "1"}, 400, "MissingPageSize"},
		{"no servers", first, "DescribeAgentInstallStatus", nil, 400, "MissingUuids"},
		{"too many servers", first, "DescribeAgentInstallStatus", []string{"Uuids", strings.Repeat("u,", 100) + "u"}, 400, "InvalidParameter"},
		{"a page of words", first, "ListAgentlessTask", []string{"CurrentPage", "one"}, 400, "InvalidParameter"},
		{"page 0", first, "ListAgentlessTask", []string{"CurrentPage", "0"}, 400, "InvalidParameter"},
		{"32 bits", first, "ListAgentlessTask", []string{"PageSize", "4294967296"}, 400, "InvalidParameter"},
		{"boolean", first, "ListAgentlessTask", []string{"RootTask", "yes"}, 400, "InvalidParameter"},
		{"subtasks of nothing", first, "ListAgentlessTask", []string{"RootTask", "false"}, 400, "MissingTaskId"},
		{"a list without RootTask", first, "ListAgentlessTask", []string{"TaskIdList", `["a"]`}, 400, "MissingRootTask"},
		{"a list and a task", first, "ListAgentlessTask", []string{"TaskIdList", `["a"]`, "TaskId", "a", "RootTask", "true"}, 400, "InvalidParameter"},
		{"a list that is none", first, "ListAgentlessTask", []string{"TaskIdList", "a,b", "RootTask", "true"}, 400, "InvalidParameter"},
		{"a list of 101", first, "ListAgentlessTask", []string{"TaskIdList", `["a"` + strings.Repeat(`,"a"`, 100) + `]`, "RootTask", "true"}, 400, "InvalidParameter"},
		{"a language", first, "ListAgentlessTask", []string{"Lang", "de"}, 400, "InvalidParameter"},
		{"tasks in one", first, "ListOperationProcess", []string{"TaskIds", `["a"]`}, 400, "InvalidParameter"},
		{"tasks from 0", first, "ListOperationProcess", []string{"TaskIds.0", "a"}, 400, "InvalidParameter"},
		{"states in words", first, "ListOperationProcess", []string{"StatusCodes.1", "done"}, 400, "InvalidParameter"},
		{"an address", first, "DescribeAgentInstallStatus", []string{"Uuids", "u", "SourceIp", "here"}, 400, "InvalidParameter"},
		{"machines", first, "DescribeCloudCenterInstances", []string{"MachineTypes", "tractor"}, 400, "InvalidParameter"},
		{"criteria", first, "DescribeCloudCenterInstances", []string{"Criteria", `[{"name":"colour","value":"red"}]`}, 400, "InvalidParameter"},
		{"logic", first, "DescribeCloudCenterInstances", []string{"LogicalExp", "XOR"}, 400, "InvalidParameter"},
		{"flags", first, "DescribeCloudCenterInstances", []string{"Flags", "a"}, 400, "InvalidParameter"},
		{"a member that is none", first, "DescribeCloudCenterInstances", []string{"ResourceDirectoryAccountId", "1"}, 403, "RdCheckNoPermission"},
		{"instance IDs", first, "ListInstancePatchStates", []string{"InstanceIds", "i-1,i-2"}, 400, "InvalidParameter"},
		{"made-up token", first, "ListInstancePatchStates", []string{"NextToken", "AAAAAAAAAAAA"}, 400, "InvalidParameter.NextToken"},
		{"denied", other, "ListAgentlessTask", nil, 403, "NoPermission"},
		{"no such role", first, "AssumeRole", []string{"RoleArn", "acs:ram::1111111111111111:role/r", "RoleSessionName", "s"}, 404, "EntityNotExist.Role"},
		{"no role", first, "AssumeRole", []string{"RoleArn", "r", "RoleSessionName", "s"}, 400, "InvalidParameter.RoleArn"},
		{"two hours of a role of one", first, "AssumeRole", []string{"RoleArn", "acs:ram::" + other.ID + ":role/r", "RoleSessionName", "s", "DurationSeconds", "7200"}, 400, "InvalidParameter.DurationSeconds"},
		{"a minute's role", first, "AssumeRole", []string{"RoleArn", "acs:ram::" + other.ID + ":role/r", "RoleSessionName", "s", "DurationSeconds", "60"}, 400, "InvalidParameter.DurationSeconds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := get(t, server, signed(c.account, c.action, params(c.params...)))
			if a.status != c.status || a.Code != c.code {
				t.Errorf("got %d %s (%s), want %d %s", a.status, a.Code, a.Message, c.status, c.code)
			}
			var members map[string]string
			if err := json.Unmarshal(a.body, &members); err != nil || len(members) != 5 || members["HostId"] == "" || members["Message"] == "" || len(a.RequestId) != 36 {
				t.Errorf("not an error of the gateway: %s", a.body)
			}
		})
	}
}

func TestNonceIsUsedOnce(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{})
	query := signed(first, "GetCallerIdentity", nil)
	if a := get(t, server, query); a.status != http.StatusOK {
		t.Fatalf("first: %d %s", a.status, a.Code)
	}
	if a := get(t, server, query); a.Code != "SignatureNonceUsed" {
		t.Errorf("second: %d %s", a.status, a.Code)
	}
	// Another key may use the same nonce.
	if a := get(t, server, signed(other, "GetCallerIdentity", params("SignatureNonce", query.Get("SignatureNonce")))); a.status != http.StatusOK {
		t.Errorf("another key: %d %s", a.status, a.Code)
	}
}

func TestNoncesAreBounded(t *testing.T) {
	t.Parallel()
	var n nonces
	for i := range 3 * maxNonces {
		if !n.fresh("key", time.Duration(i).String(), noon) {
			t.Fatalf("nonce %d is not fresh", i)
		}
	}
	if len(n.recent) > maxNonces || len(n.older) > maxNonces {
		t.Errorf("%d and %d are held", len(n.recent), len(n.older))
	}
	if !n.fresh("key", "a", noon) || n.fresh("key", "a", noon.Add(window)) {
		t.Error("a nonce is forgotten too early")
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	wall := time.Now()
	_, server := setup(t, Options{Wall: func() time.Time { return wall }})
	a := call(t, server, "AssumeRole", "RoleArn", "acs:ram::"+other.ID+":role/r", "RoleSessionName", "s", "DurationSeconds", "900")
	var got struct {
		Credentials struct{ AccessKeyId, AccessKeySecret, SecurityToken, Expiration string }
	}
	if err := json.Unmarshal(a.body, &got); err != nil {
		t.Fatal(err)
	}
	role := Account{AccessKeyID: got.Credentials.AccessKeyId, AccessKeySecret: got.Credentials.AccessKeySecret}
	token := got.Credentials.SecurityToken
	if want := wall.Add(15 * time.Minute).UTC().Format(isoTime); got.Credentials.Expiration != want {
		t.Errorf("expires at %s, want %s", got.Credentials.Expiration, want)
	}
	another := Account{AccessKeyID: "STS.NTanother", AccessKeySecret: "x"}
	check := func(name string, key Account, token, code string) {
		t.Helper()
		p := params("SecurityToken", token, "Timestamp", wall.UTC().Format(isoTime))
		if a := get(t, server, signed(key, "GetCallerIdentity", p)); a.Code != code {
			t.Errorf("%s: %q (%s), want %q", name, a.Code, a.Message, code)
		} else if strings.Contains(string(a.body), token) && token != "" {
			t.Errorf("%s: the answer shows the token", name)
		}
	}
	check("good", role, token, "")
	check("none", role, "", "MissingSecurityToken")
	check("malformed", role, "A"+token[1:], "InvalidSecurityToken.Malformed")
	check("another key's", another, token, "InvalidSecurityToken.MismatchWithAccessKey")
	check("wrong secret", Account{AccessKeyID: role.AccessKeyID, AccessKeySecret: "x"}, token, "SignatureDoesNotMatch")
	if p := params("SecurityToken", token); get(t, server, signed(role, "ListAgentlessTask", p)).Code != "NoPermission" {
		t.Error("a role may do what its account may not")
	}
	wall = wall.Add(15 * time.Minute)
	check("expired", role, token, "InvalidSecurityToken.Expired")
}

func TestRate(t *testing.T) {
	t.Parallel()
	wall := time.Now().Truncate(time.Second).Add(300 * time.Millisecond)
	cloud, server := setup(t, Options{Rate: 3, ThrottleStatus: 429, RetryAfter: true, Wall: func() time.Time { return wall }})
	abroad := httptest.NewServer(Endpoint("ap-southeast-1", cloud))
	t.Cleanup(abroad.Close)
	for i := range 5 {
		a := call(t, server, "GetCurrentVersionPublish")
		if want := i >= 3; (a.Code == "Throttling.User") != want || (a.status == 429) != want {
			t.Errorf("call %d: %d %s", i, a.status, a.Code)
		}
		if i >= 3 && (a.header.Get("x-acs-retry-after") != "700" || !strings.Contains(a.header.Get("x-ratelimit-user-api"), "TimeLeft:700")) {
			t.Errorf("call %d may be made again in: %v", i, a.header)
		}
	}
	// The count is per account, region and API.
	for _, a := range []answer{
		call(t, server, "ListOperationProcess"),
		call(t, abroad, "GetCurrentVersionPublish"),
		get(t, server, signed(other, "GetCurrentVersionPublish", nil)),
	} {
		if a.status != http.StatusOK {
			t.Errorf("another's calls: %s", a.Code)
		}
	}
	wall = wall.Add(time.Second)
	if a := call(t, server, "GetCurrentVersionPublish"); a.status != http.StatusOK {
		t.Errorf("a second later: %s", a.Code)
	}
}
