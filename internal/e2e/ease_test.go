package e2e_test

import (
	"testing"

	"tandem/internal/e2e/browser"
)

// The first Tab of a page leads past its navigation.
func TestPages_SkipLink(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/x"), start(t)
	otto := h.visitor(t, b)
	otto.signIn("otto")
	otto.visit("/instances")
	otto.settled()
	otto.do(browser.Key("\t"))
	otto.until(`document.activeElement.matches(".skip-link") && document.activeElement.getBoundingClientRect().top >= 0`)
	otto.do(browser.Key("\r"))
	otto.until(`document.activeElement.id === "main"`)
	otto.do(browser.Key("\t"))
	otto.until(`document.querySelector("main").contains(document.activeElement) && document.activeElement.id !== "main"`)
}

// Whoever prefers that nothing moves sees nothing move.
func TestPages_ReducedMotion(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/x"), start(t)
	otto := h.visitor(t, b)
	otto.signIn("otto")
	const moving = `[...document.querySelectorAll("*")].filter((e) => ["", "::before", "::after"].some((part) => {
		const s = getComputedStyle(e, part || null);
		return [s.transitionDuration, s.animationDuration].some((all) => all.split(",").some((one) => parseFloat(one) > 0.001));
	})).map((e) => e.tagName + "." + e.className).join(", ")`
	for _, path := range []string{"/", "/tasks", "/instances", "/start"} {
		otto.visit(path)
		otto.settled()
		if path == "/" && otto.eval(moving) == "" {
			t.Error("nothing moves for anybody: this test shows nothing")
		}
	}
	otto.do(browser.Still())
	for _, path := range []string{"/", "/tasks", "/instances", "/start"} {
		otto.visit(path)
		otto.settled()
		if found := otto.eval(moving); found != "" {
			t.Errorf("%s: these move: %s", path, found)
		}
	}
}
