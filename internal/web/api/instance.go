package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/mermaid"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// Limits of an instance's page of details.
const (
	maxHistory = 1000 // executions
	maxTasks   = 1000
)

type instancePath struct {
	ID string `path:"id" maxLength:"64"`
}

func (p instancePath) id() (uuid.UUID, error) { return id(p.ID, workflow.ErrInstanceNotFound) }

// tagged is an answer with the version as its ETag.
type tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

func (a *API) instanceOperations(h huma.API) {
	const resource = "instances"
	add(a, h, operation{id: "start-instance", method: http.MethodPost, path: "/instances", summary: "Start a workflow", rule: guard.SignedIn, resource: resource, write: true, status: http.StatusCreated}, a.startInstance)
	add(a, h, operation{id: "list-instances", method: http.MethodGet, path: "/instances", summary: "List instances, newest first", rule: guard.SignedIn, resource: resource}, a.listInstances)
	add(a, h, operation{id: "get-instance", method: http.MethodGet, path: "/instances/{id}", summary: "An instance with data and history", rule: guard.SignedIn, resource: resource}, a.getInstance)
	add(a, h, operation{id: "get-instance-history", method: http.MethodGet, path: "/instances/{id}/history", summary: "An instance's events, oldest first", rule: guard.SignedIn, resource: resource}, a.instanceHistory)
	add(a, h, operation{id: "get-instance-graph", method: http.MethodGet, path: "/instances/{id}/graph", summary: "An instance's graph with states", rule: guard.SignedIn, resource: resource}, a.instanceGraph)
	for _, verb := range []struct {
		name, summary string
		do            func(context.Context, workflow.Actor, uuid.UUID, string) (workflow.Instance, error)
	}{
		{"cancel", "End an instance for good", a.Engine.Cancel},
		{"pause", "Hold an instance", a.Engine.Pause},
		{"resume", "Let a paused instance move again", a.Engine.Resume},
		{"retry", "Take up every failed branch", a.Engine.Retry},
	} {
		add(a, h, operation{id: verb.name + "-instance", method: http.MethodPost, path: "/instances/{id}/" + verb.name, summary: verb.summary, rule: guard.SignedIn, resource: resource, write: true},
			func(ctx context.Context, in *verbInput) (*tagged[Instance], error) {
				return a.operate(ctx, in, verb.do)
			})
	}
}

type startInput struct {
	Prefer string `header:"Prefer" doc:"wait=N holds the answer, at most N seconds, until the instance waits, is paused, failed or finished."`
	Body   struct {
		DefinitionName string          `json:"definition_name" minLength:"1" maxLength:"200"`
		Version        string          `json:"version,omitempty" maxLength:"100" doc:"The latest active release when absent."`
		InputData      json.RawMessage `json:"input_data,omitempty" doc:"An object that fits the workflow's input_schema."`
		CorrelationID  string          `json:"correlation_id,omitempty" maxLength:"200"`
		Metadata       json.RawMessage `json:"metadata,omitempty"`
		TenantID       string          `json:"tenant_id,omitempty" doc:"The caller's own tenant."`
		UserID         string          `json:"user_id,omitempty" doc:"The caller's own login."`
	}
}

type startedInstance struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     Instance
}

func (a *API) startInstance(ctx context.Context, in *startInput) (*startedInstance, error) {
	who := actorOf(ctx)
	if err := isCaller(who, in.Body.UserID, in.Body.TenantID); err != nil {
		return nil, err
	}
	started, err := a.Engine.Start(ctx, who, engine.StartInput{
		Definition: in.Body.DefinitionName, Version: in.Body.Version, Input: notNull(in.Body.InputData),
		CorrelationID: in.Body.CorrelationID, Metadata: notNull(in.Body.Metadata),
	})
	if err != nil {
		return nil, err
	}
	if started, err = a.wait(ctx, started, in.Prefer); err != nil {
		return nil, err
	}
	return &startedInstance{Location: prefix + "/instances/" + started.ID.String(), ETag: etag(started.Version), Body: instanceShape(started)}, nil
}

