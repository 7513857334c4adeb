package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

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
		d.joinAll(step, a.from, from)
		return
	}
	e := d.create(step, from)
	d.put(e)
	if step.Join == JoinFirst {
		d.cancelBehind(e)
	}
	d.activate(e)
}

// joinAll collects an arrival; openJoin runs the step when nobody else can
// still arrive.
func (d *decider) joinAll(step *Step, arrived uuid.UUID, from []uuid.UUID) {
	s := d.in.State.Steps[step.Name]
	if e, ok := d.exec(s.Joining); ok && s.Joining != uuid.Nil {
		e.ArrivedFrom = append(slices.Clone(e.ArrivedFrom), arrived)
		d.put(e)
		return
	}
	e := d.create(step, from)
	d.put(e)
	s = d.in.State.Steps[step.Name]
	s.Joining = e.ID
	d.setStep(step.Name, s)
}

// openJoin runs the first collecting step, in document order, that no other
// live branch can still reach. It reports whether there was one.
func (d *decider) openJoin() bool {
	if d.in.State.Tokens.Joining == 0 {
		return false
	}
	for _, step := range d.def.Steps {
		s := d.in.State.Steps[step.Name]
		if s.Joining == uuid.Nil || d.reachable(step.Name) {
			continue
		}
		e, _ := d.exec(s.Joining)
		s.Joining = uuid.Nil
		d.setStep(step.Name, s)
		d.activate(e)
		return true
	}
	return false
}

// reachable reports whether a live branch elsewhere can still reach the step
// without a loop edge.
func (d *decider) reachable(target string) bool {
	for name, s := range d.in.State.Steps {
		if s.Live > 0 && name != target && d.def.Graph().Reaches(name, target) {
			return true
		}
	}
	return false
}

// cancelBehind cancels every other live branch that could still reach the
// execution's step, tokens on their way too.
func (d *decider) cancelBehind(e Execution) {
	d.arrived = slices.DeleteFunc(d.arrived, func(a arrival) bool {
		return a.step == e.Step && !a.loop || d.def.Graph().Reaches(a.step, e.Step)
	})
	for _, other := range d.liveExecs() {
		if other.ID != e.ID && d.def.Graph().Reaches(other.Step, e.Step) {
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
	d.takeUpAll()
}

// cancelExec ends one execution with its task and due rows.
func (d *decider) cancelExec(e Execution, reason string) {
	if s := d.in.State.Steps[e.Step]; s.Joining == e.ID {
		s.Joining = uuid.Nil
		d.setStep(e.Step, s)
	}
	if t, ok := d.taskOf(e.ID); ok {
		t.Status = TaskCanceled
		t.CompletedAt = &d.env.Now
		d.putTask(t)
	}
	d.dropDues(e.ID)
	e.Live, e.Hold, e.LeaseOwner = false, HoldNone, uuid.Nil
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
		ok, err := step.When.EvalBool(noDeadline, d.vars())
		if err != nil {
			d.fail(e, evaluationError(err))
			return
		}
		if !ok {
			d.skip(e, "its condition is false", "")
			return
		}
	}
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
	default:
		d.fail(e, &StepError{Code: "unsupported", Message: fmt.Sprintf("step type %q cannot run", step.Type)})
	}
}

// started writes the step.started event.
func (d *decider) started(e Execution) {
	detail := map[string]any{"arrived_from": e.ArrivedFrom}
	if e.Input != nil {
		detail["input_data"] = e.Input
	}
	d.stepEvent(EventStepStarted, e, "", detail)
}

// skip ends a visit whose guard is false; the flow goes on.
func (d *decider) skip(e Execution, reason, actor string) {
	e.Status = StepSkipped
	e.CompletedAt = &d.env.Now
	d.put(e)
	d.stepEvent(EventStepSkipped, e, actor, map[string]any{"reason": reason})
	d.done(e)
}

func (d *decider) activateMachine(e Execution, step *Step) {
	if step.Machine.With != nil {
		input, err := step.Machine.With.Eval(noDeadline, d.vars())
		if err != nil {
			d.fail(e, evaluationError(err))
			return
		}
		raw, err := boundedJSON(input, MaxResult, "the input")
		if err != nil {
			d.fail(e, evaluationError(err))
			return
		}
		e.Input = raw
	}
	e.Status = StepScheduled
	d.put(e)
}

