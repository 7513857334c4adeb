package engine_test

import (
	"slices"
	"testing"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// TestTask_confirm_on asks again whoever voted before what the vote is about
// changed.
func TestTask_confirm_on(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps:
- {name: split, type: gateway, mode: parallel}
- {name: ask, type: human, for_each: data.reviewers, assignee: "{{ item }}", outcomes: [approve, reject], confirm_on: [data.amount]}
- {name: amend, type: human, anyone: true, form: {schema: {type: object}}, set: {amount: result.amount}}
edges: [{source: split, target: ask}, {source: split, target: amend}]`)
		in := h.start("x", `{"amount": 10, "reviewers": ["mia", "finn"]}`)
		vote := func(who workflow.Actor, outcome string) {
			t.Helper()
			inbox, err := h.store.Tasks(t.Context(), who, engine.TaskFilter{View: engine.TasksMine}, engine.Paging{Limit: 10})
			if err != nil || len(inbox.Items) != 1 {
				t.Fatalf("tasks of %s: %+v, %v", who.ID, inbox.Items, err)
			}
			if _, err := h.CompleteTask(t.Context(), who, inbox.Items[0].ID, engine.Completion{Outcome: outcome}); err != nil {
				t.Fatal(err)
			}
		}
		vote(mia, "approve")
		h.complete(otto, in.ID, "amend", "", `{"amount": 20}`)
		vote(finn, "approve")
		vote(mia, "reject")
		h.until(in.ID, workflow.StatusCompleted)
		var outcomes []string
		for _, e := range h.executions(in.ID, "ask") {
			if e.Role == workflow.EachItem && e.Status == workflow.StepSucceeded {
				outcomes = append(outcomes, e.Outcome)
			}
		}
		if slices.Sort(outcomes); !slices.Equal(outcomes, []string{"approve", "reject"}) {
			t.Errorf("votes that stand: %v", outcomes)
		}
	})
}
