package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tandem/internal/e2e/browser"
)

// Everything that people do with tasks works without scripts: starting, sorting,
// claiming, a nested form, deciding several at once, canceling with a reason.
func TestApprover_WithoutScripts(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/x"), start(t)
	otto, finn := h.visitor(t, b, browser.WithoutScript()), h.visitor(t, b, browser.WithoutScript(), browser.Size(390, 844))
	otto.signIn("otto")
	otto.visit("/start")
	otto.lead(http.StatusOK, browser.Follow("Start")) // the first there is
	var instances []string
	for range 4 {
		instances = append(instances, otto.startExpense("6000"))
	}
	finn.signIn("finn")
	finn.visit("/tasks?view=groups&sort=priority")
	finn.lead(http.StatusOK, browser.Press("Claim")) // the first row
	if got := finn.text("main .notice:not(.expiry .notice)"); !strings.Contains(got, "The task is yours.") {
		t.Errorf("after claiming the page says %q", got)
	}
	finn.visit("/tasks?view=groups")
	finn.lead(http.StatusOK, browser.Press("Decide together")) // nothing was chosen
	if got := finn.text("main"); !strings.Contains(got, "No task is ticked.") || !strings.HasPrefix(finn.path(), "/x/tasks") {
		t.Errorf("after ticking nothing, %s says:\n%s", finn.path(), got)
	}
	finn.eval(`([...document.querySelectorAll("tbody input[name=_task]")].slice(0, 2).forEach((c) => (c.checked = true)), "")`)
	finn.lead(http.StatusOK, browser.Press("Decide together"))
	finn.lead(http.StatusUnprocessableEntity, browser.Press("Approve"))
	finn.lead(http.StatusOK, browser.Fill("Cost centre", "4711"), browser.Press("Approve"))
	if got := finn.text("main"); !strings.Contains(got, "2 tasks are done.") || strings.Count(got, "Approve") < 2 {
		t.Errorf("after deciding two at once the page says:\n%s", got)
	}
	finn.axeAtRest()
	finn.visit("/tasks?view=completed")
	if got := finn.eval(`String(document.querySelectorAll("tbody tr").length)`); got != "2" {
		t.Errorf("%s tasks are completed, want 2", got)
	}

	// What remains is canceled with a reason, by who may.
	olga := h.visitor(t, b, browser.WithoutScript())
	olga.signIn("olga")
	olga.visit(strings.TrimPrefix(instances[3], "/x"))
	olga.eval(`(document.querySelector("form[action$='/cancel']").closest("details").open = true, document.querySelector("form[action$='/cancel'] textarea").value = "bought elsewhere", "")`)
	olga.lead(http.StatusOK, browser.Press("Cancel the instance"))
	olga.visit(strings.TrimPrefix(instances[3], "/x"))
	if got := olga.text("main"); !strings.Contains(got, "bought elsewhere") {
		t.Errorf("the page of the canceled instance does not say why:\n%s", got)
	}
	olga.visit("/instances?status=canceled")
	if got := olga.eval(`String(document.querySelectorAll("tbody tr").length)`); got != "1" {
		t.Errorf("%s instances are canceled, want 1", got)
	}
}

// axeAtRest checks the page as it stands, for which scripts have to run.
func (v visitor) axeAtRest() {
	v.t.Helper()
	v.do(browser.WithScript())
	for _, theme := range []string{"dark", "light"} {
		v.do(browser.Prefer(theme))
		v.until(atRest)
		v.passesAxe()
	}
	v.do(browser.WithoutScript())
	v.Faults(v.house.origin)
}

// The inbox and a task by keys alone; ? lists them, and they can be turned off.
func TestApprover_Keys(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	otto, finn := h.visitor(t, b), h.visitor(t, b)
	otto.signIn("otto")
	for range 3 {
		otto.startExpense("6000")
	}
	finn.signIn("finn")
	finn.visit("/tasks?view=groups")
	finn.settled()
	row := func(n int) string {
		return fmt.Sprintf(`document.activeElement === document.querySelectorAll("tbody a.row-link")[%d]`, n)
	}
	for _, step := range []struct{ key, then string }{
		{"j", row(0)}, {"j", row(1)}, {"k", row(0)}, {"j", row(1)},
		{"x", `document.querySelectorAll("[name=_task]:checked").length === 1 && document.querySelectorAll("[name=_task]")[1].checked`},
		{"?", `document.querySelector("dialog[open]")`},
	} {
		finn.do(browser.Key(step.key))
		finn.until(step.then)
	}
	finn.until(atRest)
	finn.hasNoFaults()
	finn.passesAxe()
	finn.Faults(h.origin)
	finn.do(browser.Key("Enter"))
	finn.until(`!document.querySelector("dialog[open]")`)
	finn.eval(`(document.querySelectorAll("tbody a.row-link")[1].focus(), "")`)
	finn.lead(http.StatusOK, browser.Key("c"))
	finn.lead(http.StatusOK, browser.Follow("My tasks"))
	finn.lead(http.StatusOK, browser.Key("j"), browser.Key("Enter"))
	finn.settled()
	for _, step := range []struct{ key, then string }{
		{"e", `document.activeElement.name === "cost_centre"`},
		{"u", `document.activeElement.value.endsWith("u")`}, // a letter, in a field
	} {
		finn.do(browser.Key(step.key))
		finn.until(step.then)
	}
	finn.eval(`(document.activeElement.blur(), "")`)
	finn.do(browser.Key("d"))
	finn.until(`document.activeElement.name === "_outcome"`)
	finn.do(browser.Key("m"))
	finn.until(`document.activeElement.name === "text"`)
	finn.eval(`(document.activeElement.blur(), document.querySelector("details[hx-get$='/around']").open = true, "")`)
	finn.until(`document.querySelector("#around [data-graph-drawn] g.node.state-waiting")`)
	finn.until(atRest)
	finn.hasNoFaults()
	finn.passesAxe()
	finn.Faults(h.origin)

	for _, path := range []string{"/keys", "/start", "/tasks?view=groups"} {
		finn.visit(path)
		finn.settled()
		finn.hasNoFaults()
		finn.passesAxe()
		finn.Faults(h.origin)
	}
	finn.visit("/keys")
	finn.lead(http.StatusOK, browser.Press("Off"))
	finn.visit("/tasks?view=groups")
	finn.do(browser.Key("j"))
	finn.eval(`new Promise((keep) => requestAnimationFrame(() => keep("")))`)
	if at := finn.eval(`document.activeElement.tagName`); at != "BODY" {
		t.Errorf("turned off, j leads to %s", at)
	}
}
