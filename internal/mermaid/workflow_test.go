package mermaid

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/workflow"
)

func TestOf_ConditionsInWords(t *testing.T) {
	t.Parallel()
	def, _, err := workflow.Parse([]byte(`
name: x
version: 1.0.0
steps:
  - {name: ask, type: human, anyone: true, outcomes: [{name: yes_please, title: "Yes, please"}, no]}
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop}
edges:
  - {source: ask, target: a, condition: 'steps.ask.outcome == "yes_please"'}
  - {source: ask, target: b, condition: '!(steps.ask.outcome == "yes_please")'}
`), workflow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Yes, please", `!(steps.ask.outcome == "yes_please")`}
	for i, w := range want {
		if got := Of(def, "TD").Edges[i]; got.Label != w || got.Condition != def.Edges[i].Text {
			t.Errorf("edge %d: label %q, condition %q; want %q and the text as written", i, got.Label, got.Condition, w)
		}
	}
}

const grouped = `
name: x
version: 1.0.0
steps:
  - name: both
    type: group
    mode: parallel
    steps: [{name: a, type: machine, action: noop}, {name: b, type: machine, action: noop}]
    callback: {name: sum, type: machine, action: noop}
  - {name: size, type: group, mode: conditional, condition: data.size, branches: {small: {type: machine, action: noop}, large: {type: machine, action: noop}}}
  - {name: each, type: machine, action: noop, for_each: data.list}
edges: [{source: both, target: size}, {source: size, target: each}]
`

func TestOf_Groups(t *testing.T) {
	t.Parallel()
	def, _, err := workflow.Parse([]byte(grouped), workflow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	holder := workflow.Execution{ID: uuid.New(), Step: "each", Role: workflow.EachHolder, Visit: 1, Status: workflow.StepWaiting, Live: true}
	item := workflow.Execution{ID: uuid.New(), Step: "each", Role: workflow.EachItem, Scope: holder.ID, Visit: 1, Status: workflow.StepFailed}
	in := workflow.Instance{State: workflow.State{Scopes: map[uuid.UUID]*workflow.Scope{holder.ID: {Items: &workflow.Items{Done: 1, Total: 4}}}}}
	d := Of(def, "TD").WithState(in, []workflow.Execution{holder, item})
	type node struct {
		id, parent, entry, state string
		initial                  bool
		done, total              int
	}
	var got []node
	for _, n := range d.Nodes {
		got = append(got, node{n.ID, n.Parent, n.Entry, n.State, n.Initial, n.Done, n.Total})
	}
	want := []node{
		{id: "both", initial: true},
		{id: "both.a", parent: "both", initial: true}, {id: "both.b", parent: "both", initial: true}, {id: "both.sum", parent: "both"},
		{id: "size"},
		{id: "size.small", parent: "size", entry: "small", initial: true}, {id: "size.large", parent: "size", entry: "large", initial: true},
		{id: "each", state: "waiting", done: 1, total: 4},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(node{})); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	in.State.Scopes = nil
	holder.Input = []byte(`[1, 2]`)
	if done, total := itemsOf(in, []workflow.Execution{holder}, "each"); done != 2 || total != 2 {
		t.Errorf("a list that has ended counts %d of %d, want 2 of 2", done, total)
	}
}
