package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Draft is what you have filled into a task's form without deciding it.
type Draft struct {
	Data    Object     `json:"data" doc:"As it was saved; nothing of it is checked."`
	SavedAt *time.Time `json:"saved_at"`
}

type (
	draftInput struct {
		ID   string `path:"id"`
		Body struct {
			Behalf
			Data Object `json:"data,omitempty" doc:"The form's value as far as it goes, at most 1 MiB."`
		}
	}
	dropInput struct {
		ID     string `path:"id"`
		UserID string `query:"user_id" maxLength:"63" doc:"Who acts, if it is not you: needs a token with the scope act-as."`
	}
	draftAnswer struct{ Body Draft }
)

func (b *builder) draftRoutes() {
	const one = "/tasks/{id}/draft"
	save, drop := changes(one, "tasks"), changes(one, "tasks")
	save.Method, drop.Method = http.MethodPut, http.MethodDelete
	handle(b, endpoint{Route: save, ID: "save-draft", Summary: "Save your draft of a task's form", Refusals: []int{404, 409, 413},
		Doc: "One for each task and person; only you see it. It goes when the task waits no more."}, b.saveDraft)
	handle(b, endpoint{Route: drop, ID: "delete-draft", Summary: "Delete your draft of a task's form", Refusals: []int{404}}, b.dropDraft)
}

func (a *API) saveDraft(ctx context.Context, who workflow.Actor, in *draftInput) (*draftAnswer, error) {
	row, err := a.task(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	d, err := a.Engine.SaveDraft(ctx, who, engine.Draft{Task: row.ID, Data: in.Body.Data.raw("{}")})
	if err != nil {
		return nil, err
	}
	return &draftAnswer{draftOf(d)}, nil
}

func (a *API) dropDraft(ctx context.Context, who workflow.Actor, in *dropInput) (*draftAnswer, error) {
	row, err := a.task(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &draftAnswer{}, a.Engine.DropDraft(ctx, who, row.ID)
}

func draftOf(d engine.Draft) Draft { return Draft{Data: Object(d.Data), SavedAt: &d.SavedAt} }

// ownDraft gives the caller's draft of a task, nil for none.
func (a *API) ownDraft(ctx context.Context, who workflow.Actor, t workflow.Task) (*Draft, error) {
	d, err := a.Engine.Draft(ctx, who, t.ID)
	if errors.Is(err, engine.ErrDraftNotFound) {
		return nil, nil //nolint:nilnil // there need not be one
	}
	if err != nil {
		return nil, err
	}
	draft := draftOf(d)
	return &draft, nil
}
