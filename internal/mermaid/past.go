package mermaid

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// At gives an instance and its executions as they stood at a time, as far as
// their own times tell: what had begun, what had ended by then, and how many
// items of each list. A pause that is over leaves no trace in them.
func At(in workflow.Instance, executions []workflow.Execution, at time.Time) (workflow.Instance, []workflow.Execution) {
	var past []workflow.Execution
	for _, e := range executions {
		if !e.CreatedAt.After(at) {
			past = append(past, executionAt(e, at))
		}
	}
	if in.FrozenAt != nil && in.FrozenAt.After(at) || in.CompletedAt != nil && in.CompletedAt.After(at) {
		in.Status = workflow.StatusRunning
	}
	in.State.Scopes = scopesAt(in.State.Scopes, past)
	return in, past
}

// executionAt undoes what happened to an execution after a time.
func executionAt(e workflow.Execution, at time.Time) workflow.Execution {
	ended := e.CompletedAt
	if n := len(e.Attempts); e.Hold == workflow.HoldFailed && ended == nil && n > 0 {
		ended = &e.Attempts[n-1].EndedAt
	}
	if ended != nil && !ended.After(at) || ended == nil && e.Hold == workflow.HoldFailed {
		return e
	}
	e.Live, e.Hold, e.CompletedAt = true, workflow.HoldNone, nil
	switch begun := e.StartedAt != nil && !e.StartedAt.After(at); {
	case e.Type == workflow.StepMachine && !begun:
		e.Status = workflow.StepScheduled
	case e.Type == workflow.StepMachine:
		e.Status = workflow.StepRunning
	case ended != nil:
		e.Status = workflow.StepWaiting
	}
	return e
}

// scopesAt counts the items of each list that had ended.
func scopesAt(scopes map[uuid.UUID]*workflow.Scope, past []workflow.Execution) map[uuid.UUID]*workflow.Scope {
	then := maps.Clone(scopes)
	if then == nil {
		then = map[uuid.UUID]*workflow.Scope{}
	}
	for _, e := range past {
		var list []json.RawMessage
		if e.Role == workflow.EachHolder && json.Unmarshal(e.Input, &list) == nil {
			then[e.ID] = &workflow.Scope{Items: &workflow.Items{Total: len(list)}}
		}
	}
	for _, e := range past {
		if s := then[e.Scope]; e.Role == workflow.EachItem && e.CompletedAt != nil && s != nil && s.Items != nil {
			s.Items.Done++
		}
	}
	return then
}
