package judge

import "slices"

// follow traces every token: each that was fired arrives once or is canceled,
// and nobody runs whom no token led there.
func (h *history) follow() {
	h.send()
	for _, v := range h.visits {
		if v.item || !h.flows(v.scope) {
			continue
		}
		h.takeUp(v)
	}
	for _, t := range h.tokens {
		h.judged("tokens")
		if t.takenBy == nil && h.canceledAt(t) == h.never() && h.finished() {
			h.find("tokens", h.id, from(t), "the token to %s was lost: nothing took it up and nothing canceled it", t.to.path)
		}
	}
}

func from(t *token) string {
	if t.from == nil {
		return ""
	}
	return t.from.id
}

// flows tells whether tokens move by edges in a scope: in all but groups that
// choose a branch.
func (h *history) flows(scope string) bool {
	if scope == "" {
		return true
	}
	around := h.byExec[scope]
	return around != nil && around.step.Type == "group" && around.step.Mode != "conditional"
}

// send makes the tokens: one at the beginning of each scope, one for each
// target that an end fired.
func (h *history) send() {
	if start := h.startedAt(); start >= 0 {
		h.tokens = append(h.tokens, &token{to: h.def.top.begins[0], at: start})
	}
	for at := range h.events {
		if e := &h.events[at]; e.Type == "workflow.retried" && e.Detail.FromStep != "" {
			h.put(at, e.Detail.FromStep)
		}
	}
	for _, v := range h.visits {
		if v.step.Type == "group" {
			h.enter(v)
		}
		if v.ended < 0 || v.item {
			continue
		}
		handled := v.end == "step.failed"
		for _, name := range v.fired {
			to := v.step.in.step(name)
			if to == nil {
				h.find("tokens", h.id, v.id, "%s fired %q, which is no step beside it", v.step.path, name)
				continue
			}
			h.tokens = append(h.tokens, &token{
				from: v, to: to, scope: v.scope, at: v.ended, loop: v.step.in.isLoop(v.step, to, handled),
			})
		}
	}
}

// put makes the token that an operator puts on a step.
func (h *history) put(at int, path string) {
	to := h.stepAt(at, path)
	if to == nil {
		h.find("tokens", h.id, "", "it was retried from %q, which the document does not have", path)
		return
	}
	t := &token{to: to, at: at, byHand: true}
	for _, v := range h.visits {
		if v.step.inner == to.in && v.open(at) {
			t.scope = v.id
		}
	}
	h.tokens = append(h.tokens, t)
}

// open tells whether a visit had begun at a position and had neither ended nor
// failed since.
func (v *visit) open(at int) bool {
	began, over := latest(v.started, at), latest(v.failures, at)
	return began >= 0 && began > over && (v.ended < 0 || v.ended > at)
}

// latest gives the last of ascending positions that is not after another, -1
// for none.
func latest(positions []int, at int) int {
	last := -1
	for _, p := range positions {
		if p <= at {
			last = p
		}
	}
	return last
}

// enter makes the tokens with which a group begins, each time that it does.
func (h *history) enter(v *visit) {
	if !h.flows(v.id) {
		return
	}
	for _, at := range v.started {
		for _, to := range v.step.inner.begins {
			h.tokens = append(h.tokens, &token{to: to, scope: v.id, at: at})
		}
	}
}

// takeUp finds the tokens that a visit says it came from.
func (h *history) takeUp(v *visit) {
	sources := v.arrivedFrom
	if len(sources) == 0 {
		sources = []string{""}
	}
	for _, source := range sources {
		h.judged("arrivals")
		t := h.waiting(v, source)
		switch {
		case t == nil:
			h.find("arrivals", h.id, v.id, "%s says that it came from %q, which sent it no token that was not taken up already", v.step.path, source)
		case t.at > v.born:
			h.find("arrivals", h.id, v.id, "%s began before %q sent it", v.step.path, source)
		default:
			t.takenBy = v
		}
	}
	h.joinByHand(v)
}

// joinByHand takes up the token that an operator has put on a step where other
// branches arrive as well: it comes from nobody.
func (h *history) joinByHand(v *visit) {
	for _, t := range h.tokens {
		if t.byHand && t.takenBy == nil && t.to == v.step && t.scope == v.scope && t.at < v.born && v.step.join == "all" {
			t.takenBy = v
			return
		}
	}
}

