package expr

import (
	"errors"
	"math"
	"math/bits"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/cockroachdb/apd/v3"
)

var errDivideByZero = errors.New("division by zero; guard it, for example `x == 0 ? 0 : y / x`")

func add(m meter, l, r ref.Val) ref.Val {
	if a, ok := l.(types.Int); ok {
		if b, ok := r.(types.Int); ok {
			if s := a + b; (s > a) == (b > 0) {
				return s
			}
		}
	}
	if isNumeric(l) && isNumeric(r) {
		return calculate(l, r, exact.Add)
	}
	return addOthers(m, l, r)
}

// addOthers joins texts, bytes and lists and moves times.
func addOthers(m meter, l, r ref.Val) ref.Val {
	switch a := l.(type) {
	case types.String:
		if b, ok := r.(types.String); ok {
			if err := m.makeText(len(a) + len(b)); err != nil {
				return types.WrapErr(err)
			}
			return a + b
		}
	case types.Bytes:
		if b, ok := r.(types.Bytes); ok {
			if err := m.makeText(len(a) + len(b)); err != nil {
				return types.WrapErr(err)
			}
			return a.Add(b)
		}
	case traits.Lister:
		if b, ok := r.(traits.Lister); ok {
			if err := m.makeList(sizeOf(a) + sizeOf(b)); err != nil {
				return types.WrapErr(err)
			}
			return a.Add(b)
		}
	case types.Timestamp, types.Duration:
		if isTime(r) {
			return a.(traits.Adder).Add(r)
		}
	}
	return mismatch("add", "and", l, r, "; make text of a number with string(...)")
}

func subtract(_ meter, l, r ref.Val) ref.Val {
	if a, ok := l.(types.Int); ok {
		if b, ok := r.(types.Int); ok {
			if d := a - b; (d < a) == (b > 0) {
				return d
			}
		}
	}
	if isNumeric(l) && isNumeric(r) {
		return calculate(l, r, exact.Sub)
	}
	if isTime(l) && isTime(r) {
		return l.(traits.Subtractor).Subtract(r)
	}
	return mismatch("subtract", "from", r, l, "")
}

func multiply(_ meter, l, r ref.Val) ref.Val {
	if a, ok := l.(types.Int); ok {
		if b, ok := r.(types.Int); ok {
			if p, ok := multiplyInts(int64(a), int64(b)); ok {
				return types.Int(p)
			}
		}
	}
	if isNumeric(l) && isNumeric(r) {
		return calculate(l, r, exact.Mul)
	}
	return mismatch("multiply", "by", l, r, "")
}

func multiplyInts(a, b int64) (int64, bool) {
	if a == math.MinInt64 || b == math.MinInt64 {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(max(a, -a)), uint64(max(b, -b)))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	return a * b, true
}

func divide(_ meter, l, r ref.Val) ref.Val {
	if !isNumeric(l) || !isNumeric(r) {
		return mismatch("divide", "by", l, r, "")
	}
	if isZero(r) {
		return types.WrapErr(errDivideByZero)
	}
	return calculate(l, r, rounded.Quo)
}

// modulo gives the remainder with the sign of the dividend.
func modulo(_ meter, l, r ref.Val) ref.Val {
	if !isNumeric(l) || !isNumeric(r) {
		return mismatch("divide", "by", l, r, "")
	}
	if isZero(r) {
		return types.WrapErr(errDivideByZero)
	}
	a, aok := l.(types.Int)
	b, bok := r.(types.Int)
	if aok && bok {
		if b == -1 {
			return types.IntZero
		}
		return a % b
	}
	return calculate(l, r, remainder)
}

func remainder(d, x, y *apd.Decimal) (apd.Condition, error) {
	e := min(x.Exponent, y.Exponent)
	var a, b apd.BigInt
	scaled(&a, x, e)
	scaled(&b, y, e)
	d.Coeff.Rem(&a, &b)
	d.Exponent, d.Negative = e, x.Negative
	return 0, nil
}

// scaled sets z to |x| in units of 10^e, e not above x's exponent.
func scaled(z *apd.BigInt, x *apd.Decimal, e int32) {
	var ten apd.BigInt
	ten.Exp(apd.NewBigInt(10), apd.NewBigInt(int64(x.Exponent-e)), nil)
	z.Mul(&x.Coeff, &ten)
}

func negate(_ meter, v ref.Val) ref.Val {
	if !isNumeric(v) {
		if d, ok := v.(types.Duration); ok {
			return d.Negate()
		}
		return types.NewErr("- needs a number, not %s", describe(v))
	}
	return subtract(meter{}, types.IntZero, v)
}

// calculate applies one operation of apd. The bounds of numbers keep every
// intermediate value below a few thousand digits.
func calculate(l, r ref.Val, op func(d, x, y *apd.Decimal) (apd.Condition, error)) ref.Val {
	var a, b, d apd.Decimal
	x, err := decimalOf(l, &a)
	if err != nil {
		return types.WrapErr(err)
	}
	y, err := decimalOf(r, &b)
	if err != nil {
		return types.WrapErr(err)
	}
	if _, err := op(&d, x, y); err != nil {
		return types.WrapErr(err)
	}
	return fromDecimal(&d)
}

func isZero(v ref.Val) bool {
	if i, ok := v.(types.Int); ok {
		return i == 0
	}
	var buf apd.Decimal
	d, err := decimalOf(v, &buf)
	return err == nil && d.IsZero()
}

func isTime(v ref.Val) bool {
	switch v.(type) {
	case types.Timestamp, types.Duration:
		return true
	}
	return false
}

func mismatch(verb, link string, l, r ref.Val, hint string) ref.Val {
	return types.NewErr("cannot %s %s %s %s%s", verb, describe(l), link, describe(r), hint)
}
