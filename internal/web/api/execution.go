package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// maxDetail bounds the executions and the tasks in an InstanceDetail.
const maxDetail = 1000

// InstanceDetail is an instance with its data, steps and tasks.
type InstanceDetail struct {
	Instance
	InputData           Object          `json:"input_data" doc:"What it was started with."`
	ContextData         Object          `json:"context_data"`
	Metadata            Object          `json:"metadata"`
	StepHistory         []StepExecution `json:"step_history" nullable:"false" doc:"Oldest first, at most 1,000."`
	StepHistoryIsCapped bool            `json:"step_history_is_capped" doc:"There are more executions; the history has them all."`
	Tasks               []HumanTask     `json:"tasks" nullable:"false" doc:"Oldest first, at most 1,000; of a for_each the first 50 items. The list of tasks has all."`
}

// StepExecution is one visit of a step.
type StepExecution struct {
	ID          string     `json:"id" format:"uuid"`
	StepName    string     `json:"step_name"`
	StepType    string     `json:"step_type"`
	Status      string     `json:"status" enum:"pending,scheduled,running,waiting,succeeded,failed,canceled,skipped"`
	Visit       int        `json:"visit" doc:"From 1."`
	Index       int        `json:"index" doc:"Of the item in a for_each, from 0."`
	Scope       *string    `json:"scope" format:"uuid" doc:"The execution around it, of a group or of a for_each; null outside both."`
	Role        *string    `json:"role" enum:"each,item" doc:"In a for_each: each holds the items, item is one of them."`
	Child       *string    `json:"child_instance_id" format:"uuid" doc:"The instance that a workflow step started."`
	Attempt     int        `json:"attempt" doc:"From 1; 0 before the first."`
	Attempts    []Attempt  `json:"attempts" nullable:"false" doc:"Those that ended without success, at most 50."`
	Topic       *string    `json:"topic" doc:"Of a job for external workers."`
	Progress    *Progress  `json:"progress" doc:"That the worker has reported of the attempt under way."`
	DueAt       *time.Time `json:"due_at"`
	FiredAt     *time.Time `json:"fired_at" doc:"Of a timer: when it fired."`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Error       *Failure   `json:"error"`
	InputData   Any        `json:"input_data"`
	OutputData  Any        `json:"output_data"`
	Outcome     *string    `json:"outcome"`
	AssignedTo  *string    `json:"assigned_to" doc:"Of a human step."`
	CompletedBy *string    `json:"completed_by"`
}

// Progress is what an external worker says of its attempt.
type Progress struct {
	Percent    *float64  `json:"percent" doc:"0 to 100; null when unknown."`
	Message    string    `json:"message"`
	ReportedAt time.Time `json:"reported_at"`
}

// Attempt is one try of a machine step that did not succeed.
type Attempt struct {
	Attempt   int        `json:"attempt"`
	Status    string     `json:"status" enum:"failed,lost"`
	Error     *Failure   `json:"error"`
	StartedAt *time.Time `json:"started_at"`
	EndedAt   time.Time  `json:"ended_at"`
}

// Event is one line of an instance's history.
type Event struct {
	ID          string    `json:"id" doc:"Grows along the history."`
	Type        string    `json:"type" example:"step.completed"`
	Timestamp   time.Time `json:"timestamp"`
	InstanceID  string    `json:"instance_id" format:"uuid"`
	ExecutionID *string   `json:"execution_id" format:"uuid" doc:"Null for events of the instance itself, as are the fields of the step."`
	StepName    *string   `json:"step_name"`
	StepType    *string   `json:"step_type"`
	Visit       *int      `json:"visit"`
	Index       *int      `json:"index"`
	Scope       *string   `json:"scope" format:"uuid"`
	Role        *string   `json:"role" enum:"each,item" doc:"In a for_each."`
	Attempt     *int      `json:"attempt"`
	ArrivedFrom []string  `json:"arrived_from" doc:"The executions that led to this one."`
	Node        *string   `json:"node" format:"uuid" doc:"The process that decided."`
	Actor       *string   `json:"actor" doc:"Who did it; null for what follows by itself."`
	Data        Object    `json:"data" doc:"The event's own fields."`
}

type (
	instanceDetailAnswer struct {
		ETag string `header:"ETag"`
		Body InstanceDetail
	}
	historyInput struct {
		ID string `path:"id"`
		Paging
	}
	historyAnswer struct{ Body List[Event] }
)

