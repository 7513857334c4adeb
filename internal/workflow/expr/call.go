package expr

import (
	"sort"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"tandem/internal/workflow/say"
)

// function resolves the call of a named function: x.f(y), f(x, y) or a.f(x).
func (r *resolver) function(e ast.Expr) {
	c := e.AsCall()
	name := strings.TrimPrefix(c.FunctionName(), ".")
	if !c.IsMemberFunction() {
		r.global(e, name)
		return
	}
	if space := pathOf(c.Target()); space != nil && r.isNamespace(space) {
		r.global(e, strings.Join(append(space, name), "."))
		return
	}
	r.member(e, name)
}

// isNamespace says whether a path before a function is part of the function's
// name: then it does not begin with a variable.
func (r *resolver) isNamespace(path []string) bool {
	if r.locals[path[0]] > 0 || path[0] == "context" {
		return false
	}
	for _, v := range r.env.vars {
		if v == path[0] {
			return false
		}
	}
	prefix := strings.Join(path, ".") + "."
	for name := range builtin {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for name := range r.env.own {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func (r *resolver) global(e ast.Expr, name string) {
	args := e.AsCall().Args()
	if r.misusedMacro(e, name) {
		return
	}
	r.walkAll(args)
	if _, ok := r.env.own[name]; ok {
		r.ownCall(e, name, args)
		return
	}
	f, known := builtin[name]
	if !r.fits(e, name, f, known, f.global, f.member, len(args)) {
		return
	}
	if f.ours != nil {
		name = "#" + name
	}
	r.wholeArgs(f, args)
	e.SetKindCase(r.fac.NewCall(e.ID(), name, args...))
}

// ownCall rewrites the call of an embedding program's function. cel-go plans no
// call without arguments that it does not know, so such a call gets a null.
func (r *resolver) ownCall(e ast.Expr, name string, args []ast.Expr) {
	if len(args) > 0 {
		e.SetKindCase(r.fac.NewCall(e.ID(), "#own."+name, args...))
		return
	}
	null := r.fac.NewLiteral(r.nextID, types.NullValue)
	r.nextID++
	e.SetKindCase(r.fac.NewCall(e.ID(), "#own0."+name, null))
}

func (r *resolver) member(e ast.Expr, name string) {
	c := e.AsCall()
	args := c.Args()
	if r.misusedMacro(e, name) {
		return
	}
	var key *string
	if name == "get" && len(args) > 0 {
		key, _ = literalText(args[0])
	}
	r.read(c.Target(), key)
	r.walkAll(args)
	f, known := builtin[name]
	if !r.fits(e, name, f, known, f.member, f.global, len(args)) {
		return
	}
	r.wholeArgs(f, args)
	if f.ours != nil {
		e.SetKindCase(r.fac.NewCall(e.ID(), "#"+name, append([]ast.Expr{c.Target()}, args...)...))
	}
}

// misusedMacro reports a macro that parsing left as it is.
func (r *resolver) misusedMacro(e ast.Expr, name string) bool {
	f := builtin[name]
	if f.macro != "" {
		r.reportName(e, simple(name), say.Of("expr.macro", name, f.macro))
	}
	return f.macro != ""
}

// simple gives the last part of a name with dots.
func simple(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// wholeArgs makes whole numbers of the arguments of those cel-go functions that
// take no others.
func (r *resolver) wholeArgs(f function, args []ast.Expr) {
	if !f.whole {
		return
	}
	for _, a := range args {
		if a.Kind() != ast.LiteralKind {
			r.wrap(a, "#whole")
			continue
		}
		if i, ok := wholeOf(a.AsLiteral()); ok {
			a.SetKindCase(r.fac.NewLiteral(a.ID(), types.Int(i)))
		}
	}
}

// fits reports a function that does not exist in this form or with so many
// arguments.
func (r *resolver) fits(e ast.Expr, name string, f function, known bool, form, other arity, n int) bool {
	switch {
	case known && !form.ok && other.ok && e.AsCall().IsMemberFunction():
		r.reportName(e, simple(name), say.Of("expr.in_parentheses", name, name))
	case known && !form.ok && other.ok:
		r.reportName(e, simple(name), say.Of("expr.on_value", name, name))
	case !known || !form.ok:
		r.reportName(e, simple(name), say.Of("expr.function", name, didYouMean(name, r.functionNames())))
	case n < form.min || n > form.max:
		r.reportName(e, simple(name), say.Of("expr.arguments", strings.TrimPrefix(name, "@"), counted(form), n))
	default:
		return true
	}
	return false
}

func counted(a arity) say.Phrase {
	switch {
	case a.min == a.max && a.min == 1:
		return say.Of("expr.count.one")
	case a.min == a.max:
		return say.Of("expr.count.some", a.min)
	case a.max-a.min == 1:
		return say.Of("expr.count.either", a.min, a.max)
	}
	return say.Of("expr.count.range", a.min, a.max)
}

func (r *resolver) functionNames() []string {
	var names []string
	for name := range builtin {
		if !strings.ContainsAny(name, "@_?![]") || name == "exists_one" {
			names = append(names, name)
		}
	}
	for name := range r.env.own {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
