package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// roundTrip drives an expense from its document to its end, by API alone.
func roundTrip(t *testing.T, h *house) {
	t.Helper()
	yaml := map[string]string{"Content-Type": "application/yaml"}
	save := request{Who: "arno", Method: http.MethodPost, Path: "/definitions", Body: expense(t), Header: yaml}
	h.want(http.StatusCreated, save)
	h.want(http.StatusOK, save)
	changed := save
	changed.Body = strings.Replace(save.Body, "Expense approval", "Another title", 1)
	h.want(http.StatusConflict, changed)

	def := h.get("otto", "/definitions/expense_approval")
	equal(t, "initial_step", def["initial_step"], "route")
	equal(t, "definitions", h.get("otto", "/definitions")["total"], number("1"))
	equal(t, "versions", h.get("otto", "/definitions/expense_approval/versions")["total"], number("1"))
	source := h.send(request{Who: "otto", Method: http.MethodGet, Path: "/definitions/expense_approval/source"})
	equal(t, "source", string(source.Body), expense(t))

	started := h.send(request{Who: "otto", Method: http.MethodPost, Path: "/instances", Header: map[string]string{"Prefer": "wait=10"}, Body: `
		{"definition_name": "expense_approval", "correlation_id": "e-1", "user_id": "otto", "tenant_id": "default", "metadata": {"from": "test"},
		 "input_data": {"purpose": "A printer", "amount": 6000.00, "category": "equipment"}}`})
	equal(t, "start", started.Status, http.StatusCreated)
	equal(t, "Preference-Applied", started.Header.Get("Preference-Applied"), "wait=10")
	listed := h.get("otto", "/instances?status=waiting&status=failed&definition_name=expense_approval&correlation_id=e-1")
	equal(t, "listed", listed["total"], number("1"))
	instance := listed["items"].([]any)[0].(map[string]any)
	path := "/instances/" + instance["id"].(string)
	equal(t, "Location", started.Header.Get("Location"), v1+path)
	equal(t, "current_step", instance["current_step"], "finance")
	waiting := instance["waiting_for"].([]any)[0].(map[string]any)
	equal(t, "waiting_for groups", waiting["groups"], any([]any{"finance"}))

	decide(t, h, waiting["task_id"].(string))
	finished(t, h, path)
}

func decide(t *testing.T, h *house, id string) {
	t.Helper()
	path := "/tasks/" + id
	task := h.get("finn", path)
	equal(t, "title", task["title"], "Approve 6000.00 EUR: A printer")
	equal(t, "context_data", task["context_data"].(map[string]any)["amount"], number("6000.00"))
	equal(t, "claimable", h.get("finn", "/tasks?claimable=true&overdue=false")["total"], number("1"))
	equal(t, "claimed by", h.post(http.StatusOK, "finn", path+"/claim", "")["assignee"], "finn")
	h.post(http.StatusConflict, "fred", path+"/claim", "")
	equal(t, "unclaimed", h.post(http.StatusOK, "finn", path+"/unclaim", "{}")["assignee"], nil)
	h.post(http.StatusOK, "finn", path+"/claim", `{"user_id": "finn"}`)
	equal(t, "mine", h.get("finn", "/tasks?mine=true")["total"], number("1"))

	invalid := h.post(http.StatusUnprocessableEntity, "finn", path+"/complete", `{"outcome": "approve", "output_data": {"cost_centre": "X"}}`)
	equal(t, "pointer", invalid["errors"].([]any)[0].(map[string]any)["pointer"], "/output_data/cost_centre")
	done := h.want(http.StatusOK, request{
		Who: "finn", Method: http.MethodPost, Path: path + "/complete", Header: map[string]string{"Prefer": "wait=10"},
		Body: `{"outcome": "approve", "output_data": {"cost_centre": "R&D"}, "comment": "fine", "completed_by": "finn"}`,
	})
	equal(t, "status", done["status"], "completed")
	h.post(http.StatusConflict, "finn", path+"/complete", `{"outcome": "reject"}`)
	equal(t, "completed", h.get("finn", "/tasks?mine=true&status=completed")["total"], number("1"))
}

func finished(t *testing.T, h *house, path string) {
	t.Helper()
	detail := h.get("otto", path)
	equal(t, "current_step", detail["current_step"], nil)
	equal(t, "state", detail["context_data"].(map[string]any)["state"], "paid")
	equal(t, "amount", detail["context_data"].(map[string]any)["amount"], number("6000.00"))
	equal(t, "metadata", detail["metadata"], any(map[string]any{"from": "test"}))
	var steps []string
	for _, e := range detail["step_history"].([]any) {
		steps = append(steps, e.(map[string]any)["step_name"].(string))
	}
	equal(t, "step_history", steps, []string{"route", "finance", "pay"})
	task := detail["tasks"].([]any)[0].(map[string]any)
	equal(t, "output_data", task["output_data"], any(map[string]any{"cost_centre": "R&D"}))
	equal(t, "comment", task["comment"], "fine")

	var types []string
	for cursor := ""; ; {
		page := h.get("otto", path+"/history?limit=3&cursor="+cursor)
		for _, e := range page["items"].([]any) {
			types = append(types, e.(map[string]any)["type"].(string))
		}
		if page["has_more"] == false {
			break
		}
		cursor = page["next_cursor"].(string)
	}
	equal(t, "first event", types[0], "workflow.started")
	equal(t, "last event", types[len(types)-1], "workflow.completed")
	stats := h.get("olga", "/stats")
	equal(t, "stats", stats["by_status"].(map[string]any)["completed"], number("1"))
	days := stats["completed_by_day"].([]any)
	equal(t, "days", len(days), 7)
	equal(t, "today", days[6].(map[string]any)["completed"], any(number("1")))
	equal(t, "decided with a due time", stats["decided"], any(map[string]any{"tasks": number("1"), "in_time": number("1")}))
	graphs(t, h, path+"/graph")
}

func graphs(t *testing.T, h *house, path string) {
	t.Helper()
	g := h.get("otto", path+"?direction=LR")
	if text := g["mermaid_source"].(string); !strings.HasPrefix(text, "flowchart LR\n") {
		t.Errorf("mermaid_source: got %q, want a flowchart LR", text)
	}
	states := map[string]any{}
	for _, n := range g["nodes"].([]any) {
		states[n.(map[string]any)["id"].(string)] = n.(map[string]any)["status"]
	}
	equal(t, "states", []any{states["finance"], states["pay"], states["cfo"]}, []any{"succeeded", "succeeded", nil})
	equal(t, "json", h.get("otto", path+"?graph_format=json")["mermaid_source"], "")
	if dot := h.get("otto", path+"?graph_format=dot")["dot_source"].(string); !strings.HasPrefix(dot, "digraph") {
		t.Errorf("dot_source: got %q, want a digraph", dot)
	}
	equal(t, "definition graph", len(h.get("otto", "/definitions/expense_approval/graph")["nodes"].([]any)), len(states))
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
