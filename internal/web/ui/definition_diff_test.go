package ui_test

import (
	"net/http"
	"strings"
	"testing"
)

// surveyAfter is another version of anyoneForm: a step changed, one came and one
// went.
var surveyAfter = strings.NewReplacer(
	"version: 1.0.0", "version: 1.1.0", "title: Survey", "title: Poll", "maximum: 5", "maximum: 10", "anyone: true", "anyone: true\n    due: 2d",
).Replace(anyoneForm) + "  - {name: thanks, type: machine, action: noop}\nedges: [{source: ask, target: thanks}]\n"

func TestDiff(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	alone := h.get("otto", "/x/definitions/survey/diff")
	alone.expect(t, http.StatusOK, "")
	alone.says(t, "#diff-summary", "one version only")
	h.get("otto", "/x/definitions/survey").has(t, "a[href*='/diff']", 0)
	h.apply(surveyAfter)
	h.get("otto", "/x/definitions/survey").has(t, "#versions-section a[href='/x/definitions/survey/diff?from=1.0.0&to=1.1.0']", 1)

	page := h.get("otto", "/x/definitions/survey/diff")
	page.expect(t, http.StatusOK, "")
	page.says(t, "#diff-from option[selected]", "1.0.0")
	page.says(t, "#diff-to option[selected]", "1.1.0")
	page.says(t, "#diff-summary", "1.0.0 to 1.1.0: 6 lines added, 3 removed.")
	page.says(t, "[data-graph-states] tr[data-state=changed]", "How was it?")
	page.says(t, "[data-graph-states] tr[data-state=changed] .key-changes", "form.schema.properties.stars.maximum")
	page.says(t, "[data-graph-states] tr[data-state=changed] del", "5")
	page.says(t, "[data-graph-states] tr[data-state=added] th", "Thanks")
	page.has(t, "tr[data-edge][data-state=added]", 1)
	page.says(t, "[data-graph-source]", "+ Thanks")
	page.says(t, "#diff .key-changes", "Poll")
	page.says(t, ".diff-lines tr.diff-removed .diff-text", "version: 1.0.0")
	page.has(t, ".diff-lines tr.diff-added .sr-only", 6)
	page.has(t, "a[href*='all=1']", 0)
	back := h.get("otto", "/x/definitions/survey/diff?from=1.1.0&to=1.0.0")
	back.says(t, "[data-graph-states] tr[data-state=removed] th", "Thanks")
	h.get("otto", "/x/definitions/survey/diff?from=1.1.0&to=1.1.0").says(t, "#diff-summary", "1.1.0 and 1.1.0 read the same.")
	h.apply(strings.Replace(surveyAfter, "1.1.0", "1.2.0", 1) + "# the end\n")
	folded := h.get("otto", "/x/definitions/survey/diff")
	folded.has(t, ".diff-lines tr.diff-fold", 1)
	folded.has(t, "a[href='/x/definitions/survey/diff?from=1.1.0&to=1.2.0&all=1']", 1)
	folded.has(t, "[data-graph-states] tr:not([data-state=same]):has(th[scope=row])", 0)
	h.get("otto", "/x/definitions/survey/diff?all=1").has(t, ".diff-lines tr.diff-fold", 0)
	h.get("otto", "/x/definitions/survey/diff?from=9.0.0").expect(t, http.StatusNotFound, "")
	h.get("otto", "/x/definitions/ghost/diff").expect(t, http.StatusNotFound, "")
}

// What is typed in the editor is compared with the version that it was taken
// from, on a page of its own or below the text.
func TestDiff_Typed(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	edit := h.get("arno", "/definitions/survey/edit")
	edit.has(t, "#editor-form input[name=base][value='1.0.0']", 1)
	edit.has(t, "#editor-form button[formaction='/definitions/survey/diff']", 1)
	h.get("arno", "/definitions/new").has(t, "button[formaction*=diff]", 0)

	values := typed("", surveyAfter)
	values.Set("base", "1.0.0")
	page := h.post("arno", "/definitions/survey/diff", values)
	page.expect(t, http.StatusOK, "")
	page.says(t, "#diff-summary", "1.0.0 to this text")
	page.says(t, "[data-graph-states] tr[data-state=added] th", "Thanks")
	page.says(t, "form[action='/definitions/survey/edit'] textarea[name=source]", "title: Poll")
	kept := h.post("arno", "/definitions/survey/edit", values)
	kept.has(t, "#editor-form input[name=base][value='1.0.0']", 1)

	values.Set("source", strings.Replace(surveyAfter, "type: human", "type: humane", 1))
	broken := h.post("arno", "/definitions/survey/diff", values)
	broken.expect(t, http.StatusOK, "")
	broken.says(t, "#diff", "The steps are compared once the text has no errors.")
	broken.says(t, ".diff-lines tr.diff-added", "type: humane")
	h.post("otto", "/definitions/survey/diff", values).expect(t, http.StatusForbidden, "")
	if len(h.get("arno", "/definitions/survey").page.Find("#versions-section tbody tr").Nodes) != 1 {
		t.Error("comparing has stored a version")
	}
}
