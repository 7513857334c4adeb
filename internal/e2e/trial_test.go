package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"tandem/internal/e2e/browser"
)

// A workflow is tried in the page: the graph is drawn once and follows the moves.
func TestTrial_live(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			h, b := open(t, "/x"), start(t)
			ada := h.visitor(t, b, browser.Prefer(theme), browser.Size(1280, 900))
			check := func() {
				t.Helper()
				ada.settled()
				ada.hasNoFaults()
				ada.passesAxe()
				ada.Faults(h.origin) // what axe itself did
			}
			ada.signIn("ada")
			ada.visit("/definitions/expense_approval/try")
			check()
			ada.eval(`document.querySelector("[data-graph-canvas] svg").dataset.mine = "yes"; ""`)
			ada.eval(`document.querySelector("#trial-form [name=amount]").value = "6000"; document.querySelector("[value=start]").click(); ""`)
			ada.until(`document.querySelector("#trial-form [name=_outcome]")`)
			ada.until(`document.querySelector("g.node.state-waiting")`)
			ada.until(`document.activeElement.id === "trial-now"`)
			check()
			ada.eval(`document.querySelector("#trial-form [name=cost_centre]").value = "x"; document.querySelector("#trial-form [name=_outcome]").click(); ""`)
			ada.until(`document.querySelector("#trial-form .problems")`)
			check()
			ada.eval(`document.querySelector("#trial-form [name=cost_centre]").value = "X1"; document.querySelector("#trial-form [name=_outcome]").click(); ""`)
			ada.until(`document.querySelectorAll(".trial-turns > li").length === 2`)
			ada.eval(`document.querySelector("#trial-form [value=back]").click(); ""`)
			ada.until(`document.querySelectorAll(".trial-turns > li").length === 1`)
			ada.eval(`document.querySelector("#trial-form [value=finish]").click(); ""`)
			ada.until(`document.querySelector("#trial-form").innerText.includes("The workflow has completed")`)
			ada.until(`document.querySelector("[data-graph-canvas] svg").dataset.mine === "yes"`)
			check()
			ada.do(browser.Size(390, 844))
			check()
			ada.eval(`document.querySelector(".trial-turns [name=_do]").click(); ""`)
			ada.until(`document.querySelector("#trial-form [name=_outcome]")`)
			if path := ada.path(); path != "/x/definitions/expense_approval/try" {
				t.Errorf("the page is %s", path)
			}
		})
	}
}

// What is typed is compared below the text, and tried, without being saved.
func TestEditor_looks(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	ada := h.visitor(t, b, browser.Size(1280, 900))
	ada.signIn("ada")
	ada.visit("/definitions/expense_approval/edit")
	ada.until(`document.querySelector(".editor-host")`)
	ada.eval(setText + `(` + editorText + `.replace("due: 2d", "due: 5d")); ""`)
	ada.eval(`[...document.querySelectorAll("#editor-form button")].find((b) => b.textContent === "What changes").click(); ""`)
	ada.until(`document.querySelector("#diff [data-graph-drawn] g.node.state-changed")`)
	ada.until(`document.querySelector("#diff .diff-added .diff-text").innerText.length > 0`)
	ada.settled()
	ada.hasNoFaults()
	ada.passesAxe()
	ada.Faults(h.origin)
	ada.lead(http.StatusOK, browser.Press("Test run"))
	ada.settled()
	ada.hasNoFaults()
	ada.lead(http.StatusOK, browser.Press("Back to the text"))
	ada.until(`document.querySelector(".editor-host")`)
	if text := ada.eval(editorText); !strings.Contains(text, "due: 5d") {
		t.Error("the text came back as it was")
	}
}

// Without JavaScript each move is a page: versions are compared and tried.
func TestTrial_withoutScript(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	ada := h.visitor(t, b, browser.WithoutScript())
	ada.signIn("ada")
	ada.visit("/definitions/expense_approval/edit")
	ada.lead(http.StatusOK, browser.Press("What changes"))
	if text := ada.text("#diff"); !strings.Contains(text, "1.0.1") {
		t.Errorf("the comparison reads:\n%s", text)
	}
	ada.lead(http.StatusOK, browser.Press("Back to the text"))
	ada.lead(http.StatusOK, browser.Press("Test run"))
	ada.lead(http.StatusOK, browser.Fill("Amount (EUR)", "6000"), browser.Press("Start the test run"))
	ada.lead(http.StatusOK, browser.Press("Approve"))
	ada.lead(http.StatusOK, browser.Press("Take back"))
	ada.lead(http.StatusOK, browser.Press("Let time jump there"))
	ada.lead(http.StatusOK, browser.Press("Go on to the end"))
	if text := ada.text("#trial"); !strings.Contains(text, "The workflow has completed") {
		t.Errorf("the run reads:\n%s", text)
	}
	ada.lead(http.StatusOK, browser.Press("Start over"))
	ada.lead(http.StatusOK, browser.Press("Back to the text"))
	ada.lead(http.StatusOK, browser.Press("Save version"))
	ada.visit("/definitions/expense_approval/diff")
	if text := ada.text("#diff"); !strings.Contains(text, "1.0.0") || !strings.Contains(text, "1.0.1") {
		t.Errorf("the comparison reads:\n%s", text)
	}
}
