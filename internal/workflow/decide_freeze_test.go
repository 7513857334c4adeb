package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDecide_LeasesNothingWhilePaused(t *testing.T) {
	t.Parallel()
	s := newSim(t, parse(t, "format: 1\nname: x\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop}]"))
	s.slots = 0
	s.must(Start{InstanceID: s.id(), Actor: otto, Input: json.RawMessage(`{}`)})
	s.must(Pause{Actor: olga})
	s.slots = 1
	if tr := s.must(Lease{}); tr.Changed() {
		t.Errorf("a paused instance leased %v", tr.Work)
	}
	s.must(Resume{Actor: olga})
	s.machines()
	s.status(t, StatusCompleted)
}

func TestDecide_LeaseStopsWithAFailure(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop, timeout: "{{ data.gone }}"}
  - {name: b, type: machine, action: noop}
edges: [{source: split, target: a}, {source: split, target: b}]
`, `{}`)
	s.status(t, StatusFailed)
	if list := s.running(); len(list) != 0 {
		t.Errorf("%s was leased after the instance had failed", list[0].Step)
	}
}

func TestDecide_LeavesTheCommandsErrorAlone(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: pay, type: machine, action: noop, on_failure: [{when: data.missing == 1, step: mend}]}
  - {name: mend, type: machine, action: noop}
`, `{}`)
	s.must(Pause{Actor: olga})
	cause := StepError{Code: "x", Message: "declined"}
	given := cause
	s.finish("pay", "", &given)
	if given != cause {
		t.Errorf("the command's error became %+v", given)
	}
	for range 2 { // a decision that meets a stale version is made again
		if _, err := Decide(s.def, s.snap, Resume{Actor: olga}, s.env()); err != nil {
			t.Fatal(err)
		}
	}
	s.must(Resume{Actor: olga})
	if got := s.snap.Instance.Error.Message; strings.Count(got, "on_failure") != 1 {
		t.Errorf("message = %q, want the handler's error once", got)
	}
}

func TestDecide_JoinFirstCancelsTokensOnTheirWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second string }{
		"to a step before it":    {"", ""},
		"from skipped ones":      {`, when: "false"`, `, when: "false"`},
		"beside a failed step":   {", when: data.gone", ""},
		"beside held and failed": {", when: data.gone", `, when: "false"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := started(t, fmt.Sprintf(`
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop%s}
  - {name: b, type: timer, duration: 1h%s}
  - {name: j, type: machine, action: noop, join: first}
edges:
  - {source: split, target: a}
  - {source: split, target: b}
  - {source: split, target: j}
  - {source: a, target: j}
  - {source: b, target: j}
`, c.first, c.second), `{}`)
			s.machines()
			s.status(t, StatusCompleted)
			s.visits(t, "split", "j")
			if slices.ContainsFunc(s.events, func(e Event) bool { return e.Type == EventWorkflowFailed }) {
				t.Error("history says that the workflow failed")
			}
			if due := s.snap.Dues; len(due) > 0 {
				t.Errorf("due rows %v are left", due)
			}
		})
	}
}

func TestDecide_RetryTakesUpEveryFailedBranch(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop}
  - {name: c, type: machine, action: noop, on_failure: [{step: mend}]}
  - {name: mend, type: machine, action: noop}
edges: [{source: split, target: a}, {source: split, target: b}, {source: split, target: c}]
`, `{}`)
	for _, step := range []string{"a", "b", "c"} {
		s.finish(step, "", &StepError{Code: "x", Message: step + " broke"})
	}
	s.must(Retry{Actor: olga})
	s.status(t, StatusRunning)
	var running []string
	for _, e := range s.running() {
		running = append(running, e.Step)
	}
	if want := []string{"a", "b", "mend"}; !slices.Equal(running, want) {
		t.Errorf("%v run after the retry, want %v", running, want)
	}
	var failed []string
	for _, e := range s.events {
		if e.Type == EventStepFailed {
			failed = append(failed, e.Step)
		}
	}
	slices.Sort(failed)
	if want := []string{"a", "b", "c"}; !slices.Equal(failed, want) {
		t.Errorf("history names %v as failed, want %v", failed, want)
	}
}

