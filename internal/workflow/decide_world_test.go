package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// choices lists what the world could do next.
func (r *run) choices() []func() {
	in := r.snap.Instance
	var list []func()
	add := func(cmd Command) { list = append(list, func() { r.step(cmd) }) }
	if in.Status.Finished() {
		return nil
	}
	for _, e := range r.live() {
		switch {
		case e.Status == StepRunning:
			add(r.result(e, false))
			if !r.story.failing[e.Step] {
				add(r.result(e, true))
			}
			add(LeaseLost{ExecutionID: e.ID, LeaseNo: e.LeaseNo})
		case e.Status == StepWaiting && e.Type == StepWebhook:
			add(ReceiveHook{Step: e.Step, Visit: e.Visit, Payload: json.RawMessage(`{"hook":1}`)})
		}
		if task, ok := r.taskOf(e); ok && !in.Paused {
			outcome := rapid.SampledFrom([]string{"yes", "no"})
			list = append(list, func() {
				r.step(CompleteTask{TaskID: task.ID, Actor: otto, Outcome: outcome.Draw(r.t, "outcome")})
			})
		}
	}
	if due, ok := r.nextDue(); ok {
		list = append(list, func() { r.fireDue(due) })
	}
	if in.Paused {
		add(Resume{Actor: olga})
	} else {
		add(Pause{Actor: olga})
	}
	if r.failedNow() {
		add(Retry{Actor: olga})
	}
	list = append(list, r.mending()...)
	list = append(list, r.earlyHook, r.stale, func() { r.now = r.now.Add(7 * time.Minute) }, func() {
		r.slots = rapid.IntRange(0, 3).Draw(r.t, "slots")
		r.step(Lease{})
	})
	return list
}

// mending lists what operators could do: skip what is not being run, edit data,
// retry from any step, migrate to and fro.
func (r *run) mending() []func() {
	list := []func(){func() {
		r.step(EditData{Actor: olga, Reason: "so", Patch: json.RawMessage(fmt.Sprintf(`{"edited": %d}`, r.ids))})
	}, func() {
		if before := r.def; r.may(Migrate{Actor: olga, Reason: "so", To: r.twin}) {
			r.twin = before
		}
	}}
	for _, e := range r.live() {
		if e.Status != StepRunning && (e.Hold != HoldExit || e.Status == StepFailed) {
			list = append(list, func() { r.step(Skip{Actor: olga, ExecutionID: e.ID, Reason: "so"}) })
		}
	}
	if r.failedNow() && !r.snap.Instance.Paused {
		list = append(list, func() {
			from := rapid.SampledFrom(r.def.Steps).Draw(r.t, "from step").Name
			r.rerun[from] = true
			r.may(Retry{Actor: olga, From: from, Confirm: rapid.Bool().Draw(r.t, "confirm")})
		})
	}
	return list
}

// may does what the state may refuse. It reports whether it was done.
func (r *run) may(cmd Command) bool {
	if _, err := Decide(r.def, r.loaded(cmd), cmd, r.env()); KindOf(err) == KindConflict {
		return false
	}
	return r.step(cmd).Changed()
}

func (r *run) failedNow() bool {
	return r.snap.Instance.State.Failed || r.snap.Instance.State.Tokens.Failed > 0
}

// result is what the action of a step reports, or an error.
func (r *run) result(e Execution, fails bool) StepDone {
	done := StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: json.RawMessage(`{"n":1}`)}
	if fails || r.story.failing[e.Step] {
		code := []string{"soft", "hard"}[(e.Visit+e.Attempt)%2]
		done.Output, done.Err = nil, &StepError{Code: code, Message: "it went wrong"}
	}
	return done
}

