package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
)

// TestACS3KnownAnswer: the worked example of Alibaba Cloud's page is accepted at
// its time, and nothing else with its signature is.
func TestACS3KnownAnswer(t *testing.T) {
	t.Parallel()
	example := func() *http.Request {
		r := httptest.NewRequest(http.MethodPost, "https://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai", http.NoBody)
		for name, value := range map[string]string{
			"x-acs-action":          "RunInstances",
			"x-acs-content-sha256":  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
			"x-acs-date":            "2023-10-26T10:22:32Z",
			"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
			"x-acs-version":         "2014-05-26",
			"Authorization": "ACS3-HMAC-SHA256 Credential=YourAccessKeyId," +
				"SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
				"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
		} {
			r.Header.Set(name, value)
		}
		return r
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		body   string
		code   string
	}{
		"as it is":         {change: func(*http.Request) {}},
		"another host":     {change: func(r *http.Request) { r.Host = "ecs.cn-beijing.aliyuncs.com" }, code: "SignatureDoesNotMatch"},
		"another method":   {change: func(r *http.Request) { r.Method = http.MethodGet }, code: "SignatureDoesNotMatch"},
		"another query":    {change: func(r *http.Request) { r.URL.RawQuery += "&A=1" }, code: "SignatureDoesNotMatch"},
		"another action":   {change: func(r *http.Request) { r.Header.Set("x-acs-action", "StopInstances") }, code: "SignatureDoesNotMatch"},
		"another body":     {change: func(*http.Request) {}, body: "A=1", code: "SignatureDoesNotMatch"},
		"an unsigned mark": {change: func(r *http.Request) { r.Header.Set("x-acs-security-token", "t") }, code: "IncompleteSignature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := New(Options{
				Accounts: []Account{{AccessKeyID: "YourAccessKeyId", AccessKeySecret: "YourAccessKeySecret"}},
				Wall:     func() time.Time { return time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC) },
			})
			r := example()
			c.change(r)
			shown, err := proveACS3(r, []byte(c.body))
			if err == nil {
				_, err = cloud.authenticate(shown)
			}
			if got := codeOf(err); got != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
		})
	}
}

func codeOf(err error) string {
	code, _, _ := strings.Cut(fmt.Sprint(err), ":")
	return strings.Replace(code, "<nil>", "", 1)
}

// acs3Call makes a call that is signed by headers, with some of them as given;
// an empty one is left out.
func acs3Call(t *testing.T, server *httptest.Server, a Account, action string, headers ...string) answer {
	t.Helper()
	return send(t, server, acs3Request(t, server, a, action, headers...))
}

func acs3Request(t *testing.T, server *httptest.Server, a Account, action string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	empty := "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for name, value := range map[string]string{
		"x-acs-action": action, "x-acs-version": operations[action].version, "x-acs-content-sha256": empty,
		"x-acs-date": time.Now().UTC().Format(isoTime), "x-acs-signature-nonce": fmt.Sprint(rand.Uint64()),
	} {
		r.Header.Set(name, value)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	if r.Header.Get("Authorization") == "" {
		signed := []string{"host"}
		for name := range r.Header {
			signed = append(signed, strings.ToLower(name))
		}
		slices.Sort(signed)
		r.Host = strings.TrimPrefix(server.URL, "http://")
		signature := signACS3(a.AccessKeySecret, canonicalRequest(r, url.Values{}, signed, empty))
		r.Header.Set("Authorization", acs3+" Credential="+a.AccessKeyID+",SignedHeaders="+strings.Join(signed, ";")+",Signature="+signature)
	}
	return r
}

func send(t *testing.T, server *httptest.Server, r *http.Request) (a answer) {
	t.Helper()
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	a.status = res.StatusCode
	if a.body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(a.body, &a)
	return a
}

