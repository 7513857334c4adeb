package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// finishedOperation asks for an operation until it has ended.
func (h *house) finishedOperation(who, id string) map[string]any {
	h.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		op := h.get(who, "/operations/"+id)
		if op["finished_at"] != nil {
			return op
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			h.t.Fatalf("the operation does not end: %v", op)
		}
	}
}

func TestAPI_Bulk(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(callback)
	var ids []string
	for range 3 {
		ids = append(ids, fmt.Sprintf("%q", h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "callback"}`)["id"]))
	}
	unknown := uuid.NewString()
	op := h.post(http.StatusAccepted, "olga", "/instances/bulk", `{"action": "pause", "ids": [`+strings.Join(ids, ",")+`,"`+unknown+`"], "reason": "maintenance"}`)
	equal(t, "total", op["total"], number("4"))
	op = h.finishedOperation("olga", op["id"].(string))
	equal(t, "status, done, failed", fmt.Sprint(op["status"], op["done"], op["failed"]), "completed31")
	equal(t, "refused", op["errors"].([]any)[0].(map[string]any)["instance_id"], any(unknown))
	equal(t, "paused", h.get("olga", "/instances?status=paused")["total"], number("3"))

	op = h.post(http.StatusAccepted, "otto", "/instances/bulk", `{"action": "resume", "filter": {"status": ["paused"]}}`)
	op = h.finishedOperation("otto", op["id"].(string))
	equal(t, "by one who may not", fmt.Sprint(op["done"], op["failed"]), "03")
	path := "/operations/" + op["id"].(string)
	h.want(http.StatusNotFound, request{Who: "finn", Method: http.MethodGet, Path: path})
	h.post(http.StatusConflict, "olga", path+"/cancel", "")

	op = h.post(http.StatusAccepted, "olga", "/instances/bulk", `{"action": "resume", "filter": {"definition_name": ["callback"], "status": ["paused"]}}`)
	h.finishedOperation("olga", op["id"].(string))
	equal(t, "resumed", h.get("olga", "/instances?status=waiting")["total"], number("3"))

	h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "callback", "input_data": {"amount": 70}}`)
	op = h.post(http.StatusAccepted, "olga", "/instances/bulk", `{"action": "pause", "filter": {"data": [{"path": "amount", "op": "gte", "values": ["60"]}, {"path": "amount", "op": "lt", "values": ["80"]}]}}`)
	equal(t, "by data", fmt.Sprint(h.finishedOperation("olga", op["id"].(string))["done"]), "1")
	h.refused(t, http.StatusUnprocessableEntity, request{Who: "olga", Method: http.MethodPost, Path: "/instances/bulk", Body: `{"action": "pause", "filter": {"data": [{"path": "a b[", "values": ["1"]}]}}`}, "/filter/data/0/path")
}

func TestAPI_BulkRefusals(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for body, words := range map[string]string{
		``:                                  "action",
		`{}`:                                "action",
		`{"action": "explode"}`:             "cancel",
		`{"action": "pause"}`:               "either by ids or by a filter",
		`{"action": "pause", "ids": []}`:    "either by ids or by a filter",
		`{"action": "pause", "ids": ["1"]}`: "ids",
		`{"action": "pause", "filter": {}}`: "at least one condition",
		`{"action": "pause", "filter": {"status": ["asleep"]}}`:                          "pending",
		`{"action": "pause", "filter": {"q": "x"}, "ids": ["` + uuid.NewString() + `"]}`: "either by ids or by a filter",
		`{"action": "pause", "filter": {"q": "x"}, "to_version": "2.0.0"}`:               "Only migrate",
		`{"action": "migrate", "filter": {"q": "x"}}`:                                    "reason",
		`{"action": "pause", "filter": {"q": "x"}, "all": true}`:                         "no field",
	} {
		h.refused(t, http.StatusUnprocessableEntity, request{Who: "olga", Method: http.MethodPost, Path: "/instances/bulk", Body: body}, words)
	}
	many := `{"action": "pause", "ids": ["` + strings.Repeat(uuid.NewString()+`","`, 10_001) + uuid.NewString() + `"]}`
	h.refused(t, http.StatusUnprocessableEntity, request{Who: "olga", Method: http.MethodPost, Path: "/instances/bulk", Body: many}, "10000")
}
