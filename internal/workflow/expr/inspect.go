package expr

import (
	"maps"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// Comparison is a test of a path against a literal text: steps.a.outcome ==
// "yes", its != and the members of `in [...]`.
type Comparison struct {
	Path []string // names from the variable on, as in steps, a, outcome
	Text string
}

// Comparisons lists the tests of paths against literal texts, in the order in
// which they are met.
func (p *Program) Comparisons() []Comparison {
	var found []Comparison
	ast.PreOrderVisit(p.root, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.CallKind {
			found = append(found, comparisonsOf(e.AsCall())...)
		}
	}))
	return found
}

func comparisonsOf(c ast.CallExpr) []Comparison {
	args := c.Args()
	if len(args) != 2 {
		return nil
	}
	switch c.FunctionName() {
	case "#" + operatorNames[operators.Equals], "#" + operatorNames[operators.NotEquals]:
		return append(comparison(args[0], args[1]), comparison(args[1], args[0])...)
	case "#" + operatorNames[operators.In]:
		if args[1].Kind() != ast.ListKind {
			return nil
		}
		var found []Comparison
		for _, item := range args[1].AsList().Elements() {
			found = append(found, comparison(args[0], item)...)
		}
		return found
	}
	return nil
}

func comparison(path, literal ast.Expr) []Comparison {
	text, ok := literalText(literal)
	names := constantPath(path)
	if !ok || names == nil {
		return nil
	}
	return []Comparison{{Path: names, Text: *text}}
}

// constantPath gives the names of a chain like steps.a.outcome or
// steps["a"].outcome, or nil.
func constantPath(e ast.Expr) []string {
	switch e.Kind() {
	case ast.IdentKind:
		return []string{e.AsIdent()}
	case ast.SelectKind:
		if path := constantPath(e.AsSelect().Operand()); path != nil {
			return append(path, e.AsSelect().FieldName())
		}
	case ast.CallKind:
		return indexPath(e.AsCall())
	}
	return nil
}

func indexPath(c ast.CallExpr) []string {
	switch c.FunctionName() {
	case operators.Index, operators.OptIndex, operators.OptSelect:
	default:
		return nil
	}
	key, ok := literalText(c.Args()[1])
	if path := constantPath(c.Args()[0]); ok && path != nil {
		return append(path, *key)
	}
	return nil
}

// Programs lists the expressions of the text.
func (t *Text) Programs() []*Program {
	var programs []*Program
	for _, p := range t.parts {
		if p.program != nil {
			programs = append(programs, p.program)
		}
	}
	return programs
}

// Whole gives the expression of a text that is wholly {{ expression }}, nil for
// every other.
func (t *Text) Whole() *Program { return t.whole }

// Programs lists the expressions of the value.
func (v *Value) Programs() []*Program {
	if v.text != nil {
		return v.text.Programs()
	}
	var programs []*Program
	for _, item := range v.list {
		programs = append(programs, item.Programs()...)
	}
	for _, key := range slices.Sorted(maps.Keys(v.fields)) {
		programs = append(programs, v.fields[key].Programs()...)
	}
	return programs
}
