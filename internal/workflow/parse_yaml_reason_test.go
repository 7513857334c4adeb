package workflow_test

import (
	"errors"
	"strings"
	"testing"

	"tandem/internal/workflow"
)

// Why a YAML text cannot be read is said in German too, at its line, with the
// parser's own words behind it.
func TestParse_yamlReasons(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]struct {
		line            int
		english, german string
	}{
		"name: a\n\tsteps: []\n":                 {2, "a line begins with a tab", "beginnt mit einem Tabulator"},
		"name: a: b\n":                           {1, "a second colon", "ein zweiter Doppelpunkt"},
		"steps:\n  - name: a\n   type: b\n":      {3, "begin in the same column", "beginnt in derselben Spalte"},
		"a: 'it's'\n":                            {1, "quotes inside of a text", "hinter einem Text"},
		"steps: [a, b\n":                         {1, "the bracket that is opened", "vor der Klammer"},
		"steps: {a: b\n":                         {1, "the bracket that is opened", "vor der Klammer"},
		"steps: ]\n":                             {1, "never opened", "die nicht aufging"},
		"name: \"abc\n":                          {1, "the quotes that are opened", "vor den Anführungszeichen"},
		"steps:\n  - {name: a, type: b\n  - x\n": {3, "a comma or a closing bracket", "ein Komma oder"},
		"name: a\nsteps\n":                       {2, "a key with a colon", "ein Schlüssel mit Doppelpunkt"},
		`{"a": `:                                 {1, "a value or the colon", "ein Wert oder der Doppelpunkt"},
		"name: @x\n":                             {1, "put it in quotes", "in Anführungszeichen"},
	} {
		_, _, err := workflow.Parse([]byte(source), workflow.Options{})
		var refused *workflow.Error
		if !errors.As(err, &refused) || len(refused.Fields) != 1 {
			t.Errorf("%q: got %v, want one problem", source, err)
			continue
		}
		problem := refused.Fields[0]
		german := problem.In("de")
		if problem.Line != want.line || !strings.Contains(problem.Message, want.english) || !strings.Contains(german, want.german) {
			t.Errorf("%q: line %d: %s\n%s", source, problem.Line, problem.Message, german)
		}
		own := problem.Message[strings.LastIndex(problem.Message, " ("):]
		if !strings.HasSuffix(german, own) {
			t.Errorf("%q: %q does not end with the parser's own words %q", source, german, own)
		}
	}
}
