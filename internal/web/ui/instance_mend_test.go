package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// mendable has a branch that fails beside one that waits.
const mendable = `
format: 1
name: mendable
version: 1.0.0
title: Mendable
steps:
  - {name: first, type: machine, action: noop, title: First}
  - {name: ask, type: human, title: Ask, candidate_groups: [finance]}
  - {name: charge, type: machine, action: fail, title: Charge, with: {message: declined, code: "{{ data.code }}"}}
edges:
  - {source: first, target: ask}
  - {source: first, target: charge}
`

// broken starts an instance of mendable that fails with a code.
func (h *taskHouse) broken(code string) workflow.Instance {
	h.t.Helper()
	in, err := h.engine.Start(h.t.Context(), taskPeople["otto"], engine.StartInput{Definition: "mendable", Input: []byte(`{"code": "` + code + `", "amount": 1.50}`)})
	if err != nil {
		h.t.Fatal(err)
	}
	for in.Status != workflow.StatusFailed {
		changed, stop := h.engine.Watch(in.ID)
		if in = h.instance(in.ID); in.Status != workflow.StatusFailed {
			<-changed
		}
		stop()
	}
	return in
}

func TestInstance_RetryFromAStep(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.saveAlso(mendable)
	path := "/x/instances/" + h.broken("declined").ID.String()
	page := h.get("olga", path)
	page.says(t, "[data-advice]", "Mend the cause, then retry.")
	page.has(t, "#instance-actions summary.btn-primary", 1)
	page.has(t, "#instance-actions a[href='"+path+"/retry']", 1)

	form := h.get("olga", path+"/retry")
	form.says(t, "select[name=from] option[selected]", "Charge (failed)")
	refused := h.post("olga", path+"/retry", url.Values{"from": {"first"}, "reason": {"once more"}})
	refused.expect(t, http.StatusConflict, "")
	refused.says(t, "#mend-confirm li", "ask, visit 1 (waiting)")
	refused.says(t, "#mend-reason", "once more")
	refused.has(t, "option[value=first][selected]", 1)
	h.post("olga", path+"/retry", url.Values{"from": {"nowhere"}}).says(t, ".problems", "There is no step")
	h.post("otto", path+"/retry", url.Values{"from": {"first"}}).expect(t, http.StatusForbidden, "")
	h.post("olga", path+"/retry", url.Values{"from": {"first"}, "confirm": {"true"}, "reason": {"once more"}}).
		expect(t, http.StatusSeeOther, path+"?notice=instance_retry")
	again := h.get("olga", path)
	again.says(t, "#instance-history", "once more")
	again.says(t, "tr[data-node=n0] td.num", "2")
}

func TestInstance_EditData(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(mendable)
	in := h.broken("expression_failed")
	path := "/instances/" + in.ID.String()
	page := h.get("olga", path)
	page.says(t, "[data-advice]", "Edit the data, then retry.")
	page.says(t, "#instance-actions a.btn-primary", "Edit data")
	form := h.get("olga", path+"/data")
	form.says(t, "#mend-data", `"amount": 1.50`)
	seen := form.page.Find("input[name=seen]").AttrOr("value", "")
	edit := func(how, data string) url.Values {
		return url.Values{"how": {how}, "data": {data}, "seen": {seen}, "reason": {"a typing error"}}
	}
	for data, want := range map[string]string{
		"{\n  \"a\": 1,\n}": "Line 3, column 1", `[1]`: "must be a JSON object", `{"a": 1, "a": 2}`: "At /a:",
	} {
		bad := h.post("olga", path+"/data", edit("whole", data))
		bad.expect(t, http.StatusUnprocessableEntity, "")
		bad.says(t, ".problems", want)
		if got := bad.page.Find("#mend-data").Text(); got != data {
			t.Errorf("the text is %q, want what was typed: %q", got, data)
		}
	}
	without := edit("whole", `{}`)
	without.Del("reason")
	h.post("olga", path+"/data", without).expect(t, http.StatusUnprocessableEntity, "")
	h.post("olga", path+"/data", edit("patch", `{"code": null, "amount": 2.50}`)).expect(t, http.StatusSeeOther, path+"?notice=instance_edit")
	if got := string(h.instance(in.ID).Data); got != `{"amount":2.50}` {
		t.Errorf("the data is %s", got)
	}
	late := h.post("olga", path+"/data", edit("whole", `{"amount": null}`))
	late.expect(t, http.StatusConflict, "")
	late.says(t, ".problems", "has changed since you loaded it")
	seen = late.page.Find("input[name=seen]").AttrOr("value", "")
	h.post("olga", path+"/data", edit("whole", `{"amount": null}`)).expect(t, http.StatusSeeOther, path+"?notice=instance_edit")
	if got := string(h.instance(in.ID).Data); got != `{"amount":null}` {
		t.Errorf("the data is %s", got)
	}
	h.get("otto", path+"/data").expect(t, http.StatusForbidden, "")
}

func TestInstance_Migrate(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(mendable)
	path := "/instances/" + h.broken("declined").ID.String()
	h.get("olga", path+"/migrate").says(t, ".empty", "There is no other version")
	h.saveAlso(strings.NewReplacer("1.0.0", "2.0.0", "name: charge", "name: pay", "target: charge", "target: pay").Replace(mendable))
	report := h.get("olga", path+"/migrate?to=2.0.0")
	report.says(t, "#report", "It cannot move")
	report.has(t, "#report tbody tr", 2)
	report.has(t, "#report form", 0)
	report.has(t, "select[name='step.charge'] option[value=pay]", 1)
	mapped := h.get("olga", path+"/migrate?to=2.0.0&step.charge=pay")
	mapped.says(t, "#report", "It can move.")
	mapped.has(t, "#report input[name='step.charge'][value=pay]", 1)
	values := url.Values{"to": {"2.0.0"}, "step.charge": {"pay"}}
	h.post("olga", path+"/migrate", values).expect(t, http.StatusUnprocessableEntity, "")
	h.post("olga", path+"/migrate", url.Values{"to": {"2.0.0"}, "reason": {"mended"}}).expect(t, http.StatusConflict, "")
	values.Set("reason", "mended")
	h.post("olga", path+"/migrate", values).expect(t, http.StatusSeeOther, path+"?notice=instance_migrate")
	moved := h.get("olga", path)
	moved.says(t, "#instance-head", "2.0.0")
	moved.says(t, "#instance-history", "mended")
}
