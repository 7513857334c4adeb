package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Instance is one run of a workflow.
type Instance struct {
	ID                string     `json:"id" format:"uuid"`
	DefinitionName    string     `json:"definition_name"`
	DefinitionVersion string     `json:"definition_version"`
	Status            string     `json:"status" enum:"pending,running,waiting,paused,failed,completed,canceled"`
	CurrentStep       *string    `json:"current_step" doc:"The first of current_steps; null when finished."`
	CurrentSteps      []string   `json:"current_steps" nullable:"false" doc:"The steps of live branches."`
	WaitingFor        []Waiting  `json:"waiting_for" nullable:"false" doc:"What live branches wait for, at most 20 entries."`
	StartAt           *time.Time `json:"start_at" doc:"When a pending instance starts; null for any other."`
	StartedAt         *time.Time `json:"started_at"`
	CompletedAt       *time.Time `json:"completed_at"`
	CreatedBy         string     `json:"created_by"`
	CorrelationID     *string    `json:"correlation_id"`
	Parent            *Parent    `json:"parent" doc:"The workflow step that started it; null for one that somebody started."`
	TenantID          string     `json:"tenant_id"`
	Version           int64      `json:"version" doc:"Grows with every change; also the ETag."`
	Error             *Failure   `json:"error" doc:"The last failure; null when there was none."`
}

// Parent is the workflow step that started an instance.
type Parent struct {
	InstanceID  string `json:"instance_id" format:"uuid"`
	ExecutionID string `json:"execution_id" format:"uuid"`
}

// Waiting is one thing that an instance waits for.
type Waiting struct {
	Step   string     `json:"step"`
	Kind   string     `json:"kind" enum:"human,timer,webhook,workflow,group,join,retry,start,worker" doc:"join: for other branches; retry: for the next attempt; worker: for a program that fetches the topic's jobs; start: for its start_at."`
	Users  []string   `json:"users" nullable:"false"`
	Groups []string   `json:"groups" nullable:"false"`
	TaskID *string    `json:"task_id" format:"uuid"`
	Topic  *string    `json:"topic" doc:"Of jobs that no worker has fetched."`
	Child  *string    `json:"child_instance_id" format:"uuid" doc:"Of a workflow step."`
	Count  *int       `json:"count" doc:"Of a for_each: the items that have not ended."`
	Since  time.Time  `json:"since"`
	Until  *time.Time `json:"until"`
}

// Failure is what went wrong in a step.
type Failure struct {
	Code        string  `json:"code"`
	Message     string  `json:"message"`
	Status      int     `json:"status,omitempty" doc:"Of an HTTP answer."`
	Attempt     int     `json:"attempt,omitempty"`
	Step        string  `json:"step,omitempty"`
	ExecutionID *string `json:"execution_id,omitempty" format:"uuid"`
}

type (
	startInput struct {
		Preference
		Once
		Body StartRequest
	}
	instanceList struct {
		Paging
		DefinitionName  []string  `query:"definition_name,explode"`
		Version         []string  `query:"version,explode"`
		Status          []string  `query:"status,explode" enum:"pending,running,waiting,paused,failed,completed,canceled"`
		CreatedBy       []string  `query:"created_by,explode"`
		CorrelationID   []string  `query:"correlation_id,explode"`
		Q               string    `query:"q" maxLength:"200" doc:"A part of the id, the correlation id or the workflow's name."`
		StartedAfter    time.Time `query:"started_after"`
		StartedBefore   time.Time `query:"started_before"`
		CompletedAfter  time.Time `query:"completed_after"`
		CompletedBefore time.Time `query:"completed_before"`
		Step            []string  `query:"step,explode" doc:"That is under way."`
		Label           []string  `query:"label,explode" doc:"Of the workflow."`
		Assignee        []string  `query:"assignee,explode" doc:"Of an open task."`
		Health          []string  `query:"health,explode" enum:"failed,retrying,overdue,no_worker,on_hold" doc:"retrying: a step waits for its next attempt; overdue: an open task is late; no_worker: nobody has fetched the topic of a ready step for five minutes, or no living process serves its queue; on_hold: paused by a person."`
		FailedStep      []string  `query:"failed_step,explode" doc:"At which a failed instance failed."`
		FailedWith      []string  `query:"failed_with,explode" doc:"The message that a failed instance failed with, of which the first 200 characters count."`
		Sort            string    `query:"sort" enum:"-started_at,started_at" default:"-started_at" doc:"Newest first, or oldest first."`
	}
	instanceInput struct {
		ID string `path:"id"`
	}
	verbInput struct {
		ID string `path:"id"`
		Precondition
		Preference
		Once
		Body *struct {
			Behalf
			Reason string `json:"reason,omitempty" doc:"Kept in the history."`
		}
	}
	instancesAnswer struct{ Body List[Instance] }
	instanceAnswer  struct {
		Location          string `header:"Location"`
		ETag              string `header:"ETag"`
		PreferenceApplied string `header:"Preference-Applied"`
		Replayed
		Body Instance
	}
)

