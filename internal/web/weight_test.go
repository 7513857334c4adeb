package web_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// heaviest is how many bytes a page without a graph may bring over the wire to a
// browser that has seen none of it: itself and all that it loads, compressed.
const heaviest = 100_000

// asset finds what a page loads; no script imports another.
var asset = regexp.MustCompile(`(?:href|src)="(/static/[^"#]+)`)

var title = regexp.MustCompile(`<title>[^<]*</title>`)

// weigh opens every page as somebody who sees most of it; each has a title of its
// own.
func (m *matrixHouse) weigh(t *testing.T) {
	h := m.on(t)
	weights := map[string]int{} // of assets by path
	most, pages, titles := 0, 0, map[string]string{}
	for _, r := range readingRoutes() {
		if r.api || r.streams() || r.pattern == "/docs/reference" { // the reference of the API is another's page, and says so
			continue
		}
		q := m.made["default"].ask(t, r, "default/admin")
		page := h.ask(q)
		if page.status != http.StatusOK || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.Contains(page.body, "<main") {
			continue
		}
		guests := strings.HasPrefix(r.pattern, "/guest/") // a task, as those see it who see nothing else
		if title := title.FindString(page.body); titles[title] != "" && !guests {
			t.Errorf("%s and %s have the same title, %s", titles[title], r.pattern, title)
		} else {
			titles[title] = r.pattern
		}
		if strings.Contains(page.body, "data-graph") || strings.Contains(page.body, "data-editor") {
			continue
		}
		total := h.wired(q)
		for _, name := range h.loads(page.body, weights) {
			total += weights[name]
		}
		pages++
		if most = max(most, total); total > heaviest {
			t.Errorf("%s brings %d bytes, want at most %d", r.pattern, total, heaviest)
		}
	}
	if pages < 30 || len(weights) < 5 {
		t.Errorf("%d pages with %d assets were weighed, want more", pages, len(weights))
	}
	t.Logf("the heaviest of %d pages brings %d bytes", pages, most)
}

// wired is the length of an answer as a browser asks for it.
func (h *house) wired(q request) int {
	q.Header = map[string]string{"Accept-Encoding": "gzip, br"}
	return len(h.expect(http.StatusOK, q).body)
}

// loads lists the assets that a page loads, and keeps their weights.
func (h *house) loads(page string, weights map[string]int) (all []string) {
	for _, found := range asset.FindAllStringSubmatch(page, -1) {
		name := found[1]
		if slices.Contains(all, name) {
			continue
		}
		if _, ok := weights[name]; !ok {
			weights[name] = h.wired(get("", name))
		}
		all = append(all, name)
	}
	return all
}
