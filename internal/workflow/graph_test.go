package workflow

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// graphOf builds a graph of machine steps from edges like "a b"; the first step
// is the initial one. A "!" before a pair makes it an on_failure handler.
func graphOf(names []string, pairs ...string) *Graph {
	byName := map[string]*Step{}
	var steps []*Step
	for _, name := range names {
		s := &Step{Name: name, Type: StepMachine}
		byName[name] = s
		steps = append(steps, s)
	}
	var edges []*Edge
	leaves := map[string]bool{}
	for _, pair := range pairs {
		var from, to string
		if pair[0] == '!' {
			mustScan(pair[1:], &from, &to)
			byName[from].OnFailure = append(byName[from].OnFailure, Handler{Step: to})
			continue
		}
		mustScan(pair, &from, &to)
		edges = append(edges, &Edge{Source: from, Target: to})
		leaves[from] = true
	}
	for _, s := range steps {
		s.Terminal = !leaves[s.Name]
	}
	return newGraph(steps, edges, names[0])
}

func mustScan(pair string, from, to *string) {
	if _, err := fmt.Sscan(pair, from, to); err != nil {
		panic(err)
	}
}

func (g *Graph) loops() []string {
	var loops []string
	for _, a := range g.arcs {
		if a.loop {
			loops = append(loops, g.steps[a.from].Name+" "+g.steps[a.to].Name)
		}
	}
	return loops
}

func TestGraph_loop_edges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		steps []string
		pairs []string
		want  []string
	}{
		"none in a diamond":                  {[]string{"a", "b", "c", "d"}, []string{"a b", "a c", "b d", "c d"}, nil},
		"back to a dominator":                {[]string{"a", "b", "c"}, []string{"a b", "b a", "b c"}, []string{"b a"}},
		"back to a later dominator":          {[]string{"c", "b", "a"}, []string{"c a", "a b", "b a", "b c"}, []string{"b a", "b c"}},
		"to itself":                          {[]string{"a", "b"}, []string{"a a", "a b"}, []string{"a a"}},
		"a handler that goes back":           {[]string{"a", "b", "c"}, []string{"a b", "b c", "!b a"}, []string{"b a"}},
		"a cycle with two ways in":           {[]string{"a", "b", "c", "d"}, []string{"a b", "a c", "b c", "c b", "c d"}, []string{"c b"}},
		"two ways in, written the other way": {[]string{"a", "c", "b", "d"}, []string{"a b", "a c", "b c", "c b", "c d"}, []string{"b c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := graphOf(c.steps, c.pairs...)
			if diff := cmp.Diff(c.want, g.loops()); diff != "" {
				t.Errorf("loop edges (-want +got):\n%s", diff)
			}
			if len(g.cycles) > 0 {
				t.Errorf("cycles %v are left", g.cycles)
			}
		})
	}
}

func TestGraph_loop_override(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	steps := []*Step{{Name: "a"}, {Name: "b"}, {Name: "c", Terminal: true}}
	edges := []*Edge{{Source: "a", Target: "b"}, {Source: "b", Target: "a", loopOverride: &no}, {Source: "b", Target: "c"}}
	g := newGraph(steps, edges, "a")
	if diff := cmp.Diff([][]string{{"a", "b", "a"}}, g.cycles); diff != "" {
		t.Errorf("cycles (-want +got):\n%s", diff)
	}
	edges[0].loopOverride = &yes
	if g := newGraph(steps, edges, "a"); len(g.cycles) > 0 || !edges[0].Loop || edges[1].Loop {
		t.Errorf("cycles %v, a→b loop %v, b→a loop %v", g.cycles, edges[0].Loop, edges[1].Loop)
	}
}

func TestGraph_questions(t *testing.T) {
	t.Parallel()
	g := graphOf([]string{"a", "b", "c", "d", "e", "lost"}, "a b", "a c", "b d", "c d", "d a", "d e", "!b e")
	check := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("paths", g.Paths(10), [][]string{{"a", "b", "d", "e"}, {"a", "c", "d", "e"}})
	check("paths, at most one", g.Paths(1), [][]string{{"a", "b", "d", "e"}})
	check("depths", []int{g.Depth("a"), g.Depth("d"), g.Depth("e"), g.Depth("lost"), g.Depth("nobody")}, []int{0, 2, 2, -1, -1})
	check("next of d", len(g.Next("d")), 2)
	check("previous of d", len(g.Previous("d")), 2)
	check("handlers of b", g.Handlers("b"), []string{"e"})
	check("directly reachable from b", g.DirectlyReachable("b"), []string{"d", "e"})
	check("directly reachable from d", g.DirectlyReachable("d"), []string{"e"})
	check("terminal", []bool{g.IsTerminal("e"), g.IsTerminal("d")}, []bool{true, false})
	check("loop handler", []bool{g.IsLoopHandler("b", "e"), g.IsLoopHandler("b", "nobody")}, []bool{false, false})
	check("reaches", []bool{g.Reaches("a", "e"), g.Reaches("d", "a"), g.Reaches("a", "a"), g.Reaches("a", "nobody")}, []bool{true, false, false, false})
}

