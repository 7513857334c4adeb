package judge

import (
	"reflect"
	"slices"
	"strings"
)

// round is one try of a group: a group that is retried begins anew inside.
type round struct {
	group     *visit
	inner     []*visit
	from, to  int  // positions of its beginning and its end
	completed bool // the group ended well with it
}

// rounds gives the tries of a group, the last one last.
func (h *history) rounds(v *visit) []round {
	inner := h.within(v.id)
	var list []round
	for k, from := range v.started {
		r := round{group: v, from: from, to: h.never()}
		last := k == len(v.started)-1
		if v.ended >= 0 && last {
			r.to = v.ended
		}
		for _, at := range v.failures {
			if at > from {
				r.to = min(r.to, at)
			}
		}
		r.completed = last && v.end == "step.completed"
		for _, one := range inner {
			if one.born > from && (last || one.born < v.started[k+1]) {
				r.inner = append(r.inner, one)
			}
		}
		list = append(list, r)
	}
	return list
}

// groups judges the steps inside groups by the group's mode. That steps follow
// one another by the edges of the group, or by those that its mode means, the
// tokens tell.
func (h *history) groups() {
	for _, v := range h.visits {
		if v.step.Type != "group" {
			continue
		}
		if len(v.started) == 0 && len(h.within(v.id)) > 0 {
			h.find("scope", h.id, v.id, "steps ran in %s, which had not begun", v.step.path)
		}
		for _, r := range h.rounds(v) {
			h.judged("group " + v.step.Mode)
			h.enclosed(r)
			if h.mended(r) {
				continue
			}
			switch v.step.Mode {
			case "sequential":
				h.sequential(r)
			case "parallel":
				h.parallel(r)
			case "conditional":
				h.conditional(r)
			case "race":
				h.race(r)
			}
		}
	}
}

// mended tells whether an operator has skipped or retried something inside: then
// it goes on as he wanted, and its mode no longer says how.
func (h *history) mended(r round) bool {
	return slices.ContainsFunc(r.inner, func(v *visit) bool {
		return v.end == "step.skipped" && h.events[v.ended].Actor != ""
	}) || slices.ContainsFunc(h.tokens, func(t *token) bool { return t.byHand && t.scope == r.group.id && t.at > r.from })
}

// enclosed judges that all that happens in a group happens in its life, and
// that in all modes but graph a step runs at most once.
func (h *history) enclosed(r round) {
	path := r.group.step.path
	seen := map[*step]bool{}
	for _, one := range r.inner {
		h.judged("scope")
		if !strings.HasPrefix(one.step.path, path+".") {
			h.find("scope", h.id, one.id, "%s runs in the scope of %s", one.step.path, path)
			continue
		}
		if r.to < h.never() && (one.ended < 0 || h.at(one.ended).After(h.at(r.to))) {
			h.find("scope", h.id, one.id, "%s outlived its group %s", one.step.path, path)
		}
		if r.group.step.Mode != "graph" && seen[one.step] && !h.mended(r) {
			h.find("scope", h.id, one.id, "%s ran twice in one visit of its group", one.step.path)
		}
		seen[one.step] = true
	}
}

// well tells whether a visit ended well.
func (v *visit) well() bool {
	return v != nil && (v.end == "step.completed" || v.end == "step.skipped")
}

// waited tells whether a visit did nothing but wait for others until it was
// canceled.
func (v *visit) waited() bool { return v.end == "step.canceled" && v.born == v.ended }

// of finds the visit of a step in a round.
func (r round) of(s *step) *visit {
	i := slices.IndexFunc(r.inner, func(v *visit) bool { return v.step == s })
	if i < 0 {
		return nil
	}
	return r.inner[i]
}

// sequential judges that each step begins after the one before it has ended
// well, and that all have when the group does.
func (h *history) sequential(r round) {
	steps := r.group.step.inner.steps
	for i, s := range steps {
		one := r.of(s)
		if one != nil && i > 0 {
			if before := r.of(steps[i-1]); !before.well() || before.ended > one.born {
				h.find("group sequential", h.id, one.id, "%s began before the step ahead of it had ended", s.path)
			}
		}
		if r.completed && !one.well() {
			h.find("group sequential", h.id, r.group.id, "%s completed without %s", r.group.step.path, s.path)
		}
	}
	if last := r.of(steps[len(steps)-1]); r.completed && last != nil && last.end == "step.completed" {
		h.gives(r.group, decode(last.output))
	}
}