func (r *run) live() []Execution {
	var list []Execution
	for _, e := range r.all {
		if e.Live {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b Execution) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return list
}

func (r *run) taskOf(e Execution) (Task, bool) {
	for _, task := range r.tasks {
		if task.ExecutionID == e.ID && task.Status == TaskPending {
			return task, true
		}
	}
	return Task{}, false
}

func (r *run) nextDue() (Due, bool) {
	var next Due
	for _, due := range r.snap.Dues {
		if !due.Frozen && (next.At.IsZero() || due.At.Before(next.At) || due.At.Equal(next.At) && slices.Compare(due.ID[:], next.ID[:]) < 0) {
			next = due
		}
	}
	return next, !next.At.IsZero()
}

func (r *run) fireDue(due Due) {
	if due.At.After(r.now) {
		r.now = due.At
	}
	r.step(DueFired{DueID: due.ID})
}

// earlyHook delivers the payload of a webhook's next visit, once.
func (r *run) earlyHook() {
	for _, step := range r.def.Steps {
		visit := r.snap.Instance.State.Steps[step.Name].Visits + 1
		known := slices.ContainsFunc(r.snap.Hooks, func(h Hook) bool { return h.Step == step.Name && h.Visit == visit })
		if step.Webhook != nil && !known {
			r.step(ReceiveHook{Step: step.Name, Visit: visit, Payload: json.RawMessage(`{"hook":2}`)})
			return
		}
	}
}

// stale reports results of leases that are over.
func (r *run) stale() {
	for _, e := range r.all {
		if e.LeaseNo == 0 {
			continue
		}
		no := e.LeaseNo - 1
		if e.Status.Finished() {
			no = e.LeaseNo
		}
		for _, cmd := range []Command{
			StepDone{ExecutionID: e.ID, LeaseNo: no, Output: json.RawMessage(`1`)},
			LeaseLost{ExecutionID: e.ID, LeaseNo: no},
		} {
			if tr, err := Decide(r.def, r.loaded(cmd), cmd, r.env()); err != nil || tr.Changed() {
				r.fail("a stale %T of %s (%s) changed something: %v", cmd, e.Step, e.Status, err)
			}
		}
	}
}

// wander does what comes up, up to a number of times.
func (r *run) wander(most int) {
	for range rapid.IntRange(0, most).Draw(r.t, "random actions") {
		list := r.choices()
		if len(list) == 0 || len(r.all) > manyExecutions {
			return
		}
		list[rapid.IntRange(0, len(list)-1).Draw(r.t, "action")]()
	}
}

// drive does all that a willing world would, until the instance ends. It gives
// up only on an error that nothing but another definition can mend.
func (r *run) drive() {
	r.slots = max(r.slots, 1)
	for len(r.all) <= manyExecutions {
		in := r.snap.Instance
		switch {
		case in.Status.Finished():
			return
		case in.Paused:
			r.step(Resume{Actor: olga})
		case r.failedNow() && r.hopeless():
			return
		case r.failedNow():
			r.retries++
			r.step(Retry{Actor: olga})
		default:
			r.willing()
		}
	}
}

// hopeless reports whether all that failed will fail again, or whether retries
// do not help although they should.
func (r *run) hopeless() bool {
	if r.retries > 50 {
		r.fail("retried %d times, and still failed: %+v", r.retries, r.snap.Instance.Error)
	}
	e := r.snap.Instance.Error
	return r.retries > 0 && r.story.broken[e.Step]
}

// willing takes one step of an instance that moves.
func (r *run) willing() {
	for _, e := range r.live() {
		task, asked := r.taskOf(e)
		switch {
		case e.Status == StepRunning:
			r.step(r.result(e, false))
		case e.Status == StepScheduled:
			if !r.step(Lease{}).Changed() {
				continue
			}
		case asked:
			r.step(CompleteTask{TaskID: task.ID, Actor: otto, Outcome: "yes"})
		case e.Status == StepWaiting && e.Type == StepWebhook:
			r.step(ReceiveHook{Step: e.Step, Visit: e.Visit, Payload: json.RawMessage(`{"hook":1}`)})
		default:
			continue
		}
		return
	}
	due, ok := r.nextDue()
	if !ok {
		r.fail("stuck: %s at %v, %+v", r.snap.Instance.Status, r.snap.Instance.CurrentSteps, r.snap.Instance.State)
	}
	r.fireDue(due)
}
