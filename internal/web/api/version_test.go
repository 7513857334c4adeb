package api_test

import (
	"net/http"
	"strings"
	"testing"
)

const nightly = `format: 1
name: nightly
version: 1.0.0
schedules:
  - cron: "0 3 * * *"
steps:
  - {name: work, type: machine, action: noop}
`

func TestVersion_Activate(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(nightly)
	h.apply(strings.Replace(nightly, "1.0.0", "1.1.0", 1))
	const path = "/definitions/nightly/versions/1.1.0"
	h.want(http.StatusForbidden, request{Who: "otto", Method: http.MethodPatch, Path: path, Body: `{"is_active": false}`})
	h.want(http.StatusUnprocessableEntity, request{Who: "arno", Method: http.MethodPatch, Path: path, Body: `{}`})
	h.want(http.StatusNotFound, request{Who: "arno", Method: http.MethodPatch, Path: "/definitions/nightly/versions/2.0.0", Body: `{"is_active": false}`})
	got := h.want(http.StatusOK, request{Who: "arno", Method: http.MethodPatch, Path: path, Body: `{"is_active": false, "reason": "too early"}`})
	equal(t, "is_active", got["is_active"], false)
	equal(t, "version", got["version"], "1.1.0")
	equal(t, "created_by", got["created_by"], "arno")
	equal(t, "latest", h.get("otto", "/definitions/nightly")["version"], "1.0.0")
	schedules := h.get("otto", "/schedules")["items"].([]any)
	equal(t, "version of the schedule", schedules[0].(map[string]any)["definition_version"], "1.0.0")
	refused := h.post(http.StatusConflict, "otto", "/instances", `{"definition_name": "nightly", "version": "1.1.0"}`)
	if detail := refused["detail"].(string); !strings.Contains(detail, "not active") {
		t.Errorf("detail is %q", detail)
	}
	h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "nightly"}`)
	h.want(http.StatusOK, request{Who: "arno", Method: http.MethodPatch, Path: path, Body: `{"is_active": true}`})
	h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "nightly", "version": "1.1.0"}`)
}

func TestVersion_Delete(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(nightly)
	const path = "/definitions/nightly/versions/1.0.0"
	h.status(http.StatusOK, request{Who: "otto", Method: http.MethodGet, Path: "/definitions/nightly/source?version=1.0.0"}) // the engine knows it from now on
	h.status(http.StatusForbidden, request{Who: "otto", Method: http.MethodDelete, Path: path})
	h.status(http.StatusConflict, request{Who: "arno", Method: http.MethodDelete, Path: path})
	h.want(http.StatusOK, request{Who: "arno", Method: http.MethodPatch, Path: path, Body: `{"is_active": false}`})
	h.status(http.StatusNoContent, request{Who: "arno", Method: http.MethodDelete, Path: path})
	h.status(http.StatusNotFound, request{Who: "arno", Method: http.MethodDelete, Path: path})
	for _, gone := range []string{"", "/versions", "?version=1.0.0", "/graph?version=1.0.0", "/source?version=1.0.0"} {
		h.status(http.StatusNotFound, request{Who: "otto", Method: http.MethodGet, Path: "/definitions/nightly" + gone})
	}
	h.post(http.StatusNotFound, "otto", "/instances", `{"definition_name": "nightly"}`)
	h.post(http.StatusNotFound, "otto", "/instances", `{"definition_name": "nightly", "version": "1.0.0"}`)
	h.status(http.StatusConflict, yaml(nightly+"title: Other\n"))
	h.status(http.StatusCreated, yaml(nightly))
	h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "nightly", "version": "1.0.0"}`)
	h.want(http.StatusOK, request{Who: "arno", Method: http.MethodPatch, Path: path, Body: `{"is_active": false}`})
	h.status(http.StatusConflict, request{Who: "arno", Method: http.MethodDelete, Path: path})
}

// yaml stores a document as its author would.
func yaml(document string) request {
	return request{Who: "arno", Method: http.MethodPost, Path: "/definitions", Body: document, Header: map[string]string{"Content-Type": "application/yaml"}}
}

func (h *house) status(want int, q request) {
	h.t.Helper()
	if a := h.send(q); a.Status != want {
		h.t.Errorf("%s %s: got %d, want %d\n%s", q.Method, q.Path, a.Status, want, a.Body)
	}
}
