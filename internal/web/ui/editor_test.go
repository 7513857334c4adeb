package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// typed is what the editor's form sends.
func typed(do, source string) url.Values {
	return url.Values{"do": {do}, "source": {strings.ReplaceAll(source, "\n", "\r\n")}}
}

func TestEditor_New(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.get("otto", "/x/definitions").has(t, "main a[href='/x/definitions/new']", 0)
	h.get("otto", "/x/definitions/new").expect(t, http.StatusForbidden, "")
	h.get("arno", "/x/definitions").has(t, "main a[href='/x/definitions/new']", 1)
	page := h.get("arno", "/x/definitions/new")
	page.says(t, "[data-editor-summary]", "my_workflow 1.0.0 has no errors.")
	page.has(t, "[data-graph-source]", 1)
	page.has(t, "#editor-form[action='/x/definitions/new'] textarea[name=source]", 1)
	page.has(t, "[data-editor-form] option", 2)
	page.has(t, ".editor-preview fieldset[disabled] input", 1)

	text := page.page.Find("textarea[name=source]").Text()
	saved := h.post("arno", "/x/definitions/new", typed("save", text))
	saved.expect(t, http.StatusSeeOther, "/x/definitions/my_workflow?notice=definition_saved&version=1.0.0")
	h.get("arno", saved.location).says(t, ".notice", "The version is saved and active.")
	if got, want := h.get("arno", "/x/definitions/my_workflow/source").page.Text(), strings.TrimSpace(text); strings.TrimSpace(got) != want {
		t.Errorf("stored %q, want %q", got, want)
	}
}

func TestEditor_ShowsErrorsAndKeepsTheText(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	broken := strings.Replace(anyoneForm, "type: human", "type: humane", 1)
	for do, status := range map[string]int{"check": http.StatusOK, "save": http.StatusUnprocessableEntity} {
		page := h.post("arno", "/definitions/new", typed(do, broken))
		page.expect(t, status, "")
		if got := strings.TrimPrefix(page.page.Find("textarea[name=source]").Text(), "\n"); strings.TrimSpace(got) != strings.TrimSpace(broken) {
			t.Errorf("%s: the text became %q", do, got)
		}
		page.has(t, ".editor-problems li[data-line='9'] a[href='#editor-source']", 1)
		page.says(t, ".editor-excerpt", "type: humane")
		page.has(t, "[data-graph-source]", 1) // as far as it goes
	}
	h.post("arno", "/definitions/new", typed("save", broken)).says(t, ".notice", "Nothing was saved")
	h.get("arno", "/definitions/survey").has(t, "#versions-section tbody tr", 1)
	h.post("arno", "/definitions/new", typed("check", "")).says(t, "[data-editor-summary]", "1 error.")
}

func TestEditor_NewVersion(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.get("arno", "/definitions/survey").has(t, "main a[href='/definitions/survey/edit?version=1.0.0']", 1)
	page := h.get("arno", "/definitions/survey/edit?version=1.0.0")
	text := page.page.Find("textarea[name=source]").Text()
	if want := strings.Replace(anyoneForm, "1.0.0", "1.0.1", 1); strings.TrimSpace(text) != strings.TrimSpace(want) {
		t.Errorf("the text is %q, want %q", text, want)
	}
	taken := h.post("arno", "/definitions/survey/edit", typed("save", strings.Replace(anyoneForm, "title: Survey", "title: Poll", 1)))
	taken.expect(t, http.StatusConflict, "")
	taken.says(t, ".notice", "This version exists with other content")
	taken.says(t, "textarea[name=source]", "title: Poll")
	h.post("arno", "/definitions/survey/edit", typed("save", text)).expect(t, http.StatusSeeOther, "/definitions/survey?notice=definition_saved&version=1.0.1")
	h.get("arno", "/definitions/nothing/edit").expect(t, http.StatusNotFound, "")
	h.post("arno", "/definitions/nothing/edit", typed("check", text)).expect(t, http.StatusNotFound, "")
	h.post("otto", "/definitions/survey/edit", typed("save", text)).expect(t, http.StatusForbidden, "")
}

func TestEditor_Fragment(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	values := typed("", anyoneForm)
	values.Set("form", "ask")
	got := h.post("arno", "/definitions/check", values)
	got.expect(t, http.StatusOK, "")
	got.has(t, "html > body > #editor-result", 1)
	got.has(t, "[data-editor-form] option[value=ask][selected]", 1)
	got.says(t, ".editor-preview label", "Stars")
	h.post("otto", "/definitions/check", values).expect(t, http.StatusForbidden, "")
}

// What is wrong with a text is said in the language of the page, also at the
// builder's steps and when saving is refused.
func TestEditor_problemsInGerman(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	source := "name: pay\nversion: 1.0.0\nsteps:\n- {name: a, type: machine, action: nop, timeout: soon}\n- {name: b, type: timer, duration: 1s, when: data.x +}\n"
	for _, do := range []string{"check", "save"} {
		r := postOf("/definitions/new", typed(do, source))
		r.Header.Set("Accept-Language", "de")
		page := ask(t, h.pages, r, "arno")
		for _, want := range []string{
			`Eine Aktion "nop" gibt es nicht. Meinten Sie "noop"?`, `"soon" ist keine Dauer.`, `Der Ausdruck ist hier nicht zu lesen`,
			`Der Schritt "b" ist von "a" aus nicht zu erreichen.`, `Zeile 4, Spalte`,
		} {
			if text := page.text(".editor-problems"); !strings.Contains(text, want) {
				t.Errorf("%s: the problems read %q, want %q in it", do, text, want)
			}
		}
	}
	r := postOf("/definitions/new", typed("check", "# "+strings.Repeat("x", 1<<20)))
	r.Header.Set("Accept-Language", "de")
	if text := ask(t, h.pages, r, "arno").text(".editor-problems"); !strings.Contains(text, "mehr als 1 MiB") {
		t.Errorf("a text that is too large is refused with %q", text)
	}
}
