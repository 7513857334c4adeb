package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tandem/definitions"
	"tandem/internal/action"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// The names B1 to B30 are the defects of the system that Tandem re-creates;
// each test holds Tandem to the right behaviour.

func TestB1_CompletingATaskResumesAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps: [{name: ask, type: human, anyone: true}, {name: ask_again, type: human, anyone: true}]
edges: [{source: ask, target: ask_again}]`)
		in := h.start("x", `{}`)
		in = h.complete(otto, in.ID, "ask", "", `{}`)
		if in.Status != workflow.StatusWaiting || len(in.CurrentSteps) != 1 || in.CurrentSteps[0] != "ask_again" {
			t.Errorf("after completing: %s at %v, want waiting at ask_again", in.Status, in.CurrentSteps)
		}
	})
}

func TestB2_B16_BranchesJoinWhateverTheirLength(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop}
  - {name: b1, type: machine, action: noop}
  - {name: b2, type: machine, action: noop}
  - {name: c, type: timer, duration: 500ms}
  - {name: join, type: machine, action: noop}
edges:
  - {source: split, target: a}
  - {source: split, target: b1}
  - {source: split, target: c}
  - {source: b1, target: b2}
  - {source: a, target: join}
  - {source: b2, target: join}
  - {source: c, target: join}`)
		in := h.start("x", `{}`)
		h.until(in.ID, workflow.StatusCompleted)
		if steps := h.visited(in.ID); len(steps) != 6 || steps[5] != "join" || steps[4] != "c" {
			t.Errorf("completed %v, want all six, join last", steps)
		}
	})
}

func TestB3_B4_OnlyTheChosenBranchRuns(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.demo("document_approval")
		for outcome, step := range map[string]string{"approve": "approve_document", "reject": "reject_document", "request_changes": "ask_for_changes"} {
			in := h.start("document_approval", `{"title": "Plan", "text": "All of it"}`)
			h.until(in.ID, workflow.StatusWaiting)
			h.complete(mia, in.ID, "review", outcome, `{"comments": "so be it"}`)
			h.until(in.ID, workflow.StatusCompleted)
			h.sawSteps(in.ID, "submit", "review", step, "notify_submitter")
		}
	})
}

func TestB5_WebhookWaitsAndTakesItsTokenOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
  - {name: order, type: machine, action: set, with: {url: "{{ hooks.ready.url }}"}, output: .}
  - {name: ready, type: webhook, output: answer}
edges: [{source: order, target: ready}]`)
		in := h.start("x", `{}`)
		in = h.until(in.ID, workflow.StatusWaiting)
		var data struct{ URL string }
		if err := json.Unmarshal(in.Data, &data); err != nil {
			t.Fatal(err)
		}
		token := strings.TrimPrefix(data.URL, "/hooks/")
		if _, err := h.ReceiveHook(t.Context(), token[:len(token)-2]+"AA", json.RawMessage(`1`)); !errors.Is(err, workflow.ErrHookNotFound) {
			t.Errorf("a forged token: %v, want not found", err)
		}
		if _, err := h.ReceiveHook(t.Context(), token, json.RawMessage(`{"ip": "10.0.0.7"}`)); err != nil {
			t.Fatalf("hook: %v", err)
		}
		h.until(in.ID, workflow.StatusCompleted)
		if _, err := h.ReceiveHook(t.Context(), token, json.RawMessage(`2`)); !errors.Is(err, workflow.ErrHookUsed) {
			t.Errorf("the second call: %v, want used", err)
		}
	})
}

func TestB6_B8_PeopleAreWaitedFor(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: ask, type: human, anyone: true}
  - {name: work, type: machine, action: noop}
edges: [{source: split, target: ask}, {source: split, target: work}]`)
		in := h.start("x", `{}`)
		h.until(in.ID, workflow.StatusWaiting)
		in = h.complete(otto, in.ID, "ask", "", `{}`)
		if in.Status != workflow.StatusCompleted {
			t.Errorf("after the last human step: %s, want completed", in.Status)
		}
	})
}

