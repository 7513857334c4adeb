package workflow

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse looks for documents that make Parse panic, return neither a
// definition nor an error, or a definition whose own source it refuses.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/definitions/*.yaml", "../../definitions/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(source)
		}
	}
	for _, c := range badDocuments {
		f.Add([]byte(c.source))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 1<<14 {
			t.Skip()
		}
		d, _, err := Parse(source, Options{})
		if (d == nil) == (err == nil) {
			t.Fatalf("Parse gave %v and %v", d, err)
		}
		if err != nil {
			if KindOf(err) != KindInvalid {
				t.Fatalf("Parse gave %v, want an invalid definition", err)
			}
			return
		}
		again, _, err := Parse(d.Source, Options{})
		if err != nil || again.Hash != d.Hash {
			t.Fatalf("parsing the source again gave %v", err)
		}
		d.Graph().Paths(10)
	})
}
