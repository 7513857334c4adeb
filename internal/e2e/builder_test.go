package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"tandem/internal/e2e/browser"
)

// said is what the document of the editor says with scripts.
func (v visitor) said() string { v.t.Helper(); return v.eval(editorText) }

// tabTo presses Tab until the control of an id, or of a CSS selector, has the
// focus; Escape first where Tab would indent.
func (v visitor) tabTo(selector string) {
	v.t.Helper()
	for range 250 {
		if v.eval(`String(document.activeElement?.matches(`+quoted(selector)+`))`) == "true" {
			return
		}
		if v.eval(`String(document.activeElement?.matches(".editor-host"))`) == "true" {
			v.do(browser.Key("\u001b"))
		}
		v.do(browser.Key("\t"))
	}
	v.t.Fatalf("no Tab leads to %s; the focus is at %s", selector, v.eval(`document.activeElement.outerHTML.slice(0, 200)`))
}

const wholeOfBuilt = `format: 1
name: my_workflow
version: 1.0.0
title: My workflow
input_schema:
  type: object
  required: [subject]
  properties:
    subject: {type: string, title: Subject}
steps:
  # Somebody looks.
  - name: check
    type: human
    title: "Review {{ data.subject }}"
    anyone: true
    outcomes: [approve, reject]
    form:
      schema:
        type: object
        properties:
          comment: {type: string, title: Comment}
    due: 2d
  - {name: done, type: machine, action: noop}
  - {name: notify, type: machine, action: noop}
  - {name: rejected, type: machine, action: noop}
edges:
  - {source: check, target: done, condition: 'steps.check.outcome == "approve"'}
  - {source: check, target: rejected, default: true}
  - {source: done, target: notify}
`

// With scripts a workflow is built by keys alone: the text follows, its comment
// stays, the focus is where people go on, and the text can be undone.
func TestBuilder_byKeyboard(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			h, b := open(t, "/x"), start(t)
			ada := h.visitor(t, b, browser.Prefer(theme), browser.Size(1280, 900))
			ada.signIn("ada")
			ada.visit("/definitions/new")
			ada.until(`document.querySelector(".editor-host") && document.querySelector("[data-graph-drawn] g.node")`)
			ada.eval(setText + `(` + editorText + `.replace("  - name: review", "  # Somebody looks.\n  - name: review")); ""`)
			ada.until(`document.querySelector(".builder-step[value=review]").dataset.line === "12"`)

			ada.tabTo(`.builder-step[value='done']`)
			ada.do(browser.Key("Enter"))
			ada.until(`document.activeElement.id === "builder-chosen" && document.querySelector("[data-graph-canvas] .chosen")`)
			ada.tabTo(`#builder-type`) // round, as the list stands before the step
			ada.do(browser.Key("Ma"))
			ada.tabTo(`#builder-name`)
			ada.do(browser.Key("notify"), browser.Key("Enter"))
			ada.until(`document.querySelector("[data-builder-chosen]").dataset.step === "notify" && document.activeElement.id === "builder-chosen"`)
			ada.settled()
			ada.passesAxe()
			ada.Faults(h.origin) // what axe itself did

			ada.tabTo(`.builder-step[value='review']`)
			ada.do(browser.Key("Enter"))
			ada.until(`document.querySelector("[data-builder-chosen]").dataset.step === "review"`)
			ada.tabTo(`#builder-new-name`)
			ada.eval(`document.activeElement.select(); ""`)
			ada.do(browser.Key("check"), browser.Key("Enter"))
			ada.until(editorText + `.includes("name: check")`)
			ada.until(`document.activeElement.id === "builder-rename"`)
			ada.tabTo(`[name='step.due']`)
			ada.do(browser.Key("2d"), browser.Key("\t"))
			ada.until(editorText + `.includes("due: 2d")`)
			if got := ada.said(); got != wholeOfBuilt {
				t.Errorf("the text is\n%s\nwant\n%s", got, wholeOfBuilt)
			}
			ada.until(summary + `.includes("has no errors")`)
			ada.settled()
			ada.hasNoFaults()
			ada.passesAxe()
			ada.Faults(h.origin)

			ada.eval(`document.querySelector("[data-editor]").tandemEditor.view.focus(); ""`)
			ada.eval(press + `{key: "z", code: "KeyZ", keyCode: 90, ctrlKey: true, bubbles: true})); ""`)
			ada.until(`!` + editorText + `.includes("due: 2d") && !document.querySelector('[name="step.due"]').value`)
			if got := ada.said(); got != strings.Replace(wholeOfBuilt, "    due: 2d\n", "", 1) {
				t.Errorf("undone, the text is\n%s", got)
			}
		})
	}
}

