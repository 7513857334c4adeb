package api_test

import (
	"net/http"
	"strings"
	"testing"
)

const mendable = `
format: 1
name: mendable
version: 1.0.0
steps:
  - {name: ask, type: human, candidate_groups: [finance]}
  - {name: work, type: machine, action: fail, with: {message: "{{ data.why }}"}}
  - {name: end, type: machine, action: noop, when: data.amount > 0}
edges: [{source: ask, target: work}, {source: work, target: end}]
`

// mendableFailed starts an instance whose second step fails.
func (h *house) mendableFailed() (path string) {
	h.t.Helper()
	started := h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "mendable", "input_data": {"why": "so", "amount": 1.50}}`)
	path = "/instances/" + started["id"].(string)
	task := h.get("finn", "/tasks?instance_id="+started["id"].(string))["items"].([]any)[0].(map[string]any)
	h.want(http.StatusOK, request{Who: "finn", Method: http.MethodPost, Path: "/tasks/" + task["id"].(string) + "/complete", Body: `{}`,
		Header: map[string]string{"Prefer": "wait=10"}})
	if got := h.get("olga", path)["status"]; got != "failed" {
		h.t.Fatalf("status: got %v, want failed", got)
	}
	return path
}

func TestAPI_Mend(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(mendable)
	t.Run("skip", func(t *testing.T) {
		path := h.mendableFailed()
		h.post(http.StatusOK, "olga", path+"/skip", `{"step": "work", "reason": "not needed", "output_data": {"n": 1.50}}`)
		for _, s := range h.get("olga", path)["step_history"].([]any) {
			if step := s.(map[string]any); step["step_name"] == "work" {
				equal(t, "status", step["status"], "skipped")
				equal(t, "output", step["output_data"].(map[string]any)["n"], number("1.50"))
			}
		}
	})
	t.Run("retry_from", func(t *testing.T) {
		path := h.mendableFailed()
		h.post(http.StatusUnprocessableEntity, "olga", path+"/retry", `{"from_step": "nowhere"}`)
		h.post(http.StatusConflict, "olga", path+"/retry", `{"from_step": "end"}`)
		equal(t, "current_step", h.post(http.StatusOK, "olga", path+"/retry", `{"from_step": "ask", "reason": "ask again"}`)["current_step"], "ask")
	})
	t.Run("force_complete", func(t *testing.T) {
		path := h.mendableFailed()
		equal(t, "status", h.post(http.StatusOK, "olga", path+"/force-complete", `{"reason": "done elsewhere"}`)["status"], "completed")
		h.post(http.StatusConflict, "olga", path+"/force-complete", `{"reason": "again"}`)
	})
	t.Run("data", func(t *testing.T) {
		path := h.mendableFailed()
		patch := func(status int, who, body string) map[string]any {
			return h.want(status, request{Who: who, Method: http.MethodPatch, Path: path + "/data", Body: body})
		}
		patch(http.StatusOK, "olga", `{"patch": {"amount": 2.50, "why": null}, "reason": "a typing error"}`)
		equal(t, "amount", h.get("olga", path)["context_data"].(map[string]any)["amount"], number("2.50"))
		patch(http.StatusUnprocessableEntity, "olga", `{"patch": {"amount": 3}}`)
		patch(http.StatusUnprocessableEntity, "olga", `{"reason": "x"}`)
		patch(http.StatusUnprocessableEntity, "olga", `{"patch": [], "reason": "x"}`)
		patch(http.StatusForbidden, "otto", `{"patch": {"amount": 3}, "reason": "x"}`)
		patch(http.StatusRequestEntityTooLarge, "olga", `{"patch": {"a": "`+strings.Repeat("x", 1<<20-20)+`"}, "reason": "x"}`)
		stale := request{Who: "olga", Method: http.MethodPatch, Path: path + "/data", Body: `{"patch": {"amount": 3}, "reason": "x"}`, Header: map[string]string{"If-Match": `"1"`}}
		h.want(http.StatusPreconditionFailed, stale)
	})
}
