package e2e_test

import (
	"strconv"
	"testing"

	"tandem/internal/e2e/browser"
)

// A graph is made larger and smaller, fitted and moved, by buttons, by keys and
// by dragging; its focus is to be seen.
func TestGraph_zoomAndPan(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/x"), start(t)
	otto := h.visitor(t, b, browser.Size(900, 800))
	otto.signIn("otto")
	otto.visit("/definitions/expense_approval")
	otto.settled()
	const canvas = "[data-graph-canvas]"
	number := func(script string) float64 {
		t.Helper()
		n, err := strconv.ParseFloat(otto.eval(`String(`+script+`)`), 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	width := func() float64 {
		t.Helper()
		return number(`document.querySelector("[data-graph-canvas] svg").getBoundingClientRect().width`)
	}
	left := func() float64 { t.Helper(); return number(`document.querySelector("[data-graph-canvas]").scrollLeft`) }
	top := func() float64 { t.Helper(); return number(`document.querySelector("[data-graph-canvas]").scrollTop`) }

	otto.tabTo(canvas)
	first := width()
	for range 6 {
		otto.do(browser.Key("+"))
	}
	large := width()
	otto.do(browser.Key("-"))
	smaller := width()
	if !(first < smaller && smaller < large) {
		t.Errorf("the drawing is %v wide, %v after +, %v after -", first, large, smaller)
	}
	beforeKeys := left()
	otto.do(browser.Key("\u0303")) // the arrow to the right
	otto.until(`document.querySelector("[data-graph-canvas]").scrollLeft > ` + strconv.FormatFloat(beforeKeys, 'f', -1, 64))
	otto.until(`((at, now) => { // the browser slides there
		if (window.wasAt?.left !== at) window.wasAt = { left: at, since: now };
		return now - window.wasAt.since > 300;
	})(document.querySelector("[data-graph-canvas]").scrollLeft, performance.now())`)

	fromLeft, fromTop := left(), top()
	otto.do(browser.Drag(canvas, -80, -60))
	if gotLeft, gotTop := left()-fromLeft, top()-fromTop; gotLeft < 70 || gotLeft > 90 || gotTop < 0 {
		t.Errorf("dragging by 80, 60 moves the drawing by %v, %v", gotLeft, gotTop)
	}
	otto.do(browser.Key("0"))
	if fits := number(`document.querySelector("[data-graph-canvas]").scrollWidth - document.querySelector("[data-graph-canvas]").clientWidth`); fits > 1 {
		t.Errorf("fitted, the drawing is %v px wider than its frame", fits)
	}
	fitted := width()
	otto.eval(`(document.querySelector("[data-graph-zoom=in]").click(), "")`)
	if width() <= fitted {
		t.Error("the button does not make the drawing larger")
	}
	otto.hasNoFaults()
}
