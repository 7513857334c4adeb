package trial_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/trial"
	"tandem/internal/workflow"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// plain are stand-ins of the plain actions.
func plain(action string, input json.RawMessage) (json.RawMessage, *workflow.StepError, bool) {
	switch action {
	case "noop", "log":
		return nil, nil, true
	case "set":
		return input, nil, true
	case "fail":
		return nil, &workflow.StepError{Code: "failed", Message: "as asked"}, true
	}
	return nil, nil, false
}

func parse(t *testing.T, document string) *workflow.Definition {
	t.Helper()
	def, _, err := workflow.Parse([]byte(document), workflow.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	return def
}

func begin(t *testing.T, steps, input string) *trial.Run {
	t.Helper()
	r, err := trial.New(parse(t, "format: 1\nname: tried\nversion: 1.0.0\n"+steps), start(input), trial.Options{Plain: plain})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func start(input string) trial.Start {
	return trial.Start{As: "otto", Input: json.RawMessage(input), Key: "order-1", At: noon}
}

func do(t *testing.T, r *trial.Run, moves ...trial.Move) {
	t.Helper()
	for _, m := range moves {
		if err := r.Make(m); err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
	}
}

// waits says in short what waits.
func waits(r *trial.Run) string {
	var list []string
	for _, o := range r.Open() {
		list = append(list, fmt.Sprintf("%s %d.%d %s", o.Place.Step, o.Visit, o.Index, o.Kind))
	}
	return strings.Join(list, ", ")
}

func expect(t *testing.T, r *trial.Run, status workflow.Status, open string) {
	t.Helper()
	if got := r.Instance().Status; got != status {
		t.Fatalf("the run is %s (%v), want %s", got, r.Instance().Error, status)
	}
	if got := waits(r); got != open {
		t.Fatalf("open is %q, want %q", got, open)
	}
}

func place(step string) trial.Place { return trial.Place{Step: step, Visit: 1} }

// Each kind of step waits for the move that stands for what it waits for in real
// life.
func TestRun_everyStep(t *testing.T) {
	t.Parallel()
	answer := func(step, output string) trial.Move {
		return trial.Move{Do: trial.Answer, Place: place(step), Output: json.RawMessage(output)}
	}
	tests := map[string]struct {
		steps string
		open  string
		moves []trial.Move
		data  string
	}{
		"plain machines": {`[{name: a, type: machine, action: set, with: {n: 1}, output: a}, {name: b, type: machine, action: log, with: {message: x}}]
edges: [{source: a, target: b}]`, "", nil, `{"a":{"n":1}}`},
		"another system": {`[{name: a, type: machine, action: http.request, with: {url: "https://x.invalid/"}, set: {got: result.body.n}}]`,
			"a 1.0 system", []trial.Move{answer("a", `{"status": 200, "headers": {}, "body": {"n": 7}}`)}, `{"got":7}`},
		"a mail": {`[{name: a, type: machine, action: email.send, with: {to: a@b.example, subject: s, text: t}}]`,
			"a 1.0 system", []trial.Move{answer("a", `{}`)}, `{}`},
		"a worker": {`[{name: a, type: machine, action: worker, topic: press, output: a}]`,
			"a 1.0 worker", []trial.Move{answer("a", `[1]`)}, `{"a":[1]}`},
		"people": {`[{name: a, type: human, assignee: mia, outcomes: [yes, no], set: {said: 'steps.a.outcome', by: 'steps.a.completed_by'}}]`,
			"a 1.0 people", []trial.Move{{Do: trial.Decide, Place: place("a"), As: "mia", Outcome: "no"}}, `{"by":"mia","said":"no"}`},
		"a member of a group": {`[{name: a, type: human, candidate_groups: [finance], set: {by: 'steps.a.completed_by'}}]`,
			"a 1.0 people", []trial.Move{{Do: trial.Decide, Place: place("a"), As: "finance.1"}}, `{"by":"finance.1"}`},
		"a guest": {`[{name: a, type: human, guests: [ines@x.example], set: {by: 'steps.a.completed_by'}}]`,
			"a 1.0 people", []trial.Move{{Do: trial.Decide, Place: place("a"), As: "guest:ines@x.example"}}, `{"by":"guest:ines@x.example"}`},
		"a timer": {`[{name: a, type: timer, duration: 3d, set: {at: 'string(now)'}}]`,
			"", []trial.Move{{Do: trial.Jump}}, `{"at":"2026-03-05T12:00:00Z"}`},
		"a call": {`[{name: a, type: webhook, schema: {type: object, required: [n]}, output: a}]`,
			"a 1.0 call", []trial.Move{answer("a", `{"n": 1}`)}, `{"a":{"n":1}}`},
		"a signed call": {`[{name: a, type: webhook, verify: {scheme: github, secret: KEY}, output: a}]`,
			"a 1.0 call", []trial.Move{answer("a", `1`)}, `{"a":1}`},
		"a message": {`[{name: a, type: webhook, message: {name: paid}, output: a}]`,
			"a 1.0 message", []trial.Move{answer("a", `{"eur": 5}`)}, `{"a":{"eur":5}}`},
		"another workflow": {`[{name: a, type: workflow, definition: other, input: {n: 1}, output: a}]`,
			"a 1.0 workflow", []trial.Move{answer("a", `{"done": true}`)}, `{"a":{"done":true}}`},
		"a gateway": {`[{name: a, type: gateway, mode: exclusive}, {name: b, type: machine, action: noop, set: {b: "1"}}, {name: c, type: machine, action: noop, set: {c: "1"}}]
edges: [{source: a, target: b, condition: "false"}, {source: a, target: c, default: true}]`, "", nil, `{"c":1}`},
		"a group": {`[{name: g, type: group, mode: parallel, output: g, steps: [{name: a, type: machine, action: set, with: {n: 1}}, {name: b, type: human, anyone: true}]}]`,
			"g.b 1.0 people", []trial.Move{{Do: trial.Decide, Place: place("g.b"), As: "somebody.1", Output: json.RawMessage(`{"n": 2}`)}}, `{"g":[{"n":1},{"n":2}]}`},
		"a list": {`[{name: a, type: human, for_each: "[1, 2, 3]", candidate_groups: [staff], outcomes: [yes, no], complete_when: outcomes.yes >= 2, set: {n: result.size()}}]`,
			"a 1.0 people, a 1.1 people, a 1.2 people", []trial.Move{
				{Do: trial.Decide, Place: trial.Place{Step: "a", Visit: 1, Index: 2}, As: "staff.1", Outcome: "yes"},
				{Do: trial.Decide, Place: place("a"), As: "staff.2", Outcome: "yes"},
			}, `{"n":3}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := begin(t, "steps: "+test.steps, `{}`)
			if len(test.moves) > 0 {
				expect(t, r, map[bool]workflow.Status{true: workflow.StatusRunning, false: workflow.StatusWaiting}[strings.HasSuffix(test.open, "system") || strings.HasSuffix(test.open, "worker")], test.open)
			}
			do(t, r, test.moves...)
			expect(t, r, workflow.StatusCompleted, "")
			if got := string(r.Instance().Data); got != test.data {
				t.Errorf("the data are %s, want %s", got, test.data)
			}
		})
	}
}

// What fails is retried when its time has come, leads on, or waits for an
// operator.
func TestRun_failures(t *testing.T) {
	t.Parallel()
	const steps = `steps:
  - {name: pay, type: machine, action: http.request, with: {url: "https://x.invalid"}, retry: {max_attempts: 2, initial: 10m, jitter: 0}, on_failure: [{when: error.status == 402, step: byhand}]}
  - {name: byhand, type: machine, action: noop}
`
	fail := trial.Move{Do: trial.Fail, Place: place("pay"), Code: "http_error", Message: "503", Status: 503}
	r := begin(t, steps, `{}`)
	do(t, r, fail)
	expect(t, r, workflow.StatusRunning, "")
	if due, ok := r.NextDue(); !ok || due.Kind != workflow.DueRetry || !due.At.Equal(noon.Add(10*time.Minute)) || r.StepOf(due) != "pay" {
		t.Fatalf("next due is %+v", due)
	}
	do(t, r, trial.Move{Do: trial.Jump}, fail)
	expect(t, r, workflow.StatusFailed, "pay 1.0 failed")
	if err := r.Next(); !errors.Is(err, trial.ErrStuck) {
		t.Errorf("going on gives %v", err)
	}
	do(t, r, trial.Move{Do: trial.Retry})
	expect(t, r, workflow.StatusRunning, "pay 1.0 system")
	do(t, r, fail, trial.Move{Do: trial.Jump}, fail, trial.Move{Do: trial.Skip, Place: place("pay")})
	expect(t, r, workflow.StatusCompleted, "")

	r = begin(t, steps, `{}`)
	fail.Status = 402
	do(t, r, fail, trial.Move{Do: trial.Jump}, fail)
	expect(t, r, workflow.StatusCompleted, "")
	if !slices.ContainsFunc(r.Executions(), func(e workflow.Execution) bool { return e.Step == "byhand" }) {
		t.Error("the handler was not reached")
	}
}

// Deadlines of people come one after another as time jumps.
func TestRun_deadlines(t *testing.T) {
	t.Parallel()
	r := begin(t, "steps: [{name: a, type: human, assignee: mia, due: 2d, remind: 1d, escalate: {after: 3d, groups: [bosses]}, timeout: 4d, outcomes: [yes, no], on_timeout: {outcome: no}}]", `{}`)
	var kinds []string
	for {
		due, ok := r.NextDue()
		if !ok {
			break
		}
		kinds = append(kinds, fmt.Sprintf("%s %d", due.Kind, due.At.Day()))
		do(t, r, trial.Move{Do: trial.Jump})
	}
	if diff := cmp.Diff([]string{"remind 3", "task_due 4", "escalate 5", "step_timeout 6"}, kinds); diff != "" {
		t.Errorf("what came due (-want +got):\n%s", diff)
	}
	expect(t, r, workflow.StatusCompleted, "")
}

// A refused move leaves the run as it was.
func TestRun_refusals(t *testing.T) {
	t.Parallel()
	r := begin(t, `steps: [{name: a, type: human, assignee: mia, exclude: [otto], outcomes: [yes], form: {schema: {type: object, required: [n]}}}, {name: b, type: webhook, message: {name: m}, schema: {type: object}}]
edges: [{source: a, target: b}]`, `{}`)
	before := len(r.Events)
	for name, m := range map[string]trial.Move{
		"somebody else":         {Do: trial.Decide, Place: place("a"), As: "finn", Outcome: "yes", Output: json.RawMessage(`{"n": 1}`)},
		"somebody excluded":     {Do: trial.Decide, Place: place("a"), As: "otto", Outcome: "yes", Output: json.RawMessage(`{"n": 1}`)},
		"another outcome":       {Do: trial.Decide, Place: place("a"), As: "mia", Outcome: "no"},
		"a form with errors":    {Do: trial.Decide, Place: place("a"), As: "mia", Outcome: "yes"},
		"an answer":             {Do: trial.Answer, Place: place("a"), Output: json.RawMessage(`{}`)},
		"a step that is not on": {Do: trial.Decide, Place: place("b"), As: "mia"},
		"time without an end":   {Do: trial.Jump},
		"retry":                 {Do: trial.Retry},
		"no verb":               {Do: "stop", Place: place("a")},
	} {
		if err := r.Make(m); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if len(r.Events) != before || len(r.Moves) != 0 {
		t.Errorf("%d events and %d moves are left of refusals", len(r.Events)-before, len(r.Moves))
	}
	expect(t, r, workflow.StatusWaiting, "a 1.0 people")
	do(t, r, trial.Move{Do: trial.Decide, Place: place("a"), As: "mia", Outcome: "yes", Output: json.RawMessage(`{"n": 1}`)})
	expect(t, r, workflow.StatusWaiting, "b 1.0 message")
	if _, err := trial.New(parse(t, "format: 1\nname: x\nversion: 1.0.0\ninput_schema: {type: object, required: [n]}\nsteps: [{name: a, type: machine, action: noop}]"), start(`{}`), trial.Options{Plain: plain}); workflow.KindOf(err) != workflow.KindInvalid {
		t.Errorf("a start without its data gives %v", err)
	}
}

// A run ends somewhere, whatever the workflow does.
func TestRun_limits(t *testing.T) {
	t.Parallel()
	loop := begin(t, `steps: [{name: a, type: timer, duration: 1h}, {name: b, type: machine, action: noop}, {name: c, type: machine, action: noop}]
edges: [{source: a, target: b}, {source: b, target: a, condition: "true", loop: true}, {source: b, target: c, default: true}]`, `{}`)
	var err error
	for err == nil {
		err = loop.Next()
	}
	if !errors.Is(err, trial.ErrTooLong) || len(loop.Moves) != trial.MaxMoves {
		t.Errorf("a loop ends with %v after %d moves", err, len(loop.Moves))
	}
	list := "[" + strings.Repeat("1,", 1999) + "1]"
	for name, steps := range map[string]string{
		"a long list":      `steps: [{name: a, type: human, anyone: true, for_each: data.list, distinct: false}]`,
		"many plain steps": `steps: [{name: a, type: machine, action: noop, for_each: data.list, max_parallel: 1}]`,
	} {
		def := parse(t, "format: 1\nname: x\nversion: 1.0.0\n"+steps)
		if _, err := trial.New(def, start(`{"list": `+list+`}`), trial.Options{Plain: plain}); !errors.Is(err, trial.ErrTooLong) {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if _, err := trial.New(parse(t, "format: 1\nname: x\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop}]"), start(`{}`),
		trial.Options{Plain: plain, Enough: func() bool { return true }}); !errors.Is(err, trial.ErrTooLong) {
		t.Errorf("out of time it gives %v", err)
	}
	moves := make([]trial.Move, trial.MaxMoves+1)
	if _, err := trial.Play(parse(t, "format: 1\nname: x\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop}]"), start(`{}`), moves, trial.Options{Plain: plain}); !errors.Is(err, trial.ErrTooLong) {
		t.Errorf("too many moves give %v", err)
	}
}

// Every demo goes on to its end with what goes without saying, and playing the
// moves again gives the same run, to the last event.
func TestRun_demosToTheEnd(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../definitions/*.yaml")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d demos, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			def, _, err := workflow.Parse(source, workflow.Options{Actions: map[string]bool{}})
			if err != nil {
				t.Fatal(err)
			}
			value, ok := def.StartForm().Sample()
			if !ok {
				t.Fatalf("no sample for the start form: %v", value)
			}
			input, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			r, err := trial.New(def, start(string(input)), trial.Options{Plain: plain})
			if err != nil {
				t.Fatal(err)
			}
			for !r.Instance().Status.Finished() {
				if err := r.Next(); err != nil {
					t.Fatalf("%v at %s; error %v", err, waits(r), r.Instance().Error)
				}
			}
			text, err := json.Marshal(r.Moves)
			if err != nil {
				t.Fatal(err)
			}
			var moves []trial.Move
			if err := json.Unmarshal(text, &moves); err != nil {
				t.Fatal(err)
			}
			again, err := trial.Play(def, start(string(input)), moves, trial.Options{Plain: plain})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.Events, again.Events); diff != "" {
				t.Errorf("played again (-first +again):\n%s", diff)
			}
			if diff := cmp.Diff(r.Executions(), again.Executions()); diff != "" {
				t.Errorf("played again (-first +again):\n%s", diff)
			}
		})
	}
}

// A step that is visited again gets its next outcome, so that a review that may
// ask for another round ends.
func TestRun_nextOutcome(t *testing.T) {
	t.Parallel()
	r := begin(t, `steps: [{name: review, type: human, anyone: true, outcomes: [again, fine]}, {name: done, type: machine, action: noop}]
edges: [{source: review, target: review, condition: 'steps.review.outcome == "again"'}, {source: review, target: done, default: true}]`, `{}`)
	for range 2 {
		if err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, r, workflow.StatusCompleted, "")
}
