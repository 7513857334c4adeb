package trial

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Kind says what a step waits for.
type Kind string

// The kinds.
const (
	WaitsForPeople   Kind = "people"
	WaitsForSystem   Kind = "system" // an action that would reach outside
	WaitsForWorker   Kind = "worker"
	WaitsForWorkflow Kind = "workflow"
	WaitsForCall     Kind = "call" // of its webhook
	WaitsForMessage  Kind = "message"
	HasFailed        Kind = "failed" // and waits for an operator
)

// Open is one thing that waits for a move.
type Open struct {
	Place
	Kind      Kind
	Execution workflow.Execution
	Task      workflow.Task       // of WaitsForPeople
	Child     workflow.StartChild // of WaitsForWorkflow
	Message   workflow.MessageKey // of WaitsForMessage
	Action    string              // of WaitsForSystem
	Input     json.RawMessage     // what an action, a worker or a child is given
	Step      *workflow.Step      `json:"-"`
}

// Instance is the instance as it stands.
func (r *Run) Instance() workflow.Instance { return r.snap.Instance }

// Now is the time of the run.
func (r *Run) Now() time.Time { return r.now }

// Executions lists every visit, oldest first.
func (r *Run) Executions() []workflow.Execution {
	return slices.SortedFunc(maps.Values(r.snap.Executions), func(a, b workflow.Execution) int { return slices.Compare(a.ID[:], b.ID[:]) })
}

// Since gives the events of the start (0) or of the move of that number.
func (r *Run) Since(move int) []workflow.Event {
	from := 0
	if move > 0 {
		from = r.ended[move-1]
	}
	return r.Events[from:r.ended[move]]
}

// Open lists what waits for a move, what began first before the rest.
func (r *Run) Open() []Open {
	if r.snap.Instance.Status.Finished() {
		return nil
	}
	tasks := map[uuid.UUID]workflow.Task{}
	for _, t := range r.snap.Tasks {
		if t.Status == workflow.TaskPending {
			tasks[t.ExecutionID] = t
		}
	}
	var list []Open
	for _, e := range r.Executions() {
		o := Open{Place: Place{e.Step, e.Visit, e.Index}, Execution: e, Input: e.Input, Step: r.def.Step(e.Step)}
		if !e.Live || e.Role == workflow.EachHolder && e.Hold != workflow.HoldFailed {
			continue
		}
		task, asked := tasks[e.ID]
		switch {
		case e.Hold == workflow.HoldFailed:
			o.Kind = HasFailed
		case asked:
			o.Kind, o.Task = WaitsForPeople, task
		case e.WaitsForWorker():
			o.Kind = WaitsForWorker
		case e.Type == workflow.StepMachine && e.Status == workflow.StepRunning:
			o.Kind, o.Action = WaitsForSystem, o.Step.Machine.Action
		case e.Type == workflow.StepWorkflow && e.Status == workflow.StepWaiting:
			o.Kind, o.Child = WaitsForWorkflow, r.children[e.Child]
		case e.Type == workflow.StepWebhook && e.Status == workflow.StepWaiting:
			o.Kind = WaitsForCall
			if w, ok := r.waits[e.ID]; ok {
				o.Kind, o.Message = WaitsForMessage, w.MessageKey
			}
		default:
			continue
		}
		list = append(list, o)
	}
	return list
}

func (r *Run) open(at Place) (Open, bool) {
	list := r.Open()
	i := slices.IndexFunc(list, func(o Open) bool { return o.Place == at })
	if i < 0 {
		return Open{}, false
	}
	return list[i], true
}

// NextDue is what comes due next, of what moves; ok is false when nothing will.
func (r *Run) NextDue() (next workflow.Due, ok bool) {
	place := func(d workflow.Due) string {
		e := r.snap.Executions[d.ExecutionID]
		return fmt.Sprintf("%s %06d %06d %s", e.Step, e.Visit, e.Index, d.Kind)
	}
	for _, d := range r.snap.Dues {
		if d.Frozen || d.Kind == workflow.DueSend {
			continue
		}
		if !ok || cmp.Or(d.At.Compare(next.At), cmp.Compare(place(d), place(next))) < 0 {
			next, ok = d, true
		}
	}
	return next, ok
}

// StepOf is the step that a due row is about, "" for the whole instance.
func (r *Run) StepOf(d workflow.Due) string { return r.snap.Executions[d.ExecutionID].Step }

// maxPeople bounds who is proposed for one task.
const maxPeople = 12

// People lists logins of who may decide a task: those whom it names, and made-up
// members of its groups, as many as might be asked for.
func People(t workflow.Task) []string {
	var list []string
	add := func(login string) {
		if login != "" && !slices.Contains(list, login) && !slices.Contains(t.Excluded, login) && len(list) < maxPeople {
			list = append(list, login)
		}
	}
	if t.ClaimedAt != nil {
		return []string{t.Assignee}
	}
	add(t.Assignee)
	for _, login := range t.CandidateUsers {
		add(login)
	}
	for _, address := range t.Guests {
		add(workflow.GuestID(address))
	}
	groups := t.CandidateGroups
	if t.Anyone {
		groups = append(slices.Clip(groups), "somebody")
	}
	for n := 1; n <= maxPeople && len(groups) > 0; n++ {
		for _, group := range groups {
			add(fmt.Sprintf("%s.%d", group, n))
		}
	}
	return list
}
