package engine_test

import (
	"slices"
	"testing"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// TestTask_deadlines reminds, marks as overdue and escalates, each once, and
// gives the task to those who were asked at last.
func TestTask_deadlines(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps: [{name: ask, type: human, assignee: mia, remind: 100ms, due: 200ms, escalate: {after: 300ms, groups: [finance]}}]`)
		in := h.start("x", `{}`)
		task := h.task(in.ID, "ask")
		if got := task.ReminderAt.Sub(task.CreatedAt); got != 100*time.Millisecond {
			t.Errorf("to be reminded after %s", got)
		}
		if _, err := h.ClaimTask(t.Context(), mia, task.ID, 0); err != nil {
			t.Fatal(err)
		}
		var told []workflow.EventType
		eventually(t, "the task is escalated", func() bool {
			told = nil
			for _, e := range h.events(in.ID) {
				switch e.Type {
				case workflow.EventTaskReminded, workflow.EventTaskOverdue, workflow.EventTaskEscalated:
					told = append(told, e.Type)
				}
			}
			return slices.Contains(told, workflow.EventTaskEscalated)
		})
		want := []workflow.EventType{workflow.EventTaskReminded, workflow.EventTaskOverdue, workflow.EventTaskEscalated}
		if slices.Sort(want); !slices.Equal(sorted(told), want) {
			t.Errorf("told %v, want each of %v once", told, want)
		}
		inbox, err := h.store.Tasks(t.Context(), finn, engine.TaskFilter{View: engine.TasksInbox}, engine.Paging{Limit: 10})
		if err != nil || len(inbox.Items) != 1 {
			t.Fatalf("finn's inbox: %+v, %v", inbox.Items, err)
		}
		h.complete(finn, in.ID, "ask", "", `{}`)
		h.until(in.ID, workflow.StatusCompleted)
	})
}

func sorted[T ~string](list []T) []T {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
