package api_test

import (
	"net/http"
	"testing"
)

func TestAPI_Views(t *testing.T) {
	t.Parallel()
	h := onPostgres(t)
	for _, login := range []string{"otto", "finn", "olga"} {
		h.post(http.StatusCreated, "ada", "/users", `{"login": "`+login+`"}`)
	}
	mine := h.post(http.StatusCreated, "otto", "/views", `{"name": "Failed", "query": "status=failed"}`)
	equal(t, "url", mine["url"], any("https://tandem.example/instances?status=failed"))
	changed := h.post(http.StatusCreated, "otto", "/views", `{"name": "Failed", "query": "status=failed&status=paused", "shared": true}`)
	equal(t, "the view of that name", []any{changed["id"], changed["query"], changed["shared"]}, []any{mine["id"], "status=failed&status=paused", true})
	h.post(http.StatusCreated, "finn", "/views", `{"name": "All of mine", "query": "created_by=finn"}`)
	names := func(who string) (all []any) {
		for _, v := range h.get(who, "/views")["items"].([]any) {
			all = append(all, v.(map[string]any)["login"].(string)+": "+v.(map[string]any)["name"].(string))
		}
		return all
	}
	equal(t, "finn's", names("finn"), []any{"finn: All of mine", "otto: Failed"})
	equal(t, "otto's", names("otto"), []any{"otto: Failed"})
	h.refused(t, http.StatusUnprocessableEntity, request{Who: "otto", Method: http.MethodPost, Path: "/views", Body: `{"name": "x", "query": "a=%zz"}`}, "/query")
	end := request{Who: "finn", Method: http.MethodDelete, Path: "/views/" + mine["id"].(string)}
	h.refused(t, http.StatusNotFound, end, "not yours")
	end.Who = "olga" // operators mend what is shared
	equal(t, "deleted", h.send(end).Status, http.StatusNoContent)
	equal(t, "left", names("otto"), []any(nil))
}
