package fetch

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

// TestNoAnswer: HTTP 200 with an answer that is none is a failed call, under every
// pager, and is tried again where its code says that this may help.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	type listed struct {
		pager  source.Pager
		good   string // of which the bad answers are made
		params source.Each
	}
	pagers := map[string]listed{
		"page number": {byNumber, `"List":[],"PageInfo":{"TotalCount":0}`, source.Each{}},
		"next token":  {source.NextToken{Token: "NextToken", Size: "MaxResults", Next: "NextToken", PageSizes: source.PageSizes{Default: 10}}, `"List":[],"NextToken":""`, source.Each{}},
		"batches":     {source.Batches{PageSizes: source.PageSizes{Default: 10}}, `"List":[]`, source.Each{Param: "Ids"}},
		"object":      {source.Object{}, `"List":{"Id":"x"}`, source.Each{}},
	}
	type bad struct {
		body      string // %s: the good answer
		code      string
		message   string
		final     bool
		throttled bool
		only      string // the pager
	}
	for _, b := range []bad{
		{body: `{%s,"Success":false,"Code":"InnerError","Message":"m"}`, code: "InnerError", message: "m"},
		{body: `{%s,"Success":false}`, message: "the answer says that it is no success"},
		{body: `{%s,"Success":"false"}`, message: "no success"},
		{body: `{%s,"Success":"False","Code":"200"}`, message: "no success"},
		{body: `{%s,"Success":0}`, message: "no success"},
		{body: `{%s,"success":false,"message":"why"}`, message: "why"},
		{body: `{%s,"SUCCESS":"FALSE"}`, message: "no success"},
		{body: `{%s,"Success":true,"Code":"InternalError"}`, code: "InternalError"},
		{body: `{%s,"Code":"Throttling.User"}`, code: "Throttling.User", throttled: true},
		{body: `{%s,"code":"ServiceBusy","message":"m","requestId":"REQ"}`, code: "ServiceBusy", message: "m"},
		{body: `{%s,"Code":500}`, code: "500"},
		{body: `{%s,"Code":429}`, code: "429", throttled: true},
		{body: `{%s,"Code":403}`, code: "403", final: true},
		{body: `{%s,"Code":"CspmParamIllegal","Success":false}`, code: "CspmParamIllegal", final: true},
		{body: `{%s,"HttpStatusCode":503}`, code: "503"},
		{body: `{"Code":"NoPermission","Message":"m","HostId":"h","Recommend":"r"}`, code: "NoPermission", message: "m", final: true},
		{body: `{"Error":{"Code":"InternalError","Message":"m"}}`, code: "InternalError", message: "m"},
		{body: `<?xml version="1.0" encoding="GBK"?><Error><RequestId>REQ</RequestId><Code>NoPermission</Code><Message>a &amp; b</Message></Error>`, code: "NoPermission", message: "a & b", final: true},
		{body: `{}`, message: "the answer holds no"},
		{body: `{"List":null}`, message: "the answer holds no"},
		{body: `{"List":null,"PageInfo":{"TotalCount":0},"NextToken":""}`, message: "the answer holds no"},
		{body: `{"List":"none"}`, message: "the answer holds no"},
		{body: `{"Success":true,"Code":"200"}`, message: "the answer holds no"},
		{body: `{"List":{}}`, message: "the answer's object List is empty", only: "object"},
		{body: `{"List":{"Id":null,"N":null}}`, message: "the answer's object List is empty", only: "object"},
		{body: `{"List":[]}`, message: "the answer holds no object List", only: "object"},
		{body: `{"List":{}}`, message: "the answer holds no list List", only: "next token"},
	} {
		for name, p := range pagers {
			if b.only != "" && b.only != name {
				continue
			}
			body := strings.ReplaceAll(b.body, "%s", p.good)
			t.Run(name+" "+body, func(t *testing.T) {
				t.Parallel()
				broken := true
				c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) {
					w.Header().Set("x-acs-request-id", "REQ")
					if !broken {
						body = "{" + p.good + `,"Success":"true","Code":"success","Message":"fine"}`
					}
					fmt.Fprint(w, body)
				})
				s, sweep := listing(p.pager)
				if name == "batches" {
					sweep.Each = &p.params
				}
				var stats Stats
				request := Request{Source: s, Sweep: sweep, Region: "cn-hangzhou", Values: []string{"a"}, Stats: &stats}
				var sink recorder
				client := c.client()
				_, err := client.Sweep(t.Context(), request, &sink)
				var answer *Error
				require.ErrorAs(t, err, &answer)
				require.Equal(t, b.code, answer.Code)
				require.Contains(t, answer.Message, b.message)
				require.Equal(t, "REQ", answer.RequestID)
				require.Equal(t, !b.final, Retryable(err))
				calls := 6
				if b.final {
					calls = 1
				}
				require.Len(t, c.asked(), calls)
				require.Equal(t, b.throttled, stats.Throttled.Load() > 0)
				require.Zero(t, sink.restarts)
				require.Empty(t, sink.rows)

				broken = false
				outcome, err := client.Sweep(t.Context(), request, &sink)
				require.NoError(t, err)
				require.True(t, outcome.Complete, outcome.Reason)
			})
		}
	}
}