func TestB9_AnyErrorFailsTheInstance(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open(), func(c *engine.Config) {
			c.Actions["panics"] = action.Func(func(context.Context, action.Call) (json.RawMessage, error) { panic("at the disco") })
			c.Actions["garbage"] = action.Func(func(context.Context, action.Call) (json.RawMessage, error) { return json.RawMessage("{"), nil })
		})
		for name, step := range map[string]string{
			"panics":    `{name: a, type: machine, action: panics}`,
			"garbage":   `{name: a, type: machine, action: garbage}`,
			"input":     `{name: a, type: machine, action: set, with: {n: "{{ data.missing }}"}}`,
			"guard":     `{name: a, type: machine, action: noop, when: data.missing}`,
			"exit":      `{name: a, type: machine, action: noop, set: {n: data.missing}}`,
			"timer":     `{name: a, type: timer, duration: "{{ data.missing }}"}`,
			"assignee":  `{name: a, type: human, assignee: "{{ data.missing }}"}`,
			"nobody":    `{name: a, type: human, assignee: "{{ data.empty }}"}`,
			"condition": `{name: a, type: gateway, mode: exclusive, condition: data.missing}`,
		} {
			edge := "edges: []"
			if name == "condition" {
				step += ", {name: b, type: machine, action: noop}"
				edge = "edges: [{source: a, target: b}]"
			}
			h.save("bad_"+name, fmt.Sprintf("steps: [%s]\n%s", step, edge))
			in := h.until(h.start("bad_"+name, `{"empty": ""}`).ID, workflow.StatusFailed)
			if in.Error == nil || in.Error.Message == "" || in.Error.Step != "a" {
				t.Errorf("%s: error = %+v, want one of step a", name, in.Error)
			}
		}
	})
}

func TestB10_CancelOnceWithItsReason(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `steps: [{name: ask, type: human, anyone: true}]`)
		in := h.start("x", `{}`)
		if _, err := h.Cancel(t.Context(), olga, in.ID, "the first reason"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Cancel(t.Context(), olga, in.ID, "another"); workflow.KindOf(err) != workflow.KindConflict {
			t.Errorf("second cancel: %v, want a conflict", err)
		}
		last := h.events(in.ID)
		if got := string(last[len(last)-1].Detail); !strings.Contains(got, "the first reason") {
			t.Errorf("last event = %s, want the first reason", got)
		}
	})
}

func TestB11_AllMatchingEdgesFireAfterAHumanStep(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
  - {name: ask, type: human, anyone: true}
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop}
edges: [{source: ask, target: a}, {source: ask, target: b}]`)
		in := h.start("x", `{}`)
		h.complete(otto, in.ID, "ask", "", `{}`)
		h.until(in.ID, workflow.StatusCompleted)
		if got := len(h.visited(in.ID)); got != 3 {
			t.Errorf("%d steps completed, want 3", got)
		}
	})
}

func TestB13_B14_B30_VersionsArePinnedOrderedAndNeverChange(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		doc := func(version, step string) string {
			return fmt.Sprintf("format: 1\nname: x\nversion: %s\nsteps: [{name: ask, type: human, anyone: true}, {name: %s, type: machine, action: noop}]\nedges: [{source: ask, target: %s}]", version, step, step)
		}
		h.saveWhole(doc("9.0.0", "nine"))
		old := h.start("x", `{}`)
		h.saveWhole(doc("10.0.0", "ten"))
		h.saveWhole(doc("11.0.0-beta.1", "beta"))
		newest := h.start("x", `{}`)
		for _, in := range []workflow.Instance{old, newest} {
			h.complete(otto, in.ID, "ask", "", `{}`)
			h.until(in.ID, workflow.StatusCompleted)
		}
		h.sawSteps(old.ID, "ask", "nine")
		h.sawSteps(newest.ID, "ask", "ten")
		_, _, _, err := h.SaveDefinition(t.Context(), ada, []byte(doc("9.0.0", "other")))
		if !errors.Is(err, workflow.ErrVersionExists) {
			t.Errorf("other content under a version: %v", err)
		}
		if _, _, _, err := h.SaveDefinition(t.Context(), ada, []byte("format: 1\nname: y\nversion: 1.0.0\nsteps: []")); workflow.KindOf(err) != workflow.KindInvalid {
			t.Errorf("an invalid document: %v", err)
		}
	})
}

func TestB15_B18_B28_WritesHistoryAndFormsAreKept(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		form := `form: {schema: {type: object, required: [comment], properties: {comment: {type: string, minLength: 2}}}}`
		h.save("x", `
steps:
  - {name: first, type: human, anyone: true, output: first, `+form+`}
  - {name: second, type: human, anyone: true, `+form+`}
  - {name: sum, type: machine, action: set, with: {both: "{{ steps.first.output.comment }} and {{ steps.second.output.comment }}"}, output: sum}
