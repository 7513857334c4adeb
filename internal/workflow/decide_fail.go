package workflow

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// fail ends a visit without success. A handler takes the token; without one
// the instance fails and nothing moves until somebody retries.
func (d *decider) fail(e Execution, cause *StepError) {
	cause = ptr(*cause)
	cause.Step, cause.ExecutionID, cause.Attempt = e.Step, e.ID, e.Attempt
	d.cancelInside(e, fmt.Sprintf("step %q failed", e.Step))
	e.Status = StepFailed
	e.Error = cause
	e.CompletedAt = &d.env.Now
	e.LeaseOwner, e.DueAt = uuid.Nil, nil
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
	if e.Role == EachItem {
		d.itemFailed(e)
		return
	}
	handler, err := d.handler(e)
	if err != nil {
		e.Error = ptr(*e.Error)
		e.Error.Message = fmt.Sprintf("%s; then its on_failure: %s", e.Error.Message, err)
	}
	d.stepEvent(EventStepFailed, e, "", failedDetail(e, handler))
	if handler == "" && e.Scope != uuid.Nil {
		d.failScope(e)
		return
	}
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
	loop := d.def.graphAround(d.def.Step(e.Step)).IsLoopHandler(e.Step, step)
	d.arrived = append(d.arrived, arrival{scope: e.Scope, step: step, from: e.ID, loop: loop})
	d.closeChild(e, "the step that started it failed, and another took over")
}

func failedDetail(e Execution, handler string) map[string]any {
	detail := map[string]any{
		"error": e.Error.Message, "error_type": e.Error.Code, "retry_count": max(0, e.Attempt-1), "fired": []string{},
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
		ok, err := h.When.EvalBool(noDeadline, d.varsOf(e).with("error", errorValue(e.Error)))
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
	d.tellParent(StatusFailed, nil, cause)
}

// freeze stops the clock of the instance.
func (d *decider) freeze() {
	if d.in.FrozenAt == nil {
		d.in.FrozenAt = ptr(d.env.Now)
		d.t.FreezeDues = true
	}
}

// thaw lets the instance move again, moves people's times by the frozen time,
// and takes up what was held, the executions that are named first.
func (d *decider) thaw(first ...uuid.UUID) {
	if d.in.FrozenAt == nil {
		return
	}
	since := *d.in.FrozenAt
	shift := max(0, d.env.Now.Sub(since))
	d.in.FrozenAt = nil
	d.t.ThawDues, d.t.ThawShift = true, shift
	for _, e := range d.allLive() {
		d.shiftDeadlines(e, since, shift)
	}
	for _, id := range first {
		d.takeUp(id)
	}
	d.takeUpAll()
}

// takeUpAll goes on with what was held, oldest first.
func (d *decider) takeUpAll() {
	for _, e := range d.allLive() {
		d.takeUp(e.ID)
	}
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

// evaluationError wraps an evaluation's error for people and handlers.
func evaluationError(err error) *StepError {
	var step *StepError
	if errors.As(err, &step) {
		return step
	}
	return &StepError{Code: "expression_failed", Message: err.Error()}
}
