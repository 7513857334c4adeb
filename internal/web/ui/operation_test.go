package ui_test

import (
	"net/http"
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

// hidden gives the unseen and chosen values of the form with an action.
func (a answer) hidden(action string) url.Values {
	values := url.Values{}
	a.page.Find("form[action='" + action + "'] input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
		values.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	return values
}

func TestInstances_Bulk(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	first, second := h.expense("Fair", 6000).InstanceID, h.expense("Desk", 1500).InstanceID
	h.begin("survey", "{}")
	list := h.get("olga", "/x/instances?definition=expense_approval")
	list.says(t, "#bulk", "All 2 that match")
	list.has(t, "input[name=id]", 2)
	h.get("uma", "/x/instances").has(t, "#bulk", 0) // she may only look
	h.get("olga", "/x/instances/bulk?action=pause").says(t, ".empty", "No instance is ticked")
	h.get("olga", "/x/instances/bulk?action=explode").expect(t, http.StatusBadRequest, "")

	one := h.get("olga", "/x/instances/bulk?action=pause&definition=expense_approval&which=chosen&id="+first.String())
	one.says(t, "main", "This is for 1 instance.")
	ask := h.get("olga", "/x/instances/bulk?action=pause&definition=expense_approval&which=all&id="+first.String())
	ask.says(t, "main", "This is for 2 instances.")
	values := ask.hidden("/x/instances/bulk")
	values.Set("reason", "the bank is closed")
	begun := h.post("olga", "/x/instances/bulk", values)
	if begun.status != http.StatusSeeOther || !strings.HasPrefix(begun.location, "/x/operations/") {
		t.Fatalf("%d to %q; the page says: %s", begun.status, begun.location, begun.text("main"))
	}
	if again := h.post("olga", "/x/instances/bulk", values); again.location != begun.location {
		t.Errorf("the form sent twice leads to %q, want %q", again.location, begun.location)
	}
	op := h.until(t, begun.location, "[data-state=completed]")
	op.says(t, "#operation dl", "Done2")
	op.says(t, "#operation dl", "the bank is closed")
	op.has(t, "[data-live-topic]", 0)
	for _, in := range []workflow.Instance{h.instance(first), h.instance(second)} {
		if in.Status != workflow.StatusPaused {
			t.Errorf("%s is %s, want it paused", in.ID, in.Status)
		}
	}
	h.get("finn", begun.location).expect(t, http.StatusNotFound, "")

	values.Set("_once", "another")
	refused := h.until(t, h.post("olga", "/x/instances/bulk", values).location, "[data-state=completed]")
	refused.has(t, "section tbody tr", 2)
	refused.says(t, "section tbody", "The instance is paused already.")
}

// until asks for a page until it has an element.
func (h *taskHouse) until(t *testing.T, path, selector string) answer {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		page := h.get("olga", path)
		page.expect(t, http.StatusOK, "")
		if page.page.Find(selector).Length() > 0 {
			return page
		}
		if time.Now().After(end) {
			t.Fatalf("%s never has %s: %s", path, selector, page.text("main"))
		}
		changed, stop := h.engine.Watch(uuid.Nil)
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond):
		}
		stop()
	}
}

func TestOperation_Stop(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	id := h.expense("Fair", 6000).InstanceID
	h.stop() // nobody carries it out
	op, err := h.engine.StartBulk(t.Context(), taskPeople["otto"], engine.Bulk{Action: engine.BulkPause, IDs: []uuid.UUID{id}})
	if err != nil {
		t.Fatal(err)
	}
	path := "/operations/" + op.ID.String()
	page := h.get("otto", path)
	page.says(t, "#operation dl", "To come1")
	page.has(t, "[data-live-topic]", 1)
	h.get("uma", path).has(t, "form[action$='/cancel']", 0)
	h.post("uma", path+"/cancel", nil).expect(t, http.StatusForbidden, "")
	h.post("otto", path+"/cancel", nil).expect(t, http.StatusSeeOther, path)
	h.get("otto", path).says(t, "#operation", "It stops as soon as")
	h.get("otto", "/operations/x").expect(t, http.StatusNotFound, "")
}

func TestInstances_SavedViews(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.get("otto", "/x/instances").has(t, "#saved-views form", 0) // there is no filter to keep
	page := h.get("otto", "/x/instances?status=failed&cursor=&notice=x&q=")
	values := page.hidden("/x/instances/views")
	if got := values.Get("query"); got != "status=failed" {
		t.Errorf("the kept filter is %q", got)
	}
	values.Set("name", "What is broken")
	h.post("otto", "/x/instances/views", values).expect(t, http.StatusSeeOther, "/x/instances?notice=view_saved&status=failed")
	kept := h.get("otto", "/x/instances?status=failed")
	kept.says(t, "#saved-views [aria-current=page]", "What is broken")
	h.get("finn", "/x/instances").has(t, "#saved-views li", 0)
	values.Set("shared", "true")
	h.post("otto", "/x/instances/views", values)
	shared := h.get("finn", "/x/instances?status=failed")
	shared.says(t, "#saved-views li", "What is broken of Otto")
	shared.has(t, "#saved-views form[action$='/delete']", 0)
	drop := kept.page.Find("#saved-views form[action$='/delete']").AttrOr("action", "")
	h.post("finn", drop, nil).expect(t, http.StatusNotFound, "")
	h.post("otto", drop, nil).expect(t, http.StatusSeeOther, "/x/instances?notice=view_deleted")
	h.get("finn", "/x/instances").has(t, "#saved-views li", 0)
	values.Set("name", " ")
	h.post("otto", "/x/instances/views", values).expect(t, http.StatusUnprocessableEntity, "")
	values.Set("name", strings.Repeat("x", 81))
	h.post("otto", "/x/instances/views", values).expect(t, http.StatusUnprocessableEntity, "")
}

// Operations are listed for those who may see each of them.
func TestOperations(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	id := h.expense("Fair", 6000).InstanceID
	h.get("olga", "/x/operations").says(t, ".empty", "No operations")
	begin := func(who, verb string) string {
		t.Helper()
		values := h.get(who, "/x/instances/bulk?action="+verb+"&which=chosen&id="+id.String()).hidden("/x/instances/bulk")
		values.Set("reason", "the bank is closed")
		begun := h.post(who, "/x/instances/bulk", values)
		begun.expect(t, http.StatusSeeOther, begun.location)
		h.until(t, begun.location, "[data-state=completed]")
		return begun.location
	}
	hers, his := begin("olga", "pause"), begin("otto", "resume") // which he may not
	for who, want := range map[string][]string{"olga": {his, hers}, "uma": {his, hers}, "otto": {his}, "finn": nil} {
		var got []string
		page := h.get(who, "/x/operations")
		page.expect(t, http.StatusOK, "")
		page.page.Find("main tbody th a").Each(func(_ int, a *goquery.Selection) { got = append(got, a.AttrOr("href", "")) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s sees the operations (-want +got):\n%s", who, diff)
		}
	}
	page := h.get("olga", "/x/operations")
	page.says(t, "main tbody tr:first-child", "1 refused")
	page.says(t, "main tbody tr:last-child", "the bank is closed")
	page.says(t, "main tbody tr:last-child", "1 of 1")
	page.has(t, "[data-live-topic]", 0)
	h.get("olga", "/x/operations?status=running&status=canceling").says(t, ".empty", "No operations")
	h.get("olga", "/x/instances").has(t, "main a[href='/x/operations']", 1)
	h.get("ada", "/x/admin/system").has(t, "main a[href='/x/operations']", 1)
}
