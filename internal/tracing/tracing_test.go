package tracing

import (
	"strings"
	"testing"
)

// TestStart is off unless a collector is named.
func TestStart(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for name, tt := range map[string]struct {
		env     map[string]string
		on      bool
		refusal string
	}{
		"nothing":  {},
		"named":    {env: map[string]string{endpoint: "http://127.0.0.1:4318"}, on: true},
		"traces":   {env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, on: true},
		"disabled": {env: map[string]string{endpoint: "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}},
		"none":     {env: map[string]string{endpoint: "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"}},
		"grpc":     {env: map[string]string{endpoint: "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, refusal: "http/protobuf"},
	} {
		p, err := Start(t.Context(), func(key string) string { return tt.env[key] }, "v1")
		if tt.refusal != "" {
			if err == nil || !strings.Contains(err.Error(), tt.refusal) {
				t.Errorf("%s: %v, want %q", name, err, tt.refusal)
			}
			continue
		}
		if err != nil || (p != nil) != tt.on {
			t.Errorf("%s: %v, %v; want on = %v", name, p, err, tt.on)
		}
		if p != nil {
			if err := p.Shutdown(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
