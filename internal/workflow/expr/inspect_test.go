package expr

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProgram_Comparisons(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(Options{Vars: []string{"data", "steps"}, Steps: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := env.Compile(`steps.a.outcome == "yes" && !("no" != steps["b"].outcome) || data.x in ["1", "2"] || data.y == data.z || data.n == 3`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Comparison{
		{[]string{"steps", "a", "outcome"}, "yes"},
		{[]string{"steps", "b", "outcome"}, "no"},
		{[]string{"data", "x"}, "1"},
		{[]string{"data", "x"}, "2"},
	}
	if diff := cmp.Diff(want, p.Comparisons()); diff != "" {
		t.Errorf("comparisons (-want +got):\n%s", diff)
	}
}

func TestText_Programs(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(Options{Vars: []string{"data"}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := env.CompileText(" {{ data.a }} ")
	if err != nil {
		t.Fatal(err)
	}
	if text.Whole() == nil || len(text.Programs()) != 1 {
		t.Errorf("Whole() = %v, Programs() = %v, want the one expression", text.Whole(), text.Programs())
	}
	value, err := env.CompileValue(map[string]any{"a": []any{"{{ data.a }} and {{ data.b }}", "c"}, "d": "{{ data.d }}"})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(value.Programs()); got != 3 {
		t.Errorf("the value has %d programs, want 3", got)
	}
}
