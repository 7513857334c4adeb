package ui_test

import (
	"net/http"
	"net/url"
	"testing"

	"tandem/internal/engine"
)

// The forms of a definition are there to look at and to try; nothing is kept.
func TestFormPreview(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	const path = "/x/definitions/expense_approval/forms"
	h.get("otto", "/x/definitions/expense_approval").has(t, "main a[href='"+path+"?version=1.0.0']", 1)

	page := h.get("otto", path)
	page.expect(t, http.StatusOK, "")
	page.says(t, "h2", "Start form")
	page.has(t, "form[action='"+path+"'][novalidate] input[name=amount]", 1)
	page.has(t, "nav [aria-current=page][href='"+path+"?version=1.0.0']", 1)

	refused := h.post("otto", path, url.Values{"purpose": {"A fair"}, "amount": {"-5"}, "category": {"0"}})
	refused.expect(t, http.StatusUnprocessableEntity, "")
	refused.says(t, ".problems li", "Amount (EUR)")
	refused.has(t, "input[name=amount][value='-5']", 1)
	taken := h.post("otto", path, url.Values{"purpose": {"A fair"}, "amount": {"6000.50"}, "category": {"0"}})
	taken.expect(t, http.StatusOK, "")
	taken.says(t, "[data-focus]", "This would be accepted.")
	taken.says(t, "pre", "6000.50")

	step := h.get("otto", path+"/finance")
	step.expect(t, http.StatusOK, "")
	step.has(t, "form[action='"+path+"/finance'] button[name=_outcome]", 3)
	h.post("otto", path+"/finance", url.Values{"_outcome": {"approve"}}).says(t, ".problems li", "Cost centre")
	h.post("otto", path+"/finance", url.Values{"_outcome": {"steal"}}).says(t, ".problems li", "Choose one of the buttons")
	h.post("otto", path+"/finance", url.Values{"_outcome": {"reject"}}).expect(t, http.StatusOK, "")
	h.get("otto", path+"/route").expect(t, http.StatusNotFound, "")
	h.get("otto", "/x/definitions/ghost/forms").expect(t, http.StatusNotFound, "")

	if list, err := h.store.Instances(t.Context(), taskPeople["olga"], engine.InstanceFilter{}, engine.Paging{}); err != nil || len(list.Items) != 0 {
		t.Errorf("%d instances, %v; trying a form starts nothing", len(list.Items), err)
	}
}

// Buttons inside a previewed form work as in the form itself.
func TestFormPreview_Buttons(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.apply(`{"format": 1, "name": "tree", "version": "1.0.0", "steps": [{"name": "look", "type": "human", "assignee": "finn",
		"form": {"schema": {"type": "object", "properties": {"lines": {"type": "array", "items": {"type": "string"}}}}}}]}`)
	const path = "/definitions/tree/forms/look"
	h.get("finn", "/definitions/tree/forms").has(t, "form[action='"+path+"']", 1)
	added := h.post("finn", path, url.Values{"_op": {"add:lines"}, "lines.~n": {"-"}, "lines[0]": {"a"}})
	added.expect(t, http.StatusOK, "")
	added.has(t, "input[name='lines[0]'][value=a]", 1)
	added.has(t, "input[name='lines[1]']", 1)
}
