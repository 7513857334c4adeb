package judge

import "reflect"

// children judges workflow steps: each start has one child that knows its
// parent, and the step gives the child's data.
func (h *history) children() {
	for i := range h.events {
		e := &h.events[i]
		if e.Type == "workflow.started" && e.Detail.Parent != nil {
			h.born(e)
		}
	}
	for _, v := range h.visits {
		if v.step.Type != "workflow" || v.list {
			continue
		}
		var child *history
		for _, at := range v.started {
			id := h.events[at].Detail.Child
			if id == "" {
				continue
			}
			child = h.trial.byID[id]
			h.judged("children")
			if child == nil && at == v.started[len(v.started)-1] && h.needsChild(v) {
				h.find("children", h.id, v.id, "%s started the instance %s, which does not exist", v.step.path, id)
			}
		}
		if v.end == "step.completed" && child != nil {
			h.gaveBack(v, child)
		}
		if v.end == "step.canceled" && child != nil && h.Settled && !child.finished() {
			h.find("children", h.id, v.id, "%s was canceled and its child %s lives on", v.step.path, child.id)
		}
	}
}

// needsChild tells whether the child of a step must be there: it gave its
// result, or it is waited for, or it was refused although its definition can be
// started. One that was canceled or skipped before it began never comes.
func (h *history) needsChild(v *visit) bool {
	switch {
	case v.ended < 0:
		return h.Settled
	case v.end == "step.failed":
		return h.events[v.ended].Detail.ErrorType == "child_refused"
	}
	return v.end == "step.completed"
}

// born judges that a child's parent knows it.
func (h *history) born(e *Event) {
	h.judged("parents")
	parent := h.trial.byID[e.Detail.Parent.Instance]
	if parent == nil {
		h.find("children", h.id, "", "its parent %s does not exist", e.Detail.Parent.Instance)
		return
	}
	for i := range parent.events {
		p := &parent.events[i]
		if p.Execution == e.Detail.Parent.Execution && p.Type == "step.started" && p.Detail.Child == h.id {
			return
		}
	}
	h.find("children", h.id, "", "its parent %s did not start it", parent.id)
}

func (h *history) gaveBack(v *visit, child *history) {
	h.judged("children's results")
	if !child.finished() || child.row.Status != "completed" {
		h.find("children", h.id, v.id, "%s completed and its child %s is %s", v.step.path, child.id, child.row.Status)
		return
	}
	if end := child.last("workflow.completed"); h.at(v.ended).Before(child.at(end).Add(-drift)) {
		h.find("children", h.id, v.id, "%s completed before its child %s", v.step.path, child.id)
	}
	if !reflect.DeepEqual(decode(v.output), decode(child.row.Data)) {
		h.find("children", h.id, v.id, "%s gives %s, its child's data are %s", v.step.path, v.output, child.row.Data)
	}
}
