package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"tandem/internal/form"
	"tandem/internal/workflow"
)

// maxDraft bounds what was typed, in bytes.
const maxDraft = 1 << 20

// A Draft is what a person has typed into a task's form without deciding it.
type Draft struct {
	Task    uuid.UUID
	Person  string
	Data    json.RawMessage // the form's value as far as it goes
	Typed   string          // what was typed, form-encoded; empty when a program saved the draft
	SavedAt time.Time
}

// DraftStore keeps drafts, one for each task and person. A draft goes with the
// wait of its task, in the same commit.
type DraftStore interface {
	// SaveDraft writes a draft in place of the one before; ErrTaskNotFound when
	// the task does not wait.
	SaveDraft(ctx context.Context, tenant string, d Draft) error

	// Draft returns a person's draft, ErrDraftNotFound when there is none.
	Draft(ctx context.Context, tenant string, task uuid.UUID, person string) (Draft, error)

	// DropDraft deletes a person's draft, if there is one.
	DropDraft(ctx context.Context, tenant string, task uuid.UUID, person string) error
}

// ErrDraftNotFound answers the question for a draft that is not there.
var ErrDraftNotFound = workflow.Errorf(workflow.KindNotFound, "draft_not_found", "You have saved no draft for this task.")

// SaveDraft keeps what the actor has typed into a task that he may decide. Only
// its size is checked. Files that it names are kept as long as drafts are.
func (e *Engine) SaveDraft(ctx context.Context, actor workflow.Actor, d Draft) (Draft, error) {
	if len(d.Typed) > maxDraft || len(d.Data) > workflow.MaxData {
		return d, workflow.Errorf(workflow.KindTooLarge, "too_large", "The draft is larger than 1 MiB. Shorten it.")
	}
	if err := e.mayDraft(ctx, actor, d.Task); err != nil {
		return d, err
	}
	d.Person, d.SavedAt = actor.ID, e.now()
	if len(d.Data) == 0 {
		d.Data = json.RawMessage("{}")
	}
	if err := e.prolong(ctx, actor, form.NamedIn(d.Data)); err != nil {
		return d, err
	}
	return d, e.storage.SaveDraft(ctx, actor.Tenant, d)
}

// mayDraft refuses an actor who may not decide the task.
func (e *Engine) mayDraft(ctx context.Context, actor workflow.Actor, task uuid.UUID) error {
	id, err := e.storage.InstanceOfTask(ctx, actor.Tenant, task)
	if err != nil {
		return err
	}
	snaps, err := e.storage.Load(ctx, []uuid.UUID{id}, Want{Tasks: []uuid.UUID{task}})
	if err != nil {
		return err
	}
	snap := snaps[id]
	if snap == nil {
		return workflow.ErrTaskNotFound
	}
	t, ok := snap.Tasks[task]
	switch {
	case !ok || t.Status != workflow.TaskPending:
		return workflow.Errorf(workflow.KindConflict, "task_closed", "This task waits no more, so nothing was kept.")
	case !t.MayDecide(actor):
		return workflow.Errorf(workflow.KindForbidden, workflow.ErrTaskForbidden.Code, "This task is not yours to decide, so nothing was kept.")
	}
	return nil
}

// Draft returns the actor's draft of a task, ErrDraftNotFound when there is none.
func (e *Engine) Draft(ctx context.Context, actor workflow.Actor, task uuid.UUID) (Draft, error) {
	return e.storage.Draft(ctx, actor.Tenant, task, actor.ID)
}

// DropDraft deletes the actor's draft of a task, if there is one.
func (e *Engine) DropDraft(ctx context.Context, actor workflow.Actor, task uuid.UUID) error {
	return e.storage.DropDraft(ctx, actor.Tenant, task, actor.ID)
}
