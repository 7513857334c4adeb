package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestAPI_Secrets(t *testing.T) {
	t.Parallel()
	h := setup(t)
	const one = "/secrets/PAY_KEY"
	put := request{Who: "ada", Method: http.MethodPut, Path: one, Body: `{"value": "a canary of eight", "definitions": ["quick"], "hosts": ["pay.example.com"]}`}
	equal(t, "stored", h.want(200, put)["hosts"], any([]any{"pay.example.com"}))
	put.Body = strings.Replace(put.Body, `["quick"]`, `["*"]`, 1)
	equal(t, "replaced", h.want(200, put)["definitions"], any([]any{"*"}))
	for _, path := range []string{"/secrets", one} {
		if a := h.send(request{Who: "ada", Method: http.MethodGet, Path: path}); a.Status != 200 || strings.Contains(string(a.Body), "canary") {
			t.Errorf("%s: got %d, want the rules without the value\n%s", path, a.Status, a.Body)
		}
	}
	equal(t, "listed", h.get("ada", "/secrets")["total"], number("1"))
	h.refused(t, 422, request{Who: "ada", Method: "PUT", Path: one, Body: `{"value": "short", "definitions": ["*"], "hosts": ["*"]}`}, "/value")
	h.refused(t, 403, request{Who: "olga", Method: "GET", Path: one}, "role admin")
	equal(t, "deleted", h.send(request{Who: "ada", Method: "DELETE", Path: one}).Status, 204)
	h.refused(t, 404, request{Who: "ada", Method: "GET", Path: one}, "There is no such secret")
	h.refused(t, 404, request{Who: "ada", Method: "DELETE", Path: one}, "There is no such secret")
}
