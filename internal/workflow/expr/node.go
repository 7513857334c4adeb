package expr

import (
	"fmt"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// The ways in which our functions are implemented. They get evaluated
// arguments that are neither errors nor unknown, and give a value or an error
// value that no one else holds.
type (
	unaryFunc    func(m meter, v ref.Val) ref.Val
	binaryFunc   func(m meter, l, r ref.Val) ref.Val
	variadicFunc func(m meter, args []ref.Val) ref.Val
)

// plan replaces the calls of our functions, which cel-go knows by name only, by
// nodes that run them with a meter.
func plan(functions map[string]any) interpreter.InterpretableDecoratorV2 {
	return func(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
		call, ok := i.(interpreter.InterpretableCall)
		if !ok || call.Function() == "" || call.Function()[0] != '#' {
			return i, nil
		}
		args := call.Args()
		switch fn := functions[call.Function()[1:]].(type) {
		case unaryFunc:
			if len(args) == 1 {
				return &unary{id: call.ID(), arg: args[0], fn: fn}, nil
			}
		case binaryFunc:
			if len(args) == 2 {
				return &binary{id: call.ID(), lhs: args[0], rhs: args[1], fn: fn}, nil
			}
		case variadicFunc:
			return &variadic{id: call.ID(), args: args, fn: fn}, nil
		}
		return nil, fmt.Errorf("function %s takes no %d arguments", call.Function()[1:], len(args))
	}
}

type unary struct {
	id  int64
	arg interpreter.InterpretableV2
	fn  unaryFunc
}

func (n *unary) ID() int64 { return n.id }

func (n *unary) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	v := n.arg.Exec(frame)
	if types.IsUnknownOrError(v) {
		return v
	}
	m := meter{frame}
	m.charge(1)
	return types.LabelErrNode(n.id, n.fn(m, v))
}

func (n *unary) Eval(a interpreter.Activation) ref.Val {
	return interpreter.EvalActivation(a, n.Exec)
}

type binary struct {
	id       int64
	lhs, rhs interpreter.InterpretableV2
	fn       binaryFunc
}

func (n *binary) ID() int64 { return n.id }

func (n *binary) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	l := n.lhs.Exec(frame)
	if types.IsUnknownOrError(l) {
		return l
	}
	r := n.rhs.Exec(frame)
	if types.IsUnknownOrError(r) {
		return r
	}
	m := meter{frame}
	m.charge(1)
	return types.LabelErrNode(n.id, n.fn(m, l, r))
}

func (n *binary) Eval(a interpreter.Activation) ref.Val {
	return interpreter.EvalActivation(a, n.Exec)
}

type variadic struct {
	id   int64
	args []interpreter.InterpretableV2
	fn   variadicFunc
}

func (n *variadic) ID() int64 { return n.id }

func (n *variadic) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	vals := make([]ref.Val, len(n.args))
	for i, a := range n.args {
		vals[i] = a.Exec(frame)
		if types.IsUnknownOrError(vals[i]) {
			return vals[i]
		}
	}
	m := meter{frame}
	m.charge(1)
	return types.LabelErrNode(n.id, n.fn(m, vals))
}

func (n *variadic) Eval(a interpreter.Activation) ref.Val {
	return interpreter.EvalActivation(a, n.Exec)
}
