package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

const whyDoc = `
format: 1
name: w
version: 1.0.0
steps:
  - {name: pay, type: machine, action: noop, title: Pay, retry: {max_attempts: 5, initial: 1s}}
  - {name: other, type: machine, action: noop, title: Other}
edges: [{source: pay, target: other}]
`

func TestWhy_EveryKindOfWait(t *testing.T) {
	t.Parallel()
	def, _, err := workflow.Parse([]byte(whyDoc), workflow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	ahead := func(d time.Duration) *time.Time { at := now.Add(d); return &at }
	child := uuid.MustParse("019a0000-0000-7000-8000-0000abcdef12")
	waits := func(w workflow.Waiting) workflow.Instance {
		if w.Since.IsZero() {
			w.Since = ago(49 * time.Hour)
		}
		return workflow.Instance{Status: workflow.StatusWaiting, WaitingFor: []workflow.Waiting{w}, CurrentSteps: []string{w.Step}}
	}
	running := workflow.Instance{Status: workflow.StatusRunning, CurrentSteps: []string{"pay"}}
	pending := workflow.Instance{Status: workflow.StatusPending, WaitingFor: []workflow.Waiting{{Kind: "start", Until: ahead(time.Hour)}}}
	above := workflow.Instance{Status: workflow.StatusPaused, Paused: true, State: workflow.State{Above: true}}
	joined := waits(workflow.Waiting{Step: "other", Kind: "join"})
	joined.CurrentSteps = []string{"pay", "other"}
	tests := []struct {
		name, want string
		why        why
	}{
		{"a person", "Waits for Mia for 2 days: “Pay”.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "human", Users: []string{"mia"}})}},
		{"a group", "Waits for somebody of finance for 2 days: “Pay”.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "human", Groups: []string{"finance"}})}},
		{"anyone", "Waits for anyone for 2 days: “Pay”.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "human"})}},
		{"a retry", "“Pay” failed and is tried again in 12 s, on 4 March 2026, 12:00:12 UTC: attempt 3 of 5. Last error: bank closed", why{
			in:    waits(workflow.Waiting{Step: "pay", Kind: "retry", Until: ahead(12 * time.Second)}),
			steps: []workflow.Execution{{Step: "pay", Live: true, Status: workflow.StepScheduled, Attempt: 2, Failures: 2, Error: &workflow.StepError{Message: "bank closed"}}},
		}},
		{"a retry in a list", "“Pay” failed and is tried again at once, on 4 March 2026, 11:59:59 UTC.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "retry", Until: ahead(-time.Second)})}},
		{"a topic in a list", "“Pay” waits for a worker for 2 days.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "worker", Topic: "x"})}},
		{"a topic never asked for", "No program has ever asked for the topic x.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "worker", Topic: "x"}), topics: map[string]time.Time{}}},
		{"a silent topic", "No worker is there: the topic x was last asked for 3 h ago.", why{
			in: waits(workflow.Waiting{Step: "pay", Kind: "worker", Topic: "x"}), topics: map[string]time.Time{"x": ago(3 * time.Hour)}}},
		{"a busy topic", "Workers ask for the topic x; none has taken it yet.", why{
			in: waits(workflow.Waiting{Step: "pay", Kind: "worker", Topic: "x"}), topics: map[string]time.Time{"x": ago(time.Second)}}},
		{"a timer", "Waits until 4 March 2026, 15:00:00 UTC (in 3 h): “Pay”.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "timer", Until: ahead(3 * time.Hour)})}},
		{"a webhook", "Waits for a call from outside for 2 days; nobody has called yet: “Pay”.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "webhook"})}},
		{"a child", "Waits for 2 days for the workflow that “Pay” started (abcdef12), which is: Failed.", why{
			in: waits(workflow.Waiting{Step: "pay", Kind: "workflow", Child: &child}), children: map[uuid.UUID]workflow.Instance{child: {Status: workflow.StatusFailed}}}},
		{"a child of others", "for the workflow that “Pay” started (abcdef12).", why{in: waits(workflow.Waiting{Step: "pay", Kind: "workflow", Child: &child})}},
		{"items", "“Pay”: 1,200 items are open.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "human", Count: 1200})}},
		{"workflows of a list", "“Pay”: 3 items are open.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "workflow", Count: 3})}},
		{"items for workers", "“Pay”: 2 items are left for workers.", why{in: waits(workflow.Waiting{Step: "pay", Kind: "worker", Count: 2, Topic: "x"})}},
		{"a join", "“Other” waits for other branches; under way: “Pay”.", why{in: joined}},
		{"its start", "Starts on 4 March 2026, 13:00:00 UTC.", why{in: pending}},
		{"an attempt", "Working on “Pay” for 5 min, attempt 2 (40 % · page 2).", why{in: running, steps: []workflow.Execution{
			{Step: "pay", Live: true, Status: workflow.StepRunning, Attempt: 2, StartedAt: ahead(-5 * time.Minute), Progress: &workflow.Progress{Percent: ptrTo(40.0), Message: "page 2"}}}}},
		{"a free process", "“Pay”, which waits for 5 min for a free process", why{in: running, steps: []workflow.Execution{{Step: "pay", Live: true, Status: workflow.StepScheduled, CreatedAt: ago(5 * time.Minute)}}}},
		{"a queue", "for a process of the queue gpu", why{in: running, steps: []workflow.Execution{{Step: "pay", Live: true, Status: workflow.StepScheduled, Queue: "gpu"}}}},
		{"a hold", "Paused by Mia: the invoice is being clarified", why{
			in: workflow.Instance{Status: workflow.StatusPaused, Paused: true}, held: &workflow.Event{Actor: "mia", Detail: []byte(`{"reason": "the invoice is being clarified"}`)}}},
		{"a hold from above", "Paused with the workflow that started it.", why{in: above}},
		{"a failure", "Failed at “Pay”: declined", why{in: workflow.Instance{Status: workflow.StatusFailed, Error: &workflow.StepError{Step: "pay", Message: "declined"}}}},
	}
	for _, tt := range tests {
		for _, lang := range []string{"en", "de"} {
			y := tt.why
			y.p, y.def = views.Page{Lang: lang, Now: now, Zone: time.UTC}, def
			y.names = &naming{known: map[string]string{"mia": "Mia"}}
			got := strings.Join(y.sentences(), " ")
			if lang == "en" && !strings.Contains(got, tt.want) || got == "" || strings.Contains(got, "%!") {
				t.Errorf("%s in %s: %q, want %q in it", tt.name, lang, got, tt.want)
			}
		}
	}
}

// What lives in visits that are not read stands in the graph as the instance
// tells it.
func TestUnread(t *testing.T) {
	t.Parallel()
	read := instanceRead{
		in: workflow.Instance{
			Status: workflow.StatusFailed, CurrentSteps: []string{"pay", "ask", "count", "seen"},
			WaitingFor: []workflow.Waiting{{Step: "ask"}}, Error: &workflow.StepError{Step: "pay"},
		},
		executions: []workflow.Execution{{Step: "seen", Live: true}, {Step: "count"}},
	}
	if got := read.unread(); got != nil {
		t.Errorf("all is read, and %v are said not to be", got)
	}
	read.total = stepTotal{visits: 20_000, newest: map[uuid.UUID]bool{}}
	want := map[string]string{"pay": "failed", "ask": "waiting", "count": "running"}
	if diff := cmp.Diff(want, read.unread()); diff != "" {
		t.Errorf("states of what is not read (-want +got):\n%s", diff)
	}
	read.in.Status = workflow.StatusPaused
	if got := read.unread()["ask"]; got != "paused" {
		t.Errorf("in a paused instance a step is %q, want paused", got)
	}
}

// A message that counts only as far as it is kept says that it goes on.
func TestDashboardFailure_longMessage(t *testing.T) {
	t.Parallel()
	p := views.Page{Lang: "en"}
	whole := strings.Repeat("ü", workflow.MaxFailure-1)
	for message, want := range map[string]string{whole: whole, whole + "ü": whole + "ü…"} {
		got := dashboardFailure(p, engine.FailureStats{Definition: "pay", Step: "charge", Message: message, Count: 1}, nil)
		if got.Message != want || strings.Contains(got.Count.Href, "%E2%80%A6") {
			t.Errorf("a message of %d characters is shown as %q and leads to %s", len([]rune(message)), got.Message, got.Count.Href)
		}
	}
}

func ptrTo[T any](v T) *T { return &v }
