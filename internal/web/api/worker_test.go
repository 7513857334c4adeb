package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

const scanning = `
format: 1
name: scanning
version: 1.0.0
steps:
  - name: scan
    type: machine
    action: worker
    topic: scan
    with: {page: "{{ data.page }}"}
    output: text
    retry: {max_attempts: 2, initial: 10ms}
`

// fetchJob gives the one job that must appear.
func (h *house) fetchJob(t *testing.T) map[string]any {
	t.Helper()
	list := h.post(http.StatusOK, "olga", "/worker/jobs/fetch", `{"topics": ["scan"], "lock_for": "1m", "wait": "20s", "worker": "scanner 1"}`)
	items := list["items"].([]any)
	if len(items) != 1 {
		t.Fatalf("fetched %v, want one job", list)
	}
	return items[0].(map[string]any)
}

func TestAPI_Worker(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(scanning)
	started := h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "scanning", "input_data": {"page": 1.50}}`)
	path := "/instances/" + started["id"].(string)
	equal(t, "waiting_for", started["waiting_for"].([]any)[0].(map[string]any)["kind"], any("worker"))
	job := h.fetchJob(t)
	equal(t, "input_data", job["input_data"], any(map[string]any{"page": number("1.50")}))
	equal(t, "attempt", job["attempt"], any(number("1")))
	one := "/worker/jobs/" + job["id"].(string)
	equal(t, "extended", h.post(http.StatusOK, "olga", one+"/extend", `{"lock_for": "5m"}`)["status"], any("locked"))
	h.post(http.StatusOK, "olga", one+"/progress", `{"percent": 30, "message": "page 1"}`)
	step := h.get("otto", path)["step_history"].([]any)[0].(map[string]any)
	equal(t, "progress", step["progress"].(map[string]any)["message"], any("page 1"))
	equal(t, "failed", h.post(http.StatusOK, "olga", one+"/fail", `{"code": "jam", "message": "paper jam", "status": 503}`)["status"], any("failed"))
	h.refused(t, http.StatusConflict, request{Who: "olga", Method: "POST", Path: one + "/complete", Body: `{}`}, "lock_lost")

	again := h.fetchJob(t)
	equal(t, "attempt", again["attempt"], any(number("2")))
	equal(t, "idempotency_key", again["idempotency_key"], job["idempotency_key"])
	one = "/worker/jobs/" + again["id"].(string)
	for range 2 {
		h.post(http.StatusOK, "olga", one+"/complete", `{"output_data": {"text": "Hello", "n": 10000000000000001.0}}`)
	}
	detail := h.get("otto", path)
	equal(t, "status", detail["status"], any("completed"))
	equal(t, "text", detail["context_data"].(map[string]any)["text"], any(map[string]any{"text": "Hello", "n": number("10000000000000001.0")}))
}

// A worker is told whether somebody else has its job or nobody wants it.
func TestAPI_Worker_canceled(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(scanning)
	for verb, body := range map[string]string{"/cancel": `{}`, "/force-complete": `{"reason": "by hand"}`} {
		path := "/instances/" + h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "scanning", "input_data": {"page": 1}}`)["id"].(string)
		one := "/worker/jobs/" + h.fetchJob(t)["id"].(string)
		h.post(http.StatusOK, "olga", path+verb, body)
		for call, body := range map[string]string{"/complete": `{}`, "/extend": `{"lock_for": "1m"}`, "/progress": `{}`, "/fail": `{"code": "x", "message": "x"}`} {
			h.refused(t, http.StatusConflict, request{Who: "olga", Method: "POST", Path: one + call, Body: body}, "tandem:job_canceled")
		}
	}
}

func TestAPI_Worker_refusals(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(scanning)
	const fetch = "/worker/jobs/fetch"
	for body, status := range map[string]int{
		``: 400, `{}`: 422, `{"topics": []}`: 422, `{"topics": ["a b"]}`: 422, `{"topics": ["a"], "max": 101}`: 422,
		`{"topics": ["a"], "wait": "soon"}`: 422, `{"topics": ["a"], "wait": "10m"}`: 422, `{"topics": ["a"], "lock_for": "10ms"}`: 422,
	} {
		h.refused(t, status, request{Who: "olga", Method: "POST", Path: fetch, Body: body}, "")
	}
	h.refused(t, http.StatusForbidden, request{Who: "otto", Method: "POST", Path: fetch, Body: `{"topics": ["scan"]}`}, "")
	h.refused(t, http.StatusForbidden, request{Who: "reader", Method: "POST", Path: fetch, Body: `{"topics": ["scan"]}`}, "scope")
	h.refused(t, http.StatusNotFound, request{Who: "olga", Method: "POST", Path: "/worker/jobs/banana/complete", Body: `{}`}, "")

	h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "scanning", "input_data": {"page": 1}}`)
	one := "/worker/jobs/" + h.fetchJob(t)["id"].(string)
	h.refused(t, http.StatusBadRequest, request{Who: "olga", Method: "POST", Path: one + "/complete", Body: `{"output_data": "\u0000"}`}, "")
	h.refused(t, http.StatusUnprocessableEntity, request{Who: "olga", Method: "POST", Path: one + "/fail", Body: `{"code": "x", "message": "x", "retry_after": "-1s"}`}, "")
	h.refused(t, http.StatusUnprocessableEntity, request{Who: "olga", Method: "POST", Path: one + "/progress", Body: `{"percent": 101}`}, "")
	large := `{"output_data": "` + strings.Repeat("x", 300<<10) + `"}`
	h.refused(t, http.StatusRequestEntityTooLarge, request{Who: "olga", Method: "POST", Path: one + "/complete", Body: large}, "")
	equal(t, "attempt after a result that was too large", h.fetchJob(t)["attempt"], any(number("2")))
}

// A held fetch ends with the shutdown of its server instead of delaying it.
func TestAPI_Worker_closing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	ended := make(chan int, 1)
	r := request{Who: "olga", Method: "POST", Path: "/worker/jobs/fetch", Body: `{"topics": ["scan"], "wait": "30s"}`}
	go func() { ended <- h.send(r).Status }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	h.close()
	select {
	case status := <-ended:
		if status != http.StatusOK && status != http.StatusServiceUnavailable { // the latter when it came after the end
			t.Errorf("status = %d", status)
		}
	case <-ctx.Done():
		t.Error("the fetch is held although the server shuts down")
	}
}
