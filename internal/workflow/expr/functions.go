package expr

import (
	"cel.dev/cel-go/common/operators"
)

// arity bounds the arguments of a call without its target; the zero value of
// ok means that there is no such form.
type arity struct {
	min, max int
	ok       bool
}

func args(lo, hi int) arity { return arity{min: lo, max: hi, ok: true} }

// function is one function of the language, in its member form, x.f(y), its
// global form, f(x, y), or both.
type function struct {
	member, global arity
	ours           any    // unaryFunc, binaryFunc or variadicFunc; nil: cel-go's
	whole          bool   // cel-go's, with arguments that must be types.Int
	macro          string // how to write it, when it is expanded on parsing
}

// operatorNames maps CEL's operators to the functions that stand in for them.
var operatorNames = map[string]string{
	operators.Add:           "add",
	operators.Subtract:      "subtract",
	operators.Multiply:      "multiply",
	operators.Divide:        "divide",
	operators.Modulo:        "modulo",
	operators.Negate:        "negate",
	operators.Less:          "less",
	operators.LessEquals:    "less_equal",
	operators.Greater:       "greater",
	operators.GreaterEquals: "greater_equal",
	operators.Equals:        "equal",
	operators.NotEquals:     "not_equal",
	operators.In:            "in",
}

// implementations holds what runs under internal names.
var implementations = map[string]any{
	"add":           binaryFunc(add),
	"subtract":      binaryFunc(subtract),
	"multiply":      binaryFunc(multiply),
	"divide":        binaryFunc(divide),
	"modulo":        binaryFunc(modulo),
	"negate":        unaryFunc(negate),
	"less":          binaryFunc(less),
	"less_equal":    binaryFunc(lessEqual),
	"greater":       binaryFunc(greater),
	"greater_equal": binaryFunc(greaterEqual),
	"equal":         binaryFunc(equal),
	"not_equal":     binaryFunc(notEqual),
	"in":            binaryFunc(in),
	"key":           unaryFunc(key),
	"whole":         unaryFunc(whole),
}

