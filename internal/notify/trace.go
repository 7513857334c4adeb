package notify

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traceSend begins the span of an attempt, in the trace of the instance whose
// event it tells, and names it to the receiver. Of an address only the host comes
// into a span: the rest may be secret.
func (s *Service) traceSend(ctx context.Context, c Claimed, r *http.Request) (end func(status int, err error)) {
	if c.Trace == "" || s.tracer == nil {
		return func(int, error) {}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": c.Trace})
	ctx, span := s.tracer.Start(ctx, "webhook "+c.EventType, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", r.Method), attribute.String("server.address", r.URL.Hostname()),
		attribute.String("tandem.subscription", c.Subscription.String()), attribute.String("tandem.webhook", c.WebhookID()), attribute.Int("tandem.attempt", c.Attempts+1),
	))
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	return func(status int, err error) {
		if status != 0 {
			span.SetAttributes(attribute.Int("http.response.status_code", status))
		}
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}
