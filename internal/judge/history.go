package judge

import (
	"encoding/json"
	"slices"
	"time"
)

// history is the log of one instance, and what was replayed from it.
type history struct {
	*trial
	id     string
	row    Instance
	def    *definition
	events []Event

	eras   []*era   // in order, by the versions of its document that it went by
	visits []*visit // in the order of their first event
	byExec map[string]*visit
	tokens []*token
	states []state // the data after each event
}

// visit is what the log tells of one execution.
type visit struct {
	id          string
	step        *step
	visit       int
	index       int
	scope       string
	item        bool // of a list
	list        bool // holds the items
	arrivedFrom []string
	born        int // position of its first event
	started     []int
	ended       int    // position of its end; -1 while it lives
	end         string // type of the event that ended it
	fired       []string
	output      json.RawMessage
	outcome     string
	attempt     int // the highest
	failures    []int
	retries     []int
	lost        []int
	released    []int
	first       *Event
}

// token is a branch on its way: fired by one visit, taken up by another.
type token struct {
	from    *visit // nil: the beginning of its scope
	to      *step
	scope   string
	at      int // position of the event that fired it
	loop    bool
	byHand  bool   // an operator put it there
	takenBy *visit // nil: it never arrived
}

// state is the data after an event.
type state struct {
	data  map[string]any
	known bool // false once something happened that this package cannot compute
}

// never is the position after every event.
func (h *history) never() int { return len(h.events) }

// diesAt is the position at which a token dies: with the visit that took it
// up, else when its scope ended.
func (h *history) diesAt(t *token) int {
	if t.takenBy == nil {
		return h.canceledAt(t)
	}
	if t.takenBy.ended < 0 {
		return h.never()
	}
	return t.takenBy.ended
}

func (h *history) judge() {
	h.divide()
	h.replay()
	h.order()
	h.migrations()
	h.follow()
	h.route()
	h.join()
	h.fate()
	h.people()
	h.holders()
	h.time()
	h.retry()
	h.groups()
	h.lists()
	h.children()
	h.frost()
	h.keep()
}

// replay sorts the events by execution.
func (h *history) replay() {
	h.byExec = map[string]*visit{}
	for at := range h.events {
		e := &h.events[at]
		if e.Execution == "" {
			continue
		}
		v := h.byExec[e.Execution]
		if v == nil {
			v = h.newVisit(at, e)
			if v == nil {
				continue
			}
		}
		h.note(v, at, e)
	}
	for _, v := range h.visits {
		around := h.byExec[v.scope]
		v.item = around != nil && around.step == v.step
		v.list = v.step.ForEach != nil && !v.item
	}
}

func (h *history) newVisit(at int, e *Event) *visit {
	s := h.stepAt(at, e.Step)
	if s == nil {
		h.find("order", h.id, e.Execution, "%s of step %q, which the document does not have", e.Type, e.Step)
		return nil
	}
	v := &visit{id: e.Execution, step: s, visit: e.Visit, index: e.Index, scope: e.Scope, born: at, ended: -1, first: e}
	h.visits = append(h.visits, v)
	h.byExec[v.id] = v
	return v
}

func (h *history) note(v *visit, at int, e *Event) {
	if len(e.ArrivedFrom) > len(v.arrivedFrom) {
		v.arrivedFrom = e.ArrivedFrom
	}
	v.attempt = max(v.attempt, e.Attempt)
	switch e.Type {
	case "step.started":
		v.started = append(v.started, at)
	case "step.retrying":
		v.retries = append(v.retries, at)
	case "step.lost":
		v.lost = append(v.lost, at)
	case "step.released":
		v.released = append(v.released, at)
	case "step.failed":
		v.failures = append(v.failures, at)
		// Inside a group or a list a failure that nobody handles fails what is
		// around it: the visit itself is never taken up again.
		inside := v.scope != "" && e.Detail.ErrorType != "exit_failed"
		if len(e.Detail.Fired) > 0 || e.Detail.HandledBy != "" || inside {
			v.close(at, e)
			v.fired = h.targets(v, at)
		}
	case "step.completed", "step.skipped":
		if e.Type == "step.skipped" && e.Actor != "" {
			v.ended = -1 // an operator may skip what has failed
		}
		v.close(at, e)
		v.fired = h.targets(v, at)
		v.output, v.outcome = e.Detail.Output, e.Detail.Outcome
	case "step.canceled":
		v.close(at, e)
	}
}

// close notes the end of a visit; the first one counts.
func (v *visit) close(at int, e *Event) {
	if v.ended < 0 {
		v.ended, v.end = at, e.Type
	}
}

// targets gives the names of the steps that an end fired, without the groups
// around them, as the last version has them.
func (h *history) targets(v *visit, at int) []string {
	e := &h.events[at]
	fired := e.Detail.Fired
	if len(fired) == 0 && e.Detail.HandledBy != "" {
		fired = []string{e.Detail.HandledBy}
	}
	then := h.as(v.step, at)
	names := make([]string, 0, len(fired))
	for _, name := range fired {
		to := then.in.step(name)
		for _, sibling := range then.in.steps {
			if to == nil && sibling.path == name {
				to = sibling
			}
		}
		if to != nil {
			name = h.eraAt(at).last[to].Name
		}
		names = append(names, name)
	}
	return names
}

// at gives the time of a position.
func (h *history) at(i int) time.Time { return h.events[i].At }

// last gives the position of the last event of a type, -1 when there is none.
func (h *history) last(types ...string) int {
	for i, e := range slices.Backward(h.events) {
		if slices.Contains(types, e.Type) {
			return i
		}
	}
	return -1
}

// within gives the visits whose scope an execution is.
func (h *history) within(scope string) []*visit {
	var list []*visit
	for _, v := range h.visits {
		if v.scope == scope {
			list = append(list, v)
		}
	}
	return list
}
