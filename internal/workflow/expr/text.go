package expr

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"tandem/internal/workflow/say"
)

// Text is a text with {{ expressions }} in it. It is safe for concurrent use.
type Text struct {
	src   string
	parts []part
	whole *Program // set when nothing but white space is around one {{ }}
	keeps string   // see Env.Keeping; empty when no part is kept

	escape func(before, value string) string // see Value.EscapeField
}

// part is a literal piece of a text, an expression in it, or an insertion that
// is kept.
type part struct {
	literal string
	program *Program
	kept    string // the NAME of {{ X.NAME }}
}

// CompileText compiles a text. Its error is a *SyntaxError with every mistake in
// every expression, placed in the text.
func (e *Env) CompileText(src string) (*Text, error) {
	t := &Text{src: src}
	var issues []Issue
	for at := 0; at < len(src); {
		open := strings.Index(src[at:], "{{")
		if open < 0 {
			t.literal(src[at:])
			break
		}
		t.literal(src[at : at+open])
		start := at + open + 2
		length := expressionLength(src[start:])
		if length < 0 {
			issues = append(issues, issueAt(src, start-2, say.Of("expr.open")))
			break
		}
		if name := e.kept(src[start : start+length]); name != "" {
			t.parts, t.keeps = append(t.parts, part{kept: name}), e.keeps
			at = start + length + 2
			continue
		}
		p, err := e.compile(&source{text: src, base: start, expr: src[start : start+length]})
		if err != nil {
			issues = append(issues, err.(*SyntaxError).Issues...)
		}
		t.parts = append(t.parts, part{program: p})
		at = start + length + 2
	}
	if len(issues) > 0 {
		return nil, &SyntaxError{Source: src, Issues: issues}
	}
	t.findWhole()
	return t, nil
}

func (t *Text) literal(s string) {
	if s != "" {
		t.parts = append(t.parts, part{literal: s})
	}
}

// findWhole leaves away the white space around the only {{ }} of a text.
func (t *Text) findWhole() {
	var only *part
	for i, p := range t.parts {
		switch {
		case strings.TrimSpace(p.literal) != "":
			return
		case p.literal != "":
		case only != nil:
			return
		default:
			only = &t.parts[i]
		}
	}
	switch {
	case only == nil:
	case only.program != nil:
		t.whole = only.program
	default:
		t.parts = []part{*only}
	}
}

// expressionLength gives the bytes before the }} that ends an expression, which
// is not inside one of its strings or maps; -1 when there is none.
func expressionLength(s string) int {
	depth := 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"' || c == '\'':
			n := stringLength(s[i:], isRaw(s[:i]))
			if n < 0 {
				return unquotedEnd(s)
			}
			i += n
			continue
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}' && strings.HasPrefix(s[i:], "}}"):
			return i
		}
		i++
	}
	return unquotedEnd(s)
}

// unquotedEnd is where an expression with an open quote or brace probably ends,
// so that its own mistake is reported and not a missing }}.
func unquotedEnd(s string) int { return strings.Index(s, "}}") }

// isRaw says whether a quote after this starts a raw string: r"…" or br"…".
func isRaw(before string) bool {
	b := []byte(strings.ToLower(before))
	i := len(b)
	raw := false
	for i > 0 && (b[i-1] == 'r' || b[i-1] == 'b') && len(b)-i < 2 {
		raw = raw || b[i-1] == 'r'
		i--
	}
	if i > 0 && (b[i-1] == '_' || b[i-1] >= 'a' && b[i-1] <= 'z' || b[i-1] >= '0' && b[i-1] <= '9') {
		return false
	}
	return raw
}

// stringLength gives the bytes of the string literal that s starts with; -1 when
// it is not closed.
func stringLength(s string, raw bool) int {
	quote := s[:1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s, triple) {
		quote = triple
	}
	for i := len(quote); i < len(s); i++ {
		if s[i] == '\\' && !raw {
			i++
			continue
		}
		if strings.HasPrefix(s[i:], quote) {
			return i + len(quote)
		}
	}
	return -1
}

// Source gives the text as it was written.
func (t *Text) Source() string { return t.src }

// IsLiteral says whether there is no expression in the text.
func (t *Text) IsLiteral() bool {
	for _, p := range t.parts {
		if p.literal == "" {
			return false
		}
	}
	return true
}

// IsWhole says whether the text is one {{ expression }} with nothing but white
// space around it, so that Value keeps the type of its result.
func (t *Text) IsWhole() bool { return t.whole != nil }

// References says what the expressions of the text read.
func (t *Text) References() References { return t.refs().sorted() }

func (t *Text) refs() refs {
	var r refs
	for _, p := range t.parts {
		if p.program != nil {
			r.merge(p.program.refs)
		}
	}
	return r
}

// Value gives the result of the expression of a text that is wholly {{ }}, with
// its type; of every other text what Render gives.
func (t *Text) Value(ctx context.Context, vars Vars) (any, error) {
	if t.whole != nil {
		return t.whole.Eval(ctx, vars)
	}
	return t.Render(ctx, vars, nil)
}

// Render gives the text with every {{ expression }} replaced by its value, which
// goes through escape unless that is nil. Numbers print as plain decimals, null
// as nothing, times as RFC 3339, lists and maps as JSON. The text may have at
// most MaxText bytes.
func (t *Text) Render(ctx context.Context, vars Vars, escape func(string) string) (string, error) {
	if t.keeps != "" {
		return t.renderKept(ctx, vars, escape)
	}
	var out strings.Builder
	for _, p := range t.parts {
		s, err := p.render(ctx, vars, escape)
		if err != nil {
			return "", err
		}
		if p.program != nil && t.escape != nil {
			s = t.escape(out.String(), s)
		}
		if out.Len()+len(s) > MaxText {
			return "", fmt.Errorf("render %s: %w", quoted(t.src), limitError("the text would be longer than %d bytes", MaxText))
		}
		out.WriteString(s)
	}
	return out.String(), nil
}

// render gives the text of a part that is not kept.
func (p part) render(ctx context.Context, vars Vars, escape func(string) string) (string, error) {
	if p.program == nil {
		return p.literal, nil
	}
	s, err := p.program.text(ctx, vars)
	if err == nil && escape != nil {
		s = escape(s)
	}
	return s, err
}

// text evaluates the expression and prints its result.
func (p *Program) text(ctx context.Context, vars Vars) (string, error) {
	v, err := p.run(ctx, vars)
	if err != nil {
		return "", err
	}
	s, err := inserted(v)
	if err != nil {
		return "", p.failed(vars, err)
	}
	return s, nil
}

// inserted prints what takes the place of a {{ }}.
func inserted(v ref.Val) (string, error) {
	if o, ok := v.(*types.Optional); ok {
		if !o.HasValue() {
			return "", nil
		}
		v = o.GetValue()
	}
	if v == types.NullValue {
		return "", nil
	}
	return shown(v)
}

// printed gives a JSON-like value as text: scalars as they are, the rest as JSON.
func printed(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return x
	case json.Number:
		return string(x)
	case bool:
		return fmt.Sprint(x)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
