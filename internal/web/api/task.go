package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

type taskPath struct {
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match"`
}

func (a *API) taskOperations(h huma.API) {
	const resource = "tasks"
	post := func(name, summary string) operation {
		return operation{id: name + "-task", method: http.MethodPost, path: "/tasks/{id}/" + name, summary: summary, rule: guard.SignedIn, resource: resource, write: true}
	}
	add(a, h, operation{id: "list-tasks", method: http.MethodGet, path: "/tasks", summary: "List tasks, soonest due first", rule: guard.SignedIn, resource: resource}, a.listTasks)
	add(a, h, operation{id: "get-task", method: http.MethodGet, path: "/tasks/{id}", summary: "A task with its form", rule: guard.SignedIn, resource: resource}, a.getTask)
	add(a, h, post("claim", "Take a task"), a.claimTask)
	add(a, h, post("unclaim", "Give a claimed task back"), a.unclaimTask)
	add(a, h, post("complete", "Decide a task"), a.completeTask)
	add(a, h, post("reassign", "Give a task to another person or group"), a.reassignTask)
}

type taskQuery struct {
	paging
	Mine           string   `query:"mine" doc:"true: assigned to the caller."`
	Claimable      string   `query:"claimable" doc:"true: the caller may take it."`
	AssigneeID     []string `query:"assignee_id,explode"`
	AssigneeGroup  []string `query:"assignee_group,explode"`
	Status         []string `query:"status,explode" doc:"pending, completed, canceled; repeat for several."`
	Overdue        string   `query:"overdue"`
	DefinitionName []string `query:"definition_name,explode"`
	InstanceID     string   `query:"instance_id"`
	DueBefore      string   `query:"due_before"`
	Q              string   `query:"q" maxLength:"200" doc:"Part of the title."`
}

func (q taskQuery) filter() (engine.TaskFilter, error) {
	f := engine.TaskFilter{Assignees: q.AssigneeID, Groups: q.AssigneeGroup, DefinitionNames: q.DefinitionName, Query: q.Q}
	view, err := q.view()
	if err != nil {
		return f, err
	}
	f.View = view
	if f.Statuses, err = oneOf("status", q.Status, []workflow.TaskStatus{workflow.TaskPending, workflow.TaskCompleted, workflow.TaskCanceled}); err != nil {
		return f, err
	}
	if f.Overdue, err = flag("overdue", q.Overdue); err != nil {
		return f, err
	}
	if f.DueBefore, err = moment("due_before", q.DueBefore); err != nil {
		return f, err
	}
	if q.InstanceID == "" {
		return f, nil
	}
	key, err := uuid.Parse(q.InstanceID)
	if err != nil {
		return f, workflow.Errorf(workflow.KindMalformed, "bad_filter", "instance_id is not the id of an instance.")
	}
	f.InstanceID = &key
	return f, nil
}

func (q taskQuery) view() (engine.TaskView, error) {
	mine, err := flag("mine", q.Mine)
	if err != nil {
		return "", err
	}
	claimable, err := flag("claimable", q.Claimable)
	if err != nil {
		return "", err
	}
	isMine, isClaimable := mine != nil && *mine, claimable != nil && *claimable
	switch {
	case isMine && isClaimable:
		return engine.TasksInbox, nil
	case isMine:
		return engine.TasksMine, nil
	case isClaimable:
		return engine.TasksClaimable, nil
	}
	return "", nil
}

func (a *API) listTasks(ctx context.Context, in *taskQuery) (*list[HumanTask], error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	f.Now = a.Now().UTC()
	page, err := a.Read.Tasks(ctx, actorOf(ctx), f, in.paging.paging())
	if err != nil {
		return nil, err
	}
	var broken error
	out := listOf(page, func(row engine.TaskRow) HumanTask {
		shape, err := a.taskRow(ctx, row)
		if err != nil {
			broken = err
		}
		return shape
	})
	return out, broken
}

// taskRow gives a task with outcomes and form, which its definition knows.
func (a *API) taskRow(ctx context.Context, row engine.TaskRow) (HumanTask, error) {
	def, err := a.Engine.Definition(ctx, actorOf(ctx), row.Definition.Name, row.Definition.Version)
	if err != nil {
		return HumanTask{}, err
	}
	return taskShape(row.Task, row.Definition.Name, def.Step(row.Step)), nil
}

