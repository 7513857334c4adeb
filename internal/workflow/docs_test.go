package workflow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocs_definitions parses the workflows that the documentation shows whole.
func TestDocs_definitions(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	parsed := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
			block, _, _ = strings.Cut(block, "```")
			if !strings.HasPrefix(block, "format: 1\n") {
				continue
			}
			parsed++
			if _, warnings, err := Parse([]byte(block), Options{}); err != nil || len(warnings) > 0 {
				t.Errorf("%s: %v %v\n%s", page, err, warnings, block)
			}
		}
	}
	if parsed < 2 {
		t.Errorf("%d workflows were found", parsed)
	}
}
