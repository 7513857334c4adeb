package expr

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	"cel.dev/cel-go/parser"

	"tandem/internal/workflow/say"
)

// Func is a function that the embedding program adds to the language. It gets
// and gives JSON-like Go values; expressions call it with any number of
// arguments. It must not block, and must give the same for the same arguments.
type Func func(args ...any) (any, error)

// Options say what the expressions of one Env may use.
type Options struct {
	// Vars names the variables. "data" brings its alias "context" with it.
	Vars []string
	// Steps names the steps that steps.NAME and hooks.NAME may speak of; nil
	// leaves the names unchecked.
	Steps []string
	// Functions are added to the language. A name is an identifier, or several
	// with dots between them ("acme.rate").
	Functions map[string]Func
	// Reserved says of names that are no variables here why they are not, for the
	// message about an expression that uses one.
	Reserved map[string]say.Phrase
	// TimeLimit bounds one evaluation; 0 means the package's TimeLimit.
	TimeLimit time.Duration
}

// Env compiles expressions, texts and values. It is safe for concurrent use,
// and cheap: everything costly is shared by all of them.
type Env struct {
	vars      []string
	steps     []string
	checked   bool // whether steps holds all names there are
	own       map[string]Func
	reserved  map[string]say.Phrase
	keeps     string         // the name whose insertions texts keep; empty = none
	functions map[string]any // implementations by internal name
	timeLimit time.Duration
	options   []cel.ProgramOption
}

var functionName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*$`)

// NewEnv makes an Env. It refuses a function whose name is taken or malformed.
func NewEnv(o Options) (*Env, error) {
	e := &Env{
		vars:      slices.Clone(o.Vars),
		steps:     slices.Clone(o.Steps),
		checked:   o.Steps != nil,
		own:       o.Functions,
		reserved:  o.Reserved,
		functions: base().functions,
		timeLimit: o.TimeLimit,
		options:   base().options,
	}
	if e.timeLimit <= 0 {
		e.timeLimit = TimeLimit
	}
	if len(o.Functions) == 0 {
		return e, nil
	}
	return e, e.register(o.Functions)
}

func (e *Env) register(own map[string]Func) error {
	all := make(map[string]any, len(e.functions)+len(own))
	for name, fn := range e.functions {
		all[name] = fn
	}
	for name, fn := range own {
		root, _, _ := strings.Cut(name, ".")
		_, taken := builtin[name]
		switch {
		case !functionName.MatchString(name) || fn == nil:
			return fmt.Errorf("register function %q: the name must be an identifier, or several with dots between them, and the function not nil", name)
		case taken || slices.Contains(e.vars, root) || root == "context" || !e.reserved[root].IsZero():
			return fmt.Errorf("register function %q: expressions have this name already; choose another", name)
		}
		call := called(name, fn)
		all["own."+name] = call
		all["own0."+name] = unaryFunc(func(m meter, _ ref.Val) ref.Val { return call(m, nil) })
	}
	e.functions = all
	e.options = programOptions(all)
	return nil
}

// called wraps a function of the embedding program.
func called(name string, fn Func) variadicFunc {
	return func(_ meter, args []ref.Val) ref.Val {
		var o outlet
		in := make([]any, len(args))
		for i, a := range args {
			var err error
			if in[i], err = o.value(a, 0); err != nil {
				return types.WrapErr(fmt.Errorf("%s(): %w", name, err))
			}
		}
		out, err := fn(in...)
		if err != nil {
			return types.WrapErr(fmt.Errorf("%s(): %w", name, err))
		}
		return natives.NativeToValue(out)
	}
}

// shared is what all Envs have in common.
type shared struct {
	env       *cel.Env
	parser    *parser.Parser
	functions map[string]any
	options   []cel.ProgramOption
}

// base makes the shared part on first use.
var base = sync.OnceValue(func() *shared {
	s := &shared{functions: map[string]any{}}
	var err error
	s.env, err = cel.NewEnv(cel.CustomTypeAdapter(natives), cel.OptionalTypes(),
		ext.Strings(), ext.Lists(), ext.Math(), ext.Sets(), cel.DefaultUTCTimeZone(true))
	if err != nil {
		panic(fmt.Sprintf("expr: CEL environment: %v", err))
	}
	s.parser, err = parser.NewParser(
		parser.Macros(s.env.Macros()...), parser.EnableOptionalSyntax(true), parser.EnableHiddenAccumulatorName(true),
		parser.EnablePrattParser(true), parser.MaxRecursionDepth(maxParse), parser.MaxExpressionNodeCount(maxNodes),
		parser.ExpressionSizeCodePointLimit(MaxSource), parser.ErrorReportingLimit(10), parser.ErrorRecoveryLimit(10))
	if err != nil {
		panic(fmt.Sprintf("expr: CEL parser: %v", err))
	}
	for name, fn := range implementations {
		s.functions[name] = fn
	}
	for name, f := range builtin {
		if f.ours != nil {
			s.functions[name] = f.ours
		}
	}
	s.options = programOptions(s.functions)
	return s
})

func programOptions(functions map[string]any) []cel.ProgramOption {
	return []cel.ProgramOption{
		cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost),
		cel.CostTracking(prices{}),
		cel.CostLimit(CostLimit),
		cel.InterruptCheckFrequency(64),
		cel.CustomDecoratorV2(plan(functions)),
	}
}

// limited gives a context that ends with the time limit of an evaluation.
func (e *Env) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, e.timeLimit)
}
