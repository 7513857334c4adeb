package workflow

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// arrive brings a token to a step: into a join that collects, or into a visit
// of its own.
func (d *decider) arrive(a arrival) {
	step := d.def.Step(a.step)
	var from []uuid.UUID
	if a.from != uuid.Nil {
		from = []uuid.UUID{a.from}
	}
	if step.Join == JoinAll && !a.loop {
		d.joinAll(step, a, from)
		return
	}
	e := d.create(step, a.scope, from)
	d.put(e)
	if step.Join == JoinFirst {
		d.cancelBehind(e)
	}
	d.activate(e)
}

// joinAll collects an arrival; openJoin runs the step when nobody else can
// still arrive.
func (d *decider) joinAll(step *Step, a arrival, from []uuid.UUID) {
	collecting := d.stepsIn(a.scope)[step.Name].Joining
	if e, ok := d.exec(collecting); ok && collecting != uuid.Nil {
		e.ArrivedFrom = append(slices.Clone(e.ArrivedFrom), from...)
		d.put(e)
		return
	}
	e := d.create(step, a.scope, from)
	d.put(e)
	d.setJoining(a.scope, step.Name, e.ID)
}

// openJoin runs the first collecting step, in document order, that no other
// live branch can still reach. It reports whether there was one.
func (d *decider) openJoin() bool {
	if d.in.State.Tokens.Joining == 0 {
		return false
	}
	for _, scope := range d.scopeIDs() {
		if d.openJoinIn(scope) {
			return true
		}
	}
	return false
}

func (d *decider) openJoinIn(scope uuid.UUID) bool {
	counts := d.stepsIn(scope)
	for _, step := range d.stepsOf(scope) {
		collecting := counts[step.Name].Joining
		if collecting == uuid.Nil || d.reachable(scope, step) {
			continue
		}
		e, _ := d.exec(collecting)
		d.setJoining(scope, step.Name, uuid.Nil)
		d.activate(e)
		return true
	}
	return false
}

// reachable reports whether a live branch elsewhere in the scope can still
// reach the step without a loop edge.
func (d *decider) reachable(scope uuid.UUID, target *Step) bool {
	graph := d.def.graphAround(target)
	for name, s := range d.stepsIn(scope) {
		if s.Live > 0 && name != target.Name && graph.Reaches(name, target.Name) {
			return true
		}
	}
	return false
}

// cancelBehind cancels every other live branch of the scope that could still
// reach the execution's step, tokens on their way too.
func (d *decider) cancelBehind(e Execution) {
	graph := d.def.graphAround(d.def.Step(e.Step))
	d.arrived = slices.DeleteFunc(d.arrived, func(a arrival) bool {
		return a.scope == e.Scope && (a.step == e.Step && !a.loop || graph.Reaches(a.step, e.Step))
	})
	for _, other := range d.liveExecs() {
		if other.ID != e.ID && other.Scope == e.Scope && graph.Reaches(other.Step, e.Step) {
			d.cancelExec(other, "another branch arrived first")
		}
	}
	d.unfail()
}

// unfail lets the instance move on when all branches that have failed in this
// decision are canceled, as if they had come too late to fail.
func (d *decider) unfail() {
	if d.in.FrozenAt == nil || d.failedNow() || d.in.Paused {
		return
	}
	d.in.FrozenAt, d.in.Error, d.t.FreezeDues = nil, nil, false
	d.t.Events = slices.DeleteFunc(d.t.Events, func(ev Event) bool { return ev.Type == EventWorkflowFailed })
	d.t.Sends = slices.DeleteFunc(d.t.Sends, func(s Send) bool { return s.Kind == SendDone })
	d.takeUpAll()
}

// cancelExec ends one execution with its task, its due rows, its child and all
// that lives inside it, unless it has ended already.
func (d *decider) cancelExec(e Execution, reason string) {
	if e, _ = d.exec(e.ID); !e.Live {
		return
	}
	if d.stepsIn(e.Scope)[e.Step].Joining == e.ID {
		d.setJoining(e.Scope, e.Step, uuid.Nil)
	}
	d.cancelInside(e, reason)
	d.closeTask(e.ID)
	d.closeChild(e, reason)
	d.dropDues(e.ID)
	e.Live, e.Hold, e.LeaseOwner, e.DueAt = false, HoldNone, uuid.Nil, nil
	if !e.Status.Finished() {
		e.Status = StepCanceled
		e.CompletedAt = &d.env.Now
	}
	d.put(e)
	d.stepEvent(EventStepCanceled, e, "", map[string]any{"reason": reason})
}

// activate begins a visit: the visit limit, the guard, then the step itself.
func (d *decider) activate(e Execution) {
	step := d.def.Step(e.Step)
	if e.Visit > step.MaxVisits {
		d.fail(e, &StepError{Code: "too_many_visits", Message: fmt.Sprintf(
			"step %q was reached for the %dth time; its limit is %d visits. Check the loop, or raise max_visits", e.Step, e.Visit, step.MaxVisits)})
		return
	}
	if step.When != nil {
		ok, err := step.When.EvalBool(noDeadline, d.varsOf(e))
		if err != nil {
			d.fail(e, evaluationError(err))
			return
		}
		if !ok {
			d.skip(e, "its condition is false", "")
			return
		}
	}
	if step.Each != nil {
		d.activateEach(e, step)
		return
	}
	d.begin(e, step)
}