// task gives a visible task whose ETag the caller may have named.
func (a *API) task(ctx context.Context, in taskPath) (engine.TaskRow, error) {
	key, err := id(in.ID, workflow.ErrTaskNotFound)
	if err != nil {
		return engine.TaskRow{}, err
	}
	row, err := a.Read.Task(ctx, actorOf(ctx), key)
	if err != nil {
		return row, err
	}
	return row, matches(in.IfMatch, row.Version)
}

func (a *API) getTask(ctx context.Context, in *taskPath) (*tagged[HumanTask], error) {
	in.IfMatch = ""
	return a.shownTask(ctx, *in)
}

func (a *API) shownTask(ctx context.Context, in taskPath) (*tagged[HumanTask], error) {
	row, err := a.task(ctx, taskPath{ID: in.ID})
	if err != nil {
		return nil, err
	}
	shape, err := a.taskRow(ctx, row)
	return &tagged[HumanTask]{ETag: etag(row.Version), Body: shape}, err
}

// withTask does a command on a visible task and shows it afterwards.
func (a *API) withTask(ctx context.Context, in taskPath, do func(engine.TaskRow) error) (*tagged[HumanTask], error) {
	row, err := a.task(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := do(row); err != nil {
		return nil, err
	}
	return a.shownTask(ctx, in)
}

func (a *API) claimTask(ctx context.Context, in *taskPath) (*tagged[HumanTask], error) {
	return a.withTask(ctx, *in, func(t engine.TaskRow) error {
		_, err := a.Engine.ClaimTask(ctx, actorOf(ctx), t.ID, 0)
		return err
	})
}

func (a *API) unclaimTask(ctx context.Context, in *taskPath) (*tagged[HumanTask], error) {
	return a.withTask(ctx, *in, func(t engine.TaskRow) error {
		_, err := a.Engine.UnclaimTask(ctx, actorOf(ctx), t.ID, 0)
		return err
	})
}

type completeInput struct {
	taskPath
	Prefer string `header:"Prefer"`
	Body   struct {
		OutputData  json.RawMessage `json:"output_data,omitempty" doc:"An object that fits form_schema."`
		Outcome     string          `json:"outcome,omitempty" doc:"One of outcomes, where there are some."`
		Comment     string          `json:"comment,omitempty"`
		Version     int64           `json:"version,omitempty" doc:"Of the task as it was shown; any when absent."`
		CompletedBy string          `json:"completed_by,omitempty" doc:"The caller's own login."`
		UserID      string          `json:"user_id,omitempty" doc:"The caller's own login."`
	}
}

func (a *API) completeTask(ctx context.Context, in *completeInput) (*tagged[Instance], error) {
	who := actorOf(ctx)
	if err := isCaller(who, in.Body.CompletedBy, ""); err != nil {
		return nil, err
	}
	if err := isCaller(who, in.Body.UserID, ""); err != nil {
		return nil, err
	}
	row, err := a.task(ctx, in.taskPath)
	if err != nil {
		return nil, err
	}
	done, err := a.Engine.CompleteTask(ctx, who, row.ID, engine.Completion{
		Output: notNull(in.Body.OutputData), Outcome: in.Body.Outcome, Comment: in.Body.Comment, Version: in.Body.Version,
	})
	if err != nil {
		return nil, err
	}
	if done, err = a.wait(ctx, done, in.Prefer); err != nil {
		return nil, err
	}
	return &tagged[Instance]{ETag: etag(done.Version), Body: instanceShape(done)}, nil
}

type reassignInput struct {
	taskPath
	Body struct {
		NewAssignee string `json:"new_assignee,omitempty" doc:"Login of the person who gets it."`
		NewGroup    string `json:"new_group,omitempty" doc:"Or the group."`
		Reason      string `json:"reason,omitempty"`
	}
}

func (a *API) reassignTask(ctx context.Context, in *reassignInput) (*tagged[HumanTask], error) {
	return a.withTask(ctx, in.taskPath, func(t engine.TaskRow) error {
		_, err := a.Engine.ReassignTask(ctx, actorOf(ctx), t.ID, engine.Reassignment{
			User: in.Body.NewAssignee, Group: in.Body.NewGroup, Reason: in.Body.Reason,
		})
		return err
	})
}
