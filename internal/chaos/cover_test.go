package chaos_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// everyCommand holds what was done on stages to all commands that there are: one
// without a move fails.
func everyCommand(t *testing.T, drawn map[string]int) {
	t.Helper()
	for _, name := range undone(t, drawn) {
		t.Errorf("no stage has done %s: give it a move", name)
	}
}

// undone lists the commands, as the sources of the domain have them, that were
// not drawn.
func undone(t *testing.T, drawn map[string]int) []string {
	t.Helper()
	files, err := filepath.Glob("../workflow/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources of the domain: %v", err)
	}
	found, missing := 0, []string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Name.Name != "command" || fn.Recv == nil {
				continue
			}
			name, isValue := fn.Recv.List[0].Type.(*ast.Ident)
			if !isValue {
				continue // the decider's own method
			}
			found++
			if drawn["workflow."+name.Name] == 0 {
				missing = append(missing, name.Name)
			}
		}
	}
	if found < 25 {
		t.Errorf("%d commands found in the sources, want all", found)
	}
	return missing
}

// untold are the keys of documents that no story uses, and why.
var untold = map[string]string{
	"description":    "a text for people alone",
	"overwrite":      "no two steps of a story write one key",
	"terminal_steps": "branches of a story end where no edge leads on",
	"start":          "rights have tests of their own",
	"permissions":    "rights have tests of their own",
	"calendar":       "stories wait for milliseconds",
	"retention":      "the judge reads what retention would delete",
	"verify":         "stories have no secrets",
	"confirm_on":     "a vote that is asked for again has tests of its own",
}

// documentSchema is what is read of the schema of documents.
type documentSchema struct {
	Properties map[string]json.RawMessage `json:"properties"`
	Defs       map[string]struct {
		Properties map[string]struct {
			Enum []any `json:"enum"`
		} `json:"properties"`
	} `json:"$defs"`
}

// everyKey holds the documents of stories to the schema of documents: every key,
// and every value of those that have a choice, was told.
func everyKey(t *testing.T, told map[string]int) {
	t.Helper()
	raw, err := os.ReadFile("../../static/schema/workflow.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s documentSchema
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for key := range s.Properties {
		want[key] = true
	}
	for def, one := range s.Defs {
		if !strings.HasPrefix(def, "step") && !slices.Contains([]string{"edge", "handler", "retry", "schedule", "start_on", "message", "escalate", "on_timeout"}, def) {
			continue
		}
		for key, values := range one.Properties {
			want[key] = true
			for _, v := range values.Enum {
				if text, ok := v.(string); ok {
					want[key+"="+text] = true
				}
			}
		}
	}
	if len(want) < 80 {
		t.Fatalf("the schema has %d keys and values, want all", len(want))
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		name, _, _ := strings.Cut(key, "=")
		if _, excused := untold[name]; told[key] == 0 && !excused && !slices.Contains(unsaid, key) {
			t.Errorf("no story has %s: have it drawn", key)
		}
		if _, excused := untold[name]; told[key] > 0 && excused && name == key {
			t.Errorf("stories have %s, which is said to be untold", key)
		}
	}
}

// unsaid are values that stories mean by leaving the key out, or do not need.
var unsaid = []string{"on_lost=retry", "timezone", "loop"}

// keysOf counts the keys of a document, and the values of those that are texts.
func keysOf(t *testing.T, document []byte, told map[string]int) {
	t.Helper()
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				told[key]++
				if text, ok := inner.(string); ok {
					told[key+"="+text]++
				}
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(v)
}

// everyRule names the rules that stories must have given something to judge.
func everyRule(t *testing.T, judged map[string]int) {
	t.Helper()
	for _, rule := range []string{
		"migrations", "migrated steps", "messages", "receipts", "claims", "unclaims", "reassignments", "delegations", "returns",
		"escalations", "deciders", "guests", "votes", "edits", "asked", "told: claim", "told: edit",
	} {
		if judged[rule] == 0 {
			t.Errorf("the judge had nothing to judge by %q: %v", rule, judged)
		}
	}
}
