package workflow

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// A retry takes up what has failed: where it failed, or from a step that an
// operator chooses. The chosen step gets one token in place of all that it
// could reach, so that nothing behind it happens twice at once.

func (d *decider) retry(c Retry) error {
	if err := d.mayMend(c.Actor, "retried"); err != nil {
		return err
	}
	if !d.failedNow() {
		return Errorf(KindConflict, ErrInvalidTransition.Code, "The instance has not failed; there is nothing to retry.")
	}
	detail := map[string]any{"reason": c.Reason, "retried_by": c.Actor.ID}
	var begin []arrival
	if c.From != "" {
		at, canceled, err := d.clearWay(c)
		if err != nil {
			return err
		}
		detail["from_step"], detail["canceled"] = c.From, canceled
		begin = append(begin, at)
	}
	detail["steps"] = d.takeUpFailed()
	if d.in.State.Failed && len(d.snap.Dues) == 0 {
		// Its own timeout is used up: a retry gives the whole of it again.
		if err := d.armInstance(); err != nil {
			return err
		}
	}
	d.in.Error, d.in.State.Failed = nil, false
	d.event(EventWorkflowRetried, c.Actor.ID, detail)
	d.arrived = append(d.arrived, begin...)
	if !d.in.Paused {
		d.thaw()
	}
	return nil
}

// takeUpFailed prepares every failed branch for another try and names the
// steps.
func (d *decider) takeUpFailed() []string {
	var steps []string
	for _, e := range d.allLive() {
		if e.Hold == HoldFailed || d.failedMeanwhile(e) {
			steps = append(steps, e.Step)
			d.closeChild(e, "the step that started it is tried again")
			d.put(again(e))
		}
	}
	return steps
}

// failedMeanwhile reports whether a step has failed while nothing moved and no
// handler takes it: it is retried with the others instead of failing the
// instance once more. Its failure goes into history.
func (d *decider) failedMeanwhile(e Execution) bool {
	if e.Hold != HoldExit || e.Status != StepFailed || e.Scope != uuid.Nil {
		return false
	}
	if handler, err := d.handler(e); err != nil || handler != "" {
		return false
	}
	d.stepEvent(EventStepFailed, e, "", failedDetail(e, ""))
	return true
}

// again prepares a failed execution for another try: the whole step, or only
// its exit when the step itself had succeeded.
func again(e Execution) Execution {
	if e.Status == StepSucceeded || e.Status == StepSkipped {
		e.Hold = HoldExit
		return e
	}
	e.Status, e.Hold = StepPending, HoldEntry
	e.Error, e.CompletedAt, e.Lost, e.Failures = nil, nil, 0, 0
	return e
}

// clearWay cancels what the chosen step takes the place of, and gives where the
// token is to be put.
func (d *decider) clearWay(c Retry) (at arrival, canceled []uuid.UUID, err error) {
	if d.in.Paused {
		return at, nil, Errorf(KindConflict, ErrInvalidTransition.Code,
			"The instance is paused as well. Resume it first, then retry from %q.", c.From)
	}
	step, scope, err := d.place(c.From)
	if err != nil {
		return at, nil, err
	}
	replaced := d.inTheWay(step, scope)
	if err := d.leftBehind(step, scope, replaced); err != nil {
		return at, nil, err
	}
	if err := confirmed(c, replaced); err != nil {
		return at, nil, err
	}
	for _, e := range replaced {
		d.cancelExec(e, fmt.Sprintf("the workflow was retried from step %q", step.Name))
		canceled = append(canceled, e.ID)
	}
	return arrival{scope: scope, step: step.Name}, canceled, nil
}

