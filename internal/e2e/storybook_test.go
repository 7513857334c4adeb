package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"tandem"
	"tandem/internal/e2e/browser"
)

// Every page in every state is free of what axe finds: in the light on a wide
// window, and in the dark on a phone; and none is wider than the window.
func TestStorybook_axe(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(tandem.Storybook())
	t.Cleanup(server.Close)
	h := house{origin: server.URL, url: server.URL}
	for _, look := range []struct {
		name  string
		theme string
		width int64
	}{{"light", "light", 1280}, {"dark phone", "dark", 390}} {
		t.Run(look.name, func(t *testing.T) {
			t.Parallel()
			v := h.visitor(t, start(t), browser.Size(look.width, 900), browser.Prefer(look.theme))
			v.lead(http.StatusOK, browser.Visit(server.URL))
			paths, err := browser.Eval[[]string](v.Tab, `[...document.querySelectorAll("main .find-item")].map((a) => a.getAttribute("href"))`)
			if err != nil || len(paths) < 50 {
				t.Fatalf("the storybook lists %d stories, %v", len(paths), err)
			}
			for _, path := range paths {
				v.lead(http.StatusOK, browser.Visit(server.URL+path))
				v.passesAxe()
				if wide := v.eval(`String(document.documentElement.scrollWidth - document.documentElement.clientWidth)`); wide != "0" {
					t.Errorf("%s is %s pixels wider than the window, which pushes what is fixed at its end out of it", path, wide)
				}
			}
			v.hasNoFaults()
		})
	}
}
