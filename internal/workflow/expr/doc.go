// Package expr is the expression language of workflow definitions: CEL with
// one kind of number, texts with {{ expressions }} in them, and JSON-like
// values whose strings are such texts.
//
// It owns compiling (every mistake with its place and, for names, "did you
// mean"), evaluating within limits (cost, memory, time), the exact decimal
// arithmetic behind + - * / % and the comparisons, and the rendering of results.
// Values come in and go out as JSON-like Go values: nil, bool, string,
// json.Number, []any and map[string]any; time.Time and time.Duration come in
// too and go out as text.
//
// Expressions are not trusted. A source has at most MaxSource bytes; one
// evaluation may spend CostLimit units (about 64 MiB of made values) and
// its time limit; one text has at most MaxText bytes and one list at most
// MaxList items. Going over is an error that wraps ErrLimit.
//
// It imports the standard library, cel-go and apd alone, and must not know the
// workflow package, the engine, or where the values of its variables come from.
package expr
