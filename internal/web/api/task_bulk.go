package api

import (
	"context"
	"encoding/json"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// TaskAnswer is what became of one of several tasks: the task, or why it was
// left as it is.
type TaskAnswer struct {
	Task    *HumanTask
	Problem *respond.Problem // nil when it was changed
}

// Schema implements huma.SchemaProvider.
func (TaskAnswer) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "A HumanTask, or the Problem that refused it.",
		OneOf:       []*huma.Schema{r.Schema(reflect.TypeFor[HumanTask](), true, ""), r.Schema(reflect.TypeFor[respond.Problem](), true, "")},
	}
}

// MarshalJSON implements json.Marshaler.
func (t TaskAnswer) MarshalJSON() ([]byte, error) {
	if t.Problem != nil {
		return json.Marshal(t.Problem)
	}
	return json.Marshal(t.Task)
}

type (
	bulkTasksInput struct {
		Once
		Body struct {
			Behalf
			Action      string   `json:"action" enum:"complete,claim,reassign"`
			IDs         []string `json:"ids" nullable:"false" minItems:"1" maxItems:"200" doc:"Of tasks, at most 200."`
			OutputData  Object   `json:"output_data,omitempty" doc:"Of complete: must fit the form of each task, unless the outcome does not need it."`
			Outcome     string   `json:"outcome,omitempty" doc:"Of complete."`
			Comment     string   `json:"comment,omitempty" doc:"Of complete."`
			NewAssignee string   `json:"new_assignee,omitempty" doc:"Of reassign: a login; this or new_group."`
			NewGroup    string   `json:"new_group,omitempty" doc:"Of reassign."`
			Reason      string   `json:"reason,omitempty" doc:"Of reassign."`
		}
	}
	bulkTasksAnswer struct {
		Replayed
		Body struct {
			Items []TaskAnswer `json:"items" nullable:"false" doc:"In the order of the request."`
		}
	}
)

// bulkTasksPath is where many tasks are changed, below the prefix.
const bulkTasksPath = "/tasks/bulk"

func (b *builder) bulkTaskRoutes() {
	handle(b, endpoint{Route: changes(bulkTasksPath, "tasks"), ID: "bulk-tasks", Summary: "Decide, claim or reassign many tasks", Refusals: []int{413, 422},
		Doc: "Each task stands for itself: it gives the task as it is then, or its own problem, and what is refused keeps no other from being changed. With an Idempotency-Key a repetition does only what was not done before."}, b.bulkTasks)
}

func (a *API) bulkTasks(ctx context.Context, who workflow.Actor, in *bulkTasksInput) (*bulkTasksAnswer, error) {
	do := a.bulkVerb(who, in)
	key, err := a.items(bulkTasksPath, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	out := &bulkTasksAnswer{}
	out.Body.Items = make([]TaskAnswer, len(in.Body.IDs))
	done, replayed := 0, 0
	for i, id := range in.Body.IDs {
		task, again, err := a.bulkTask(ctx, who, in.Body.Action, id, key(i), do)
		switch e := asError(err); {
		case err == nil:
			out.Body.Items[i].Task = task
			done++
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case e != nil && e.Code == keyReused:
			return nil, err
		default:
			out.Body.Items[i].Problem = a.refused(callFrom(ctx), within("/ids/"+strconv.Itoa(i), err))
		}
		if again {
			replayed++
		}
	}
	if done > 0 && done == replayed {
		out.mark()
	}
	return out, nil
}

// bulkVerb gives what is done to each task.
func (a *API) bulkVerb(who workflow.Actor, in *bulkTasksInput) func(context.Context, uuid.UUID) error {
	return func(ctx context.Context, id uuid.UUID) (err error) {
		switch b := in.Body; b.Action {
		case "claim":
			_, err = a.Engine.ClaimTask(ctx, who, id, 0)
		case "reassign":
			_, err = a.Engine.ReassignTask(ctx, who, id, engine.Reassignment{User: b.NewAssignee, Group: b.NewGroup, Reason: b.Reason})
		default:
			_, err = a.Engine.CompleteTask(ctx, who, id, engine.Completion{Output: b.OutputData.raw("{}"), Outcome: b.Outcome, Comment: b.Comment})
			err = under("/output_data", err)
		}
		return err
	}
}

// noteUnseen tells the audit of one of several that the caller may not see. That
// of a single one the refusal of the request tells.
func (a *API) noteUnseen(who workflow.Actor, action, id string, err error) {
	task, malformed := uuid.Parse(id)
	if malformed != nil {
		return
	}
	var cmd workflow.Command = workflow.CompleteTask{TaskID: task, Actor: who}
	switch action {
	case "claim":
		cmd = workflow.ClaimTask{TaskID: task, Actor: who}
	case "reassign":
		cmd = workflow.ReassignTask{TaskID: task, Actor: who}
	}
	a.Engine.Refused(cmd, uuid.Nil, err)
}

// bulkTask does a verb to one task, once for each key.
func (a *API) bulkTask(ctx context.Context, who workflow.Actor, action, id string, once engine.Idempotency, do func(context.Context, uuid.UUID) error) (task *HumanTask, again bool, err error) {
	_, again, err = a.Engine.Once(ctx, who, once, func(ctx context.Context) error {
		row, err := a.task(ctx, who, id)
		if err != nil {
			a.noteUnseen(who, action, id, err)
			return err
		}
		return do(ctx, row.ID)
	})
	if err != nil {
		return nil, false, err
	}
	key, ok := parseID(id)
	if !ok {
		return nil, false, workflow.ErrTaskNotFound
	}
	changed, err := a.changedTask(ctx, who, key)
	if err != nil {
		return nil, false, err
	}
	return &changed.Body, again, nil
}
