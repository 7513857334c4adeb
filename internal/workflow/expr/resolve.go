package expr

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"tandem/internal/workflow/say"
)

// resolver takes the place of CEL's type checker. All values are dynamic to it:
// it finds what every name stands for, reports those that stand for nothing,
// and rewrites operators, numbers and our functions in place.
type resolver struct {
	env    *Env
	src    *source
	ast    *ast.AST
	fac    ast.ExprFactory
	nextID int64
	locals map[string]int // variables of the macros around, and how often
	inPath bool           // inside a path that is in paths already
	loops  bool

	refs   refs
	paths  [][]string // where the values that an error message shows are
	issues []Issue
}

func newResolver(e *Env, src *source, tree *ast.AST) *resolver {
	return &resolver{env: e, src: src, ast: tree, fac: ast.NewExprFactory(), nextID: ast.MaxID(tree), locals: map[string]int{}}
}

func (r *resolver) report(at ast.Expr, said say.Phrase) {
	o, _ := r.ast.SourceInfo().GetOffsetRange(at.ID())
	r.issues = append(r.issues, r.src.issue(int(o.Start), said))
}

// reportName reports a name that e speaks of, at the place of the name itself.
func (r *resolver) reportName(at ast.Expr, name string, said say.Phrase) {
	o, _ := r.ast.SourceInfo().GetOffsetRange(at.ID())
	start := int(o.Start)
	if back := start - utf8.RuneCountInString(name); back >= 0 && strings.HasPrefix(r.src.from(back), name) {
		start = back
	} else if i := strings.Index(r.src.from(start), name); i >= 0 {
		start += utf8.RuneCountInString(r.src.from(start)[:i])
	}
	r.issues = append(r.issues, r.src.issue(start, said))
}

func (r *resolver) walk(e ast.Expr) {
	switch e.Kind() {
	case ast.IdentKind:
		r.ident(e, nil)
	case ast.LiteralKind:
		r.literal(e)
	case ast.SelectKind:
		r.selection(e)
	case ast.CallKind:
		r.call(e)
	case ast.ListKind:
		r.walkAll(e.AsList().Elements())
	case ast.MapKind:
		r.mapping(e)
	case ast.ComprehensionKind:
		r.comprehension(e)
	case ast.StructKind:
		r.report(e, say.Of("expr.message_type", e.AsStruct().TypeName()))
	}
}

func (r *resolver) walkAll(list []ast.Expr) {
	for _, e := range list {
		r.walk(e)
	}
}

// ident resolves a name; key is the key that is read from it, nil when the
// whole value is used.
func (r *resolver) ident(e ast.Expr, key *string) {
	name := strings.TrimPrefix(e.AsIdent(), ".")
	if r.locals[name] > 0 {
		return
	}
	if name == "context" && !slices.Contains(r.env.vars, name) {
		name = "data"
		e.SetKindCase(r.fac.NewIdent(e.ID(), name))
	}
	if slices.Contains(r.env.vars, name) {
		r.ast.SetReference(e.ID(), ast.NewIdentReference(name, nil))
		r.use(e, name, key)
		return
	}
	if why, ok := r.env.reserved[name]; ok {
		r.report(e, why)
		return
	}
	if t, found := base().env.CELTypeProvider().FindIdent(name); found {
		e.SetKindCase(r.fac.NewLiteral(e.ID(), t))
		return
	}
	hint := didYouMean(e.AsIdent(), r.names())
	if len(r.env.vars) == 0 {
		hint = say.Of("expr.hint.none")
	}
	r.report(e, say.Of("expr.variable", e.AsIdent(), hint))
}

func (r *resolver) names() []string {
	names := slices.Clone(r.env.vars)
	for name := range r.locals {
		if !strings.HasPrefix(name, "@") && !strings.HasPrefix(name, "#") {
			names = append(names, name)
		}
	}
	return names
}

// use books what a variable is used for.
func (r *resolver) use(e ast.Expr, name string, key *string) {
	if !r.inPath && key == nil {
		r.paths = append(r.paths, []string{name})
	}
	r.refs.add(name, key)
	if key == nil || !r.env.checked || (name != "steps" && name != "hooks") {
		return
	}
	if !slices.Contains(r.env.steps, *key) {
		r.reportName(e, *key, say.Of("expr.step", quoted(*key), didYouMean(*key, r.env.steps)))
	}
}

// read walks the operand from which a key is read.
func (r *resolver) read(operand ast.Expr, key *string) {
	if operand.Kind() == ast.IdentKind {
		r.ident(operand, key)
		return
	}
	r.walk(operand)
}

func (r *resolver) selection(e ast.Expr) {
	sel := e.AsSelect()
	name := sel.FieldName()
	if path := pathOf(e); path != nil && !r.inPath && r.locals[path[0]] == 0 {
		if path[0] == "context" {
			path[0] = "data"
		}
		r.paths = append(r.paths, path)
		r.inPath = true
		defer func() { r.inPath = false }()
	}
	r.read(sel.Operand(), &name)
}

