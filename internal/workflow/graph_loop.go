package workflow

import "slices"

// findLoops marks the loop edges: every arc whose target dominates its source;
// in cycles that remain, arcs to a step not later in the document. An edge's own
// `loop` overrides both. Cycles that are left are kept in g.cycles.
func (g *Graph) findLoops() {
	dom := g.dominators()
	for _, a := range g.arcs {
		a.setLoop(dom.dominates(a.to, a.from))
	}
	component, _ := g.components()
	for _, a := range g.arcs {
		if !a.loop && component[a.from] == component[a.to] && a.to <= a.from {
			a.setLoop(true)
		}
	}
	g.cycles = g.remainingCycles()
}

func (a *arc) setLoop(loop bool) {
	if a.edge != nil && a.edge.loopOverride != nil {
		loop = *a.edge.loopOverride
	}
	a.loop = loop
	if a.edge != nil {
		a.edge.Loop = loop
	}
}

// A dominatorTree answers whether every way from the initial step to a step
// leads through another.
type dominatorTree struct {
	enter, leave []int // of a walk over the tree; enter is 0 for unreachable steps
}

// dominates reports whether step i dominates step j. Every step that can be
// reached dominates itself.
func (d dominatorTree) dominates(i, j int) bool {
	return d.enter[i] > 0 && d.enter[j] > 0 && d.enter[i] <= d.enter[j] && d.leave[j] <= d.leave[i]
}

// dominators computes the tree after Cooper, Harvey and Kennedy, "A Simple, Fast
// Dominance Algorithm".
func (g *Graph) dominators() dominatorTree {
	n := len(g.steps)
	tree := dominatorTree{enter: make([]int, n), leave: make([]int, n)}
	if g.initial < 0 {
		return tree
	}
	order := g.reversePostorder()
	number := slices.Repeat([]int{-1}, n)
	for at, i := range order {
		number[i] = at
	}
	idom := g.immediateDominators(order, number)
	children := make([][]int, n)
	for _, i := range order[1:] {
		children[idom[i]] = append(children[idom[i]], i)
	}
	clock := 0
	var walk func(int)
	walk = func(i int) {
		clock++
		tree.enter[i] = clock
		for _, c := range children[i] {
			walk(c)
		}
		tree.leave[i] = clock
	}
	walk(g.initial)
	return tree
}

// immediateDominators returns each reachable step's immediate dominator. order
// is the reverse postorder, number each step's place in it.
func (g *Graph) immediateDominators(order, number []int) []int {
	in := make([][]int, len(g.steps))
	for _, a := range g.arcs {
		if number[a.from] >= 0 {
			in[a.to] = append(in[a.to], a.from)
		}
	}
	idom := slices.Repeat([]int{-1}, len(g.steps))
	idom[g.initial] = g.initial
	meet := func(i, j int) int {
		for i != j {
			if number[i] > number[j] {
				i = idom[i]
			} else {
				j = idom[j]
			}
		}
		return i
	}
	for changed := true; changed; {
		changed = false
		for _, i := range order[1:] {
			best := -1
			for _, from := range in[i] {
				switch {
				case idom[from] < 0:
				case best < 0:
					best = from
				default:
					best = meet(best, from)
				}
			}
			if idom[i] != best {
				idom[i] = best
				changed = true
			}
		}
	}
	return idom
}

// reversePostorder lists the steps that can be reached, the initial step first.
func (g *Graph) reversePostorder() []int {
	seen := make([]bool, len(g.steps))
	var order []int
	var walk func(int)
	walk = func(i int) {
		seen[i] = true
		for _, a := range g.out[i] {
			if !seen[a.to] {
				walk(a.to)
			}
		}
		order = append(order, i)
	}
	walk(g.initial)
	slices.Reverse(order)
	return order
}

