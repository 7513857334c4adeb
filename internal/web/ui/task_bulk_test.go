package ui_test

import (
	"net/http"
	"net/url"
	"testing"

	"tandem/internal/workflow"
)

// The inbox chooses and sorts without scripts.
func TestInbox_ChoosesAndSorts(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.expense("Fair", 6000)
	h.expense("Desk", 7000)
	page := h.get("finn", "/x/tasks?view=groups&sort=priority")
	page.has(t, "form#bulk[method=get][action='/x/tasks/bulk']", 1)
	page.has(t, "tbody input[type=checkbox][form=bulk][name=_task]", 2)
	page.has(t, "a[aria-current=true][href='/x/tasks?sort=priority&view=groups']", 1)
	page.has(t, "[data-live-topic^='/x/tasks/live?sort=priority&view=groups&']", 1)
	h.get("otto", "/x/tasks?view=unassigned").has(t, "form#bulk", 0)
}

// Several tasks with one form are decided at once; each gets its own answer.
func TestBulk_Decides(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	first, second, third := h.expense("Fair", 6000), h.expense("Desk", 7000), h.expense("Chair", 6500)
	page := h.get("finn", "/tasks/bulk?_task="+first.ID.String()+"&_task="+second.ID.String()+"&_task="+third.ID.String())
	page.expect(t, http.StatusOK, "")
	page.says(t, "#bulk-form h2", "3 tasks")
	page.has(t, "form[action='/tasks/bulk'] input[name=_task]", 3)
	page.has(t, "button[name=_outcome]", 3)
	tasks := url.Values{"_task": {first.ID.String() + ".1", second.ID.String() + ".1", third.ID.String() + ".1"}}

	wrong := url.Values{"_task": tasks["_task"], "_outcome": {"approve"}, "cost_centre": {""}, "comment": {"typed"}}
	refused := h.post("finn", "/tasks/bulk", wrong)
	refused.expect(t, http.StatusUnprocessableEntity, "")
	refused.says(t, ".problems li", "Cost centre")
	refused.has(t, "input[name=_task]", 3)
	refused.says(t, "textarea[name=comment]", "typed")

	h.post("fred", "/tasks/"+second.ID.String()+"/complete", url.Values{"_outcome": {"reject"}})
	if _, err := h.engine.ClaimTask(t.Context(), taskPeople["finn"], third.ID, 0); err != nil {
		t.Fatal(err)
	}
	done := h.post("finn", "/tasks/bulk", url.Values{"_task": tasks["_task"], "_outcome": {"approve"}, "cost_centre": {"4711"}, "_comment": {"all fine"}})
	done.expect(t, http.StatusOK, "")
	done.says(t, ".notice", "1 task is done.")
	done.says(t, ".notice", "2 tasks were left as they are.")
	done.says(t, "tbody", "Fred completed this")
	done.says(t, "tbody", "has changed since")
	if got := h.task(first.ID); got.Outcome != "approve" || string(got.Output) != `{"cost_centre":"4711"}` || got.Comment != "all fine" {
		t.Errorf("stored %q %s %q", got.Outcome, got.Output, got.Comment)
	}
	if got := h.task(third.ID).Status; got != workflow.TaskPending {
		t.Errorf("the task that had changed is %s, want it pending", got)
	}
}

// Tasks with different forms are offered form by form, others are named.
func TestBulk_DifferentForms(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	expense, survey := h.expense("Fair", 6000), h.begin("survey", `{"day":"Monday"}`)
	page := h.get("finn", "/tasks/bulk?_task="+expense.ID.String()+"&_task="+survey.ID.String()+"&_task="+"01234567-0123-7123-8123-0123456789ab")
	page.expect(t, http.StatusOK, "")
	page.has(t, "form[action='/tasks/bulk']", 0)
	page.has(t, "main a[href='/tasks/bulk?_task="+survey.ID.String()+"']", 1)
	page.says(t, "tbody", "A task that you cannot see")
	h.get("finn", "/tasks/bulk").expect(t, http.StatusBadRequest, "")
	const back = "/tasks?notice=none_chosen&view=groups"
	h.get("finn", "/tasks/bulk?_back=%2Ftasks%3Fview%3Dgroups").expect(t, http.StatusSeeOther, back)
	h.get("finn", "/tasks/reassign?_back=%2Ftasks%3Fview%3Dgroups").expect(t, http.StatusSeeOther, back)
	h.post("finn", "/tasks/bulk/claim", url.Values{"_back": {"/tasks?view=groups"}}).expect(t, http.StatusSeeOther, back)
	h.get("finn", back).says(t, ".notice", "No task is ticked")
	h.get("finn", "/tasks/bulk?_back=https%3A%2F%2Fexample.com").expect(t, http.StatusBadRequest, "")
	h.post("otto", "/tasks/bulk", url.Values{"_task": {expense.ID.String()}, "_outcome": {"approve"}, "cost_centre": {"4711"}}).expect(t, http.StatusConflict, "")
}

func TestBulk_Claims(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	first, second := h.expense("Fair", 6000), h.expense("Desk", 7000)
	both := url.Values{"_task": {first.ID.String(), second.ID.String()}, "_back": {"/tasks?view=groups"}}
	h.post("finn", "/tasks/bulk/claim", both).expect(t, http.StatusSeeOther, "/tasks?notice=tasks_claimed&view=groups")
	if got := h.task(second.ID).Assignee; got != "finn" {
		t.Errorf("the second task is with %q, want finn", got)
	}
	lost := h.post("fred", "/tasks/bulk/claim", both)
	lost.expect(t, http.StatusOK, "")
	lost.says(t, "tbody", "Finn has claimed this task.")
}
