package api

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Instance is a run of a workflow.
type Instance struct {
	ID                string              `json:"id" format:"uuid"`
	DefinitionName    string              `json:"definition_name"`
	DefinitionVersion string              `json:"definition_version"`
	Status            string              `json:"status" enum:"pending,running,waiting,paused,failed,completed,canceled"`
	CurrentStep       *string             `json:"current_step" doc:"The first of current_steps; null when there is none."`
	CurrentSteps      []string            `json:"current_steps"`
	WaitingFor        []workflow.Waiting  `json:"waiting_for"`
	StartedAt         *time.Time          `json:"started_at"`
	CompletedAt       *time.Time          `json:"completed_at"`
	CreatedBy         string              `json:"created_by"`
	CorrelationID     *string             `json:"correlation_id"`
	TenantID          string              `json:"tenant_id"`
	Version           int64               `json:"version"`
	Error             *workflow.StepError `json:"error"`
}

func instanceShape(in workflow.Instance) Instance {
	out := Instance{
		ID: in.ID.String(), DefinitionName: in.Definition.Name, DefinitionVersion: in.Definition.Version,
		Status: string(in.Status), CurrentSteps: orEmpty(in.CurrentSteps), WaitingFor: orEmpty(in.WaitingFor),
		StartedAt: in.StartedAt, CompletedAt: in.CompletedAt, CreatedBy: in.CreatedBy,
		CorrelationID: orNull(in.CorrelationID), TenantID: in.Tenant, Version: in.Version, Error: in.Error,
	}
	if len(in.CurrentSteps) > 0 {
		out.CurrentStep = &in.CurrentSteps[0]
	}
	return out
}

func instanceRowShape(row engine.InstanceRow) Instance { return instanceShape(row.Instance) }

// InstanceDetail is an instance with its data and history.
type InstanceDetail struct {
	Instance
	ContextData json.RawMessage `json:"context_data"`
	Metadata    json.RawMessage `json:"metadata"`
	StepHistory []StepExecution `json:"step_history"`
	Tasks       []HumanTask     `json:"tasks"`
}

// StepExecution is one visit of a step.
type StepExecution struct {
	ID          string              `json:"id" format:"uuid"`
	StepName    string              `json:"step_name"`
	StepType    string              `json:"step_type"`
	Status      string              `json:"status"`
	Visit       int                 `json:"visit"`
	Index       int                 `json:"index"`
	Scope       *string             `json:"scope" doc:"The group's execution; null outside groups."`
	Attempt     int                 `json:"attempt"`
	Attempts    []workflow.Attempt  `json:"attempts" doc:"Those that ended without success."`
	DueAt       *time.Time          `json:"due_at"`
	StartedAt   *time.Time          `json:"started_at"`
	CompletedAt *time.Time          `json:"completed_at"`
	Error       *workflow.StepError `json:"error"`
	InputData   json.RawMessage     `json:"input_data"`
	OutputData  json.RawMessage     `json:"output_data"`
	AssignedTo  *string             `json:"assigned_to"`
	CompletedBy *string             `json:"completed_by"`
}

func executionShape(e workflow.Execution, assignee string) StepExecution {
	return StepExecution{
		ID: e.ID.String(), StepName: e.Step, StepType: string(e.Type), Status: string(e.Status), Visit: e.Visit,
		Index: e.Index, Scope: orNullID(e.Scope), Attempt: e.Attempt, Attempts: orEmpty(e.Attempts), DueAt: e.DueAt,
		StartedAt: e.StartedAt, CompletedAt: e.CompletedAt, Error: e.Error, InputData: orNullJSON(e.Input),
		OutputData: orNullJSON(e.Output), AssignedTo: orNull(assignee), CompletedBy: orNull(e.CompletedBy),
	}
}

