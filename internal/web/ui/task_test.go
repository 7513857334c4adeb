package ui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

func TestInbox_Views(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	first := h.expense("Fair", 6000)
	h.expense("Desk", 1200)

	finn := h.get("finn", "/tasks")
	finn.expect(t, http.StatusOK, "")
	finn.says(t, "#inbox [aria-current=page]", "My groups 1")
	finn.says(t, "title", "My groups · Inbox · Tandem")
	finn.says(t, "tbody th", "Approve 6000 EUR: Fair")
	finn.says(t, "tbody th", "Expense approval")
	finn.says(t, "tbody tr", "Otto")
	finn.says(t, "#inbox-count .sr-only", "1 open task")
	finn.has(t, "tbody tr", 1)
	finn.has(t, "tbody time[title]", 2)
	finn.has(t, "[data-live-topic^='/tasks/live?view=groups&']", 1)

	claimed := h.post("finn", "/tasks/"+first.ID.String()+"/claim", url.Values{"_version": {"1"}, "_back": {"/tasks?view=groups"}})
	claimed.expect(t, http.StatusSeeOther, "/tasks?notice=task_claimed&view=groups")
	after := h.get("finn", claimed.location)
	after.says(t, ".notice", "The task is yours.")
	after.says(t, ".empty h2", "Nothing waits for your groups")
	mine := h.get("finn", "/tasks")
	mine.says(t, "#inbox [aria-current=page]", "My tasks 1")
	mine.has(t, "form[action$='/claim']", 0)

	completed := h.get("finn", "/tasks?view=completed")
	completed.says(t, ".empty h2", "You have not completed a task yet")
	completed.says(t, "title", "Completed · Inbox · Tandem")
	h.get("otto", "/tasks").says(t, ".empty h2", "Nothing waits for you")
	unassigned := h.get("otto", "/tasks?view=unassigned")
	unassigned.says(t, "tbody tr", "group managers")
	unassigned.has(t, "form[action$='/claim']", 0)

	bad := h.get("finn", "/tasks?view=nonsense")
	bad.expect(t, http.StatusBadRequest, "")
	bad.says(t, "main", "Choose one of its tabs.")
	h.get("", "/tasks").expect(t, http.StatusSeeOther, "/login")
}

func TestInbox_SaysWhatIsOverdue(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.expense("Fair", 6000)
	h.get("finn", "/tasks").has(t, "tbody .state-overdue", 0)
	h.later = 72 * time.Hour
	late := h.get("finn", "/tasks")
	late.has(t, "tbody .state-overdue", 1)
	late.says(t, "tbody .state-overdue", "Overdue")
	late.says(t, "tbody tr time", "1 day ago")
}

func TestInbox_Pages(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	for i := range engine.DefaultLimit + 1 {
		h.begin("survey", fmt.Sprintf(`{"n":%d}`, i))
	}
	first := h.get("finn", "/tasks?view=unassigned")
	first.has(t, "tbody tr", engine.DefaultLimit)
	first.says(t, ".pager", "50 of 51")
	next, ok := first.page.Find(".pager a[rel=next]").Attr("href")
	if !ok {
		t.Fatal("there is no next page")
	}
	second := h.get("finn", next)
	second.has(t, "tbody tr", 1)
	second.has(t, ".pager a[rel=first]", 1)
	h.get("finn", "/tasks?cursor=garbage").expect(t, http.StatusBadRequest, "")
}

