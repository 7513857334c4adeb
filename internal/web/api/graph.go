package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/mermaid"
	"tandem/internal/workflow"
)

// maxDrawn bounds the executions that colour an instance's graph.
const maxDrawn = 10_000

// Graph is a drawn workflow: as text to render, and as nodes and edges.
type Graph struct {
	MermaidSource string      `json:"mermaid_source" doc:"Mermaid flowchart; empty unless graph_format is mermaid."`
	DotSource     string      `json:"dot_source" doc:"Graphviz; empty unless graph_format is dot."`
	Nodes         []GraphNode `json:"nodes" nullable:"false"`
	Edges         []GraphEdge `json:"edges" nullable:"false"`
}

// GraphNode is one step.
type GraphNode struct {
	ID         string  `json:"id" doc:"The name of the step."`
	Label      string  `json:"label"`
	Type       string  `json:"type"`
	Parent     *string `json:"parent" doc:"The id of the group around it; null outside groups."`
	IsInitial  bool    `json:"is_initial" doc:"The workflow, or the group around it, begins here."`
	ForEach    bool    `json:"for_each" doc:"It runs once for each item of a list."`
	Done       *int    `json:"done" doc:"Of a for_each that has begun: the items that have ended."`
	Total      *int    `json:"total" doc:"Of a for_each that has begun: all items."`
	IsTerminal bool    `json:"is_terminal"`
	Status     *string `json:"status" doc:"Of the step's latest execution; null before it began, and in a definition."`
}

// GraphEdge is one way from step to step, an edge or a failure handler.
type GraphEdge struct {
	Source    string  `json:"source"`
	Target    string  `json:"target"`
	Condition *string `json:"condition"`
	Taken     bool    `json:"taken"`
}

type (
	// GraphOptions are the parameters of every graph.
	GraphOptions struct {
		Format    string `query:"graph_format" enum:"mermaid,json,dot" default:"mermaid" doc:"Which text to give beside nodes and edges; json gives none."`
		Direction string `query:"direction" enum:"TD,LR,BT,RL" default:"TD"`
	}
	definitionGraphInput struct {
		Name    string `path:"name"`
		Version string `query:"version" doc:"Default: the latest active release."`
		GraphOptions
	}
	instanceGraphInput struct {
		ID string    `path:"id"`
		At time.Time `query:"at" doc:"The graph as it was then, after what happened in that moment; absent: as it is."`
		GraphOptions
	}
	graphAnswer struct{ Body Graph }
)

func (a *API) definitionGraph(ctx context.Context, who workflow.Actor, in *definitionGraphInput) (*graphAnswer, error) {
	def, err := a.stored(ctx, who, in.Name, in.Version)
	if err != nil {
		return nil, err
	}
	return &graphAnswer{graphOf(mermaid.Of(def, in.Direction), in.Format)}, nil
}

func (a *API) instanceGraph(ctx context.Context, who workflow.Actor, in *instanceGraphInput) (*graphAnswer, error) {
	instance, err := a.instance(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	def, err := a.Engine.Definition(ctx, who, instance.Definition.Name, instance.Definition.Version)
	if err != nil {
		return nil, err
	}
	var executions []workflow.Execution
	if at := given(in.At); at != nil && at.Before(a.Now()) {
		instance, executions, err = a.past(ctx, who, instance.ID, *at)
	} else {
		executions, err = a.Read.Executions(ctx, who, instance.ID, maxDrawn)
	}
	if err != nil {
		return nil, err
	}
	return &graphAnswer{graphOf(mermaid.Of(def, in.Direction).WithState(instance, executions), in.Format)}, nil
}

var errLongPast = workflow.Errorf(workflow.KindInvalid, "history_too_long",
	"By that time the history of this instance has more than %d entries. Ask for an earlier time, or for the present.", engine.MaxReplayed)

// past gives an instance and its executions as they were at a time, by their
// history.
func (a *API) past(ctx context.Context, who workflow.Actor, id uuid.UUID, at time.Time) (workflow.Instance, []workflow.Execution, error) {
	events, err := engine.FirstEvents(ctx, a.Read, who, id, func(e workflow.Event) bool { return !e.At.After(at) })
	if err == nil && len(events) >= engine.MaxReplayed {
		err = errLongPast
	}
	if err != nil {
		return workflow.Instance{}, nil, err
	}
	then, executions := workflow.Replay(events)
	return then, executions, nil
}

func graphOf(d mermaid.Diagram, format string) Graph {
	g := Graph{Nodes: []GraphNode{}, Edges: []GraphEdge{}}
	switch format {
	case "mermaid":
		g.MermaidSource = mermaid.Mermaid(d)
	case "dot":
		g.DotSource = mermaid.DOT(d)
	}
	for _, n := range d.Nodes {
		node := GraphNode{
			ID: n.ID, Label: n.Label, Type: n.Type, Parent: orNull(n.Parent), IsInitial: n.Initial, IsTerminal: n.Terminal,
			ForEach: n.Each, Status: orNull(n.State),
		}
		if n.Total > 0 {
			node.Done, node.Total = &n.Done, &n.Total
		}
		g.Nodes = append(g.Nodes, node)
	}
	for _, e := range d.Edges {
		g.Edges = append(g.Edges, GraphEdge{Source: e.Source, Target: e.Target, Condition: orNull(e.Condition), Taken: e.Taken})
	}
	return g
}
