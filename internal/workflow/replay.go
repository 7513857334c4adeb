package workflow

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Replay rebuilds from its history what an instance was once the last of the
// events had happened: its status, and its executions with what graphs show of
// them. The events are the first ones of the instance, in their order. Data,
// inputs and results are not rebuilt.
func Replay(events []Event) (Instance, []Execution) {
	r := replay{byID: map[uuid.UUID]int{}}
	r.in.State.Steps, r.in.State.Scopes = map[string]StepState{}, map[uuid.UUID]*Scope{}
	for _, e := range events {
		r.event(e)
	}
	r.settle()
	return r.in, r.executions
}

type replay struct {
	in         Instance
	executions []Execution
	byID       map[uuid.UUID]int // place in executions
	ended      bool
	failed     bool
}

// replayDetail holds the fields of events that tell how an instance stands.
type replayDetail struct {
	Total     int        `json:"total"`
	HandledBy string     `json:"handled_by"`
	Topic     string     `json:"topic"`
	NextAt    *time.Time `json:"next_at"`
	Error     string     `json:"error"`
	Child     uuid.UUID  `json:"child"`
}

func (r *replay) event(e Event) {
	r.in.ID = e.InstanceID
	switch e.Type {
	case EventWorkflowScheduled:
		r.in.Status, r.in.CreatedAt = StatusPending, e.At
	case EventWorkflowStarted:
		r.in.Status, r.in.StartedAt = StatusRunning, &e.At
	case EventWorkflowPaused:
		r.in.Paused = true
	case EventWorkflowResumed:
		r.in.Paused = false
	case EventWorkflowFailed:
		r.failed = true
	case EventWorkflowRetried:
		r.retried()
	case EventWorkflowCompleted, EventWorkflowCanceled:
		r.in.Status, r.in.CompletedAt, r.ended = StatusCompleted, &e.At, true
		if e.Type == EventWorkflowCanceled {
			r.in.Status = StatusCanceled
		}
	}
	if e.ExecutionID != uuid.Nil {
		r.step(e)
	}
}

// retried takes up what has failed.
func (r *replay) retried() {
	r.failed = false
	for i := range r.executions {
		if e := &r.executions[i]; e.Hold == HoldFailed {
			e.Hold, e.Status, e.Live = HoldNone, StepScheduled, true
		}
	}
}

// step notes what happened to one execution.
func (r *replay) step(ev Event) {
	e := r.execution(ev)
	var d replayDetail
	_ = json.Unmarshal(ev.Detail, &d) // a field of another shape counts as absent
	e.Attempt = max(e.Attempt, ev.Attempt)
	switch ev.Type {
	case EventStepStarted:
		r.begun(e, ev, d)
	case EventStepRetrying:
		e.Status, e.DueAt = StepScheduled, d.NextAt
	case EventStepLost, EventStepReleased:
		e.Status = StepScheduled
	case EventStepCompleted:
		r.over(e, ev, StepSucceeded)
	case EventStepSkipped:
		r.over(e, ev, StepSkipped)
	case EventStepCanceled:
		r.over(e, ev, StepCanceled)
	case EventStepFailed:
		r.over(e, ev, StepFailed)
		if d.HandledBy == "" && e.Role != EachItem {
			e.Hold = HoldFailed
		}
	}
}

// execution gives the one that an event is about, made on its first event.
func (r *replay) execution(ev Event) *Execution {
	if i, known := r.byID[ev.ExecutionID]; known {
		return &r.executions[i]
	}
	r.byID[ev.ExecutionID] = len(r.executions)
	r.executions = append(r.executions, Execution{
		ID: ev.ExecutionID, InstanceID: ev.InstanceID, Step: ev.Step, Type: ev.StepType, Scope: ev.Scope, Role: ev.Role,
		Visit: ev.Visit, Index: ev.Index, ArrivedFrom: ev.ArrivedFrom, Status: StepPending, Live: true, CreatedAt: ev.At,
	})
	if ev.Role != EachItem {
		s := r.in.State.Steps[ev.Step]
		s.Visits = max(s.Visits, ev.Visit)
		r.in.State.Steps[ev.Step] = s
	}
	return &r.executions[len(r.executions)-1]
}

func (r *replay) begun(e *Execution, ev Event, d replayDetail) {
	e.Status, e.Live, e.StartedAt, e.Hold, e.CompletedAt, e.DueAt = StepWaiting, true, &ev.At, HoldNone, nil, nil
	e.Child = d.Child
	if e.Type == StepMachine && e.Role != EachHolder {
		e.Status = StepRunning
	}
	if e.Role == EachHolder {
		r.in.State.Scopes[e.ID] = &Scope{Items: &Items{Total: d.Total}}
	}
}

// over ends an execution; of a list the holder counts it.
func (r *replay) over(e *Execution, ev Event, status StepStatus) {
	if s := r.in.State.Scopes[e.Scope]; e.Role == EachItem && s != nil && e.CompletedAt == nil {
		s.Items.Done++
	}
	e.Status, e.Live, e.CompletedAt, e.DueAt = status, false, &ev.At, nil
}

// settle gives the instance its status, as the executions say.
func (r *replay) settle() {
	if r.ended || r.in.StartedAt == nil {
		return
	}
	busy := slices.ContainsFunc(r.executions, func(e Execution) bool {
		return e.Live && (e.Status == StepRunning || e.Status == StepScheduled)
	})
	idle := slices.ContainsFunc(r.executions, func(e Execution) bool { return e.Live && e.Status == StepWaiting })
	switch {
	case r.failed:
		r.in.Status = StatusFailed
	case r.in.Paused:
		r.in.Status = StatusPaused
	case busy || !idle:
		r.in.Status = StatusRunning
	default:
		r.in.Status = StatusWaiting
	}
}
