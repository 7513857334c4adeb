package workflow

import (
	"maps"
	"slices"

	"github.com/google/uuid"
)

// refreshWaiting derives what lists show: the steps of live branches and what
// they wait for.
func (d *decider) refreshWaiting() {
	if !d.shown && d.in.StartedAt != nil && !d.in.Status.Finished() {
		return
	}
	d.in.CurrentSteps, d.in.WaitingFor = nil, nil
	if d.in.Status.Finished() {
		return
	}
	if d.in.StartedAt == nil {
		d.in.WaitingFor = d.waitingToStart()
		return
	}
	for _, step := range d.def.all {
		if d.in.State.Steps[step.Name].Live > 0 {
			d.in.CurrentSteps = append(d.in.CurrentSteps, step.Name)
		}
	}
	tokens := d.in.State.Tokens
	if tokens.Waiting+tokens.Joining+tokens.Around+tokens.Running-tokens.Ready == 0 {
		return
	}
	for _, e := range d.outerExecs() {
		if w, ok := d.waiting(e); ok && len(d.in.WaitingFor) < MaxWaiting {
			d.in.WaitingFor = append(d.in.WaitingFor, w)
		}
	}
}

// waiting says what one execution waits for. A group shows what those inside
// wait for, a list of items how many have not ended.
func (d *decider) waiting(e Execution) (Waiting, bool) {
	w := Waiting{Step: e.Step, Kind: string(e.Type), Since: e.CreatedAt, Until: e.DueAt}
	switch {
	case e.Hold != HoldNone, e.Role == EachItem, e.Type == StepGroup && e.Status == StepWaiting:
		return w, false
	case e.Status == StepScheduled && e.DueAt != nil:
		w.Kind = "retry"
		return w, true
	case e.Status == StepScheduled && e.Topic != "":
		w.Kind, w.Topic = WaitingWorker, e.Topic
		return w, true
	case e.Status == StepPending:
		w.Kind = "join"
		return w, true
	case e.Status != StepWaiting:
		return w, false
	case e.Role == EachHolder:
		return d.waitingItems(e, w)
	}
	if e.Child != uuid.Nil {
		w.Child = ptr(e.Child)
	}
	if t, ok := d.taskOf(e.ID); ok {
		w.TaskID = &t.ID
		if t.Assignee != "" {
			w.Users = []string{t.Assignee}
		} else {
			w.Users, w.Groups = append(slices.Clone(t.CandidateUsers), t.guestIDs()...), t.CandidateGroups
		}
	}
	return w, true
}

// Advance makes the snapshot what it is once the transition is durable. It
// changes the snapshot in place: whoever holds it must be its only owner.
func (s *Snapshot) Advance(t *Transition) {
	if t.Moved != nil {
		s.rename(t.Moved)
	}
	s.Instance = t.Instance
	if s.Executions == nil {
		s.Executions, s.Tasks, s.Dues = map[uuid.UUID]Execution{}, map[uuid.UUID]Task{}, map[uuid.UUID]Due{}
	}
	for _, row := range t.Executions {
		s.Executions[row.Value.ID] = row.Value
	}
	for _, row := range t.Tasks {
		s.Tasks[row.Value.ID] = row.Value
	}
	s.advanceDues(t)
	for _, row := range t.Hooks {
		s.advanceHook(row.Value)
	}
}

func (s *Snapshot) advanceDues(t *Transition) {
	if t.DeleteAllDues {
		clear(s.Dues)
		return
	}
	for _, id := range t.DuesDone {
		delete(s.Dues, id)
	}
	if t.ThawDues || t.FreezeDues {
		for id, due := range s.Dues {
			s.Dues[id] = due.after(t)
		}
	}
	for _, due := range t.Dues {
		s.Dues[due.ID] = due
	}
}

// after gives the due row once the transition has thawed or frozen it.
func (due Due) after(t *Transition) Due {
	if t.ThawDues {
		due.Frozen = false
		if due.Kind.Moves() {
			due.At = due.At.Add(t.ThawShift)
		}
	}
	if t.FreezeDues {
		due.Frozen = true
	}
	return due
}

func (s *Snapshot) advanceHook(h Hook) {
	s.Hooks = slices.DeleteFunc(slices.Clone(s.Hooks), func(o Hook) bool {
		return o.Step == h.Step && o.Visit == h.Visit && o.Index == h.Index
	})
	if !h.Consumed {
		s.Hooks = append(s.Hooks, h)
	}
}

// Trim drops what a snapshot that is kept for the next decision does not need:
// finished executions but the latest of each step in keep, finished tasks, and
// items but the machine steps that are being run.
func (s *Snapshot) Trim(keep []string) {
	latest := map[string]Execution{}
	for id := range s.Executions {
		if s.Executions[id].Role == EachItem || !slices.Contains(keep, s.Executions[id].Step) {
			continue
		}
		e := s.Executions[id]
		if known, ok := latest[e.Step]; !ok || e.Visit > known.Visit {
			latest[e.Step] = e
		}
	}
	for id := range s.Executions {
		if s.idle(id, latest) {
			delete(s.Executions, id)
		}
	}
	maps.DeleteFunc(s.Tasks, func(_ uuid.UUID, t Task) bool { return t.Status != TaskPending || t.Item })
	maps.DeleteFunc(s.Dues, func(_ uuid.UUID, due Due) bool {
		_, kept := s.Executions[due.ExecutionID]
		return due.Item && !kept
	})
	maps.DeleteFunc(s.Lists, func(id uuid.UUID, _ []any) bool { return !s.Executions[id].Live })
	s.Loaded = Need{}
}

// idle reports whether the next decision can do without an execution. Entries
// are looked at in place: copying each would cost more than all the rest.
func (s *Snapshot) idle(id uuid.UUID, latest map[string]Execution) bool {
	switch {
	case s.Executions[id].Role == EachItem:
		return !s.Executions[id].Live || s.Executions[id].Type != StepMachine || s.Executions[id].Status == StepWaiting
	case s.Executions[id].Live:
		return false
	}
	return latest[s.Executions[id].Step].ID != id
}

// Size is the number of bytes in the snapshot's documents.
func (s *Snapshot) Size() int {
	n := len(s.Instance.Data) + len(s.Instance.Input)
	for id := range s.Executions {
		n += len(s.Executions[id].Input) + len(s.Executions[id].Output)
	}
	return n
}
