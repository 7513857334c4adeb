package mermaid_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/mermaid"
)

func TestMerged(t *testing.T) {
	t.Parallel()
	before := mermaid.Diagram{
		Nodes: []mermaid.Node{{ID: "a", Initial: true}, {ID: "old", Label: "Old", Initial: true, Terminal: true}, {ID: "b"}},
		Edges: []mermaid.Edge{
			{Source: "a", Target: "b", Label: "x"}, {Source: "a", Target: "b", Label: "y"}, {Source: "a", Target: "old", Label: "z"}, {Source: "b", Target: "a"},
		},
	}
	after := mermaid.Diagram{
		Direction: "LR",
		Nodes:     []mermaid.Node{{ID: "a", Initial: true}, {ID: "b"}, {ID: "new"}},
		Edges: []mermaid.Edge{
			{Source: "a", Target: "b", Label: "w"}, {Source: "a", Target: "b", Label: "x"}, {Source: "a", Target: "new"}, {Source: "a", Target: "a", Default: true},
		},
	}
	d := mermaid.Merged(before, after, func(id string) bool { return id == "b" })
	var got []string
	for _, n := range d.Nodes {
		got = append(got, fmt.Sprintf("%s %q %s %t", n.ID, n.Label, n.State, n.Initial))
	}
	for _, e := range d.Edges {
		got = append(got, fmt.Sprintf("%s→%s %q %s", e.Source, e.Target, e.Label, e.State))
	}
	want := []string{
		`a "a" same true`, `b "± b" changed false`, `new "+ new" added false`, `old "− Old" removed false`,
		`a→b "± w" changed`, `a→b "x" same`, `a→new "" added`, `a→a "+ default" added`, `a→old "z" removed`, `b→a "− " removed`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
}
