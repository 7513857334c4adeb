package workflow

import "slices"

// Graph is how the steps of a definition lead to one another: by edges, and by
// handlers (on_failure and on_timeout steps). It is immutable and safe for
// concurrent use.
type Graph struct {
	steps    []*Step
	index    map[string]int
	initial  int // -1 when the initial step is unknown
	next     [][]*Edge
	previous [][]*Edge
	arcs     []*arc
	out      [][]*arc
	depth    []int
	reach    []bitset
	direct   [][]string
	cycles   [][]string // left without a loop edge
}

// An arc is one way from a step to another: an edge, or a handler when edge is
// nil.
type arc struct {
	from, to int
	edge     *Edge
	loop     bool
}

// newGraph builds the graph of the steps and edges, decides which arcs are loop
// edges, and resolves Edge.Loop. Edges and handlers that name unknown steps are
// left out.
func newGraph(steps []*Step, edges []*Edge, initial string) *Graph {
	g := &Graph{steps: steps, index: make(map[string]int, len(steps)), initial: -1}
	for i, s := range steps {
		if _, twice := g.index[s.Name]; !twice {
			g.index[s.Name] = i
		}
	}
	if i, ok := g.index[initial]; ok {
		g.initial = i
	}
	g.next = make([][]*Edge, len(steps))
	g.previous = make([][]*Edge, len(steps))
	g.out = make([][]*arc, len(steps))
	g.addEdges(edges)
	g.addHandlers()
	g.depth = g.depths()
	g.findLoops()
	g.reach = g.reachability()
	g.direct = g.directs()
	return g
}

func (g *Graph) addEdges(edges []*Edge) {
	for _, e := range edges {
		from, ok := g.index[e.Source]
		to, found := g.index[e.Target]
		if !ok || !found {
			continue
		}
		g.next[from] = append(g.next[from], e)
		g.previous[to] = append(g.previous[to], e)
		g.addArc(&arc{from: from, to: to, edge: e})
	}
}

func (g *Graph) addHandlers() {
	for i, s := range g.steps {
		for _, target := range s.handlers() {
			if to, ok := g.index[target]; ok {
				g.addArc(&arc{from: i, to: to})
			}
		}
	}
}

func (g *Graph) addArc(a *arc) {
	g.arcs = append(g.arcs, a)
	g.out[a.from] = append(g.out[a.from], a)
}

// handlers returns the steps that the step's on_failure and on_timeout name, in
// that order, each once.
func (s *Step) handlers() []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, h := range s.OnFailure {
		add(h.Step)
	}
	if t := s.onTimeout(); t != nil {
		add(t.Step)
	}
	return names
}

func (s *Step) onTimeout() *OnTimeout {
	switch {
	case s.Human != nil:
		return s.Human.OnTimeout
	case s.Webhook != nil:
		return s.Webhook.OnTimeout
	}
	return nil
}

// Next returns the edges that leave the step, in document order.
func (g *Graph) Next(step string) []*Edge { return at(g.next, g.index, step) }

// Previous returns the edges that lead to the step, in document order.
func (g *Graph) Previous(step string) []*Edge { return at(g.previous, g.index, step) }

// Handlers returns the steps that on_failure and on_timeout of the step name, in
// that order, each once.
func (g *Graph) Handlers(step string) []string {
	i, ok := g.index[step]
	if !ok {
		return nil
	}
	return g.steps[i].handlers()
}

// DirectlyReachable returns the steps that one edge or handler which is not a
// loop edge leads to, in document order, each once.
func (g *Graph) DirectlyReachable(step string) []string { return at(g.direct, g.index, step) }

// IsTerminal reports whether a branch may end at the step.
func (g *Graph) IsTerminal(step string) bool {
	i, ok := g.index[step]
	return ok && g.steps[i].Terminal
}

// IsLoopHandler reports whether the handler that leads from source to target is
// a loop edge.
func (g *Graph) IsLoopHandler(source, target string) bool {
	from, ok := g.index[source]
	to, found := g.index[target]
	if !ok || !found {
		return false
	}
	return slices.ContainsFunc(g.out[from], func(a *arc) bool {
		return a.edge == nil && a.to == to && a.loop
	})
}