// A click on a node of the graph chooses its step, the keys n and p the next and
// the one before; a text that cannot be read says so and comes back.
func TestBuilder_graphAndText(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	ada := h.visitor(t, b, browser.Size(1280, 900))
	ada.signIn("ada")
	ada.visit("/definitions/new")
	ada.until(`document.querySelector(".editor-host") && document.querySelector("[data-graph-drawn] g.node")`)
	const chosen = `document.querySelector("[data-builder-chosen]")?.dataset.step`
	ada.eval(`(() => { const node = document.querySelector('g.node[id*="-flowchart-n2-"]'), at = node.getBoundingClientRect();
		for (const kind of ["pointerdown", "pointerup"]) node.dispatchEvent(new PointerEvent(kind, {bubbles: true, clientX: at.x + 5, clientY: at.y + 5, pointerType: "pen"})); return "" })()`)
	ada.until(chosen + ` === "rejected" && document.activeElement.matches("[data-graph-canvas]")`)
	ada.do(browser.Key("p"))
	ada.until(chosen + ` === "done"`)
	ada.do(browser.Key("n"))
	ada.until(chosen + ` === "rejected" && document.querySelector('g.node[id*="-flowchart-n2-"]').classList.contains("chosen")`)

	ada.eval(setText + `(` + editorText + `.replace("name: rejected", "name: refused")); ""`)
	ada.until(chosen + ` === "refused"`)

	// The graph shows the chosen step, however large it is; a start form has names
	// of its own, whatever its fields are called.
	ada.eval(setText + `("name: long\nversion: 1.0.0\ninput_schema: {type: object, properties: {step: {type: object, properties: {due: {type: string}}}}}\nsteps:\n" +
		Array.from({length: 14}, (_, i) => "  - {name: s" + i + ", type: machine, action: noop}\n").join("") + "edges:\n" +
		Array.from({length: 13}, (_, i) => "  - {source: s" + i + ", target: s" + (i + 1) + "}\n").join("")); ""`)
	ada.until(`document.querySelector(".builder-step[value=s13]") && document.querySelectorAll("[data-graph-drawn] g.node").length >= 14`)
	for _, step := range []string{"s13", "s0"} {
		ada.eval(`document.querySelector(".builder-step[value=` + step + `]").click(); ""`)
		ada.until(chosen + ` === "` + step + `"`)
		ada.until(`(() => { const node = document.querySelector("[data-graph-canvas] .chosen")?.getBoundingClientRect(), frame = document.querySelector("[data-graph-canvas]").getBoundingClientRect();
			return node && node.top >= frame.top && node.bottom <= frame.bottom })()`)
	}
	ada.hasNoFaults()
	ada.eval(setText + `(` + quoted(wholeOfBuilt) + `); ""`)
	ada.until(`document.querySelector(".builder-step[value=check]")`)
	ada.eval(setText + `(` + editorText + `.replace("steps:", "steps: [")); ""`)
	ada.until(`document.querySelector("[data-builder]").innerText.includes("cannot be read from line") && document.querySelector("[data-graph][data-behind]")`)
	ada.eval(setText + `(` + editorText + `.replace("steps: [", "steps:")); ""`)
	ada.until(`document.querySelectorAll(".builder-step").length === 4`)
	ada.hasNoFaults()
}

// Without scripts the same buttons send the page; what it says is the changed
// text.
func TestBuilder_withoutScript(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	ada := h.visitor(t, b, browser.WithoutScript())
	ada.signIn("ada")
	ada.visit("/definitions/new")
	ada.lead(http.StatusOK, browser.Fill("Name", "notify"), browser.Press("Add step"))
	ada.lead(http.StatusOK, browser.Fill("due", "2d"), browser.Press("Apply to the text"))
	ada.lead(http.StatusOK, browser.Press("Move up"))
	if text := ada.eval(`document.querySelector("[name=source]").value`); !strings.Contains(text, "  - {name: notify, type: human, anyone: true, due: 2d}\n  - {name: rejected") {
		t.Errorf("the text is\n%s", text)
	}
	ada.lead(http.StatusOK, browser.Press("Delete step"))
	ada.lead(http.StatusOK, browser.Press("Save version"))
	if text := ada.text("h1"); text != "My workflow" {
		t.Errorf("the heading is %q", text)
	}
}
