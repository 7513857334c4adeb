package action

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traceCall begins the span of a request when its step has one, and tells the
// other side of it, unless the step does so itself. Neither query nor secrets
// come into a span.
func traceCall(ctx context.Context, req *request, out *http.Request) func(*http.Response, error) {
	parent := trace.SpanFromContext(ctx)
	if !parent.SpanContext().IsValid() {
		return func(*http.Response, error) {}
	}
	ctx, span := parent.TracerProvider().Tracer("tandem").Start(ctx, req.method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", req.method), attribute.String("server.address", req.url.Hostname()), attribute.String("tandem.request", req.String()),
	))
	if out.Header.Get("Traceparent") == "" {
		propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(out.Header))
	}
	return func(answer *http.Response, err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
		} else {
			span.SetAttributes(attribute.Int("http.response.status_code", answer.StatusCode))
		}
		span.End()
	}
}
