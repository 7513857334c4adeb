package workflow

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSearchValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 300)
	data := DecodeData(json.RawMessage(`{"a": {"b": "x"}, "n": 1.50, "big": 1e400, "yes": true, "no": false, "null": null,
		"list": ["p", 2, null, {"q": 1}, ["r"]], "long": "` + long + `"}`))
	for path, want := range map[string][]SearchValue{
		"a.b":   {{Path: "a.b", Text: "x"}},
		"a":     nil,
		"a.b.c": nil,
		"none":  nil,
		"n":     {{Path: "n", Text: "1.50", Number: "1.50"}},
		"big":   {{Path: "big", Text: "1e400"}},
		"yes":   {{Path: "yes", Text: "true"}},
		"no":    {{Path: "no", Text: "false"}},
		"null":  nil,
		"list":  {{Path: "list", Text: "p"}, {Path: "list", Text: "2", Number: "2"}},
		"long":  {{Path: "long", Text: long[:400]}},
	} {
		if diff := cmp.Diff(want, SearchValues(path, data)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestParse_search(t *testing.T) {
	t.Parallel()
	const doc = `name: a
version: 1.0.0
search: [kept, given.name, missing]
input_schema: {type: object, properties: {given: {type: object}}}
steps: [{name: one, type: machine, action: noop, output: kept}]
`
	def, warnings, err := Parse([]byte(doc), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"kept", "given.name", "missing"}, def.Search); diff != "" {
		t.Errorf("Search (-want +got):\n%s", diff)
	}
	if len(warnings) != 1 || warnings[0].Pointer != "/search/2" || warnings[0].Message != "Nothing writes data.missing." {
		t.Errorf("warnings = %+v, want one of /search/2", warnings)
	}
}

func TestTookSlot(t *testing.T) {
	t.Parallel()
	last := -1
	for us := range int64(100_000) {
		slot := TookSlot(us)
		if slot != last && slot != last+1 {
			t.Fatalf("TookSlot(%d) = %d after %d", us, slot, last)
		}
		last = slot
	}
}
