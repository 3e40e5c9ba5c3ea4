package tracing

import (
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protowire"
)

// A message is an encoded message of Protocol Buffers. Its methods append a field with its
// number in opentelemetry/proto. Zero values are left out.
type message []byte

func (m *message) number(field protowire.Number, n uint64) {
	if n != 0 {
		*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), n)
	}
}

func (m *message) time(field protowire.Number, t time.Time) {
	*m = protowire.AppendFixed64(protowire.AppendTag(*m, field, protowire.Fixed64Type), uint64(t.UnixNano()))
}

func (m *message) text(field protowire.Number, s string) {
	if s != "" {
		m.message(field, message(valid(s)))
	}
}

// valid replaces what is no UTF-8: a receiver refuses all spans of a request that has any.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func (m *message) message(field protowire.Number, inner message) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), inner)
}

func (m *message) attributes(field protowire.Number, list []attribute.KeyValue) {
	for _, a := range list {
		var pair message
		pair.text(1, string(a.Key))
		pair.message(2, value(a.Value))
		m.message(field, pair)
	}
}

// flags are a span's flags, and whether its parent belongs to another process.
func (m *message) flags(field protowire.Number, own, parent trace.SpanContext) {
	flags := uint32(own.TraceFlags()) | 0x100 // it is known whether the parent is remote
	if parent.IsRemote() {
		flags |= 0x200
	}
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), flags)
}

// value encodes an AnyValue. Its field is always set, even if the value is zero.
func value(v attribute.Value) (m message) {
	switch v.Type() {
	case attribute.BOOL:
		return protowire.AppendVarint(protowire.AppendTag(m, 2, protowire.VarintType), protowire.EncodeBool(v.AsBool()))
	case attribute.INT64:
		return protowire.AppendVarint(protowire.AppendTag(m, 3, protowire.VarintType), uint64(v.AsInt64()))
	case attribute.FLOAT64:
		return protowire.AppendFixed64(protowire.AppendTag(m, 4, protowire.Fixed64Type), math.Float64bits(v.AsFloat64()))
	case attribute.STRING:
		m.message(1, message(valid(v.AsString())))
	case attribute.STRINGSLICE:
		return listValue(v.AsStringSlice(), attribute.StringValue)
	case attribute.BOOLSLICE:
		return listValue(v.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		return listValue(v.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		return listValue(v.AsFloat64Slice(), attribute.Float64Value)
	default: // types that are newer than this code
		m.message(1, message(valid(v.String())))
	}
	return m
}

// listValue encodes a list as an AnyValue.
func listValue[T any](elements []T, of func(T) attribute.Value) (m message) {
	var array message
	for _, e := range elements {
		array.message(1, value(of(e)))
	}
	m.message(5, array)
	return m
}

// request encodes an ExportTraceServiceRequest. All spans have the same resource, this
// process.
//
// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
func request(spans []sdk.ReadOnlySpan) (m message) {
	var resource, all message
	resource.attributes(1, spans[0].Resource().Attributes())
	all.message(1, resource)
	byScope := map[instrumentation.Scope]message{}
	for _, s := range spans {
		scope := byScope[s.InstrumentationScope()]
		scope.message(2, span(s))
		byScope[s.InstrumentationScope()] = scope
	}
	for scope, spans := range byScope {
		var about, one message
		about.text(1, scope.Name)
		about.text(2, scope.Version)
		about.attributes(3, scope.Attributes.ToSlice())
		one.message(1, about)
		one = append(one, spans...)
		one.text(3, scope.SchemaURL)
		all.message(2, one)
	}
	all.text(3, spans[0].Resource().SchemaURL())
	m.message(1, all)
	return m
}

func span(s sdk.ReadOnlySpan) (m message) {
	of, id, parent := s.SpanContext().TraceID(), s.SpanContext().SpanID(), s.Parent().SpanID()
	m.message(1, of[:])
	m.message(2, id[:])
	m.text(3, s.SpanContext().TraceState().String())
	if s.Parent().SpanID().IsValid() {
		m.message(4, parent[:])
	}
	m.text(5, s.Name())
	m.number(6, uint64(s.SpanKind())) // the numbers are the same
	m.time(7, s.StartTime())
	m.time(8, s.EndTime())
	m.attributes(9, s.Attributes())
	m.number(10, uint64(s.DroppedAttributes()))
	for _, e := range s.Events() {
		var event message
		event.time(1, e.Time)
		event.text(2, e.Name)
		event.attributes(3, e.Attributes)
		event.number(4, uint64(e.DroppedAttributeCount))
		m.message(11, event)
	}
	m.number(12, uint64(s.DroppedEvents()))
	for _, l := range s.Links() {
		var link message
		of, id := l.SpanContext.TraceID(), l.SpanContext.SpanID()
		link.message(1, of[:])
		link.message(2, id[:])
		link.attributes(4, l.Attributes)
		link.number(5, uint64(l.DroppedAttributeCount))
		link.flags(6, l.SpanContext, l.SpanContext)
		m.message(13, link)
	}
	m.number(14, uint64(s.DroppedLinks()))
	var status message
	status.text(2, s.Status().Description)
	switch s.Status().Code {
	case codes.Ok:
		status.number(3, 1)
	case codes.Error:
		status.number(3, 2)
	}
	m.message(15, status)
	m.flags(16, s.SpanContext(), s.Parent())
	return m
}