func TestGraph_joins(t *testing.T) {
	t.Parallel()
	g := graphOf([]string{"a", "b", "c", "d", "e"}, "a b", "a c", "b d", "c d", "d a", "d e", "!b e")
	g.steps[2].Join = JoinAll
	g.resolveJoins()
	for name, want := range map[string]JoinMode{"a": JoinAny, "b": JoinAny, "c": JoinAll, "d": JoinAll, "e": JoinAny} {
		if got := g.steps[g.index[name]].Join; got != want {
			t.Errorf("join of %s is %q, want %q", name, got, want)
		}
	}
	if got := defaultJoin(&Step{Terminate: true}, make([]*Edge, 0)); got != JoinFirst {
		t.Errorf("join of a terminate step is %q, want first", got)
	}
}

// drawGraph draws a graph of 1 to 9 steps with edges and handlers anywhere.
func drawGraph(t *rapid.T) *Graph {
	n := rapid.IntRange(1, 9).Draw(t, "steps")
	names := make([]string, n)
	for i := range names {
		names[i] = string(rune('a' + i))
	}
	step := rapid.SampledFrom(names)
	pairs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"", "", "!"}).Draw(t, "kind") + step.Draw(t, "from") + " " + step.Draw(t, "to")
	}), 0, 20).Draw(t, "pairs")
	return graphOf(names, pairs...)
}

// search gives the steps that can be reached from i over one or more arcs that
// count, without going through the step avoided (-1 for none).
func (g *Graph) search(i, avoided int, counts func(*arc) bool) map[int]bool {
	found := map[int]bool{}
	queue := []int{i}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, a := range g.arcs {
			if a.from == at && a.to != avoided && counts(a) && !found[a.to] {
				found[a.to] = true
				queue = append(queue, a.to)
			}
		}
	}
	return found
}

func TestGraph_properties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		any := func(*arc) bool { return true }
		forward := func(a *arc) bool { return !a.loop }
		if len(g.cycles) > 0 {
			t.Fatalf("cycles %v are left without an override", g.cycles)
		}
		reached := g.search(g.initial, -1, any)
		reached[g.initial] = true
		dom := g.dominators()
		for i, from := range g.steps {
			ahead := g.search(i, -1, forward)
			if ahead[i] {
				t.Fatalf("%s reaches itself without a loop edge", from.Name)
			}
			without := g.search(g.initial, i, any)
			without[g.initial] = true
			for j, to := range g.steps {
				if got := g.Reaches(from.Name, to.Name); got != ahead[j] {
					t.Fatalf("Reaches(%s, %s) = %v, a search says %v", from.Name, to.Name, got, ahead[j])
				}
				dominates := reached[i] && reached[j] && (i == j || i == g.initial || !without[j])
				if got := dom.dominates(i, j); got != dominates {
					t.Fatalf("dominates(%s, %s) = %v, by definition %v", from.Name, to.Name, got, dominates)
				}
			}
			if (g.Depth(from.Name) >= 0) != reached[i] {
				t.Fatalf("Depth(%s) = %d, reachable %v", from.Name, g.Depth(from.Name), reached[i])
			}
		}
		for _, a := range g.arcs {
			if dom.dominates(a.to, a.from) && !a.loop {
				t.Fatalf("%s → %s goes back to a dominator and is no loop edge", g.steps[a.from].Name, g.steps[a.to].Name)
			}
		}
		for _, path := range g.Paths(50) {
			if path[0] != g.steps[g.initial].Name || !g.IsTerminal(path[len(path)-1]) || len(slices.Compact(slices.Sorted(slices.Values(path)))) != len(path) {
				t.Fatalf("path %v does not go from the start to an end, each step once", path)
			}
		}
	})
}
