package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestDecide_MachineStepsRunOneAfterAnother(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: a, type: machine, action: set, with: {n: "{{ data.n + 1 }}"}, output: .}
  - {name: b, type: machine, action: noop, set: {m: data.n * 2}}
edges: [{source: a, target: b}]
`, `{"n": 1}`)
	s.status(t, StatusRunning)
	s.finish("a", `{"n": 1.50}`, nil)
	s.finish("b", ``, nil)
	s.status(t, StatusCompleted)
	s.visits(t, "a", "b")
	if got := s.data("m"); got != "3" && got != "3.0" && got != "3.00" {
		t.Errorf("m = %s, want 3", got)
	}
	var types []EventType
	for _, e := range s.events {
		types = append(types, e.Type)
	}
	want := []EventType{EventWorkflowStarted, EventStepStarted, EventStepCompleted, EventStepStarted, EventStepCompleted, EventWorkflowCompleted}
	if !slices.Equal(types, want) {
		t.Errorf("events = %v, want %v", types, want)
	}
}

func TestDecide_Gateways(t *testing.T) {
	t.Parallel()
	gateway := func(mode, edges string) string {
		return fmt.Sprintf(`
steps:
  - {name: g, type: gateway, mode: %s}
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop}
  - {name: c, type: machine, action: noop}
edges: [%s]
`, mode, edges)
	}
	conditions := `{source: g, target: a, condition: data.n > 1}, {source: g, target: b, condition: data.n > 0}, {source: g, target: c, default: true}`
	for _, tt := range []struct{ name, doc, input, want string }{
		{"exclusive takes the first true edge", gateway("exclusive", conditions), `{"n": 2}`, "g a"},
		{"exclusive takes a later edge", gateway("exclusive", conditions), `{"n": 1}`, "g b"},
		{"exclusive takes the default", gateway("exclusive", conditions), `{"n": 0}`, "g c"},
		{"inclusive takes every true edge", gateway("inclusive", conditions), `{"n": 2}`, "g a b"},
		{"inclusive takes the default", gateway("inclusive", conditions), `{"n": 0}`, "g c"},
		{"parallel takes all", gateway("parallel", `{source: g, target: a}, {source: g, target: b}, {source: g, target: c}`), `{}`, "g a b c"},
		{"exclusive by name", gateway("exclusive, condition: data.to", `{source: g, target: a}, {source: g, target: b}, {source: g, target: c}`), `{"to": "b"}`, "g b"},
		{"inclusive by names", gateway("inclusive, condition: data.to", `{source: g, target: a}, {source: g, target: b}, {source: g, target: c}`), `{"to": ["c", "a"]}`, "g c a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := started(t, tt.doc, tt.input)
			s.machines()
			s.status(t, StatusCompleted)
			if got := strings.Join(s.visited(), " "); got != tt.want {
				t.Errorf("visited %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDecide_GatewayNamesNoTarget(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: g, type: gateway, mode: exclusive, condition: data.to}
  - {name: a, type: machine, action: noop}
edges: [{source: g, target: a}]
`, `{"to": "nowhere"}`)
	s.status(t, StatusFailed)
	if got := s.snap.Instance.Error; !got.Exit || !strings.Contains(got.Message, `"nowhere"`) {
		t.Errorf("error = %+v, want one at the exit that names the target", got)
	}
}

const diamond = `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop}
  - {name: b1, type: machine, action: noop}
  - {name: b2, type: machine, action: noop}
  - {name: join, type: machine, action: noop%s}
edges:
  - {source: split, target: a}
  - {source: split, target: b1}
  - {source: b1, target: b2}
  - {source: a, target: join}
  - {source: b2, target: join}
`

