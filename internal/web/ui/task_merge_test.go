package ui_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"tandem/internal/engine"
)

// delegated has a task that finn has delegated to fred, and gives its path.
func (h *taskHouse) delegated(t *testing.T) (engine.TaskRow, string) {
	t.Helper()
	task := h.expense("Fair", 6000)
	if _, err := h.engine.DelegateTask(t.Context(), taskPeople["finn"], task.ID, "fred", "", 0); err != nil {
		t.Fatal(err)
	}
	return task, "/tasks/" + task.ID.String()
}

func (h *taskHouse) propose(t *testing.T, task engine.TaskRow, output string) {
	t.Helper()
	if _, err := h.engine.ReturnTask(t.Context(), taskPeople["fred"], task.ID, engine.Completion{Outcome: "approve", Output: []byte(output)}); err != nil {
		t.Fatal(err)
	}
}

// A proposal is what the form of who decides begins with.
func TestTask_BeginsWithTheProposal(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task, path := h.delegated(t)
	h.propose(t, task, `{"cost_centre":"4711","comment":"by fred"}`)
	page := h.get("finn", path)
	page.has(t, "input[name=cost_centre][value='4711']", 1)
	page.says(t, "textarea[name=comment]", "by fred")
	page.says(t, "#proposal-title", "Fred proposes: Approve")
}

// Where somebody has filled in the same fields meanwhile, both values are shown,
// and what is chosen is what the form goes on with.
func TestTask_ChoosesBetweenTwoValues(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	path := "/tasks/" + task.ID.String()
	form := h.get("finn", path).values(t)
	form.Set("cost_centre", "0815")
	form.Set("comment", "mine\nin two lines")
	form.Set("_comment", "a note")
	if _, err := h.engine.DelegateTask(t.Context(), taskPeople["finn"], task.ID, "fred", "", 0); err != nil {
		t.Fatal(err)
	}
	h.propose(t, task, `{"cost_centre":"4711","comment":"theirs"}`)

	form.Set("_outcome", "approve")
	stale := h.post("finn", path+"/complete", form)
	stale.expect(t, http.StatusConflict, "")
	stale.says(t, ".notice", "The task has changed since you opened it.")
	stale.says(t, "#changed + div tbody tr", "Withnobody yetFinn (claimed)")
	stale.has(t, "fieldset .compare-choice", 2)
	stale.says(t, "fieldset:has([name='_pick:cost_centre'])", "What you typed0815 What is there now4711")
	stale.has(t, "[name='_pick:cost_centre'][value=mine][checked]", 1)

	chosen := url.Values{}
	stale.page.Find("form[action='" + path + "/form'] input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
		chosen.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	chosen.Set("_pick:cost_centre", "now")
	chosen.Set("_pick:comment", "mine")
	page := h.post("finn", path+"/form", chosen)
	page.expect(t, http.StatusOK, "")
	kept := page.values(t)
	if kept.Get("cost_centre") != "4711" || kept.Get("comment") != "mine\nin two lines" || kept.Get("_comment") != "a note" {
		t.Fatalf("the form goes on with %v, want what was chosen", kept)
	}
	kept.Set("_outcome", "approve")
	h.post("finn", path+"/complete", kept).expect(t, http.StatusSeeOther, "/tasks?notice=task_completed")
	if got := string(h.task(task.ID).Output); got != `{"comment":"mine\nin two lines","cost_centre":"4711"}` {
		t.Errorf("stored %s", got)
	}
}

// What somebody else has decided stands beside what was typed.
func TestTask_BothValuesOfADecision(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	path := "/tasks/" + h.expense("Fair", 6000).ID.String() + "/complete"
	h.post("finn", path, url.Values{"_outcome": {"approve"}, "cost_centre": {"4711"}, "_comment": {"theirs"}})
	late := h.post("fred", path, url.Values{"_outcome": {"reject"}, "cost_centre": {"0815"}, "_comment": {"mine"}})
	late.expect(t, http.StatusConflict, "")
	late.says(t, "#typed + div tbody", "DecisionRejectApprove")
	late.says(t, "#typed + div", "Cost centre08154711")
	late.says(t, "#typed + div", "minetheirs")
}
