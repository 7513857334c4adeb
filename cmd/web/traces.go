package main

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"tandem"
)

// tracesTimeout is how long the last spans may take to be sent at the end.
const tracesTimeout = 3 * time.Second

// startTraces gives what sends traces, nil when the environment names no
// collector.
func startTraces(ctx context.Context, log *slog.Logger) (traces trace.TracerProvider, stop func(), err error) {
	traces, end, err := tandem.StartTracing(ctx)
	if err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	return traces, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tracesTimeout)
		defer cancel()
		if err := end(ctx); err != nil {
			log.Warn("the last traces were not sent", "error", err)
		}
	}, nil
}
