package expr

import (
	"strings"
	"testing"
)

// TestFunc_panics: a function that breaks off fails its expression, not the
// process.
func TestFunc_panics(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(Options{Functions: map[string]Func{"acme.boom": func(...any) (any, error) { panic("boom") }}})
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"acme.boom()", "acme.boom(1, 2)", "[1].map(x, acme.boom(x))"} {
		p, err := env.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := p.Eval(t.Context(), Map{}); err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("%s gave %v, %v, want an error", source, v, err)
		}
	}
}