// leaseScheduled leases ready machine steps for the deciding process, oldest
// first, while it has slots. It reports whether a lease sent a token on.
func (d *decider) leaseScheduled() bool {
	d.t.NeedsProcesses = false
	if d.in.State.Tokens.Running == 0 {
		return false
	}
	for _, e := range d.liveExecs() {
		if e.Status != StepScheduled {
			continue
		}
		if len(d.t.Work) >= d.env.Slots {
			d.t.NeedsProcesses = true
			break
		}
		if d.lease(e); !d.moving() {
			break
		}
	}
	return len(d.arrived) > 0
}

func (d *decider) lease(e Execution) {
	e.Status = StepRunning
	e.LeaseOwner = d.env.Owner
	e.LeaseNo++
	e.Attempt++
	e.StartedAt = &d.env.Now
	d.put(e)
	d.started(e)
	timeout, err := d.settingDuration(d.def.Step(e.Step).Timeout)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	d.t.Work = append(d.t.Work, Work{
		ExecutionID: e.ID, LeaseNo: e.LeaseNo, Step: e.Step, Attempt: e.Attempt, Input: e.Input, Timeout: timeout,
	})
}

func (d *decider) activateTimer(e Execution, step *Step) {
	at, err := d.timerAt(step.Timer)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	e.DueAt = &at
	d.wait(e)
	if d.waitTimeout(e, step) {
		d.addDue(e.ID, DueTimer, at)
	}
}