// parallel judges that all steps ran, the callback after them, and that the
// group gives the callback's result, else the list.
func (h *history) parallel(r round) {
	s := r.group.step
	var list []any
	var callback *visit
	if s.Callback != nil {
		callback = r.of(s.Callback)
	}
	for _, inner := range s.inner.steps {
		if inner == s.Callback {
			continue
		}
		one := r.of(inner)
		if r.completed && !one.well() {
			h.find("group parallel", h.id, r.group.id, "%s completed without %s", s.path, inner.path)
		}
		if callback != nil && !callback.waited() && (!one.well() || one.ended > callback.born) {
			h.find("group parallel", h.id, callback.id, "the callback of %s began before %s had ended", s.path, inner.path)
		}
		if one.well() {
			list = append(list, decode(one.output))
		}
	}
	switch {
	case !r.completed:
	case s.Callback == nil:
		h.gives(r.group, list)
	case !callback.well():
		h.find("group parallel", h.id, r.group.id, "%s completed without its callback", s.path)
	case callback.end == "step.completed":
		h.gives(r.group, decode(callback.output))
	}
}

// conditional judges that the branch which the condition names ran, alone, or
// none where none is named.
func (h *history) conditional(r round) {
	v := r.group
	if len(r.inner) > 1 {
		h.find("group conditional", h.id, v.id, "%s ran %d of its branches", v.step.path, len(r.inner))
	}
	vars, known := h.vars(r.from - 1)
	key, err := evaluate(v.step.Condition, vars)
	if err != nil || !known {
		return
	}
	name, _ := key.(string)
	want := v.step.Branches[name]
	h.judged("branches")
	switch {
	case len(r.inner) == 0 && want == nil:
		if r.completed {
			h.gives(v, nil)
		}
	case len(r.inner) == 1 && r.inner[0].step != want:
		h.find("group conditional", h.id, v.id, "%s ran %s, its condition names %q", v.step.path, r.inner[0].step.path, name)
	case len(r.inner) == 0 && r.completed:
		h.find("group conditional", h.id, v.id, "%s completed and did not run the branch %q", v.step.path, name)
	case len(r.inner) == 1 && r.completed && r.inner[0].end == "step.completed":
		h.gives(v, decode(r.inner[0].output))
	}
}

// race judges that one step won, that the others were canceled, and that the
// group fails only when nobody has won.
func (h *history) race(r round) {
	v := r.group
	var winner *visit
	failed := false
	for _, one := range r.inner {
		failed = failed || one.end == "step.failed"
		if one.end != "step.completed" {
			continue
		}
		if winner != nil {
			h.find("group race", h.id, v.id, "%s has two winners, %s and %s", v.step.path, winner.step.path, one.step.path)
		}
		winner = one
	}
	switch {
	case winner == nil && r.completed && (failed || len(r.inner) < len(v.step.inner.steps)):
		h.find("group race", h.id, v.id, "%s completed and nobody had won", v.step.path)
	case winner == nil:
	case r.completed:
		h.judged("race won")
		h.gives(v, decode(winner.output))
		for _, one := range r.inner {
			if one.ended > winner.ended && one.end != "step.canceled" {
				h.find("group race", h.id, one.id, "%s went on after %s had won", one.step.path, winner.step.path)
			}
		}
	case r.to < h.never() && h.events[r.to].Type == "step.failed" && h.events[r.to].Detail.ErrorType != "exit_failed":
		h.find("group race", h.id, v.id, "%s failed although %s had won", v.step.path, winner.step.path)
	}
}

// gives judges the result of a group.
func (h *history) gives(v *visit, want any) {
	h.judged("group results")
	if got := decode(v.output); !reflect.DeepEqual(got, want) {
		h.find("group results", h.id, v.id, "%s gives %s, its steps gave %s", v.step.path, text(got), text(want))
	}
}