func TestDecide_Joins(t *testing.T) {
	t.Parallel()
	t.Run("all runs once after every branch", func(t *testing.T) {
		t.Parallel()
		s := started(t, fmt.Sprintf(diamond, ""), `{}`)
		s.finish("a", "", nil)
		s.finish("b1", "", nil)
		s.finish("b2", "", nil)
		s.finish("join", "", nil)
		s.status(t, StatusCompleted)
		s.visits(t, "split", "a", "b1", "b2", "join")
		for _, e := range s.all {
			if e.Step == "join" && len(e.ArrivedFrom) != 2 {
				t.Errorf("join arrived from %d executions, want 2", len(e.ArrivedFrom))
			}
		}
	})
	t.Run("any runs for each arrival", func(t *testing.T) {
		t.Parallel()
		s := started(t, fmt.Sprintf(diamond, ", join: any"), `{}`)
		s.finish("a", "", nil)
		s.finish("join", "", nil)
		s.status(t, StatusRunning)
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "split", "a", "join", "b1", "b2", "join")
	})
	t.Run("first cancels the branches that could still arrive", func(t *testing.T) {
		t.Parallel()
		s := started(t, fmt.Sprintf(diamond, ", join: first"), `{}`)
		late := s.running()[1]
		s.finish("a", "", nil)
		s.finish("join", "", nil)
		s.status(t, StatusCompleted)
		s.visits(t, "split", "a", "join")
		if tr := s.must(StepDone{ExecutionID: late.ID, LeaseNo: late.LeaseNo}); tr.Changed() {
			t.Error("the late result of a canceled branch changed something")
		}
	})
	t.Run("a skipped branch does not block", func(t *testing.T) {
		t.Parallel()
		s := started(t, strings.Replace(fmt.Sprintf(diamond, ""), "{name: a, type: machine", `{name: a, when: "false", type: machine`, 1), `{}`)
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "split", "b1", "b2", "join")
	})
	t.Run("an exclusive branch passes straight through", func(t *testing.T) {
		t.Parallel()
		s := started(t, strings.Replace(fmt.Sprintf(diamond, ""), "parallel", "exclusive, condition: '\"a\"'", 1), `{}`)
		s.machines()
		s.visits(t, "split", "a", "join")
	})
}

func TestDecide_LoopIsANewVisit(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: work, type: machine, action: noop, set: {n: data.n + 1}}
  - {name: check, type: gateway, mode: exclusive}
  - {name: done, type: machine, action: noop}
edges:
  - {source: work, target: check}
  - {source: check, target: work, condition: data.n < 3}
  - {source: check, target: done, default: true}
`, `{"n": 0}`)
	s.machines()
	s.status(t, StatusCompleted)
	s.visits(t, "work", "check", "work", "check", "work", "check", "done")
}

func TestDecide_VisitLimit(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: work, type: machine, action: noop, max_visits: 3}
  - {name: check, type: gateway, mode: exclusive}
  - {name: done, type: machine, action: noop}
edges:
  - {source: work, target: check}
  - {source: check, target: work, condition: "true"}
  - {source: check, target: done, default: true}
`, `{}`)
	s.machines()
	s.status(t, StatusFailed)
	if got := s.snap.Instance.Error; got.Code != "too_many_visits" || !strings.Contains(got.Message, "3 visits") {
		t.Errorf("error = %+v", got)
	}
}

func TestDecide_LoopOfGatewaysEnds(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: a, type: gateway, mode: exclusive, max_visits: 1000000}
  - {name: b, type: gateway, mode: exclusive, max_visits: 1000000}
  - {name: done, type: machine, action: noop}
edges:
  - {source: a, target: b}
  - {source: b, target: a, condition: "true"}
  - {source: b, target: done, default: true}
`, `{}`)
	s.status(t, StatusFailed)
	if got := s.snap.Instance.Error; got.Code != "too_many_moves" {
		t.Errorf("error = %+v, want too_many_moves", got)
	}
}

func TestDecide_SkipTakesOnSkipEdges(t *testing.T) {
	t.Parallel()
	doc := `
steps:
  - {name: a, type: machine, action: noop, when: data.run}
  - {name: ran, type: machine, action: noop}
  - {name: skipped, type: machine, action: noop}
  - {name: always, type: machine, action: noop}
