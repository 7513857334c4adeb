package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/action"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// on gives the house to a subtest.
func (h *house) on(t *testing.T) *house {
	sub := *h
	sub.t = t
	return &sub
}

// tick is a short time after which something is looked at again.
func tick() <-chan time.Time { return time.After(20 * time.Millisecond) }

func TestEngine_ForEach_ten_thousand(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
- {name: m, type: machine, action: set, for_each: data.lines, with: "{{ item }}", output: all}`)
		const n = 10_000
		begun := time.Now()
		id := h.start("x", `{"lines": [`+strings.Repeat("1,", n-1)+`2]}`).ID
		in := h.untilFor(4*time.Minute, id, workflow.StatusCompleted) // on a busy machine, under the race detector
		t.Logf("%d items took %s", n, time.Since(begun))
		var data struct{ All []int }
		if err := json.Unmarshal(in.Data, &data); err != nil {
			t.Fatal(err)
		}
		if len(data.All) != n || data.All[0] != 1 || data.All[n-1] != 2 {
			t.Errorf("%d results, from %v to %v", len(data.All), data.All[:1], data.All[len(data.All)-1:])
		}
	})
}

// untilFor is until with a longer patience.
func (h *house) untilFor(patience time.Duration, id uuid.UUID, want workflow.Status) workflow.Instance {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		in, err := h.store.Instance(h.t.Context(), ada, id)
		if err != nil {
			h.t.Fatal(err)
		}
		if in.Status == want {
			return in
		}
		<-tick()
	}
	h.t.Fatalf("the instance is not %s after %s", want, patience)
	return workflow.Instance{}
}

func TestEngine_ForEach_people(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("vote", `
steps:
- name: ask
  type: human
  for_each: data.who
  title: "Vote {{ index + 1 }}, {{ item }}"
  candidate_groups: [staff]
  distinct: true
  outcomes: [yes, no]
  timeout: 1h
  due: 30m
  complete_when: outcomes.yes >= 2
  output: votes`)
		id := h.start("vote", `{"who": ["a", "b", "c"]}`).ID
		people := []workflow.Actor{otto, {ID: "ann", Tenant: otto.Tenant, Groups: otto.Groups}}
		first := h.task(id, "ask")
		if _, err := h.CompleteTask(t.Context(), people[0], first.ID, engine.Completion{Outcome: "yes"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.CompleteTask(t.Context(), people[0], h.task(id, "ask").ID, engine.Completion{Outcome: "yes"}); workflow.KindOf(err) != workflow.KindConflict {
			t.Errorf("a second vote gives %v", err)
		}
		if _, err := h.Pause(t.Context(), olga, id, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Resume(t.Context(), olga, id, ""); err != nil {
			t.Fatal(err)
		}
		second := h.task(id, "ask")
		if second.DueAt == nil || !second.DueAt.After(*first.DueAt) {
			t.Errorf("due at %v, before the pause %v", second.DueAt, first.DueAt)
		}
		if _, err := h.CompleteTask(t.Context(), people[1], second.ID, engine.Completion{Outcome: "yes"}); err != nil {
			t.Fatal(err)
		}
		in := h.until(id, workflow.StatusCompleted)
		if got := strings.Count(string(in.Data), `"yes"`); got != 2 {
			t.Errorf("data = %s", in.Data)
		}
	})
}

// TestEngine_ForEach_raced decides the items of one list by many at once: each
// has exactly one winner.
func TestEngine_ForEach_raced(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		s := open()
		a, b := run(t, s), run(t, open())
		a.save("x", `
steps: [{name: ask, type: human, anyone: true, for_each: data.n}]`)
		id := a.start("x", `{"n": [`+strings.Repeat("0,", 29)+`0]}`).ID
		tasks, err := s.InstanceTasks(t.Context(), ada, id, 100)
		if err != nil || len(tasks) != 30 {
			t.Fatalf("%d tasks, %v", len(tasks), err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := map[uuid.UUID]int{}
		for _, task := range tasks {
			for i, h := range []*house{a, b, a} {
				wg.Go(func() {
					who := workflow.Actor{ID: fmt.Sprintf("p%d", i), Tenant: workflow.DefaultTenant}
					_, err := h.CompleteTask(t.Context(), who, task.ID, engine.Completion{})
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						won[task.ID]++
					case workflow.KindOf(err) != workflow.KindConflict:
						t.Errorf("decide: %v", err)
					}
				})
			}
		}
		wg.Wait()
		for _, task := range tasks {
			if won[task.ID] != 1 {
				t.Errorf("task %d has %d winners", task.Index, won[task.ID])
			}
		}
		a.until(id, workflow.StatusCompleted)
	})
}

func TestEngine_Group_of_everything(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
- {name: tell, type: machine, action: set, with: {url: "{{ hooks.all.steps.w.url }}"}, output: told}
- name: all
  type: group
  mode: parallel
  steps:
  - {name: t, type: timer, duration: 10ms}
  - {name: w, type: webhook}
  - {name: h, type: human, anyone: true}
  - name: list
    type: group
    steps:
    - {name: each, type: machine, action: set, for_each: "[1,2,3]", with: "{{ item * 2 }}"}
    - {name: sum, type: machine, action: set, with: "{{ result[0] + result[1] + result[2] }}"}
  callback: {type: machine, action: set, with: "{{ result[3] }}"}
  output: sum
- {name: end, type: machine, action: noop}
edges: [{source: tell, target: all}, {source: all, target: end}]`)
		id := h.start("x", `{}`).ID
		var data struct {
			Told struct{ URL string }
			Sum  int
		}
		read(t, h.until(id, workflow.StatusWaiting).Data, &data)
		if _, err := h.ReceiveHook(t.Context(), path.Base(data.Told.URL), json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
		h.complete(mia, id, "all.h", "", `{}`)
		in := h.until(id, workflow.StatusCompleted)
		if read(t, in.Data, &data); data.Sum != 12 {
			t.Errorf("data = %s", in.Data)
		}
	})
}

func read(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

// flaky fails a number of times for each execution, then succeeds.
func flaky(times int) action.Action {
	return action.Func(func(_ context.Context, call action.Call) (json.RawMessage, error) {
		if call.Attempt <= times {
			return nil, &action.Error{Code: "flaky", Message: "not yet"}
		}
		return json.RawMessage(`"done"`), nil
	})
}

func TestEngine_Retry_backs_off(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open(), func(c *engine.Config) { c.Actions["flaky"] = flaky(2) })
		h.save("x", `
steps: [{name: m, type: machine, action: flaky, retry: {max_attempts: 3, initial: 20ms, jitter: 0.5}}]`)
		id := h.start("x", `{}`).ID
		h.until(id, workflow.StatusCompleted)
		e := h.executions(id, "m")[0]
		if e.Attempt != 3 || len(e.Attempts) != 2 || e.Attempts[0].Error.Code != "flaky" {
			t.Errorf("execution = %+v", e)
		}
	})
}