func TestDecide_TerminateNeedsNoTerminalStep(t *testing.T) {
	t.Parallel()
	s := started(t, `
terminal_steps: [b]
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop, terminate: true}
  - {name: b, type: human, anyone: true}
edges: [{source: split, target: a}, {source: split, target: b}]
`, `{}`)
	s.machines()
	s.status(t, StatusCompleted)
}

func TestDecide_HookOfAFailedVisitIsKeptForRetry(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps: [{name: ready, type: webhook, timeout: 1h, output: answer}]
`, `{}`)
	s.fire()
	s.status(t, StatusFailed)
	s.must(ReceiveHook{Step: "ready", Visit: 1, Payload: json.RawMessage(`{"ok":true}`)})
	if _, err := s.do(ReceiveHook{Step: "ready", Visit: 1, Payload: json.RawMessage(`{}`)}); !errors.Is(err, ErrHookUsed) {
		t.Errorf("a second payload: %v, want hook used", err)
	}
	s.must(Retry{Actor: olga})
	s.status(t, StatusCompleted)
	if got := s.data("answer"); got != `{"ok":true}` {
		t.Errorf("answer = %s", got)
	}
}

func TestDecide_DueRowThatMovedDoesNotFireEarly(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps: [{name: ask, type: human, anyone: true, timeout: 1h}]
`, `{}`)
	s.now = s.now.Add(59 * time.Minute)
	s.must(Pause{Actor: olga})
	s.now = s.now.Add(time.Hour)
	s.must(Resume{Actor: olga})
	for id := range s.snap.Dues { // claimed before the pause
		if tr := s.must(DueFired{DueID: id}); tr.Changed() {
			t.Error("the timeout came before its time")
		}
	}
	s.fire()
	s.status(t, StatusFailed)
}

func TestDecide_FrozenTimeIsNeverNegative(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps: [{name: ask, type: human, anyone: true, timeout: 1h}]
`, `{}`)
	s.must(Pause{Actor: olga})
	s.now = s.now.Add(-time.Second) // another process, whose clock is behind
	if tr := s.must(Resume{Actor: olga}); tr.ThawShift != 0 {
		t.Errorf("times move by %v, want 0", tr.ThawShift)
	}
}

func TestDecide_TimerHasATimeout(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: wait, type: timer, duration: 2h, timeout: 1h, on_failure: [{step: late}]}
  - {name: late, type: machine, action: noop}
`, `{}`)
	s.fire()
	s.machines()
	s.status(t, StatusCompleted)
	s.visits(t, "late")
}

func TestDecide_RefusesTextThatCannotBeKept(t *testing.T) {
	t.Parallel()
	bad := map[string]string{"U+0000": `"a\u0000b"`, "half a surrogate pair": `"\ud800"`, "no UTF-8": "\"\xff\"", "no JSON": `{`}
	for name, text := range bad {
		s := started(t, `
steps: [{name: a, type: machine, action: noop}, {name: b, type: webhook}]
edges: [{source: a, target: b}]
`, `{}`)
		if _, err := s.do(ReceiveHook{Step: "b", Visit: 1, Payload: json.RawMessage(text)}); KindOf(err) != KindInvalid {
			t.Errorf("%s in a webhook's payload: %v, want invalid", name, err)
		}
		s.finish("a", text, nil)
		if got := s.snap.Instance.Error; got == nil || got.Code != "bad_result" {
			t.Errorf("%s in a result: %+v, want bad_result", name, got)
		}
	}
}

func TestDecide_StartsOnce(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps: [{name: a, type: machine, action: noop}]
`, `{}`)
	if _, err := s.do(Start{InstanceID: s.snap.Instance.ID, Actor: otto}); KindOf(err) != KindConflict {
		t.Errorf("a second start: %v, want a conflict", err)
	}
}

func TestDecide_CurrentStepsInDocumentOrder(t *testing.T) {
	t.Parallel()
	s := started(t, `
initial_step: split
steps:
  - {name: a, type: human, anyone: true}
  - {name: b, type: human, anyone: true}
  - {name: split, type: gateway, mode: parallel}
edges: [{source: split, target: b}, {source: split, target: a}]
`, `{}`)
	if got, want := s.snap.Instance.CurrentSteps, []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("current steps = %v, want %v", got, want)
	}
}