// An empty inbox shows what comes; a list keeps its rows where they are, says what
// became of them, and announces what has come since.
func TestInbox_FollowsTheServer(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	followed := func(path string) string {
		t.Helper()
		return h.get("finn", path).page.Find("[data-live-topic]").AttrOr("data-live-topic", "")
	}
	empty := h.follow("finn", followed("/tasks?view=groups"))
	empty.expect("#inbox-tabs", "#inbox-list", "#inbox-follow", "#inbox-count")
	first := h.expense("Fair", 6000)
	for empty.next() != "#inbox-list" || !strings.Contains(empty.data, "Approve 6000 EUR: Fair") {
	}
	for empty.next() != "#inbox-follow" {
	}
	if rows := followed("/tasks?view=groups"); !strings.Contains(empty.data, strings.ReplaceAll(rows, "&", "&amp;")) {
		t.Errorf("the list goes on to follow %s, want %s", empty.data, rows)
	}

	second, third := h.expense("Desk", 7000), h.expense("Chair", 8000)
	s := h.follow("finn", followed("/tasks?view=groups"))
	s.expect("#inbox-tabs")
	for _, task := range []engine.TaskRow{first, second, third} {
		id := task.ID.String()
		s.expect("#p-"+id, "#w-"+id, "#d-"+id, "#c-"+id)
	}
	s.expect("#inbox-news")
	if strings.Contains(s.data, "<a") {
		t.Errorf("the news are %s, want none", s.data)
	}
	s.expect("#inbox-count")
	h.expense("Lamp", 6500)
	for s.next() != "#inbox-news" {
	}
	if !strings.Contains(s.data, "+1 new") {
		t.Errorf("the news are %s, want one new", s.data)
	}
	h.post("fred", "/tasks/"+first.ID.String()+"/complete", url.Values{"_outcome": {"reject"}})
	h.post("olga", "/tasks/"+second.ID.String()+"/reassign", url.Values{"_version": {"1"}, "person": {"fred"}}).expect(t, http.StatusSeeOther, "/tasks/"+second.ID.String()+"?notice=task_given")
	if _, err := h.engine.Cancel(t.Context(), taskPeople["otto"], third.InstanceID, ""); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[uuid.UUID]string{first.ID: "Completed by Fred", second.ID: "With Fred now", third.ID: "No longer needed"} {
		again := h.follow("finn", s.path)
		for again.next() != "#p-"+id.String() {
		}
		if strings.Contains(again.data, "checkbox") {
			t.Errorf("what is gone can be chosen: %s", again.data)
		}
		for again.next() != "#d-"+id.String() {
		}
		if !strings.Contains(again.data, want) {
			t.Errorf("the row says %s, want %q", again.data, want)
		}
	}
	h.get("finn", "/tasks/live?view=groups&rows=x").expect(t, http.StatusBadRequest, "")
}

func TestTask_Page(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	task := h.expense("Fair", 6000)
	path := "/x/tasks/" + task.ID.String()

	finn := h.get("finn", path)
	finn.expect(t, http.StatusOK, "")
	finn.says(t, "h1", "Approve 6000 EUR: Fair")
	finn.says(t, "main strong", "6000 EUR")
	finn.says(t, "#request-part .facts", "What for")
	finn.says(t, "#request-part .facts", "Travel")
	finn.says(t, "aside", "Otto")
	finn.says(t, "aside", "group finance")
	finn.has(t, "aside a[href='/x/instances/"+task.InstanceID.String()+"']", 1)
	finn.has(t, "form[action='"+path+"/complete'] input[name=_version][value='1']", 1)
	finn.has(t, "form[action='"+path+"/claim']", 1)
	finn.has(t, "form[action='"+path+"/reassign']", 0)
	var buttons []string
	finn.page.Find("button[name=_outcome]").Each(func(_ int, s *goquery.Selection) {
		buttons = append(buttons, s.AttrOr("value", "")+"="+s.Text())
	})
	if diff := cmp.Diff([]string{"approve=Approve", "request_changes=Ask for changes", "reject=Reject"}, buttons); diff != "" {
		t.Errorf("buttons (-want +got):\n%s", diff)
	}

	otto := h.get("otto", path)
	otto.has(t, "form[action$='/complete']", 0)
	otto.says(t, ".notice", "the workflow leaves you out of it")
	olga := h.get("olga", path)
	olga.says(t, ".notice", "It waits for group finance.")
	olga.has(t, "form[action='"+path+"/reassign']", 1)
	h.get("mia", path).expect(t, http.StatusNotFound, "")
	h.get("finn", "/x/tasks/nonsense").expect(t, http.StatusNotFound, "")
}

func TestTask_InGerman(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Messe", 6000)
	r := postOf("/tasks/"+task.ID.String()+"/complete", url.Values{"_outcome": {"approve"}, "cost_centre": {""}})
	r.Header.Set("Accept-Language", "de-AT")
	got := ask(t, h.pages, r, "finn")
	got.says(t, ".problems h2", "Es gibt ein Problem")
	got.says(t, "h2", "Ihre Entscheidung")
	got.says(t, ".problems li", "Cost centre")
	got.lacks(t, ".problems li", "required")
}