// place finds the step that an operator names and the scope in which it is to
// run.
func (d *decider) place(name string) (*Step, uuid.UUID, error) {
	step := d.def.Step(name)
	if step == nil {
		return nil, uuid.Nil, badField("/from_step", "There is no step %q in %s. Check its name.", name, d.def.Ref)
	}
	if step.Parent == nil {
		return step, uuid.Nil, nil
	}
	var around []Execution
	for _, e := range d.liveExecs() {
		if e.Step == step.Parent.Name && d.in.State.Scopes[e.ID] != nil {
			around = append(around, e)
		}
	}
	switch len(around) {
	case 0:
		return nil, uuid.Nil, Errorf(KindConflict, ErrInvalidTransition.Code,
			"Step %q lies in the group %q, which does not run. Retry from the group or from a step before it.", name, step.Parent.Name)
	case 1:
		return step, around[0].ID, nil
	}
	return nil, uuid.Nil, Errorf(KindConflict, "ambiguous_step",
		"Step %q lies in the group %q, which runs %d times at once. Retry from the group or from a step before it.", name, step.Parent.Name, len(around))
}

// inTheWay lists what lives in the scope and could be reached from the step, or
// is it; for a step that takes the first arrival alone, also what could reach it.
func (d *decider) inTheWay(step *Step, scope uuid.UUID) []Execution {
	graph := d.def.graphAround(step)
	return slices.DeleteFunc(d.allLive(), func(e Execution) bool {
		reached := e.Step == step.Name || graph.Reaches(step.Name, e.Step)
		overtaken := step.Join == JoinFirst && graph.Reaches(e.Step, step.Name)
		return e.Scope != scope || !reached && !overtaken
	})
}

// leftBehind refuses a step that comes after one that has failed: that one would
// stay failed, and be tried again beside it.
func (d *decider) leftBehind(step *Step, scope uuid.UUID, replaced []Execution) error {
	graph := d.def.graphAround(step)
	for _, e := range d.allLive() {
		if !e.hasFailed() {
			continue
		}
		outer, inside := d.standsIn(e, scope)
		if !inside || slices.ContainsFunc(replaced, func(r Execution) bool { return r.ID == outer.ID }) {
			continue
		}
		if graph.Reaches(outer.Step, step.Name) {
			return Errorf(KindConflict, ErrInvalidTransition.Code,
				"Step %q comes after %q, which has failed. Skip %q, or retry from it or from a step before it.", step.Name, e.Step, e.Step)
		}
	}
	return nil
}

func (e Execution) hasFailed() bool {
	return e.Hold == HoldFailed || e.Hold == HoldExit && e.Status == StepFailed
}

// standsIn gives the execution of the scope that is e or holds it inside.
func (d *decider) standsIn(e Execution, scope uuid.UUID) (Execution, bool) {
	for e.Scope != scope {
		if e.Scope == uuid.Nil {
			return e, false
		}
		e, _ = d.exec(e.Scope)
	}
	return e, true
}

// confirmed refuses to cancel what has not failed unless that is meant.
func confirmed(c Retry, replaced []Execution) error {
	if c.Confirm {
		return nil
	}
	refusal := Errorf(KindConflict, "confirmation_needed", "")
	for _, e := range replaced {
		if !e.hasFailed() {
			refusal.Fields = append(refusal.Fields, Problem{Pointer: "/confirm", Code: "would_cancel", Message: describe(e)})
		}
	}
	if len(refusal.Fields) == 0 {
		return nil
	}
	refusal.Message = fmt.Sprintf("A retry from %q cancels what lives behind it: %s. Repeat with confirm: true if that is meant.",
		c.From, listed(refusal.Fields))
	return refusal
}

// describe names an execution to an operator.
func describe(e Execution) string {
	text := fmt.Sprintf("%s, visit %d", e.Step, e.Visit)
	if e.Role == EachItem {
		text += fmt.Sprintf(", item %d", e.Index)
	}
	return fmt.Sprintf("%s (%s), execution %s", text, e.Status, e.ID)
}

// maxListed bounds the things that a sentence names.
const maxListed = 5

func listed(fields []Problem) string {
	var text string
	for i, f := range fields[:min(len(fields), maxListed)] {
		if i > 0 {
			text += "; "
		}
		text += f.Message
	}
	if more := len(fields) - maxListed; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// badField refuses one field of a command.
func badField(pointer, format string, args ...any) error {
	e := Errorf(KindInvalid, ErrInvalidInput.Code, format, args...)
	e.Fields = []Problem{{Pointer: pointer, Message: e.Message, Code: "invalid"}}
	return e
}
