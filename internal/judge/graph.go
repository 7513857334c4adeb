package judge

import "fmt"

// link finds the ways between the steps of a scope, which of them are loops,
// and how each step joins what arrives.
func (s *scope) link() error {
	for _, e := range s.edges {
		from, to := s.step(e.Source), s.step(e.Target)
		if from == nil || to == nil {
			return fmt.Errorf("edge %s → %s leads nowhere", e.Source, e.Target)
		}
		s.arcs = append(s.arcs, &arc{from: from, to: to, edge: e})
	}
	for _, from := range s.steps {
		for _, name := range from.handlers() {
			to := s.step(name)
			if to == nil {
				return fmt.Errorf("handler %s of %s does not exist", name, from.Name)
			}
			s.arcs = append(s.arcs, &arc{from: from, to: to})
		}
	}
	s.findLoops()
	s.reach = s.reaching()
	s.resolveJoins()
	return nil
}

// findLoops marks loop edges: those whose target dominates their source; then,
// in cycles that remain, those that lead to a step not later in the document.
// What an edge says of itself overrides both.
func (s *scope) findLoops() {
	for _, a := range s.arcs {
		a.loop = s.dominates(a.to, a.from)
		if a.edge != nil && a.edge.Loop != nil {
			a.loop = *a.edge.Loop
		}
	}
	left := s.reaching()
	for _, a := range s.arcs {
		said := a.edge != nil && a.edge.Loop != nil
		if !a.loop && !said && (left[a.to][a.from] || a.to == a.from) && s.place(a.to) <= s.place(a.from) {
			a.loop = true
		}
	}
	for _, a := range s.arcs {
		if a.edge != nil {
			a.edge.loop = a.loop
		}
	}
}

// dominates tells whether every way from a beginning to b leads through a:
// without a there is none.
func (s *scope) dominates(a, b *step) bool {
	if a == b {
		return true
	}
	seen := map[*step]bool{}
	var queue []*step
	for _, begin := range s.begins {
		if begin != a {
			seen[begin] = true
			queue = append(queue, begin)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at == b {
			return false
		}
		for _, arc := range s.arcs {
			if arc.from == at && arc.to != a && !seen[arc.to] {
				seen[arc.to] = true
				queue = append(queue, arc.to)
			}
		}
	}
	return true
}

func (s *scope) place(one *step) int {
	for i, at := range s.steps {
		if at == one {
			return i
		}
	}
	return -1
}

// reaching gives for each step those that lie ahead of it along arcs that are
// not loops.
func (s *scope) reaching() map[*step]map[*step]bool {
	reach := map[*step]map[*step]bool{}
	for _, from := range s.steps {
		ahead := map[*step]bool{}
		queue := []*step{from}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			for _, a := range s.arcs {
				if a.from == at && !a.loop && !ahead[a.to] {
					ahead[a.to] = true
					queue = append(queue, a.to)
				}
			}
		}
		reach[from] = ahead
	}
	return reach
}

// resolveJoins gives each step its join: what it says, first for one that
// terminates, all where two or more edges that are not loops meet, else any.
func (s *scope) resolveJoins() {
	for _, one := range s.steps {
		ways := 0
		for _, e := range s.edges {
			if e.Target == one.Name && !e.loop {
				ways++
			}
		}
		switch {
		case one.Join != "":
			one.join = one.Join
		case one.Terminate:
			one.join = "first"
		case ways >= 2:
			one.join = "all"
		default:
			one.join = "any"
		}
	}
}

// isLoop tells whether a token that a step sent to another goes over a loop
// edge. An edge and a handler may both lead there: then either answer is given
// by how it was sent.
func (s *scope) isLoop(from, to *step, handled bool) bool {
	for _, a := range s.arcs {
		if a.from == from && a.to == to && (a.edge == nil) == handled {
			return a.loop
		}
	}
	return false
}
