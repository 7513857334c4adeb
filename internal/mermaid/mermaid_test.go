package mermaid_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tandem/internal/mermaid"
)

var update = flag.Bool("update", false, "write the golden files")

func diagrams() map[string]mermaid.Diagram {
	return map[string]mermaid.Diagram{
		"approval": approval(),
		"shapes":   everyShape(),
		"states":   everyState(),
		"hostile":  hostile(),
		"empty":    {},
		"groups":   groups(),
		"left":     {Direction: "RL", Nodes: []mermaid.Node{{ID: "a"}, {ID: "b"}}, Edges: []mermaid.Edge{{Source: "a", Target: "b"}}},
	}
}

func approval() mermaid.Diagram {
	return mermaid.Diagram{
		Direction: "LR",
		Nodes: []mermaid.Node{
			{ID: "submit", Label: "Submit", Type: "machine", Initial: true, State: "succeeded"},
			{ID: "review", Label: "Review the document", Type: "human", State: "waiting"},
			{ID: "approved", Label: "Approved", Type: "machine", Terminal: true},
			{ID: "notify", Label: "Notify", Type: "machine", Terminal: true, State: "pending"},
		},
		Edges: []mermaid.Edge{
			{Source: "submit", Target: "review", Taken: true},
			{Source: "review", Target: "approved", Label: `review.outcome == "approve"`},
			{Source: "review", Target: "submit", Label: "changes", Loop: true, Taken: true},
			{Source: "review", Target: "nowhere"},
			{Source: "review", Target: "notify", Default: true},
			{Source: "submit", Target: "notify", OnSkip: true},
		},
	}
}

// groups has one group in another, a branch with a key, a list of items, and
// nodes whose parent is no group.
func groups() mermaid.Diagram {
	return mermaid.Diagram{
		Nodes: []mermaid.Node{
			{ID: "ask", Label: "Ask · race", Type: "group", Initial: true, State: "waiting"},
			{ID: "ask.one", Label: "One", Type: "human", Parent: "ask", Initial: true, State: "waiting"},
			{ID: "ask.both", Label: "Both · conditional", Type: "group", Parent: "ask", Initial: true},
			{ID: "ask.both.a", Label: "A", Type: "machine", Parent: "ask.both", Initial: true, Entry: "small"},
			{ID: "ask.both.b", Label: "B", Type: "machine", Parent: "ask.both", Initial: true, Entry: `large "}`},
			{ID: "each", Label: "Each", Type: "machine", Each: true},
			{ID: "done", Label: "Done", Type: "machine", Each: true, Done: 3, Total: 10, Terminal: true},
			{ID: "x", Type: "machine", Parent: "each"},
			{ID: "y", Type: "group", Parent: "nowhere"},
		},
		Edges: []mermaid.Edge{
			{Source: "ask", Target: "each", Taken: true}, {Source: "each", Target: "done"}, {Source: "each", Target: "ask", Loop: true},
		},
	}
}

func everyShape() mermaid.Diagram {
	var d mermaid.Diagram
	for _, kind := range []string{"machine", "human", "timer", "webhook", "gateway", "workflow", "group", "unknown"} {
		d.Nodes = append(d.Nodes, mermaid.Node{ID: kind, Type: kind})
	}
	for i := 1; i < len(d.Nodes); i++ {
		d.Edges = append(d.Edges, mermaid.Edge{Source: d.Nodes[i-1].ID, Target: d.Nodes[i].ID})
	}
	return d
}

func everyState() mermaid.Diagram {
	d := mermaid.Diagram{Direction: "BT"}
	states := "pending scheduled running waiting paused succeeded completed failed canceled skipped invented"
	for _, state := range strings.Fields(states) {
		d.Nodes = append(d.Nodes, mermaid.Node{ID: state, Type: "human", State: state})
	}
	return d
}

func hostile() mermaid.Diagram {
	labels := []string{
		"end", "default", "o", "x", "subgraph", "graph TD; a-->b", `He said "no"`, "<script>alert(1)</script>",
		"#35; & #quot;", "`code` **bold**", "1. first", "- item", "ship it 🚀 naïve 日本", "two\nlines\r\n\ttab",
		"", " ", "a|b]c)d}e", "%% comment", "---", "click n0 href", "\\\" ]", "x\x00y", "https://example.org/a?b=c&d",
		strings.Repeat("long ", 40),
	}
	var d mermaid.Diagram
	for i, label := range labels {
		d.Nodes = append(d.Nodes, mermaid.Node{ID: fmt.Sprintf("%s-%d", label, i), Label: label, Type: "human"})
		if i > 0 {
			d.Edges = append(d.Edges, mermaid.Edge{Source: d.Nodes[i-1].ID, Target: d.Nodes[i].ID, Label: label})
		}
	}
	return d
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, d := range diagrams() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name+".mmd", mermaid.Mermaid(d))
			golden(t, name+".dot", mermaid.DOT(d))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs, want - got + (write it with -update if the change is meant):\n%s", name, diff)
	}
}

// flowchartLine is every line that Mermaid may write: whatever a step is
// called, nothing else comes out.
var flowchartLine = regexp.MustCompile(strings.ReplaceAll(`^(flowchart (TD|LR|BT|RL)`+
	`|  start\d+@\{shape: sm-circ, label: " "\}`+
	`|  start\d+ --> n\d+`+
	`|  n\d+(\[|\(|\{\{|>|\{|\[\[|\[/)TEXT(\]|\)|\}\}|\}|\]\]|/\])`+
	`|  n\d+ e\d+@(-->|-\.->)(\|TEXT\|)? n\d+`+
	`|  classDef [a-z]+ [a-z0-9:#,-]+`+
	`|  class n\d+(,n\d+)* [a-z]+`+
	`|  linkStyle \d+(,\d+)* stroke:#2563eb,stroke-width:2\.5px)$`,
	"TEXT", `"([^"<>&#\\%\x60\x00-\x1f]|[&#\\%]\x{2060})+"`))

func TestMermaid_AnyTextStaysText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"end", `"`, "`", "#", "\n", "]", "|", "-->"}))
		d := mermaid.Diagram{Direction: text.Draw(t, "direction")}
		for i := range rapid.IntRange(1, 6).Draw(t, "nodes") {
			d.Nodes = append(d.Nodes, mermaid.Node{
				ID: text.Draw(t, "id"), Label: text.Draw(t, "label"), Type: text.Draw(t, "type"),
				State: text.Draw(t, "state"), Initial: i == 0,
			})
		}
		for i := range d.Nodes {
			d.Edges = append(d.Edges, mermaid.Edge{Source: d.Nodes[0].ID, Target: d.Nodes[i].ID, Label: text.Draw(t, "edge"), Taken: true})
		}
		for line := range strings.Lines(mermaid.Mermaid(d)) {
			if !flowchartLine.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Fatalf("unexpected line %q", line)
			}
		}
	})
}

func ExampleMermaid() {
	fmt.Print(mermaid.Mermaid(mermaid.Diagram{
		Nodes: []mermaid.Node{{ID: "ask", Type: "human", Initial: true}, {ID: "end", Label: "The end", Terminal: true}},
		Edges: []mermaid.Edge{{Source: "ask", Target: "end", Label: "yes"}},
	}))
	// Output:
	// flowchart TD
	//   start0@{shape: sm-circ, label: " "}
	//   n0("ask")
	//   n1["The end"]
	//   start0 --> n0
	//   n0 e0@-->|"yes"| n1
	//   classDef terminal stroke-width:3px
	//   class n1 terminal
}
