package judge

import (
	"reflect"
	"slices"
	"strings"
)

// groups judges the steps inside groups by the group's mode.
func (h *history) groups() {
	for _, v := range h.visits {
		if v.step.Type != "group" || v.list {
			continue
		}
		inner := h.within(v.id)
		h.judged("group " + v.step.Mode)
		h.enclosed(v, inner)
		switch v.step.Mode {
		case "sequential":
			h.sequential(v, inner)
		case "parallel":
			h.parallel(v, inner)
		case "conditional":
			h.conditional(v, inner)
		case "race":
			h.race(v, inner)
		}
	}
}

// enclosed judges that all that happens in a group happens in its life, and
// that in all modes but graph a step runs at most once.
func (h *history) enclosed(v *visit, inner []*visit) {
	seen := map[*step]bool{}
	for _, one := range inner {
		if !strings.HasPrefix(one.step.path, v.step.path+".") {
			h.find("scope", h.id, one.id, "%s runs in the scope of %s", one.step.path, v.step.path)
			continue
		}
		h.judged("scope")
		if len(v.started) == 0 || one.born < v.started[0] {
			h.find("scope", h.id, one.id, "%s began before its group %s", one.step.path, v.step.path)
		}
		if v.ended >= 0 && (one.ended < 0 || h.at(one.ended).After(h.at(v.ended))) {
			h.find("scope", h.id, one.id, "%s outlived its group %s", one.step.path, v.step.path)
		}
		if v.step.Mode != "graph" && seen[one.step] && !one.item {
			h.find("scope", h.id, one.id, "%s ran twice in one visit of its group", one.step.path)
		}
		seen[one.step] = true
	}
}

// well tells whether a visit ended well.
func (v *visit) well() bool { return v.end == "step.completed" || v.end == "step.skipped" }

// of finds the visit of a step among others.
func of(list []*visit, s *step) *visit {
	for _, v := range list {
		if v.step == s {
			return v
		}
	}
	return nil
}

// sequential judges that each step begins after the one before it has ended
// well, and that all have when the group does.
func (h *history) sequential(v *visit, inner []*visit) {
	for i, s := range v.step.inner.steps {
		one := of(inner, s)
		if one != nil && i > 0 {
			before := of(inner, v.step.inner.steps[i-1])
			if before == nil || !before.well() || before.ended > one.born {
				h.find("group sequential", h.id, one.id, "%s began before the step ahead of it had ended", s.path)
			}
		}
		if v.end == "step.completed" && (one == nil || !one.well()) {
			h.find("group sequential", h.id, v.id, "%s completed without %s", v.step.path, s.path)
		}
	}
	if v.end == "step.completed" {
		if last := of(inner, v.step.inner.steps[len(v.step.inner.steps)-1]); last != nil && last.end == "step.completed" {
			h.gives(v, decode(last.output))
		}
	}
}

// parallel judges that all steps ran, the callback after them, and that the
// group gives the callback's result, else the list.
func (h *history) parallel(v *visit, inner []*visit) {
	var list []any
	var callback *visit
	if v.step.Callback != nil {
		callback = of(inner, v.step.Callback)
	}
	for _, s := range v.step.inner.steps {
		if s == v.step.Callback {
			continue
		}
		one := of(inner, s)
		done := one != nil && one.well()
		if v.end == "step.completed" && !done {
			h.find("group parallel", h.id, v.id, "%s completed without %s", v.step.path, s.path)
		}
		if callback != nil && (!done || one.ended > callback.born) {
			h.find("group parallel", h.id, callback.id, "the callback of %s began before %s had ended", v.step.path, s.path)
		}
		if done {
			list = append(list, decode(one.output))
		}
	}
	switch {
	case v.end != "step.completed":
	case v.step.Callback == nil:
		h.gives(v, list)
	case callback == nil || !callback.well():
		h.find("group parallel", h.id, v.id, "%s completed without its callback", v.step.path)
	case callback.end == "step.completed":
		h.gives(v, decode(callback.output))
	}
}

// conditional judges that the branch which the condition names ran, alone, or
// none where none is named.
func (h *history) conditional(v *visit, inner []*visit) {
	if len(inner) > 1 {
		h.find("group conditional", h.id, v.id, "%s ran %d of its branches", v.step.path, len(inner))
	}
	if len(v.started) == 0 {
		return
	}
	vars, known := h.vars(v.started[0] - 1)
	key, err := evaluate(v.step.Condition, vars)
	if err != nil || !known {
		return
	}
	name, _ := key.(string)
	want := v.step.Branches[name]
	h.judged("branches")
	switch {
	case len(inner) == 0 && want == nil:
		if v.end == "step.completed" {
			h.gives(v, nil)
		}
	case len(inner) == 1 && inner[0].step != want:
		h.find("group conditional", h.id, v.id, "%s ran %s, its condition names %q", v.step.path, inner[0].step.path, name)
	case len(inner) == 0 && v.end == "step.completed":
		h.find("group conditional", h.id, v.id, "%s completed and did not run the branch %q", v.step.path, name)
	case len(inner) == 1 && v.end == "step.completed" && inner[0].end == "step.completed":
		h.gives(v, decode(inner[0].output))
	}
}

// race judges that one step won, that the others were canceled, and that the
// group fails only when all have.
func (h *history) race(v *visit, inner []*visit) {
	var winners []*visit
	for _, one := range inner {
		if one.end == "step.completed" {
			winners = append(winners, one)
		}
	}
	if len(winners) > 1 {
		h.find("group race", h.id, v.id, "%s has %d winners", v.step.path, len(winners))
	}
	switch {
	case v.end == "step.completed" && len(winners) == 0:
		if !slices.ContainsFunc(inner, func(one *visit) bool { return one.end == "step.skipped" }) {
			h.find("group race", h.id, v.id, "%s completed and nobody had won", v.step.path)
		}
	case v.end == "step.completed" && len(winners) == 1:
		h.judged("race won")
		h.gives(v, decode(winners[0].output))
		for _, one := range inner {
			if one != winners[0] && one.ended > winners[0].ended && one.end != "step.canceled" {
				h.find("group race", h.id, one.id, "%s went on after %s had won", one.step.path, winners[0].step.path)
			}
		}
	case len(v.failures) > 0 && len(winners) > 0:
		h.find("group race", h.id, v.id, "%s failed although %s had won", v.step.path, winners[0].step.path)
	}
}

// gives judges the result of a group or of a list.
func (h *history) gives(v *visit, want any) {
	h.judged("group results")
	if got := decode(v.output); !reflect.DeepEqual(got, want) {
		h.find("group results", h.id, v.id, "%s gives %s, its steps gave %s", v.step.path, text(got), text(want))
	}
}
