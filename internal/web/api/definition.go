package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tandem/internal/engine"
	"tandem/internal/mermaid"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// Definition is a version of a workflow.
type Definition struct {
	Name          string          `json:"name"`
	Version       string          `json:"version"`
	Title         string          `json:"title"`
	Description   string          `json:"description"`
	Labels        []string        `json:"labels"`
	Steps         []string        `json:"steps"`
	StepDetails   []StepDetail    `json:"step_details"`
	Edges         []Edge          `json:"edges"`
	InitialStep   string          `json:"initial_step"`
	TerminalSteps []string        `json:"terminal_steps"`
	IsActive      bool            `json:"is_active"`
	InputSchema   json.RawMessage `json:"input_schema"`
	CreatedAt     time.Time       `json:"created_at"`
}

// StepDetail describes a step.
type StepDetail struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Title    string `json:"title"`
	Join     string `json:"join"`
	Terminal bool   `json:"terminal"`
}

// Edge leads from one step to another.
type Edge struct {
	Source    string  `json:"source"`
	Target    string  `json:"target"`
	Condition *string `json:"condition"`
	Default   bool    `json:"default"`
	OnSkip    bool    `json:"on_skip"`
	Loop      bool    `json:"loop"`
}

func definitionShape(d *workflow.Definition, active bool, created time.Time) Definition {
	out := Definition{
		Name: d.Name, Version: d.Version, Title: d.Title, Description: d.Description, Labels: orEmpty(d.Labels),
		InitialStep: d.InitialStep, TerminalSteps: orEmpty(d.TerminalSteps), IsActive: active,
		InputSchema: orNullJSON(d.InputSchema), CreatedAt: created, Edges: []Edge{},
	}
	for _, s := range d.Steps {
		out.Steps = append(out.Steps, s.Name)
		out.StepDetails = append(out.StepDetails, StepDetail{
			Name: s.Name, Type: string(s.Type), Title: s.Label, Join: string(s.Join), Terminal: s.Terminal,
		})
	}
	for _, e := range d.Edges {
		out.Edges = append(out.Edges, Edge{
			Source: e.Source, Target: e.Target, Condition: orNull(e.Text), Default: e.Default, OnSkip: e.OnSkip, Loop: e.Loop,
		})
	}
	return out
}

