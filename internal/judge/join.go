package judge

import "slices"

// join judges when steps with several ways in ran.
func (h *history) join() {
	for _, v := range h.visits {
		if v.item || !h.flows(v.scope) || len(v.arrivedFrom) == 0 || slices.Contains(v.arrivedFrom, v.scope) {
			continue
		}
		arrived := h.taken(v)
		looped := len(arrived) > 0 && arrived[0].loop
		switch {
		case looped || v.step.join == "any":
			h.judged("join any")
			if len(v.arrivedFrom) != 1 {
				h.find("join", h.id, v.id, "%s took up %d arrivals at once; each is a visit of its own", v.step.path, len(v.arrivedFrom))
			}
		case v.step.join == "first":
			h.joinFirst(v, arrived)
		default:
			h.joinAll(v, arrived)
		}
	}
}

func (h *history) taken(v *visit) []*token {
	var list []*token
	for _, t := range h.tokens {
		if t.takenBy == v {
			list = append(list, t)
		}
	}
	return list
}

// joinAll judges that the step ran when nobody else of its scope could still
// arrive: at some moment between the last arrival and its first event no token
// was left ahead of it. Tokens that come up later, over a loop, do not count.
func (h *history) joinAll(v *visit, arrived []*token) {
	if v.waited() || v.end == "step.skipped" && h.events[v.ended].Actor != "" && v.born == v.ended {
		return // it was canceled or skipped by hand while it waited
	}
	h.judged("join all")
	if len(arrived) > 1 {
		h.judged("join all of several")
	}
	last := 0
	for _, t := range arrived {
		last = max(last, t.at)
		if t.loop {
			h.find("join", h.id, v.id, "%s joined an arrival over a loop edge", v.step.path)
		}
	}
	var missing *token
	for at := last; at < v.born; at++ {
		if missing = h.ahead(v, at); missing == nil {
			return
		}
	}
	if missing != nil {
		h.find("join", h.id, v.id, "%s ran although the branch at %s could still arrive", v.step.path, missing.to.path)
	}
}

// ahead gives a token that lives after the event at a position and could still
// reach a visit's step.
func (h *history) ahead(v *visit, at int) *token {
	for _, t := range h.tokens {
		if t.scope != v.scope || t.takenBy == v || t.at > at || t.to == v.step || !v.step.in.reach[t.to][v.step] {
			continue
		}
		dies := h.diesAt(t)
		if t.takenBy == nil {
			dies, _ = h.canceled(t)
		}
		if dies > at {
			return t
		}
	}
	return nil
}

// joinFirst judges that the first arrival ran alone and canceled the branches
// that could still have arrived.
func (h *history) joinFirst(v *visit, arrived []*token) {
	h.judged("join first")
	if len(v.arrivedFrom) != 1 {
		h.find("join", h.id, v.id, "%s took up %d arrivals; it runs on the first", v.step.path, len(v.arrivedFrom))
	}
	if len(arrived) == 0 {
		return
	}
	for _, t := range h.tokens {
		if t.scope != v.scope || t.takenBy == v || t.at > arrived[0].at || !v.step.in.reach[t.to][v.step] {
			continue
		}
		h.judged("join first cancels")
		if h.diesAt(t) > v.born {
			h.find("join", h.id, v.id, "%s ran on its first arrival and left the branch at %s alive", v.step.path, t.to.path)
		}
	}
}
