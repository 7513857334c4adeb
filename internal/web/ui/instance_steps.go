package ui

import (
	"strings"

	"github.com/google/uuid"

	"tandem/internal/views"
	"tandem/internal/workflow"
)

// stepTree lays out the executions of an instance: each group and each list
// before what lies inside it.
type stepTree struct {
	read   instanceRead
	p      views.Page
	inside map[uuid.UUID][]workflow.Execution
	rows   []views.InstanceExecution
}

func (read instanceRead) stepRows(p views.Page) []views.InstanceExecution {
	t := &stepTree{read: read, p: p, inside: map[uuid.UUID][]workflow.Execution{}}
	shown, rows := read.shownSteps(), map[uuid.UUID]bool{}
	for _, e := range shown {
		rows[e.ID] = true
	}
	for _, e := range shown {
		scope := e.Scope
		if !rows[scope] { // what is around it has no row
			scope = uuid.Nil
		}
		t.inside[scope] = append(t.inside[scope], e)
	}
	t.walk(uuid.Nil, 0)
	return t.rows
}

func (t *stepTree) walk(scope uuid.UUID, level int) {
	for _, e := range t.inside[scope] {
		row := t.row(e)
		row.Level = min(level, views.MaxStepLevel)
		if e.Role == workflow.EachHolder {
			row.Items = t.read.itemWords(t.p, e.ID)
		}
		t.rows = append(t.rows, row)
		t.walk(e.ID, level+1)
		if more := t.read.itemTotal(e) - len(t.inside[e.ID]); e.Role == workflow.EachHolder && more > 0 {
			t.rows = append(t.rows, views.InstanceExecution{
				ID: e.ID.String() + "-more", Level: min(level+1, views.MaxStepLevel), More: t.p.N("instance.more_items", more, t.p.Count(more)),
			})
		}
	}
}

func (t *stepTree) row(e workflow.Execution) views.InstanceExecution {
	p := t.p
	row := views.InstanceExecution{
		ID: e.ID.String(), Step: t.label(e), Type: string(e.Type), State: t.read.stateOf(e), Visit: p.Count(e.Visit),
		Began: p.Moment(e.CreatedAt), Result: t.read.resultOf(e), Progress: progressWords(p, e.Progress), Attempts: t.attempts(e),
	}
	if e.Attempt > 0 {
		row.Attempt = p.Count(e.Attempt)
	}
	if e.CompletedAt != nil {
		row.Took = p.Duration(e.CompletedAt.Sub(e.CreatedAt))
	}
	if e.Error != nil {
		row.Error = e.Error.Message
	}
	if e.Child != uuid.Nil {
		row.Child, row.ChildHref = p.T("instance.child", shortID(e.Child)), p.Href(instancePath(e.Child))
	}
	if step := t.read.def.Step(e.Step); e.Status == workflow.StepScheduled && e.DueAt != nil && step != nil && step.Retry != nil {
		row.Next, row.NextWords = p.Moment(*e.DueAt), p.T("instance.next_attempt", e.Attempt+1, e.Attempt-e.Failures+step.Retry.MaxAttempts)
	}
	return row
}

// label names an execution where the groups around it stand above it.
func (t *stepTree) label(e workflow.Execution) string {
	if e.Role == workflow.EachItem {
		return t.p.T("instance.item", t.p.Count(e.Index+1))
	}
	if step := t.read.def.Step(e.Step); step != nil {
		return step.Label
	}
	return e.Step
}

// attempts tells of those that ended without success.
func (t *stepTree) attempts(e workflow.Execution) []string {
	var list []string
	for _, a := range e.Attempts {
		said := ""
		if a.Error != nil {
			said = a.Error.Message
		}
		list = append(list, t.p.T("instance.attempt_was", a.Attempt, t.p.Moment(a.EndedAt).Exact, said))
	}
	if len(list) == 1 && e.Error != nil && e.Error.Attempt == e.Attempts[0].Attempt {
		return nil // the row says it already
	}
	return list
}

// progressWords is what a worker says of its attempt.
func progressWords(p views.Page, progress *workflow.Progress) string {
	switch {
	case progress == nil:
		return ""
	case progress.Percent == nil:
		return progress.Message
	case progress.Message == "":
		return p.T("instance.percent", int(*progress.Percent))
	}
	return p.T("instance.percent", int(*progress.Percent)) + " · " + progress.Message
}

// itemStates lists the states of items in the order in which they are counted.
var itemStates = []workflow.StepStatus{
	workflow.StepSucceeded, workflow.StepFailed, workflow.StepSkipped, workflow.StepCanceled, workflow.StepRunning,
	workflow.StepScheduled, workflow.StepWaiting,
}

// itemWords counts the items of a list by their states.
func (read instanceRead) itemWords(p views.Page, holder uuid.UUID) string {
	var words []string
	for _, state := range itemStates {
		for _, c := range read.counts {
			if c.Holder == holder && c.Status == state {
				words = append(words, p.T("state."+string(state))+" "+p.Count(c.Count))
			}
		}
	}
	return strings.Join(words, " · ")
}

// itemTotal is how many items a list has: those to come too while it lives.
func (read instanceRead) itemTotal(e workflow.Execution) int {
	if s := read.in.State.Scopes[e.ID]; s != nil && s.Items != nil {
		return s.Items.Total
	}
	total := 0
	for _, c := range read.counts {
		if c.Holder == e.ID {
			total += c.Count
		}
	}
	return total
}
