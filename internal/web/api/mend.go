package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

type (
	retryInput struct {
		ID string `path:"id"`
		Precondition
		Preference
		Once
		Body *struct {
			Behalf
			FromStep   string `json:"from_step,omitempty" maxLength:"2000" doc:"Where to begin again; left out: wherever it failed. What lives behind the step is canceled."`
			ClearError *bool  `json:"clear_error,omitempty" doc:"True or nothing: a retry always clears the error."`
			Confirm    bool   `json:"confirm,omitempty" doc:"Cancel what has not failed and lives behind from_step."`
			Reason     string `json:"reason,omitempty" doc:"Kept in the history."`
		}
	}
	skipInput struct {
		ID string `path:"id"`
		Precondition
		Preference
		Once
		Body *struct {
			Behalf
			Step        string `json:"step,omitempty" maxLength:"2000" doc:"The step to skip, if it lives once."`
			ExecutionID string `json:"execution_id,omitempty" doc:"The visit to skip, in place of step."`
			TaskID      string `json:"task_id,omitempty" doc:"The task to skip, in place of step."`
			OutputData  Any    `json:"output_data,omitempty" doc:"What stands in for the step's result."`
			Reason      string `json:"reason,omitempty" doc:"Needed; kept in the history."`
		}
	}
	forceInput struct {
		ID string `path:"id"`
		Precondition
		Preference
		Once
		Body *struct {
			Behalf
			Reason string `json:"reason,omitempty" doc:"Needed; kept in the history."`
		}
	}
	dataInput struct {
		ID string `path:"id"`
		Precondition
		Preference
		Body *struct {
			Behalf
			Patch  Object `json:"patch,omitempty" doc:"A JSON merge patch (RFC 7396): its keys are written into the data, null removes one."`
			Reason string `json:"reason,omitempty" doc:"Needed; kept in the history."`
		}
	}
)

// mendRoutes are the verbs by which operators mend an instance.
func (b *builder) mendRoutes() {
	const one = "/instances/{id}"
	handleOnce(b, endpoint{Route: changes(one+"/retry", "instances"), ID: "retry-instance", Summary: "Take up all failed branches, or begin again from a step", Refusals: verbRefusals,
		Doc: "A retry from a step puts one token there and cancels what lives behind it. If some of that has not failed the answer is 409 with the list, unless confirm is true."}, b.retryInstance, instanceAgain[retryInput](b.API))
	handleOnce(b, endpoint{Route: changes(one+"/skip", "instances"), ID: "skip-step", Summary: "Skip a step that failed or waits", Refusals: verbRefusals,
		Doc: "The step, execution or task counts as skipped and the flow goes on; a failed instance goes on at once. Needs a reason."}, b.skipStep, instanceAgain[skipInput](b.API))
	handleOnce(b, endpoint{Route: changes(one+"/force-complete", "instances"), ID: "force-complete-instance", Summary: "End an instance as completed", Refusals: verbRefusals,
		Doc: "Cancels whatever lives in it and records who did it. Needs a reason."}, b.forceComplete, instanceAgain[forceInput](b.API))
	edit := Route{Method: http.MethodPatch, Pattern: one + "/data", Guard: guard.SignedIn, Resource: "instances", Write: true}
	handle(b, endpoint{Route: edit, ID: "edit-instance-data", Summary: "Change an instance's data", Refusals: verbRefusals,
		Doc: "Numbers keep their text. Needs a reason; the history keeps the values before and after."}, b.editData)
}

// mend reads the instance that a verb is for, does it, and answers with the
// instance as it is then.
func (a *API) mend(ctx context.Context, who workflow.Actor, id string, p Precondition, prefer Preference, do func(context.Context, uuid.UUID) (workflow.Instance, error)) (*instanceAnswer, error) {
	seen, err := a.instance(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if err := p.holds(seen.Version); err != nil {
		return nil, err
	}
	in, err := do(p.on(ctx, seen), seen.ID)
	if err != nil {
		return nil, p.failed(err, seen.Version)
	}
	return a.answer(ctx, in, prefer)
}

func (a *API) retryInstance(ctx context.Context, who workflow.Actor, in *retryInput) (*instanceAnswer, error) {
	return a.mend(ctx, who, in.ID, in.Precondition, in.Preference, func(ctx context.Context, id uuid.UUID) (workflow.Instance, error) {
		r := engine.Rerun{}
		if b := in.Body; b != nil {
			if b.ClearError != nil && !*b.ClearError {
				return workflow.Instance{}, invalid("clear_error", "A retry always clears the error. Leave clear_error out, or give true.")
			}
			r = engine.Rerun{From: b.FromStep, Confirm: b.Confirm, Reason: b.Reason}
		}
		return a.Engine.RetryFrom(ctx, who, id, r)
	})
}

func (a *API) skipStep(ctx context.Context, who workflow.Actor, in *skipInput) (*instanceAnswer, error) {
	return a.mend(ctx, who, in.ID, in.Precondition, in.Preference, func(ctx context.Context, id uuid.UUID) (workflow.Instance, error) {
		s := engine.SkipInput{}
		if b := in.Body; b != nil {
			s = engine.SkipInput{Step: b.Step, Output: json.RawMessage(b.OutputData), Reason: b.Reason}
			var err error
			if s.ExecutionID, err = idIn("execution_id", b.ExecutionID); err != nil {
				return workflow.Instance{}, err
			}
			if s.TaskID, err = idIn("task_id", b.TaskID); err != nil {
				return workflow.Instance{}, err
			}
		}
		return a.Engine.Skip(ctx, who, id, s)
	})
}

// idIn reads an optional id of a body.
func idIn(field, text string) (uuid.UUID, error) {
	if text == "" {
		return uuid.Nil, nil
	}
	id, ok := parseID(text)
	if !ok || id == uuid.Nil {
		return id, invalid(field, "This is no id. Take the one that the instance's steps or tasks show.")
	}
	return id, nil
}

func (a *API) forceComplete(ctx context.Context, who workflow.Actor, in *forceInput) (*instanceAnswer, error) {
	return a.mend(ctx, who, in.ID, in.Precondition, in.Preference, func(ctx context.Context, id uuid.UUID) (workflow.Instance, error) {
		reason := ""
		if in.Body != nil {
			reason = in.Body.Reason
		}
		return a.Engine.ForceComplete(ctx, who, id, reason)
	})
}

func (a *API) editData(ctx context.Context, who workflow.Actor, in *dataInput) (*instanceAnswer, error) {
	return a.mend(ctx, who, in.ID, in.Precondition, in.Preference, func(ctx context.Context, id uuid.UUID) (workflow.Instance, error) {
		var patch json.RawMessage
		reason := ""
		if in.Body != nil {
			patch, reason = json.RawMessage(in.Body.Patch), in.Body.Reason
		}
		return a.Engine.EditData(ctx, who, id, patch, reason)
	})
}
