package e2e_test

import (
	"strings"
	"testing"
)

// TestReference opens the reference page of the API in a browser: it is drawn,
// under its policy, from this server alone.
func TestReference(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/flows"), start(t)
	otto := h.visitor(t, b)
	otto.signIn("otto")
	otto.visit("/docs")
	otto.passesAxe()
	otto.Faults(h.origin) // what axe itself did
	otto.visit("/docs/reference#/operations/start-instance")
	otto.until(`document.querySelector("elements-api").innerText.includes("Answers when the start is durable")`)
	for _, fault := range otto.Faults(h.origin) {
		if !strings.Contains(fault, "React Router Future Flag Warning") { // what Elements says of its own parts
			t.Errorf("the browser says: %s", fault)
		}
	}
}
