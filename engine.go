package tandem

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// What an Engine takes and gives.
type (
	// ID names an instance, a task or an event.
	ID = uuid.UUID
	// StartInput is what is started: Definition must be set.
	StartInput = engine.StartInput
	// Completion is a decision of a task.
	Completion = engine.Completion
	// InstanceFilter narrows a list of instances; fields combine, values of one
	// field are alternatives.
	InstanceFilter = engine.InstanceFilter
	// InstanceRow is an instance as lists have it.
	InstanceRow = engine.InstanceRow
	// TaskFilter narrows a list of tasks likewise.
	TaskFilter = engine.TaskFilter
	// TaskRow is a task with what lists show of its instance.
	TaskRow = engine.TaskRow
	// Task is one piece of work for people.
	Task = workflow.Task
	// Status is the state of an instance.
	Status = workflow.Status
	// EventType names what an Event tells, such as "workflow.completed".
	EventType = workflow.EventType
	// Paging asks for one page of a list.
	Paging = engine.Paging
	// Page is one page of a list.
	Page[T any] = engine.Page[T]
)

// The states of an instance.
const (
	Pending   = workflow.StatusPending
	Running   = workflow.StatusRunning
	Waiting   = workflow.StatusWaiting
	Paused    = workflow.StatusPaused
	Failed    = workflow.StatusFailed
	Completed = workflow.StatusCompleted
	Canceled  = workflow.StatusCanceled
)

// Kinds of refusal; Refused tells which one an error is.
const (
	Invalid      = workflow.KindInvalid
	NotFound     = workflow.KindNotFound
	Conflict     = workflow.KindConflict
	Forbidden    = workflow.KindForbidden
	Unauthorized = workflow.KindUnauthorized
	TooLarge     = workflow.KindTooLarge
	Unavailable  = workflow.KindUnavailable
)

// Kind says why something was refused.
type Kind = workflow.Kind

// Refused tells the kind of an error of an Engine.
func Refused(err error) Kind { return workflow.KindOf(err) }

// System is the Actor of a program that acts for nobody; name says in the
// history which.
func System(name string) Actor { return workflow.SystemActor(workflow.DefaultTenant, name) }

// Engine is the engine of a Tandem for Go programs: what pages and JSON API do,
// with the same rights, rules and audit. Changes are durable when a method
// returns, and what one call has changed the next one sees. Commands are
// answered while Run runs.
type Engine struct{ t *Tandem }

// Engine gives the engine.
func (t *Tandem) Engine() Engine { return Engine{t} }

// Start begins an instance of a workflow.
func (e Engine) Start(ctx context.Context, actor Actor, in StartInput) (Instance, error) {
	return e.t.engine.Start(ctx, actor, in)
}

// Complete decides a task and gives its instance. Of several who try at once
// exactly one succeeds; for the others the error is a Conflict.
func (e Engine) Complete(ctx context.Context, actor Actor, task ID, c Completion) (Instance, error) {
	return e.t.engine.CompleteTask(ctx, actor, task, c)
}

// Claim takes a task of one's group, so that nobody else works on it.
func (e Engine) Claim(ctx context.Context, actor Actor, task ID) (Instance, error) {
	return e.t.engine.ClaimTask(ctx, actor, task, 0)
}

// Cancel ends an instance and all that belongs to it.
func (e Engine) Cancel(ctx context.Context, actor Actor, id ID, reason string) (Instance, error) {
	return e.t.engine.Cancel(ctx, actor, id, reason)
}

// Retry takes up a failed instance where it failed.
func (e Engine) Retry(ctx context.Context, actor Actor, id ID, reason string) (Instance, error) {
	return e.t.engine.Retry(ctx, actor, id, reason)
}

// Pause freezes an instance: nothing in it moves until Resume.
func (e Engine) Pause(ctx context.Context, actor Actor, id ID, reason string) (Instance, error) {
	return e.t.engine.Pause(ctx, actor, id, reason)
}

// Resume lets a paused instance move on.
func (e Engine) Resume(ctx context.Context, actor Actor, id ID, reason string) (Instance, error) {
	return e.t.engine.Resume(ctx, actor, id, reason)
}

// Instance gives an instance that the actor may see; others are NotFound.
func (e Engine) Instance(ctx context.Context, actor Actor, id ID) (Instance, error) {
	return e.t.store.Instance(ctx, actor, id)
}

// Instances lists the instances that the actor may see.
func (e Engine) Instances(ctx context.Context, actor Actor, f InstanceFilter, p Paging) (Page[InstanceRow], error) {
	return e.t.store.Instances(ctx, actor, f, p)
}

// Tasks lists the tasks that the actor may see.
func (e Engine) Tasks(ctx context.Context, actor Actor, f TaskFilter, p Paging) (Page[TaskRow], error) {
	return e.t.store.Tasks(ctx, actor, f, p)
}

// Wait gives an instance once it waits for people or others, is paused, failed
// or finished, or as it is after atMost.
func (e Engine) Wait(ctx context.Context, in Instance, atMost time.Duration) (Instance, error) {
	return e.t.engine.Wait(ctx, in, atMost)
}

// Subscribe calls got with every event of the types, of all instances and from
// now on, until ctx ends or got returns an error, which Subscribe returns; no
// types mean all. Those of one instance come in order, none is left out, none
// comes twice. ready, when not nil, is closed once nothing that happens from
// then on is missed. Follow goes on where another process left off.
func (e Engine) Subscribe(ctx context.Context, ready chan<- struct{}, got func(Event) error, types ...EventType) error {
	from, err := e.t.engine.FeedEnd(ctx)
	if err != nil {
		return err
	}
	if ready != nil {
		close(ready)
	}
	return e.t.engine.Follow(ctx, from, func(ev engine.FeedEvent) error {
		if len(types) > 0 && !slices.Contains(types, ev.Type) {
			return nil
		}
		return got(ev.Event)
	})
}
