package mermaid

import (
	"testing"

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
