package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestAPI_Migrate(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(mendable)
	path := h.mendableFailed()
	h.apply(strings.NewReplacer("1.0.0", "1.1.0", "name: work", "name: job", "target: work", "target: job", "source: work", "source: job", "action: fail", "action: noop").Replace(mendable))
	for body, status := range map[string]int{
		``:                                      http.StatusUnprocessableEntity, // no reason
		`{"to_version": "7.0.0"}`:               http.StatusNotFound,
		`{"to_version": "1.0.0"}`:               http.StatusUnprocessableEntity,
		`{"step_map": {"work": 1}}`:             http.StatusUnprocessableEntity,
		`{"step_map": {"work": "job"}}`:         http.StatusUnprocessableEntity, // no reason
		`{"reason": "x", "step_map": {}}`:       http.StatusConflict,
		`{"reason": "x", "stepmap": {}}`:        http.StatusUnprocessableEntity,
		`{"reason": "x", "to_version": "1.1"}`:  http.StatusNotFound,
		`{"reason": "x", "to_version": "%s%s"}`: http.StatusNotFound,
	} {
		if a := h.send(request{Who: "olga", Method: http.MethodPost, Path: path + "/migrate", Body: body}); a.Status != status {
			t.Errorf("%s: got %d, want %d\n%s", body, a.Status, status, a.Body)
		}
	}
	h.post(http.StatusForbidden, "otto", path+"/migrate", `{"reason": "x", "step_map": {"work": "job"}}`)
	dry := h.post(http.StatusOK, "olga", path+"/migrate", `{"dry_run": true}`)
	equal(t, "can_move", dry["can_move"], any(false))
	dry = h.post(http.StatusOK, "olga", path+"/migrate", `{"dry_run": true, "step_map": {"work": "job"}}`)
	equal(t, "can_move", dry["can_move"], any(true))
	equal(t, "to_step", dry["executions"].([]any)[0].(map[string]any)["to_step"], "job")
	equal(t, "still", h.get("olga", path)["definition_version"], "1.0.0")
	h.post(http.StatusOK, "olga", path+"/migrate", `{"reason": "mended", "step_map": {"work": "job"}}`)
	equal(t, "moved", h.get("olga", path)["definition_version"], "1.1.0")
	h.post(http.StatusOK, "olga", path+"/retry", "")
}
