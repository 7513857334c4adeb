package e2e_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"tandem/internal/e2e/browser"
)

// Pieces of JavaScript about the editor, which lives in a shadow root.
const (
	editorText = `document.querySelector("[data-editor]").tandemEditor.view.state.doc.toString()`
	setText    = `document.querySelector("[data-editor]").tandemEditor.setText`
	marks      = `document.querySelector(".editor-host").shadowRoot.querySelectorAll(".cm-lint-marker-error").length`
	press      = `document.querySelector("[data-editor]").tandemEditor.view.contentDOM.dispatchEvent(new KeyboardEvent("keydown", `
	summary    = `document.querySelector("[data-editor-summary]").innerText`
)

// A document is checked and drawn while somebody writes it, and saved.
func TestEditor_live(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			h, b := open(t, "/x"), start(t)
			ada := h.visitor(t, b, browser.Prefer(theme), browser.Size(1280, 900))
			ada.signIn("ada")
			ada.visit("/definitions/new")
			ada.until(`document.querySelector(".editor-host")`)
			ada.settled()
			ada.hasNoFaults()
			ada.passesAxe()
			ada.Faults(h.origin) // what axe itself did

			ada.eval(setText + `(` + editorText + `.replace("type: human", "type: humane # " + "x".repeat(300))); ""`)
			ada.until(marks + ` === 1 && document.querySelectorAll(".editor-problems li").length > 0`)
			if wide := ada.eval(`String(document.documentElement.scrollWidth - document.documentElement.clientWidth)`); wide != "0" {
				t.Errorf("the page with problems is %s px wider than the window", wide)
			}
			ada.until(`document.querySelector("[data-graph-drawn]") && document.querySelector(".builder-wrong")`)
			ada.passesAxe()
			ada.Faults(h.origin)

			ada.eval(setText + `(` + editorText + `.replace("type: humane", "type: human").replace("name: rejected", "name: refused").replace("target: rejected", "target: refused").replace("my_workflow", "typed_here")); ""`)
			ada.until(summary + `.includes("typed_here 1.0.0 has no errors")`)
			ada.until(`document.querySelector("[data-graph-drawn] g.node") && document.querySelector("[data-graph-states]").textContent.toLowerCase().includes("refused")`)
			ada.eval(`document.querySelector("[data-editor-form]").value = "review"; document.querySelector("[data-editor-form]").dispatchEvent(new Event("change", {bubbles: true})); ""`)
			ada.until(`document.querySelector(".editor-preview").innerText.includes("Comment")`)
			ada.settled()
			ada.hasNoFaults()
			ada.passesAxe()
			ada.Faults(h.origin)
			ada.lead(http.StatusOK, browser.Press("Save version"))
			if path := ada.path(); path != "/x/definitions/typed_here" {
				t.Errorf("saving leads to %s", path)
			}
		})
	}
}

// The editor completes keys and values from the document's schema.
func TestEditor_completes(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	ada := h.visitor(t, b)
	ada.signIn("ada")
	ada.visit("/definitions/new")
	ada.until(`document.querySelector(".editor-host")`)
	const options = `[...document.querySelector(".editor-host").shadowRoot.querySelectorAll(".cm-completionLabel")].map((o) => o.textContent).join(" ")`
	for text, want := range map[string]string{
		"":                                  "input_schema",
		"steps:\n  - name: a\n    ty":       "type",
		"steps:\n  - name: a\n    type: hu": "human",
		"steps:\n  - name: a\n    type: human\n    ca": "candidate_groups",
		"edges:\n  - {source: a, ta":                   "target",
	} {
		ada.eval(`(() => { const { view } = document.querySelector("[data-editor]").tandemEditor;
			view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: ` + quoted(text) + `}, selection: {anchor: ` + quoted(text) + `.length}}); view.focus(); return "" })()`)
		ada.eval(press + `{key: " ", code: "Space", keyCode: 32, ctrlKey: true, bubbles: true})); ""`)
		ada.until(options + `.split(" ").includes("` + want + `")`)
		ada.eval(press + `{key: "Escape", code: "Escape", keyCode: 27, bubbles: true})); ""`)
	}
	ada.eval(setText + `(""); document.querySelector("[data-editor]").tandemEditor.view.focus(); ""`)
	ada.do(browser.Key("a?b/cjn"))
	ada.until(editorText + ` === "a?b/cjn"`) // keys of the page are letters here
	if at := ada.eval(`String(document.activeElement.matches(".editor-host") && !document.querySelector("dialog[open]"))`); at != "true" {
		t.Error("a letter that was typed into the text did something on the page")
	}
	ada.hasNoFaults()
}

// Without JavaScript the text is a plain field with a button that checks it.
func TestEditor_withoutScript(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	ada := h.visitor(t, b, browser.WithoutScript())
	ada.signIn("ada")
	ada.visit("/definitions")
	ada.lead(http.StatusOK, browser.Follow("New definition"))
	ada.lead(http.StatusOK, browser.Press("Check"))
	if text := ada.text("main"); !strings.Contains(text, "my_workflow 1.0.0 has no errors") {
		t.Errorf("the page reads:\n%s", text)
	}
	ada.lead(http.StatusOK, browser.Press("Save version"))
	ada.lead(http.StatusOK, browser.Follow("Edit as new version"))
	ada.lead(http.StatusOK, browser.Press("Save version"))
	if text := ada.text("h1"); text != "My workflow" {
		t.Errorf("the heading is %q", text)
	}
}

func quoted(text string) string { return strconv.Quote(text) }
