package engine

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"tandem/internal/workflow"
)

// How traces go on. A command belongs to the span of its request, the transition
// that it leads to lies below that, the steps that the transition makes ready
// below the transition, and what a step calls below the step; its result leads to
// the next transition. Where nothing in memory leads on, after a wait or in
// another process, the trace is the one in which the instance was started: its
// row keeps that.

// traceparent gives the span of a context as W3C writes it, "" for none.
func (e *Engine) traceparent(ctx context.Context) string {
	if e.tracer == nil {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// spanOf reads the span in which an instance was started; invalid for none.
func spanOf(in *workflow.Instance) trace.SpanContext {
	if in.Trace == "" {
		return trace.SpanContext{}
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": in.Trace})
	return trace.SpanContextFromContext(ctx)
}

// spanFrom gives the span that a command comes from.
func (e *Engine) spanFrom(ctx context.Context) trace.SpanContext {
	if e.tracer == nil {
		return trace.SpanContext{}
	}
	return trace.SpanContextFromContext(ctx)
}

// traceCommit begins a span for each transition of a batch that belongs to a
// trace. The statements lie below the first of them.
func (e *Engine) traceCommit(ctx context.Context, batch []*outcome) (context.Context, func()) {
	if e.tracer == nil {
		return ctx, func() {}
	}
	var spans []trace.Span
	first := ctx
	for _, o := range batch {
		parent, links := o.origin()
		if !parent.IsValid() {
			continue
		}
		in := &o.after.Instance
		under, span := e.tracer.Start(trace.ContextWithSpanContext(ctx, parent), "transition", trace.WithLinks(links...), trace.WithAttributes(
			attribute.String("tandem.instance", o.instance.String()), attribute.String("tandem.definition", in.Definition.Name),
			attribute.String("tandem.version", in.Definition.Version), attribute.String("tandem.command", fmt.Sprintf("%T", o.requests[0].cmd)),
			attribute.Int("tandem.commands", len(o.requests)), attribute.Int("tandem.batch", len(batch)),
		))
		o.span = span.SpanContext()
		if spans = append(spans, span); len(spans) == 1 {
			first = under
		}
	}
	return first, func() {
		for _, span := range spans {
			span.End()
		}
	}
}

// origin gives the span that the transition of an outcome lies below, and links
// to those of its other commands.
func (o *outcome) origin() (parent trace.SpanContext, links []trace.Link) {
	for _, r := range o.requests {
		switch {
		case !r.span.IsValid():
		case !parent.IsValid():
			parent = r.span
		case !r.span.Equal(parent):
			links = append(links, trace.Link{SpanContext: r.span})
		}
	}
	started := spanOf(&o.after.Instance)
	switch {
	case !parent.IsValid():
		return started, links
	case started.IsValid() && started.TraceID() != parent.TraceID():
		links = append(links, trace.Link{SpanContext: started})
	}
	return parent, links
}

// traceStep begins the span of an attempt, which the item's result then leads
// on from.
func (e *Engine) traceStep(ctx context.Context, it *item) (context.Context, func(error)) {
	if e.tracer == nil || !it.span.IsValid() {
		return ctx, func(error) {}
	}
	ctx, span := e.tracer.Start(trace.ContextWithSpanContext(ctx, it.span), "step "+it.step.Machine.Action, trace.WithAttributes(
		attribute.String("tandem.instance", it.in.ID.String()), attribute.String("tandem.definition", it.in.Definition.Name),
		attribute.String("tandem.step", it.work.Step), attribute.String("tandem.execution", it.work.ExecutionID.String()),
		attribute.Int("tandem.attempt", it.work.Attempt),
	))
	it.span = span.SpanContext()
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