edges: [{source: first, target: second}, {source: second, target: sum}]`)
		in := h.start("x", `{}`)
		_, err := h.CompleteTask(t.Context(), otto, h.task(in.ID, "first").ID, engine.Completion{Output: json.RawMessage(`{"comment": "x"}`)})
		if workflow.KindOf(err) != workflow.KindInvalid {
			t.Errorf("invalid form data: %v", err)
		}
		h.complete(otto, in.ID, "first", "", `{"comment": "one"}`)
		h.complete(mia, in.ID, "second", "", `{"comment": "two"}`)
		in = h.until(in.ID, workflow.StatusCompleted)
		if got := string(in.Data); !strings.Contains(got, `"one and two"`) || !strings.Contains(got, `"first":{"comment":"one"}`) {
			t.Errorf("data = %s", got)
		}
		executions, err := h.store.Executions(t.Context(), ada, in.ID, 100)
		if err != nil || len(executions) != 3 {
			t.Fatalf("%d executions, error %v; want 3", len(executions), err)
		}
		if e := executions[0]; e.CompletedBy != "otto" || e.StartedAt == nil || e.CompletedAt == nil {
			t.Errorf("history = %+v, want who and when", e)
		}
	})
}

func TestB19_TasksHaveAssigneeGroupAndDue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `steps: [{name: ask, type: human, assignee: "{{ data.who }}", candidate_groups: [managers], due: 48h, priority: 3, title: "For {{ data.who }}"}]`)
		in := h.start("x", `{"who": "finn"}`)
		task := h.task(in.ID, "ask")
		if task.Assignee != "finn" || len(task.CandidateGroups) != 1 || task.DueAt == nil || task.Priority != 3 || task.Title != "For finn" {
			t.Errorf("task = %+v", task)
		}
		if got := task.DueAt.Sub(task.CreatedAt); got != 48*time.Hour {
			t.Errorf("due after %v, want 48 h", got)
		}
	})
}

func TestB21_OfTwoCompletionsExactlyOneWins(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h, other := run(t, open()), run(t, open())
		h.save("x", `steps: [{name: ask, type: human, anyone: true, outcomes: [yes, no]}]`)
		for range 30 {
			in := h.start("x", `{}`)
			task := h.task(in.ID, "ask").ID
			var won atomic.Int32
			var wg sync.WaitGroup
			for i, on := range []*house{h, other, h, other} {
				wg.Go(func() {
					_, err := on.CompleteTask(t.Context(), otto, task, engine.Completion{Outcome: []string{"yes", "no"}[i%2]})
					switch {
					case err == nil:
						won.Add(1)
					case workflow.KindOf(err) != workflow.KindConflict:
						t.Errorf("the slower one: %v, want a conflict", err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Fatalf("%d won, want exactly 1", won.Load())
			}
		}
	})
}

func TestB25_RetryAndTimeouts(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		var mended atomic.Bool
		h := run(t, open(), func(c *engine.Config) {
			c.Actions["flaky"] = action.Func(func(context.Context, action.Call) (json.RawMessage, error) {
				if !mended.Load() {
					return nil, &action.Error{Code: "down", Message: "the till is shut"}
				}
				return json.RawMessage(`"ok"`), nil
			})
			c.Actions["slow"] = action.Func(func(ctx context.Context, _ action.Call) (json.RawMessage, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
		})
		h.save("flaky", `steps: [{name: a, type: machine, action: flaky}]`)
		in := h.until(h.start("flaky", `{}`).ID, workflow.StatusFailed)
		mended.Store(true)
		if _, err := h.Retry(t.Context(), olga, in.ID, "mended"); err != nil {
			t.Fatal(err)
		}
		h.until(in.ID, workflow.StatusCompleted)
		h.save("slow", `steps: [{name: a, type: machine, action: slow, timeout: 30ms}]`)
		in = h.until(h.start("slow", `{}`).ID, workflow.StatusFailed)
		if in.Error.Code != "timeout" {
			t.Errorf("error = %+v, want timeout", in.Error)
		}
		h.save("late", `steps: [{name: ask, type: human, anyone: true, timeout: 50ms, outcomes: [yes, no], on_timeout: {outcome: no}}]`)
		in = h.until(h.start("late", `{}`).ID, workflow.StatusCompleted)
		tasks, _ := h.store.InstanceTasks(t.Context(), ada, in.ID, 10)
		if tasks[0].CompletedBy != "system:timeout" || tasks[0].Outcome != "no" {
			t.Errorf("task = %+v, want decided by the system", tasks[0])
		}
	})
}

func TestB26_CancelClosesTasksStepsAndTimers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: ask, type: human, anyone: true, timeout: 1h}
  - {name: wait, type: timer, duration: 1h}
edges: [{source: split, target: ask}, {source: split, target: wait}]`)
		in := h.start("x", `{}`)
		task := h.task(in.ID, "ask")
		if _, err := h.Cancel(t.Context(), olga, in.ID, ""); err != nil {
			t.Fatal(err)
		}
		executions, _ := h.store.Executions(t.Context(), ada, in.ID, 10)
		for _, e := range executions {
			if e.Live || e.Step != "split" && e.Status != workflow.StepCanceled {
				t.Errorf("%s is %s, want canceled", e.Step, e.Status)
			}
		}
		if _, err := h.CompleteTask(t.Context(), otto, task.ID, engine.Completion{}); workflow.KindOf(err) != workflow.KindConflict {
			t.Errorf("deciding a canceled task: %v", err)
		}
	})
}

