package judge

import (
	"slices"
	"time"
)

// drift is by how much times may differ that different processes of one
// machine have read.
const drift = 20 * time.Millisecond

// order judges that the log begins, goes on and ends as a life does.
func (h *history) order() {
	if len(h.events) == 0 {
		h.find("order", h.id, "", "the instance has no events")
		return
	}
	h.judged("order")
	h.beginning()
	over := -1
	for i, e := range h.events {
		switch {
		case i > 0 && e.Seq <= h.events[i-1].Seq:
			h.find("order", h.id, e.Execution, "%s has number %d after %d", e.Type, e.Seq, h.events[i-1].Seq)
		case i > 0 && e.At.Before(h.events[i-1].At.Add(-drift)):
			h.find("order", h.id, e.Execution, "%s happened %s before the event that it follows", e.Type, h.events[i-1].At.Sub(e.At))
		case e.Type == "workflow.started" && i > h.startedAt():
			h.find("order", h.id, "", "the instance started twice")
		case over >= 0:
			h.find("order", h.id, e.Execution, "%s after the instance had ended (%s)", e.Type, h.events[over].Type)
		}
		if e.Type == "workflow.completed" || e.Type == "workflow.canceled" {
			over = i
		}
	}
	h.standing()
	for _, v := range h.visits {
		h.lifetime(v)
		if h.finished() && v.ended < 0 && v.open(h.never()) {
			h.find("fate", h.id, v.id, "%s lives on although the instance has ended", v.step.path)
		}
	}
	h.numbered()
}

// standing judges that an instance is paused, resumed and retried by turns.
func (h *history) standing() {
	paused, failed := false, false
	for i := range h.events {
		e := &h.events[i]
		switch e.Type {
		case "workflow.paused", "workflow.resumed":
			h.judged("pauses")
			if paused == (e.Type == "workflow.paused") {
				h.find("order", h.id, "", "%s, and it was so already", e.Type)
			}
			paused = !paused
		case "workflow.failed":
			failed = true
		case "workflow.retried":
			h.judged("retried")
			if !failed {
				h.find("order", h.id, "", "it was retried and had not failed")
			}
			failed = false
		}
	}
}

// startedAt is the position at which the instance started; -1 when it never did.
func (h *history) startedAt() int {
	return slices.IndexFunc(h.events, func(e Event) bool { return e.Type == "workflow.started" })
}

// beginning judges that the log begins with the start, or with the time that was
// set for it; then nothing runs before.
func (h *history) beginning() {
	first, start := &h.events[0], h.startedAt()
	if first.Type != "workflow.started" && first.Type != "workflow.scheduled" {
		h.find("order", h.id, "", "the log begins with %s", first.Type)
	}
	if first.Type != "workflow.scheduled" || start < 0 {
		return
	}
	h.judged("starts at a time")
	if early := first.Detail.StartAt.Sub(h.at(start)); early > drift {
		h.find("starts", h.id, "", "the instance started %s before its time", early)
	}
}

// lifetime judges that a visit does nothing after its end, and that each start
// but the first has a reason.
func (h *history) lifetime(v *visit) {
	running := false
	for i := v.born; i < len(h.events); i++ {
		e := &h.events[i]
		if e.Execution != v.id {
			continue
		}
		h.judged("lifetime")
		if v.ended >= 0 && i > v.ended {
			h.find("lifetime", h.id, v.id, "%s of %s after its end (%s)", e.Type, v.step.path, v.end)
			return
		}
		switch e.Type {
		case "step.started":
			if running {
				h.find("lifetime", h.id, v.id, "%s started while it ran", v.step.path)
			}
			running = true
		case "step.lost", "step.released":
			if !running {
				h.find("lifetime", h.id, v.id, "%s of %s, which did not run", e.Type, v.step.path)
			}
			running = false
		case "step.failed", "step.retrying":
			running = false
		}
	}
	ran := v.end == "step.completed" || v.end == "step.failed" && v.first.Type == "step.started"
	if ran && len(v.started) == 0 {
		h.find("lifetime", h.id, v.id, "%s ended without having started", v.step.path)
	}
}

// numbered judges that the visits of a step are counted 1, 2, 3 through the
// whole instance, items of lists by their own numbers. A join that was canceled
// before anybody saw it may be missing, when its number is.
func (h *history) numbered() {
	seen := map[string][]int{}
	for _, v := range h.visits {
		if v.item {
			continue
		}
		h.judged("visits")
		if slices.Contains(seen[v.step.path], v.visit) || v.visit < 1 {
			h.find("visits", h.id, v.id, "visit %d of %s happened twice", v.visit, v.step.path)
		}
		seen[v.step.path] = append(seen[v.step.path], v.visit)
		if limit := v.step.MaxVisits; limit > 0 && v.visit > limit && v.end == "step.completed" {
			h.find("visits", h.id, v.id, "visit %d of %s is beyond its limit of %d", v.visit, v.step.path, limit)
		}
	}
}
