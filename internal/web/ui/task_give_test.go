package ui_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Several tasks are reassigned from the list of all open ones, without scripts.
func TestTasks_Give(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	first, second := h.expense("Fair", 6000), h.expense("Desk", 7000)
	survey := h.begin("survey", "{}")
	list := h.get("olga", "/x/tasks/open?group=finance")
	list.has(t, "tbody tr", 2)
	list.has(t, "tbody input[type=checkbox][form=give][name=_task]", 2)
	list.has(t, "form#give[method=get][action='/x/tasks/reassign'] input[name=_back][value='/tasks/open?group=finance']", 1)
	h.get("finn", "/x/tasks/open").has(t, "form#give", 0)
	h.get("otto", "/x/tasks/open").has(t, "form#give", 0)
	if _, err := h.engine.ClaimTask(t.Context(), taskPeople["otto"], survey.ID, 0); err != nil {
		t.Fatal(err)
	}
	h.get("otto", "/x/tasks/open").has(t, "tbody input[type=checkbox][value^='"+survey.ID.String()+".']", 1) // which he has
	h.get("olga", "/x/tasks/reassign").expect(t, http.StatusBadRequest, "")

	chosen := "_task=" + first.ID.String() + ".1&_task=" + second.ID.String() + ".1"
	ask := h.get("olga", "/x/tasks/reassign?_back=%2Ftasks%2Fopen%3Fgroup%3Dfinance&"+chosen)
	ask.says(t, "form h2", "2 tasks")
	ask.says(t, "form li", "finance")
	values := ask.hidden("/x/tasks/reassign")
	for _, wrong := range []struct {
		form url.Values
		want string
	}{
		{url.Values{}, "Name either a person or a group"},
		{url.Values{"person": {"nobody"}, "reason": {"away"}}, "There is nobody with the login name “nobody”"},
	} {
		for key, value := range values {
			wrong.form[key] = value
		}
		got := h.post("olga", "/x/tasks/reassign", wrong.form)
		got.expect(t, http.StatusUnprocessableEntity, "")
		got.says(t, ".problems li", wrong.want)
		got.has(t, "input[name=_task]", 2)
		got.has(t, "input[name=reason][value='"+wrong.form.Get("reason")+"']", 1)
	}
	values.Set("person", "mia")
	values.Set("reason", "Finance is away")
	h.post("olga", "/x/tasks/reassign", values).expect(t, http.StatusSeeOther, "/x/tasks/open?group=finance&notice=tasks_given")
	for _, task := range []engine.TaskRow{first, second} {
		if got := h.task(task.ID).Assignee; got != "mia" {
			t.Errorf("%s has %q, want mia", got, task.Title)
		}
	}
	twice := h.post("olga", "/x/tasks/reassign", values)
	twice.says(t, "tbody", "has changed since")

	h.decide("otto", survey, engine.Completion{Output: []byte(`{"stars":5}`)})
	mixed := url.Values{"_task": {survey.ID.String(), first.ID.String()}, "group": {"staff"}}
	some := h.post("mia", "/x/tasks/reassign", mixed)
	some.expect(t, http.StatusOK, "")
	some.says(t, ".notice", "1 task was left as it is.")
	some.says(t, ".notice", "1 task is done.")
	if diff := cmp.Diff([]string{"staff"}, h.task(first.ID).CandidateGroups); diff != "" {
		t.Errorf("candidate groups (-want +got):\n%s", diff)
	}
	refused := h.post("finn", "/x/tasks/reassign", url.Values{"_task": {second.ID.String()}, "person": {"finn"}})
	refused.says(t, "tbody", "You may not operate this workflow.")
	if got := h.task(second.ID); got.Assignee != "mia" || got.Status != workflow.TaskPending {
		t.Errorf("after the refusal it is with %s, %s", got.Assignee, got.Status)
	}
}
