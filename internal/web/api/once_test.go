package api_test

import (
	"net/http"
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