edges:
  - {source: a, target: ran, condition: 'steps.a.status == "succeeded"'}
  - {source: a, target: skipped, on_skip: true}
  - {source: a, target: always}
`
	s := started(t, doc, `{"run": true}`)
	s.machines()
	s.visits(t, "a", "ran", "always")
	s = started(t, doc, `{"run": false}`)
	s.machines()
	s.visits(t, "skipped", "always")
}

func TestDecide_OnFailure(t *testing.T) {
	t.Parallel()
	doc := `
steps:
  - {name: pay, type: machine, action: noop, on_failure: [{when: 'error.code == "declined"', step: ask}, {when: 'error.code == "broken"', step: mend}]}
  - {name: ask, type: machine, action: noop}
  - {name: mend, type: machine, action: noop}
  - {name: paid, type: machine, action: noop}
edges: [{source: pay, target: paid}, {source: ask, target: paid}, {source: mend, target: paid}]
`
	for code, want := range map[string]string{"declined": "ask paid", "broken": "mend paid"} {
		s := started(t, doc, `{}`)
		s.finish("pay", "", &StepError{Code: code, Message: "no"})
		s.machines()
		s.status(t, StatusCompleted)
		if got := strings.Join(s.visited(), " "); got != want {
			t.Errorf("%s: visited %q, want %q", code, got, want)
		}
	}
	s := started(t, doc, `{}`)
	s.finish("pay", "", &StepError{Code: "other", Message: "the till is shut"})
	s.status(t, StatusFailed)
	if got := s.snap.Instance.Error; got.Step != "pay" || got.Message != "the till is shut" {
		t.Errorf("error = %+v", got)
	}
}

func TestDecide_ErrorInHandlerKeepsBothErrors(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: pay, type: machine, action: noop, on_failure: [{when: data.missing == 1, step: mend}]}
  - {name: mend, type: machine, action: noop}
`, `{}`)
	s.finish("pay", "", &StepError{Code: "x", Message: "declined by the bank"})
	s.status(t, StatusFailed)
	got := s.snap.Instance.Error.Message
	if !strings.Contains(got, "declined by the bank") || !strings.Contains(got, "missing") {
		t.Errorf("message = %q, want both errors", got)
	}
}

func TestDecide_ExitErrorNeverRepeatsTheStep(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: a, type: machine, action: noop, set: {total: data.price * 2}}
  - {name: b, type: machine, action: noop}
edges: [{source: a, target: b}]
`, `{"price": "dear"}`)
	s.finish("a", `"paid"`, nil)
	s.status(t, StatusFailed)
	if e := s.snap.Instance.Error; !e.Exit || !strings.Contains(e.Message, `at the exit of "a"`) {
		t.Errorf("error = %+v, want one at the exit of a", e)
	}
	tr := s.must(Retry{Actor: olga})
	if len(tr.Work) != 0 {
		t.Errorf("retry runs %d steps again, want none: the result is kept", len(tr.Work))
	}
	s.status(t, StatusFailed)
}

func TestDecide_NoEdgeMatched(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop}
edges: [{source: a, target: b, condition: "false"}]
`, `{}`)
	s.finish("a", "", nil)
	s.status(t, StatusFailed)
	if got := s.snap.Instance.Error.Message; !strings.Contains(got, `no outgoing edge of "a" matched`) {
		t.Errorf("message = %q", got)
	}
}

func TestDecide_FailureFreezesAndRetryGoesOn(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop}
  - {name: after_b, type: machine, action: noop}
  - {name: ask, type: human, anyone: true, timeout: 1h}
edges:
  - {source: split, target: a}
  - {source: split, target: b}
  - {source: split, target: ask}
  - {source: b, target: after_b}
