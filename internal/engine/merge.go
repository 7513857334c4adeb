package engine

import (
	"slices"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// merge adds a later transition of the same instance to an earlier one, so that
// both are stored as one.
func merge(first, then *workflow.Transition) *workflow.Transition {
	if first == nil {
		return then
	}
	first.Instance = then.Instance
	first.DataChanged = first.DataChanged || then.DataChanged
	first.Executions = mergeRows(first.Executions, then.Executions, func(e workflow.Execution) uuid.UUID { return e.ID })
	first.Tasks = mergeRows(first.Tasks, then.Tasks, func(t workflow.Task) uuid.UUID { return t.ID })
	mergeDues(first, then)
	first.Sends = append(first.Sends, then.Sends...)
	first.Keys = append(first.Keys, then.Keys...)
	first.Hooks = append(first.Hooks, then.Hooks...)
	first.Events = append(first.Events, then.Events...)
	first.Work = append(stillLeased(first.Work, then.Executions), then.Work...)
	first.NeedsProcesses = then.NeedsProcesses
	return first
}

// stillLeased drops the work of executions that a later command ended.
func stillLeased(work []workflow.Work, later []workflow.Row[workflow.Execution]) []workflow.Work {
	return slices.DeleteFunc(work, func(w workflow.Work) bool {
		return slices.ContainsFunc(later, func(r workflow.Row[workflow.Execution]) bool {
			return r.Value.ID == w.ExecutionID && (r.Value.Status != workflow.StepRunning || r.Value.LeaseNo != w.LeaseNo)
		})
	})
}

// joins reports whether a transition can be merged with its neighbours: one
// that freezes, thaws or clears due rows as a whole stands for itself, and so
// does a start whose key may be taken.
func joins(t *workflow.Transition) bool {
	return (t.From > 0 || len(t.Keys) == 0) && !t.FreezeDues && !t.ThawDues && !t.DeleteAllDues && len(t.Hooks) == 0
}

func mergeRows[T any](rows, later []workflow.Row[T], id func(T) uuid.UUID) []workflow.Row[T] {
	for _, row := range later {
		i := slices.IndexFunc(rows, func(r workflow.Row[T]) bool { return id(r.Value) == id(row.Value) })
		if i < 0 {
			rows = append(rows, row)
			continue
		}
		rows[i].Value = row.Value
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
