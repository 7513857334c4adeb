package judge

import (
	"slices"
	"strings"
)

// asked is whom a task asks, and who has it.
type asked struct {
	users, groups, guests, excluded []string
	anyone                          bool
	assignee                        string
	claimed                         bool   // the assignee took it, or was given it to prepare
	owner                           string // who has delegated it
}

// holders judges who had each task: one at a time, whom it asks; and that
// nobody else decided it.
func (h *history) holders() {
	tasks := map[string]*asked{}
	for i := range h.events {
		e := &h.events[i]
		v := h.byExec[e.Execution]
		if v == nil || e.Detail.TaskID == "" {
			continue
		}
		if e.Type == "task.created" {
			if tasks[e.Detail.TaskID] != nil || latest(v.started, i) < 0 {
				h.find("tasks", h.id, v.id, "%s asks twice by one task, or before it began", v.step.path)
			}
			tasks[e.Detail.TaskID] = h.asks(v, e)
		} else if t := tasks[e.Detail.TaskID]; t != nil {
			h.hand(v, e, t)
		}
	}
}

// asks judges that a task asks whom its step names.
func (h *history) asks(v *visit, e *Event) *asked {
	s, d := v.step, e.Detail
	h.judged("asked")
	if !same(d.CandidateUsers, s.Users) || !same(d.CandidateGroups, s.Groups) || !same(d.Guests, s.Guests) {
		h.find("asked", h.id, v.id, "%s asks the people %v, the groups %v and the guests %v; the document says %v, %v and %v",
			s.path, d.CandidateUsers, d.CandidateGroups, d.Guests, s.Users, s.Groups, s.Guests)
	}
	return &asked{users: d.CandidateUsers, groups: d.CandidateGroups, guests: d.Guests, excluded: s.Exclude, anyone: s.Anyone, assignee: d.Assignee}
}

// same compares lists as sets.
func same(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// may tells whether a task asks somebody.
func (h *history) may(t *asked, who string) bool {
	if address, guest := strings.CutPrefix(who, "guest:"); guest {
		return slices.Contains(t.guests, address)
	}
	if slices.Contains(t.excluded, who) {
		return false
	}
	return t.anyone || who == t.assignee || slices.Contains(t.users, who) ||
		slices.ContainsFunc(h.Groups[who], func(g string) bool { return slices.Contains(t.groups, g) })
}

// free tells whether somebody may take or decide a task as it stands.
func (h *history) free(t *asked, who string) bool {
	return t.owner == "" && (!t.claimed || t.assignee == who) && (h.Groups == nil || h.may(t, who))
}

// hand judges what somebody did to a task, and follows whose it is then.
func (h *history) hand(v *visit, e *Event, t *asked) {
	d := e.Detail
	refuse := func(what string) {
		h.find("holders", h.id, v.id, "%s %s %s: it was %+v", e.Actor, what, v.step.path, *t)
	}
	switch e.Type {
	case "task.claimed":
		h.judged("claims")
		if !h.free(t, d.Assignee) || t.claimed {
			refuse("claimed")
		}
		t.assignee, t.claimed = d.Assignee, true
	case "task.unclaimed":
		h.judged("unclaims")
		if !t.claimed || t.owner != "" {
			refuse("gave back")
		}
		t.assignee, t.claimed = "", false
	case "task.reassigned":
		h.judged("reassignments")
		if d.FromAssignee != t.assignee {
			refuse("took from " + d.FromAssignee)
		}
		t.assignee, t.claimed, t.owner = d.ToAssignee, false, ""
		if d.ToGroup != "" {
			t.groups, t.users, t.guests, t.anyone = []string{d.ToGroup}, nil, nil, false
		}
	case "task.delegated":
		h.judged("delegations")
		if !h.free(t, e.Actor) {
			refuse("delegated")
		}
		t.owner, t.assignee, t.claimed = e.Actor, d.ToAssignee, true
	case "task.returned":
		h.judged("returns")
		if t.owner == "" || d.ToAssignee != t.owner {
			refuse("returned")
		}
		t.assignee, t.owner, t.claimed = d.ToAssignee, "", true
	case "task.escalated":
		h.judged("escalations")
		t.users, t.groups = d.CandidateUsers, d.CandidateGroups
		t.assignee, t.owner, t.claimed = "", "", false
	case "task.completed":
		if strings.HasPrefix(d.CompletedBy, "system:") {
			return
		}
		h.judged("deciders")
		if strings.HasPrefix(d.CompletedBy, "guest:") {
			h.judged("guests")
		}
		if !h.free(t, d.CompletedBy) {
			refuse("decided")
		}
	}
}

// told judges that what somebody was told he has done is in the log.
func (t *trial) told(a Answer) {
	t.judged("told: " + a.Verb)
	h := t.byID[a.Instance]
	if h == nil {
		t.find("told", a.Instance, "", "%s was told of a change (%s) to an instance that does not exist", a.Actor, a.Verb)
		return
	}
	types := map[string]string{
		"claim": "task.claimed", "unclaim": "task.unclaimed", "reassign": "task.reassigned", "delegate": "task.delegated",
		"return": "task.returned", "edit": "data.edited", "migrate": "instance.migrated",
	}
	done := slices.IndexFunc(h.events, func(e Event) bool {
		if a.Verb == "claim" && e.Detail.TaskID == a.Task && e.Detail.ToAssignee == a.Actor && (e.Type == "task.delegated" || e.Type == "task.returned") {
			return true // who has been given it as his own has claimed it: to claim it changes nothing
		}
		return e.Type == types[a.Verb] && e.Actor == a.Actor && e.Detail.TaskID == a.Task &&
			(a.Verb != "edit" || text(e.Detail.After["note"]) == text(decode(a.Payload)))
	})
	if done < 0 {
		t.find("told", a.Instance, "", "%s was told that he did %s %s (task %s); the log does not say so", a.Actor, a.Verb, a.Payload, a.Task)
	}
}
