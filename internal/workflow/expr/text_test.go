package expr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestText_Render(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, want string }{
		{``, ``}, {`plain } text`, `plain } text`}, {`a { b`, `a { b`},
		{`Approve {{ data.amount }} EUR for {{ data.text }}!`, `Approve 12 EUR for héllo!`},
		{`{{data.price}}|{{ data.exp }}|{{ data.big }}|{{ 0.1 + 0.2 }}|{{ data.huge }}`, `1.50|1000|12345678901234567890|0.3|1e999999`},
		{`[{{ data.none }}{{ data.?nope }}]`, `[]`},
		{`{{ data.flag }} {{ now }} {{ elapsed }} {{ [1, "<a>"] }}`, `true 2026-05-01T12:00:00Z 1h30m [1,"<a>"]`},
		{`{{ "}}" }}{{ '{{' }}{{ "a\"}}" }}{{ r"\" }}{{ """x"}}y""" }}`, `}}{{a"}}\x"}}y`},
		{`{{ {"a": {"b": 1}}.a.b }}.`, `1.`},
		{`{{ {"a": {"b": 1}} }} `, `{"a":{"b":1}} `},
		{"{{\n  data.amount\n}}", `12`},
	}
	env, vars := testEnv(t), testVars(t)
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			t.Parallel()
			text, err := env.CompileText(tt.src)
			if err != nil {
				t.Fatalf("compile: %v", err)
			}
			got, err := text.Render(t.Context(), vars, nil)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
			if text.IsLiteral() == strings.Contains(tt.src, "{{") {
				t.Errorf("IsLiteral is %v", text.IsLiteral())
			}
		})
	}
}

func TestText_Render_escapes_values_alone(t *testing.T) {
	t.Parallel()
	text, err := testEnv(t).CompileText(`a/{{ "b/" + data.text }}/c`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := text.Render(t.Context(), testVars(t), func(s string) string { return strings.ReplaceAll(s, "/", "%2F") })
	if want := "a/b%2Fhéllo/c"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestText_Value(t *testing.T) {
	t.Parallel()
	tests := []struct {
		src   string
		want  any
		whole bool
	}{
		{`{{ data.price }}`, json.Number("1.50"), true},
		{" {{ data.flag }}\n", true, true},
		{`{{ data.nested }}`, map[string]any{"deep": map[string]any{"n": json.Number("7")}}, true},
		{`{{ data.?nope }}`, nil, true},
		{`x{{ data.price }}`, "x1.50", false},
		{`{{ data.count }}{{ data.count }}`, "22", false},
		{`text`, "text", false},
	}
	env, vars := testEnv(t), testVars(t)
	for _, tt := range tests {
		text, err := env.CompileText(tt.src)
		if err != nil {
			t.Fatal(err)
		}
		got, err := text.Value(t.Context(), vars)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || text.IsWhole() != tt.whole {
			t.Errorf("%q: whole %v, -want +got\n%s", tt.src, text.IsWhole(), diff)
		}
	}
}

func issueList(t *testing.T, err error) string {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("got %v, want a *SyntaxError", err)
	}
	var out []string
	for _, is := range syntax.Issues {
		out = append(out, fmt.Sprintf("%s@%d %d:%d %s", is.Pointer, is.Offset, is.Line, is.Column, is.Message))
	}
	return strings.Join(out, "\n")
}

func TestEnv_CompileText_errors(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, want string }{
		{`é {{ data.amount`, `@3 1:3 this {{ has no }}; to print braces, write {{ "{{" }}`},
		{"é\n {{ dat.a }} {{ itm }}", "@7 2:5 unknown variable dat; did you mean data?\n@19 2:17 unknown variable itm; did you mean item?"},
		{`{{ }}`, `@2 1:3 the expression is empty`},
		{`{{ foo( }} and }}`, `@8 1:9 mismatched input <EOF> expecting ')'`},
	}
	for _, tt := range tests {
		_, err := testEnv(t).CompileText(tt.src)
		if got := issueList(t, err); got != tt.want {
			t.Errorf("%q:\ngot  %s\nwant %s", tt.src, got, tt.want)
		}
	}
}

func TestValue_Eval(t *testing.T) {
	t.Parallel()
	in := decode(t, `{"method": "POST", "url": "https://x/{{ data.amount }}", "body": "{{ data.nested }}", "list": [1.50, "{{ data.price }}", {"k": "{{ steps.pay.outcome }}"}], "same": {"a": ["b"]}, "n": null}`)
	v, err := testEnv(t).CompileValue(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Eval(t.Context(), testVars(t))
	if err != nil {
		t.Fatal(err)
	}
	want := decode(t, `{"method": "POST", "url": "https://x/12", "body": {"deep": {"n": 7}}, "list": [1.50, 1.50, {"k": null}], "same": {"a": ["b"]}, "n": null}`)
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	refs := v.References()
	if diff := cmp.Diff([]string{"amount", "nested", "price"}, refs.Data); diff != "" || !cmp.Equal(refs.Steps, []string{"pay"}) {
		t.Errorf("references %+v", refs)
	}
	if v.IsLiteral() {
		t.Error("IsLiteral is true")
	}
	if lit, err := testEnv(t).CompileValue(want); err != nil || !lit.IsLiteral() {
		t.Errorf("a value without expressions: literal %v, %v", lit.IsLiteral(), err)
	}
}

func TestEnv_CompileValue_errors(t *testing.T) {
	t.Parallel()
	_, err := testEnv(t).CompileValue(map[string]any{"a/b": []any{"ok", "{{ dat }}"}, "c": "x {{ 1 + }}"})
	want := "/a~1b/1@3 1:4 unknown variable dat; did you mean data?\n/c@9 1:10 mismatched input '<EOF>' expecting expression"
	if got := issueList(t, err); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestValue_Eval_is_bounded_as_a_whole(t *testing.T) {
	t.Parallel()
	v, err := testEnv(t).CompileValue([]any{"{{ data }}", "{{ data }}", "{{ data }}", "{{ data }}", "{{ data }}"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Eval(context.Background(), Map{"data": map[string]any{"s": strings.Repeat("x", 1<<20)}})
	if !errors.Is(err, ErrLimit) {
		t.Errorf("got %v, want ErrLimit", err)
	}
}
