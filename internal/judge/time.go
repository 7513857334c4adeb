package judge

import (
	"slices"
	"time"
)

// time judges that nothing came too early: timers, time-outs, retries.
func (h *history) time() {
	for _, v := range h.visits {
		if v.list {
			continue
		}
		if wait, ok := duration(h.asStarted(v).Duration); ok && v.step.Type == "timer" && v.end == "step.completed" {
			h.notBefore(v, v.ended, wait, "timers", "the timer")
		}
		wait, ok := duration(v.step.Timeout)
		if !ok {
			continue
		}
		for _, at := range v.failures {
			if h.events[at].Detail.ErrorType == "timeout" && !h.passedOn(v, at) {
				h.notBefore(v, at, wait, "time-outs", "the time-out of")
			}
		}
		for i := v.born; i < len(h.events); i++ {
			e := &h.events[i]
			if e.Execution == v.id && e.Type == "task.completed" && e.Detail.CompletedBy == "system:timeout" {
				h.notBefore(v, i, wait, "time-outs", "the decision by time-out of")
			}
		}
	}
}

// asStarted gives a visit's step as the version had it by which it last began.
func (h *history) asStarted(v *visit) *step {
	if len(v.started) == 0 {
		return v.step
	}
	return h.as(v.step, v.started[len(v.started)-1])
}

// passedOn tells whether a failure came from inside: a group fails with the
// error of its step, a workflow step with that of its child.
func (h *history) passedOn(v *visit, at int) bool {
	return v.step.Type == "workflow" || slices.ContainsFunc(h.within(v.id), func(inner *visit) bool {
		return inner.end == "step.failed" && h.at(inner.ended).Equal(h.at(at))
	})
}

// notBefore judges that an event of a visit did not come before its wait was
// over, counted from the last start.
func (h *history) notBefore(v *visit, at int, wait time.Duration, rule, what string) {
	start := -1
	for _, i := range v.started {
		if i < at {
			start = i
		}
	}
	if start < 0 {
		return
	}
	h.judged(rule)
	if took := h.at(at).Sub(h.at(start)); took < wait-drift {
		h.find(rule, h.id, v.id, "%s %s came after %s, the document says %s", what, v.step.path, took, wait)
	}
}

// retry judges attempts: numbered 1, 2, 3, each new one with a reason and not
// before its time, and no more than the document allows.
func (h *history) retry() {
	for _, v := range h.visits {
		if v.list || v.step.Type != "machine" && v.step.Type != "workflow" {
			continue
		}
		h.attempts(v)
	}
}

func (h *history) attempts(v *visit) {
	attempt, retries, limit := 0, 0, 1
	if v.step.Retry != nil {
		limit = max(v.step.Retry.MaxAttempts, 1)
	}
	var next time.Time
	for i := v.born; i < len(h.events); i++ {
		e := &h.events[i]
		switch {
		case e.Type == "workflow.retried":
			retries = 0
		case e.Execution != v.id:
		case e.Type == "step.retrying":
			h.judged("retries")
			next = e.Detail.NextAt
			if retries++; retries >= limit {
				h.find("retries", h.id, v.id, "%s is tried again although %d attempts are all that it has", v.step.path, limit)
			}
		case e.Type == "step.released":
			attempt-- // given back by a process that ended: it does not count
		case e.Type == "step.started" && v.step.Type == "machine":
			h.judged("attempts")
			if attempt++; e.Attempt != attempt {
				h.find("attempts", h.id, v.id, "attempt %d of %s is numbered %d", attempt, v.step.path, e.Attempt)
				attempt = e.Attempt
			}
			if e.At.Before(next.Add(-drift)) {
				h.find("retries", h.id, v.id, "attempt %d of %s began %s before its time", attempt, v.step.path, next.Sub(e.At))
			}
		}
	}
}

// frost judges that nothing moves while an instance is paused or failed. What
// one decision did together has one time, and its order does not matter.
func (h *history) frost() {
	paused, failed := false, false
	var since time.Time
	for i := range h.events {
		e := &h.events[i]
		switch e.Type {
		case "workflow.paused":
			paused, since = true, h.frozenSince(paused || failed, since, e.At)
		case "workflow.failed":
			failed, since = true, h.frozenSince(paused || failed, since, e.At)
		case "workflow.resumed":
			paused = false
		case "workflow.retried":
			failed = false
		case "step.skipped":
			failed = failed && e.Actor == ""
		case "step.started", "step.completed", "workflow.started":
			if v := h.byExec[e.Execution]; v != nil && v.step.Type == "workflow" && !paused {
				failed = false // its child was mended by itself
			}
			if (paused || failed) && e.At.After(since) && !h.setGoing(i) {
				h.find("frozen", h.id, e.Execution, "%s of %s while the instance stood still", e.Type, e.Step)
			}
		}
		if paused || failed {
			h.judged("frozen")
		}
	}
}

// setGoing tells whether the decision that wrote an event is one that set the
// instance going: an operator's skip is written after what it lets move.
func (h *history) setGoing(at int) bool {
	for i := at; i < len(h.events) && h.at(i).Equal(h.at(at)); i++ {
		if e := &h.events[i]; e.Type == "step.skipped" && e.Actor != "" {
			return true
		}
	}
	return false
}

func (h *history) frozenSince(already bool, since, at time.Time) time.Time {
	if already {
		return since
	}
	return at
}
