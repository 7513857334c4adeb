package ui

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/views"
	"tandem/internal/workflow"
)

// maxWhy bounds how many waits are told one by one.
const maxWhy = 3

// whyBrief says in one sentence what an instance is doing or why nothing
// happens. Who paused or canceled it is not told: that stands in its history.
func (u *UI) whyBrief(r *http.Request, p views.Page, names *naming, in workflow.Instance) string {
	def, err := u.Engine.Definition(r.Context(), actor(r), in.Definition.Name, in.Definition.Version)
	if err != nil {
		def = nil // step names will do
	}
	sentences := why{p: p, in: in, def: def, names: names}.sentences()
	if len(sentences) == 0 {
		return ""
	}
	return sentences[0]
}

// why knows what it takes to say why nothing happens.
type why struct {
	p      views.Page
	in     workflow.Instance
	def    *workflow.Definition // nil when it cannot be read
	held   *workflow.Event      // the latest event of pausing; nil when unknown
	ending *workflow.Event      // the event of canceling; nil when unknown
	names  *naming

	// What only the instance's own page reads; without it less is told.
	steps    []workflow.Execution
	topics   map[string]time.Time            // when a program last asked for each; nil when it was not read
	children map[uuid.UUID]workflow.Instance // those that the reader may see
}

// sentences says what an instance is doing, the most important first.
func (y why) sentences() []string {
	switch y.in.Status {
	case workflow.StatusPending:
		if at := y.in.StartAt(); at != nil {
			return []string{y.p.T("why.pending_until", y.p.Moment(*at).Exact)}
		}
		return []string{y.p.T("why.pending")}
	case workflow.StatusRunning:
		return y.running()
	case workflow.StatusWaiting:
		return y.waiting()
	case workflow.StatusPaused:
		return y.paused()
	case workflow.StatusFailed:
		return y.failed()
	case workflow.StatusCanceled:
		return []string{y.byWhom(y.ending, "why.canceled")}
	}
	return y.completed()
}

func (y why) label(step string) string { return stepLabel(y.def, step) }

func (y why) running() []string {
	if len(y.in.CurrentSteps) == 0 {
		return []string{y.p.T("why.running_nothing")}
	}
	var steps []string
	for _, name := range y.in.CurrentSteps {
		waits := slices.ContainsFunc(y.in.WaitingFor, func(w workflow.Waiting) bool { return w.Step == name })
		if len(steps) < maxWhy && !waits && !y.isGroup(name) {
			steps = append(steps, y.attempt(name))
		}
	}
	if len(steps) == 0 {
		return y.waiting()
	}
	list := []string{y.p.T("why.running", strings.Join(steps, ", "))}
	if len(y.in.WaitingFor) > 0 {
		list = append(list, y.waiting()...)
	}
	return list
}

// isGroup reports whether a step only holds others.
func (y why) isGroup(name string) bool {
	if y.def == nil {
		return false
	}
	step := y.def.Step(name)
	return step != nil && step.Group != nil
}

func (y why) waiting() []string {
	var list []string
	waits := slices.Clone(y.in.WaitingFor)
	slices.SortStableFunc(waits, func(a, b workflow.Waiting) int { return cmp.Compare(rank(a), rank(b)) })
	for _, w := range waits {
		if len(list) == maxWhy {
			return append(list, y.p.N("why.more", len(y.in.WaitingFor)-maxWhy))
		}
		list = append(list, y.wait(w))
	}
	if len(list) == 0 {
		return []string{y.p.T("why.quiet")}
	}
	return list
}

func (y why) paused() []string {
	if y.in.State.Above {
		return []string{y.p.T("why.paused_above")}
	}
	return []string{y.byWhom(y.held, "why.paused"), y.p.T("why.resume")}
}

// byWhom says who did it and why, as far as is known.
func (y why) byWhom(e *workflow.Event, key string) string {
	switch {
	case e == nil:
		return y.p.T(key + "_brief")
	case detailOf(*e).Reason != "":
		return y.p.T(key+"_reason", y.names.of(e.Actor), detailOf(*e).Reason)
	}
	return y.p.T(key, y.names.of(e.Actor))
}

func (y why) failed() []string {
	var list []string
	if y.in.Error != nil {
		list = append(list, y.failure())
	}
	if y.in.Paused {
		list = append(list, y.byWhom(y.held, "why.paused"))
	}
	return append(list, y.p.T("why.mend"))
}

// failure says what went wrong, "" when nothing is known.
func (y why) failure() string {
	switch e := y.in.Error; {
	case e == nil:
		return ""
	case e.Step != "":
		return y.p.T("why.failed", y.label(e.Step), e.Message)
	default:
		return y.p.T("why.failed_whole", e.Message)
	}
}

func (y why) completed() []string {
	if y.in.StartedAt == nil || y.in.CompletedAt == nil {
		return nil
	}
	return []string{y.p.T("why.completed", y.p.Duration(y.in.CompletedAt.Sub(*y.in.StartedAt)))}
}

// list names several people.
func (n *naming) list(logins []string) string {
	names := make([]string, 0, len(logins))
	for _, login := range logins {
		names = append(names, n.of(login))
	}
	return strings.Join(names, ", ")
}
