package engine

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Rerun is a retry from a chosen step.
type Rerun struct {
	From    string // empty = where it failed
	Confirm bool   // cancel what lives behind the step
	Reason  string
}

// RetryFrom takes up a failed instance from a chosen step.
func (e *Engine) RetryFrom(ctx context.Context, actor workflow.Actor, id uuid.UUID, r Rerun) (workflow.Instance, error) {
	if err := e.mayEnd(ctx, actor, id); err != nil {
		return workflow.Instance{}, err
	}
	return e.operate(ctx, actor, id, r.Reason, workflow.Retry{Actor: actor, From: r.From, Confirm: r.Confirm, Reason: r.Reason})
}

// SkipInput names what is to be skipped: a step, an execution or a task.
type SkipInput struct {
	Step        string
	ExecutionID uuid.UUID
	TaskID      uuid.UUID
	Output      json.RawMessage
	Reason      string
}

// Skip ends one live execution as skipped; the flow goes on.
func (e *Engine) Skip(ctx context.Context, actor workflow.Actor, id uuid.UUID, s SkipInput) (workflow.Instance, error) {
	if err := e.mayEnd(ctx, actor, id); err != nil {
		return workflow.Instance{}, err
	}
	want := Want{}
	if s.TaskID != uuid.Nil {
		want.Tasks = append(want.Tasks, s.TaskID)
	}
	if s.ExecutionID != uuid.Nil {
		want.Executions = append(want.Executions, s.ExecutionID)
	}
	return e.operateOn(ctx, actor, id, want, s.Reason, workflow.Skip{
		Actor: actor, Reason: s.Reason, Step: s.Step, ExecutionID: s.ExecutionID, TaskID: s.TaskID, Output: s.Output,
	})
}

// ForceComplete ends an instance as completed, whatever lives in it.
func (e *Engine) ForceComplete(ctx context.Context, actor workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
	if err := e.mayEnd(ctx, actor, id); err != nil {
		return workflow.Instance{}, err
	}
	return e.operate(ctx, actor, id, reason, workflow.ForceComplete{Actor: actor, Reason: reason})
}

// EditData changes an instance's data by a JSON merge patch.
func (e *Engine) EditData(ctx context.Context, actor workflow.Actor, id uuid.UUID, patch json.RawMessage, reason string) (workflow.Instance, error) {
	return e.operate(ctx, actor, id, reason, workflow.EditData{Actor: actor, Patch: patch, Reason: reason})
}

// ReplaceData puts an object in the place of an instance's data, if that is
// still the one of the workflow.DataMark seen.
func (e *Engine) ReplaceData(ctx context.Context, actor workflow.Actor, id uuid.UUID, data json.RawMessage, seen, reason string) (workflow.Instance, error) {
	return e.operate(ctx, actor, id, reason, workflow.EditData{Actor: actor, Whole: data, Seen: seen, Reason: reason})
}

// PatchData is EditData for data that is still the one of the workflow.DataMark
// seen.
func (e *Engine) PatchData(ctx context.Context, actor workflow.Actor, id uuid.UUID, patch json.RawMessage, seen, reason string) (workflow.Instance, error) {
	return e.operate(ctx, actor, id, reason, workflow.EditData{Actor: actor, Patch: patch, Seen: seen, Reason: reason})
}

// mayEnd refuses a verb that may end workflows below the instance.
func (e *Engine) mayEnd(ctx context.Context, actor workflow.Actor, id uuid.UUID) error {
	if err := e.sameTenant(ctx, actor, id); err != nil {
		return err
	}
	return e.noPartBelow(ctx, actor, id)
}
