package ui_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"tandem/internal/engine"
)

func TestInstance_Timeline(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.saveAlso(shapes)
	in := h.begun(230)
	path := "/x/instances/" + in.ID.String()
	page := h.get("olga", path)
	page.has(t, "#instance-timeline tbody tr", 6) // the steps, without the items of the list
	page.has(t, "#instance-timeline .timeline-failed", 2)
	page.has(t, "#instance-timeline tr rect.timeline-failed:last-child", 1) // drawn over the waiting around it
	page.says(t, "#instance-timeline tbody td.num", "< 1 min")
	page.has(t, "#instance-timeline [style]", 0)
	full := h.get("olga", path+"/timeline")
	full.expect(t, http.StatusOK, "")
	full.has(t, "tbody tr", 6)
	full.says(t, ".pager", "6 of 6")
	list := full.page.Find("tbody a").AttrOr("href", "")
	items := h.get("olga", list)
	items.says(t, ".lead", "The items of “Vote”.")
	items.has(t, "tbody tr", 100)
	items.says(t, ".pager", "100 of 230")
	next := h.get("olga", items.page.Find(".pager a[rel=next]").AttrOr("href", ""))
	next.says(t, "tbody tr:first-child th", "Vote, item 101")
	last := h.get("olga", next.page.Find(".pager a[rel=next]").AttrOr("href", ""))
	last.has(t, "tbody tr", 30)
	last.has(t, ".pager a[rel=next]", 0)
	closer := h.get("olga", full.page.Find("nav a[href*='from=']").First().AttrOr("href", ""))
	closer.expect(t, http.StatusOK, "")
	closer.has(t, "nav a[href='"+path+"/timeline?']", 1) // back to all
	for _, bad := range []string{"?from=x&to=y", "?from=5&to=1", "?from=0&to=9223372036854775807"} {
		h.get("olga", path+"/timeline"+bad).expect(t, http.StatusBadRequest, "")
	}
	h.get("mia", path+"/timeline").expect(t, http.StatusNotFound, "")
}