`, `{}`)
	s.finish("a", "", &StepError{Code: "x", Message: "no"})
	s.status(t, StatusFailed)
	s.finish("b", "", nil)
	s.complete(otto, "ask", "", `{}`)
	s.visits(t, "split")
	if s.fire() {
		t.Error("a timer fired while nothing moves")
	}
	s.now = s.now.Add(2 * time.Hour)
	s.must(Retry{Actor: olga, Reason: "mended"})
	s.status(t, StatusRunning)
	s.machines()
	s.status(t, StatusCompleted)
	for _, step := range []string{"a", "b", "after_b", "ask"} {
		if !slices.Contains(s.visited(), step) {
			t.Errorf("%s was lost; visited %v", step, s.visited())
		}
	}
}

func TestDecide_FailureBesideTokensOnTheirWay(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: bad, type: machine, action: noop, when: data.flag}
  - {name: good, type: machine, action: noop}
  - {name: ask, type: human, anyone: true}
edges: [{source: split, target: bad}, {source: split, target: good}, {source: split, target: ask}]
`, `{}`)
	s.status(t, StatusFailed)
	if got := s.snap.Instance.State.Tokens; got.Failed != 1 || got.Running != 1 || got.Waiting != 1 {
		t.Errorf("tokens = %+v, want one failed, one ready and one waiting", got)
	}
	if len(s.running()) != 0 {
		t.Error("a step was leased while nothing moves")
	}
}

func TestDecide_PauseHoldsAndResumeShiftsPeoplesTime(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: ask, type: human, anyone: true, due: 1h, timeout: 2h, outcomes: [yes, no], on_timeout: {outcome: no}}
  - {name: after, type: machine, action: noop}
edges: [{source: ask, target: after}]
`, `{}`)
	start := s.now
	s.must(Pause{Actor: olga, Reason: "audit"})
	s.status(t, StatusPaused)
	if _, err := s.do(CompleteTask{TaskID: s.open("ask").ID, Actor: otto, Outcome: "yes"}); KindOf(err) != KindConflict {
		t.Errorf("deciding while paused: %v, want a conflict", err)
	}
	s.now = s.now.Add(5 * time.Hour)
	s.must(Resume{Actor: olga})
	s.status(t, StatusWaiting)
	if got, want := *s.open("ask").DueAt, start.Add(6*time.Hour); !got.Equal(want) {
		t.Errorf("due at %v, want %v", got, want)
	}
	s.fire() // overdue
	s.fire()
	if want := start.Add(7 * time.Hour); !s.now.Equal(want) {
		t.Errorf("timed out at %v, want %v", s.now, want)
	}
	s.machines()
	s.status(t, StatusCompleted)
}

func TestDecide_TimerFiresAtOnceAfterResume(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps: [{name: wait, type: timer, duration: 1h}]
`, `{}`)
	start := s.now
	s.must(Pause{Actor: olga})
	s.now = start.Add(3 * time.Hour)
	s.must(Resume{Actor: olga})
	s.fire()
	s.status(t, StatusCompleted)
	if !s.now.Equal(start.Add(3 * time.Hour)) {
		t.Errorf("fired at %v, want at the resume", s.now)
	}
}

func TestDecide_CancelEndsEverything(t *testing.T) {
	t.Parallel()
	s := started(t, fmt.Sprintf(diamond, ""), `{}`)
	s.must(Cancel{Actor: otto, Reason: "changed my mind"})
	s.status(t, StatusCanceled)
	_, err := s.do(Cancel{Actor: otto, Reason: "again"})
	if !errors.Is(err, ErrAlreadyFinished) {
		t.Errorf("second cancel: %v, want already finished", err)
	}
	if _, err := s.do(Cancel{Actor: mia}); err == nil {
		t.Error("a stranger canceled")
	}
}

func TestDecide_Terminate(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop}
  - {name: ask, type: human, anyone: true}
  - {name: stop, type: machine, action: noop, terminate: true}
edges: [{source: split, target: a}, {source: split, target: ask}, {source: a, target: stop}]
`, `{}`)
	s.machines()
	s.status(t, StatusCompleted)
	for _, task := range s.tasks {
		if task.Status != TaskCanceled {
			t.Errorf("task is %s, want canceled", task.Status)
		}
	}
}

func TestDecide_WebhookEarlyOnceAndAgain(t *testing.T) {
	t.Parallel()
	doc := `