// builtin is every function of the language by the name it is called by.
var builtin = map[string]function{
	// Ours: numbers, and whatever could make or walk a large value.
	"int":    {global: args(1, 1), ours: unaryFunc(toInt)},
	"uint":   {global: args(1, 1), ours: unaryFunc(toUint)},
	"double": {global: args(1, 1), ours: unaryFunc(toNumber)},
	"string": {global: args(1, 1), ours: unaryFunc(toText)},
	"type":   {global: args(1, 1), ours: unaryFunc(typeOf)},

	"get": {member: args(1, 2), ours: variadicFunc(get)},

	"matches": {member: args(1, 1), global: args(2, 2), ours: binaryFunc(matches)},
	"replace": {member: args(2, 3), ours: variadicFunc(replace)},
	"split":   {member: args(1, 2), ours: variadicFunc(split)},
	"join":    {member: args(0, 1), ours: variadicFunc(join)},
	"format":  {member: args(1, 1), ours: binaryFunc(format)},

	"sort":                  {member: args(0, 0), ours: unaryFunc(sortList)},
	"@sortByAssociatedKeys": {member: args(1, 1), ours: binaryFunc(sortByKeys)},
	"distinct":              {member: args(0, 0), ours: unaryFunc(distinct)},
	"flatten":               {member: args(0, 1), ours: variadicFunc(flatten)},
	"lists.range":           {global: args(1, 1), ours: unaryFunc(rangeList)},
	"sum":                   {member: args(0, 0), ours: unaryFunc(sum)},

	"sets.contains":   {global: args(2, 2), ours: binaryFunc(setContains)},
	"sets.equivalent": {global: args(2, 2), ours: binaryFunc(setEquivalent)},
	"sets.intersects": {global: args(2, 2), ours: binaryFunc(setIntersects)},

	"math.@min":          {global: args(1, 64), ours: variadicFunc(least)},
	"math.@max":          {global: args(1, 64), ours: variadicFunc(greatest)},
	"math.ceil":          {global: args(1, 1), ours: unaryFunc(ceil)},
	"math.floor":         {global: args(1, 1), ours: unaryFunc(floor)},
	"math.round":         {global: args(1, 1), ours: unaryFunc(round)},
	"math.trunc":         {global: args(1, 1), ours: unaryFunc(trunc)},
	"math.abs":           {global: args(1, 1), ours: unaryFunc(abs)},
	"math.sign":          {global: args(1, 1), ours: unaryFunc(sign)},
	"math.sqrt":          {global: args(1, 1), ours: unaryFunc(sqrt)},
	"math.isNaN":         {global: args(1, 1), ours: unaryFunc(never)},
	"math.isInf":         {global: args(1, 1), ours: unaryFunc(never)},
	"math.isFinite":      {global: args(1, 1), ours: unaryFunc(always)},
	"math.bitAnd":        {global: args(2, 2), whole: true},
	"math.bitOr":         {global: args(2, 2), whole: true},
	"math.bitXor":        {global: args(2, 2), whole: true},
	"math.bitNot":        {global: args(1, 1), whole: true},
	"math.bitShiftLeft":  {global: args(2, 2), whole: true},
	"math.bitShiftRight": {global: args(2, 2), whole: true},

	// cel-go's.
	"size":       {member: args(0, 0), global: args(1, 1)},
	"bool":       {global: args(1, 1)},
	"bytes":      {global: args(1, 1)},
	"dyn":        {global: args(1, 1)},
	"timestamp":  {global: args(1, 1), whole: true},
	"duration":   {global: args(1, 1)},
	"contains":   {member: args(1, 1)},
	"startsWith": {member: args(1, 1)},
	"endsWith":   {member: args(1, 1)},

	"charAt":        {member: args(1, 1), whole: true},
	"indexOf":       {member: args(1, 2), whole: true},
	"lastIndexOf":   {member: args(1, 2), whole: true},
	"substring":     {member: args(1, 2), whole: true},
	"lowerAscii":    {member: args(0, 0)},
	"upperAscii":    {member: args(0, 0)},
	"trim":          {member: args(0, 0)},
	"reverse":       {member: args(0, 0)},
	"strings.quote": {global: args(1, 1)},

	"slice": {member: args(2, 2), whole: true},
	"first": {member: args(0, 0)},
	"last":  {member: args(0, 0)},

	"optional.of":             {global: args(1, 1)},
	"optional.ofNonZeroValue": {global: args(1, 1)},
	"optional.none":           {global: args(0, 0)},
	"hasValue":                {member: args(0, 0)},
	"value":                   {member: args(0, 0)},
	"or":                      {member: args(1, 1)},
	"orValue":                 {member: args(1, 1)},

	"getFullYear":     {member: args(0, 1)},
	"getMonth":        {member: args(0, 1)},
	"getDate":         {member: args(0, 1)},
	"getDayOfMonth":   {member: args(0, 1)},
	"getDayOfWeek":    {member: args(0, 1)},
	"getDayOfYear":    {member: args(0, 1)},
	"getHours":        {member: args(0, 1)},
	"getMinutes":      {member: args(0, 1)},
	"getSeconds":      {member: args(0, 1)},
	"getMilliseconds": {member: args(0, 1)},

	// Operators without a symbol of their own that stay cel-go's.
	operators.Conditional:      {global: args(3, 3)},
	operators.LogicalAnd:       {global: args(2, maxNodes)},
	operators.LogicalOr:        {global: args(2, maxNodes)},
	operators.LogicalNot:       {global: args(1, 1)},
	operators.NotStrictlyFalse: {global: args(1, 1)},
	operators.Index:            {global: args(2, 2)},
	operators.OptIndex:         {global: args(2, 2)},
	operators.OptSelect:        {global: args(2, 2)},

	// Macros: a call of that name that is left after parsing is a wrong one.
	"has":           {macro: "has(data.key)"},
	"all":           {macro: "list.all(x, condition)"},
	"exists":        {macro: "list.exists(x, condition)"},
	"exists_one":    {macro: "list.exists_one(x, condition)"},
	"existsOne":     {macro: "list.existsOne(x, condition)"},
	"map":           {macro: "list.map(x, expression)"},
	"filter":        {macro: "list.filter(x, condition)"},
	"sortBy":        {macro: "list.sortBy(x, expression)"},
	"optMap":        {macro: "optional.optMap(x, expression)"},
	"optFlatMap":    {macro: "optional.optFlatMap(x, expression)"},
	"math.greatest": {macro: "math.greatest(a, b)"},
	"math.least":    {macro: "math.least(a, b)"},
}