func TestInstance_Replay(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	task := h.expense("Fair", 6000)
	h.decide("finn", task, engine.Completion{Outcome: "reject", Comment: "Too dear"})
	path := "/x/instances/" + task.InstanceID.String()
	page := h.get("otto", path)
	first := page.page.Find("#instance-history li:last-child a").AttrOr("href", "")
	at := h.get("otto", first)
	at.expect(t, http.StatusOK, "")
	at.says(t, "#replay", "Entry 1 of")
	at.says(t, "#replay", "Otto started it")
	at.has(t, "tr[data-node][data-state='']", 9)
	at.has(t, "a[rel=prev]", 0)
	var states []string
	for range 50 {
		states = append(states, at.page.Find("#replay [data-state]").AttrOr("data-state", "")+" "+at.page.Find("tr[data-node=n2]").AttrOr("data-state", ""))
		href, more := at.page.Find("a[rel=next]").Attr("href")
		if !more {
			break
		}
		at = h.get("otto", href)
		at.expect(t, http.StatusOK, "")
	}
	seen := fmt.Sprint(states)
	for _, want := range []string{"waiting waiting", "succeeded", "completed succeeded"} {
		if !contains(states, want) {
			t.Errorf("the states are %s, want %q among them", seen, want)
		}
	}
	now := h.get("otto", path+"?at="+time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	now.has(t, "#replay [data-state=completed]", 1)
	now.has(t, "[data-live-topic]", 0)
	for _, bad := range []string{"?at=", "?at=x", "?at=999999999", "?at=1999-01-01T00:00:00Z"} {
		h.get("otto", path+bad).expect(t, http.StatusBadRequest, "")
	}
	h.get("mia", first).expect(t, http.StatusNotFound, "")
}

func contains(list []string, want string) bool {
	for _, s := range list {
		if s == want || len(s) >= len(want) && s[len(s)-len(want):] == want {
			return true
		}
	}
	return false
}

func TestInstance_HistoryPage(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	for range 30 {
		if _, err := h.engine.ClaimTask(t.Context(), taskPeople["finn"], task.ID, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := h.engine.UnclaimTask(t.Context(), taskPeople["finn"], task.ID, 0); err != nil {
			t.Fatal(err)
		}
	}
	path := "/instances/" + task.InstanceID.String() + "/history"
	page := h.get("otto", path)
	page.has(t, "#history li", engine.DefaultLimit)
	page.says(t, "#history li:first-child", "Finn gave “Finance” back")
	second := h.get("otto", page.page.Find(".pager a[rel=next]").AttrOr("href", ""))
	second.says(t, "#history li:last-child", "Otto started it")
	byFinn := h.get("otto", path+"?who=finn&kind=task")
	byFinn.says(t, ".pager", "50 of 60")
	byFinn.has(t, "option[value=task][selected]", 1)
	h.get("otto", path+"?kind=workflow").has(t, "#history li", 1)
	h.get("otto", path+"?who=nobody").says(t, ".empty", "Nothing in the history matches")
	h.get("otto", path+"?kind=x").expect(t, http.StatusBadRequest, "")
	h.get("mia", path).expect(t, http.StatusNotFound, "")
}

// Of an instance with thousands of visits the page shows what lives and the
// newest, the graph where it is, and the timeline leads to each of them.
func TestInstance_ThousandsOfVisits(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(`
format: 1
name: rounds
version: 1.0.0
steps:
  - {name: fork, type: gateway, mode: parallel}
  - {name: watch, type: human, anyone: true}
  - {name: count, type: machine, action: noop, set: {n: "data.?n.orValue(0) + 1"}, max_visits: 6000}
  - {name: again, type: gateway, mode: exclusive, max_visits: 6000}
  - {name: look, type: human, anyone: true}
edges:
  - {source: fork, target: watch}
  - {source: fork, target: count}
  - {source: count, target: again}
  - {source: again, target: count, condition: "data.n < 5000"}
  - {source: again, target: look, default: true}
`)
	in, err := h.engine.Start(t.Context(), taskPeople["otto"], engine.StartInput{Definition: "rounds", Input: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	changed, stop := h.engine.Watch(in.ID)
	defer stop()
	for end := time.After(2 * time.Minute); len(in.WaitingFor) < 2; {
		select {
		case <-changed:
		case <-time.After(time.Second):
		case <-end:
			t.Fatalf("after two minutes it waits for %+v", in.WaitingFor)
		}
		if in, err = h.store.Instance(t.Context(), taskPeople["olga"], in.ID); err != nil {
			t.Fatal(err)
		}
	}
	path := "/instances/" + in.ID.String()
	page := h.get("olga", path)
	for _, live := range []string{"Watch", "Look"} {
		page.has(t, `#graph-steps tr[data-state=waiting]:contains("`+live+`")`, 1)
		page.has(t, `#instance-executions tbody th:contains("`+live+`")`, 1)
	}
	page.has(t, "#instance-timeline tbody tr", 30)
	page.says(t, "#instance-timeline tbody tr:last-child", "Look")
	page.says(t, "#instance-timeline", "The newest 30 of 10,00")
	page.says(t, "#instance-executions", "the newest of 10,00")
	if n := page.page.Find("#instance-executions tbody tr").Length(); n < 200 || n > 202 {
		t.Errorf("the page lists %d visits, want the newest 200 and what lives", n)
	}
	h.get("olga", path+"/timeline").says(t, ".pager", "100 of 10,00")
	for _, row := range []struct{ skip, want string }{{"5000", "Visit 2,50"}, {"9950", "Visit 4,9"}} {
		full := h.get("olga", path+"/timeline?skip="+row.skip)
		full.expect(t, http.StatusOK, "")
		full.says(t, "tbody tr", row.want)
	}
}
