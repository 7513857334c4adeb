package ui_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

func TestDraft(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	path := "/x/tasks/" + h.expense("A fair", 6000).ID.String()
	typed := url.Values{"cost_centre": {"C"}, "comment": {"later\r\nmore"}, "_comment": {"a note"}, "_version": {"1"}}
	saved := h.post("finn", path+"/draft", typed)
	saved.expect(t, http.StatusSeeOther, path+"?notice=draft_saved")
	page := h.get("finn", path)
	page.has(t, "input[name=cost_centre][value='C']", 1)
	page.says(t, "textarea[name=comment]", "later more")
	page.says(t, "textarea[name=_comment]", "a note")
	page.says(t, "#draft-state", "Draft saved")
	page.has(t, "#draft-state[role=status][data-saving][data-failed]", 1)
	h.get("cleo", path).has(t, "input[name=cost_centre][value='C']", 0)

	h.post("finn", path+"/claim", nil)
	h.post("finn", path+"/unclaim", nil)
	h.get("finn", path).has(t, "input[name=cost_centre][value='C']", 1)

	h.post("finn", path+"/draft", url.Values{"_draft": {"drop"}}).expect(t, http.StatusSeeOther, path+"?notice=draft_dropped")
	h.get("finn", path).has(t, "input[name=cost_centre][value='C']", 0)
	refused := h.post("otto", path+"/draft", typed)
	refused.expect(t, http.StatusForbidden, "")
	refused.says(t, "main", "later more")
}

// upload posts a form with a file in it.
func (h *taskHouse) upload(who, path, field, name, content string, values url.Values) answer {
	h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key, texts := range values {
		for _, text := range texts {
			_ = form.WriteField(key, text)
		}
	}
	part, err := form.CreateFormFile("_file:"+field, name)
	if err != nil {
		h.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	_ = form.Close()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return ask(h.t, h.pages, r, who)
}

const receiptDoc = `{"format": 1, "name": "receipt", "version": "1.0.0", "input_schema": {"type": "object", "required": ["file", "why"], "properties": {
	"file": {"type": "string", "title": "Receipt", "format": "data-url"}, "why": {"type": "string"}}},
	"steps": [{"name": "look", "type": "human", "assignee": "finn", "form": {"schema": {"type": "object", "properties": {"lines": {"type": "array", "items": {"type": "string"}}}}}}]}`

func TestUpload(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.apply(receiptDoc)
	const path = "/definitions/receipt/start"
	page := h.get("otto", path)
	page.has(t, "form[enctype='multipart/form-data'] input[type=file][name='_file:file']", 1)

	wrong := h.upload("otto", path, "file", "bill.pdf", "<html>", url.Values{"why": {"x"}})
	wrong.expect(t, http.StatusUnprocessableEntity, "")
	wrong.says(t, ".problems li", "bill.pdf is of a kind that is not accepted here")
	wrong.has(t, "input[name=why][value=x]", 1)

	kept := h.upload("otto", path, "file", "bill.pdf", "%PDF-1.7", nil)
	kept.expect(t, http.StatusUnprocessableEntity, "")
	kept.says(t, ".file-line a", "bill.pdf")
	ref := kept.page.Find("input[type=hidden][name=file]").AttrOr("value", "")
	if !strings.HasPrefix(ref, "attachment:") {
		t.Fatalf("the file is named %q", ref)
	}
	link := kept.page.Find(".file-line a").AttrOr("href", "")
	file := h.get("otto", link)
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=bill.pdf", "Content-Security-Policy": "sandbox; default-src 'none'",
	} {
		if got := file.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	h.get("finn", link).expect(t, http.StatusNotFound, "")
	h.post("otto", path, url.Values{"why": {"x"}, "file": {ref}}).leads(t)
	h.get("finn", link).expect(t, http.StatusOK, "")
	stolen := h.post("finn", path, url.Values{"why": {"x"}, "file": {ref}})
	stolen.expect(t, http.StatusUnprocessableEntity, "")
}

func TestTaskForm_ChangesShape(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.apply(receiptDoc)
	sent := h.upload("otto", "/definitions/receipt/start", "file", "a.txt", "text", url.Values{"why": {"x"}})
	sent.leads(t)
	path := "/tasks/" + h.onlyTask("finn")
	page := h.get("finn", path)
	page.has(t, "button[name=_op][value='add:lines'][formaction='"+path+"/form'][formnovalidate]", 1)
	added := h.post("finn", path+"/form", url.Values{"_op": {"add:lines"}, "lines.~n": {"-"}, "lines[0]": {"one"}, "_comment": {"c"}})
	added.expect(t, http.StatusOK, "")
	added.has(t, "input[name='lines[0]'][value=one]", 1)
	added.has(t, "input[name='lines[1]'][autofocus]", 1)
	added.says(t, "textarea[name=_comment]", "c")
	added.has(t, "button[aria-label='Remove lines 1: one']", 1)
	done := h.post("finn", path+"/complete", url.Values{"lines.~n": {"-,-"}, "lines[0]": {"one"}, "lines[1]": {"two"}})
	done.leads(t)
}

// leads fails the test unless the answer leads to another page.
func (a answer) leads(t *testing.T) {
	t.Helper()
	if a.status != http.StatusSeeOther {
		t.Fatalf("answer is %d, want 303; the page says: %s", a.status, a.text("main"))
	}
}

func (h *taskHouse) apply(doc string) {
	h.t.Helper()
	if _, _, _, err := h.engine.SaveDefinition(h.t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), []byte(doc)); err != nil {
		h.t.Fatal(err)
	}
}

// onlyTask gives the id of the one task that is assigned to somebody.
func (h *taskHouse) onlyTask(who string) string {
	h.t.Helper()
	page, err := h.store.Tasks(h.t.Context(), taskPeople[who], engine.TaskFilter{View: engine.TasksMine}, engine.Paging{})
	if err != nil || len(page.Items) != 1 {
		h.t.Fatalf("%d tasks, %v", len(page.Items), err)
	}
	return page.Items[0].ID.String()
}