// HumanTask is what a person is asked to do.
type HumanTask struct {
	ID              string          `json:"id" format:"uuid"`
	InstanceID      string          `json:"instance_id" format:"uuid"`
	DefinitionName  string          `json:"definition_name"`
	StepName        string          `json:"step_name"`
	Title           string          `json:"title"`
	Description     string          `json:"description"`
	Assignee        *string         `json:"assignee"`
	CandidateUsers  []string        `json:"candidate_users"`
	CandidateGroups []string        `json:"candidate_groups"`
	Status          string          `json:"status" enum:"pending,completed,canceled"`
	Outcomes        []Outcome       `json:"outcomes"`
	Outcome         *string         `json:"outcome"`
	Priority        int             `json:"priority"`
	DueDate         *time.Time      `json:"due_date"`
	ReminderAt      *time.Time      `json:"reminder_at"`
	CreatedAt       time.Time       `json:"created_at"`
	CompletedAt     *time.Time      `json:"completed_at"`
	CompletedBy     *string         `json:"completed_by"`
	Comment         *string         `json:"comment"`
	OutputData      json.RawMessage `json:"output_data"`
	FormSchema      json.RawMessage `json:"form_schema"`
	FormUI          json.RawMessage `json:"form_ui"`
	Version         int64           `json:"version"`
}

// Outcome is one named button of a task.
type Outcome struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// taskShape gives a task; step may be nil when its definition is not at hand.
func taskShape(t workflow.Task, definition string, step *workflow.Step) HumanTask {
	out := HumanTask{
		ID: t.ID.String(), InstanceID: t.InstanceID.String(), DefinitionName: definition, StepName: t.Step,
		Title: t.Title, Description: t.Description, Assignee: orNull(t.Assignee),
		CandidateUsers: orEmpty(t.CandidateUsers), CandidateGroups: orEmpty(t.CandidateGroups),
		Status: string(t.Status), Outcomes: []Outcome{}, Outcome: orNull(t.Outcome), Priority: t.Priority,
		DueDate: t.DueAt, CreatedAt: t.CreatedAt, CompletedAt: t.CompletedAt, CompletedBy: orNull(t.CompletedBy),
		Comment: orNull(t.Comment), OutputData: orNullJSON(t.Output), FormSchema: orNullJSON(nil), FormUI: orNullJSON(nil),
		Version: t.Version,
	}
	if step == nil || step.Human == nil {
		return out
	}
	for _, o := range step.Human.Outcomes {
		out.Outcomes = append(out.Outcomes, Outcome{Name: o.Name, Title: o.Title})
	}
	out.FormSchema, out.FormUI = orNullJSON(step.Human.FormSchema), orNullJSON(step.Human.FormUI)
	return out
}

// Event is one line of an instance's history.
type Event struct {
	Seq         int64           `json:"seq"`
	Type        string          `json:"type"`
	Timestamp   time.Time       `json:"timestamp"`
	InstanceID  string          `json:"instance_id" format:"uuid"`
	ExecutionID *string         `json:"execution_id"`
	StepName    *string         `json:"step_name"`
	StepType    *string         `json:"step_type"`
	Visit       int             `json:"visit"`
	Index       int             `json:"index"`
	Scope       *string         `json:"scope"`
	Attempt     int             `json:"attempt"`
	Actor       *string         `json:"actor"`
	Data        json.RawMessage `json:"data" doc:"The event's own fields."`
}

func eventShape(e workflow.Event) Event {
	return Event{
		Seq: e.Seq, Type: string(e.Type), Timestamp: e.At, InstanceID: e.InstanceID.String(),
		ExecutionID: orNullID(e.ExecutionID), StepName: orNull(e.Step), StepType: orNull(string(e.StepType)),
		Visit: e.Visit, Index: e.Index, Scope: orNullID(e.Scope), Attempt: e.Attempt, Actor: orNull(e.Actor),
		Data: orNullJSON(e.Detail),
	}
}

// orEmpty gives an empty list for none, so that JSON shows [] and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orNullID(v uuid.UUID) *string {
	if v == uuid.Nil {
		return nil
	}
	s := v.String()
	return &s
}

func orNullJSON(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}