// begin begins a visit, or one item of it, after its guard.
func (d *decider) begin(e Execution, step *Step) {
	switch step.Type {
	case StepMachine:
		d.activateMachine(e, step)
	case StepHuman:
		d.activateHuman(e, step)
	case StepTimer:
		d.activateTimer(e, step)
	case StepWebhook:
		d.activateWebhook(e, step)
	case StepGateway:
		e.StartedAt = &d.env.Now
		e.Attempt = 1
		d.put(e)
		d.started(e)
		d.succeed(e, nil)
	case StepWorkflow:
		d.activateWorkflow(e, step)
	case StepGroup:
		d.activateGroup(e, step)
	}
}

// started writes the step.started event.
func (d *decider) started(e Execution) {
	detail := map[string]any{"arrived_from": e.ArrivedFrom}
	switch {
	case e.Role == EachHolder:
		detail["total"] = d.total(e)
	case e.Input != nil:
		detail["input_data"] = e.Input
	}
	if e.Child != uuid.Nil {
		detail["child"] = e.Child
	}
	d.stepEvent(EventStepStarted, e, "", detail)
}

// codeSkipped marks, until the exit is taken, why a step was skipped.
const codeSkipped = "skipped"

// skip ends a visit without its work; the flow goes on.
func (d *decider) skip(e Execution, reason, actor string) {
	e.Status = StepSkipped
	e.CompletedAt = &d.env.Now
	e.CompletedBy = actor
	e.LeaseOwner, e.DueAt = uuid.Nil, nil
	e.Error = &StepError{Code: codeSkipped, Message: reason}
	d.dropDues(e.ID)
	d.put(e)
	d.done(e)
}

func (d *decider) activateMachine(e Execution, step *Step) {
	if err := d.giveWork(&e, step); err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	e.Status = StepScheduled
	d.put(e)
}

// giveWork evaluates what a machine step does: the input of its action, and who
// takes it.
func (d *decider) giveWork(e *Execution, step *Step) (err error) {
	e.Input, e.Topic = nil, ""
	if step.Machine.With != nil {
		input, err := step.Machine.With.Eval(noDeadline, d.varsOf(*e))
		if err != nil {
			return err
		}
		if e.Input, err = boundedJSON(input, MaxResult, "the input"); err != nil {
			return err
		}
	}
	if step.Machine.Topic != nil {
		e.Topic, err = d.topicOf(*e, step)
	}
	return err
}

// leaseScheduled finds a process for each ready machine step, oldest first. It
// reports whether a lease sent a token on.
func (d *decider) leaseScheduled() bool {
	d.t.NeedsProcesses = false
	if d.in.State.Tokens.Ready == 0 {
		return false
	}
	for _, id := range d.readyExecs() {
		e, _ := d.exec(id)
		if d.findProcess(e); !d.moving() {
			break
		}
	}
	return len(d.arrived) > 0
}

func (d *decider) lease(e Execution) {
	e.Status = StepRunning
	e.LeaseOwner, e.Queue = d.env.Owner, ""
	e.LeaseNo++
	e.Attempt++
	e.StartedAt = &d.env.Now
	d.put(e)
	d.started(e)
	timeout, err := d.settingDuration(d.def.Step(e.Step).Timeout, e)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	d.t.Work = append(d.t.Work, Work{
		ExecutionID: e.ID, LeaseNo: e.LeaseNo, Step: e.Step, Attempt: e.Attempt, Input: e.Input, Timeout: timeout,
	})
}

func (d *decider) activateTimer(e Execution, step *Step) {
	at, err := d.timerAt(step.Timer, e)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	e.DueAt = &at
	d.wait(e)
	if d.waitTimeout(e, step) {
		d.addDue(e, DueTimer, at)
	}
}

// wait puts an execution into waiting and writes its start.
func (d *decider) wait(e Execution) {
	e.Status = StepWaiting
	e.Attempt++
	e.StartedAt = &d.env.Now
	d.put(e)
	d.started(e)
}

// waitTimeout adds the step's timeout, if it has one. It reports whether the
// step still stands.
func (d *decider) waitTimeout(e Execution, step *Step) bool {
	if step.Timeout == nil {
		return true
	}
	after, err := d.settingDuration(step.Timeout, e)
	if err != nil {
		d.failLive(e.ID, evaluationError(err))
		return false
	}
	d.addDue(e, DueStepTimeout, d.env.Now.Add(after))
	return true
}

func (d *decider) activateWebhook(e Execution, step *Step) {
	d.wait(e)
	if !d.waitTimeout(e, step) {
		return
	}
	for _, h := range d.snap.Hooks {
		if h.Step == e.Step && h.Visit == e.Visit && h.Index == e.Index && !h.Consumed {
			h.Consumed = true
			d.hooks = append(d.hooks, Row[Hook]{Value: h})
			d.succeedLive(e.ID, h.Payload)
			return
		}
	}
	if step.Webhook.Message != nil {
		d.awaitMessage(e.ID, step.Webhook.Message)
	}
}

// succeedLive and failLive end an execution that this decision may have
// changed since the caller's copy.
func (d *decider) succeedLive(id uuid.UUID, output json.RawMessage) {
	e, _ := d.exec(id)
	d.succeed(e, output)
}

func (d *decider) failLive(id uuid.UUID, cause *StepError) {
	e, _ := d.exec(id)
	d.fail(e, cause)
}
