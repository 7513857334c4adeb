package expr

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"tandem/internal/workflow/say"
)

// Vars gives the values of variables. Lookup is called at most once for each
// variable and evaluation, and only for those that are read; false means that
// the variable has no value here, which fails the evaluation.
type Vars interface {
	Lookup(name string) (any, bool)
}

// Map is Vars out of a map.
type Map map[string]any

// Lookup implements Vars.
func (m Map) Lookup(name string) (any, bool) {
	v, ok := m[name]
	return v, ok
}

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	env   *Env
	src   *source
	root  ast.Expr
	prog  cel.Program
	vars  []string
	refs  refs
	paths [][]string
	loops bool
}

// Compile compiles one expression. Its error is a *SyntaxError with every
// mistake found.
func (e *Env) Compile(src string) (*Program, error) {
	return e.compile(wholeSource(src))
}

func (e *Env) compile(src *source) (*Program, error) {
	if err := acceptable(src); err != nil {
		return nil, err
	}
	tree, errs := base().parser.Parse(common.NewTextSource(src.expr))
	if len(errs.GetErrors()) > 0 {
		return nil, src.fail(parseIssues(src, errs.GetErrors())...)
	}
	r := newResolver(e, src, tree)
	r.walk(tree.Expr())
	if len(r.issues) > 0 {
		return nil, src.fail(r.issues...)
	}
	prog, err := base().env.PlanProgram(tree, e.options...)
	if err != nil {
		return nil, src.fail(src.issue(0, say.Of("expr.plan", err)))
	}
	return &Program{
		env: e, src: src, root: tree.Expr(), prog: prog,
		vars: r.refs.sorted().Vars, refs: r.refs, paths: r.paths, loops: r.loops,
	}, nil
}

func acceptable(src *source) error {
	switch {
	case strings.TrimSpace(src.expr) == "":
		return src.fail(src.issue(0, say.Of("expr.empty")))
	case len(src.expr) > MaxSource:
		return src.fail(src.issue(0, say.Of("expr.long", MaxSource)))
	case !utf8.ValidString(src.expr):
		return src.fail(src.issue(0, say.Of("expr.encoding")))
	}
	return nil
}

func parseIssues(src *source, errs []*common.Error) []Issue {
	issues := make([]Issue, len(errs))
	for i, err := range errs {
		message := strings.TrimPrefix(err.Message, "Syntax error: ")
		issues[i] = src.issue(src.charAt(err.Location.Line(), err.Location.Column()), say.Of("expr.syntax", message))
	}
	return issues
}

// Source gives the expression as it was written.
func (p *Program) Source() string { return p.src.expr }

// References says what the expression reads.
func (p *Program) References() References { return p.refs.sorted() }

// Eval evaluates the expression within the limits of the package and gives a
// JSON-like Go value. A list or map of the result may be one of the variables'
// own: it must not be changed. The error is an *EvalError.
func (p *Program) Eval(ctx context.Context, vars Vars) (any, error) {
	v, err := p.run(ctx, vars)
	if err != nil {
		return nil, err
	}
	out, err := new(outlet).value(v, 0)
	if err != nil {
		return nil, p.failed(vars, err)
	}
	return out, nil
}

// EvalBool evaluates a condition; a result that is not a boolean is an error.
func (p *Program) EvalBool(ctx context.Context, vars Vars) (bool, error) {
	v, err := p.run(ctx, vars)
	if err != nil {
		return false, err
	}
	if o, ok := v.(*types.Optional); ok && o.HasValue() {
		v = o.GetValue()
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, p.failed(vars, fmt.Errorf("the condition must give true or false, but gave %s", describe(v)))
	}
	return bool(b), nil
}

func (p *Program) run(ctx context.Context, vars Vars) (ref.Val, error) {
	if err := ctx.Err(); err != nil {
		return nil, p.failed(vars, err)
	}
	s := scopes.Get().(*scope)
	s.begin(p.vars, vars)
	v, err := p.eval(ctx, s)
	s.end()
	scopes.Put(s)
	if err == nil && types.IsUnknown(v) {
		err = errors.New("the value is unknown")
	}
	if err != nil {
		return nil, p.failed(vars, err)
	}
	return settled(v), nil
}

// eval runs the program. Only loops can take long, so only they need a timer:
// all else is bounded by the length of the source and the cost limit.
func (p *Program) eval(ctx context.Context, s *scope) (ref.Val, error) {
	if !p.loops {
		v, _, err := p.prog.Eval(s)
		return v, err
	}
	ctx, cancel := p.env.limited(ctx)
	defer cancel()
	v, _, err := p.prog.ContextEval(ctx, s)
	return v, err
}

// scope is the activation of one evaluation: it looks each variable up once.
type scope struct {
	names  []string
	vars   Vars
	values []slot
}

type slot struct {
	value         any
	found, looked bool
}

var scopes = sync.Pool{New: func() any { return new(scope) }}

func (s *scope) begin(names []string, vars Vars) {
	s.names, s.vars = names, vars
	s.values = s.values[:0]
	for range names {
		s.values = append(s.values, slot{})
	}
}

func (s *scope) end() {
	clear(s.values)
	s.names, s.vars = nil, nil
}

// ResolveName implements interpreter.Activation.
func (s *scope) ResolveName(name string) (any, bool) {
	for i, n := range s.names {
		if n != name {
			continue
		}
		v := &s.values[i]
		if !v.looked && s.vars != nil {
			v.value, v.found = s.vars.Lookup(name)
		}
		v.looked = true
		return v.value, v.found
	}
	return nil, false
}

// Parent implements interpreter.Activation.
func (s *scope) Parent() interpreter.Activation { return nil }

// Paths lists the chains of names that the expression reads, such as data, a, b
// for data.a.b, each as far as it is written with dots.
func (p *Program) Paths() [][]string { return p.paths }