// waiting finds a token for a visit that came from a source: one that was there
// when the visit began, if there is one.
func (h *history) waiting(v *visit, source string) *token {
	var late *token
	for _, t := range h.tokens {
		if t.takenBy != nil || t.to != v.step || t.scope != v.scope || !t.comesFrom(source) {
			continue
		}
		if t.at <= v.born {
			return t
		}
		late = t
	}
	return late
}

// comesFrom tells whether a token is what a visit means that names its source:
// the one of a scope's beginning comes from the group, in the document itself
// and by hand from nobody.
func (t *token) comesFrom(source string) bool {
	switch {
	case t.from != nil:
		return t.from.id == source
	case t.byHand:
		return source == ""
	}
	return source == t.scope
}

// canceledAt is the latest position at which a token that nobody took up was
// canceled: by the end of the instance or of its scope, by a step that terminates, by a
// join of the first that it could still have reached.
func (h *history) canceledAt(t *token) int {
	_, at := h.canceled(t)
	return at
}

// canceled gives that position and the earliest one. They differ where a join
// of the first cancels: it does so when it is reached, and the log tells of it
// when it begins.
func (h *history) canceled(t *token) (earliest, latest int) {
	for i := t.at + 1; i < len(h.events); i++ {
		e := &h.events[i]
		if e.Type == "workflow.canceled" {
			return i, i
		}
		v := h.byExec[e.Execution]
		if v == nil || v == t.from {
			continue
		}
		around := t.scope
		for around != "" && around != v.id {
			around = h.byExec[around].scope
		}
		switch {
		case around == v.id && (v.ended == i || e.Type == "step.failed"):
			return i, i
		case e.Type == "step.completed" && v.step.Terminate:
			return i, i
		case v.born == i && v.scope == t.scope && v.step.join == "first" && (t.to == v.step && !t.loop || t.to.in.reach[t.to][v.step]):
			return max(t.at, h.arrival(v)), i
		}
	}
	return h.never(), h.never()
}

func (h *history) finished() bool {
	return h.last("workflow.completed", "workflow.canceled") >= 0
}

// fate judges how the instance and its visits ended.
func (h *history) fate() {
	h.judged("fate")
	h.agree()
	h.terminated()
	for _, t := range h.tokens {
		if h.finished() && t.takenBy != nil && t.takenBy.ended < 0 {
			h.find("fate", h.id, t.takenBy.id, "%s never ended although the instance did", t.takenBy.step.path)
		}
		if !h.Settled || h.finished() {
			continue
		}
		if h.diesAt(t) == h.never() && !h.failedLast() {
			h.find("stuck", h.id, from(t), "the branch at %s stands still: the instance is %s and nothing will move it", t.to.path, h.row.Status)
		}
	}
	if h.Settled {
		h.judged("stuck")
		if !h.finished() && !h.failedLast() {
			h.find("stuck", h.id, "", "all was done that was asked for, and the instance is still %s", h.row.Status)
		}
	}
}

// terminated judges that a step which terminates ends all others at once.
func (h *history) terminated() {
	for _, v := range h.visits {
		if !v.step.Terminate || v.end != "step.completed" || v.item {
			continue
		}
		h.judged("terminate")
		for _, other := range h.visits {
			if other != v && other.born < v.ended && (other.ended < 0 || h.at(other.ended).After(h.at(v.ended))) {
				h.find("terminate", h.id, other.id, "%s lives on after %s has ended the workflow", other.step.path, v.step.path)
			}
		}
	}
}

// agree judges that the row of the instance says what the log says.
func (h *history) agree() {
	if len(h.events) == 0 {
		return
	}
	last := h.last("workflow.completed", "workflow.canceled")
	want := ""
	if last >= 0 {
		want = map[string]string{"workflow.completed": "completed", "workflow.canceled": "canceled"}[h.events[last].Type]
	}
	ended := slices.Contains([]string{"completed", "canceled"}, h.row.Status)
	if ended && h.row.Status != want || !ended && want != "" {
		h.find("fate", h.id, "", "the instance is %s, its log ends with %q", h.row.Status, want)
	}
	if h.row.Status == "failed" && !h.failedLast() {
		h.find("fate", h.id, "", "the instance is failed, and its log does not say why")
	}
}

// failedLast tells whether the instance has failed since somebody last set it
// going.
func (h *history) failedLast() bool {
	return h.last("workflow.failed") > h.last("workflow.retried", "workflow.started")
}
