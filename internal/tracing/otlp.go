package tracing

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/encoding/protowire"

	"syncer/text"
)

// A client sends spans by OTLP over HTTP, as protobuf, and retries where that can help.
// OpenTelemetry's own exporter does the same, but depends on gRPC and all of protobuf: see
// docs/decisions/traces.md.
//
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
type client struct {
	url      string
	header   http.Header
	compress bool
	http     *http.Client
	wait     time.Duration // before the second attempt; it doubles
}

// newClient reads the variables of the specification.
//
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
func newClient(getenv func(string) string) (*client, error) {
	c := &client{header: http.Header{}, wait: time.Second}
	var err error
	if c.url, err = endpoint(getenv); err != nil {
		return nil, err
	}
	name, value := variable(getenv, "HEADERS")
	for header := range strings.SplitSeq(value, ",") {
		if err := addHeader(c.header, header); err != nil && value != "" {
			otel.Handle(fmt.Errorf("%s: %w", name, err))
		}
	}
	c.header.Set("Content-Type", "application/x-protobuf")
	if _, value := variable(getenv, "COMPRESSION"); value == "gzip" {
		c.header.Set("Content-Encoding", "gzip")
		c.compress = true
	}
	timeout := 10_000 // ms
	if name, value := variable(getenv, "TIMEOUT"); value != "" {
		if timeout, err = strconv.Atoi(value); err != nil || timeout < 0 {
			return nil, fmt.Errorf("%s: expected milliseconds", name)
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if transport.TLSClientConfig, err = certificates(getenv); err != nil {
		return nil, err
	}
	c.http = &http.Client{Transport: transport, Timeout: time.Duration(timeout) * time.Millisecond}
	return c, nil
}

// variable returns a variable for traces, or else the one for all of OTLP.
func variable(getenv func(string) string, what string) (name, value string) {
	for _, name = range []string{"OTEL_EXPORTER_OTLP_TRACES_" + what, "OTEL_EXPORTER_OTLP_" + what} {
		if value = strings.TrimSpace(getenv(name)); value != "" {
			break
		}
	}
	return name, value
}

// endpoint returns the address for traces. It may contain a secret, so no error quotes it.
func endpoint(getenv func(string) string) (string, error) {
	name, value := variable(getenv, "ENDPOINT")
	u, err := url.Parse(cmp.Or(value, "http://localhost:4318"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("%s: expected a URL as http://localhost:4318", name)
	}
	switch {
	case name == "OTEL_EXPORTER_OTLP_ENDPOINT":
		u = u.JoinPath("v1", "traces")
	case u.Path == "":
		u.Path = "/"
	}
	return u.String(), nil
}

func addHeader(h http.Header, pair string) error {
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		return errors.New("a header has no =")
	}
	value, err := url.PathUnescape(value)
	if err != nil {
		return errors.New("the value of a header is not percent-encoded")
	}
	name = strings.TrimSpace(name)
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) {
		return errors.New("the name of a header has characters that HTTP does not allow")
	}
	h.Set(name, strings.TrimSpace(value))
	return nil
}

// certificates returns which certificates to trust and which one to present; nil: the
// system's, and none.
func certificates(getenv func(string) string) (*tls.Config, error) {
	var config tls.Config
	if name, file := variable(getenv, "CERTIFICATE"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: %s holds no certificate in PEM", name, file)
		}
	}
	name, file := variable(getenv, "CLIENT_CERTIFICATE")
	if _, key := variable(getenv, "CLIENT_KEY"); file != "" && key != "" {
		pair, err := tls.LoadX509KeyPair(file, key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if config.RootCAs == nil && config.Certificates == nil {
		return nil, nil
	}
	return &config, nil
}

// Shutdown closes idle connections.
func (c *client) Shutdown(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// ExportSpans sends spans until they are accepted or refused, or the context ends.
func (c *client) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	body := []byte(request(spans))
	if c.compress {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write(body)
		if err = errors.Join(err, w.Close()); err != nil {
			return err
		}
		body = packed.Bytes()
	}
	for wait := c.wait; ; wait *= 2 {
		err := c.send(ctx, body)
		var again *retryable
		if !errors.As(err, &again) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(max(again.after, wait/2+rand.N(wait))):
		}
	}
}

// A retryable error can pass by itself, as the receiver says.
type retryable struct {
	error
	after time.Duration // at the earliest
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 4096

func (c *client) send(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return withoutURL(err)
	}
	request.Header = c.header.Clone()
	response, err := c.http.Do(request)
	if err != nil {
		err = withoutURL(err)
		if ctx.Err() != nil {
			return err
		}
		return &retryable{error: err}
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return &retryable{fmt.Errorf("the receiver answers %s", response.Status), time.Duration(seconds) * time.Second}
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the receiver answers %s: %s", response.Status, text.Line(string(answer)))
	}
	if err == nil && response.Header.Get("Content-Type") == "application/x-protobuf" {
		return refused(answer)
	}
	return nil
}

// withoutURL removes the URL from an error of net/http, because it may contain a token.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// refused returns an error if the answer says that spans were refused. The answer is an
// ExportTraceServiceResponse; its partial_success (1) has rejected_spans (1) and
// error_message (2).
func refused(answer []byte) error {
	var count uint64
	var why string
	eachField(answer, func(n protowire.Number, partial []byte, _ uint64) {
		if n == 1 {
			eachField(partial, func(n protowire.Number, said []byte, number uint64) {
				switch n {
				case 1:
					count = number
				case 2:
					why = string(said)
				}
			})
		}
	})
	if count == 0 && why == "" {
		return nil
	}
	return fmt.Errorf("the receiver refuses %d spans: %s", count, text.Line(why))
}

// eachField calls take for the fields of a message, up to the first that cannot be read.
func eachField(message []byte, take func(n protowire.Number, content []byte, number uint64)) {
	for len(message) > 0 {
		n, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return
		}
		message = message[size:]
		var content []byte
		var number uint64
		switch kind {
		case protowire.BytesType:
			content, size = protowire.ConsumeBytes(message)
		case protowire.VarintType:
			number, size = protowire.ConsumeVarint(message)
		default:
			size = protowire.ConsumeFieldValue(n, kind, message)
		}
		if size < 0 {
			return
		}
		take(n, content, number)
		message = message[size:]
	}
}