steps:
  - {name: order, type: machine, action: set, with: {url: "{{ hooks.ready.url }}"}, output: .}
  - {name: ready, type: webhook, output: answer, schema: {type: object, required: [ok], properties: {ok: {type: boolean}}}}
edges: [{source: order, target: ready}]
`
	early := started(t, doc, `{}`)
	if got := string(early.running()[0].Input); !strings.Contains(got, "https://t/hooks/ready-1-0") {
		t.Errorf("input = %s, want the URL of the first visit", got)
	}
	early.must(ReceiveHook{Step: "ready", Visit: 1, Payload: json.RawMessage(`{"ok":true}`)})
	early.machines()
	early.status(t, StatusCompleted)
	if got := early.data("answer"); got != `{"ok":true}` {
		t.Errorf("answer = %s", got)
	}

	s := started(t, doc, `{}`)
	s.machines()
	s.status(t, StatusWaiting)
	if _, err := s.do(ReceiveHook{Step: "ready", Visit: 1, Payload: json.RawMessage(`{}`)}); KindOf(err) != KindInvalid {
		t.Errorf("a payload that fails the schema: %v, want invalid", err)
	}
	s.must(ReceiveHook{Step: "ready", Visit: 1, Payload: json.RawMessage(`{"ok":false}`)})
	s.status(t, StatusCompleted)
	if _, err := s.do(ReceiveHook{Step: "ready", Visit: 1, Payload: json.RawMessage(`{"ok":true}`)}); !errors.Is(err, ErrHookUsed) {
		t.Errorf("the second call: %v, want hook used", err)
	}
}

func TestDecide_TaskRights(t *testing.T) {
	t.Parallel()
	doc := `
steps:
  - name: ask
    type: human
    candidate_groups: [managers]
    exclude: ["{{ instance.started_by }}"]
    outcomes: [yes, no]
    form: {schema: {type: object, required: [why], properties: {why: {type: string}}}}
`
	s := started(t, doc, `{}`)
	id := s.open("ask").ID
	why := json.RawMessage(`{"why":"good"}`)
	boss := Actor{ID: "otto", Groups: []string{"managers"}}
	for name, tt := range map[string]struct {
		cmd  CompleteTask
		want Kind
	}{
		"a stranger":         {CompleteTask{TaskID: id, Actor: finn, Outcome: "yes", Output: why}, KindForbidden},
		"an operator":        {CompleteTask{TaskID: id, Actor: olga, Outcome: "yes", Output: why}, KindForbidden},
		"the excluded":       {CompleteTask{TaskID: id, Actor: boss, Outcome: "yes", Output: why}, KindForbidden},
		"no outcome":         {CompleteTask{TaskID: id, Actor: mia, Output: why}, KindInvalid},
		"an unknown outcome": {CompleteTask{TaskID: id, Actor: mia, Outcome: "maybe", Output: why}, KindInvalid},
		"a missing field":    {CompleteTask{TaskID: id, Actor: mia, Outcome: "yes"}, KindInvalid},
		"a stale version":    {CompleteTask{TaskID: id, Actor: mia, Outcome: "yes", Output: why, Version: 99}, KindConflict},
		"an unknown task":    {CompleteTask{TaskID: uuid.UUID{1}, Actor: mia}, KindNotFound},
	} {
		if _, err := s.do(tt.cmd); KindOf(err) != tt.want {
			t.Errorf("%s: %v, want kind %d", name, err, tt.want)
		}
	}
	lea := Actor{ID: "lea", Groups: []string{"managers"}}
	s.must(ClaimTask{TaskID: id, Actor: lea})
	if _, err := s.do(CompleteTask{TaskID: id, Actor: mia, Outcome: "yes", Output: why}); !errors.Is(err, ErrTaskClaimed) {
		t.Errorf("claimed by another: %v", err)
	}
	s.must(UnclaimTask{TaskID: id, Actor: lea})
	s.must(ReassignTask{TaskID: id, Actor: olga, User: "finn", Reason: "away"})
	s.must(CompleteTask{TaskID: id, Actor: finn, Outcome: "yes", Output: why})
	s.status(t, StatusCompleted)
	_, err := s.do(CompleteTask{TaskID: id, Actor: finn, Outcome: "no", Output: why})
	if !errors.Is(err, ErrTaskCompleted) || !strings.Contains(err.Error(), "finn completed this task") {
		t.Errorf("a second decision: %v", err)
	}
}

func TestDecide_LostLeases(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps: [{name: a, type: machine, action: noop}]
`, `{}`)
	for i := 1; i < MaxLost; i++ {
		e := s.running()[0]
		s.must(LeaseLost{ExecutionID: e.ID, LeaseNo: e.LeaseNo})
		s.status(t, StatusRunning)
		if tr := s.must(StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo}); tr.Changed() {
			t.Fatal("a result under an old lease changed something")
		}
	}
	e := s.running()[0]
	s.must(LeaseLost{ExecutionID: e.ID, LeaseNo: e.LeaseNo})
	s.status(t, StatusFailed)
	if got := len(s.all[e.ID].Attempts); got != MaxLost {
		t.Errorf("%d attempts are shown, want %d", got, MaxLost)
	}
}

