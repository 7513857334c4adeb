package web

import (
	"context"
	"log/slog"

	"github.com/go-chi/chi/v5/middleware"
	"go.opentelemetry.io/otel/trace"
)

// requestKey names the id of a request in the log.
const requestKey = "request_id"

// LogHandler adds the ids of the request and of its trace to what is logged on its behalf, unless
// that names it already.
func LogHandler(next slog.Handler) slog.Handler { return requestHandler{next} }

type requestHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	id := middleware.GetReqID(ctx)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == requestKey {
			id = ""
		}
		return id != ""
	})
	span := trace.SpanContextFromContext(ctx)
	if id != "" || span.IsValid() {
		r = r.Clone()
	}
	if id != "" {
		r.AddAttrs(slog.String(requestKey, id))
	}
	if span.IsValid() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}
