package ui

import (
	"strings"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// rank puts first what may need an operator.
func rank(w workflow.Waiting) int {
	if w.Kind == workflow.WaitingWorker || w.Kind == "retry" {
		return 0
	}
	return 1
}

// wait says what one branch waits for.
func (y why) wait(w workflow.Waiting) string {
	step, lasted := y.label(w.Step), y.p.Span(y.p.Now.Sub(w.Since))
	switch {
	case w.Kind == "join":
		return y.join(w, step)
	case w.Kind == "retry" && w.Until != nil:
		return y.again(w, step)
	case w.Kind == workflow.WaitingWorker && w.Count > 0:
		return y.p.N("why.worker_items", w.Count, step, y.p.Count(w.Count)) + y.fetched(w.Topic)
	case w.Kind == workflow.WaitingWorker:
		return y.p.T("why.worker", lasted, step, w.Topic) + y.fetched(w.Topic)
	case w.Count > 0:
		return y.p.N("why.items", w.Count, step, y.p.Count(w.Count))
	case w.Kind == string(workflow.StepWorkflow):
		return y.child(w, step, lasted)
	case w.Kind == string(workflow.StepTimer) && w.Until != nil:
		return y.p.T("why.timer", y.p.Ahead(w.Until.Sub(y.p.Now)), step, y.p.Moment(*w.Until).Exact)
	case w.Kind == string(workflow.StepWebhook):
		return y.p.T("why.webhook", lasted, step)
	case w.Kind == string(workflow.StepHuman):
		return y.person(w, step, lasted)
	}
	return y.p.T("why.other", lasted, step)
}

// person names who is asked.
func (y why) person(w workflow.Waiting, step, lasted string) string {
	switch {
	case len(w.Groups) > 0:
		return y.p.T("why.group", strings.Join(w.Groups, ", "), lasted, step)
	case len(w.Users) > 0:
		return y.p.T("why.user", y.names.list(w.Users), lasted, step)
	}
	return y.p.T("why.user", y.p.T("why.nobody"), lasted, step)
}

// join names the steps that are under way elsewhere.
func (y why) join(w workflow.Waiting, step string) string {
	var others []string
	for _, name := range y.in.CurrentSteps {
		if name != w.Step && !y.isGroup(name) && len(others) < maxWhy {
			others = append(others, y.p.T("why.quoted", y.label(name)))
		}
	}
	if len(others) == 0 {
		return y.p.T("why.join", step)
	}
	return y.p.T("why.join_of", step, strings.Join(others, ", "))
}

// again says when a step is tried once more, which attempt that is, and what the
// last one came to.
func (y why) again(w workflow.Waiting, step string) string {
	in, at := y.p.Ahead(w.Until.Sub(y.p.Now)), y.p.Moment(*w.Until).Exact
	e, ok := y.live(w.Step, workflow.StepScheduled)
	if !ok || y.def == nil || y.def.Step(w.Step) == nil || y.def.Step(w.Step).Retry == nil {
		return y.p.T("why.retry", step, in, at)
	}
	said := y.p.T("why.retry_of", step, in, at, e.Attempt+1, e.Attempt-e.Failures+y.def.Step(w.Step).Retry.MaxAttempts)
	if e.Error != nil {
		said += " " + y.p.T("why.last_error", e.Error.Message)
	}
	return said
}

// fetched says whether programs ask for a topic: " " and a sentence, "" when
// that is not known.
func (y why) fetched(topic string) string {
	if y.topics == nil {
		return ""
	}
	at, ever := y.topics[topic]
	switch since := y.p.Now.Sub(at); {
	case !ever:
		return " " + y.p.T("why.topic_never", topic)
	case since > engine.TopicSilence:
		return " " + y.p.T("why.topic_silent", topic, y.p.Moment(at).Relative)
	}
	return " " + y.p.T("why.topic_busy", topic)
}

// child says how the workflow stands that a step has started.
func (y why) child(w workflow.Waiting, step, lasted string) string {
	if w.Child == nil {
		return y.p.T("why.workflow", lasted, step)
	}
	child, ok := y.children[*w.Child]
	if !ok {
		return y.p.T("why.workflow_id", lasted, step, shortID(*w.Child))
	}
	return y.p.T("why.workflow_state", lasted, step, shortID(*w.Child), y.p.StateWord(string(child.Status)))
}

// live gives the live execution of a step in a state, outside of lists.
func (y why) live(step string, status workflow.StepStatus) (workflow.Execution, bool) {
	for _, e := range y.steps {
		if e.Live && e.Step == step && e.Status == status && e.Role != workflow.EachItem {
			return e, true
		}
	}
	return workflow.Execution{}, false
}

// attempt says what a running step is at: its attempt, its worker's word, or
// that no process has taken it yet.
func (y why) attempt(step string) string {
	quoted := y.p.T("why.quoted", y.label(step))
	if e, ok := y.live(step, workflow.StepScheduled); ok {
		lasted := y.p.Span(y.p.Now.Sub(e.CreatedAt))
		if e.Queue != "" {
			return y.p.T("why.queued", quoted, lasted, e.Queue)
		}
		return y.p.T("why.ready", quoted, lasted)
	}
	e, ok := y.live(step, workflow.StepRunning)
	if !ok {
		return quoted
	}
	began := e.CreatedAt
	if e.StartedAt != nil {
		began = *e.StartedAt
	}
	said := y.p.T("why.at_work", quoted, y.p.Span(y.p.Now.Sub(began)), max(e.Attempt, 1))
	if words := progressWords(y.p, e.Progress); words != "" {
		said += " (" + words + ")"
	}
	return said
}
