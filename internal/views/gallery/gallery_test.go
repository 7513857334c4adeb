package gallery_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"tandem/internal/views"
	"tandem/internal/views/gallery"
)

var update = flag.Bool("update", false, "write the golden files")

// Every story is a whole page with one heading and ids that are its own, in
// both languages; what it says in English is held by a golden file.
func TestStories(t *testing.T) {
	t.Parallel()
	for _, story := range gallery.Stories() {
		t.Run(story.Page+"/"+story.State, func(t *testing.T) {
			t.Parallel()
			for _, lang := range []string{"de", "en"} {
				doc := rendered(t, story, lang)
				if n := doc.Find("h1").Length(); n != 1 {
					t.Errorf("%s: the page has %d headings of the first level, want 1", lang, n)
				}
				if title := doc.Find("title").Text(); strings.TrimSpace(title) == "" {
					t.Errorf("%s: the page has no title", lang)
				}
				expectOwnIDs(t, doc)
				if lang == "en" {
					expectGolden(t, story, outline(doc))
				}
			}
		})
	}
}

func rendered(t *testing.T, story gallery.Story, lang string) *goquery.Document {
	t.Helper()
	var b bytes.Buffer
	page := gallery.Viewer(views.Page{Lang: lang})
	if err := story.Show(page).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func expectOwnIDs(t *testing.T, doc *goquery.Document) {
	t.Helper()
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] {
			t.Errorf("the id %q is there twice", id)
		}
		seen[id] = true
	})
}

// outline lists what a page says by its parts: headings, labels, buttons and
// links of its main part.
func outline(doc *goquery.Document) string {
	var b strings.Builder
	doc.Find("main h1, main h2, main h3, main th, main label, main legend, main button, main summary, main a").Each(func(_ int, s *goquery.Selection) {
		text := strings.Join(strings.Fields(s.Text()), " ")
		if name := s.AttrOr("aria-label", ""); name != "" {
			text = name
		}
		fmt.Fprintf(&b, "%s %s\n", goquery.NodeName(s), text)
	})
	return b.String()
}

func expectGolden(t *testing.T, story gallery.Story, got string) {
	t.Helper()
	path := filepath.Join("testdata", story.Page+"-"+story.State+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("what the page says has changed; if on purpose, run this test with -update (-want +got):\n%s", diff)
	}
}

// A page without a story would be seen by nobody.
func TestStories_everyPage(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../*.templ")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	told, err := os.ReadFile("stories.go")
	if err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile(`(?m)^templ ([A-Z]\w*Page)\(p Page, `)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range page.FindAllStringSubmatch(string(text), -1) {
			if !bytes.Contains(told, []byte("views."+found[1]+",")) && !bytes.Contains(told, []byte("views."+found[1]+")")) {
				t.Errorf("%s has no story", found[1])
			}
		}
	}
}