func TestDecide_WithoutSlotsStepsStayScheduled(t *testing.T) {
	t.Parallel()
	s := newSim(t, parse(t, "format: 1\nname: x\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop}]"))
	s.slots = 0
	tr := s.must(Start{InstanceID: s.id(), Actor: otto, Input: json.RawMessage(`{}`)})
	if !tr.NeedsProcesses || len(tr.Work) != 0 {
		t.Fatalf("work = %v, needs processes = %v; want none and true", tr.Work, tr.NeedsProcesses)
	}
	s.slots = 1
	if tr = s.must(Lease{}); len(tr.Work) != 1 {
		t.Fatalf("lease gave %d steps, want 1", len(tr.Work))
	}
}

func TestDecide_InstanceTimeout(t *testing.T) {
	t.Parallel()
	s := started(t, `
timeout: 1h
steps: [{name: ask, type: human, anyone: true}]
`, `{}`)
	s.fire()
	s.status(t, StatusFailed)
	s.must(Retry{Actor: olga})
	s.status(t, StatusWaiting)
	s.fire()
	s.status(t, StatusFailed)
}

func TestDecide_MergedOutputLeavesOthersKeysAlone(t *testing.T) {
	t.Parallel()
	doc := `
input_schema: {type: object, properties: {amount: {type: number}}}
steps: [{name: a, type: machine, action: noop, output: "."%s}]
`
	s := started(t, fmt.Sprintf(doc, ""), `{"amount": 1}`)
	s.finish("a", `{"amount": "hacked", "other": 2}`, nil)
	s.status(t, StatusFailed)
	if e := s.snap.Instance.Error; !e.Exit || !strings.Contains(e.Message, `"amount"`) || s.data("amount") != "1" {
		t.Errorf("error = %+v, amount = %s; want an error at the exit and the amount as it was", e, s.data("amount"))
	}
	s = started(t, fmt.Sprintf(doc, ", overwrite: true"), `{"amount": 1}`)
	s.finish("a", `{"amount": 2}`, nil)
	s.status(t, StatusCompleted)
	if s.data("amount") != "2" {
		t.Errorf("amount = %s, want 2", s.data("amount"))
	}
}

func TestDecide_InputAgainstSchema(t *testing.T) {
	t.Parallel()
	def := parse(t, `
format: 1
name: x
version: 1.0.0
input_schema: {type: object, required: [n], properties: {n: {type: number, exclusiveMinimum: 0}}}
steps: [{name: a, type: machine, action: noop}]
`)
	s := newSim(t, def)
	_, err := s.do(Start{InstanceID: s.id(), Actor: otto, Input: json.RawMessage(`{"n": 0}`)})
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindInvalid || len(e.Fields) != 1 || e.Fields[0].Pointer != "/n" {
		t.Fatalf("error = %+v, want one problem at /n", err)
	}
}
