package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// maxSkips bounds the steps that a page offers to skip; the API takes any.
const maxSkips = 3

// skip answers the form that skips one visit of a step.
func (u *UI) skip(w http.ResponseWriter, r *http.Request) error {
	return u.mend("skip", func(ctx context.Context, a workflow.Actor, id uuid.UUID, values url.Values) (workflow.Instance, error) {
		execution, err := uuid.Parse(values.Get("execution"))
		if err != nil {
			return workflow.Instance{}, workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "Choose a step of this page to skip.")
		}
		return u.Engine.Skip(ctx, a, id, engine.SkipInput{ExecutionID: execution, Reason: reasonIn(values)})
	})(w, r)
}

// skips offers to skip what failed or waits, what failed first.
func (read instanceRead) skips(p views.Page, a workflow.Actor) []views.Confirm {
	if !read.def.MayOperate(a) || read.in.Status.Finished() {
		return nil
	}
	var list []views.Confirm
	for _, e := range read.skippable() {
		label := p.T("instance.skip", stepLabel(read.def, e.Step))
		list = append(list, views.Confirm{
			ID: "skip-" + e.ID.String(), Label: label, Icon: "skip-forward", Text: p.T("instance.skip_text"), Button: label,
			Action: p.Href(instancePath(read.in.ID) + "/skip"), Reason: true, ReasonRequired: true, Danger: true,
			Hidden: []views.Hidden{{Name: "execution", Value: e.ID.String()}},
		})
	}
	return list
}

func (read instanceRead) skippable() []workflow.Execution {
	var failed, waiting []workflow.Execution
	for _, e := range read.executions {
		switch {
		case !e.Live || e.Role == workflow.EachItem:
		case e.Hold == workflow.HoldFailed:
			failed = append(failed, e)
		case e.Status == workflow.StepWaiting && e.Hold == workflow.HoldNone:
			waiting = append(waiting, e)
		}
	}
	all := slices.Concat(failed, waiting)
	return all[:min(len(all), maxSkips)]
}
