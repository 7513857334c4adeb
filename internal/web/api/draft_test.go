package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestDraft(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, task := h.expenseTask()
	path := "/tasks/" + task + "/draft"
	equal(t, "draft at first", h.get("finn", "/tasks/"+task)["draft"], any(nil))
	saved := h.send(request{Who: "finn", Method: http.MethodPut, Path: path, Body: `{"data": {"cost_centre": 1.50}}`})
	equal(t, "status", saved.Status, http.StatusOK)
	draft, _ := h.get("finn", "/tasks/"+task)["draft"].(map[string]any)
	data, _ := draft["data"].(map[string]any)
	equal(t, "data", data["cost_centre"], any(number("1.50")))
	equal(t, "version after a draft", h.get("finn", "/tasks/"+task)["version"], any(number("1")))
	h.refused(t, http.StatusForbidden, request{Who: "otto", Method: http.MethodPut, Path: path, Body: `{"data": {}}`}, "not yours to decide")
	h.refused(t, http.StatusRequestEntityTooLarge, request{Who: "finn", Method: http.MethodPut, Path: path, Body: `{"data": {"x": "` + strings.Repeat("y", 1<<20) + `"}}`}, "")
	equal(t, "delete", h.send(request{Who: "finn", Method: http.MethodDelete, Path: path}).Status, http.StatusOK)
	equal(t, "draft at last", h.get("finn", "/tasks/"+task)["draft"], any(nil))
}

func TestAttachment(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, task := h.expenseTask()
	path := "/tasks/" + task + "/attachments?name="
	upload := func(who, name, content string) answer {
		return h.send(request{Who: who, Method: http.MethodPost, Path: path + name, Body: content, Header: map[string]string{"Content-Type": "application/octet-stream"}})
	}
	up := upload("finn", "bill.pdf", "%PDF-1.7\n")
	equal(t, "status", up.Status, http.StatusCreated)
	file := up.object(t)
	equal(t, "type", file["media_type"], any("application/pdf"))
	got := h.send(request{Who: "finn", Method: http.MethodGet, Path: "/attachments/" + file["id"].(string)})
	equal(t, "content", string(got.Body), "%PDF-1.7\n")
	equal(t, "disposition", got.Header.Get("Content-Disposition"), "attachment; filename=bill.pdf")
	h.refused(t, http.StatusNotFound, request{Who: "otto", Method: http.MethodGet, Path: "/attachments/" + file["id"].(string)}, "you may not see it")
	for name, content := range map[string]string{"page.html": "<html>", "bill.pdf": "<html>", "none": "x", "run.exe": "MZ"} {
		if a := upload("finn", name, content); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s is answered with %d %s", name, a.Status, a.Body)
		}
	}
	equal(t, "too large", upload("finn", "a.txt", strings.Repeat("x", 11<<20)).Status, http.StatusRequestEntityTooLarge)
	equal(t, "not yours", upload("otto", "a.txt", "x").Status, http.StatusForbidden)

	complete := func(ref string) answer {
		return h.send(request{Who: "finn", Method: http.MethodPost, Path: "/tasks/" + task + "/complete",
			Body: `{"outcome": "reject", "output_data": {"comment": ` + quoted(ref) + `}}`})
	}
	forged := strings.Replace(file["ref"].(string), "bill.pdf", "contract.pdf", 1)
	equal(t, "forged", complete(forged).Status, http.StatusUnprocessableEntity)
	equal(t, "named", complete(file["ref"].(string)).Status, http.StatusOK)
	bound := h.send(request{Who: "otto", Method: http.MethodGet, Path: "/attachments/" + file["id"].(string)})
	equal(t, "who sees the instance sees the file", bound.Status, http.StatusOK)
}

func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.Body, &v); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	return v
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}
