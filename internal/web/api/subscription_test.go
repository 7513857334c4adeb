package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestAPI_Subscriptions(t *testing.T) {
	t.Parallel()
	h := onPostgres(t)
	const all = "/subscriptions"
	h.refused(t, 403, request{Who: "olga", Method: "GET", Path: all}, "role admin")
	h.refused(t, 422, request{Who: "ada", Method: "POST", Path: all, Body: `{"url": "ftp://x"}`}, "/url")
	create := request{Who: "ada", Method: "POST", Path: all, Body: `{"url": "https://example.com/hooks", "event_types": ["workflow.failed"]}`, Header: map[string]string{"Idempotency-Key": "one"}}
	made := h.want(http.StatusCreated, create)
	if key, _ := made["secret"].(string); !strings.HasPrefix(key, "whsec_") {
		t.Errorf("the key is %q", key)
	}
	again := h.want(http.StatusCreated, create)
	equal(t, "a repetition", []any{again["id"], again["secret"]}, []any{made["id"], nil})
	one := all + "/" + made["id"].(string)
	equal(t, "read", h.get("ada", one)["secret"], nil)
	changed := h.want(200, request{Who: "ada", Method: "PATCH", Path: one, Body: `{"definitions": ["quick"], "rotate_secret": true}`})
	equal(t, "what was not named", changed["event_types"], any([]any{"workflow.failed"}))
	if changed["secret"] == nil || changed["secret"] == made["secret"] {
		t.Errorf("the new key is %v", changed["secret"])
	}
	test := h.post(202, "ada", one+"/test", `{}`)
	equal(t, "test", []any{test["event_type"], test["status"]}, []any{"webhook.test", "pending"})
	for range 2 {
		h.post(202, "ada", one+"/test", `{}`)
	}
	page := h.get("ada", one+"/deliveries?limit=2")
	rest := h.get("ada", one+"/deliveries?limit=2&cursor="+page["next_cursor"].(string))
	equal(t, "pages", []int{len(page["items"].([]any)), len(rest["items"].([]any))}, []int{2, 1})
	equal(t, "the first", rest["items"].([]any)[0].(map[string]any)["id"], test["id"])
	equal(t, "total", []any{page["total"], rest["total"]}, []any{number("3"), number("3")})
	equal(t, "passed over", h.get("ada", one+"/deliveries?offset=2")["items"].([]any)[0].(map[string]any)["id"], test["id"])
	for status, want := range map[string]string{"status=pending": "3", "status=dead": "0", "status=dead&status=pending": "3"} {
		equal(t, status, h.get("ada", one+"/deliveries?limit=1&"+status)["total"], any(number(want)))
	}
	equal(t, "sent again", h.post(202, "ada", "/deliveries/"+test["id"].(string)+"/redeliver", `{}`)["id"], test["id"])
	h.want(200, request{Who: "ada", Method: "PATCH", Path: one, Body: `{"is_active": false}`})
	h.post(409, "ada", one+"/test", `{}`)
	equal(t, "listed", len(h.get("ada", all)["items"].([]any)), 1)
	equal(t, "deleted", h.send(request{Who: "ada", Method: "DELETE", Path: one}).Status, 204)
	h.refused(t, 404, request{Who: "ada", Method: "GET", Path: one}, "There is no such subscription")
}
