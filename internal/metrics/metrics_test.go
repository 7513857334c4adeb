package metrics

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"tandem/internal/workflow"
)

// recorder is a registry that remembers what was registered.
type recorder struct {
	*prometheus.Registry
	names map[string]bool
}

var fqName = regexp.MustCompile(`fqName: "(tandem_[a-z_]+)"`)

// MustRegister implements prometheus.Registerer.
func (r *recorder) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		descs := make(chan *prometheus.Desc, 1000)
		c.Describe(descs)
		close(descs)
		for d := range descs {
			if name := fqName.FindStringSubmatch(d.String()); name != nil {
				r.names[name[1]] = true
			}
		}
	}
	r.Registry.MustRegister(all...)
}

// names gives the names of all metrics of Tandem.
func names(t *testing.T) []string {
	t.Helper()
	r := &recorder{prometheus.NewRegistry(), map[string]bool{}}
	m := newOn(r, "test")
	m.WatchLoad(func() Load { return Load{} })
	m.WatchPools(func() []Pool { return nil })
	all := slices.Sorted(maps.Keys(r.names))
	if len(all) < 20 {
		t.Fatalf("only %d metrics: %v", len(all), all)
	}
	return all
}

var mention = regexp.MustCompile(`tandem_[a-z_]+`)

// mentioned gives the metrics that a text names; those of a histogram without
// their endings.
func mentioned(text string, known []string) []string {
	found := map[string]bool{}
	for _, name := range mention.FindAllString(text, -1) {
		for _, ending := range []string{"_bucket", "_sum", "_count"} {
			if base := strings.TrimSuffix(name, ending); base != name && slices.Contains(known, base) {
				name = base
			}
		}
		found[name] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// TestDocs_observing: the page lists every metric, and none that is not there.
func TestDocs_observing(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/observing.md")
	if err != nil {
		t.Fatal(err)
	}
	known := names(t)
	if diff := cmp.Diff(known, mentioned(string(text), known)); diff != "" {
		t.Errorf("docs/observing.md (-metrics +page):\n%s", diff)
	}
}

// TestDashboard: every metric is drawn, and what is drawn is there, with labels
// that the metric has.
func TestDashboard(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/grafana/tandem.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Title  string
		Panels []struct {
			ID      int
			Title   string
			Type    string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &dashboard); err != nil {
		t.Fatal(err)
	}
	var expressions []string
	ids := map[int]bool{}
	for _, p := range dashboard.Panels {
		if p.Title == "" || ids[p.ID] || p.GridPos.W == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q has no title, no place or the id of another", p.ID, p.Title)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q shows nothing", p.Title)
		}
		for _, q := range p.Targets {
			expressions = append(expressions, q.Expr)
			if strings.Count(q.Expr, "(") != strings.Count(q.Expr, ")") {
				t.Errorf("panel %q: %s", p.Title, q.Expr)
			}
		}
	}
	known := names(t)
	if diff := cmp.Diff(known, mentioned(strings.Join(expressions, "\n"), known)); diff != "" {
		t.Errorf("the dashboard (-metrics +drawn):\n%s", diff)
	}
}

// scrape gives the metrics as they are read.
func scrape(m *Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("lacks %s", line)
		}
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
}

func TestMetrics_counts(t *testing.T) {
	t.Parallel()
	m := New("v1")
	events := func(types ...workflow.EventType) *workflow.Transition {
		var tr workflow.Transition
		for _, e := range types {
			tr.Events = append(tr.Events, workflow.Event{Type: e})
		}
		return &tr
	}
	m.Stored("expense", events(workflow.EventWorkflowStarted, workflow.EventStepStarted, workflow.EventStepCompleted, workflow.EventStepCompleted))
	m.Stored("expense", events(workflow.EventWorkflowCompleted))
	m.Stored("quiet", events(workflow.EventStepStarted))
	m.Step("noop", StepOK, 2*time.Millisecond)
	m.Committed(3, 1, time.Millisecond)
	m.Fired(-time.Second)
	m.Request("/tasks/{id}", "GET", 200, time.Millisecond, false)
	m.Request("/events", "GET", 200, time.Hour, true)
	m.Reading("/events", 1)
	m.Delivered("dead")
	m.WatchLoad(func() Load { return Load{Commands: 7} })
	m.WatchPools(func() []Pool { return []Pool{{Name: "engine", InUse: 5}} })
	text := scrape(m)
	wantLines(t, text,
		`tandem_instances_started_total{definition="expense"} 1`,
		`tandem_instances_completed_total{definition="expense"} 1`,
		`tandem_steps_completed_total{definition="expense"} 2`,
		`tandem_step_seconds_bucket{action="noop",result="ok",le="0.0025"} 1`,
		`tandem_step_seconds_bucket{action="noop",result="ok",le="0.001"} 0`,
		`tandem_commit_transitions_sum 3`,
		`tandem_commit_stale_total 1`,
		`tandem_due_late_seconds_sum 0`,
		`tandem_http_requests_total{method="GET",route="/tasks/{id}",status="200"} 1`,
		`tandem_http_requests_total{method="GET",route="/events",status="200"} 1`,
		`tandem_http_streams{route="/events"} 1`,
		`tandem_deliveries_total{outcome="dead"} 1`,
		`tandem_commands_queued 7`,
		`tandem_db_connections_in_use{pool="engine"} 5`,
		`tandem_build_info{version="v1"} 1`,
	)
	for _, not := range []string{`definition="quiet"`, `tandem_http_request_seconds_count{method="GET",route="/events"}`} {
		if strings.Contains(text, not) {
			t.Errorf("has %s", not)
		}
	}
}

// TestMetrics_bounded: authors cannot make series without end.
func TestMetrics_bounded(t *testing.T) {
	t.Parallel()
	m := New("v1")
	started := &workflow.Transition{Events: []workflow.Event{{Type: workflow.EventWorkflowStarted}}}
	for i := range 3 * maxDefinitions {
		m.Stored(fmt.Sprint("d", i), started)
	}
	text := scrape(m)
	if got := strings.Count(text, "tandem_instances_started_total{"); got != maxDefinitions+1 {
		t.Errorf("%d series, want %d", got, maxDefinitions+1)
	}
	wantLines(t, text, fmt.Sprintf(`tandem_instances_started_total{definition="other"} %d`, 2*maxDefinitions))
}

// TestMetrics_nil counts nothing and breaks nothing.
func TestMetrics_nil(t *testing.T) {
	t.Parallel()
	var m *Metrics
	m.Stored("x", &workflow.Transition{Events: []workflow.Event{{Type: workflow.EventWorkflowStarted}}})
	m.Step("x", StepOK, 0)
	m.Committed(1, 0, 0)
	m.Fired(0)
	m.Request("/", "GET", 200, 0, false)
	m.Reading("/", 1)
	m.Delivered("dead")
}

func BenchmarkStored(b *testing.B) {
	m := New("v1")
	t := &workflow.Transition{Events: []workflow.Event{
		{Type: workflow.EventStepCompleted}, {Type: workflow.EventStepStarted}, {Type: workflow.EventWorkflowCompleted},
	}}
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			m.Stored("expense", t)
		}
	})
}

func BenchmarkStep(b *testing.B) {
	m := New("v1")
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			m.Step("noop", StepOK, time.Millisecond)
		}
	})
}
