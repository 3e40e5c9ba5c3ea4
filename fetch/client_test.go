package fetch

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/sim"
)

func TestCallIsSignedAndSent(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) { write(w, map[string]any{"Uuids": q.Get("Uuids")}) })
	long := strings.Repeat("inet-eae014a7~* +,", 500)
	body, err := c.client().Call(t.Context(), Call{
		Product: "Sas", Version: "2018-12-03", Action: "DescribeAgentInstallStatus", Region: "ap-southeast-1",
		Params: map[string]string{"Uuids": long, "Lang": "en"},
	})
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"Uuids":%q}`, long), string(body))
	q := c.asked()[0]
	require.Equal(t, "2018-12-03", q.Get("Version"))
	require.Equal(t, "DescribeAgentInstallStatus", q.Get("Action"))
	require.Equal(t, testID, q.Get("AccessKeyId"))
}

func TestLongParametersGoInTheBody(t *testing.T) {
	t.Parallel()
	for _, signature := range signatures {
		sign, err := newSigner(signature)
		require.NoError(t, err)
		r, err := sign(t.Context(), Call{
			Product: "Sas", Action: "A", Region: "cn-hangzhou",
			Params: map[string]string{"Short": "s", "Long": strings.Repeat("x", 10_000)},
		}, endpoint{"https", "tds.aliyuncs.com"}, keys{id: "id", secret: "secret"}, time.Now())
		require.NoError(t, err)
		require.Equal(t, "https", r.URL.Scheme)
		require.Less(t, len(r.URL.String()), 1000)
		require.Equal(t, "s", r.URL.Query().Get("Short"))
		require.Empty(t, r.Header.Get("Accept-Encoding"), "else net/http would not unpack")
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, "Long="+strings.Repeat("x", 10_000), string(body))
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	garbled := func(body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { fmt.Fprint(w, body) }
	}
	answer := func(status int, code string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { refuse(w, status, code, "words") }
	}
	for _, tt := range []struct {
		name      string
		fail      func(w http.ResponseWriter)
		retry     bool
		throttled int64
		is        error
		text      string
	}{
		{name: "throttled user", fail: answer(400, "Throttling.User"), retry: true, throttled: 1, is: ErrThrottled, text: "calls_per_second"},
		{name: "throttled 403", fail: answer(403, "Throttling"), retry: true, throttled: 1, is: ErrThrottled},
		{name: "throttled 503", fail: answer(503, "Throttling.Api"), retry: true, throttled: 1, is: ErrThrottled},
		{name: "429", fail: answer(429, "TooMany"), retry: true, throttled: 1, is: ErrThrottled},
		{name: "unavailable", fail: answer(503, "ServiceUnavailable"), retry: true, text: "ServiceUnavailable: words (HTTP 503, RequestId REQ-1)"},
		{name: "internal with 400", fail: answer(400, "InternalError"), retry: true},
		{name: "500", fail: answer(500, "Whatever"), retry: true},
		{name: "rejected", fail: answer(400, "Rejected.Throttling"), retry: true, throttled: 1, is: ErrThrottled},
		{name: "flow control", fail: answer(400, "FlowControlError"), retry: true, throttled: 1, is: ErrThrottled},
		{name: "some throttling", fail: answer(400, "Sas.ThrottlingException"), retry: true, throttled: 1, is: ErrThrottled},
		{name: "qps", fail: answer(400, "QpsLimitExceeded"), retry: true, throttled: 1, is: ErrThrottled},
		{name: "internal failure", fail: answer(400, "InternalFailure"), retry: true},
		{name: "service busy", fail: answer(400, "ServiceBusy"), retry: true},
		{name: "server busy", fail: answer(400, "ServerBusy"), retry: true},
		{name: "inner error", fail: answer(400, "InnerError"), retry: true},
		{name: "request timeout", fail: answer(400, "RequestTimeout"), retry: true},
		{name: "unavailable for now", fail: answer(400, "ServiceUnavailableTemporary"), retry: true},
		{name: "invalid timeout", fail: answer(400, "InvalidParameter.Timeout")},
		{name: "nonce used", fail: answer(400, "SignatureNonceUsed"), retry: true},
		{name: "HTML", fail: garbled("<html>Signature=abc</html>"), retry: true, text: "no JSON object (HTTP 200, 26 bytes of text/html)"},
		{name: "empty body", fail: garbled(""), retry: true},
		{name: "cut JSON", fail: garbled(`{"List":[{"TaskId":"1`), retry: true},
		{name: "a list", fail: garbled(`[]`), retry: true},
		{name: "cut connection", retry: true, fail: func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"List":[`)
		}},
		{name: "reset", retry: true, fail: func(w http.ResponseWriter) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}},
		{name: "bad gzip", retry: true, fail: func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, "\x1f\x8b not gzip")
		}},
		{name: "redirect", retry: true, text: "HTTP 307", fail: func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(307)
		}},
		{name: "no permission", fail: answer(403, "NoPermission"), is: ErrRefused, text: "grant"},
		{name: "forbidden", fail: answer(403, "Forbidden.RAM"), is: ErrRefused},
		{name: "unknown key", fail: answer(404, "InvalidAccessKeyId.NotFound"), is: ErrCredentials},
		{name: "wrong secret", fail: answer(400, "SignatureDoesNotMatch"), is: ErrCredentials},
		{name: "missing parameter", fail: answer(400, "MissingUpgradeVersion")},
		{name: "invalid parameter", fail: answer(400, "InvalidParameter")},
		{name: "unknown 4xx", fail: answer(400, "CspmParamIllegal")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, func(w http.ResponseWriter, _ url.Values, n int) {
				if n == 1 {
					tt.fail(w)
				} else {
					fmt.Fprint(w, `{"ok":true}`)
				}
			})
			var stats Stats
			client := c.client()
			_, err := client.send(t.Context(), client.who, shipment{Call: aCall, stats: &stats})
			require.Equal(t, tt.throttled, stats.Throttled.Load())
			if tt.retry {
				require.NoError(t, err)
				require.EqualValues(t, 2, stats.Calls.Load())
				require.EqualValues(t, 1, stats.Retries.Load())
			} else {
				require.Error(t, err)
				require.EqualValues(t, 1, stats.Calls.Load())
			}

			always := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { tt.fail(w) })
			_, err = always.client(func(_ *Account, o *Options) { o.MaxAttempts = 3 }).Call(t.Context(), aCall)
			require.Error(t, err)
			require.Equal(t, tt.retry, Retryable(err))
			require.Contains(t, err.Error(), `ListAgentlessTask in cn-hangzhou for account "production"`)
			require.Contains(t, err.Error(), tt.text)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			if want := map[bool]int{true: 3, false: 1}[tt.retry]; len(always.asked()) != want {
				t.Errorf("%d calls, want %d", len(always.asked()), want)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	c := newCloud(t, func(http.ResponseWriter, url.Values, int) { <-hang })
	defer close(hang)
	client := c.client(func(_ *Account, o *Options) { o.Timeout, o.MaxAttempts = 200*time.Millisecond, 2 })
	_, err := client.Call(t.Context(), aCall)
	require.ErrorContains(t, err, "no answer within 200ms (attempt 2 of 2)")
	require.True(t, Retryable(err))

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err = client.Call(ctx, aCall)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, Retryable(err))
}

func TestWaitEndsWithContext(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { refuse(w, 503, "ServiceUnavailable", "") })
	client := c.client(func(_ *Account, o *Options) { o.BaseWait, o.MaxWait = time.Hour, time.Hour })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := client.Call(ctx, aCall)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestToldWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 21, 7, 28, 0, 0, time.UTC)
	for header, want := range map[[2]string]time.Duration{
		{"Retry-After", "2"}:                                       2 * time.Second,
		{"Retry-After", "Wed, 21 Oct 2026 07:28:10 GMT"}:           10 * time.Second,
		{"Retry-After", "Wed, 21 Oct 2020 07:28:10 GMT"}:           0,
		{"Retry-After", "99999999999"}:                             time.Hour,
		{"Retry-After", "soon"}:                                    0,
		{"x-acs-retry-after", "1500"}:                              1500 * time.Millisecond,
		{"x-ratelimit-user-api", "Limit:10,Remain:0,TimeLeft:800"}: 800 * time.Millisecond,
		{"x-ratelimit-user", "Limit:10, TimeLeft: 40"}:             40 * time.Millisecond,
		{"x-ratelimit-user", "garbage"}:                            0,
		{"x-acs-retry-after", "-5"}:                                0,
		{"x-acs-retry-after", "99999999999999"}:                    time.Hour,
	} {
		h := http.Header{}
		h.Set(header[0], header[1])
		require.Equal(t, want, askedWait(h, now), header)
	}
	b := backoff{base: time.Second, most: 10 * time.Second}
	for attempt := 1; attempt < 100; attempt++ {
		require.LessOrEqual(t, b.after(attempt, 0), min(time.Second<<min(attempt-1, 10), b.most))
		require.GreaterOrEqual(t, b.after(attempt, 3*time.Second), 3*time.Second)
		require.LessOrEqual(t, b.after(attempt, time.Minute), b.most)
	}
}

// TestCallsWaitAsTold: whatever may pass is waited for as long as the answer says.
func TestCallsWaitAsTold(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(w http.ResponseWriter){
		"throttled":    func(w http.ResponseWriter) { refuse(w, 400, "Throttling.User", "slow down") },
		"unavailable":  func(w http.ResponseWriter) { refuse(w, 503, "ServiceUnavailable", "later") },
		"HTML":         func(w http.ResponseWriter) { w.WriteHeader(503); fmt.Fprint(w, "<html>") },
		"no list":      func(w http.ResponseWriter) { fmt.Fprint(w, `{"Success":false}`) },
		"inner error":  func(w http.ResponseWriter) { fmt.Fprint(w, `{"Code":"InnerError"}`) },
		"cut mid-word": func(w http.ResponseWriter) { w.Header().Set("Content-Length", "99"); fmt.Fprint(w, "{") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, func(w http.ResponseWriter, _ url.Values, n int) {
				if n == 1 {
					w.Header().Set("x-acs-retry-after", "60")
					fail(w)
					return
				}
				fmt.Fprint(w, `{}`)
			})
			client := c.client(func(_ *Account, o *Options) { o.MaxWait = time.Second })
			start := time.Now()
			_, err := client.Call(t.Context(), aCall)
			require.NoError(t, err)
			require.GreaterOrEqual(t, time.Since(start), 60*time.Millisecond)
		})
	}
}

func TestPaceIsSharedPerActionAndRegion(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { fmt.Fprint(w, `{}`) })
	client := c.client(func(_ *Account, o *Options) { o.CallsPerSecond = 50 })
	start := time.Now()
	var wg sync.WaitGroup
	for i := range 12 { // the first 5 at once, then 20 ms each
		call := aCall
		if i >= 11 {
			call.Region = "ap-southeast-1"
		}
		wg.Go(func() {
			_, err := client.Call(t.Context(), call)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.GreaterOrEqual(t, time.Since(start), 110*time.Millisecond)
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("no compression is asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprintf(z, `{"Text":%q}`, strings.Repeat("long ", 10_000))
		z.Close()
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client, err := NewClient(Account{
		Credentials: Credentials{Type: "access_key", AccessKeyID: "i", AccessKeySecret: "s"},
		Endpoints:   map[string]string{"SAS": strings.TrimPrefix(server.URL, "") + "/"},
	}, quick)
	require.NoError(t, err)
	defer client.Close()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				body, err := client.Call(t.Context(), aCall)
				if err != nil || len(body) < 50_000 {
					t.Errorf("%d bytes: %v", len(body), err)
				}
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, opened.Load(), int64(16))
}

// TestRegion: Security Center takes RegionId for a filter on its assets, and is sent
// none; the region of OOS goes with the call.
func TestRegion(t *testing.T) {
	t.Parallel()
	for _, signature := range signatures {
		for _, test := range []struct {
			call Call
			want []string
		}{
			{Call{Product: "Sas", Version: "2018-12-03", Action: "DescribeCloudCenterInstances", Region: "ap-southeast-1"}, nil},
			{Call{Product: "sas", Version: "2018-12-03", Action: "ListAgentlessTask", Region: "cn-hangzhou", Params: map[string]string{"Lang": strings.Repeat("en", longParam)}}, nil},
			{Call{Product: "Sas", Version: "2018-12-03", Action: "A", Region: "cn-hangzhou", Params: map[string]string{"RegionId": "cn-beijing"}}, []string{"cn-beijing"}},
			{Call{Product: "oos", Version: "2019-06-01", Action: "ListInstancePatchStates", Region: "cn-beijing"}, []string{"cn-beijing"}},
		} {
			// The simulated cloud knows signatures; here it counts what arrives.
			var sent http.Header
			var form url.Values
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.ParseForm()
				sent, form = r.Header, r.Form
				fmt.Fprint(w, `{}`)
			}))
			client, err := NewClient(Account{
				Signature:   signature,
				Credentials: Credentials{Type: "access_key", AccessKeyID: "i", AccessKeySecret: "s"},
				Endpoints:   map[string]string{"sas": server.URL, "oos": server.URL},
			}, quick)
			require.NoError(t, err)
			_, err = client.Call(t.Context(), test.call)
			require.NoError(t, err)
			require.Equal(t, test.want, form["RegionId"], signature)
			require.Empty(t, sent.Values("x-acs-region-id"))
			client.Close()
			server.Close()
		}
	}
}

func TestTooLargeAnswer(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) {
		fmt.Fprintf(w, `{"x":%q}`, strings.Repeat("x", 2000))
	})
	_, err := c.client(func(_ *Account, o *Options) { o.MaxBody = 1000 }).Call(t.Context(), aCall)
	require.ErrorContains(t, err, "larger than 1000 bytes: ask for a smaller page_size")
	require.False(t, Retryable(err))
	require.Len(t, c.asked(), 1)
}

func TestAccountID(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, q url.Values, n int) {
		if n == 1 {
			refuse(w, 400, "InvalidTimeStamp.Expired", "too old")
			return
		}
		write(w, map[string]string{"AccountId": "1234567890123456", "Action": q.Get("Action")})
	})
	client := c.client()
	_, err := client.AccountID(t.Context())
	require.ErrorContains(t, err, "clock")
	for range 3 {
		id, err := client.AccountID(t.Context())
		require.NoError(t, err)
		require.Equal(t, "1234567890123456", id)
	}
	require.Len(t, c.asked(), 2)
	require.Equal(t, "GetCallerIdentity", c.asked()[1].Get("Action"))
}

// TestWrongClock: where this machine's clock is wrong, the first answer tells, calls are
// dated by the cloud's, and the log says so once.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	for _, signature := range signatures {
		for by, says := range map[time.Duration]string{2 * time.Hour: "behind=2h0m0s", -2 * time.Hour: "behind=-2h0m0s"} {
			wall := func() time.Time { return time.Now().Add(by) }
			gateway := sim.New(sim.Options{
				Accounts: []sim.Account{{ID: "1234567890123456", AccessKeyID: testID, AccessKeySecret: testSecret}},
				World:    new(sim.Tables), Wall: wall,
			})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", wall().UTC().Format(http.TimeFormat))
				gateway.ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			var log strings.Builder
			o := quick
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			client, err := NewClient(Account{
				Signature:   signature,
				Credentials: Credentials{Type: "access_key", AccessKeyID: testID, AccessKeySecret: testSecret},
				AssumeRole:  "acs:ram::1234567890123456:role/reader",
				Endpoints:   map[string]string{"sts": server.URL, "oos": server.URL},
			}, o)
			require.NoError(t, err)
			t.Cleanup(client.Close)
			for range 3 {
				_, err = client.Call(t.Context(), Call{Product: "oos", Version: "2019-06-01", Action: "ListInstancePatchStates", Region: "cn-hangzhou"})
				require.NoError(t, err)
			}
			require.EqualValues(t, 4, gateway.Calls(), "the role is assumed once, and its keys hold")
			require.Equal(t, 1, strings.Count(log.String(), "this machine's clock is wrong"), log.String())
			require.Regexp(t, strings.Replace(says, "2h0m0s", "(2h0m0s|1h59m59s|2h0m1s|1h59m58s)", 1), log.String())
		}
	}
}

func TestClockSkewIsTold(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) {
		w.Header().Set("Date", time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat))
		refuse(w, 400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
	})
	c.ahead = 2 * time.Hour
	_, err := c.client().Call(t.Context(), aCall)
	require.ErrorContains(t, err, "behind the cloud's: synchronize it")
	require.Len(t, c.asked(), 2)
}
