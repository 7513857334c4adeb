package mermaid

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Of returns the diagram of a definition: its steps in document order, each
// group before its own; the edges, those inside of groups after the others; and
// the ways that handlers take.
func Of(def *workflow.Definition, direction string) Diagram {
	d := Diagram{Direction: direction}
	for _, s := range def.AllSteps() {
		d.Nodes = append(d.Nodes, nodeOf(def, s))
	}
	d.addEdges(def, def.Edges)
	for _, s := range def.AllSteps() {
		if s.Group != nil {
			d.addEdges(def, s.Group.Edges)
		}
	}
	for _, s := range def.AllSteps() {
		graph := def.Graph()
		if s.Parent != nil {
			graph = s.Parent.Group.Graph()
		}
		for _, to := range graph.Handlers(s.Name) {
			d.Edges = append(d.Edges, Edge{
				Source: s.Name, Target: to, Label: "on failure", Condition: "on failure", Loop: graph.IsLoopHandler(s.Name, to),
			})
		}
	}
	return d
}

func nodeOf(def *workflow.Definition, s *workflow.Step) Node {
	n := Node{ID: s.Name, Label: s.Label, Type: string(s.Type), Each: s.Each != nil}
	if s.Group != nil && s.Group.Mode != workflow.GroupSequential && s.Group.Mode != workflow.GroupGraph {
		n.Label += " · " + string(s.Group.Mode)
	}
	if s.Parent == nil {
		n.Initial, n.Terminal = s.Name == def.InitialStep, s.Terminal
		return n
	}
	n.Parent = s.Parent.Name
	n.Initial = beginsGroup(s)
	if s.Parent.Group.Mode == workflow.GroupConditional {
		n.Entry = branchKey(s)
	}
	return n
}

// beginsGroup reports whether the step is one with which its group begins.
func beginsGroup(s *workflow.Step) bool {
	g := s.Parent.Group
	switch g.Mode {
	case workflow.GroupSequential, workflow.GroupGraph:
		return s == g.Steps[0]
	}
	return s != g.Callback
}

// branchKey gives the key under which a branch of a conditional group stands.
func branchKey(s *workflow.Step) string {
	for key, branch := range s.Parent.Group.Branches {
		if branch == s {
			return key
		}
	}
	return ""
}

func (d *Diagram) addEdges(def *workflow.Definition, edges []*workflow.Edge) {
	for _, e := range edges {
		d.Edges = append(d.Edges, Edge{
			Source: e.Source, Target: e.Target, Label: inWords(def, e), Condition: e.Text, Default: e.Default, OnSkip: e.OnSkip, Loop: e.Loop,
		})
	}
}

// inWords gives an edge's condition for people: a test of its source's outcome
// is the name of the button, everything else stays as it is written.
func inWords(def *workflow.Definition, e *workflow.Edge) string {
	step := def.Step(e.Source)
	if e.Condition == nil || step.Human == nil {
		return e.Text
	}
	tests := e.Condition.Comparisons()
	path := append(strings.Split("steps."+strings.ReplaceAll(e.Source, ".", ".steps."), "."), "outcome")
	if len(tests) != 1 || !slices.Equal(tests[0].Path, path) {
		return e.Text
	}
	o := step.Human.Outcome(tests[0].Text)
	asWritten := strings.Map(dropQuotesAndSpace, e.Text)
	if o == nil || asWritten != strings.Join(path, ".")+"=="+o.Name {
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
		if n.Each {
			n.Done, n.Total = itemsOf(in, executions, n.ID)
		}
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
		if e.Role == workflow.EachItem {
			continue // other steps see the execution that holds it
		}
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

// itemsOf counts the items of a step's latest visit, as far as that is known:
// those that live by the instance's counters, all when it has ended.
func itemsOf(in workflow.Instance, executions []workflow.Execution, step string) (done, total int) {
	var holder workflow.Execution
	for _, e := range executions {
		if e.Step == step && e.Role == workflow.EachHolder && e.Visit > holder.Visit {
			holder = e
		}
	}
	if s := in.State.Scopes[holder.ID]; s != nil && s.Items != nil {
		return s.Items.Done, s.Items.Total
	}
	var list []json.RawMessage
	if holder.Visit > 0 && json.Unmarshal(holder.Input, &list) == nil {
		return len(list), len(list)
	}
	return 0, 0
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