func TestTask_RefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	path := "/tasks/" + task.ID.String() + "/complete"
	tests := []struct {
		name    string
		form    url.Values
		problem string
		target  string
	}{
		{"field missing", url.Values{"_outcome": {"approve"}, "cost_centre": {""}}, "Cost centre", "#f-cost_centre"},
		{"too short", url.Values{"_outcome": {"approve"}, "cost_centre": {"X"}}, "Cost centre", "#f-cost_centre"},
		{"no outcome", url.Values{"cost_centre": {"4711"}}, "Choose one of the buttons: Approve, Ask for changes, Reject", "#outcomes"},
		{"unknown outcome", url.Values{"_outcome": {"steal"}, "cost_centre": {"4711"}}, "Choose one of the buttons", "#outcomes"},
		{"long comment", url.Values{"_outcome": {"reject"}, "_comment": {strings.Repeat("ü", 10_001)}}, "at most 10000 characters", "#comment"},
		{"unknown field", url.Values{"_outcome": {"reject"}, "evil": {"1"}}, "evil", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.form.Set("comment", "typed <b>")
			got := h.post("finn", path, tt.form)
			got.expect(t, http.StatusUnprocessableEntity, "")
			got.says(t, ".problems li", tt.problem)
			got.says(t, "title", "Error:")
			if tt.target != "" {
				got.has(t, ".problems a[href='"+tt.target+"']", 1)
				got.has(t, tt.target, 1)
			}
			if kept := got.values(t); kept.Get("comment") != "typed <b>" || kept.Get("cost_centre") != tt.form.Get("cost_centre") {
				t.Errorf("kept %v, want what was typed", kept)
			}
			got.has(t, "input[name=back][value='/tasks/"+task.ID.String()+"']", 2)
		})
	}
	if got := h.task(task.ID).Status; got != workflow.TaskPending {
		t.Errorf("the task is %s, want it still pending", got)
	}
}

func TestTask_CompleteAndGoOn(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	first, second := h.expense("Fair", 6000), h.expense("Desk", 7000)
	form := h.get("finn", "/tasks/"+first.ID.String()).values(t)
	form.Set("cost_centre", "4711")
	form.Set("_outcome", "approve")
	form.Set("_comment", "fine\r\nby me")
	done := h.post("finn", "/tasks/"+first.ID.String()+"/complete", form)
	done.expect(t, http.StatusSeeOther, "/tasks/"+second.ID.String()+"?notice=task_next")
	h.get("finn", done.location).says(t, ".notice", "This is the next task of your inbox.")

	got := h.task(first.ID)
	if string(got.Output) != `{"cost_centre":"4711"}` || got.Outcome != "approve" || got.CompletedBy != "finn" || got.Comment != "fine\nby me" {
		t.Errorf("stored %s %q by %q, comment %q", got.Output, got.Outcome, got.CompletedBy, got.Comment)
	}
	if status := h.instance(first.InstanceID).Status; status != workflow.StatusCompleted {
		t.Errorf("the instance is %s, want completed", status)
	}
	page := h.get("finn", "/tasks/"+first.ID.String())
	page.has(t, "form[action$='/complete']", 0)
	page.says(t, "#answer-part", "Approve")
	page.says(t, "#answer-part", "Cost centre 4711")
	page.says(t, "#answer-part", "fine by me")

	last := h.post("finn", "/tasks/"+second.ID.String()+"/complete", url.Values{"_outcome": {"reject"}, "cost_centre": {""}, "_version": {"1"}})
	last.expect(t, http.StatusSeeOther, "/tasks?notice=task_completed")
	completed := h.get("finn", "/tasks?view=completed")
	completed.has(t, "tbody tr", 2)
	completed.says(t, "tbody", "Reject")
}