func (b *builder) instanceRoutes() {
	const one = "/instances/{id}"
	handleOnce(b, endpoint{Route: changes("/instances", "instances"), ID: "start-instance", Summary: "Start a workflow", Status: 201, Lasting: true, Refusals: []int{404, 409, 413, 422},
		Doc: "Answers when the start is durable, with the state at that moment. Repeated with the same Idempotency-Key it starts nothing and gives the same instance."}, b.startInstance, b.startedBefore)
	handle(b, endpoint{Route: reads("/instances", "instances"), ID: "list-instances", Summary: "List instances",
		Doc: listInstancesDoc, Data: true, Refusals: []int{422}}, b.listInstances)
	handle(b, endpoint{Route: reads(one, "instances"), ID: "get-instance", Summary: "Get an instance with its data and steps", Refusals: []int{404}}, b.getInstance)
	handle(b, endpoint{Route: reads(one+"/history", "instances"), ID: "list-history", Summary: "List an instance's events, oldest first", Refusals: []int{404}}, b.listHistory)
	handle(b, endpoint{Route: reads(one+"/graph", "instances"), ID: "get-instance-graph", Summary: "Get an instance's graph with its state", Refusals: []int{404, 422}}, b.instanceGraph)
	handleOnce(b, endpoint{Route: changes(one+"/cancel", "instances"), ID: "cancel-instance", Summary: "End an instance for good", Refusals: verbRefusals}, b.verb(b.Engine.Cancel), instanceAgain[verbInput](b.API))
	handleOnce(b, endpoint{Route: changes(one+"/pause", "instances"), ID: "pause-instance", Summary: "Hold an instance", Refusals: verbRefusals}, b.verb(b.Engine.Pause), instanceAgain[verbInput](b.API))
	handleOnce(b, endpoint{Route: changes(one+"/resume", "instances"), ID: "resume-instance", Summary: "Let a held instance go on", Refusals: verbRefusals}, b.verb(b.Engine.Resume), instanceAgain[verbInput](b.API))
}

const listInstancesDoc = `Every filter combines with every other; repeated keys mean one of them.

Beside the parameters below, **data.PATH[OP]=VALUE** compares what data holds at a path, as in data.customer.name[eq]=ACME or
data.amount[gte]=1000; OP is eq, ne, lt, lte, gt, gte or contains, and data.PATH=VALUE means eq; at most 8 of them. A value that reads as a number
is compared with numbers, any other with texts, of which the first 200 characters count; of a list each item counts, up to
50; ne needs another value to be there. Paths that a workflow names under search are found at once. Without
definition_name only workflows that name the path are asked, if there are any; where none does, or one in question does
not, data itself is looked into. A search that takes longer than two seconds is refused with 422 and code too_broad:
narrow it.`

var verbRefusals = []int{404, 409, 412, 413, 422}

func (a *API) startInstance(ctx context.Context, who workflow.Actor, in *startInput) (*instanceAnswer, error) {
	if err := claimed(who, "tenant_id", in.Body.TenantID, who.Tenant); err != nil {
		return nil, err
	}
	who, err := a.behalf(ctx, who, "user_id", in.Body.UserID)
	if err != nil {
		return nil, err
	}
	instance, err := a.Engine.Start(ctx, who, in.Body.engine())
	if err != nil {
		return nil, under("/input_data", err)
	}
	return located(ctx)(a.answer(ctx, instance, in.Preference))
}

func (a *API) startedBefore(ctx context.Context, who workflow.Actor, in *startInput, use workflow.KeyUse) (*instanceAnswer, error) {
	return located(ctx)(instanceAgain[startInput](a)(ctx, who, in, use))
}

// located adds where a new instance is found.
func located(ctx context.Context) func(*instanceAnswer, error) (*instanceAnswer, error) {
	return func(answer *instanceAnswer, err error) (*instanceAnswer, error) {
		if err != nil {
			return nil, err
		}
		answer.Location = location(ctx, answer.Body.ID)
		return answer, nil
	}
}

// answer gives an instance that a call has changed.
func (a *API) answer(ctx context.Context, in workflow.Instance, p Preference) (*instanceAnswer, error) {
	in, applied, err := a.settled(ctx, in, p)
	if err != nil {
		return nil, err
	}
	return &instanceAnswer{ETag: etag(in.Version), PreferenceApplied: applied, Body: instanceOf(in)}, nil
}

