package tracing

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

// A receiver keeps what it is sent. It answers by the first of answers, as long as
// there are any, and then takes everything.
type receiver struct {
	*httptest.Server
	answers []http.HandlerFunc
	got     []*http.Request
	bodies  [][]byte
}

func newReceiver(t *testing.T, start func(*httptest.Server), answers ...http.HandlerFunc) *receiver {
	r := &receiver{answers: answers}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		assert.NoError(t, err)
		r.got, r.bodies = append(r.got, request), append(r.bodies, body)
		if len(r.answers) > 0 {
			now := r.answers[0]
			r.answers = r.answers[1:] // first: an answer may panic
			now(w, request)
		}
	}))
	start(r.Server)
	t.Cleanup(r.Close)
	return r
}

func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func environment(pairs ...string) func(string) string {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func spans(t *testing.T, body []byte) []*tracepb.ResourceSpans {
	t.Helper()
	var all tracepb.TracesData
	require.NoError(t, proto.Unmarshal(body, &all))
	return all.ResourceSpans
}

// TestSpansArrive sends what worker and fetch make: a span within a span, one of them failed.
func TestSpansArrive(t *testing.T) {
	r := newReceiver(t, (*httptest.Server).Start)
	var log bytes.Buffer
	stop, err := Start(t.Context(), environment(
		"OTEL_EXPORTER_OTLP_ENDPOINT", r.URL+"/api/otlp/",
		"OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20abc,nameless,x y=1, X-Team = a%2Cb",
	), "v1.2.3", slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	t.Cleanup(func() { otel.SetTracerProvider(noop.NewTracerProvider()) })
	ctx, outer := otel.Tracer("syncer/test").Start(t.Context(), "sync")
	_, inner := otel.Tracer("syncer/test").Start(ctx, "sas DescribeX")
	inner.SetAttributes(attribute.String("error.type", "Throttling"), attribute.Int("calls", 3))
	inner.SetStatus(codes.Error, "throttled")
	inner.End()
	outer.End()
	stop(t.Context())

	require.Len(t, r.got, 1)
	require.Equal(t, "POST /api/otlp/v1/traces", r.got[0].Method+" "+r.got[0].URL.Path)
	require.Equal(t, "application/x-protobuf", r.got[0].Header.Get("Content-Type"))
	require.Equal(t, "Bearer abc", r.got[0].Header.Get("Authorization"))
	require.Equal(t, "a,b", r.got[0].Header.Get("X-Team"))
	require.Contains(t, log.String(), "a header has no =")
	require.Contains(t, log.String(), "the name of a header has characters that HTTP does not allow")
	require.NotContains(t, log.String(), "nameless")

	all := spans(t, r.bodies[0])
	require.Len(t, all, 1)
	about := map[string]string{}
	for _, a := range all[0].Resource.Attributes {
		about[a.Key] = a.Value.GetStringValue()
	}
	require.Equal(t, map[string]string{"service.name": "syncer", "service.version": "v1.2.3"}, about)
	require.Equal(t, "syncer/test", all[0].ScopeSpans[0].Scope.Name)
	sent := all[0].ScopeSpans[0].Spans
	require.Len(t, sent, 2)
	require.Equal(t, "sas DescribeX", sent[0].Name)
	require.Equal(t, "sync", sent[1].Name)
	require.Equal(t, sent[1].SpanId, sent[0].ParentSpanId)
	require.Len(t, sent[0].TraceId, 16)
	require.Equal(t, sent[1].TraceId, sent[0].TraceId)
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, sent[0].Status.Code)
	require.Equal(t, "throttled", sent[0].Status.Message)
	require.Len(t, sent[0].Attributes, 2)
	require.Equal(t, int64(3), sent[0].Attributes[1].Value.GetIntValue())
	require.LessOrEqual(t, sent[0].StartTimeUnixNano, sent[0].EndTimeUnixNano)
}

// TestOfficialEncoding: what goes over the wire is what OpenTelemetry's own exporter makes of the same spans.
func TestOfficialEncoding(t *testing.T) {
	state, err := trace.ParseTraceState("vendor=1")
	require.NoError(t, err)
	context := func(n byte) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{n, 1}, SpanID: trace.SpanID{n, 2}, TraceState: state, TraceFlags: trace.FlagsSampled})
	}
	at := time.Unix(1_790_000_000, 5)
	stub := tracetest.SpanStub{
		Name: "a", SpanContext: context(1), Parent: context(2), SpanKind: trace.SpanKindClient, StartTime: at, EndTime: at.Add(time.Second),
		Attributes: []attribute.KeyValue{
			attribute.String("s", ""), attribute.Bool("b", false), attribute.Bool("c", true), attribute.Int("i", -1), attribute.Int("z", 0), attribute.Float64("f", 0.5),
			attribute.StringSlice("list", []string{"x", ""}), attribute.Int64Slice("numbers", []int64{0, 7}),
		},
		Events:            []sdk.Event{{Name: "e", Time: at, Attributes: []attribute.KeyValue{attribute.Int("n", 1)}, DroppedAttributeCount: 1}},
		Links:             []sdk.Link{{SpanContext: context(3), Attributes: []attribute.KeyValue{attribute.Int("n", 2)}, DroppedAttributeCount: 2}},
		Status:            sdk.Status{Code: codes.Error, Description: "why"},
		DroppedAttributes: 3, DroppedEvents: 4, DroppedLinks: 5,
		Resource:             resource.NewWithAttributes("https://schema", attribute.String("service.name", "syncer")),
		InstrumentationScope: instrumentation.Scope{Name: "syncer/x", Version: "v1", SchemaURL: "https://scope", Attributes: attribute.NewSet(attribute.Int("n", 3))},
	}
	plain := tracetest.SpanStub{Name: "b", InstrumentationScope: instrumentation.Scope{Name: "syncer/y"}, SpanContext: context(4), StartTime: at, EndTime: at, Resource: stub.Resource, Status: sdk.Status{Code: codes.Ok}}
	list := tracetest.SpanStubs{stub, plain}.Snapshots()
	official := &recorder{}
	exporter, err := otlptrace.New(t.Context(), official)
	require.NoError(t, err)
	require.NoError(t, exporter.ExportSpans(t.Context(), list))
	ours := spans(t, request(list))
	for _, all := range [][]*tracepb.ResourceSpans{ours, official.spans} {
		slices.SortFunc(all[0].ScopeSpans, func(a, b *tracepb.ScopeSpans) int { return strings.Compare(a.Scope.GetName(), b.Scope.GetName()) })
	}
	require.Empty(t, cmp.Diff(official.spans, ours, protocmp.Transform()))
}