// wait puts an execution into waiting and writes its start.
func (d *decider) wait(e Execution) {
	e.Status = StepWaiting
	e.Attempt = 1
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
	after, err := d.settingDuration(step.Timeout)
	if err != nil {
		d.failLive(e.ID, evaluationError(err))
		return false
	}
	d.addDue(e.ID, DueStepTimeout, d.env.Now.Add(after))
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

// succeed stores a result and takes the exit, or holds it while nothing moves.
func (d *decider) succeed(e Execution, output json.RawMessage) {
	e.Status = StepSucceeded
	e.Output = output
	e.Error = nil
	e.CompletedAt = &d.env.Now
	e.LeaseOwner = uuid.Nil
	d.dropDues(e.ID)
	d.done(e)
}

// done takes the exit of an execution that has ended well, or holds it while
// nothing moves.
func (d *decider) done(e Execution) {
	if d.in.FrozenAt != nil {
		e.Hold = HoldExit
		d.put(e)
		return
	}
	d.exit(e)
}

// exit keeps the result in data, writes `set`, and fires edges. Its errors
// never run the step again: the instance fails at the exit of the step.
func (d *decider) exit(e Execution) {
	step := d.def.Step(e.Step)
	e.Hold = HoldNone
	d.put(e)
	before, changed := d.data, d.t.DataChanged
	fired, err := d.leave(e, step)
	if err != nil {
		d.data, d.t.DataChanged = before, changed
		d.failExit(e, err)
		return
	}
	e.Live, e.Error = false, nil
	d.put(e)
	if e.Status != StepSkipped {
		d.stepEvent(EventStepCompleted, e, e.CompletedBy, d.completedDetail(e, fired))
	}
	if step.Terminate {
		d.terminate(e)
		return
	}
	for _, edge := range fired {
		d.arrived = append(d.arrived, arrival{step: edge.Target, from: e.ID, loop: edge.Loop})
	}
}

// leave does what the exit computes: data after `output` and `set`, and the
// edges that fire.
func (d *decider) leave(e Execution, step *Step) ([]*Edge, error) {
	if e.Status != StepSkipped {
		if err := d.keepOutput(e, step); err != nil {
			return nil, err
		}
		if err := d.assign(e, step); err != nil {
			return nil, err
		}
	}
	if step.Terminal || step.Terminate {
		return nil, nil
	}
	fired, err := d.firing(e, step)
	if err != nil {
		return nil, err
	}
	if len(fired) == 0 {
		return nil, fmt.Errorf("no outgoing edge of %q matched", step.Name)
	}
	return fired, nil
}

func (d *decider) completedDetail(e Execution, fired []*Edge) map[string]any {
	targets := make([]string, 0, len(fired))
	for _, edge := range fired {
		targets = append(targets, edge.Target)
	}
	detail := map[string]any{"status": e.Status, "fired": targets}
	if e.Output != nil {
		detail["output_data"] = e.Output
	}
	if e.Outcome != "" {
		detail["outcome"] = e.Outcome
	}
	if e.StartedAt != nil {
		detail["duration_seconds"] = seconds(d.env.Now.Sub(*e.StartedAt))
	}
	return detail
}

// seconds gives a duration in seconds, exact to the millisecond.
func seconds(v time.Duration) float64 { return float64(v.Milliseconds()) / 1000 }

// terminate cancels all other branches; the instance completes when the
// decision settles.
func (d *decider) terminate(e Execution) {
	d.arrived = nil
	for _, other := range d.liveExecs() {
		if other.ID != e.ID {
			d.cancelExec(other, fmt.Sprintf("step %q ended the workflow", e.Step))
		}
	}
}

// fail ends a visit without success. A handler takes the token; without one
// the instance fails and nothing moves until somebody retries.
func (d *decider) fail(e Execution, cause *StepError) {
	cause = ptr(*cause)
	cause.Step, cause.ExecutionID, cause.Attempt = e.Step, e.ID, e.Attempt
	e.Status = StepFailed
	e.Error = cause
	e.CompletedAt = &d.env.Now
	e.LeaseOwner = uuid.Nil
	d.dropDues(e.ID)
	d.closeTask(e.ID)
	if d.in.FrozenAt != nil {
		e.Hold = HoldExit
		d.put(e)
		return
	}
	d.put(e)
	d.failed(e)
}

// failed looks for a handler of a failed execution.
func (d *decider) failed(e Execution) {
	handler, err := d.handler(e)
	if err != nil {
		e.Error = ptr(*e.Error)
		e.Error.Message = fmt.Sprintf("%s; then its on_failure: %s", e.Error.Message, err)
	}
	d.stepEvent(EventStepFailed, e, "", failedDetail(e, handler))
	if handler == "" {
		e.Hold = HoldFailed
		d.put(e)
		d.failInstance(e.Error)
		return
	}
	e.Hold, e.Live = HoldNone, false
	d.put(e)
	d.handOver(e, handler)
}

// handOver sends a token from a failed execution to its handler.
func (d *decider) handOver(e Execution, step string) {
	d.arrived = append(d.arrived, arrival{step: step, from: e.ID, loop: d.def.Graph().IsLoopHandler(e.Step, step)})
}

func failedDetail(e Execution, handler string) map[string]any {
	detail := map[string]any{
		"error": e.Error.Message, "error_type": e.Error.Code, "retry_count": max(0, e.Attempt-1),
	}
	if handler != "" {
		detail["handled_by"] = handler
		detail["fired"] = []string{handler}
	}
	return detail
}

// handler returns the step that takes over after a failure, empty when none
// does.
func (d *decider) handler(e Execution) (string, error) {
	step := d.def.Step(e.Step)
	if e.Error.Code == codeTimeout {
		if to := step.onTimeoutStep(); to != "" {
			return to, nil
		}
	}
	for _, h := range step.OnFailure {
		if h.When == nil {
			return h.Step, nil
		}
		ok, err := h.When.EvalBool(noDeadline, d.vars().with("error", errorValue(e.Error)))
		if err != nil {
			return "", err
		}
		if ok {
			return h.Step, nil
		}
	}
	return "", nil
}

const codeTimeout = "timeout"

// onTimeoutStep returns the step that on_timeout names, empty when none.
func (s *Step) onTimeoutStep() string {
	if t := s.onTimeout(); t != nil {
		return t.Step
	}
	return ""
}

// failExit holds a token whose step is done but whose exit cannot be taken.
func (d *decider) failExit(e Execution, err error) {
	cause := evaluationError(err)
	cause.Code = "exit_failed"
	cause.Message = fmt.Sprintf("at the exit of %q: %s", e.Step, err)
	cause.Step, cause.ExecutionID, cause.Attempt, cause.Exit = e.Step, e.ID, e.Attempt, true
	e.Error = cause
	e.Hold = HoldFailed
	d.put(e)
	d.stepEvent(EventStepFailed, e, "", failedDetail(e, ""))
	d.failInstance(cause)
}

// failWhole fails the instance itself, beside its branches.
func (d *decider) failWhole(cause *StepError) {
	d.in.State.Failed = true
	d.failInstance(cause)
}

// failInstance freezes the instance with an error.
func (d *decider) failInstance(cause *StepError) {
	d.touched = true
	d.in.Error = cause
	d.in.Status = StatusFailed
	d.freeze()
	d.event(EventWorkflowFailed, "", map[string]any{
		"error": cause.Message, "error_type": cause.Code, "failed_step": cause.Step,
	})
}

// freeze stops the clock of the instance.
func (d *decider) freeze() {
	if d.in.FrozenAt == nil {
		d.in.FrozenAt = ptr(d.env.Now)
		d.t.FreezeDues = true
	}
}

// thaw lets the instance move again, moves people's times by the frozen time,
// and takes up what was held.
func (d *decider) thaw() {
	if d.in.FrozenAt == nil {
		return
	}
	shift := max(0, d.env.Now.Sub(*d.in.FrozenAt))
	d.in.FrozenAt = nil
	d.t.ThawDues, d.t.ThawShift = true, shift
	for _, e := range d.liveExecs() {
		d.shiftTask(e, shift)
	}
	d.takeUpAll()
}

// takeUpAll goes on with what was held, oldest first.
func (d *decider) takeUpAll() {
	for _, e := range d.liveExecs() {
		d.takeUp(e.ID)
	}
}

// shiftTask moves the due time of an execution's open task.
func (d *decider) shiftTask(e Execution, shift time.Duration) {
	t, ok := d.taskOf(e.ID)
	if !ok || t.DueAt == nil {
		return
	}
	t.DueAt = ptr(t.DueAt.Add(shift))
	d.putTask(t)
	e.DueAt = t.DueAt
	d.put(e)
}

// takeUp goes on with a held execution, unless an earlier one has failed again
// or has canceled it.
func (d *decider) takeUp(id uuid.UUID) {
	e, _ := d.exec(id)
	switch {
	case !e.Live || d.in.FrozenAt != nil:
	case e.Hold == HoldEntry:
		e.Hold = HoldNone
		d.activate(e)
	case e.Hold == HoldExit && e.Status == StepFailed:
		d.failed(e)
	case e.Hold == HoldExit:
		d.exit(e)
	}
}

// complete ends an instance without live branches.
func (d *decider) complete() {
	d.touched = true
	d.in.Status = StatusCompleted
	d.in.CompletedAt = ptr(d.env.Now)
	d.in.Error = nil
	d.dropAllDues()
	detail := map[string]any{"status": StatusCompleted, "duration_seconds": seconds(d.env.Now.Sub(*d.in.StartedAt))}
	if last := d.lastStep(); last != "" {
		detail["final_step"] = last
	}
	d.event(EventWorkflowCompleted, "", detail)
}

func (d *decider) dropAllDues() {
	d.t.DeleteAllDues = len(d.snap.Dues) > 0
	d.t.Dues, d.t.DuesDone = nil, nil
	d.t.FreezeDues, d.t.ThawDues = false, false
}

// lastStep is the step of this decision that ended last.
func (d *decider) lastStep() string {
	for _, ev := range slices.Backward(d.t.Events) {
		if ev.Step != "" && (ev.Type == EventStepCompleted || ev.Type == EventStepSkipped) {
			return ev.Step
		}
	}
	return ""
}

// evaluationError wraps an evaluation's error for people and handlers.
func evaluationError(err error) *StepError {
	var step *StepError
	if errors.As(err, &step) {
		return step
	}
	return &StepError{Code: "expression_failed", Message: err.Error()}
}
