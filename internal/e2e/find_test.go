package e2e_test

import (
	"testing"

	"tandem/internal/e2e/browser"
)

// Ctrl+K leads to the search from anywhere; what it finds is chosen by keys, and
// Enter goes there.
func TestFind_byKeyboard(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/x"), start(t)
	otto := h.visitor(t, b)
	otto.signIn("otto")
	otto.visit("/instances")
	otto.settled()
	const field = `document.querySelector("[data-search]")`
	const chosen = `document.getElementById(` + field + `.getAttribute("aria-activedescendant"))`
	otto.do(browser.Chord("k"))
	otto.until(`document.activeElement === ` + field + ` && ` + field + `.ariaExpanded === "true" && document.querySelector("#find-results [role=option]")`)
	otto.do(browser.Key("zzzz"))
	otto.until(`document.querySelector("#find-results [role=status]")?.innerText.includes("Nothing found. Try")`)
	if got := otto.eval(field + `.ariaExpanded`); got != "false" {
		t.Errorf("the box of what was not found is expanded: %s", got)
	}
	otto.hasNoFaults()
	otto.passesAxe()
	otto.Faults(h.origin)
	otto.do(browser.Key("\b\b\b\bexpense"))
	otto.until(`document.querySelector("#find-results [role=option]")?.innerText.includes("Expense approval")`)
	otto.do(browser.Key("\u0301")) // the arrow down
	otto.until(chosen + `?.ariaSelected === "true" && ` + chosen + `.innerText.includes("Start Expense approval")`)
	otto.passesAxe()
	otto.Faults(h.origin)
	// A key that the browser is sent comes as two events, and the second would send
	// the form although the first was taken.
	otto.eval(`(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true })), "")`)
	otto.until(`location.pathname === "/x/definitions/expense_approval/start" && document.readyState === "complete"`)
	otto.do(browser.Chord("k"))
	otto.until(`document.activeElement === ` + field)
	otto.do(browser.Key("\u001b")) // escape
	otto.until(`document.activeElement !== ` + field)
}
