package tandem

import (
	"context"
	"os"

	"go.opentelemetry.io/otel/trace"

	"tandem/internal/tracing"
)

// StartTracing gives what sends traces to the OpenTelemetry collector that the
// environment names (OTEL_EXPORTER_OTLP_ENDPOINT and its companions), for
// Config.Traces; nil when it names none. stop sends what is left.
func StartTracing(ctx context.Context) (traces trace.TracerProvider, stop func(context.Context) error, err error) {
	provider, err := tracing.Start(ctx, os.Getenv, buildVersion())
	if err != nil || provider == nil {
		return nil, func(context.Context) error { return nil }, err
	}
	return provider, provider.Shutdown, nil
}

// tracer makes the spans of this program; nil when nobody wants them.
func (c Config) tracer() trace.Tracer {
	if c.Traces == nil {
		return nil
	}
	return c.Traces.Tracer("tandem")
}
