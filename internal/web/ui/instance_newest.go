package ui

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// stepTotal is how many visits of steps an instance has that are not all read;
// the zero value says that they are.
type stepTotal struct {
	visits int
	capped bool
	newest map[uuid.UUID]bool // of those that are read
}

func (s stepTotal) all() bool { return s.newest == nil }

func (s stepTotal) words(p views.Page) string { return p.Count(s.visits) + plus(s.capped) }

// readSteps reads the visits of steps: the first ones and, of an instance that
// has more, the newest.
func (u *UI) readSteps(r *http.Request, read *instanceRead) (err error) {
	ctx, a, id := r.Context(), actor(r), read.in.ID
	if read.executions, err = u.Read.Steps(ctx, a, id, maxExecutions); err != nil || len(read.executions) < maxExecutions {
		return err
	}
	count, err := u.Read.StepPage(ctx, a, id, uuid.Nil, engine.Paging{Limit: 1})
	if err != nil {
		return err
	}
	total := 0 // which is not capped
	for _, s := range read.in.State.Steps {
		total += s.Visits
	}
	offset := min(max(max(total, count.Total)-engine.MaxLimit, 0), engine.MaxOffset)
	last, err := u.Read.StepPage(ctx, a, id, uuid.Nil, engine.Paging{Limit: engine.MaxLimit, Offset: offset})
	if err != nil {
		return err
	}
	read.total = stepTotal{visits: count.Total, capped: count.TotalIsCapped, newest: map[uuid.UUID]bool{}}
	known := map[uuid.UUID]bool{}
	for _, e := range read.executions {
		known[e.ID] = true
	}
	for _, e := range last.Items {
		read.total.newest[e.ID] = true
		if !known[e.ID] {
			read.executions = append(read.executions, e)
		}
	}
	return nil
}

// shownSteps gives the visits that have a row: all, or of a long instance those
// that live and the newest.
func (read instanceRead) shownSteps() []workflow.Execution {
	if read.total.all() {
		return read.executions
	}
	return slices.DeleteFunc(slices.Clone(read.executions), func(e workflow.Execution) bool {
		return e.Role == workflow.EachItem || !e.Live && !read.total.newest[e.ID]
	})
}

// unread gives the states of steps that live in visits which are not read, as
// far as the instance itself tells.
func (read instanceRead) unread() map[string]string {
	if read.total.all() {
		return nil
	}
	states := map[string]string{}
	for _, name := range read.in.CurrentSteps {
		states[name] = string(workflow.StepRunning)
		if read.in.Status == workflow.StatusPaused {
			states[name] = string(workflow.StatusPaused)
		}
	}
	for _, w := range read.in.WaitingFor {
		if states[w.Step] == string(workflow.StepRunning) {
			states[w.Step] = string(workflow.StepWaiting)
		}
	}
	if e := read.in.Error; e != nil && read.in.Status == workflow.StatusFailed && states[e.Step] != "" {
		states[e.Step] = string(workflow.StepFailed)
	}
	for _, e := range read.executions {
		if e.Live {
			delete(states, e.Step)
		}
	}
	return states
}
