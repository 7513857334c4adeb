package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tandem/internal/engine"
)

func TestStart(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	const path = "/x/definitions/expense_approval/start"

	page := h.get("otto", path)
	page.expect(t, http.StatusOK, "")
	page.says(t, "h1", "Start: Expense approval")
	page.says(t, "main", "Routes an expense by its amount")
	page.has(t, "form[action='"+path+"'][novalidate] input[name=amount]", 1)
	page.has(t, "input[name=_version][value='1.0.0']", 1)

	typed := url.Values{"purpose": {"A fair"}, "amount": {"-5"}, "category": {"0"}, "notes": {"a\r\nb"}, "_version": {"1.0.0"}}
	refused := h.post("otto", path, typed)
	refused.expect(t, http.StatusUnprocessableEntity, "")
	refused.says(t, ".problems li", "Amount (EUR)")
	refused.has(t, "input[name=amount][value='-5'][aria-invalid=true]", 1)
	refused.has(t, "input[name=purpose][value='A fair']", 1)
	refused.has(t, "input[name=back][value='/definitions/expense_approval/start']", 2)

	typed.Set("amount", "6000.50")
	started := h.post("otto", path, typed)
	list, err := h.store.Instances(t.Context(), taskPeople["otto"], engine.InstanceFilter{}, engine.Paging{})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%d instances, %v", len(list.Items), err)
	}
	in := h.instance(list.Items[0].ID)
	started.expect(t, http.StatusSeeOther, "/x/instances/"+in.ID.String()+"?notice=started")
	typed.Set("_once", page.page.Find("input[name=_once]").AttrOr("value", ""))
	once := h.post("otto", path, typed)
	h.post("otto", path, typed).expect(t, http.StatusSeeOther, once.location)
	if typed.Get("_once") == "" || once.location == started.location {
		t.Errorf("a form without a name of its own, or one that started nothing: %q, %s", typed.Get("_once"), once.location)
	}
	if got, want := string(in.Input), `{"amount":6000.50,"category":"travel","notes":"a\nb","purpose":"A fair"}`; got != want {
		t.Errorf("input is %s, want %s", got, want)
	}
}

func TestStart_Refusals(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.get("otto", "/definitions/no_such/start").expect(t, http.StatusNotFound, "")
	h.get("otto", "/definitions/expense_approval/start?version=9.9.9").expect(t, http.StatusNotFound, "")
	h.get("", "/definitions/expense_approval/start").expect(t, http.StatusSeeOther, "/login")
	for _, answer := range []answer{h.get("finn", "/definitions/survey/start"), h.post("finn", "/definitions/survey/start", nil)} {
		answer.expect(t, http.StatusForbidden, "")
		answer.says(t, "main", "Ask an operator to start it for you.")
	}
	h.get("otto", "/definitions/survey/start").says(t, "form", "This workflow needs no input.")
	got := h.post("otto", "/definitions/survey/start", url.Values{"_version": {"1.0.0"}})
	if got.status != http.StatusSeeOther || !strings.HasPrefix(got.location, "/instances/") {
		t.Errorf("answer is %d to %q, want 303 to the instance", got.status, got.location)
	}
	h.stop()
	gone := h.post("otto", "/definitions/survey/start", url.Values{"_version": {"1.0.0"}})
	gone.expect(t, http.StatusServiceUnavailable, "")
	gone.has(t, "input[type=hidden][name=_version][value='1.0.0']", 1)
}
