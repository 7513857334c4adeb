package e2e_test

import (
	"fmt"
	"testing"

	"tandem/internal/e2e/browser"
)

// live is JavaScript for "this page follows the server".
const live = `document.querySelector("[data-live]").dataset.live === "on"`

// One browser has one stream, however many tabs are open: HTTP/1.1 gives it six
// connections in all. When the page that holds it is left, another takes over,
// and nobody misses what happened meanwhile.
func TestLive_TenTabs(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/x"), start(t)
	otto, finn := h.visitor(t, b), h.visitor(t, b)
	otto.signIn("otto")
	instance := otto.startExpense("6000")
	tabs := []visitor{otto}
	for i := range 9 {
		tab, err := otto.Beside()
		if err != nil {
			t.Fatal(err)
		}
		v := visitor{tab, t, h}
		v.do(browser.Visit(h.origin + []string{instance, "/x/instances", "/x/"}[i%3]))
		tabs = append(tabs, v)
	}
	for _, v := range tabs {
		v.until(live)
	}
	h.streams.expect(t, 1)
	otto.visit("/profile") // who came first holds the stream, and goes

	finn.signIn("finn")
	finn.openTask()
	finn.do(browser.Fill("Cost centre", "CC-42"))
	finn.lead(200, browser.Press("Approve"))
	for i, v := range tabs[1:] {
		switch i % 3 {
		case 0:
			v.until(state + ` === "completed"`)
		case 1:
			v.until(fmt.Sprintf(`document.querySelector('a[href=%q]').closest("tr").querySelector("[data-state=completed]")`, instance))
		}
		v.until(live)
	}
	h.streams.expect(t, 2) // finn's inbox has one of its own
	tabs[1].hasNoFaults()
}
