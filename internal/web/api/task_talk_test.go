package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestAPI_Delegate(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(mendable)
	started := h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "mendable", "input_data": {"why": "so", "amount": 1}}`)
	task := "/tasks/" + h.get("finn", "/tasks?instance_id="+started["id"].(string))["items"].([]any)[0].(map[string]any)["id"].(string)
	h.post(http.StatusForbidden, "otto", task+"/delegate", `{"to": "mia"}`)
	h.post(http.StatusUnprocessableEntity, "finn", task+"/delegate", `{"to": "finn"}`)
	h.post(http.StatusUnprocessableEntity, "finn", task+"/delegate", `{}`)
	h.post(http.StatusConflict, "finn", task+"/return", `{}`)
	got := h.post(http.StatusOK, "finn", task+"/delegate", `{"to": "otto", "reason": "you know it", "version": 1}`)
	equal(t, "owner", got["owner"], "finn")
	equal(t, "assignee", got["assignee"], "otto")
	h.post(http.StatusConflict, "otto", task+"/complete", `{"output_data": {}}`)
	h.post(http.StatusUnprocessableEntity, "otto", task+"/return", `{"output_data": []}`)
	got = h.post(http.StatusOK, "otto", task+"/return", `{"output_data": {"n": 1.50}, "comment": "fine"}`)
	equal(t, "owner", got["owner"], nil)
	equal(t, "assignee", got["assignee"], "finn")
	proposal := h.get("finn", task)["proposal"].(map[string]any)
	equal(t, "by", proposal["by"], "otto")
	equal(t, "comment", proposal["comment"], "fine")
	equal(t, "output", proposal["output_data"].(map[string]any)["n"], number("1.50"))
	h.post(http.StatusOK, "finn", task+"/complete", `{"output_data": {}}`)
}

func TestAPI_Comments(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(mendable)
	started := h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "mendable", "input_data": {"why": "so", "amount": 1}}`)
	task := "/tasks/" + h.get("finn", "/tasks?instance_id="+started["id"].(string))["items"].([]any)[0].(map[string]any)["id"].(string)
	equal(t, "none", len(h.get("finn", task)["comments"].([]any)), 0)
	h.post(http.StatusCreated, "finn", task+"/comments", `{"text": "Is it **right**?"}`)
	said := h.post(http.StatusCreated, "otto", task+"/comments", `{"text": "It is."}`)
	h.post(http.StatusNotFound, "arno", task+"/comments", `{"text": "hm"}`)
	h.post(http.StatusUnprocessableEntity, "otto", task+"/comments", `{"text": ""}`)
	h.post(http.StatusUnprocessableEntity, "otto", task+"/comments", `{"text": "  "}`)
	seen := h.get("finn", task)
	equal(t, "version", seen["version"], number("1"))
	list := seen["comments"].([]any)
	equal(t, "comments", len(list), 2)
	equal(t, "text", list[0].(map[string]any)["text"], "Is it **right**?")
	equal(t, "last", list[1], any(said))
}

func TestAPI_Audit(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(mendable)
	started := h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "mendable", "input_data": {"why": "so", "amount": 1}}`)
	id := started["id"].(string)
	h.post(http.StatusOK, "olga", "/instances/"+id+"/pause", `{"reason": "=wait"}`)
	for _, who := range []string{"otto", "olga", "arno"} {
		h.want(http.StatusForbidden, request{Who: who, Method: http.MethodGet, Path: "/audit"})
	}
	page := h.get("ada", "/audit?instance_id="+id)
	equal(t, "lines", len(page["items"].([]any)), 2)
	first := page["items"].([]any)[0].(map[string]any)
	equal(t, "action", first["action"], "instance.pause")
	equal(t, "actor", first["actor"], "olga")
	equal(t, "reason", first["reason"], "=wait")
	equal(t, "before", first["before"].(map[string]any)["status"], "waiting")
	equal(t, "after", first["after"].(map[string]any)["status"], "paused")
	equal(t, "nobody", len(h.get("ada", "/audit?actor=nobody")["items"].([]any)), 0)
	h.want(http.StatusBadRequest, request{Who: "ada", Method: http.MethodGet, Path: "/audit?instance_id=x"})

	csv := h.send(request{Who: "ada", Method: http.MethodGet, Path: "/audit/export?format=csv&instance_id=" + id})
	equal(t, "status", csv.Status, http.StatusOK)
	equal(t, "type", csv.Header.Get("Content-Type"), "text/csv; charset=utf-8")
	want := "'=wait" // no spreadsheet may take it for a formula
	if !strings.Contains(string(csv.Body), want) || strings.Contains(string(csv.Body), ",=wait") || !strings.Contains(string(csv.Body), "instance.pause") {
		t.Errorf("CSV:\n%s\nwant %q", csv.Body, want)
	}
	lines := h.send(request{Who: "ada", Method: http.MethodGet, Path: "/audit/export?format=json&instance_id=" + id})
	equal(t, "type", lines.Header.Get("Content-Type"), "application/x-ndjson")
	equal(t, "lines", strings.Count(string(lines.Body), "\n"), 2)
	h.want(http.StatusForbidden, request{Who: "otto", Method: http.MethodGet, Path: "/audit/export"})
}
