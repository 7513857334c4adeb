package action

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
)

// Conceal masks the values of the secrets in what an attempt gave.
func (s Secrets) Conceal(out json.RawMessage, err error) (json.RawMessage, error) {
	if len(s) == 0 {
		return out, err
	}
	if err == nil {
		return s.MaskJSON(out)
	}
	var skipped *Skipped
	switch {
	case errors.As(err, &skipped):
		return nil, &Skipped{Reason: s.Mask(skipped.Reason)}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil, err
	}
	step := StepError(err)
	return nil, &Error{Code: s.Mask(step.Code), Message: s.Mask(step.Message), Status: step.Status, RetryAfter: step.RetryAfter}
}

// Logger gives a logger that masks the values of the secrets.
func (s Secrets) Logger(log *slog.Logger) *slog.Logger {
	if len(s) == 0 {
		return log
	}
	return slog.New(maskHandler{log.Handler(), s})
}

// maskHandler masks messages and attributes on their way to another handler.
type maskHandler struct {
	slog.Handler
	secrets Secrets
}

// Handle implements slog.Handler.
func (h maskHandler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, h.secrets.Mask(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.attr(a))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h maskHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i] = h.attr(a)
	}
	return maskHandler{h.Handler.WithAttrs(masked), h.secrets}
}

// WithGroup implements slog.Handler.
func (h maskHandler) WithGroup(name string) slog.Handler {
	return maskHandler{h.Handler.WithGroup(name), h.secrets}
}

// attr masks an attribute; what is no number, time or truth value becomes text.
func (h maskHandler) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindGroup:
		group := v.Group()
		masked := make([]slog.Attr, len(group))
		for i, one := range group {
			masked[i] = h.attr(one)
		}
		v = slog.GroupValue(masked...)
	case slog.KindString, slog.KindAny, slog.KindInt64, slog.KindUint64:
		if text := v.String(); v.Kind() == slog.KindString || v.Kind() == slog.KindAny || h.secrets.Mask(text) != text {
			v = slog.StringValue(h.secrets.Mask(text))
		}
	}
	return slog.Attr{Key: h.secrets.Mask(a.Key), Value: v}
}