func (a *API) listInstances(ctx context.Context, who workflow.Actor, in *instanceList) (*instancesAnswer, error) {
	page, err := a.Read.Instances(ctx, who, engine.InstanceFilter{
		DefinitionNames: in.DefinitionName, Versions: in.Version, Statuses: converted[workflow.Status](in.Status),
		CreatedBy: in.CreatedBy, CorrelationIDs: in.CorrelationID, Query: in.Q,
		StartedAfter: given(in.StartedAfter), StartedBefore: given(in.StartedBefore),
		CompletedAfter: given(in.CompletedAfter), CompletedBefore: given(in.CompletedBefore),
		Steps: in.Step, Labels: in.Label, Assignees: in.Assignee, Health: converted[engine.Health](in.Health),
		FailedSteps: in.FailedStep, FailedWith: in.FailedWith,
		Data: callFrom(ctx).data, Now: a.Now().UTC(), Oldest: in.Sort == "started_at",
	}, in.engine())
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(row engine.InstanceRow) (Instance, error) { return instanceOf(row.Instance), nil })
	return &instancesAnswer{list}, err
}

// instance reads an instance that the caller may see. A text that is no id is
// nobody's: unknown.
func (a *API) instance(ctx context.Context, who workflow.Actor, id string) (workflow.Instance, error) {
	key, ok := parseID(id)
	if !ok {
		return workflow.Instance{}, workflow.ErrInstanceNotFound
	}
	return a.Read.Instance(ctx, who, key)
}

// parseID reads an id in its one spelling.
func parseID(text string) (uuid.UUID, bool) {
	id, err := uuid.Parse(text)
	return id, err == nil && len(text) == 36
}

// verb makes an operation of an engine's verb.
func (a *API) verb(do func(context.Context, workflow.Actor, uuid.UUID, string) (workflow.Instance, error)) func(context.Context, workflow.Actor, *verbInput) (*instanceAnswer, error) {
	return func(ctx context.Context, who workflow.Actor, in *verbInput) (*instanceAnswer, error) {
		seen, err := a.instance(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		if err := in.holds(seen.Version); err != nil {
			return nil, err
		}
		reason := ""
		if in.Body != nil {
			reason = in.Body.Reason
		}
		instance, err := do(in.on(ctx, seen), who, seen.ID, reason)
		if err != nil {
			return nil, in.failed(err, seen.Version)
		}
		return a.answer(ctx, instance, in.Preference)
	}
}

func instanceOf(in workflow.Instance) Instance {
	shape := Instance{
		ID: in.ID.String(), DefinitionName: in.Definition.Name, DefinitionVersion: in.Definition.Version,
		Status: string(in.Status), CurrentSteps: orEmpty(in.CurrentSteps), WaitingFor: []Waiting{},
		StartAt: in.StartAt(), StartedAt: in.StartedAt, CompletedAt: in.CompletedAt, CreatedBy: in.CreatedBy,
		CorrelationID: orNull(in.CorrelationID), TenantID: in.Tenant, Version: in.Version, Error: failureOf(in.Error),
	}
	if in.Parent != (workflow.Parent{}) {
		shape.Parent = &Parent{InstanceID: in.Parent.InstanceID.String(), ExecutionID: in.Parent.ExecutionID.String()}
	}
	if len(in.CurrentSteps) > 0 {
		shape.CurrentStep = &in.CurrentSteps[0]
	}
	for _, w := range in.WaitingFor {
		shape.WaitingFor = append(shape.WaitingFor, waitingOf(w))
	}
	return shape
}

func waitingOf(w workflow.Waiting) Waiting {
	shape := Waiting{Step: w.Step, Kind: w.Kind, Users: orEmpty(w.Users), Groups: orEmpty(w.Groups), Topic: orNull(w.Topic), Since: w.Since, Until: w.Until}
	if w.Child != nil {
		shape.Child = idOrNull(*w.Child)
	}
	if w.Count > 0 {
		shape.Count = &w.Count
	}
	if w.TaskID != nil {
		shape.TaskID = idOrNull(*w.TaskID)
	}
	return shape
}

func failureOf(e *workflow.StepError) *Failure {
	if e == nil {
		return nil
	}
	return &Failure{
		Code: e.Code, Message: e.Message, Status: e.Status, Attempt: e.Attempt, Step: e.Step, ExecutionID: idOrNull(e.ExecutionID),
	}
}

// idOrNull gives nil for the zero id.
func idOrNull(id uuid.UUID) *string {
	if id == uuid.Nil {
		return nil
	}
	return orNull(id.String())
}