// pathOf gives the names of a chain like data.a.b, or nil.
func pathOf(e ast.Expr) []string {
	switch e.Kind() {
	case ast.IdentKind:
		return []string{e.AsIdent()}
	case ast.SelectKind:
		if path := pathOf(e.AsSelect().Operand()); path != nil {
			return append(path, e.AsSelect().FieldName())
		}
	}
	return nil
}

func (r *resolver) mapping(e ast.Expr) {
	for _, entry := range e.AsMap().Entries() {
		m := entry.AsMapEntry()
		r.walk(m.Key())
		r.asKey(m.Key())
		r.walk(m.Value())
	}
}

// asKey makes sure that a walked expression gives a value that maps and lists
// take as a key.
func (r *resolver) asKey(e ast.Expr) {
	if e.Kind() != ast.LiteralKind {
		r.wrap(e, "#key")
		return
	}
	k, ok := mapKey(e.AsLiteral())
	if !ok {
		r.report(e, say.Of("expr.key"))
		return
	}
	e.SetKindCase(r.fac.NewLiteral(e.ID(), k))
}

// wrap puts a call of one of our functions around a walked expression.
func (r *resolver) wrap(e ast.Expr, name string) {
	inner := r.fac.NewUnspecifiedExpr(r.nextID)
	r.nextID++
	inner.SetKindCase(e)
	if o, ok := r.ast.SourceInfo().GetOffsetRange(e.ID()); ok {
		r.ast.SourceInfo().SetOffsetRange(inner.ID(), o)
	}
	if ref, ok := r.ast.ReferenceMap()[e.ID()]; ok {
		r.ast.SetReference(inner.ID(), ref)
		delete(r.ast.ReferenceMap(), e.ID())
	}
	e.SetKindCase(r.fac.NewCall(e.ID(), name, inner))
}

func (r *resolver) comprehension(e ast.Expr) {
	c := e.AsComprehension()
	r.loops = true
	r.walk(c.IterRange())
	r.walk(c.AccuInit())
	vars := []string{c.AccuVar(), c.IterVar(), c.IterVar2()}
	r.bind(vars, 1)
	r.walk(c.LoopCondition())
	r.walk(c.LoopStep())
	r.bind(vars[1:], -1)
	r.walk(c.Result())
	r.bind(vars[:1], -1)
}

func (r *resolver) bind(names []string, by int) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if r.locals[name] += by; r.locals[name] == 0 {
			delete(r.locals, name)
		}
	}
}

var floatLiteral = regexp.MustCompile(`^-?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?`)

// literal turns the numbers of CEL into ours, decimals with their exact text.
func (r *resolver) literal(e ast.Expr) {
	var v ref.Val
	switch x := e.AsLiteral().(type) {
	case types.Double:
		v = r.decimal(e, float64(x))
	case types.Uint:
		v = fromUint(uint64(x))
	default:
		return
	}
	if types.IsError(v) {
		r.report(e, say.Of("expr.number", v))
		return
	}
	e.SetKindCase(r.fac.NewLiteral(e.ID(), v))
}

func (r *resolver) decimal(e ast.Expr, f float64) ref.Val {
	o, ok := r.ast.SourceInfo().GetOffsetRange(e.ID())
	if ok {
		text := floatLiteral.FindString(r.src.from(int(o.Start)))
		if g, err := strconv.ParseFloat(text, 64); err == nil && g == f {
			if strings.HasPrefix(text, ".") {
				text = "0" + text
			}
			if n := parseNumber(text); !types.IsError(n) {
				return n
			}
		}
	}
	return fromFloat(f)
}

func isAccumulator(e ast.Expr) bool {
	return e.Kind() == ast.IdentKind && strings.HasPrefix(e.AsIdent(), "@")
}

func (r *resolver) call(e ast.Expr) {
	c := e.AsCall()
	if name, ok := operatorNames[c.FunctionName()]; ok {
		r.operator(e, name)
		return
	}
	switch c.FunctionName() {
	case operators.Index, operators.OptIndex:
		r.index(c)
		return
	case operators.OptSelect:
		key, _ := c.Args()[1].AsLiteral().(types.String)
		name := string(key)
		r.read(c.Args()[0], &name)
		return
	}
	r.function(e)
}

func (r *resolver) operator(e ast.Expr, name string) {
	args := e.AsCall().Args()
	key, _ := literalText(args[0])
	switch {
	case name == "in" && key != nil && len(args) == 2:
		r.read(args[1], key)
	case len(args) > 0 && isAccumulator(args[0]):
		// A step of a macro: cel-go appends in place only to what it recognises.
		r.walkAll(args)
		return
	default:
		r.walkAll(args)
	}
	e.SetKindCase(r.fac.NewCall(e.ID(), "#"+name, args...))
}

func literalText(e ast.Expr) (*string, bool) {
	if e.Kind() != ast.LiteralKind {
		return nil, false
	}
	s, ok := e.AsLiteral().(types.String)
	if !ok {
		return nil, false
	}
	text := string(s)
	return &text, true
}

func (r *resolver) index(c ast.CallExpr) {
	operand, at := c.Args()[0], c.Args()[1]
	key, _ := literalText(at)
	r.read(operand, key)
	r.walk(at)
	r.asKey(at)
}
