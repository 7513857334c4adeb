package ui_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rowsDoc has a form with a file and a long list.
const rowsDoc = `{"format": 1, "name": "rows", "version": "1.0.0", "input_schema": {"type": "object", "required": ["why"], "properties": {
	"why": {"type": "string"}, "file": {"type": "string", "title": "Receipt", "format": "data-url"},
	"lines": {"type": "array", "items": {"type": "object", "properties": {"what": {"type": "string"}, "amount": {"type": "number"}}}}}},
	"steps": [{"name": "look", "type": "human", "assignee": "finn"}]}`

// Long lists go through beside a file: no reader counts less than a form may
// have.
func TestPostedForm_long_list_beside_a_file(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.apply(rowsDoc)
	values := url.Values{"why": {"x"}, "lines.~n": {strings.TrimSuffix(strings.Repeat("n,", 800), ",")}}
	for i := range 800 {
		values.Set(fmt.Sprintf("lines[%d].what", i), "Bus")
		values.Set(fmt.Sprintf("lines[%d].amount", i), "1")
	}
	kept := h.upload("otto", "/definitions/rows/start", "file", "bill.pdf", "%PDF-1.7", values)
	kept.expect(t, http.StatusSeeOther, kept.location)
	if !strings.HasPrefix(kept.location, "/instances/") {
		t.Errorf("the form leads to %q, want an instance", kept.location)
	}
	again := h.upload("otto", "/definitions/rows/start/form", "other", "", "", url.Values{"_op": {"add:lines"}, "why": {"x"}, "lines.~n": values["lines.~n"], "lines[799].what": {"Bus"}})
	again.expect(t, http.StatusOK, "")
	again.has(t, "input[name='lines[799].what'][value=Bus]", 1)
	again.has(t, "input[name='lines[800].what']", 1)
}

// Temporary files do not outlive their request.
func TestPostedForm_drops_temporary_files(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	h := openTaskHouse(t, "")
	h.apply(rowsDoc)
	content := "%PDF-1.7" + strings.Repeat("x", 2<<20)
	kept := h.upload("otto", "/definitions/rows/start/form", "file", "bill.pdf", content, url.Values{"_op": {"update:file"}})
	kept.expect(t, http.StatusOK, "")
	kept.says(t, ".file-line a", "bill.pdf")
	if left, err := filepath.Glob(filepath.Join(dir, "multipart-*")); err != nil || len(left) > 0 {
		t.Errorf("%d temporary files are left (%v)", len(left), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%d entries are left in the temporary directory (%v)", len(entries), err)
	}
}

// What cannot be read as a form is refused with what to do about it.
func TestPostedForm_refusals(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.apply(rowsDoc)
	whole := func(parts func(w *multipart.Writer)) string {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.SetBoundary("edge")
		parts(w)
		_ = w.Close()
		return b.String()
	}
	const pairs, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"
	tests := map[string]struct {
		media, body string
		limit       int64 // of the request, 0 for none
		status      int
		says        string
	}{
		"JSON":             {"application/json", `{"why": "x"}`, 0, http.StatusUnsupportedMediaType, "application/x-www-form-urlencoded or multipart/form-data"},
		"text":             {"text/plain", "why=x", 0, http.StatusUnsupportedMediaType, "application/x-www-form-urlencoded or multipart/form-data"},
		"no type":          {"", "why=x", 0, http.StatusUnsupportedMediaType, "application/x-www-form-urlencoded or multipart/form-data"},
		"no boundary":      {"multipart/form-data", "x", 0, http.StatusBadRequest, "Go back and send it again."},
		"bad escape":       {pairs, "why=%zz", 0, http.StatusBadRequest, "Go back and send it again."},
		"semicolon":        {pairs, "why=x;y=z", 0, http.StatusBadRequest, "Go back and send it again."},
		"too many pairs":   {pairs, strings.Repeat("a=&", 50_001), 0, http.StatusRequestEntityTooLarge, "Go back, remove rows"},
		"larger than sent": {pairs, "why=" + strings.Repeat("x", 100), 10, http.StatusRequestEntityTooLarge, "Go back, shorten what you typed"},
		"cut short":        {parts, "--edge\r\nContent-Disposition: form-data; name=why\r\n\r\nx", 0, http.StatusBadRequest, "Go back and send it again."},
		"no parts":         {parts, "", 0, http.StatusBadRequest, "Go back and send it again."},
		"files too large": {parts, whole(func(w *multipart.Writer) {
			part, _ := w.CreateFormFile("_file:file", "bill.pdf")
			_, _ = part.Write(make([]byte, 5000))
		}), 1000, http.StatusRequestEntityTooLarge, "each may have 10 MB"},
		"text as file size": {parts, whole(func(w *multipart.Writer) { _ = w.WriteField("why", strings.Repeat("x", 3<<20)) }), 0, http.StatusRequestEntityTooLarge, "Go back, shorten what you typed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/definitions/rows/start", strings.NewReader(tt.body))
			if tt.body == "" {
				r.Body = http.MaxBytesReader(nil, http.NoBody, 1)
			}
			if tt.limit > 0 {
				r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, tt.limit)
			}
			if tt.media != "" {
				r.Header.Set("Content-Type", tt.media)
			}
			got := ask(t, h.pages, r, "otto")
			got.expect(t, tt.status, "")
			got.says(t, "main", tt.says)
			if head := got.text("h1"); head == "Something went wrong" {
				t.Errorf("the page is headed %q", head)
			}
		})
	}
}
