package sim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	good := func(a answer) bool { return a.err == nil && a.status == 200 && strings.HasSuffix(string(a.body), "}") }
	for _, c := range []struct {
		name  string
		fault Fault
		is    func(a answer) bool
	}{
		{"none", Fault{}, good},
		{"delay", Delay(time.Millisecond), good},
		{"refuse", Refuse(503, "ServiceUnavailable", "x"), func(a answer) bool { return a.status == 503 && a.Code == "ServiceUnavailable" && a.RequestId != "" }},
		{"throttle", Throttle(429, "Throttling.Api", 40*time.Millisecond), func(a answer) bool {
			return a.status == 429 && a.Code == "Throttling.Api" && a.header.Get("x-acs-retry-after") == "40"
		}},
		{"HTML", HTML(502), func(a answer) bool {
			return a.status == 502 && strings.HasPrefix(string(a.body), "<html>") && a.header.Get("Content-Type") == "text/html"
		}},
		{"empty", Empty(), func(a answer) bool { return a.status == 200 && string(a.body) == "{}" }},
		{"truncate", Truncate(0.5), func(a answer) bool {
			return a.err == nil && a.status == 200 && len(a.body) > 10 && a.Code+a.RequestId == ""
		}},
		{"cut off", CutOff(0.5), func(a answer) bool { return errors.Is(a.err, io.ErrUnexpectedEOF) && len(a.body) > 10 }},
		{"reset", Reset(), func(a answer) bool { return errors.Is(a.err, syscall.ECONNRESET) || errors.Is(a.err, io.EOF) }},
		{"hang", Hang(10 * time.Millisecond), func(a answer) bool { return a.err != nil }},
		{"flood", Flood(1 << 20), func(a answer) bool { return len(a.body) == 1<<20 && strings.TrimSpace(string(a.body)) == "" }},
		{"rewrite", Rewrite(func([]byte) []byte { return []byte(`{"Code":"x"}`) }), func(a answer) bool { return a.Code == "x" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cloud, server := setup(t, Options{Fault: func(call Call) Fault {
				if call.AccountID != first.ID || call.Region != "cn-hangzhou" || call.Params.Get("Lang") != "en" {
					t.Errorf("asked about %+v", call)
				}
				if call.N > 1 {
					return Fault{}
				}
				return c.fault
			}})
			if a := call(t, server, "GetCurrentVersionPublish", "Lang", "en"); !c.is(a) {
				t.Errorf("got %v %d %.100s", a.err, a.status, a.body)
			}
			if a := call(t, server, "GetCurrentVersionPublish", "Lang", "en"); !good(a) || cloud.Calls() != 2 {
				t.Errorf("the next call: %v %d %.100s, after %d calls", a.err, a.status, a.body, cloud.Calls())
			}
		})
	}
}

// TestHangEndsWithTheClient: a hanging call is let go when its client leaves.
func TestHangEndsWithTheClient(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{Fault: func(Call) Fault { return Hang(time.Hour) }})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/?"+signed(first, "ListAgentlessTask", nil).Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(req)
	if err == nil {
		res.Body.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	server.Close() // waits for the call to end
}

func TestWorldsErrors(t *testing.T) {
	t.Parallel()
	var fail error
	_, server := setup(t, Options{World: broken{&fail}})
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{&Error{Status: 400, Code: "CspmParamIllegal", Message: "The parameter is not legal."}, 400, "CspmParamIllegal"},
		{errors.New("secret"), 500, "InternalError"},
	} {
		fail = c.err
		if a := call(t, server, "ListOperationProcess"); a.status != c.status || a.Code != c.code || strings.Contains(string(a.body), "secret") {
			t.Errorf("%v: %s", c.err, a.body)
		}
	}
}

type broken struct{ err *error }

func (b broken) List(Query) (Listing, error) { return nil, *b.err }