// TestErrorsInOtherWords: what the gateway says with an HTTP status of its own is
// understood in any spelling, and the answer's header tells the RequestId.
func TestErrorsInOtherWords(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"code":"NoPermission","message":"m","requestId":"REQ"}`:                                                           "NoPermission: m (HTTP 403, RequestId REQ)",
		`{"Code":"NoPermission","Message":"m"}`:                                                                             "NoPermission: m (HTTP 403, RequestId HEADER)",
		`{"ErrorCode":"NoPermission","ErrorMessage":"m"}`:                                                                   "NoPermission: m (HTTP 403, RequestId HEADER)",
		`{"Error":{"Code":"NoPermission","Message":"m","RequestId":"REQ"}}`:                                                 "NoPermission: m (HTTP 403, RequestId REQ)",
		`<?xml version="1.0"?><Error><Code>NoPermission</Code><Message>m</Message></Error>`:                                 "NoPermission: m (HTTP 403, RequestId HEADER)",
		"\n<Error>\n <HostId>h</HostId>\n <Code>NoPermission</Code>\n <Message>m</Message><requestid>R</requestid></Error>": "NoPermission: m (HTTP 403, RequestId R)",
		`{}`: "Forbidden (HTTP 403, RequestId HEADER)",
	} {
		c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) {
			w.Header().Set("x-acs-request-id", "HEADER")
			w.WriteHeader(403)
			fmt.Fprint(w, body)
		})
		_, err := c.client().Call(t.Context(), aCall)
		require.ErrorIs(t, err, ErrRefused, body)
		require.ErrorContains(t, err, want)
		require.Len(t, c.asked(), 1)
	}
}

// TestPageSizeRefused: a page size that the cloud refuses is halved until it takes it,
// and remembered; the log says what to set.
func TestPageSizeRefused(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string][2]string{
		"by code":    {"InvalidPageSize", "Specified value is out of range."},
		"by message": {"InvalidParameter", "The specified parameter MaxResults is not valid."},
		"in words":   {"CspmParamIllegal", "page size must be no more than 30"},
	} {
		for kind, pager := range map[string]source.Pager{
			"page number": source.PageNumber{Page: "CurrentPage", Size: "MaxResults", Total: "PageInfo.TotalCount", PageSizes: source.PageSizes{Default: 100}},
			"next token":  source.NextToken{Token: "NextToken", Size: "MaxResults", Next: "NextToken", PageSizes: source.PageSizes{Default: 100}},
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				c := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
					size, _ := strconv.Atoi(q.Get("MaxResults"))
					if size > 30 {
						refuse(w, 400, refusal[0], refusal[1])
						return
					}
					write(w, object{"List": items(0, 7), "PageInfo": object{"TotalCount": 7}})
				})
				var log strings.Builder
				client := c.client(func(_ *Account, o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
				s, sweep := listing(pager)
				for range 2 {
					var sink recorder
					outcome, err := client.Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &sink)
					require.NoError(t, err)
					require.True(t, outcome.Complete, outcome.Reason)
					require.Len(t, sink.rows, 7)
				}
				require.Len(t, c.asked(), 4, "100, 50, 25, and 25 at once")
				require.Equal(t, 2, strings.Count(log.String(), "set page_size of the source"))
			})
		}
	}
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { refuse(w, 400, "InvalidPageSize", "") })
	s, sweep := listing(byNumber)
	_, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &recorder{})
	require.ErrorContains(t, err, "InvalidPageSize")
	require.Len(t, c.asked(), 4, "10, 5, 2, 1")

	c = newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
		refuse(w, 404, "NotThere", "PageSize="+q.Get("PageSize"))
	})
	_, err = c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &recorder{})
	require.ErrorContains(t, err, "NotThere")
	require.Len(t, c.asked(), 1, "which quotes the request")
}

// TestTooManyValues: fewer values a call are asked for, where the cloud says so.
func TestTooManyValues(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
		if strings.Count(q.Get("Ids"), ",") > 1 {
			refuse(w, 400, "InvalidParameter", "Ids must hold at most 2 values")
			return
		}
		fmt.Fprint(w, `{"List":[]}`)
	})
	s, sweep := listing(source.Batches{PageSizes: source.PageSizes{Default: 4}})
	sweep.Each = &source.Each{Param: "Ids"}
	outcome, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou", Values: []string{"a", "b", "c", "d"}}, &recorder{})
	require.NoError(t, err)
	require.True(t, outcome.Complete)
	require.Len(t, c.asked(), 3)
}

// TestNoIdentity: neither an account nor keys are taken from an answer that is none.
func TestNoIdentity(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `{"AccountId":null,"Credentials":null}`, `{"AccountId":"","Credentials":{}}`,
		`{"AccountId":"1","Success":false,"Credentials":{"AccessKeyId":"a","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2100-01-01T00:00:00Z"}}`,
	} {
		c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) {
			w.Header().Set("x-acs-request-id", "REQ")
			fmt.Fprint(w, body)
		})
		for _, client := range []*Client{c.client(), c.client(func(a *Account, _ *Options) { a.AssumeRole = "acs:ram::1:role/reader" })} {
			before := len(c.asked())
			_, err := client.AccountID(t.Context())
			var answer *Error
			require.ErrorAs(t, err, &answer, body)
			require.Equal(t, "REQ", answer.RequestID)
			require.True(t, Retryable(err))
			require.Equal(t, 6, len(c.asked())-before)
		}
	}
}

// FuzzAnswer: whatever answers, and in whatever form, its errors are short lines.
func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"Success":false,"Code":"InnerError"}`, "2")
	f.Add(403, "<Error><Code>NoPermission</Code><Message>&lt;\x1b</Message></Error>", "Wed, 21 Oct 2026 07:28:10 GMT")
	f.Add(503, "<!DOCTYPE a [<!ENTITY b \"c\">]><a><Code>&b;</Code></a>", "-9223372036854775808")
	f.Add(400, `{"Error":{"code":"\u0000\ud800","message":"https://u:p@h/?Signature=s"}}`, "")
	client, err := NewClient(Account{Credentials: Credentials{Type: "access_key", AccessKeyID: testID, AccessKeySecret: testSecret}}, quick)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, status int, body, header string) {
		answer, ok := parseReply(body)
		if !ok {
			if answer, ok = parseXML(body); !ok {
				return
			}
		}
		response := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {header}, "X-Acs-Retry-After": {header}, "X-Ratelimit-User": {"TimeLeft:" + header}, "Date": {header}}}
		e := client.refusal(shipment{Call: aCall, lacks: func(reply) string { return "nothing" }}, keys{id: testID, secret: testSecret}, response, answer)
		require.NotNil(t, e)
		require.True(t, 0 <= e.wait && e.wait <= maxAskedWait, e.wait)
		for _, text := range []string{e.Code, e.Message, e.RequestID} {
			require.LessOrEqual(t, len(text), maxMessage)
			require.NotContains(t, text, "\n")
			require.True(t, utf8.ValidString(text))
		}
		require.NotContains(t, e.Error(), testSecret)
		_ = e.kind()
	})
}
