package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

func TestInstances_Filters(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.saveAlso(failing)
	failed := h.failed()
	open := h.expense("Fair", 6000)
	h.expense("Desk", 1500)
	if _, err := h.engine.Cancel(t.Context(), taskPeople["otto"], open.InstanceID, ""); err != nil {
		t.Fatal(err)
	}
	h.get("olga", "/x/instances?status=waiting").says(t, "main tbody th", "Approve 1500 EUR: Desk")
	tests := []struct {
		query string
		want  int
	}{
		{"", 3},
		{"?status=failed", 1},
		{"?status=failed&status=canceled", 2},
		{"?status=", 3},
		{"?definition=expense_approval", 2},
		{"?definition=expense_approval&version=1.0.0", 2},
		{"?definition=expense_approval&version=2.0.0", 0},
		{"?definition=expense_approval&status=waiting", 1},
		{"?q=" + failed.ID.String()[24:], 1},
		{"?created_by=otto", 3},
		{"?created_by=mia", 0},
		{"?completed_since=2020-01-31", 1},
		{"?completed_since=2999-01-31", 0},
		{"?started_after=2020-01-31&started_before=2999-01-31", 3},
		{"?started_before=2020-01-31", 0},
		{"?completed_before=2999-01-31", 1},
		{"?correlation_id=x", 0},
		{"?data_path=amount&data_op=gt&data_value=5000", 1},
		{"?data.amount[gt]=1000&data.purpose=Desk", 1},
		{"?sort=oldest", 3},
		{"?health=failed", 1},
		{"?health=failed&health=on_hold&status=waiting", 0},
		{"?assignee=mia", 0},
		{"?step=manager", 1},
		{"?step=finance", 0},
		{"?label=nobody", 0},
		{"?failed_step=charge", 1},
		// as the API calls them
		{"?definition_name=expense_approval", 2},
		{"?definition_name=expense_approval&completed_after=2020-01-31T00:00:00Z", 1},
		{"?completed_after=2999-01-31T00:00:00Z&sort=started_at", 0},
	}
	for _, tt := range tests {
		page := h.get("olga", "/x/instances"+tt.query)
		page.expect(t, http.StatusOK, "")
		if got := page.page.Find("main #instance-rows tbody tr").Length(); got != tt.want {
			t.Errorf("%q lists %d instances, want %d", tt.query, got, tt.want)
		}
	}
	kept := h.get("olga", "/x/instances?status=failed&definition=expense_approval&q=a%22b&created_by=mia&completed_since=2020-01-31")
	kept.has(t, "input[name=status][checked]", 1)
	kept.has(t, "option[value=expense_approval][selected]", 1)
	kept.has(t, "input[name=created_by][value=mia]", 1)
	kept.has(t, "input[name=completed_since][value='2020-01-31']", 1)
	if q := kept.page.Find("main input[name=q]").AttrOr("value", ""); q != `a"b` {
		t.Errorf("the query is shown as %q", q)
	}
	kept.has(t, "[data-live-topic^='/x/live/instances?']", 1)
	kept.says(t, "main", "No instance matches")
	data := h.get("olga", "/x/instances?data.amount[gte]=1000&data.purpose=Desk&status=waiting")
	data.has(t, "input[name=data_path][value=amount]", 1)
	data.has(t, "input[name=data_value][value='1000']", 1)
	data.says(t, "main form li", "And: purpose is Desk")
	data.has(t, "input[name='data.purpose[eq]'][value=Desk]", 1)
	data.has(t, "main form li a[href='/x/instances?data.amount%5Bgte%5D=1000&status=waiting']", 1)
	for _, bad := range []string{"?status=nope", "?completed_since=soon", "?cursor=x", "?data.a[[eq]=1", "?health=bad"} {
		h.get("olga", "/x/instances"+bad).expect(t, http.StatusBadRequest, "")
	}
}