// TestBrokenText: text that is no UTF-8 does not have all spans of a request refused.
func TestBrokenText(t *testing.T) {
	got := spans(t, request(tracetest.SpanStubs{{
		Name: "a\xff", Status: sdk.Status{Code: codes.Error, Description: "\xe6\x9c"},
		Attributes: []attribute.KeyValue{attribute.String("k\x80", "v\xff"), attribute.StringSlice("list", []string{"\xff"})},
	}}.Snapshots()))
	require.Equal(t, "a\uFFFD", got[0].ScopeSpans[0].Spans[0].Name)
}

// A recorder keeps what OpenTelemetry's exporter would send.
type recorder struct{ spans []*tracepb.ResourceSpans }

func (r *recorder) Start(context.Context) error { return nil }
func (r *recorder) Stop(context.Context) error  { return nil }
func (r *recorder) UploadTraces(_ context.Context, spans []*tracepb.ResourceSpans) error {
	r.spans = spans
	return nil
}

func upload(t *testing.T, env ...string) error {
	t.Helper()
	c, err := newClient(environment(env...))
	require.NoError(t, err)
	c.wait = time.Millisecond
	err = c.ExportSpans(t.Context(), tracetest.SpanStubs{{Name: "ours"}}.Snapshots())
	require.NoError(t, c.Shutdown(t.Context()))
	return err
}

func TestAPassingFailureIsTriedAgain(t *testing.T) {
	r := newReceiver(t, (*httptest.Server).Start,
		answer(503, "busy"), answer(429, "slow down", "Retry-After", "0"), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	require.NoError(t, upload(t, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", r.URL, "OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"))
	require.Len(t, r.got, 4)
	for i, request := range r.got {
		require.Equal(t, "/", request.URL.Path, "an endpoint of traces is taken as it is")
		require.Equal(t, "gzip", request.Header.Get("Content-Encoding"))
		unpacked, err := gzip.NewReader(bytes.NewReader(r.bodies[i]))
		require.NoError(t, err)
		body, err := io.ReadAll(unpacked)
		require.NoError(t, err)
		require.Equal(t, "ours", spans(t, body)[0].ScopeSpans[0].Spans[0].Name)
	}
}

func TestRefusals(t *testing.T) {
	// ExportTraceServiceResponse{partial_success: {rejected_spans: 300, error_message: "too old"}}
	partial := "\x0a\x0c\x08\xac\x02\x12\x07too old"
	const protobuf = "application/x-protobuf"
	for want, a := range map[string]http.HandlerFunc{
		"the receiver answers 403 Forbidden: no such tenant":   answer(403, "no such\ntenant"),
		"the receiver refuses 300 spans: too old":              answer(200, partial, "Content-Type", protobuf),
		"the receiver answers 307 Temporary Redirect: go away": answer(307, "go away"),
		"": answer(200, "\x0a\x00", "Content-Type", protobuf),
	} {
		r := newReceiver(t, (*httptest.Server).Start, a)
		err := upload(t, "OTEL_EXPORTER_OTLP_ENDPOINT", r.URL+"/a-token")
		if want == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, want)
		}
		require.Len(t, r.got, 1)
	}
	for _, broken := range []string{partial[:4], partial[:8], "\xff", "{}"} {
		r := newReceiver(t, (*httptest.Server).Start, answer(200, broken, "Content-Type", protobuf))
		require.NoError(t, upload(t, "OTEL_EXPORTER_OTLP_ENDPOINT", r.URL))
	}
}

func TestACertificateOfOnesOwnIsTrusted(t *testing.T) {
	r := newReceiver(t, (*httptest.Server).StartTLS)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw}), 0o600))
	require.NoError(t, upload(t, "OTEL_EXPORTER_OTLP_ENDPOINT", r.URL, "OTEL_EXPORTER_OTLP_CERTIFICATE", file))
	require.Len(t, r.got, 1)
}

func TestEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  []string
		url  string // empty: it is refused
		want string
	}{
		{nil, "http://localhost:4318/v1/traces", ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://a/b?c=d"}, "https://a/b/v1/traces?c=d", ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://a", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", " https://b/c "}, "https://b/c", ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"}, "", "OTEL_EXPORTER_OTLP_ENDPOINT: expected a URL as http://localhost:4318"},
		{[]string{"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "10s"}, "", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: expected milliseconds"},
		{[]string{"OTEL_EXPORTER_OTLP_CERTIFICATE", "otlp.go"}, "", "OTEL_EXPORTER_OTLP_CERTIFICATE: otlp.go holds no certificate in PEM"},
		{[]string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "no", "OTEL_EXPORTER_OTLP_CLIENT_KEY", "no"}, "", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: open no: no such file or directory"},
	} {
		got, err := newClient(environment(c.env...))
		if c.url == "" {
			require.EqualError(t, err, c.want)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.url, got.url)
	}
}
