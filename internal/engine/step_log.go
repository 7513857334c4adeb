package engine

import (
	"context"
	"log/slog"
	"slices"
)

// logger is the log of an item's action: every line names the attempt. Nothing
// is formatted until there is a line.
func (p *pool) logger(it item) *slog.Logger {
	return slog.New(&stepHandler{Handler: p.engine.log.Handler(), it: it})
}

type stepHandler struct {
	slog.Handler
	it item
}

func (h *stepHandler) attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("instance", h.it.in.ID.String()), slog.String("execution", h.it.work.ExecutionID.String()),
		slog.String("step", h.it.work.Step), slog.Int("attempt", h.it.work.Attempt),
	}
}

// Handle implements slog.Handler.
func (h *stepHandler) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	r.AddAttrs(h.attrs()...)
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *stepHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.Handler.WithAttrs(slices.Concat(h.attrs(), attrs))
}

// WithGroup implements slog.Handler.
func (h *stepHandler) WithGroup(name string) slog.Handler {
	return h.Handler.WithAttrs(h.attrs()).WithGroup(name)
}
