package fetch

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"syncer/source"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The secrets of the tests, none of which may show in any error.
const (
	testID     = "LTAI5tPlantedKeyId000001"
	testSecret = "planted+secret/000002="
	testToken  = "CAIS+planted/token/000003=="
)

// A cloud answers signed calls at a real listener.
type cloud struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	calls  []url.Values // the parameters of each, in order of arrival
	nonces map[string]bool
	secret map[string]string // by access key ID
	ahead  time.Duration     // of this machine's clock
}

// newCloud starts a cloud. n counts the calls from 1.
func newCloud(t *testing.T, answer func(w http.ResponseWriter, q url.Values, n int)) *cloud {
	t.Helper()
	c := &cloud{t: t, nonces: map[string]bool{}, secret: map[string]string{testID: testSecret}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Errorf("parameters: %v", err)
		}
		c.mu.Lock()
		c.calls = append(c.calls, r.Form)
		n := len(c.calls)
		c.check(r)
		c.mu.Unlock()
		answer(w, r.Form, n)
	}))
	t.Cleanup(c.Close)
	return c
}

// check verifies a call's signature, after Alibaba's description of RPC calls,
// and that its nonce is new.
func (c *cloud) check(r *http.Request) {
	percent := strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~")
	encode := func(s string) string { return percent.Replace(url.QueryEscape(s)) }
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(r.Form)) {
		if name != "Signature" {
			pairs = append(pairs, encode(name)+"="+encode(r.Form.Get(name)))
		}
	}
	mac := hmac.New(sha1.New, []byte(c.secret[r.Form.Get("AccessKeyId")]+"&"))
	mac.Write([]byte(r.Method + "&%2F&" + encode(strings.Join(pairs, "&"))))
	if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Form.Get("Signature") != want {
		c.t.Errorf("signature is %q, not %q", r.Form.Get("Signature"), want)
	}
	if nonce := r.Form.Get("SignatureNonce"); nonce == "" || c.nonces[nonce] {
		c.t.Errorf("nonce %q is not new", nonce)
	} else {
		c.nonces[nonce] = true
	}
	if sent, err := time.Parse("2006-01-02T15:04:05Z", r.Form.Get("Timestamp")); err != nil || time.Since(sent).Abs() > time.Minute && time.Since(sent.Add(-c.ahead)).Abs() > time.Minute {
		c.t.Errorf("timestamp is %q", r.Form.Get("Timestamp"))
	}
	if format := r.Form.Get("Format"); format != "JSON" {
		c.t.Errorf("format is %q", format)
	}
}

func (c *cloud) asked() []url.Values {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

func (c *cloud) account() Account {
	return Account{
		Name:        "production",
		Credentials: Credentials{Type: "access_key", AccessKeyID: testID, AccessKeySecret: testSecret},
		Endpoints:   map[string]string{"sas": c.URL, "oos": c.URL, "sts": c.URL},
	}
}

var quick = Options{BaseWait: time.Millisecond, MaxWait: 20 * time.Millisecond, CallsPerSecond: 10_000, Timeout: time.Minute}

func (c *cloud) client(change ...func(*Account, *Options)) *Client {
	c.t.Helper()
	a, o := c.account(), quick
	for _, f := range change {
		f(&a, &o)
	}
	client, err := NewClient(a, o)
	require.NoError(c.t, err)
	c.t.Cleanup(client.Close)
	return client
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"RequestId":"REQ-1","HostId":"h","Code":%q,"Message":%q}`, code, message)
}

func write(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

var aCall = Call{Product: "Sas", Version: "2018-12-03", Action: "ListAgentlessTask", Region: "cn-hangzhou"}

// A recorder is a sink that keeps what it was given. Its key is the first column.
type recorder struct {
	rows     []source.Row
	keys     map[string]bool
	restarts int
	fail     error
}

func (r *recorder) Restart(context.Context) error {
	r.rows, r.keys = nil, nil
	r.restarts++
	return nil
}

func (r *recorder) Page(_ context.Context, rows []source.Row) (int, error) {
	fresh := 0
	for _, row := range rows {
		if r.keys == nil {
			r.keys = map[string]bool{}
		}
		if key := fmt.Sprint(row[0]); !r.keys[key] {
			r.keys[key] = true
			fresh++
		}
		r.rows = append(r.rows, slices.Clone(row))
	}
	return fresh, r.fail
}
