package api_test

import (
	"net/http"
	"strings"
	"testing"
)

const callback = `
format: 1
name: callback
version: 1.0.0
steps:
  - {name: tell, type: machine, action: set, with: {url: "{{ hooks.ready.url }}"}, set: {url: result.url}}
  - name: ready
    type: webhook
    output: machine
    schema: {type: object, required: [ip], properties: {ip: {type: string}, size: {type: number}}}
edges: [{source: tell, target: ready}]
`

func TestAPI_Hook(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(callback)
	start := func() (path, hook string) {
		started := h.want(http.StatusCreated, request{
			Who: "otto", Method: "POST", Path: "/instances", Body: `{"definition_name": "callback"}`, Header: map[string]string{"Prefer": "wait=10"},
		})
		path = "/instances/" + started["id"].(string)
		return path, "/" + h.get("otto", path)["context_data"].(map[string]any)["url"].(string)
	}
	path, hook := start()
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"} {
		a := h.send(request{Method: method, Path: hook})
		equal(t, method, a.Status, http.StatusMethodNotAllowed)
		equal(t, "Allow", a.Header.Get("Allow"), "POST")
	}
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{hook, ``, 400},
		{hook, `a=b`, 400},
		{hook, `{"ip": "\u0000"}`, 400},
		{hook, `{"size": 5}`, 422},
		{hook, `{"ip": "` + strings.Repeat("1", 256<<10) + `"}`, 413},
		{hook + "x", `{}`, 404},
		{"//hooks/banana", `{}`, 404},
		{"//hooks/%00", `{}`, 404},
		{"//hooks/" + strings.Repeat("A", 100), `{}`, 404},
	} {
		h.refused(t, c.status, request{Method: "POST", Path: c.path, Body: c.body}, "")
	}
	equal(t, "still waits", h.get("otto", path)["status"], "waiting")
	equal(t, "accepted", h.post(http.StatusAccepted, "", hook, `{"ip": "10.0.0.1", "size": 1.50}`)["status"], "accepted")
	detail := h.get("otto", path)
	equal(t, "completed", detail["status"], "completed")
	equal(t, "machine", detail["context_data"].(map[string]any)["machine"], any(map[string]any{"ip": "10.0.0.1", "size": number("1.50")}))
	h.refused(t, http.StatusConflict, request{Method: "POST", Path: hook, Body: `{"ip": "again"}`}, "")
}
