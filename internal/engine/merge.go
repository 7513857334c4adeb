package engine

import (
	"slices"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// A merger collects the transitions of one instance that are stored as one. It
// knows where the rows of each id stand: a long list of items changes hundreds.
type merger struct {
	t          *workflow.Transition // nil until there is one
	executions map[uuid.UUID]int
	tasks      map[uuid.UUID]int
}

// add adds a later transition.
func (m *merger) add(then *workflow.Transition) {
	if m.t == nil {
		m.t = then
		m.executions, m.tasks = nil, nil
		return
	}
	first := m.t
	first.Instance = then.Instance
	first.DataChanged = first.DataChanged || then.DataChanged
	if then.SearchChanged {
		first.SearchChanged, first.Search = true, then.Search
	}
	first.Executions = mergeRows(first.Executions, then.Executions, &m.executions, func(e *workflow.Execution) uuid.UUID { return e.ID })
	first.Tasks = mergeRows(first.Tasks, then.Tasks, &m.tasks, func(t *workflow.Task) uuid.UUID { return t.ID })
	mergeDues(first, then)
	first.Sends = append(first.Sends, then.Sends...)
	mergeWaits(first, then)
	first.Keys = append(first.Keys, then.Keys...)
	first.Hooks = append(first.Hooks, then.Hooks...)
	first.Events = append(first.Events, then.Events...)
	first.Comments = append(first.Comments, then.Comments...)
	first.Records = append(first.Records, then.Records...)
	first.Work = append(stillLeased(first.Work, then.Executions), then.Work...)
	first.Offers = append(first.Offers, then.Offers...)
	first.NeedsProcesses = then.NeedsProcesses
}

// stillLeased drops the work of executions that a later command ended.
func stillLeased(work []workflow.Work, later []workflow.Row[workflow.Execution]) []workflow.Work {
	for i := range later {
		e := &later[i].Value
		work = slices.DeleteFunc(work, func(w workflow.Work) bool {
			return w.ExecutionID == e.ID && (e.Status != workflow.StepRunning || e.LeaseNo != w.LeaseNo)
		})
	}
	return work
}

// joins reports whether a transition can be merged with its neighbours: one
// that moves the instance to another version, freezes, thaws or clears due rows as a whole stands for itself, and so
// does a start whose key may be taken.
func joins(t *workflow.Transition) bool {
	return t.Moved == nil && (t.From > 0 || len(t.Keys) == 0) && !t.FreezeDues && !t.ThawDues && !t.DeleteAllDues && len(t.Hooks) == 0
}

// mergeRows adds later rows to rows; at keeps the place of each id.
func mergeRows[T any](rows, later []workflow.Row[T], at *map[uuid.UUID]int, id func(*T) uuid.UUID) []workflow.Row[T] {
	if *at == nil {
		*at = make(map[uuid.UUID]int, len(rows)+len(later))
		for i := range rows {
			(*at)[id(&rows[i].Value)] = i
		}
	}
	for i := range later {
		key := id(&later[i].Value)
		if place, known := (*at)[key]; known {
			rows[place].Value = later[i].Value
			continue
		}
		(*at)[key] = len(rows)
		rows = append(rows, later[i])
	}
	return rows
}

// mergeDues drops rows that the first transition adds and the second removes.
func mergeDues(first, then *workflow.Transition) {
	for _, id := range then.DuesDone {
		i := slices.IndexFunc(first.Dues, func(d workflow.Due) bool { return d.ID == id })
		if i >= 0 {
			first.Dues = slices.Delete(first.Dues, i, i+1)
			continue
		}
		first.DuesDone = append(first.DuesDone, id)
	}
	first.Dues = append(first.Dues, then.Dues...)
}
