package expr

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tandem/internal/workflow/say"
)

// Value is a JSON-like value whose strings, at any depth, are texts with
// {{ expressions }}. It is safe for concurrent use.
type Value struct {
	literal any               // when nothing in it is an expression
	text    *Text             // a string with expressions
	list    []*Value          // a list with expressions inside
	fields  map[string]*Value // a map with expressions inside
	dynamic bool
}

// CompileValue compiles a JSON-like value. Its error is a *SyntaxError with
// every mistake in every text, each with the JSON pointer of the text. Keys of
// maps are literal.
func (e *Env) CompileValue(v any) (*Value, error) {
	var issues []Issue
	out := e.value(v, "", 0, &issues)
	if len(issues) > 0 {
		return nil, &SyntaxError{Issues: issues}
	}
	return out, nil
}

func (e *Env) value(v any, pointer string, depth int, issues *[]Issue) *Value {
	if depth > maxDepth {
		deep := issueAt("", 0, say.Of("expr.deep", maxDepth))
		deep.Pointer = pointer
		*issues = append(*issues, deep)
		return nil
	}
	switch x := v.(type) {
	case string:
		return e.stringValue(x, pointer, issues)
	case []any:
		return e.listValue(x, pointer, depth, issues)
	case map[string]any:
		return e.mapValue(x, pointer, depth, issues)
	}
	return &Value{literal: v}
}

func (e *Env) stringValue(s, pointer string, issues *[]Issue) *Value {
	t, err := e.CompileText(s)
	if err != nil {
		for _, is := range err.(*SyntaxError).Issues {
			is.Pointer = pointer
			*issues = append(*issues, is)
		}
		return nil
	}
	if t.IsLiteral() {
		return &Value{literal: s}
	}
	return &Value{text: t, dynamic: true}
}

func (e *Env) listValue(list []any, pointer string, depth int, issues *[]Issue) *Value {
	out := &Value{literal: list}
	for i, item := range list {
		v := e.value(item, pointer+"/"+strconv.Itoa(i), depth+1, issues)
		out.list = append(out.list, v)
		out.dynamic = out.dynamic || v != nil && v.dynamic
	}
	return out
}

func (e *Env) mapValue(m map[string]any, pointer string, depth int, issues *[]Issue) *Value {
	out := &Value{literal: m, fields: make(map[string]*Value, len(m))}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := e.value(m[k], pointer+"/"+pointerKey(k), depth+1, issues)
		out.fields[k] = v
		out.dynamic = out.dynamic || v != nil && v.dynamic
	}
	return out
}

func pointerKey(k string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(k)
}

// EscapeField sends what is inserted into the text of one field of a map through
// escape, which is told what stands before it. A text that is wholly {{ }} stays
// as it is. It is part of compiling: nobody may be using the value yet.
func (v *Value) EscapeField(name string, escape func(before, value string) string) {
	if f := v.fields[name]; f != nil && f.text != nil {
		f.text.escape = escape
	}
}

// IsLiteral says whether there is no expression anywhere in the value.
func (v *Value) IsLiteral() bool { return !v.dynamic }

// References says what the expressions of the value read.
func (v *Value) References() References { return v.refs().sorted() }

func (v *Value) refs() refs {
	var r refs
	if v.text != nil {
		return v.text.refs()
	}
	for _, item := range v.list {
		r.merge(item.refs())
	}
	for _, item := range v.fields {
		r.merge(item.refs())
	}
	return r
}

// Eval gives the value with its texts evaluated as Text.Value does. Parts
// without expressions are given back as they are, not copied. The whole is
// bounded like the result of one expression.
func (v *Value) Eval(ctx context.Context, vars Vars) (any, error) {
	return v.eval(ctx, vars, new(outlet))
}

func (v *Value) eval(ctx context.Context, vars Vars, o *outlet) (any, error) {
	switch {
	case !v.dynamic:
		return v.literal, nil
	case v.text != nil:
		return v.text.measured(ctx, vars, o)
	case v.fields != nil:
		return v.evalFields(ctx, vars, o)
	}
	out := make([]any, len(v.list))
	for i, item := range v.list {
		var err error
		if out[i], err = item.eval(ctx, vars, o); err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
	}
	return out, nil
}

func (v *Value) evalFields(ctx context.Context, vars Vars, o *outlet) (any, error) {
	out := make(map[string]any, len(v.fields))
	for _, k := range slices.Sorted(maps.Keys(v.fields)) {
		item, err := v.fields[k].eval(ctx, vars, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		out[k] = item
	}
	return out, nil
}

// measured gives the text's value, and books its size.
func (t *Text) measured(ctx context.Context, vars Vars, o *outlet) (any, error) {
	v, err := t.Value(ctx, vars)
	if err != nil {
		return nil, err
	}
	if v, _, err = o.native(v, 0); err != nil {
		return nil, fmt.Errorf("%s: %w", clip(t.src), err)
	}
	return v, nil
}
