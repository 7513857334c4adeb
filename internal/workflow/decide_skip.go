package workflow

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// skipByHand ends one execution as skipped.
func (d *decider) skipByHand(c Skip) error {
	if err := d.mayMend(c.Actor, "changed"); err != nil {
		return err
	}
	if err := because(c.Reason); err != nil {
		return err
	}
	if err := c.checkOutput(); err != nil {
		return err
	}
	e, err := d.skipped(c)
	if err != nil {
		return err
	}
	failed := d.failedNow()
	if e.Role == EachItem && !e.Live {
		err = d.skipFailedItem(e, c)
	} else {
		err = d.skipLive(e, c)
	}
	if err != nil || !failed {
		return err
	}
	d.goOnAfterSkip(e)
	return nil
}

// goOnAfterSkip lets a failed instance move when nothing of it has failed any
// more; else its error is that of a branch that still has.
func (d *decider) goOnAfterSkip(skipped Execution) {
	if d.failedNow() {
		for _, e := range d.liveExecs() {
			if e.Hold == HoldFailed && d.in.Error != nil && d.in.Error.ExecutionID == skipped.ID {
				d.in.Error = e.Error
			}
		}
		return
	}
	d.in.Error = nil
	if !d.in.Paused {
		d.thaw(skipped.ID) // first, so that history tells of it whatever the others do
	}
}

func (c Skip) checkOutput() error {
	if len(c.Output) > MaxResult {
		return Errorf(KindTooLarge, "too_large", "The output has %d bytes; at most %d are kept.", len(c.Output), MaxResult)
	}
	if len(c.Output) == 0 {
		return nil
	}
	if errs := anyJSON.ValidateJSON(c.Output); errs != nil {
		return under("/output_data", invalidInput(errs))
	}
	return nil
}

// skipped finds the execution that a Skip names.
func (d *decider) skipped(c Skip) (Execution, error) {
	named := 0
	for _, given := range []bool{c.Step != "", c.ExecutionID != uuid.Nil, c.TaskID != uuid.Nil} {
		if given {
			named++
		}
	}
	switch {
	case named != 1:
		return Execution{}, badField("/step", "Name what is to be skipped: one of step, execution_id and task_id.")
	case c.Step != "":
		return d.onlyLive(c.Step)
	case c.ExecutionID != uuid.Nil:
		return d.known(c.ExecutionID)
	}
	t, ok := d.task(c.TaskID)
	switch {
	case !ok:
		return Execution{}, ErrTaskNotFound
	case t.Status != TaskPending:
		return Execution{}, Errorf(KindConflict, "task_over", "The task is %s; there is nothing to skip.", t.Status)
	}
	return d.known(t.ExecutionID)
}

func (d *decider) known(id uuid.UUID) (Execution, error) {
	e := d.execOrNeed(id)
	if e.ID == uuid.Nil {
		return e, Errorf(KindNotFound, "execution_not_found", "There is no such execution in this instance. Check its id.")
	}
	return e, nil
}

// onlyLive gives the one live execution of a step.
func (d *decider) onlyLive(name string) (Execution, error) {
	if d.def.Step(name) == nil {
		return Execution{}, badField("/step", "There is no step %q in %s. Check its name.", name, d.def.Ref)
	}
	live := slices.DeleteFunc(d.liveExecs(), func(e Execution) bool { return e.Step != name || e.Role == EachItem })
	switch len(live) {
	case 0:
		return Execution{}, Errorf(KindConflict, ErrInvalidTransition.Code, "Step %q is not waiting and has not failed; there is nothing to skip.", name)
	case 1:
		return live[0], nil
	}
	refusal := Errorf(KindConflict, "ambiguous_step", "")
	for _, e := range live {
		refusal.Fields = append(refusal.Fields, Problem{Pointer: "/execution_id", Code: "candidate", Message: describe(e)})
	}
	refusal.Message = fmt.Sprintf("Step %q lives %d times at once: %s. Name one by execution_id.", name, len(live), listed(refusal.Fields))
	return Execution{}, refusal
}

// skipLive ends a live execution with all that belongs to it.
func (d *decider) skipLive(e Execution, c Skip) error {
	switch {
	case !e.Live:
		return Errorf(KindConflict, ErrInvalidTransition.Code, "This visit of %q is over (%s); there is nothing to skip.", e.Step, e.Status)
	case e.Status == StepRunning:
		return Errorf(KindConflict, "step_running",
			"Step %q is being run at present. Wait for the end of the attempt, then skip it if it has failed.", e.Step)
	case e.Hold == HoldExit && e.Status != StepFailed:
		return Errorf(KindConflict, ErrInvalidTransition.Code,
			"Step %q is done already; the workflow goes on behind it once it moves again.", e.Step)
	}
	if d.stepsIn(e.Scope)[e.Step].Joining == e.ID {
		d.setJoining(e.Scope, e.Step, uuid.Nil)
	}
	d.cancelInside(e, "the step around it was skipped")
	d.closeTask(e.ID)
	d.closeChild(e, "the step that started it was skipped")
	e.Hold, e.Outcome, e.Output = HoldNone, "", c.Output
	d.skip(e, c.Reason, c.Actor.ID)
	return nil
}

// skipFailedItem has an item that has failed its list count as skipped; the list
// is taken up with the others.
func (d *decider) skipFailedItem(e Execution, c Skip) error {
	holder, ok := d.exec(e.Scope)
	if !ok || holder.Hold != HoldFailed || holder.Status != StepFailed || e.Status != StepFailed && e.Status != StepCanceled {
		return Errorf(KindConflict, ErrInvalidTransition.Code, "Item %d of %q is over (%s); there is nothing to skip.", e.Index, e.Step, e.Status)
	}
	if !slices.Contains(d.snap.Loaded.Scopes, holder.ID) {
		d.need(Need{Scopes: []uuid.UUID{holder.ID}})
	}
	for _, other := range d.inside(holder.ID) {
		if other.Index == e.Index && slices.Compare(other.ID[:], e.ID[:]) > 0 {
			return Errorf(KindConflict, ErrInvalidTransition.Code, "Item %d of %q was tried again since; name its latest execution.", e.Index, e.Step)
		}
	}
	e.Status, e.CompletedAt, e.CompletedBy = StepSkipped, &d.env.Now, c.Actor.ID
	e.Outcome, e.Output, e.Error = "", c.Output, nil
	d.put(e)
	d.stepEvent(EventStepSkipped, e, c.Actor.ID, skippedDetail(e, c.Reason, nil))
	d.put(again(holder))
	return nil
}
