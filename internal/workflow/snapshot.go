package workflow

import (
	"maps"
	"slices"

	"github.com/google/uuid"
)

// refreshWaiting derives what lists show: the steps of live branches and what
// they wait for.
func (d *decider) refreshWaiting() {
	d.in.CurrentSteps, d.in.WaitingFor = nil, nil
	if d.in.Status.Finished() {
		return
	}
	for _, step := range d.def.Steps {
		if d.in.State.Steps[step.Name].Live > 0 {
			d.in.CurrentSteps = append(d.in.CurrentSteps, step.Name)
		}
	}
	for _, e := range d.liveExecs() {
		if w, ok := d.waiting(e); ok && len(d.in.WaitingFor) < MaxWaiting {
			d.in.WaitingFor = append(d.in.WaitingFor, w)
		}
	}
}

// waiting says what one execution waits for.
func (d *decider) waiting(e Execution) (Waiting, bool) {
	if e.Hold != HoldNone || e.Status != StepWaiting && e.Status != StepPending {
		return Waiting{}, false
	}
	w := Waiting{Step: e.Step, Kind: string(e.Type), Since: e.CreatedAt, Until: e.DueAt}
	if e.Status == StepPending {
		w.Kind = "join"
		return w, true
	}
	if t, ok := d.taskOf(e.ID); ok {
		w.TaskID = &t.ID
		if t.Assignee != "" {
			w.Users = []string{t.Assignee}
		} else {
			w.Users, w.Groups = t.CandidateUsers, t.CandidateGroups
		}
	}
	return w, true
}

// After returns the snapshot as it is once the transition is durable. It drops
// finished executions that no later decision can read: all but the latest of
// each step in keep. Finished tasks stay, so that whoever comes second hears
// who was first; see Trim.
func (s *Snapshot) After(t *Transition, keep []string) *Snapshot {
	next := &Snapshot{
		Instance:   t.Instance,
		Executions: make(map[uuid.UUID]Execution, len(s.Executions)+len(t.Executions)),
		Tasks:      make(map[uuid.UUID]Task, len(s.Tasks)),
		Dues:       make(map[uuid.UUID]Due, len(s.Dues)),
	}
	for id, e := range s.Executions {
		next.Executions[id] = e
	}
	for _, row := range t.Executions {
		next.Executions[row.Value.ID] = row.Value
	}
	next.prune(keep)
	for id, task := range s.Tasks {
		next.Tasks[id] = task
	}
	for _, row := range t.Tasks {
		next.Tasks[row.Value.ID] = row.Value
	}
	next.Dues = s.duesAfter(t)
	next.Hooks = s.hooksAfter(t)
	return next
}

// Trim drops finished tasks, which a snapshot that is kept for later does not
// need.
func (s *Snapshot) Trim() {
	maps.DeleteFunc(s.Tasks, func(_ uuid.UUID, t Task) bool { return t.Status != TaskPending })
}

// prune drops executions that neither live nor are the latest of a step in
// keep.
func (s *Snapshot) prune(keep []string) {
	latest := map[string]Execution{}
	for _, e := range s.Executions {
		if known, ok := latest[e.Step]; slices.Contains(keep, e.Step) && (!ok || e.Visit > known.Visit) {
			latest[e.Step] = e
		}
	}
	for id, e := range s.Executions {
		if !e.Live && latest[e.Step].ID != id {
			delete(s.Executions, id)
		}
	}
}

func (s *Snapshot) duesAfter(t *Transition) map[uuid.UUID]Due {
	dues := map[uuid.UUID]Due{}
	if t.DeleteAllDues {
		return dues
	}
	for id, due := range s.Dues {
		if slices.Contains(t.DuesDone, id) {
			continue
		}
		dues[id] = due.after(t)
	}
	for _, due := range t.Dues {
		dues[due.ID] = due
	}
	return dues
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

func (s *Snapshot) hooksAfter(t *Transition) []Hook {
	hooks := slices.Clone(s.Hooks)
	for _, row := range t.Hooks {
		h := row.Value
		hooks = slices.DeleteFunc(hooks, func(o Hook) bool {
			return o.Step == h.Step && o.Visit == h.Visit && o.Index == h.Index
		})
		if !h.Consumed {
			hooks = append(hooks, h)
		}
	}
	return hooks
}
