package judge

import (
	"slices"
	"strings"
)

// people judges tasks: each is decided once, by somebody, while it is open, and
// the step ends as was decided.
func (h *history) people() {
	made := map[string]string{} // task → execution
	decided := map[string]*Event{}
	for i := range h.events {
		e := &h.events[i]
		v := h.byExec[e.Execution]
		switch {
		case v == nil:
		case e.Type == "task.created":
			h.judged("tasks")
			if decided[v.id] != nil {
				h.find("tasks", h.id, v.id, "%s asks again after it was decided", v.step.path)
			}
			made[e.Detail.TaskID] = v.id
		case e.Type == "task.completed":
			h.decision(v, e, made, decided)
		case e.Type == "step.completed" && v.step.Type == "human" && !v.list:
			h.asDecided(v, e, decided[v.id])
		case e.Type == "step.completed" && v.step.Type == "webhook" && !v.list:
			h.answered(v, i)
		}
	}
}

// answered judges that a webhook step ended by one request or one message.
func (h *history) answered(v *visit, at int) {
	h.judged("answered")
	hooks, messages := 0, 0
	for i := range h.events[:at] {
		switch e := &h.events[i]; {
		case e.Type == "hook.received" && h.hook(i) == [3]any{v.step, v.visit, v.index}:
			hooks++
		case e.Type == "message.received" && e.Execution == v.id:
			messages++
		}
	}
	if hooks > 1 || messages > 1 || hooks+messages == 0 {
		h.find("webhooks", h.id, v.id, "%s completed after %d requests and %d messages", v.step.path, hooks, messages)
	}
}

func (h *history) decision(v *visit, e *Event, made map[string]string, decided map[string]*Event) {
	h.judged("decisions")
	if made[e.Detail.TaskID] != v.id {
		h.find("decisions", h.id, v.id, "task %s was decided and never made", e.Detail.TaskID)
	}
	if decided[v.id] != nil {
		h.find("decisions", h.id, v.id, "%s was decided twice, by %s and by %s", v.step.path, decided[v.id].Detail.CompletedBy, e.Detail.CompletedBy)
	}
	decided[v.id] = e
	names := v.step.outcomes()
	if len(names) > 0 && !slices.Contains(names, e.Detail.Outcome) {
		h.find("decisions", h.id, v.id, "%s was decided as %q, which is none of %v", v.step.path, e.Detail.Outcome, names)
	}
	if !strings.HasPrefix(e.Detail.CompletedBy, "system:") {
		return
	}
	h.judged("decisions by time-out")
	if v.step.OnTimeout == nil || v.step.OnTimeout.Outcome != e.Detail.Outcome {
		h.find("decisions", h.id, v.id, "%s decided %s as %q, which on_timeout does not say", e.Detail.CompletedBy, v.step.path, e.Detail.Outcome)
	}
}

func (h *history) asDecided(v *visit, e, decision *Event) {
	switch {
	case decision == nil:
		h.find("decisions", h.id, v.id, "%s completed and nobody decided", v.step.path)
	case decision.Detail.Outcome != e.Detail.Outcome:
		h.find("decisions", h.id, v.id, "%s was decided as %q and completed as %q", v.step.path, decision.Detail.Outcome, e.Detail.Outcome)
	}
}

// answers judges what people were told: one winner a task, and what he was told
// is what the log says; a webhook that was taken is in the log.
func (t *trial) answers() {
	winners := map[string]Answer{}
	for _, a := range t.Answers {
		if !a.Accepted {
			continue
		}
		if a.Verb != "" {
			t.told(a)
			continue
		}
		if a.Task == "" {
			t.hooked(a)
			continue
		}
		t.judged("winners")
		if other, twice := winners[a.Task]; twice {
			t.find("winners", a.Instance, "", "task %s: both %s and %s were told that they decided it", a.Task, other.Actor, a.Actor)
		}
		winners[a.Task] = a
	}
	for _, h := range t.histories {
		for i := range h.events {
			e := &h.events[i]
			if a, told := winners[e.Detail.TaskID]; told && e.Type == "task.completed" {
				delete(winners, a.Task)
				if a.Actor != e.Detail.CompletedBy || a.Outcome != e.Detail.Outcome {
					t.find("winners", h.id, e.Execution, "%s was told that he decided as %q; the log says %s, %q",
						a.Actor, a.Outcome, e.Detail.CompletedBy, e.Detail.Outcome)
				}
			}
		}
	}
	for _, a := range winners {
		t.find("winners", a.Instance, "", "%s was told that he decided task %s; the log does not say so", a.Actor, a.Task)
	}
}

// hooked judges that a webhook which was taken was received once.
func (t *trial) hooked(a Answer) {
	t.judged("webhooks")
	received := 0
	if h := t.byID[a.Instance]; h != nil {
		for i := range h.events {
			if e := &h.events[i]; e.Type == "hook.received" && h.hook(i) == h.addressee(a) {
				received++
			}
		}
	}
	t.handedOn(a)
	if received != 1 {
		t.find("webhooks", a.Instance, "", "a webhook for visit %d of %s was taken once and received %d times", a.Visit, a.Step, received)
	}
}

// handedOn judges that a webhook step which took a payload gives it as its
// result.
func (t *trial) handedOn(a Answer) {
	h := t.byID[a.Instance]
	if h == nil || a.Payload == nil {
		return
	}
	for _, v := range h.visits {
		if v.step != h.anyStep(a.Step) || v.visit != a.Visit || v.index != a.Index || v.list || v.end != "step.completed" {
			continue
		}
		t.judged("payloads")
		if text(decode(v.output)) != text(decode(a.Payload)) {
			t.find("webhooks", a.Instance, v.id, "%s was sent %s and gives %s", v.step.path, a.Payload, v.output)
		}
	}
}

// hook names the visit that a received webhook is for.
func (h *history) hook(at int) [3]any {
	e := &h.events[at]
	if e.Execution != "" {
		return [3]any{h.stepAt(at, e.Step), e.Visit, e.Index}
	}
	return [3]any{h.stepAt(at, e.Detail.StepName), e.Detail.Visit, e.Detail.Index}
}

// addressee names the visit that a webhook was sent to.
func (h *history) addressee(a Answer) [3]any { return [3]any{h.anyStep(a.Step), a.Visit, a.Index} }
