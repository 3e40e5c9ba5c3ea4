package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	first = Account{ID: "1234567890123456", Name: "production", AccessKeyID: "LTAI5tFirst", AccessKeySecret: "first-secret", Manages: true}
	other = Account{ID: "6543210987654321", Name: "staging", AccessKeyID: "LTAI5tSecond", AccessKeySecret: "second-secret", Deny: []string{"yundun-sas:ListAgentlessTask"}}
	noon  = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
)

// setup serves a cloud of two accounts and a fleet at noon, unless o says otherwise.
func setup(tb testing.TB, o Options) (*Cloud, *httptest.Server) {
	tb.Helper()
	if o.Accounts == nil {
		o.Accounts = []Account{first, other}
	}
	if o.World == nil {
		o.World = NewFleet(FleetOptions{Seed: 1, Servers: 300})
	}
	if o.Clock == nil {
		o.Clock = func() time.Time { return noon }
	}
	c := New(o)
	server := httptest.NewServer(c)
	tb.Cleanup(server.Close)
	return c, server
}

// params are name, value, name, value…
func params(pairs ...string) url.Values {
	p := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		p.Set(pairs[i], pairs[i+1])
	}
	return p
}

// signed fills in the common parameters that are not there, and signs.
func signed(a Account, action string, p url.Values) url.Values {
	out := url.Values{
		"Action": {action}, "Format": {"JSON"},
		"AccessKeyId": {a.AccessKeyID}, "SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"},
		"SignatureNonce": {fmt.Sprint(rand.Uint64())}, "Timestamp": {time.Now().UTC().Format(isoTime)},
	}
	if op := operations[action]; op != nil {
		out.Set("Version", op.version)
	}
	maps.Copy(out, p)
	maps.DeleteFunc(out, func(_ string, v []string) bool { return v[0] == "" })
	if !p.Has("Signature") {
		out.Set("Signature", sign(a.AccessKeySecret, stringToSign(http.MethodGet, out)))
	}
	return out
}

// An answer is what a client gets.
type answer struct {
	status                              int
	header                              http.Header
	body                                []byte
	err                                 error // of the transport
	Code, Message, RequestId, NextToken string
	PageInfo                            struct {
		CurrentPage, PageSize, TotalCount, Count int
		NextToken                                string
	}
}

func get(tb testing.TB, server *httptest.Server, query url.Values) (a answer) {
	tb.Helper()
	res, err := server.Client().Get(server.URL + "/?" + query.Encode())
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	a.status, a.header = res.StatusCode, res.Header
	if a.body, a.err = io.ReadAll(res.Body); a.err == nil {
		_ = json.Unmarshal(a.body, &a) // some tests want what is no JSON
	}
	return a
}

func call(tb testing.TB, server *httptest.Server, action string, pairs ...string) answer {
	tb.Helper()
	return get(tb, server, signed(first, action, params(pairs...)))
}

// items are the members of the answer's only list.
func (a answer) items(tb testing.TB) []string {
	tb.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(a.body, &members); err != nil {
		tb.Fatalf("%v in %.200s", err, a.body)
	}
	for _, value := range members {
		var list []json.RawMessage
		if json.Unmarshal(value, &list) == nil {
			out := make([]string, len(list))
			for i := range list {
				out[i] = string(list[i])
			}
			return out
		}
	}
	tb.Fatalf("no list in %.200s", a.body)
	return nil
}