func TestInstances_Pages(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	for range engine.DefaultLimit + 1 {
		if _, err := h.engine.Start(t.Context(), taskPeople["otto"], engine.StartInput{Definition: "survey", Input: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	first := h.get("otto", "/x/instances?definition=survey")
	first.says(t, ".pager", "50 of 51")
	next := first.page.Find(".pager a[rel=next]").AttrOr("href", "")
	second := h.get("otto", next)
	second.has(t, "main tbody tr", 1)
	second.has(t, ".pager a[rel=first][href='/x/instances?definition=survey']", 1)
}

func TestInstance_Page(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	task := h.expense("Fair", 6000)
	path := "/x/instances/" + task.InstanceID.String()
	page := h.get("otto", path)
	page.expect(t, http.StatusOK, "")
	page.says(t, "h1", "Expense approval")
	page.says(t, "[data-why]", "Waits for somebody of finance for under 1 min: “Finance”.")
	page.has(t, "#instance-head [data-state=waiting]", 1)
	page.has(t, "tr[data-node=n2][data-state=waiting]", 1)
	page.has(t, "tr[data-edge=e1][data-taken=true]", 1)
	page.has(t, "tr[data-edge=e0][data-taken=false]", 1)
	page.has(t, "#instance-tasks a[href='/x/tasks/"+task.ID.String()+"']", 1)
	page.says(t, "#instance-data dl", "Amount (EUR)")
	page.says(t, "#instance-data dl", "Fair")
	page.says(t, "#instance-history li:last-child", "Otto started it")
	page.says(t, "#instance-history li:first-child", "Asked somebody of finance: Approve 6000 EUR: Fair")
	page.has(t, "[data-live-topic='/x/live/instances/"+task.InstanceID.String()+"']", 1)

	h.decide("finn", task, engine.Completion{Outcome: "reject", Output: []byte(`{"cost_centre":"4711"}`), Comment: "Too dear <script>"})
	page = h.get("otto", path)
	page.has(t, "#instance-head [data-state=completed]", 1)
	page.says(t, "[data-why]", "Completed after")
	page.says(t, "#instance-history", "Finn decided “Finance”: Reject")
	page.says(t, "#instance-history", "Too dear <script>")
	page.says(t, "#instance-tasks tbody tr", "Finn")
	page.says(t, "#instance-tasks tbody tr", "Cost centre: 4711")
	page.has(t, "[data-live-topic]", 0)
	page.has(t, "#instance-actions form", 0)
}

func TestInstance_InGerman(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Messe", 6000)
	r, err := http.NewRequest(http.MethodGet, "/instances/"+task.InstanceID.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "de")
	page := ask(t, h.pages, r, "otto")
	page.says(t, "[data-why]", "Wartet seit eben auf jemanden aus finance: „Finance“.")
	page.lacks(t, "main", "%!")
}

func TestInstance_Unknown(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	for who, path := range map[string]string{
		"olga": "/instances/" + uuid.NewString(), "otto": "/instances/x", "mia": "/instances/" + task.InstanceID.String(),
	} {
		h.get(who, path).expect(t, http.StatusNotFound, "")
		h.get(who, "/live"+path).expect(t, http.StatusNotFound, "")
		h.post(who, path+"/cancel", nil).expect(t, http.StatusNotFound, "")
	}
	if got := h.instance(task.InstanceID).Status; got != workflow.StatusWaiting {
		t.Errorf("the instance is %s, want it waiting", got)
	}
}

// offered lists the verbs that a page offers.
func offered(a answer) string {
	var list []string
	a.page.Find("#instance-actions form").Each(func(_ int, s *goquery.Selection) {
		action := s.AttrOr("action", "")
		list = append(list, action[strings.LastIndex(action, "/")+1:])
	})
	return strings.Join(list, " ")
}

func TestInstance_OffersWhatOneMayDo(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(failing)
	waiting := h.expense("Fair", 6000).InstanceID
	paused := h.expense("Fair", 6000).InstanceID
	if _, err := h.engine.Pause(t.Context(), taskPeople["olga"], paused, ""); err != nil {
		t.Fatal(err)
	}
	failed := h.failed().ID
	tests := []struct {
		who, want string
		id        uuid.UUID
	}{
		{"olga", "pause cancel skip", waiting},
		{"otto", "cancel", waiting},
		{"finn", "", waiting},
		{"olga", "resume cancel skip", paused},
		{"otto", "cancel", paused},
		{"olga", "retry force-complete cancel skip", failed},
	}
	for _, tt := range tests {
		if got := offered(h.get(tt.who, "/instances/"+tt.id.String())); got != tt.want {
			t.Errorf("%s is offered %q, want %q", tt.who, got, tt.want)
		}
	}
}

func TestInstance_Verbs(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	path := "/x/instances/" + h.expense("Fair", 6000).InstanceID.String()
	because := url.Values{"reason": {"audit <b>"}}
	h.post("olga", path+"/pause", because).expect(t, http.StatusSeeOther, path+"?notice=instance_pause")
	page := h.get("olga", path+"?notice=instance_pause")
	page.says(t, ".notice", "The instance is paused.")
	page.says(t, "[data-why]", "Paused by Olga: audit <b>")
	page.says(t, "[data-why]", "Nothing moves until somebody resumes it.")
	page.has(t, "tr[data-node=n2][data-state=paused]", 1)

	again := h.post("olga", path+"/pause", url.Values{"reason": {"once more"}})
	again.expect(t, http.StatusConflict, "")
	again.says(t, ".notice", "The instance is paused already.")
	again.says(t, ".notice", "once more")
	again.says(t, "title", "Error:")

	h.post("olga", path+"/resume", nil).expect(t, http.StatusSeeOther, path+"?notice=instance_resume")
	h.post("finn", path+"/cancel", because).expect(t, http.StatusForbidden, "")
	h.post("otto", path+"/cancel", because).expect(t, http.StatusSeeOther, path+"?notice=instance_cancel")
	page = h.get("otto", path)
	page.has(t, "#instance-head [data-state=canceled]", 1)
	page.says(t, "[data-why]", "Canceled by Otto: audit <b>")
	h.get("otto", path+"?notice=<b>").has(t, ".notice", 0)
}

func TestInstance_Failed(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(failing)
	path := "/instances/" + h.failed().ID.String()
	page := h.get("olga", path)
	page.says(t, "[data-why]", "Failed at “Charge the card”: the card <b>was</b> declined")
	page.says(t, "[data-why]", "Nothing moves until somebody retries or cancels it.")
	page.says(t, "#instance-executions tbody tr", "the card <b>was</b> declined")
	page.has(t, "tr[data-node=n0][data-state=failed]", 1)
	h.post("olga", path+"/retry", url.Values{"reason": {"card charged"}}).expect(t, http.StatusSeeOther, path+"?notice=instance_retry")
	retried := h.get("olga", path)
	retried.says(t, "#instance-history", "Olga retried what had failed")
	retried.says(t, "#instance-history", "card charged")
}

func TestInstance_FollowsTheServer(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	s := h.follow("otto", "/live/instances/"+task.InstanceID.String())
	s.expect("#instance-head", "#instance-actions", "#graph-steps", "#graph-ways", "#instance-timeline", "#instance-tasks", "#instance-executions",
		"#instance-data", "#instance-history", "#inbox-count")
	if _, err := h.engine.ClaimTask(t.Context(), taskPeople["finn"], task.ID, 0); err != nil {
		t.Fatal(err)
	}
	s.expect("#instance-head") // graph, steps and data have not changed
	if want := "for Finn"; !strings.Contains(s.data, want) {
		t.Errorf("the message says %q, want %q in it", s.data, want)
	}
	s.expect("#instance-tasks", "#instance-history")
	if _, err := h.engine.CompleteTask(t.Context(), taskPeople["finn"], task.ID, engine.Completion{Outcome: "reject"}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for !seen["#instance-history"] || !strings.Contains(s.data, "Completed") {
		seen[s.next()] = true
	}
	want := map[string]bool{
		"#instance-head": true, "#instance-actions": true, "#graph-steps": true, "#graph-ways": true, "#instance-timeline": true, "#instance-tasks": true,
		"#instance-executions": true, "#instance-data": true, "#instance-history": true,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("what was replaced differs (-want +got):\n%s", diff)
	}
}

func TestInstances_FollowTheServer(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	open := h.expense("Fair", 6000)
	live := h.get("olga", "/instances?status=waiting").page.Find("[data-live-topic]").AttrOr("data-live-topic", "")
	s := h.follow("olga", live)
	id := open.InstanceID.String()
	s.expect("#i-"+id, "#w-"+id, "#f-"+id, "#instance-news", "#inbox-count")
	if strings.Contains(s.data, "new") {
		t.Errorf("the news are %s, want none", s.data)
	}
	h.begin("survey", "{}")
	s.expect("#instance-news")
	if !strings.Contains(s.data, "+1 new") {
		t.Errorf("the news are %s, want one new", s.data)
	}
	if _, err := h.engine.Cancel(t.Context(), taskPeople["otto"], open.InstanceID, ""); err != nil {
		t.Fatal(err)
	}
	for s.next() != "#i-"+id { // the row stays, though it does not match any more
	}
	if !strings.Contains(s.data, "Canceled") {
		t.Errorf("the row says %s", s.data)
	}
	for _, bad := range []string{"?rows=x", "?rows=" + strings.Repeat("A", 2000)} {
		h.get("olga", "/live/instances"+bad).expect(t, http.StatusBadRequest, "")
	}
}

func TestInstance_LongHistory(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	for range 60 {
		if _, err := h.engine.ClaimTask(t.Context(), taskPeople["finn"], task.ID, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := h.engine.UnclaimTask(t.Context(), taskPeople["finn"], task.ID, 0); err != nil {
			t.Fatal(err)
		}
	}
	newest := h.get("otto", "/instances/"+task.InstanceID.String())
	newest.has(t, "#instance-history li", 100)
	newest.has(t, "#instance-history a[href='/instances/"+task.InstanceID.String()+"/history']", 1)
	newest.says(t, "#instance-history li:first-child", "Finn gave “Finance” back")
	newest.says(t, "#instance-history", "100 of 125 entries.")
	earlier := h.get("otto", newest.page.Find("#instance-history p > a.text-link").AttrOr("href", ""))
	earlier.has(t, "#instance-history li", 25)
	earlier.says(t, "#instance-history li:last-child", "Otto started it")
	h.get("otto", "/instances/"+task.InstanceID.String()+"?skip=99999999999").expect(t, http.StatusOK, "")
}

func TestInstance_Mend(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(failing)
	t.Run("skip", func(t *testing.T) {
		path := "/instances/" + h.failed().ID.String()
		execution := h.get("olga", path).page.Find("input[name=execution]").AttrOr("value", "")
		h.post("olga", path+"/skip", url.Values{"execution": {execution}}).expect(t, http.StatusUnprocessableEntity, "")
		h.post("olga", path+"/skip", url.Values{"execution": {"x"}, "reason": {"no"}}).expect(t, http.StatusUnprocessableEntity, "")
		h.post("otto", path+"/skip", url.Values{"execution": {execution}, "reason": {"no"}}).expect(t, http.StatusForbidden, "")
		h.post("olga", path+"/skip", url.Values{"execution": {execution}, "reason": {"paid in cash"}}).expect(t, http.StatusSeeOther, path+"?notice=instance_skip")
		page := h.get("olga", path+"?notice=instance_skip")
		page.says(t, ".notice", "The step was skipped.")
		page.says(t, "#instance-history", "paid in cash")
	})
	t.Run("data_and_completion", func(t *testing.T) {
		in := h.failed()
		path := "/instances/" + in.ID.String()
		if _, err := h.engine.EditData(t.Context(), taskPeople["olga"], in.ID, []byte(`{"x": 1}`), "a typing error"); err != nil {
			t.Fatal(err)
		}
		h.get("olga", path).says(t, "#instance-history", "Olga edited the data")
		h.post("olga", path+"/force-complete", nil).expect(t, http.StatusUnprocessableEntity, "")
		h.post("olga", path+"/force-complete", url.Values{"reason": {"done elsewhere"}}).expect(t, http.StatusSeeOther, path+"?notice=instance_force-complete")
		h.get("olga", path).has(t, "#instance-head [data-state=completed]", 1)
	})
}
