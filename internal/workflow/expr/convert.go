package expr

import (
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/cockroachdb/apd/v3"
)

// toInt gives the whole part of a number, the number that a text spells, or the
// seconds of a timestamp.
func toInt(m meter, v ref.Val) ref.Val {
	switch x := v.(type) {
	case types.Int:
		return x
	case types.Timestamp:
		return types.Int(x.Unix())
	}
	n := toNumber(m, v)
	if types.IsError(n) {
		return n
	}
	return trunc(m, n)
}

func toUint(m meter, v ref.Val) ref.Val {
	n := toInt(m, v)
	if types.IsError(n) {
		return n
	}
	if c, err := compareNumbers(n, types.IntZero); err != nil || c < 0 {
		return types.NewErr("uint() needs a number that is not negative, not %s", describe(v))
	}
	return n
}

// toNumber gives a number as it is, or the one that a text spells.
func toNumber(_ meter, v ref.Val) ref.Val {
	if isNumeric(v) {
		return v
	}
	s, ok := v.(types.String)
	if !ok {
		return types.NewErr("%s does not convert to a number", describe(v))
	}
	n := parseNumber(strings.TrimPrefix(strings.TrimSpace(string(s)), "+"))
	if types.IsError(n) {
		return types.NewErr("%s does not convert to a number", describe(v))
	}
	return n
}

// toText gives a scalar as {{ }} prints it.
func toText(m meter, v ref.Val) ref.Val {
	if s, ok := v.(types.String); ok {
		return s
	}
	if b, ok := v.(types.Bytes); ok {
		return b.ConvertToType(types.StringType)
	}
	s, ok := plainText(v)
	if !ok {
		return types.NewErr("string() needs a single value, not %s", describe(v))
	}
	if err := m.makeText(len(s)); err != nil {
		return types.WrapErr(err)
	}
	return types.String(s)
}

// plainText gives a number, boolean or time as text.
func plainText(v ref.Val) (string, bool) {
	switch x := v.(type) {
	case types.String:
		return string(x), true
	case types.Null:
		return "null", true
	case *number:
		return x.plain(), true
	case types.Int, types.Bool, types.Timestamp, types.Duration, types.Uint, types.Double:
		s, err := scalar(v)
		if err != nil {
			return "", false
		}
		return printed(s), true
	case *types.Type:
		return x.TypeName(), true
	}
	return "", false
}

// typeOf gives the type of a value: int for whole numbers, double for others.
func typeOf(_ meter, v ref.Val) ref.Val {
	if isNumeric(v) {
		if _, ok := wholeOf(v); ok {
			return types.IntType
		}
		return types.DoubleType
	}
	return v.Type().(ref.Val)
}

// get gives the item of a map under a key, else the default, else null.
func get(_ meter, args []ref.Val) ref.Val {
	m, ok := args[0].(traits.Mapper)
	if !ok {
		return types.NewErr("get() needs a map, not %s", describe(args[0]))
	}
	k, ok := mapKey(args[1])
	if !ok {
		return types.NewErr("get() needs text as its key, not %s", describe(args[1]))
	}
	if v, found := m.Find(k); found {
		return v
	}
	if len(args) == 3 {
		return args[2]
	}
	return types.NullValue
}

func ceil(_ meter, v ref.Val) ref.Val  { return integral("math.ceil", v, apd.RoundCeiling) }
func floor(_ meter, v ref.Val) ref.Val { return integral("math.floor", v, apd.RoundFloor) }
func trunc(_ meter, v ref.Val) ref.Val { return integral("math.trunc", v, apd.RoundDown) }

// round rounds halves away from zero.
func round(_ meter, v ref.Val) ref.Val { return integral("math.round", v, apd.RoundHalfUp) }

func integral(name string, v ref.Val, how apd.Rounder) ref.Val {
	if _, ok := v.(types.Int); ok {
		return v
	}
	var buf, out apd.Decimal
	d, err := decimalOf(v, &buf)
	if err != nil {
		return types.NewErr("%s: %v", name, err)
	}
	ctx := exact
	ctx.Precision, ctx.Rounding = maxDigits+maxExponent+1, how
	if _, err := ctx.Quantize(&out, d, max(d.Exponent, 0)); err != nil {
		return types.NewErr("%s: %v", name, err)
	}
	return fromDecimal(&out)
}

func abs(m meter, v ref.Val) ref.Val {
	c, err := compare(v, types.IntZero)
	if err != nil {
		return err
	}
	if c < 0 {
		return negate(m, v)
	}
	return v
}

func sign(_ meter, v ref.Val) ref.Val {
	c, err := compare(v, types.IntZero)
	if err != nil {
		return err
	}
	return types.Int(c)
}

// sqrt gives the square root to 34 significant digits.
func sqrt(_ meter, v ref.Val) ref.Val {
	var buf, out apd.Decimal
	d, err := decimalOf(v, &buf)
	if err != nil {
		return types.NewErr("math.sqrt: %v", err)
	}
	if d.Sign() < 0 {
		return types.NewErr("math.sqrt needs a number that is not negative, not %s", describe(v))
	}
	if _, err := rounded.Sqrt(&out, d); err != nil {
		return types.NewErr("math.sqrt: %v", err)
	}
	return fromDecimal(&out)
}

func never(_ meter, _ ref.Val) ref.Val  { return types.False }
func always(_ meter, _ ref.Val) ref.Val { return types.True }

func least(m meter, args []ref.Val) ref.Val    { return extreme(m, "math.least", args, -1) }
func greatest(m meter, args []ref.Val) ref.Val { return extreme(m, "math.greatest", args, 1) }

// extreme picks the first of the smallest or the largest values; one list
// stands for its items.
func extreme(m meter, name string, args []ref.Val, want int) ref.Val {
	if l, ok := args[0].(traits.Lister); ok && len(args) == 1 {
		args = m.items(l)
	}
	if len(args) == 0 {
		return types.NewErr("%s of an empty list", name)
	}
	best := args[0]
	for _, v := range args {
		c, err := compare(v, best)
		if err != nil {
			return err
		}
		if c == want {
			best = v
		}
	}
	return best
}
