package tandem_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

const calling = `
format: 1
name: calling
version: 1.0.0
input_schema: {type: object, properties: {target: {type: string}}}
steps:
  - {name: call, type: machine, action: http.request, with: {method: POST, url: "{{ data.target }}/step"}}
  - {name: nap, type: timer, duration: 20ms}
  - {name: again, type: machine, action: http.request, with: {method: POST, url: "{{ data.target }}/later"}}
  - {name: job, type: machine, action: worker, topic: words/count}
edges: [{source: call, target: nap}, {source: nap, target: again}, {source: again, target: job}]
`

// TestTraces follows one request: below it lie the transition, the statements,
// the step and its call; the trace goes on after a timer, in a worker's job and in
// a webhook.
func TestTraces(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	heard := map[string]string{} // traceparent by path
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		heard[r.URL.Path] = r.Header.Get("traceparent")
	}))
	defer target.Close()
	hear := func(path string) string {
		mu.Lock()
		defer mu.Unlock()
		return heard[path]
	}
	exporter := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(exporter))
	app := running(t, tandem.Config{
		DatabaseURL: dbtest.URL(t, db.Migrate), Documents: []any{calling}, Traces: provider, HTTPAllow: []string{"127.0.0.1"}, SecretsKey: tandem.NewSecretsKey(),
	})
	if err := app.CreateUser(t.Context(), tandem.NewUser{Login: "ada", Roles: []string{"admin"}, Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	token, err := app.CreateToken(t.Context(), "ada", "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	post := func(path, body, parent string) string {
		t.Helper()
		r := httptest.NewRequest("POST", "http://127.0.0.1:8080/api/v1"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		if parent != "" {
			r.Header.Set("traceparent", parent)
		}
		w := httptest.NewRecorder()
		app.Handler().ServeHTTP(w, r)
		text, _ := io.ReadAll(w.Result().Body)
		if w.Code/100 != 2 {
			t.Fatalf("%s: %d %s", path, w.Code, text)
		}
		return string(text)
	}
	post("/subscriptions", `{"url": "`+target.URL+`/webhook", "event_types": ["workflow.started"]}`, "")
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	post("/instances", `{"definition_name": "calling", "input_data": {"target": "`+target.URL+`"}}`, "00-"+id+"-00f067aa0ba902b7-01")
	var jobs struct {
		Items []struct {
			Traceparent string `json:"traceparent"`
		}
	}
	if err := json.Unmarshal([]byte(post("/worker/jobs/fetch", `{"topics": ["words/count"], "wait": "20s"}`, "")), &jobs); err != nil || len(jobs.Items) != 1 {
		t.Fatalf("%v, %v", jobs, err)
	}
	for deadline := time.After(20 * time.Second); hear("/webhook") == ""; {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatal("no webhook came with a trace")
		}
	}
	for what, got := range map[string]string{"the step's call": hear("/step"), "the call after a timer": hear("/later"), "the webhook": hear("/webhook"), "the worker's job": jobs.Items[0].Traceparent} {
		if !strings.HasPrefix(got, "00-"+id+"-") {
			t.Errorf("%s has %q, want the trace %s", what, got, id)
		}
	}
	checkSpans(t, exporter.GetSpans(), id, hear("/step"))
	checkWebhook(t, exporter, id, hear("/webhook"))
}

// checkWebhook waits for the span of the webhook, which the receiver was told of.
func checkWebhook(t *testing.T, exporter *tracetest.InMemoryExporter, id, told string) {
	t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		for _, s := range exporter.GetSpans() {
			if s.Name != "webhook workflow.started" {
				continue
			}
			if s.SpanContext.TraceID().String() != id || s.SpanContext.SpanID().String() != strings.Split(told, "-")[2] || !s.Parent.IsValid() || s.SpanKind != trace.SpanKindClient {
				t.Errorf("the webhook's span is %s of %s below %s; the receiver was told %s", s.SpanContext.SpanID(), s.SpanContext.TraceID(), s.Parent.SpanID(), told)
			}
			if !slices.Contains(s.Attributes, attribute.Int("http.response.status_code", 200)) || !slices.Contains(s.Attributes, attribute.Int("tandem.attempt", 1)) {
				t.Errorf("the webhook's span says %v", s.Attributes)
			}
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatal("the webhook has no span")
		}
	}
}

// checkSpans finds the way from the first call up to the request.
func checkSpans(t *testing.T, spans tracetest.SpanStubs, id, parent string) {
	t.Helper()
	byID := map[trace.SpanID]tracetest.SpanStub{}
	statements := 0
	for _, s := range spans {
		byID[s.SpanContext.SpanID()] = s
		if s.SpanKind == trace.SpanKindClient && s.SpanContext.TraceID().String() == id && s.InstrumentationScope.Name != "tandem" {
			statements++
		}
		if s.InstrumentationScope.Name != "tandem" && !s.Parent.IsValid() {
			t.Errorf("the statement %q has a trace of its own", s.Name)
		}
	}
	if statements == 0 {
		t.Error("no statement of the database lies in the trace")
	}
	at, err := trace.SpanIDFromHex(strings.Split(parent, "-")[2])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"POST", "step http.request", "transition", "POST /api/v1/instances"} {
		s, ok := byID[at]
		if !ok || s.Name != want {
			t.Fatalf("span %s is %q, want %q", at, s.Name, want)
		}
		at = s.Parent.SpanID()
		for _, a := range s.Attributes {
			if a.Key == attribute.Key("http.route") && a.Value.AsString() != "/api/v1/instances" {
				t.Errorf("route %s", a.Value.AsString())
			}
		}
	}
	if at.String() != "00f067aa0ba902b7" {
		t.Errorf("the request lies below %s, want what the client named", at)
	}
}
