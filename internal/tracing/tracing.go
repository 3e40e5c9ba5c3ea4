// Package tracing sends OpenTelemetry traces, if the environment asks for it.
//
// The spans are made in worker (a sync) and in fetch (a call), with OpenTelemetry's API.
// That API does nothing until Start was called.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"syncer/text"
)

// Start sends traces by OTLP over HTTP if OTEL_EXPORTER_OTLP_ENDPOINT,
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_TRACES_EXPORTER is set; otherwise it does
// nothing. The other variables of OpenTelemetry's specification are obeyed. stop sends the
// remaining spans.
func Start(ctx context.Context, getenv func(string) string, version string, log *slog.Logger) (stop func(context.Context), err error) {
	if on, err := wanted(getenv); err != nil || !on {
		return func(context.Context) {}, err
	}
	hide(getenv)
	// This comes first, because OpenTelemetry logs variables that it cannot read, and
	// answers.
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.Warn("traces are not sent", "error", err)
	}))
	exporter, err := newClient(getenv)
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	// The environment's attributes take precedence.
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "syncer"), attribute.String("service.version", version)),
		resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	otel.SetTracerProvider(provider)
	return func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn("the last traces are not sent", "error", err)
		}
	}, nil
}

// hide removes the secrets in the variables from all logs: a token in the endpoint's path,
// passwords in headers.
func hide(getenv func(string) string) {
	var secrets []string
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		secrets = append(secrets, text.URLSecrets(getenv(name))...)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		for header := range strings.SplitSeq(getenv(name), ",") {
			_, value, ok := strings.Cut(header, "=")
			if !ok {
				value = header // an error may quote it
			}
			decoded, err := url.PathUnescape(value)
			if err != nil {
				decoded = value
			}
			secrets = append(secrets, value, strings.TrimSpace(value), decoded)
			for _, s := range []string{value, decoded} {
				secrets = append(secrets, strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == ' ' })...)
			}
		}
	}
	text.Hide("traces", secrets...)
}

func wanted(getenv func(string) string) (bool, error) {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	switch exporter := getenv("OTEL_TRACES_EXPORTER"); exporter {
	case "":
		return getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "", nil
	case "none":
		return false, nil
	case "otlp":
	default:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER is %q: expected otlp or none", exporter)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if protocol := getenv(name); protocol != "" {
			if protocol != "http/protobuf" {
				return false, fmt.Errorf("%s is %q: expected http/protobuf", name, protocol)
			}
			break
		}
	}
	return true, nil
}