func TestTask_WithoutOutcomes(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.begin("survey", `{"day":"Monday"}`)
	page := h.get("mia", "/tasks/"+task.ID.String())
	page.says(t, "#request-part", "day Monday")
	page.has(t, "button[name=_outcome]", 0)
	page.says(t, "#outcomes button", "Complete")
	bad := h.post("mia", "/tasks/"+task.ID.String()+"/complete", url.Values{"stars": {"many"}})
	bad.expect(t, http.StatusUnprocessableEntity, "")
	bad.has(t, "input[name=stars][value=many][aria-invalid=true]", 1)
	h.post("mia", "/tasks/"+task.ID.String()+"/complete", url.Values{"stars": {"5"}}).
		expect(t, http.StatusSeeOther, "/tasks?notice=task_completed")
	if got := string(h.task(task.ID).Output); got != `{"stars":5}` {
		t.Errorf("stored %s", got)
	}
	bare := h.get("mia", "/tasks/"+h.begin("survey", `{}`).ID.String())
	bare.says(t, "#request-part", "Nothing was filled in.")
	bare.lacks(t, "#request-part", "JSON")
}

func TestTask_SomebodyWasFaster(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	path := "/tasks/" + task.ID.String() + "/complete"
	h.post("finn", path, url.Values{"_outcome": {"reject"}, "_version": {"1"}}).expect(t, http.StatusSeeOther, "/tasks?notice=task_completed")

	late := h.post("fred", path, url.Values{
		"_outcome": {"approve"}, "_version": {"1"}, "_comment": {"ok"}, "cost_centre": {"0815"}, "comment": {"<script>"},
	})
	late.expect(t, http.StatusConflict, "")
	late.says(t, "h1", "Finn completed this at "+h.task(task.ID).CompletedAt.Format("15:04"))
	late.says(t, "#theirs + dl", "Reject")
	late.says(t, "#typed + div tbody", "DecisionApproveReject")
	late.says(t, "#typed + div tbody", "Cost centre0815nothing")
	late.says(t, "#typed + div", "<script>")
	h.post("finn", path, url.Values{"_outcome": {"approve"}, "cost_centre": {"1234"}}).says(t, "h1", "You completed this at")
	h.later = 48 * time.Hour
	h.post("fred", path, url.Values{"_outcome": {"approve"}, "cost_centre": {"1234"}}).says(t, "h1", "Finn completed this on ")
}

func TestTask_ChangedSinceItWasOpened(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	path := "/tasks/" + task.ID.String()
	form := h.get("finn", path).values(t)
	h.post("finn", path+"/claim", url.Values{"_version": {"1"}}).expect(t, http.StatusSeeOther, path+"?notice=task_claimed")

	form.Set("cost_centre", "4711")
	form.Set("_outcome", "approve")
	stale := h.post("finn", path+"/complete", form)
	stale.expect(t, http.StatusConflict, "")
	stale.says(t, ".notice", "The task has changed since you opened it.")
	again := stale.values(t)
	if again.Get("cost_centre") != "4711" || again.Get("_version") != "2" {
		t.Fatalf("the form holds %v, want what was typed and version 2", again)
	}
	again.Set("_outcome", "approve")
	h.post("finn", path+"/complete", again).expect(t, http.StatusSeeOther, "/tasks?notice=task_completed")
}

func TestTask_ClaimedByAnother(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	path := "/tasks/" + task.ID.String()
	h.post("finn", path+"/claim", nil).expect(t, http.StatusSeeOther, path+"?notice=task_claimed")
	h.get("finn", path).says(t, "aside", "Finn (claimed)")

	lost := h.post("fred", path+"/claim", url.Values{"_version": {"1"}})
	lost.expect(t, http.StatusSeeOther, path+"?notice=not_claimed")
	fred := h.get("fred", lost.location)
	fred.says(t, ".notice", "somebody was faster")
	fred.says(t, ".notice", "Finn has claimed this task.")
	fred.has(t, "form[action$='/unclaim']", 0)
	refused := h.post("fred", path+"/complete", url.Values{"_outcome": {"reject"}, "comment": {"mine"}})
	refused.expect(t, http.StatusConflict, "")
	refused.says(t, "#typed + div", "mine")
	h.post("otto", path+"/complete", url.Values{"_outcome": {"approve"}, "cost_centre": {"1234"}}).expect(t, http.StatusForbidden, "")

	h.post("finn", path+"/unclaim", nil).expect(t, http.StatusSeeOther, path+"?notice=task_unclaimed")
	h.get("fred", path).has(t, "form[action$='/complete']", 1)
	if got := h.task(task.ID).Assignee; got != "" {
		t.Errorf("assignee is %q, want nobody", got)
	}
}

