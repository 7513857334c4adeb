package workflow

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/google/uuid"
)

// A workflow step starts a child instance and waits for it. Both are decided
// apart: what one wants of the other travels as a Send, which is stored with
// the decision that wants it.

// The verbs of FromAbove.
const (
	verbCancel = "cancel"
	verbPause  = "pause"
	verbResume = "resume"
)

// Codes of what becomes of a child.
const (
	codeCanceled = "canceled"
	codeTooDeep  = "too_deep"
)

func (d *decider) send(to uuid.UUID, kind SendKind, payload any) {
	d.t.Sends = append(d.t.Sends, Send{ID: d.env.NewID(), To: to, At: d.env.Now, Kind: kind, Payload: mustJSON(payload)})
}

func (d *decider) activateWorkflow(e Execution, step *Step) {
	start, err := d.childOf(e, step)
	if err != nil {
		d.fail(e, evaluationError(err))
		return
	}
	e.Child = d.env.NewID()
	e.Input = start.Input
	e.Error = nil
	d.wait(e)
	if d.waitTimeout(e, step) {
		d.send(e.Child, SendStart, start)
	}
}

// childOf evaluates what a workflow step starts.
func (d *decider) childOf(e Execution, step *Step) (StartChild, error) {
	start := StartChild{
		Input: json.RawMessage("{}"), Parent: Parent{InstanceID: d.in.ID, ExecutionID: e.ID},
		Depth: d.in.Depth + 1, CreatedBy: d.in.CreatedBy, Tenant: d.in.Tenant, Trace: d.in.Trace,
	}
	if start.Depth > MaxDepth {
		return start, &StepError{Code: codeTooDeep, Message: fmt.Sprintf(
			"%d workflows stand above one another; at most %d may. Does the workflow start itself without an end?", start.Depth, MaxDepth)}
	}
	vars := d.varsOf(e)
	var err error
	if start.Definition, err = step.Workflow.Definition.String(vars); err != nil {
		return start, fmt.Errorf("definition: %w", err)
	}
	if start.Version, err = step.Workflow.Version.String(vars); err != nil {
		return start, fmt.Errorf("version: %w", err)
	}
	if start.CorrelationID, err = childName(step, vars); err != nil {
		return start, fmt.Errorf("correlation_id: %w", err)
	}
	if step.Workflow.Input == nil {
		return start, nil
	}
	input, err := step.Workflow.Input.Eval(noDeadline, vars)
	if err != nil {
		return start, fmt.Errorf("input: %w", err)
	}
	start.Input, err = boundedJSON(input, MaxResult, "the input")
	return start, err
}

// maxChildName bounds the correlation id that a step gives its child, in
// characters.
const maxChildName = 200

// childName evaluates the correlation id that a step gives its child, "" for
// none.
func childName(step *Step, vars scope) (string, error) {
	if step.Workflow.CorrelationID == nil {
		return "", nil
	}
	name, err := step.Workflow.CorrelationID.String(vars)
	if err != nil {
		return "", err
	}
	if n := utf8.RuneCountInString(name); n > maxChildName {
		return "", fmt.Errorf("%d characters; at most %d are taken", n, maxChildName)
	}
	return name, CheckText(name, "correlation id")
}

// childDone takes up what became of the child of a step. News of any other
// child than the latest comes too late.
func (d *decider) childDone(c ChildDone) error {
	if d.in.Status.Finished() {
		return nil
	}
	e := d.execOrNeed(c.ExecutionID)
	waits := e.Status == StepWaiting || e.Status == StepFailed && e.Hold == HoldFailed
	if !e.Live || e.Child != c.Child || !waits {
		return nil
	}
	if c.Status == StatusCompleted {
		d.childCompleted(e, c)
		return nil
	}
	if e.Status == StepWaiting {
		d.childFailed(e, c)
	}
	return nil
}

func (d *decider) childCompleted(e Execution, c ChildDone) {
	failed := e.Hold == HoldFailed
	e.Hold = HoldNone
	if len(c.Output) > MaxResult {
		d.failAttempt(e, &StepError{Code: "too_large", Message: fmt.Sprintf(
			"the result has %d bytes; at most %d are kept", len(c.Output), MaxResult)}, "failed")
		return
	}
	d.succeed(e, c.Output)
	if failed && !d.failedNow() && !d.in.Paused {
		// The child was mended by itself, and nothing else is wrong here.
		d.in.Error = nil
		d.thaw(e.ID) // first: with it the instance goes on
	}
}

// childFailed fails the attempt. The child is closed once something else takes
// over, another attempt or a handler; until then it may be mended.
func (d *decider) childFailed(e Execution, c ChildDone) {
	cause := &StepError{Code: "child_failed", Message: "the workflow that the step started failed"}
	if c.Err != nil {
		cause = ptr(*c.Err)
		if c.Status == StatusFailed {
			cause.Message = "the workflow that the step started failed: " + cause.Message
		}
	}
	d.failAttempt(e, cause, "failed")
}

// closeChild cancels the child of an execution that goes on without it. For a
// child that has finished this is no change.
func (d *decider) closeChild(e Execution, reason string) {
	if e.Child != uuid.Nil {
		d.send(e.Child, SendAbove, FromAbove{Verb: verbCancel, Reason: reason})
	}
}

// tellChildren sends a verb to the children of all live steps.
func (d *decider) tellChildren(c FromAbove) {
	if !d.def.hasChildren {
		return
	}
	for _, e := range d.allLive() {
		if e.Child != uuid.Nil && (e.Status == StepWaiting || e.Hold == HoldFailed) {
			d.send(e.Child, SendAbove, c)
		}
	}
}

// tellParent tells the step that started this instance what became of it.
func (d *decider) tellParent(status Status, output json.RawMessage, cause *StepError) {
	if d.in.Parent == (Parent{}) {
		return
	}
	d.send(d.in.Parent.InstanceID, SendDone, ChildDone{
		ExecutionID: d.in.Parent.ExecutionID, Child: d.in.ID, Status: status, Output: output, Err: cause,
	})
}

// fromAbove follows the parent. What somebody has paused here by hand stays
// paused.
func (d *decider) fromAbove(c FromAbove) error {
	if d.in.Status.Finished() {
		return nil
	}
	switch {
	case c.Verb == verbCancel:
		d.endCanceled(SystemActor(d.in.Tenant, "parent").ID, c.Reason)
	case c.Verb == verbPause && !d.in.Paused:
		d.in.State.Above = true
		d.hold(c.Actor, c.Reason)
	case c.Verb == verbResume && d.in.Paused && d.in.State.Above:
		d.letGo(c.Actor, c.Reason)
	}
	return nil
}
