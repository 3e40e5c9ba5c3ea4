package fetch

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"syncer/sim"
)

var signatures = []string{"hmac-sha1", "acs3"}

// TestACS3KnownAnswer is the worked example of Alibaba Cloud's page on the signature.
func TestACS3KnownAnswer(t *testing.T) {
	t.Parallel()
	r, err := requestACS3(t.Context(), Call{
		Version: "2014-05-26", Action: "RunInstances", Region: "cn-shanghai",
		Params: map[string]string{"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"},
	}, endpoint{"https", "ecs.cn-shanghai.aliyuncs.com"}, keys{id: "YourAccessKeyId", secret: "YourAccessKeySecret"},
		time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC), "3156853299f313e23d1673dc12e1703d")
	require.NoError(t, err)
	require.Equal(t, "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"+
		"SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"+
		"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0", r.Header.Get("Authorization"))
}

// gateway is the simulated cloud, which verifies signatures. Any role of the
// second account may be assumed.
func gateway(t *testing.T) (url string) {
	t.Helper()
	cloud := httptest.NewServer(sim.New(sim.Options{
		Accounts: []sim.Account{
			{ID: "1234567890123456", Name: "reader", AccessKeyID: testID, AccessKeySecret: testSecret},
			{ID: "6543210987654321", Name: "other", AccessKeyID: "another", AccessKeySecret: "another"},
		},
		World: sim.NewFleet(sim.FleetOptions{Seed: 1, Servers: 20}),
	}))
	t.Cleanup(cloud.Close)
	return cloud.URL
}

// TestSignaturesOfAllCredentials: by either signature, the gateway takes calls
// for what the credentials are.
func TestSignaturesOfAllCredentials(t *testing.T) {
	at := gateway(t)
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", testID)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", testSecret)
	require.NoError(t, os.Mkdir(filepath.Join(home, ".aliyun"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".aliyun", "config.json"), fmt.Appendf(nil,
		`{"current":"p","profiles":[{"name":"p","mode":"AK","access_key_id":%q,"access_key_secret":%q}]}`, testID, testSecret), 0o600))

	const role = "acs:ram::6543210987654321:role/reader"
	own := Credentials{Type: "access_key", AccessKeyID: testID, AccessKeySecret: testSecret}
	newClient := func(a Account) *Client {
		a.Endpoints = map[string]string{"sas": at, "oos": at, "sts": at}
		client, err := NewClient(a, quick)
		require.NoError(t, err)
		t.Cleanup(client.Close)
		return client
	}
	handed, err := newClient(Account{Credentials: own}).Call(t.Context(), Call{
		Product: "Sts", Version: "2015-04-01", Action: "AssumeRole", Params: map[string]string{"RoleArn": role, "RoleSessionName": "s"},
	})
	require.NoError(t, err)
	temporary := gjson.GetBytes(handed, "Credentials")
	keyServer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, temporary.Raw) }))
	t.Cleanup(keyServer.Close)

	for _, c := range []struct {
		account Account
		arn     string
	}{
		{Account{Credentials: own}, "acs:ram::1234567890123456:user/reader"},
		{Account{Credentials: Credentials{Type: "default"}}, "acs:ram::1234567890123456:user/reader"},
		{Account{Credentials: Credentials{Type: "profile"}}, "acs:ram::1234567890123456:user/reader"},
		{Account{Credentials: Credentials{
			Type: "sts", AccessKeyID: temporary.Get("AccessKeyId").String(),
			AccessKeySecret: temporary.Get("AccessKeySecret").String(), SecurityToken: temporary.Get("SecurityToken").String(),
		}}, "acs:ram::6543210987654321:assumed-role/reader/s"},
		{Account{Credentials: Credentials{Type: "uri", URI: keyServer.URL}}, "acs:ram::6543210987654321:assumed-role/reader/s"},
		{Account{Credentials: Credentials{
			Type: "ram_role_arn", AccessKeyID: testID, AccessKeySecret: testSecret, RoleARN: role, RoleSessionName: "n",
		}}, "acs:ram::6543210987654321:assumed-role/reader/n"},
		{Account{Credentials: own, AssumeRole: role}, "acs:ram::6543210987654321:assumed-role/reader/syncer"},
	} {
		for _, signature := range signatures {
			t.Run(fmt.Sprintf("%v %s %s", c.account.Credentials, c.account.AssumeRole, signature), func(t *testing.T) {
				c.account.Signature = signature
				client := newClient(c.account)
				body, err := client.Call(t.Context(), Call{Product: "Sts", Version: "2015-04-01", Action: "GetCallerIdentity", Region: stsRegion})
				require.NoError(t, err)
				var who struct{ Arn string }
				require.NoError(t, json.Unmarshal(body, &who))
				require.Equal(t, c.arn, who.Arn)
				for _, call := range []Call{
					{Product: "Sas", Version: "2018-12-03", Action: "GetCurrentVersionPublish"},
					{Product: "Sas", Version: "2018-12-03", Action: "ListPublishBatch", Params: map[string]string{"UpgradeVersion": "1", "CurrentPage": "1", "PageSize": "2"}},
					{Product: "Sas", Version: "2018-12-03", Action: "DescribeCloudCenterInstances"},
					{Product: "Sas", Version: "2018-12-03", Action: "DescribeAgentInstallStatus", Params: map[string]string{"Uuids": strings.Repeat("inet-eae014a7,", 90)}},
					{Product: "oos", Version: "2019-06-01", Action: "ListInstancePatchStates"},
					{Product: "Sas", Version: "2018-12-03", Action: "ListAgentlessTask", Params: map[string]string{"RootTask": "true"}},
					{Product: "Sas", Version: "2018-12-03", Action: "ListOperationProcess"},
				} {
					call.Region = "cn-hangzhou"
					_, err := client.Call(t.Context(), call)
					require.NoError(t, err)
				}
			})
		}
	}
}

// TestSignaturesLaw: whatever the values of parameters are, the gateway finds
// them signed.
func TestSignaturesLaw(t *testing.T) {
	t.Parallel()
	at := gateway(t)
	for _, signature := range signatures {
		client, err := NewClient(Account{
			Signature:   signature,
			Credentials: Credentials{Type: "access_key", AccessKeyID: testID, AccessKeySecret: testSecret},
			Endpoints:   map[string]string{"sas": at},
		}, quick)
		require.NoError(t, err)
		t.Cleanup(client.Close)
		rapid.Check(t, func(t *rapid.T) {
			call := aCall
			call.Params = rapid.MapOf(
				rapid.SampledFrom([]string{"TargetName", "TaskId", "RootTaskId", "MachineName", "machineName", "X-1"}),
				rapid.OneOf(rapid.String(), rapid.StringN(longParam, 2*longParam, -1), rapid.SampledFrom([]string{"", " ", "a b+c*d~e%7E/é&=\r\n"})),
			).Draw(t, "params")
			_, err := client.Call(context.Background(), call)
			require.NoError(t, err)
		})
	}
}

func TestUnknownSignature(t *testing.T) {
	t.Parallel()
	_, err := NewClient(Account{Name: "a", Signature: "acs4"}, Options{})
	require.EqualError(t, err, `account "a": signature "acs4" is neither hmac-sha1 nor acs3`)
}
