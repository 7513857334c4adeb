package expr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"

	"tandem/internal/workflow/say"
)

// EvalError says why an expression gave no value, with the values it read. It
// wraps ErrLimit when a limit was the reason.
type EvalError struct {
	Source string   // the expression
	Reason string   // what went wrong and what to do
	Values []string // "data.amount = 12", at most maxValues, each bounded
	cause  error
}

const maxValues = 6

// Error gives expression, reason and values.
func (e *EvalError) Error() string {
	s := clip(e.Source) + ": " + e.Reason
	if len(e.Values) > 0 {
		s += " (" + strings.Join(e.Values, ", ") + ")"
	}
	return s
}

// Unwrap gives what stopped the evaluation.
func (e *EvalError) Unwrap() error { return e.cause }

// failed makes the EvalError of an evaluation that stopped with err.
func (p *Program) failed(vars Vars, err error) error {
	reason, cause := p.reason(vars, err)
	return &EvalError{Source: strings.TrimSpace(p.src.expr), Reason: reason, Values: p.shownValues(vars), cause: cause}
}

func (p *Program) reason(vars Vars, err error) (string, error) {
	var canceled interpreter.EvalCancelledError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("it took longer than %s; do less in one expression", p.env.timeLimit), ErrLimit
	case errors.Is(err, context.Canceled):
		return "the evaluation was canceled", err
	case errors.As(err, &canceled):
		return "it needs more steps or memory than an expression may use; do less in one expression", ErrLimit
	}
	var id int64
	var cel *types.Err
	if errors.As(err, &cel) {
		id = cel.NodeID()
	}
	return p.sentence(vars, err.Error(), find(p.root, id)), err
}

var noOverload = regexp.MustCompile(`^no such overload(?:: ([^ (]+))?`)

// sentence words cel-go's own messages for the people who write expressions.
func (p *Program) sentence(vars Vars, message string, at ast.Expr) string {
	if key, ok := strings.CutPrefix(message, "no such key: "); ok {
		return missingKey(vars, key, at)
	}
	if i, ok := strings.CutPrefix(message, "index out of bounds: "); ok {
		return fmt.Sprintf("the list has no item %s; use [?%s].orValue(...)", i, i)
	}
	if name, ok := strings.CutPrefix(message, "no such attribute(s): "); ok {
		return name + " has no value here"
	}
	if strings.HasPrefix(message, "optional.none()") {
		return "the optional value is absent; use .orValue(...)"
	}
	if m := noOverload.FindStringSubmatch(message); m != nil {
		return refused(m[1], at)
	}
	return message
}

// refused words cel-go's "no such overload" for the call at a node.
func refused(name string, at ast.Expr) string {
	if at != nil && at.Kind() == ast.CallKind {
		name = at.AsCall().FunctionName()
	}
	switch name {
	case operators.LogicalNot:
		return "! needs true or false"
	case operators.LogicalAnd:
		return "&& needs true or false on both sides"
	case operators.LogicalOr:
		return "|| needs true or false on both sides"
	case operators.Conditional, "":
		return "a condition must be true or false"
	}
	return strings.TrimPrefix(name, "#") + "() does not take these values"
}

// missingKey names the key, what it is missing from, and what to write instead.
func missingKey(vars Vars, key string, at ast.Expr) string {
	operand := holder(at, key)
	if operand == nil {
		return fmt.Sprintf("no such key %s; use x.?key.orValue(...)", quoted(key))
	}
	path := pathOf(operand)
	if path == nil {
		return fmt.Sprintf("no such key %s; use .?%s.orValue(...)", quoted(key), key)
	}
	place := strings.Join(path, ".")
	if v, found := reach(vars, path); found && v == nil {
		return fmt.Sprintf("%s is null and has no key %s; use %s.?%s.orValue(...)", place, quoted(key), place, key)
	}
	hint := say.Phrase{}
	if v, _ := reach(vars, path); v != nil {
		if m, ok := v.(map[string]any); ok && len(m) <= 1000 {
			hint = didYouMean(key, slices.Sorted(maps.Keys(m)))
		}
	}
	return fmt.Sprintf("no such key %s in %s; use %s.?%s.orValue(...)%s", quoted(key), place, place, key, hint)
}

// holder finds, in a chain of selections, what the key is selected from.
func holder(at ast.Expr, key string) ast.Expr {
	for at != nil {
		switch at.Kind() {
		case ast.SelectKind:
			if at.AsSelect().FieldName() == key {
				return at.AsSelect().Operand()
			}
			at = at.AsSelect().Operand()
		case ast.CallKind:
			if len(at.AsCall().Args()) == 0 {
				return nil
			}
			at = at.AsCall().Args()[0]
		default:
			return nil
		}
	}
	return nil
}

// find gives the node with an id, or nil.
func find(root ast.Expr, id int64) ast.Expr {
	var found ast.Expr
	ast.PreOrderVisit(root, ast.NewExprVisitor(func(e ast.Expr) {
		if e.ID() == id {
			found = e
		}
	}))
	return found
}

// shownValues prints the values that the expression reads.
func (p *Program) shownValues(vars Vars) []string {
	var out []string
	for _, path := range p.paths {
		if len(out) == maxValues {
			break
		}
		v, found := reach(vars, path)
		if !found {
			continue
		}
		line := strings.Join(path, ".") + " = " + shortJSON(v)
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// reach follows a path through the variables.
func reach(vars Vars, path []string) (any, bool) {
	if vars == nil {
		return nil, false
	}
	v, found := vars.Lookup(path[0])
	for _, key := range path[1:] {
		m, ok := v.(map[string]any)
		if !ok || !found {
			return nil, false
		}
		v, found = m[key]
	}
	return v, found
}

// shortJSON prints a value, lists and maps by their size when they are large.
func shortJSON(v any) string {
	switch x := v.(type) {
	case map[string]any:
		if len(x) > 10 {
			return fmt.Sprintf("{%d keys}", len(x))
		}
	case []any:
		if len(x) > 10 {
			return fmt.Sprintf("[%d items]", len(x))
		}
	case string:
		v = clip(x)
	}
	out, _, err := (&outlet{}).native(v, 0)
	if err != nil {
		return "…"
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "…"
	}
	return clip(string(b))
}
