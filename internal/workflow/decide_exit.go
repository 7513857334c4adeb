package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

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
	if e.Role == EachItem {
		d.itemDone(e)
		return
	}
	before, changed := d.data, d.t.DataChanged
	reason := skipReason(e)
	fired, err := d.leave(e, step)
	if err != nil {
		d.data, d.t.DataChanged = before, changed
		d.failExit(e, err)
		return
	}
	e.Live, e.Error = false, nil
	d.put(e)
	if e.Status == StepSkipped {
		d.stepEvent(EventStepSkipped, e, e.CompletedBy, skippedDetail(e, reason, fired))
	} else {
		d.stepEvent(EventStepCompleted, e, e.CompletedBy, d.completedDetail(e, fired))
	}
	if step.Terminate && e.Status != StepSkipped {
		d.terminate(e)
		return
	}
	for _, edge := range fired {
		d.arrived = append(d.arrived, arrival{scope: e.Scope, step: edge.Target, from: e.ID, loop: edge.Loop})
	}
	d.leftScope(e, step)
}

// skipReason says why an execution was skipped.
func skipReason(e Execution) string {
	if e.Error != nil && e.Error.Code == codeSkipped {
		return e.Error.Message
	}
	return "it was skipped"
}

func skippedDetail(e Execution, reason string, fired []*Edge) map[string]any {
	detail := map[string]any{"reason": reason, "fired": targets(fired)}
	if e.Output != nil {
		detail["output_data"] = e.Output
	}
	return detail
}

// targets are the steps that edges lead to.
func targets(edges []*Edge) []string {
	names := make([]string, len(edges))
	for i, edge := range edges {
		names[i] = edge.Target
	}
	return names
}

// leave does what the exit computes: data after `output` and `set`, and the
// edges that fire.
func (d *decider) leave(e Execution, step *Step) ([]*Edge, error) {
	if e.Status != StepSkipped || e.Output != nil { // what stands in for a result is kept as one
		if err := d.keepOutput(e, step); err != nil {
			return nil, err
		}
	}
	if e.Status != StepSkipped {
		if err := d.assign(e, step); err != nil {
			return nil, err
		}
	}
	if step.Terminal || step.Terminate && e.Status != StepSkipped {
		return nil, nil // a step that was skipped ends nothing but its branch
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
	detail := map[string]any{"status": e.Status, "fired": targets(fired)}
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
	for _, other := range d.allLive() {
		if other.ID != e.ID {
			d.cancelExec(other, fmt.Sprintf("step %q ended the workflow", e.Step))
		}
	}
}

// complete ends an instance without live branches.
func (d *decider) complete() {
	d.touched = true
	d.in.Status = StatusCompleted
	d.in.CompletedAt = ptr(d.env.Now)
	d.in.Error = nil
	d.dropAllDues()
	if d.in.Parent != (Parent{}) {
		d.tellParent(StatusCompleted, d.dataText(), nil)
	}
	detail := map[string]any{"status": StatusCompleted, "duration_seconds": seconds(d.env.Now.Sub(*d.in.StartedAt))}
	if last := d.lastStep(); last != "" {
		detail["final_step"] = last
	}
	d.event(EventWorkflowCompleted, "", detail)
}

func (d *decider) dropAllDues() {
	d.t.DeleteAllDues = len(d.snap.Dues) > 0 || d.def.hasItems
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
