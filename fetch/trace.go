package fetch

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
)

var tracer = otel.Tracer("syncer/fetch")

// trace starts the span of a call, with all its attempts. The span never contains a URL,
// which is signed. Without OpenTelemetry's setup nothing is recorded.
func trace(ctx context.Context, account string, s shipment) (_ context.Context, end func(error)) {
	ctx, span := tracer.Start(ctx, s.Product+" "+s.Action)
	if !span.IsRecording() {
		return ctx, func(error) {}
	}
	span.SetAttributes(
		attribute.String("rpc.service", s.Product),
		attribute.String("rpc.method", s.Action),
		attribute.String("syncer.account", account),
		attribute.String("cloud.region", s.Region),
	)
	return ctx, func(err error) {
		var answer *Error
		if errors.As(err, &answer) {
			span.SetAttributes(attribute.String("error.type", answer.Code), attribute.String("alicloud.request_id", answer.RequestID))
		}
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}