// Version is one version of a definition in their list.
type Version struct {
	Version   string    `json:"version"`
	IsActive  bool      `json:"is_active"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	Instances int       `json:"instances"`
}

// Graph is a workflow's graph as text and as lists.
type Graph struct {
	MermaidSource string      `json:"mermaid_source"`
	DOTSource     string      `json:"dot_source"`
	Nodes         []GraphNode `json:"nodes"`
	Edges         []GraphEdge `json:"edges"`
}

// GraphNode is one step of a graph.
type GraphNode struct {
	ID         string  `json:"id"`
	Label      string  `json:"label"`
	Type       string  `json:"type"`
	IsInitial  bool    `json:"is_initial"`
	IsTerminal bool    `json:"is_terminal"`
	Status     *string `json:"status"`
}

// GraphEdge is one way of a graph.
type GraphEdge struct {
	Source    string  `json:"source"`
	Target    string  `json:"target"`
	Condition *string `json:"condition"`
	Taken     bool    `json:"taken"`
}

// graphQuery asks for a graph's form.
type graphQuery struct {
	Format    string `query:"graph_format" enum:"mermaid,json,dot" default:"mermaid" doc:"Which text is wanted; the lists always come along."`
	Direction string `query:"direction" enum:"TD,LR,BT,RL" default:"TD"`
}

func graphShape(d mermaid.Diagram, format string) Graph {
	g := Graph{Nodes: []GraphNode{}, Edges: []GraphEdge{}}
	if format == "mermaid" {
		g.MermaidSource = mermaid.Mermaid(d)
	}
	if format == "dot" {
		g.DOTSource = mermaid.DOT(d)
	}
	for _, n := range d.Nodes {
		g.Nodes = append(g.Nodes, GraphNode{
			ID: n.ID, Label: n.Label, Type: n.Type, IsInitial: n.Initial, IsTerminal: n.Terminal, Status: orNull(n.State),
		})
	}
	for _, e := range d.Edges {
		g.Edges = append(g.Edges, GraphEdge{Source: e.Source, Target: e.Target, Condition: orNull(e.Label), Taken: e.Taken})
	}
	return g
}

type definitionPath struct {
	Name    string `path:"name" maxLength:"200"`
	Version string `query:"version" maxLength:"100" doc:"The latest active release when absent."`
}

// body wraps what an operation answers.
type body[T any] struct{ Body T }

func (a *API) definitionOperations(h huma.API) {
	const resource = "definitions"
	add(a, h, operation{id: "list-definitions", method: http.MethodGet, path: "/definitions", summary: "List workflows", rule: guard.SignedIn, resource: resource}, a.listDefinitions)
	add(a, h, operation{id: "create-definition", method: http.MethodPost, path: "/definitions", summary: "Store a workflow document", rule: guard.Authors, resource: resource, write: true, status: http.StatusCreated}, a.createDefinition)
	add(a, h, operation{id: "validate-definition", method: http.MethodPost, path: "/definitions/validate", summary: "Check a workflow document; nothing is stored", rule: guard.SignedIn, resource: resource}, a.validateDefinition)
	add(a, h, operation{id: "get-definition", method: http.MethodGet, path: "/definitions/{name}", summary: "A workflow", rule: guard.SignedIn, resource: resource}, a.getDefinition)
	add(a, h, operation{id: "list-definition-versions", method: http.MethodGet, path: "/definitions/{name}/versions", summary: "A workflow's versions, newest first", rule: guard.SignedIn, resource: resource}, a.listVersions)
	add(a, h, operation{id: "get-definition-graph", method: http.MethodGet, path: "/definitions/{name}/graph", summary: "A workflow's graph", rule: guard.SignedIn, resource: resource}, a.definitionGraph)
	add(a, h, operation{id: "get-definition-source", method: http.MethodGet, path: "/definitions/{name}/source", summary: "A workflow's document as it was written", rule: guard.SignedIn, resource: resource}, a.definitionSource)
}

func (a *API) listDefinitions(ctx context.Context, in *struct {
	paging
	ActiveOnly string `query:"active_only" default:"true" doc:"false lists every version."`
	Q          string `query:"q" maxLength:"200" doc:"Part of the name or title."`
	Label      string `query:"label" maxLength:"200"`
}) (*list[Definition], error) {
	active, err := flag("active_only", in.ActiveOnly)
	if err != nil {
		return nil, err
	}
	page, err := a.Read.Definitions(ctx, actorOf(ctx), engine.DefinitionFilter{
		AllVersions: active != nil && !*active, Query: in.Q, Label: in.Label,
	}, in.paging.paging())
	if err != nil {
		return nil, err
	}
	var broken error
	out := listOf(page, func(row engine.DefinitionRow) Definition {
		d, err := a.Engine.Definition(ctx, actorOf(ctx), row.Name, row.Version)
		if err != nil {
			broken = err
			return Definition{}
		}
		return definitionShape(d, row.IsActive, row.CreatedAt)
	})
	return out, broken
}

type document struct {
	RawBody []byte `contentType:"application/yaml"`
}

type createdDefinition struct {
	Status   int
	Location string `header:"Location"`
	Body     Definition
}

func (a *API) createDefinition(ctx context.Context, in *document) (*createdDefinition, error) {
	d, created, _, err := a.Engine.SaveDefinition(ctx, actorOf(ctx), in.RawBody)
	if err != nil {
		return nil, err
	}
	out := &createdDefinition{Status: http.StatusOK, Location: prefix + "/definitions/" + d.Name + "?version=" + d.Version}
	if created {
		out.Status = http.StatusCreated
	}
	out.Body, err = a.definition(ctx, d)
	return out, err
}

// Validity is what a check of a document found.
type Validity struct {
	Valid         bool               `json:"valid"`
	Errors        []workflow.Problem `json:"errors"`
	Warnings      []workflow.Problem `json:"warnings"`
	MermaidSource *string            `json:"mermaid_source"`
}

func (a *API) validateDefinition(_ context.Context, in *document) (*body[Validity], error) {
	d, warnings, err := a.Engine.Parse(in.RawBody)
	out := &body[Validity]{Body: Validity{Valid: err == nil, Errors: []workflow.Problem{}, Warnings: orEmpty(warnings)}}
	if err == nil {
		text := mermaid.Mermaid(mermaid.Of(d, "TD"))
		out.Body.MermaidSource = &text
		return out, nil
	}
	var refused *workflow.Error
	if !errors.As(err, &refused) || refused.Kind == workflow.KindInternal {
		return nil, err
	}
	out.Body.Errors = refused.Fields
	if len(refused.Fields) == 0 {
		out.Body.Errors = []workflow.Problem{{Message: refused.Message, Code: refused.Code}}
	}
	return out, nil
}

func (a *API) getDefinition(ctx context.Context, in *definitionPath) (*body[Definition], error) {
	d, err := a.Engine.Definition(ctx, actorOf(ctx), in.Name, in.Version)
	if err != nil {
		return nil, err
	}
	shape, err := a.definition(ctx, d)
	return &body[Definition]{Body: shape}, err
}

// definition adds to a definition what its row knows.
func (a *API) definition(ctx context.Context, d *workflow.Definition) (Definition, error) {
	versions, err := a.Read.Versions(ctx, actorOf(ctx), d.Name)
	if err != nil {
		return Definition{}, err
	}
	for _, v := range versions {
		if v.Version == d.Version {
			return definitionShape(d, v.IsActive, v.CreatedAt), nil
		}
	}
	return Definition{}, workflow.ErrDefinitionNotFound
}

func (a *API) listVersions(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"200"`
}) (*list[Version], error) {
	rows, err := a.Read.Versions(ctx, actorOf(ctx), in.Name)
	if err != nil {
		return nil, err
	}
	return whole(rows, func(r engine.DefinitionRow) Version {
		return Version{Version: r.Version, IsActive: r.IsActive, CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, Instances: r.Instances}
	}), nil
}

func (a *API) definitionGraph(ctx context.Context, in *struct {
	definitionPath
	graphQuery
}) (*body[Graph], error) {
	d, err := a.Engine.Definition(ctx, actorOf(ctx), in.Name, in.Version)
	if err != nil {
		return nil, err
	}
	return &body[Graph]{Body: graphShape(mermaid.Of(d, in.Direction), in.Format)}, nil
}

type source struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (a *API) definitionSource(ctx context.Context, in *definitionPath) (*source, error) {
	d, err := a.Engine.Definition(ctx, actorOf(ctx), in.Name, in.Version)
	if err != nil {
		return nil, err
	}
	return &source{ContentType: "application/yaml; charset=utf-8", Body: d.Source}, nil
}
