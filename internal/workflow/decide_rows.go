package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// create adds a new execution and counts its visit.
func (d *decider) create(step *Step, scope uuid.UUID, from []uuid.UUID) Execution {
	s := d.in.State.Steps[step.Name]
	s.Visits++
	d.setStep(step.Name, s)
	e := Execution{
		ID: d.env.NewID(), InstanceID: d.in.ID, Step: step.Name, Type: step.Type, Scope: scope,
		Visit: s.Visits, Status: StepPending, Live: true,
		ArrivedFrom: from, CreatedAt: d.env.Now,
	}
	if step.Each != nil {
		e.Role = EachHolder
	}
	return e
}

// put records the execution as changed and keeps the counters true.
func (d *decider) put(e Execution) {
	d.touched = true
	if e.Role != EachItem {
		d.steps = nil
	}
	d.shown = d.shown || e.Role != EachItem || e.Type != StepMachine
	before, known := d.exec(e.ID)
	if known {
		d.count(before, -1)
		d.endWait(before, e)
	}
	d.count(e, +1)
	if row, ok := d.execs[e.ID]; ok {
		row.Value = e
		return
	}
	d.execs[e.ID] = &Row[Execution]{Value: e, Created: !known}
	d.order = append(d.order, e.ID)
}

// count adds by for the token that an execution holds.
func (d *decider) count(e Execution, by int) {
	if !e.Live {
		return
	}
	d.countStep(e, by)
	tokens := &d.in.State.Tokens
	switch {
	case e.Hold == HoldFailed:
		tokens.Failed += by
	case e.Hold != HoldNone:
		tokens.Held += by
	case e.Status == StepPending:
		tokens.Joining += by
	case e.around():
		tokens.Around += by
	case e.Status == StepWaiting:
		tokens.Waiting += by
	default:
		tokens.Running += by
		if e.ready() {
			tokens.Ready += by
		}
	}
}

// countStep counts the token for its step and for the scope around it. Items
// count in their scope alone: other steps see the execution that holds them.
func (d *decider) countStep(e Execution, by int) {
	if e.Role != EachItem {
		s := d.in.State.Steps[e.Step]
		s.Live += by
		d.setStep(e.Step, s)
	}
	scope := d.scope(e.Scope)
	if scope == nil {
		return
	}
	scope.Live += by
	if e.Role != EachItem {
		s := scope.Steps[e.Step]
		s.Live += by
		scope.set(e.Step, s)
	}
}

// around reports whether the execution holds others inside.
func (e Execution) around() bool { return e.Type == StepGroup || e.Role == EachHolder }

// ready reports whether the execution is a machine step that waits for a process
// and nothing else: one with a due time is in back-off, one with a queue lies
// there as a job.
func (e Execution) ready() bool {
	return e.Topic == "" && e.Type == StepMachine && e.Status == StepScheduled && e.Hold == HoldNone && e.DueAt == nil && e.Queue == ""
}

func (d *decider) setStep(name string, s StepState) {
	if d.in.State.Steps == nil {
		d.in.State.Steps = map[string]StepState{}
	}
	d.in.State.Steps[name] = s
}

// task returns the task as this decision sees it.
func (d *decider) task(id uuid.UUID) (Task, bool) {
	if row, ok := d.tasks[id]; ok {
		return row.Value, true
	}
	t, ok := d.snap.Tasks[id]
	return t, ok
}

// taskOf returns the open task of an execution.
func (d *decider) taskOf(exec uuid.UUID) (Task, bool) {
	if d.taskBy == nil {
		d.taskBy = make(map[uuid.UUID]uuid.UUID, len(d.snap.Tasks))
		for id, t := range d.snap.Tasks {
			if t.Status == TaskPending {
				d.taskBy[t.ExecutionID] = id
			}
		}
		for id, row := range d.tasks {
			d.taskBy[row.Value.ExecutionID] = id
		}
	}
	id, ok := d.taskBy[exec]
	if !ok {
		return Task{}, false
	}
	t, _ := d.task(id)
	return t, t.Status == TaskPending
}

// putTask records the task as changed and keeps the counters true. Its version
// grows once a transition.
func (d *decider) putTask(t Task) {
	d.touched, d.shown = true, true
	if before, known := d.task(t.ID); known {
		d.in.State.Tasks.add(before, -1)
	}
	d.in.State.Tasks.add(t, +1)
	if row, ok := d.tasks[t.ID]; ok {
		t.Version = row.Value.Version
		row.Value = t
		return
	}
	_, known := d.snap.Tasks[t.ID]
	t.Version++
	d.tasks[t.ID] = &Row[Task]{Value: t, Created: !known}
	d.torder = append(d.torder, t.ID)
	if d.taskBy != nil {
		d.taskBy[t.ExecutionID] = t.ID
	}
}

// event writes one line of history about the instance.
func (d *decider) event(kind EventType, actor string, detail any) {
	d.touched = true
	d.t.Events = append(d.t.Events, Event{
		InstanceID: d.in.ID, Type: kind, At: d.env.Now, Actor: actor, Detail: mustJSON(detail),
	})
}

// stepEvent writes one line of history about an execution.
func (d *decider) stepEvent(kind EventType, e Execution, actor string, detail any) {
	d.event(kind, actor, detail)
	ev := &d.t.Events[len(d.t.Events)-1]
	ev.ExecutionID, ev.Step, ev.StepType, ev.Role = e.ID, e.Step, e.Type, e.Role
	ev.Visit, ev.Index, ev.Scope, ev.Attempt = e.Visit, e.Index, e.Scope, e.Attempt
	ev.ArrivedFrom, ev.Node = e.ArrivedFrom, d.env.Owner
}

// addDue asks for a due row of an execution.
func (d *decider) addDue(e Execution, kind DueKind, at time.Time) {
	d.t.Dues = append(d.t.Dues, Due{
		ID: d.env.NewID(), InstanceID: d.in.ID, ExecutionID: e.ID, Kind: kind, At: at, Item: e.Role == EachItem,
	})
}

// dropDues removes the due rows of an execution.
func (d *decider) dropDues(exec uuid.UUID) {
	if _, changed := d.execs[exec]; changed {
		d.t.Dues = slices.DeleteFunc(d.t.Dues, func(due Due) bool { return due.ExecutionID == exec })
	}
	if d.duesBy == nil {
		d.duesBy = map[uuid.UUID][]uuid.UUID{}
		for id, due := range d.snap.Dues {
			d.duesBy[due.ExecutionID] = append(d.duesBy[due.ExecutionID], id)
		}
	}
	d.t.DuesDone = append(d.t.DuesDone, d.duesBy[exec]...)
	delete(d.duesBy, exec)
}

// mustJSON encodes values that this package made itself and that therefore
// always encode. nil gives nil.
func mustJSON(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("workflow: encode %T: %v", v, err))
	}
	return raw
}

func ptr[T any](v T) *T { return &v }