// components numbers the strongly connected components of the graph without its
// loop edges (Tarjan). Numbers grow against the arcs: a component's successors
// have lower numbers. sizes counts the steps of each.
func (g *Graph) components() (component, sizes []int) {
	t := tarjan{graph: g}
	t.component = slices.Repeat([]int{-1}, len(g.steps))
	t.low = make([]int, len(g.steps))
	t.entered = make([]int, len(g.steps))
	for i := range g.steps {
		if t.entered[i] == 0 {
			t.visit(i)
		}
	}
	return t.component, t.sizes
}

type tarjan struct {
	graph        *Graph
	clock        int
	entered, low []int
	stack        []int
	component    []int
	sizes        []int
}

func (t *tarjan) visit(i int) {
	t.clock++
	t.entered[i], t.low[i] = t.clock, t.clock
	t.stack = append(t.stack, i)
	for _, a := range t.graph.out[i] {
		if a.loop {
			continue
		}
		if t.entered[a.to] == 0 {
			t.visit(a.to)
			t.low[i] = min(t.low[i], t.low[a.to])
		} else if t.component[a.to] < 0 {
			t.low[i] = min(t.low[i], t.entered[a.to])
		}
	}
	if t.low[i] == t.entered[i] {
		t.closeComponent(i)
	}
}

func (t *tarjan) closeComponent(root int) {
	at := slices.Index(t.stack, root)
	members := t.stack[at:]
	for _, i := range members {
		t.component[i] = len(t.sizes)
	}
	t.sizes = append(t.sizes, len(members))
	t.stack = t.stack[:at]
}

// remainingCycles returns one cycle for each component that still has one.
func (g *Graph) remainingCycles() [][]string {
	component, sizes := g.components()
	var cycles [][]string
	done := map[int]bool{}
	for i := range g.steps {
		c := component[i]
		if done[c] || sizes[c] == 1 && !g.leadsToItself(i) {
			continue
		}
		done[c] = true
		cycles = append(cycles, g.cycleFrom(i, component))
	}
	return cycles
}

func (g *Graph) leadsToItself(i int) bool {
	return slices.ContainsFunc(g.out[i], func(a *arc) bool { return !a.loop && a.to == i })
}

// cycleFrom names the steps of a shortest cycle through step i, inside its
// component.
func (g *Graph) cycleFrom(i int, component []int) []string {
	came := map[int]int{}
	queue := []int{i}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, a := range g.out[at] {
			if a.loop || component[a.to] != component[i] {
				continue
			}
			if a.to == i {
				return g.trail(i, at, came)
			}
			if _, seen := came[a.to]; !seen {
				came[a.to] = at
				queue = append(queue, a.to)
			}
		}
	}
	return []string{g.steps[i].Name}
}

func (g *Graph) trail(start, last int, came map[int]int) []string {
	names := []string{g.steps[start].Name}
	for at := last; at != start; at = came[at] {
		names = append(names, g.steps[at].Name)
	}
	names = append(names, g.steps[start].Name)
	slices.Reverse(names)
	return names
}

// A bitset is a set of step indexes.
type bitset []uint64

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }

func (b bitset) union(other bitset) {
	for i, word := range other {
		b[i] |= word
	}
}

// reachability computes for each step which steps can be reached from it by one
// or more arcs that are not loop edges. Steps are taken in the order of their
// components, so that successors come first; inside a component that is a cycle
// (an invalid definition) every step reaches what any of them does.
func (g *Graph) reachability() []bitset {
	component, sizes := g.components()
	words := (len(g.steps) + 63) / 64
	sets := make([]bitset, len(sizes))
	for c := range sets {
		sets[c] = make(bitset, words)
	}
	order := make([]int, len(g.steps))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return component[i] - component[j] })
	for _, i := range order {
		for _, a := range g.out[i] {
			if !a.loop {
				sets[component[i]].add(a.to)
				sets[component[i]].union(sets[component[a.to]])
			}
		}
	}
	reach := make([]bitset, len(g.steps))
	for i := range reach {
		reach[i] = sets[component[i]]
	}
	return reach
}
