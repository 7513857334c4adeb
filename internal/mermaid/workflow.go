package mermaid

import (
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Of returns the diagram of a definition: its steps and edges in document
// order, then the ways that handlers take.
func Of(def *workflow.Definition, direction string) Diagram {
	d := Diagram{Direction: direction}
	for _, s := range def.Steps {
		d.Nodes = append(d.Nodes, Node{
			ID: s.Name, Label: s.Label, Type: string(s.Type),
			Initial: s.Name == def.InitialStep, Terminal: s.Terminal,
		})
	}
	for _, e := range def.Edges {
		d.Edges = append(d.Edges, Edge{
			Source: e.Source, Target: e.Target, Label: inWords(def, e), Condition: e.Text, Default: e.Default, OnSkip: e.OnSkip, Loop: e.Loop,
		})
	}
	for _, s := range def.Steps {
		for _, to := range def.Graph().Handlers(s.Name) {
			d.Edges = append(d.Edges, Edge{
				Source: s.Name, Target: to, Label: "on failure", Condition: "on failure", Loop: def.Graph().IsLoopHandler(s.Name, to),
			})
		}
	}
	return d
}

// inWords gives an edge's condition for people: a test of its source's outcome
// is the name of the button, everything else stays as it is written.
func inWords(def *workflow.Definition, e *workflow.Edge) string {
	step := def.Step(e.Source)
	if e.Condition == nil || step.Human == nil {
		return e.Text
	}
	tests := e.Condition.Comparisons()
	if len(tests) != 1 || !slices.Equal(tests[0].Path, []string{"steps", e.Source, "outcome"}) {
		return e.Text
	}
	o := step.Human.Outcome(tests[0].Text)
	asWritten := strings.Map(dropQuotesAndSpace, e.Text)
	if o == nil || asWritten != "steps."+e.Source+".outcome=="+o.Name {
		return e.Text
	}
	return o.Title
}

func dropQuotesAndSpace(r rune) rune {
	if unicode.IsSpace(r) || r == '"' || r == '\'' {
		return -1
	}
	return r
}

// WithState returns the diagram with the states of an instance's steps and the
// edges that it took.
func (d Diagram) WithState(in workflow.Instance, executions []workflow.Execution) Diagram {
	states, taken := stateOf(in, executions)
	marked := Diagram{Direction: d.Direction}
	for _, n := range d.Nodes {
		n.State = states[n.ID]
		marked.Nodes = append(marked.Nodes, n)
	}
	for _, e := range d.Edges {
		e.Taken = taken[[2]string{e.Source, e.Target}]
		marked.Edges = append(marked.Edges, e)
	}
	return marked
}

// stateOf gives the state of each step, which is that of its live execution and
// else of its latest one, and the pairs of steps that a token went between.
func stateOf(in workflow.Instance, executions []workflow.Execution) (map[string]string, map[[2]string]bool) {
	latest := map[string]workflow.Execution{}
	stepOf := make(map[uuid.UUID]string, len(executions))
	for _, e := range executions {
		stepOf[e.ID] = e.Step
		if known, ok := latest[e.Step]; !ok || outranks(e, known) {
			latest[e.Step] = e
		}
	}
	states := make(map[string]string, len(latest))
	for step, e := range latest {
		states[step] = state(in, e)
	}
	taken := map[[2]string]bool{}
	for _, e := range executions {
		for _, from := range e.ArrivedFrom {
			taken[[2]string{stepOf[from], e.Step}] = true
		}
	}
	return states, taken
}

func outranks(e, other workflow.Execution) bool {
	if e.Live != other.Live {
		return e.Live
	}
	return e.Visit > other.Visit
}

func state(in workflow.Instance, e workflow.Execution) string {
	switch {
	case e.Hold == workflow.HoldFailed:
		return string(workflow.StepFailed)
	case e.Live && in.Status == workflow.StatusPaused:
		return string(workflow.StatusPaused)
	}
	return string(e.Status)
}
