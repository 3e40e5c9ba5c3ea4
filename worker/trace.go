package worker

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"syncer/store"
)

var tracer = otel.Tracer("syncer/worker")

// trace begins the span of a sync. Unless somebody has set OpenTelemetry up, it
// records nothing.
func trace(ctx context.Context, job Job) (_ context.Context, end func(Result)) {
	ctx, span := tracer.Start(ctx, "sync")
	if !span.IsRecording() {
		return ctx, func(Result) {}
	}
	span.SetAttributes(
		attribute.String("syncer.source", job.Source.Name),
		attribute.String("syncer.account", job.Account.Name),
		attribute.String("cloud.region", job.Region),
	)
	return ctx, func(r Result) {
		span.SetAttributes(
			attribute.String("syncer.status", r.Status),
			attribute.Int64("syncer.calls", r.Run.Calls),
			attribute.Int64("syncer.rows.fetched", r.Run.Rows),
			attribute.Int64("syncer.rows.opened", r.Changes.Opened),
			attribute.Int64("syncer.rows.changed", r.Changes.Changed),
			attribute.Int64("syncer.rows.ended", r.Changes.Ended),
		)
		if r.Status == store.StatusFailed {
			span.SetStatus(codes.Error, r.Message)
		}
		span.End()
	}
}