func TestB27_WritesBeforeAFailureAreKept(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
  - {name: a, type: machine, action: noop, set: {kept: "'yes'"}}
  - {name: b, type: machine, action: fail, with: {message: broken}}
edges: [{source: a, target: b}]`)
		in := h.until(h.start("x", `{}`).ID, workflow.StatusFailed)
		if string(in.Data) != `{"kept":"yes"}` {
			t.Errorf("data = %s", in.Data)
		}
	})
}

func TestB29_LoopsAreBounded(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
  - {name: a, type: machine, action: noop, max_visits: 20}
  - {name: g, type: gateway, mode: exclusive}
  - {name: z, type: machine, action: noop}
edges: [{source: a, target: g}, {source: g, target: a, condition: "true"}, {source: g, target: z, default: true}]`)
		in := h.until(h.start("x", `{}`).ID, workflow.StatusFailed)
		if in.Error.Code != "too_many_visits" {
			t.Errorf("error = %+v", in.Error)
		}
	})
}

// demo stores a shipped demo workflow.
func (h *house) demo(name string) {
	h.t.Helper()
	source, err := fs.ReadFile(definitions.FS, name+".yaml")
	if err != nil {
		h.t.Fatal(err)
	}
	h.saveWhole(string(source))
}

func TestDemo_OrderProcessing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.demo("order_processing")
		in := h.until(h.start("order_processing", `{"order_id": "42", "items": ["Chair"]}`).ID, workflow.StatusCompleted)
		for _, want := range []string{`"payment_id":"PAY-42"`, `"tracking_number":"TRACK-42"`} {
			if !strings.Contains(string(in.Data), want) {
				t.Errorf("data = %s, want %s", in.Data, want)
			}
		}
		in = h.until(h.start("order_processing", `{"order_id": "43", "items": []}`).ID, workflow.StatusFailed)
		if !strings.Contains(in.Error.Message, "Order 43 has no items") {
			t.Errorf("error = %+v", in.Error)
		}
	})
}

func TestDemo_ExpenseApproval(t *testing.T) {
	t.Parallel()
	const ok = `{"cost_centre": "4711"}`
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.demo("expense_approval")
		begin := func(amount string) workflow.Instance {
			return h.start("expense_approval", `{"purpose": "Train", "category": "travel", "amount": `+amount+`}`)
		}
		h.sawSteps(h.until(begin("999.99").ID, workflow.StatusCompleted).ID, "route", "pay")
		for _, tt := range []struct {
			amount, step string
			who          workflow.Actor
		}{
			{"1000", "manager", mia}, {"4999.99", "manager", mia}, {"5000", "finance", finn},
			{"9999.99", "finance", finn}, {"10000", "cfo", cleo},
		} {
			in := begin(tt.amount)
			if _, err := h.CompleteTask(t.Context(), otto, h.task(in.ID, tt.step).ID, engine.Completion{Outcome: "approve"}); workflow.KindOf(err) != workflow.KindForbidden {
				t.Errorf("the requester decides %s: %v", tt.amount, err)
			}
			h.complete(tt.who, in.ID, tt.step, "approve", ok)
			h.sawSteps(h.until(in.ID, workflow.StatusCompleted).ID, "route", tt.step, "pay")
			in = begin(tt.amount)
			h.complete(tt.who, in.ID, tt.step, "reject", `{}`)
			h.sawSteps(h.until(in.ID, workflow.StatusCompleted).ID, "route", tt.step, "rejected")
		}
		in := begin("12000")
		h.complete(cleo, in.ID, "cfo", "request_changes", `{}`)
		h.complete(otto, in.ID, "revise", "resubmit", `{"amount": 6000}`)
		h.until(in.ID, workflow.StatusWaiting)
		h.complete(finn, in.ID, "finance", "approve", ok)
		h.sawSteps(h.until(in.ID, workflow.StatusCompleted).ID, "route", "cfo", "revise", "resubmit", "route", "finance", "pay")
		in = begin("1500")
		h.complete(mia, in.ID, "manager", "request_changes", `{}`)
		h.complete(otto, in.ID, "revise", "withdraw", `{}`)
		h.sawSteps(h.until(in.ID, workflow.StatusCompleted).ID, "route", "manager", "revise", "withdrawn")
		for _, amount := range []string{"0", "-5"} {
			_, err := h.Start(t.Context(), otto, engine.StartInput{Definition: "expense_approval", Input: json.RawMessage(`{"purpose": "Train", "category": "travel", "amount": ` + amount + `}`)})
			if workflow.KindOf(err) != workflow.KindInvalid {
				t.Errorf("amount %s: %v, want invalid", amount, err)
			}
		}
	})
}
