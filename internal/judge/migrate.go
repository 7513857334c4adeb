package judge

import (
	"reflect"
	"slices"
	"strings"
)

// era is a part of a history that goes by one version of its document. Steps of
// visits are those of the last version; an era knows what they were in its own.
type era struct {
	from int // position of the first event that goes by it
	def  *definition
	last map[*step]*step // its own steps → those of the last version
	own  map[*step]*step // and back
}

// divide finds the eras: a migration is the last event of the one before.
func (h *history) divide() {
	name, _, _ := strings.Cut(h.row.Definition, " ")
	var maps []map[string]string // from each era to the next
	for i := range h.events {
		e := &h.events[i]
		if e.Type != "instance.migrated" {
			continue
		}
		if len(h.eras) == 0 {
			h.eras = append(h.eras, &era{def: h.version(name, e.Detail.FromVersion)})
		}
		h.eras = append(h.eras, &era{from: i + 1, def: h.version(name, e.Detail.ToVersion)})
		maps = append(maps, e.Detail.StepMap)
	}
	if len(h.eras) == 0 {
		h.eras = []*era{{def: h.def}}
	}
	h.def = h.eras[len(h.eras)-1].def
	for k := len(h.eras) - 1; k >= 0; k-- {
		at := h.eras[k]
		at.last, at.own = map[*step]*step{}, map[*step]*step{}
		for path, s := range at.def.steps {
			final := s
			if k < len(h.eras)-1 {
				next := h.eras[k+1]
				if to, renamed := maps[k][path]; renamed {
					path = to
				}
				if final = next.last[next.def.steps[path]]; final == nil {
					final = s // it is gone; nothing may live there
				}
			}
			at.last[s], at.own[final] = final, s
		}
	}
}

// version gives a version of the history's document; the one of the row when it
// is not among the documents.
func (h *history) version(name, version string) *definition {
	if def := h.trial.defs[name+" "+version]; def != nil {
		return def
	}
	h.find("document", h.id, "", "it went by version %q of %s, which is not among the documents", version, name)
	return h.def
}

// eraAt gives the era of an event.
func (h *history) eraAt(at int) *era {
	for _, e := range slices.Backward(h.eras) {
		if at >= e.from {
			return e
		}
	}
	return h.eras[0]
}

// stepAt finds the step that an event names, nil when its version has none.
func (h *history) stepAt(at int, path string) *step {
	e := h.eraAt(at)
	return e.last[e.def.steps[path]]
}

// anyStep finds a step by a name that it has in any version.
func (h *history) anyStep(path string) *step {
	for _, e := range h.eras {
		if s := e.last[e.def.steps[path]]; s != nil {
			return s
		}
	}
	return nil
}

// as gives a step as the version has it by which an event went.
func (h *history) as(s *step, at int) *step {
	if own := h.eraAt(at).own[s]; own != nil {
		return own
	}
	return s
}

// final gives the names that siblings have in the last version.
func (h *history) final(in *scope, at int, names []string) []string {
	var list []string
	for _, name := range names {
		if s := h.eraAt(at).last[in.step(name)]; s != nil {
			name = s.Name
		}
		list = append(list, name)
	}
	return list
}

// migrations judges that an instance moves between attempts, from the version
// that it went by, and that what lives goes on in a step of the same kind.
func (h *history) migrations() {
	for k, e := range h.eras[1:] {
		before, at := h.eras[k], e.from-1
		event := &h.events[at]
		h.judged("migrations")
		if event.Detail.FromVersion != before.def.Version {
			h.find("migrations", h.id, "", "it moved from version %s, and went by %s", event.Detail.FromVersion, before.def.Version)
		}
		if event.Actor == "" {
			h.find("migrations", h.id, "", "it moved to version %s, and nobody asked for it", event.Detail.ToVersion)
		}
		h.sameShape(before)
		for _, v := range h.visits {
			if v.born > at || v.ended >= 0 && v.ended < at {
				continue
			}
			h.judged("migrated steps")
			if e.own[v.step] == nil {
				h.find("migrations", h.id, v.id, "%s lives, and version %s has no place for it", v.step.path, e.def.Version)
			}
			if v.step.Type == "machine" && !v.list && v.busy(at) && !h.still(at) {
				h.find("migrations", h.id, v.id, "it moved to version %s while %s was being run", e.def.Version, v.step.path)
			}
		}
	}
	if _, version, _ := strings.Cut(h.row.Definition, " "); version != h.def.Version {
		h.find("migrations", h.id, "", "it is stored under version %s, its log says %s", version, h.def.Version)
	}
}

// busy tells whether an attempt was under way at a position.
func (v *visit) busy(at int) bool {
	over := max(latest(v.failures, at), latest(v.retries, at), latest(v.lost, at), latest(v.released, at))
	return latest(v.started, at) > over && (v.ended < 0 || v.ended > at)
}

// still tells whether nothing moves at a position. Then an attempt may have
// ended, and the log tells of it later.
func (h *history) still(at int) bool {
	paused, failed := false, false
	for _, e := range h.events[:at] {
		switch e.Type {
		case "workflow.paused", "workflow.resumed":
			paused = e.Type == "workflow.paused"
		case "workflow.failed", "workflow.retried":
			failed = e.Type == "workflow.failed"
		}
	}
	return paused || failed
}

// sameShape reports versions between which more differs than names, conditions
// and waits: what follows from that is not judged here.
func (h *history) sameShape(e *era) {
	for own, final := range e.last {
		a, b := *own, *final
		if a.Type != b.Type || a.join != b.join || a.terminal != b.terminal || a.Mode != b.Mode || a.Output != b.Output ||
			!reflect.DeepEqual(a.Set, b.Set) || !reflect.DeepEqual(a.ForEach, b.ForEach) || !reflect.DeepEqual(a.Retry, b.Retry) ||
			!slices.Equal(h.arcsOf(e, own), h.arcsOf(h.eras[len(h.eras)-1], final)) {
			h.find("document", h.id, "", "%s differs from version to version in more than is judged", final.path)
		}
	}
}

// arcsOf lists where a step leads, by the paths of the last version.
func (h *history) arcsOf(e *era, s *step) []string {
	var list []string
	for _, a := range s.in.arcs {
		if to := e.last[a.to]; a.from == s && to != nil {
			list = append(list, to.path)
		}
	}
	slices.Sort(list)
	return list
}
