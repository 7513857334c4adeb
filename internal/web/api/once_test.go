package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestAPI_IdempotencyKey(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(expense(t))
	const body = `{"definition_name": "expense_approval", "input_data": {"purpose": "A fair", "category": "travel", "amount": 6000}}`
	send := func(path, body, key string) answer {
		return h.send(request{Who: "otto", Method: http.MethodPost, Path: path, Body: body, Header: map[string]string{"Idempotency-Key": key}})
	}
	first, second := send("/instances", body, "k1"), send("/instances", body, "k1")
	if first.Status != 201 || first.Header.Get("Idempotency-Replayed") != "" {
		t.Fatalf("first: %d, replayed %q\n%s", first.Status, first.Header.Get("Idempotency-Replayed"), first.Body)
	}
	if second.Status != 201 || second.Header.Get("Idempotency-Replayed") != "true" || second.Header.Get("Location") != first.Header.Get("Location") {
		t.Errorf("second: %d, replayed %q, at %s\n%s", second.Status, second.Header.Get("Idempotency-Replayed"), second.Header.Get("Location"), second.Body)
	}
	if other := send("/instances", `{"definition_name": "survey"}`, "k1"); other.Status != 422 {
		t.Errorf("another body: %d, want 422\n%s", other.Status, other.Body)
	}
	if odd := send("/instances", body, "clé"); odd.Status != 400 {
		t.Errorf("a key that is not ASCII: %d, want 400\n%s", odd.Status, odd.Body)
	}
	if total := h.get("otto", "/instances")["total"]; total.(interface{ String() string }).String() != "1" {
		t.Errorf("%v instances, want 1", total)
	}
}

func TestAPI_StartAt(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply("format: 1\nname: alone\nversion: 1.0.0\nunique: running\nsteps:\n- {name: ask, type: human, anyone: true}\n")
	got := h.post(201, "otto", "/instances", `{"definition_name": "alone", "correlation_id": "a", "start_at": "2031-03-04T05:06:07Z"}`)
	if got["status"] != "pending" || got["start_at"] != "2031-03-04T05:06:07Z" {
		t.Errorf("got %v at %v", got["status"], got["start_at"])
	}
	refused := h.post(409, "otto", "/instances", `{"definition_name": "alone", "correlation_id": "a"}`)
	if refused["type"] != "tandem:already_running" || refused["instance_id"] != got["id"] {
		t.Errorf("refused with %v", refused)
	}
	missing := h.post(422, "otto", "/instances", `{"definition_name": "alone"}`)
	if errs := missing["errors"].([]any); errs[0].(map[string]any)["pointer"] != "/correlation_id" {
		t.Errorf("refused with %v", missing)
	}
	if canceled := h.post(200, "otto", "/instances/"+got["id"].(string)+"/cancel", `{}`); canceled["status"] != "canceled" {
		t.Errorf("canceled: %v", canceled)
	}
	h.post(201, "otto", "/instances", `{"definition_name": "alone", "correlation_id": "a"}`)
}

func TestAPI_IdempotencyKey_verbs(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) { t.Parallel(); onceEach(t, setup(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); onceEach(t, onPostgres(t)) })
}

// onceEach does every verb twice under one key: the second time nothing
// happens, whatever has happened in between.
func onceEach(t *testing.T, h *house) {
	const listens = "format: 1\nname: listens\nversion: 1.0.0\nsteps:\n- {name: ask, type: human, anyone: true, outcomes: [yes, no]}\n- {name: wait, type: webhook, message: {name: paid, key: \"{{ data.order }}\"}}\nedges: [{source: ask, target: wait}]\n"
	keys := 0
	// twice sends a request twice under a new key, with between in between.
	twice := func(who, path, body string, between func()) (first map[string]any) {
		t.Helper()
		keys++
		q := request{Who: who, Method: "POST", Path: path, Body: body, Header: map[string]string{"Idempotency-Key": fmt.Sprint("key ", keys)}}
		if strings.HasPrefix(body, "format") {
			q.Header["Content-Type"] = "application/yaml"
		}
		a := h.send(q)
		if between != nil {
			between()
		}
		b := h.send(q)
		if a.Status/100 != 2 || b.Status != a.Status || a.Header.Get("Idempotency-Replayed") != "" || b.Header.Get("Idempotency-Replayed") != "true" {
			t.Fatalf("%s: %d, then %d, replayed %q\n%s\n%s", path, a.Status, b.Status, b.Header.Get("Idempotency-Replayed"), a.Body, b.Body)
		}
		other := q
		if other.Body = body + " "; !strings.HasPrefix(body, "format") {
			other.Body = `{"reason": "another", "user_id": ""}`
		}
		if c := h.send(other); c.Status != 422 {
			t.Errorf("%s with another body: %d\n%s", path, c.Status, c.Body)
		}
		if err := json.Unmarshal(a.Body, &first); err != nil {
			t.Fatal(err)
		}
		return first
	}
	twice("arno", "/definitions", listens, nil)
	start := twice("otto", "/instances", `{"definition_name": "listens", "input_data": {"order": "A"}}`, nil)
	one := "/instances/" + start["id"].(string)
	status := func(want string) {
		t.Helper()
		equal(t, "status", h.get("ada", one)["status"], any(want))
	}
	twice("olga", one+"/pause", `{"reason": "stock"}`, func() { h.post(200, "olga", one+"/resume", `{}`) })
	status("waiting") // the repetition did not pause it again
	task := "/tasks/" + h.get("otto", "/tasks")["items"].([]any)[0].(map[string]any)["id"].(string)
	twice("otto", task+"/claim", ``, func() { h.post(200, "otto", task+"/unclaim", `{}`) })
	equal(t, "assignee", h.get("otto", task)["assignee"], nil)
	done := twice("otto", task+"/complete", `{"outcome": "yes"}`, nil)
	equal(t, "current step", done["current_step"], any("wait"))
	sent := twice("otto", "/messages", `{"name": "paid", "key": "B", "data": 1}`, nil)
	equal(t, "kept", sent["instance_id"], nil)
	h.post(201, "otto", "/instances", `{"definition_name": "listens", "input_data": {"order": "C"}}`)
	bulk := twice("olga", "/instances/bulk", `{"action": "pause", "filter": {"status": ["waiting"]}}`, nil)
	equal(t, "total", bulk["total"], any(2.0))
	forced := twice("olga", one+"/force-complete", `{"reason": "enough"}`, nil)
	equal(t, "forced", forced["status"], any("completed"))
}
