package judge

import (
	"errors"
	"maps"
	"slices"
)

// route judges which ways were taken: edges, gateways, handlers, guards.
func (h *history) route() {
	h.fold()
	for _, v := range h.visits {
		if v.item {
			continue
		}
		h.guard(v)
		if !h.flows(v.scope) {
			continue
		}
		switch v.end {
		case "step.completed", "step.skipped":
			h.leaving(v)
		case "step.failed":
			h.handling(v, v.ended)
		}
		for _, at := range v.failures {
			if at != v.ended {
				h.handling(v, at)
			}
		}
	}
}

// vars gives what expressions see after the event at a position.
func (h *history) vars(at int) (map[string]any, bool) {
	at = max(at, 0)
	if at >= len(h.states) || !h.states[at].known {
		return nil, false
	}
	steps := map[string]any{}
	for _, v := range h.visits {
		if v.scope == "" && !v.item && v.ended >= 0 && v.ended <= at && v.outcome != "" {
			steps[h.as(v.step, at).Name] = map[string]any{"outcome": v.outcome}
		}
	}
	return map[string]any{"data": h.states[at].data, "steps": steps}, true
}

// leaving judges the edges that fired after a step had ended well.
func (h *history) leaving(v *visit) {
	then := h.as(v.step, v.ended)
	want, sure := h.expected(v, then)
	want = h.final(then.in, v.ended, want)
	if !sure {
		h.judged("edges possible")
		for _, name := range v.fired {
			if !slices.ContainsFunc(v.step.in.outgoing(v.step), func(e *edge) bool { return e.Target == name }) {
				h.find("edges", h.id, v.id, "%s fired %q, to which no edge leads", v.step.path, name)
			}
		}
		return
	}
	h.judged("edges")
	if v.step.Type == "gateway" {
		h.judged("gateway " + v.step.Mode)
	}
	if v.end == "step.skipped" {
		h.judged("edges after a skip")
	}
	got := slices.Sorted(slices.Values(v.fired))
	if slices.Sort(want); !slices.Equal(got, want) {
		h.find("edges", h.id, v.id, "%s fired %v, the document says %v", v.step.path, got, want)
	}
}

// expected gives the targets that must fire, of the step as it was then; false
// when a condition is beyond this package.
func (h *history) expected(v *visit, s *step) ([]string, bool) {
	if s.terminal || s.Terminate && v.end != "step.skipped" {
		return nil, true
	}
	vars, known := h.vars(v.ended)
	if s.Type == "gateway" && s.Condition != "" && v.end != "step.skipped" {
		return named(s, vars, known)
	}
	var want []string
	fallback := ""
	for _, e := range s.in.outgoing(s) {
		switch {
		case e.Default:
			fallback = e.Target
			continue
		case e.OnSkip && v.end != "step.skipped":
			continue
		case e.Condition != "":
			ok, err := holds(e.Condition, vars)
			if err != nil || !known {
				return nil, false
			}
			if !ok {
				continue
			}
		}
		want = append(want, e.Target)
		if s.Type == "gateway" && s.Mode == "exclusive" {
			break
		}
	}
	if len(want) == 0 && fallback != "" {
		h.judged("edges by default")
		want = []string{fallback}
	}
	return want, true
}

// named gives the targets that a gateway's own condition names.
func named(s *step, vars map[string]any, known bool) ([]string, bool) {
	v, err := evaluate(s.Condition, vars)
	if err != nil || !known {
		return nil, false
	}
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case []any:
		var want []string
		for _, one := range v {
			if name, ok := one.(string); ok && !slices.Contains(want, name) {
				want = append(want, name)
			}
		}
		return want, true
	}
	return nil, false
}

// handling judges who takes over after a failure.
func (h *history) handling(v *visit, at int) {
	e := &h.events[at]
	if e.Detail.ErrorType == "exit_failed" {
		return // handlers are for the step itself, not for its exit
	}
	want, sure := h.handler(v, at)
	if !sure {
		return
	}
	h.judged("handlers")
	got := ""
	if v.end == "step.failed" && v.ended == at && len(v.fired) > 0 {
		got = v.fired[0]
	}
	if got != want {
		h.find("handlers", h.id, v.id, "%s failed with %s and %q took over, the document says %q", v.step.path, e.Detail.ErrorType, got, want)
	}
}

func (h *history) handler(v *visit, at int) (string, bool) {
	code, then := h.events[at].Detail.ErrorType, h.as(v.step, at)
	last := func(name string) string { return h.final(then.in, at, []string{name})[0] }
	if code == "timeout" && then.OnTimeout != nil && then.OnTimeout.Step != "" {
		return last(then.OnTimeout.Step), true
	}
	vars, known := h.vars(at)
	vars = maps.Clone(vars)
	for _, one := range then.OnFailure {
		if one.When == "" {
			return last(one.Step), true
		}
		if !known {
			return "", false
		}
		vars["error"] = map[string]any{"code": code}
		ok, err := holds(one.When, vars)
		if err != nil {
			return "", false
		}
		if ok {
			return last(one.Step), true
		}
	}
	return "", true
}

// guard judges `when`: at some moment between the arrival and what the step did
// it must have been as the step took it.
func (h *history) guard(v *visit) {
	if v.step.When == "" {
		if v.end == "step.skipped" && h.events[v.ended].Actor == "" {
			h.find("guards", h.id, v.id, "%s was skipped without a guard", v.step.path)
		}
		return
	}
	did, want := -1, true
	switch {
	case len(v.started) > 0:
		did = v.started[0]
	case v.end == "step.skipped" && h.events[v.ended].Actor == "":
		did, want = v.ended, false
	}
	if did < 0 {
		return
	}
	for at := h.arrival(v); at < did; at++ {
		vars, known := h.vars(at)
		if !known {
			return
		}
		ok, err := holds(h.as(v.step, at).When, vars)
		if errors.Is(err, errBeyond) || ok == want {
			h.judged("guards")
			return
		}
	}
	h.judged("guards")
	h.find("guards", h.id, v.id, "%s went on with its guard %q being %v", v.step.path, v.step.When, !want)
}

// arrival is the position at which the last token of a visit was fired.
func (h *history) arrival(v *visit) int {
	at := 0
	if around := h.byExec[v.scope]; around != nil {
		at = around.born
	}
	for _, t := range h.tokens {
		if t.takenBy == v {
			at = max(at, t.at)
		}
	}
	return at
}
