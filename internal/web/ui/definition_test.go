package ui_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestDefinitions_List(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.expense("Fair", 6000)
	all := h.get("otto", "/x/definitions")
	all.has(t, "main tbody tr", 2)
	all.says(t, "main tbody tr", "Expense approval")
	all.has(t, "a[href='/x/definitions/expense_approval/start']", 1)
	all.has(t, "a[href='/x/definitions/survey/start']", 1)
	h.get("mia", "/x/definitions").has(t, "a[href='/x/definitions/survey/start']", 0)
	h.get("otto", "/x/definitions?q=SURV").has(t, "main tbody tr", 1)
	h.get("otto", "/x/definitions?q=nothing").says(t, "main", "No definition matches")
	h.get("otto", "/x/definitions?cursor=bad").expect(t, http.StatusBadRequest, "")
}

func TestDefinition_Page(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	page := h.get("otto", "/x/definitions/expense_approval")
	page.expect(t, http.StatusOK, "")
	page.says(t, "main", "Routes an expense by its amount")
	page.says(t, "[data-graph-source]", `n2("Finance")`)
	page.has(t, "[data-graph-states] tbody tr", 9)
	page.has(t, "#steps-section tbody tr", 9)
	page.has(t, "#transitions-section tbody tr", 16)
	page.says(t, "#steps-section", "Asks somebody of finance")
	page.says(t, "#steps-section", "Asks whoever started it")
	page.says(t, "#steps-section", "due after 2 days")
	page.says(t, "#source-section pre", "name: expense_approval")
	page.has(t, "a[href='/x/definitions/expense_approval/start']", 1)
	h.get("mia", "/x/definitions/survey").has(t, "main a[href$='/start']", 0)
	h.get("otto", "/x/definitions/unknown").expect(t, http.StatusNotFound, "")
	h.get("otto", "/x/definitions/survey?version=9.9.9").expect(t, http.StatusNotFound, "")
}

func TestDefinition_OlderVersion(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(strings.Replace(failing, "1.0.0", "1.10.0", 1))
	h.saveAlso(strings.Replace(failing, "1.0.0", "1.9.0", 1))
	h.get("otto", "/definitions/failing").says(t, "main .facts", "1.10.0")
	older := h.get("otto", "/definitions/failing?version=1.9.0")
	older.says(t, ".notice", "This is version 1.9.0. The latest is 1.10.0.")
	older.has(t, "#versions-section tbody tr", 2)
	older.has(t, "main a[href$='/start']", 0)
}

func TestDefinition_Source(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	got := h.get("otto", "/definitions/survey/source?version=1.0.0")
	got.expect(t, http.StatusOK, "")
	if name := got.header.Get("Content-Disposition"); name != `attachment; filename="survey-1.0.0.yaml"` {
		t.Errorf("Content-Disposition is %q", name)
	}
	if kind := got.header.Get("Content-Type"); kind != "application/yaml; charset=utf-8" {
		t.Errorf("Content-Type is %q", kind)
	}
	if source, want := strings.TrimSpace(got.page.Text()), strings.TrimSpace(anyoneForm); source != want { // the parser of the test drops the first line break
		t.Errorf("source is %q, want %q", source, want)
	}
}
