package expr

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// FuzzExpression holds whatever is typed to: compiling gives a program or a
// *SyntaxError inside the source; evaluating gives JSON or an *EvalError whose
// reason is a limit or a sentence, never cel-go's "internal error".
func FuzzExpression(f *testing.F) {
	for _, src := range []string{
		`data.amount < 1000 && steps.approve.outcome == "yes"`, `7 / 2 + 0.1 * -1e3 % 4`, `{{ data.items.map(i, i * 2) }}`, `a {{ "}}" }} {{ {"a": 1}.a }}`,
		`data.?x.orValue([1, 2.5][data.count - 1])`, `[[1], [2]].flatten().sort().distinct()`, `"%s %.3f".format([data, 1.5])`, `math.greatest([1, data.price])`,
		`"a-b".split("-").join("+").replace("a", "b")`, `hooks[data.key].url`, `{1.0: true, "x": now - elapsed}`, `optional.of(1).optMap(x, x + 1)`, `'\u0000' + b"x"`,
		`data.lines.sortBy(l, l.price)`, `"x".matches("[")`, `acme.rate(1)`, `type(1) == int`, "data\n .amount // comment", `r"\" + """a"b"""`, `sets.contains([1], [1.0])`,
	} {
		f.Add(src)
	}
	env, vars := testEnv(f), testVars(f)
	f.Fuzz(func(t *testing.T, src string) {
		p, err := env.Compile(src)
		checkSyntax(t, src, err)
		if err == nil {
			v, err := p.Eval(t.Context(), vars)
			checkResult(t, v, err)
		}
		text, err := env.CompileText(src)
		checkSyntax(t, src, err)
		if err == nil {
			s, err := text.Render(t.Context(), vars, nil)
			checkResult(t, s, err)
		}
	})
}

func checkSyntax(t *testing.T, src string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || len(syntax.Issues) == 0 {
		t.Fatalf("got %T, want a *SyntaxError with issues", err)
	}
	for _, is := range syntax.Issues {
		if is.Offset < 0 || is.Offset > len(src) || is.Line < 1 || is.Column < 1 || is.Message == "" {
			t.Fatalf("issue %+v", is)
		}
	}
}

func checkResult(t *testing.T, v any, err error) {
	t.Helper()
	if err == nil {
		if _, err := json.Marshal(v); err != nil {
			t.Fatalf("result %#v: %v", v, err)
		}
		return
	}
	var failed *EvalError
	if !errors.As(err, &failed) && !errors.Is(err, ErrLimit) {
		t.Fatalf("got %T: %v", err, err)
	}
	if strings.Contains(err.Error(), "internal error") {
		t.Fatalf("a panic inside: %v", err)
	}
}