func (a *API) getInstance(ctx context.Context, who workflow.Actor, in *instanceInput) (*instanceDetailAnswer, error) {
	instance, err := a.instance(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	executions, err := a.Read.Executions(ctx, who, instance.ID, maxDetail+1)
	if err != nil {
		return nil, err
	}
	tasks, err := a.Read.InstanceTasks(ctx, who, instance.ID, maxDetail)
	if err != nil {
		return nil, err
	}
	body := InstanceDetail{
		Instance: instanceOf(instance), InputData: Object(instance.Input), ContextData: Object(instance.Data), Metadata: Object(instance.Metadata),
		StepHistory: stepHistory(executions, tasks), StepHistoryIsCapped: len(executions) > maxDetail, Tasks: []HumanTask{},
	}
	for _, t := range tasks {
		shape, err := a.taskOf(ctx, who, t, instance.Definition)
		if err != nil {
			return nil, err
		}
		body.Tasks = append(body.Tasks, shape)
	}
	return &instanceDetailAnswer{ETag: etag(instance.Version), Body: body}, nil
}

func stepHistory(executions []workflow.Execution, tasks []workflow.Task) []StepExecution {
	assignees := map[uuid.UUID]string{}
	for _, t := range tasks {
		assignees[t.ExecutionID] = t.Assignee
	}
	history := []StepExecution{}
	for _, e := range executions[:min(len(executions), maxDetail)] {
		history = append(history, executionOf(e, assignees[e.ID]))
	}
	return history
}

func executionOf(e workflow.Execution, assignee string) StepExecution {
	shape := StepExecution{
		ID: e.ID.String(), StepName: e.Step, StepType: string(e.Type), Status: string(e.Status), Visit: e.Visit, Index: e.Index,
		Scope: idOrNull(e.Scope), Attempt: e.Attempt, Attempts: []Attempt{}, DueAt: e.DueAt,
		StartedAt: e.StartedAt, CompletedAt: e.CompletedAt, Error: failureOf(e.Error), InputData: Any(e.Input), OutputData: Any(e.Output),
		Outcome: orNull(e.Outcome), AssignedTo: orNull(assignee), CompletedBy: orNull(e.CompletedBy),
		Topic: orNull(e.Topic), Role: orNull(string(e.Role)), Child: idOrNull(e.Child),
	}
	if p := e.Progress; p != nil {
		shape.Progress = &Progress{Percent: p.Percent, Message: p.Message, ReportedAt: p.At}
	}
	if e.Type == workflow.StepTimer && e.Status == workflow.StepSucceeded {
		shape.FiredAt = e.CompletedAt
	}
	for _, t := range e.Attempts {
		shape.Attempts = append(shape.Attempts, Attempt{
			Attempt: t.Attempt, Status: t.Status, Error: failureOf(t.Error), StartedAt: t.StartedAt, EndedAt: t.EndedAt,
		})
	}
	return shape
}

func (a *API) listHistory(ctx context.Context, who workflow.Actor, in *historyInput) (*historyAnswer, error) {
	id, ok := parseID(in.ID)
	if !ok {
		return nil, workflow.ErrInstanceNotFound
	}
	page, err := a.Read.Events(ctx, who, id, in.engine())
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(e workflow.Event) (Event, error) { return eventOf(e), nil })
	return &historyAnswer{list}, err
}

func eventOf(e workflow.Event) Event {
	shape := Event{
		ID: strconv.FormatInt(e.Seq, 10), Type: string(e.Type), Timestamp: e.At, InstanceID: e.InstanceID.String(),
		Actor: orNull(e.Actor), Data: Object(e.Detail),
	}
	if len(e.Detail) == 0 {
		shape.Data = Object(json.RawMessage("{}"))
	}
	if e.ExecutionID == uuid.Nil {
		return shape
	}
	shape.ExecutionID, shape.Scope = idOrNull(e.ExecutionID), idOrNull(e.Scope)
	shape.StepName, shape.StepType = orNull(e.Step), orNull(string(e.StepType))
	shape.Visit, shape.Index, shape.Attempt = &e.Visit, &e.Index, &e.Attempt
	shape.Role, shape.Node, shape.ArrivedFrom = orNull(string(e.Role)), idOrNull(e.Node), []string{}
	for _, id := range e.ArrivedFrom {
		shape.ArrivedFrom = append(shape.ArrivedFrom, id.String())
	}
	return shape
}