// Depth returns the least number of edges and handlers from the initial step to
// the step, -1 when it cannot be reached or does not exist.
func (g *Graph) Depth(step string) int {
	if i, ok := g.index[step]; ok {
		return g.depth[i]
	}
	return -1
}

// Reaches reports whether a branch at the step from can arrive at the step to
// by one or more edges and handlers that are not loop edges.
func (g *Graph) Reaches(from, to string) bool {
	i, ok := g.index[from]
	j, found := g.index[to]
	return ok && found && g.reach[i].has(j)
}

// Paths returns the ways along edges from the initial step to the terminal steps
// that go over no loop edge, in document order, at most limit of them.
func (g *Graph) Paths(limit int) [][]string {
	if g.initial < 0 || limit <= 0 || len(g.cycles) > 0 {
		return nil
	}
	w := pathWalk{graph: g, limit: limit, ends: g.endings()}
	w.visit(g.initial)
	return w.paths
}

// A pathWalk collects paths depth first. It enters only steps from which an end
// can be reached, so that its work is bounded by what it returns.
type pathWalk struct {
	graph *Graph
	limit int
	ends  []bool
	trail []string
	paths [][]string
}

func (w *pathWalk) visit(i int) {
	if !w.ends[i] || len(w.paths) >= w.limit {
		return
	}
	g := w.graph
	w.trail = append(w.trail, g.steps[i].Name)
	if g.steps[i].Terminal {
		w.paths = append(w.paths, slices.Clone(w.trail))
	}
	seen := map[int]bool{}
	for _, a := range g.out[i] {
		if a.edge != nil && !a.loop && !seen[a.to] {
			seen[a.to] = true
			w.visit(a.to)
		}
	}
	w.trail = w.trail[:len(w.trail)-1]
}

// endings tells for each step whether a terminal step can be reached from it, or
// is it, along edges that are not loop edges.
func (g *Graph) endings() []bool {
	return g.backwards(
		func(s *Step) bool { return s.Terminal },
		func(a *arc) bool { return a.edge != nil && !a.loop },
	)
}

// backwards tells for each step whether a step that holds is it, or can be
// reached from it along arcs that count.
func (g *Graph) backwards(holds func(*Step) bool, counts func(*arc) bool) []bool {
	in := make([][]int, len(g.steps))
	for _, a := range g.arcs {
		if counts(a) {
			in[a.to] = append(in[a.to], a.from)
		}
	}
	seen := make([]bool, len(g.steps))
	var queue []int
	for i, s := range g.steps {
		if holds(s) {
			seen[i] = true
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, from := range in[i] {
			if !seen[from] {
				seen[from] = true
				queue = append(queue, from)
			}
		}
	}
	return seen
}

// depths counts arcs from the initial step, breadth first.
func (g *Graph) depths() []int {
	depth := slices.Repeat([]int{-1}, len(g.steps))
	if g.initial < 0 {
		return depth
	}
	depth[g.initial] = 0
	queue := []int{g.initial}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, a := range g.out[i] {
			if depth[a.to] < 0 {
				depth[a.to] = depth[i] + 1
				queue = append(queue, a.to)
			}
		}
	}
	return depth
}

func (g *Graph) directs() [][]string {
	direct := make([][]string, len(g.steps))
	for i := range g.steps {
		var to []int
		for _, a := range g.out[i] {
			if !a.loop {
				to = append(to, a.to)
			}
		}
		slices.Sort(to)
		for _, t := range slices.Compact(to) {
			direct[i] = append(direct[i], g.steps[t].Name)
		}
	}
	return direct
}

func at[T any](lists [][]T, index map[string]int, step string) []T {
	if i, ok := index[step]; ok {
		return lists[i]
	}
	return nil
}

// resolveJoins gives each step without one its join, and is to be called once
// the loop edges are known.
func (g *Graph) resolveJoins() {
	for i, s := range g.steps {
		if s.Join == "" {
			s.Join = defaultJoin(s, g.previous[i])
		}
	}
}

func defaultJoin(s *Step, incoming []*Edge) JoinMode {
	normal := 0
	for _, e := range incoming {
		if !e.Loop {
			normal++
		}
	}
	switch {
	case s.Terminate:
		return JoinFirst
	case normal >= 2:
		return JoinAll
	}
	return JoinAny
}