// notNull takes an explicit null as absent.
func notNull(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// isCaller refuses a body that claims to come from somebody else.
func isCaller(who workflow.Actor, user, tenant string) error {
	if (user == "" || user == who.ID) && (tenant == "" || tenant == who.Tenant) {
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, "not_the_caller", "You are %s in %s: nobody can act for somebody else. Leave the field out.", who.ID, who.Tenant)
}

// wait holds an answer as `Prefer: wait` asks.
func (a *API) wait(ctx context.Context, in workflow.Instance, prefer string) (workflow.Instance, error) {
	if d := patience(prefer); d > 0 {
		return a.Engine.Wait(ctx, in, d)
	}
	return in, nil
}

type instanceQuery struct {
	paging
	DefinitionName  []string `query:"definition_name,explode"`
	Version         []string `query:"version,explode"`
	Status          []string `query:"status,explode" doc:"pending, running, waiting, paused, failed, completed, canceled; repeat for several."`
	CreatedBy       []string `query:"created_by,explode"`
	CorrelationID   []string `query:"correlation_id,explode"`
	Q               string   `query:"q" maxLength:"200" doc:"Part of an id, a correlation id or a workflow's name."`
	StartedAfter    string   `query:"started_after"`
	StartedBefore   string   `query:"started_before"`
	CompletedAfter  string   `query:"completed_after"`
	CompletedBefore string   `query:"completed_before"`
	Sort            string   `query:"sort" enum:"newest,oldest" default:"newest"`
}

func (q instanceQuery) filter() (engine.InstanceFilter, error) {
	f := engine.InstanceFilter{
		DefinitionNames: q.DefinitionName, Versions: q.Version, CreatedBy: q.CreatedBy,
		CorrelationIDs: q.CorrelationID, Query: q.Q, Oldest: q.Sort == "oldest",
	}
	var err error
	if f.Statuses, err = oneOf("status", q.Status, workflow.Statuses()); err != nil {
		return f, err
	}
	if f.StartedAfter, err = moment("started_after", q.StartedAfter); err != nil {
		return f, err
	}
	if f.StartedBefore, err = moment("started_before", q.StartedBefore); err != nil {
		return f, err
	}
	if f.CompletedAfter, err = moment("completed_after", q.CompletedAfter); err != nil {
		return f, err
	}
	f.CompletedBefore, err = moment("completed_before", q.CompletedBefore)
	return f, err
}

func (a *API) listInstances(ctx context.Context, in *instanceQuery) (*list[Instance], error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	page, err := a.Read.Instances(ctx, actorOf(ctx), f, in.paging.paging())
	if err != nil {
		return nil, err
	}
	return listOf(page, instanceRowShape), nil
}

func (a *API) getInstance(ctx context.Context, in *instancePath) (*tagged[InstanceDetail], error) {
	found, def, err := a.instance(ctx, *in)
	if err != nil {
		return nil, err
	}
	executions, err := a.Read.Executions(ctx, actorOf(ctx), found.ID, maxHistory)
	if err != nil {
		return nil, err
	}
	tasks, err := a.Read.InstanceTasks(ctx, actorOf(ctx), found.ID, maxTasks)
	if err != nil {
		return nil, err
	}
	detail := InstanceDetail{
		Instance: instanceShape(found), ContextData: orNullJSON(found.Data), Metadata: orNullJSON(found.Metadata),
		StepHistory: []StepExecution{}, Tasks: []HumanTask{},
	}
	assignees := map[uuid.UUID]string{}
	for _, t := range tasks {
		assignees[t.ExecutionID] = t.Assignee
		detail.Tasks = append(detail.Tasks, taskShape(t, found.Definition.Name, def.Step(t.Step)))
	}
	for _, e := range executions {
		detail.StepHistory = append(detail.StepHistory, executionShape(e, assignees[e.ID]))
	}
	return &tagged[InstanceDetail]{ETag: etag(found.Version), Body: detail}, nil
}

// instance gives a visible instance with its definition.
func (a *API) instance(ctx context.Context, path instancePath) (workflow.Instance, *workflow.Definition, error) {
	key, err := path.id()
	if err != nil {
		return workflow.Instance{}, nil, err
	}
	found, err := a.Read.Instance(ctx, actorOf(ctx), key)
	if err != nil {
		return workflow.Instance{}, nil, err
	}
	def, err := a.Engine.Definition(ctx, actorOf(ctx), found.Definition.Name, found.Definition.Version)
	return found, def, err
}

func (a *API) instanceHistory(ctx context.Context, in *struct {
	instancePath
	paging
}) (*list[Event], error) {
	key, err := in.instancePath.id()
	if err != nil {
		return nil, err
	}
	page, err := a.Read.Events(ctx, actorOf(ctx), key, in.paging.paging())
	if err != nil {
		return nil, err
	}
	return listOf(page, eventShape), nil
}

func (a *API) instanceGraph(ctx context.Context, in *struct {
	instancePath
	graphQuery
}) (*body[Graph], error) {
	found, def, err := a.instance(ctx, in.instancePath)
	if err != nil {
		return nil, err
	}
	executions, err := a.Read.Executions(ctx, actorOf(ctx), found.ID, maxHistory)
	if err != nil {
		return nil, err
	}
	d := mermaid.Of(def, in.Direction).WithState(found, executions)
	return &body[Graph]{Body: graphShape(d, in.Format)}, nil
}

type verbInput struct {
	instancePath
	IfMatch string `header:"If-Match"`
	Body    *struct {
		Reason string `json:"reason,omitempty"`
	} `required:"false"`
}

// operate does an operator's verb on a visible instance.
func (a *API) operate(ctx context.Context, in *verbInput, do func(context.Context, workflow.Actor, uuid.UUID, string) (workflow.Instance, error)) (*tagged[Instance], error) {
	found, _, err := a.instance(ctx, in.instancePath)
	if err != nil {
		return nil, err
	}
	if err := matches(in.IfMatch, found.Version); err != nil {
		return nil, err
	}
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	changed, err := do(ctx, actorOf(ctx), found.ID, reason)
	if err != nil {
		return nil, err
	}
	return &tagged[Instance]{ETag: etag(changed.Version), Body: instanceShape(changed)}, nil
}