// TestACS3Refusals: each wrong request gets Alibaba's error.
func TestACS3Refusals(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{})
	at := func(d time.Duration) string { return time.Now().UTC().Add(d).Format(isoTime) }
	forged, unknown := first, first
	forged.AccessKeySecret = "wrong"
	unknown.AccessKeyID = "LTAI5tUnknown"
	temporary := Account{AccessKeyID: "STS.NTmade-up", AccessKeySecret: "x"}
	const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
	for _, c := range []struct {
		name    string
		account Account
		headers []string
		status  int
		code    string
	}{
		{"well", first, nil, 200, ""},
		{"no action", first, []string{"x-acs-action", ""}, 400, "MissingAction"},
		{"no version", first, []string{"x-acs-version", ""}, 400, "MissingVersion"},
		{"another version", first, []string{"x-acs-version", "2014-05-26"}, 404, "InvalidVersion"},
		{"unknown action", first, []string{"x-acs-action", "ListTasks"}, 404, "InvalidAction.NotFound"},
		{"no nonce", first, []string{"x-acs-signature-nonce", ""}, 400, "MissingSignatureNonce"},
		{"no time", first, []string{"x-acs-date", ""}, 400, "MissingTimestamp"},
		{"no hash", first, []string{"x-acs-content-sha256", ""}, 400, "MissingContentSha256"},
		{"another hash", first, []string{"x-acs-content-sha256", zeros}, 400, "SignatureDoesNotMatch"},
		{"unknown key", unknown, nil, 404, "InvalidAccessKeyId.NotFound"},
		{"wrong secret", forged, nil, 400, "SignatureDoesNotMatch"},
		{"old", first, []string{"x-acs-date", at(-16 * time.Minute)}, 400, "InvalidTimeStamp.Expired"},
		{"from the future", first, []string{"x-acs-date", at(16 * time.Minute)}, 400, "InvalidTimeStamp.Expired"},
		{"odd time", first, []string{"x-acs-date", "today"}, 400, "InvalidTimeStamp.Format"},
		{"no token", temporary, nil, 400, "MissingSecurityToken"},
		{"made-up token", temporary, []string{"x-acs-security-token", "dG9rZW4="}, 400, "InvalidSecurityToken.Malformed"},
		{"another algorithm", first, []string{"Authorization", "ACS3-HMAC-SM3 Credential=a,SignedHeaders=host,Signature=" + zeros}, 400, "IncompleteSignature"},
		{"half a header", first, []string{"Authorization", acs3 + " Credential=" + first.AccessKeyID}, 400, "IncompleteSignature"},
		{"host not signed", first, []string{"Authorization", acs3 + " Credential=" + first.AccessKeyID + ",SignedHeaders=x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=" + zeros}, 400, "IncompleteSignature"},
		{"time not signed", first, []string{"Authorization", acs3 + " Credential=" + first.AccessKeyID + ",SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-signature-nonce;x-acs-version,Signature=" + zeros}, 400, "IncompleteSignature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := acs3Call(t, server, c.account, "GetCallerIdentity", c.headers...)
			if a.status != c.status || a.Code != c.code {
				t.Errorf("got %d %s (%s), want %d %s", a.status, a.Code, a.Message, c.status, c.code)
			}
			if strings.Contains(string(a.body), "dG9rZW4=") {
				t.Error("the answer shows the token")
			}
		})
	}
}

// TestACS3NonceIsUsedOnce: nor by the other signature.
func TestACS3NonceIsUsedOnce(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{})
	once := acs3Request(t, server, first, "GetCallerIdentity")
	if a := send(t, server, once); a.status != http.StatusOK {
		t.Fatalf("first: %d %s", a.status, a.Code)
	}
	if a := send(t, server, once); a.Code != "SignatureNonceUsed" {
		t.Errorf("second: %d %s", a.status, a.Code)
	}
	if a := get(t, server, signed(first, "GetCallerIdentity", params("SignatureNonce", once.Header.Get("x-acs-signature-nonce")))); a.Code != "SignatureNonceUsed" {
		t.Errorf("by the other signature: %d %s", a.status, a.Code)
	}
}

// newSDK is the client that Alibaba maintains.
func newSDK(t *testing.T, url, id, secret, token string) *openapi.Client {
	t.Helper()
	config := new(utils.Config).
		SetAccessKeyId(id).SetAccessKeySecret(secret).SetRegionId("cn-hangzhou").
		SetEndpoint(strings.TrimPrefix(url, "http://")).SetProtocol("http")
	if token != "" {
		config.SetSecurityToken(token)
	}
	c, err := openapi.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sdkV2Call(t *testing.T, c *openapi.Client, method, action string, pairs ...string) map[string]any {
	t.Helper()
	request := new(utils.OpenApiRequest)
	query, form := map[string]*string{}, map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		if method == http.MethodPost {
			form[pairs[i]] = pairs[i+1]
		} else {
			query[pairs[i]] = &pairs[i+1]
		}
	}
	if request.SetQuery(query); len(form) > 0 {
		request.SetBody(form)
	}
	got, err := c.CallApi(new(utils.Params).
		SetAction(action).SetVersion(operations[action].version).SetProtocol("HTTP").SetPathname("/").SetMethod(method).
		SetAuthType("AK").SetStyle("RPC").SetReqBodyType("formData").SetBodyType("json"), request, new(dara.RuntimeOptions))
	if err != nil {
		t.Fatalf("%s %s: %v", method, action, err)
	}
	return got["body"].(map[string]any)
}

// TestSDKV2 lets Alibaba's maintained client sign: what it sends is accepted,
// with a key and with a token.
func TestSDKV2(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{Fault: func(c Call) (f Fault) {
		if !isACS3(&http.Request{Header: c.Header}) {
			t.Errorf("%s is not signed by headers", c.Action)
		}
		return f
	}})
	own := newSDK(t, server.URL, first.AccessKeyID, first.AccessKeySecret, "")
	for action := range operations {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if id, _ := sdkV2Call(t, own, method, action, calls[action]...)["RequestId"].(string); len(id) != 36 {
				t.Errorf("%s: RequestId %q", action, id)
			}
		}
	}
	body := sdkV2Call(t, own, http.MethodPost, "AssumeRole", "RoleArn", "acs:ram::"+other.ID+":role/reader", "RoleSessionName", "s1")
	key := body["Credentials"].(map[string]any)
	text := func(name string) string { return key[name].(string) }
	assumed := newSDK(t, server.URL, text("AccessKeyId"), text("AccessKeySecret"), text("SecurityToken"))
	if me := sdkV2Call(t, assumed, http.MethodGet, "GetCallerIdentity"); me["Arn"] != "acs:ram::6543210987654321:assumed-role/reader/s1" {
		t.Errorf("identity of the role: %v", me)
	}
}