func TestTask_PausedInstance(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	if _, err := h.engine.Pause(t.Context(), taskPeople["olga"], task.InstanceID, "wait"); err != nil {
		t.Fatal(err)
	}
	h.get("finn", "/tasks?view=groups").has(t, "main tbody td [data-state=paused]", 1)
	h.get("olga", "/instances/"+task.InstanceID.String()).has(t, "#instance-tasks [data-state=paused]", 1)
	page := h.get("finn", "/tasks/"+task.ID.String())
	page.has(t, "form[action$='/complete'], form[action$='/claim']", 0)
	page.says(t, ".notice", "The workflow is paused.")
	late := h.post("finn", "/tasks/"+task.ID.String()+"/complete", url.Values{"_outcome": {"reject"}, "comment": {"kept"}})
	late.expect(t, http.StatusConflict, "")
	late.says(t, "#typed + div", "kept")

	if _, err := h.engine.Cancel(t.Context(), taskPeople["olga"], task.InstanceID, ""); err != nil {
		t.Fatal(err)
	}
	h.get("finn", "/tasks/"+task.ID.String()).says(t, ".notice", "This task is no longer needed")
}

func TestTask_Reassign(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	path := "/tasks/" + task.ID.String()
	refused := []struct {
		form url.Values
		want string
	}{
		{url.Values{}, "Name either a person or a group"},
		{url.Values{"person": {"mia"}, "group": {"managers"}}, "Name either a person or a group"},
		{url.Values{"person": {"nobody"}, "reason": {"away"}}, "There is nobody with the login name “nobody”"},
		{url.Values{"group": {"ghosts"}}, "There is no group “ghosts”"},
		{url.Values{"person": {"otto"}}, "otto is left out of this task"},
	}
	for _, tt := range refused {
		got := h.post("olga", path+"/reassign", tt.form)
		got.expect(t, http.StatusUnprocessableEntity, "")
		got.says(t, ".problems li", tt.want)
		got.has(t, "details[open] input[name=person][value='"+tt.form.Get("person")+"']", 1)
		got.has(t, "input[name=reason][value='"+tt.form.Get("reason")+"']", 1)
	}
	h.post("finn", path+"/reassign", url.Values{"person": {"mia"}}).expect(t, http.StatusForbidden, "")
	h.post("olga", path+"/reassign", url.Values{"person": {"mia"}, "reason": {"Finn is away"}}).
		expect(t, http.StatusSeeOther, path+"?notice=task_given")
	if got := h.task(task.ID).Assignee; got != "mia" {
		t.Errorf("assignee is %q, want mia", got)
	}
	h.post("mia", path+"/reassign", url.Values{"group": {"staff"}}).expect(t, http.StatusSeeOther, "/tasks?notice=task_given")
	if got := h.task(task.ID).CandidateGroups; !cmp.Equal(got, []string{"staff"}) {
		t.Errorf("candidate groups are %v, want staff", got)
	}
}

func TestTask_NothingTypedIsLostWhenTheEngineIsGone(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	task := h.expense("Fair", 6000)
	h.stop()
	form := url.Values{"_outcome": {"approve"}, "_version": {"1"}, "cost_centre": {"47\"11"}}
	got := h.post("finn", "/x/tasks/"+task.ID.String()+"/complete", form)
	got.expect(t, http.StatusServiceUnavailable, "")
	if got.header.Get("Retry-After") == "" {
		t.Error("the answer says not when to try again")
	}
	got.has(t, "form[method=post][action='/x/tasks/"+task.ID.String()+"/complete'] button[type=submit]", 1)
	for name, want := range form {
		if kept := got.page.Find("input[type=hidden][name="+name+"]").AttrOr("value", ""); kept != want[0] {
			t.Errorf("%s holds %q, want %q", name, kept, want[0])
		}
	}
}

func TestTask_FormThatCannotBeRead(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	r := httptest.NewRequest(http.MethodPost, "/tasks/"+task.ID.String()+"/complete", strings.NewReader("a=%zz"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask(t, h.pages, r, "finn").expect(t, http.StatusBadRequest, "")

	r = postOf("/tasks/"+task.ID.String()+"/complete", url.Values{"comment": {strings.Repeat("x", 100)}})
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 10)
	ask(t, h.pages, r, "finn").expect(t, http.StatusRequestEntityTooLarge, "")
}
