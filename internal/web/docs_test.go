package web_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestDocs finds every operation on the plain page, and what the reference page
// loads on this server.
func TestDocs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var doc struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(h.expect(http.StatusOK, get("", "/openapi.json")).body), &doc); err != nil {
		t.Fatal(err)
	}
	page, operations := h.expect(http.StatusOK, get("otto", "/docs")).body, 0
	for _, item := range doc.Paths {
		for _, o := range item {
			operations++
			if !strings.Contains(page, `id="`+o.ID+`"`) {
				t.Errorf("/docs lacks %s", o.ID)
			}
		}
	}
	if operations < 80 {
		t.Errorf("the document has %d operations", operations)
	}
	reference := h.expect(http.StatusOK, get("otto", "/docs/reference"))
	if policy := reference.header.Get("Content-Security-Policy"); !strings.Contains(policy, "'sha256-") {
		t.Errorf("policy: %s", policy)
	}
	loads := regexp.MustCompile(`(?:src|href|apiDescriptionUrl)="([^"]*)"`).FindAllStringSubmatch(reference.body, -1)
	if len(loads) < 5 {
		t.Errorf("the page loads %v", loads)
	}
	for _, m := range loads {
		if a := h.ask(get("otto", m[1])); a.status != http.StatusOK {
			t.Errorf("%s: got %d; run `make deps`", m[1], a.status)
		}
	}
}
