package expr

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tandem/internal/workflow/say"
)

func keeping(t interface {
	Helper()
	Fatal(...any)
}) *Env {
	t.Helper()
	env, err := NewEnv(Options{Vars: []string{"data"}, Reserved: map[string]say.Phrase{"secrets": say.Of("no secrets here")}})
	if err != nil {
		t.Fatal(err)
	}
	return env.Keeping("secrets", say.Of("alone, please"))
}

// shout is what takes the place of a kept insertion in these tests.
func shout(name string) string { return "<" + strings.ToLower(name) + ">" }

func TestKeeping(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		value, data any
		kept        []string
		stored      any
		filled      any
	}{
		"alone":      {value: "{{secrets.A}}", kept: []string{"A"}, stored: "{{ secrets.A }}", filled: "<a>"},
		"trimmed":    {value: " {{ secrets.A_1 }}\n", kept: []string{"A_1"}, stored: "{{ secrets.A_1 }}", filled: "<a_1>"},
		"in a text":  {value: "Bearer {{ secrets.A }}{{ secrets.B }}.", kept: []string{"A", "B"}, stored: "Bearer {{ secrets.A }}{{ secrets.B }}.", filled: "Bearer <a><b>."},
		"in a list":  {value: []any{"{{ secrets.A }}", "x", []any{"{{ data }}"}}, data: "y", kept: []string{"A"}, stored: []any{"{{ secrets.A }}", "x", []any{"y"}}, filled: []any{"<a>", "x", []any{"y"}}},
		"in a map":   {value: map[string]any{"h": map[string]any{"k": "{{ secrets.A }}"}, "n": "{{ data }}"}, data: true, kept: []string{"A"}, stored: map[string]any{"h": map[string]any{"k": "{{ secrets.A }}"}, "n": true}, filled: map[string]any{"h": map[string]any{"k": "<a>"}, "n": true}},
		"from data":  {value: map[string]any{"whole": "{{ data }}", "part": "a {{ data }}", "real": "{{ secrets.A }}"}, data: "{{ secrets.A }}", kept: []string{"A"}, stored: map[string]any{"whole": "{{ secrets.A }}", "part": "a {{ secrets.A }}", "real": "{{ secrets.A }}"}, filled: map[string]any{"whole": "{{ secrets.A }}", "part": "a {{ secrets.A }}", "real": "<a>"}},
		"beside":     {value: "{{ data }} {{ secrets.A }}", data: "{{ secrets.A }}", kept: []string{"A"}, stored: `{{ "{{" }} secrets.A }} {{ secrets.A }}`, filled: "{{ secrets.A }} <a>"},
		"made of 2":  {value: "{{ data.x }}{{ data.y }} {{ secrets.A }}", data: map[string]any{"x": "{", "y": "{ secrets.A }}"}, kept: []string{"A"}, stored: `{{ "{{" }} secrets.A }} {{ secrets.A }}`, filled: "{{ secrets.A }} <a>"},
		"brace near": {value: "{{ data }}{{ secrets.A }}", data: "{", kept: []string{"A"}, stored: "{{{ secrets.A }}", filled: "{<a>"},
		"structured": {value: map[string]any{"all": "{{ data }}", "k": "{{ secrets.A }}"}, data: map[string]any{"k": "{{ secrets.A }}"}, kept: []string{"A"}, stored: map[string]any{"all": map[string]any{"k": "{{ secrets.A }}"}, "k": "{{ secrets.A }}"}, filled: map[string]any{"all": map[string]any{"k": "{{ secrets.A }}"}, "k": "<a>"}},
		"none":       {value: "{{ data }}", data: "{{ secrets.A }}", stored: "{{ secrets.A }}", filled: "{{ secrets.A }}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := keeping(t).CompileValue(tt.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.kept, v.Kept()); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
			stored, err := v.Eval(t.Context(), Map{"data": tt.data})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.stored, stored); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.filled, v.Fill(stored, shout)); diff != "" {
				t.Errorf("filled (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.stored, stored); diff != "" {
				t.Errorf("filling changed what is stored (-want +got):\n%s", diff)
			}
		})
	}
}

// TestKeeping_another fills an input with a later form of its text: only what
// that text names is put in.
func TestKeeping_another(t *testing.T) {
	t.Parallel()
	v, err := keeping(t).CompileValue("{{ secrets.A }}")
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Fill("{{ secrets.B }} {{ secrets.A }} {{ other.A }}", shout); got != "{{ secrets.B }} <a> {{ other.A }}" {
		t.Errorf("filled %q", got)
	}
	if got := v.Fill([]any{"{{ secrets.A }}"}, shout); !cmp.Equal(got, []any{"{{ secrets.A }}"}) {
		t.Errorf("filled %q where the text has no place", got)
	}
}

// TestKeeping_property: whatever the values are, filling gives the text with the
// values and the secrets as they are.
func TestKeeping_property(t *testing.T) {
	t.Parallel()
	env := keeping(t)
	piece := rapid.SampledFrom([]string{"{", "}", "{{", "}}", `"`, " ", "secrets", ".", "A", "{{ secrets.A }}", `{{ "{{" }}`, "x", "é"})
	rapid.Check(t, func(t *rapid.T) {
		var text, want strings.Builder
		data := map[string]any{}
		for i := range rapid.IntRange(1, 6).Draw(t, "parts") {
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				text.WriteString("{{ secrets.A }}")
				want.WriteString("<a>")
			case 1:
				key := string(rune('a' + i))
				data[key] = strings.Join(rapid.SliceOf(piece).Draw(t, "value"), "")
				text.WriteString("{{ data." + key + " }}")
				want.WriteString(data[key].(string))
			default:
				text.WriteString("} lit }")
				want.WriteString("} lit }")
			}
		}
		v, err := env.CompileValue(text.String())
		if err != nil {
			t.Fatal(err)
		}
		stored, err := v.Eval(t.Context(), Map{"data": data})
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Fill(stored, shout); got != want.String() {
			t.Fatalf("%s with %q is stored as %q and filled %q, want %q", text.String(), data, stored, got, want.String())
		}
	})
}

func TestKeeping_mistakes(t *testing.T) {
	t.Parallel()
	env := keeping(t)
	for text, want := range map[string]string{
		"{{ secrets }}": "alone, please", "{{ secrets.a }}": "alone, please", `{{ "x" + secrets.A }}`: "alone, please",
		`{{ secrets["A"] }}`: "alone, please", "{{ secrets.A.B }}": "alone, please", "{{ secrets.?A }}": "alone, please", "{{ secrets.A": "no }}",
	} {
		if _, err := env.CompileValue(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	plain, err := NewEnv(Options{Vars: []string{"data"}, Reserved: map[string]say.Phrase{"secrets": say.Of("no secrets here")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"secrets.A", "data.map(x, secrets)"} {
		if _, err := plain.Compile(text); err == nil || !strings.Contains(err.Error(), "no secrets here") {
			t.Errorf("%s: %v, want the reason", text, err)
		}
	}
	if _, err := plain.Compile("[1].map(secrets, secrets + 1)"); err != nil {
		t.Errorf("a name of one's own: %v", err)
	}
	if _, err := NewEnv(Options{Reserved: map[string]say.Phrase{"secrets": say.Of("x")}, Functions: map[string]Func{"secrets.get": func(...any) (any, error) { return nil, nil }}}); err == nil {
		t.Error("a function took a reserved name")
	}
}
