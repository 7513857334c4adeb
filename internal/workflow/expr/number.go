package expr

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/cockroachdb/apd/v3"
)

// Bounds of the numbers that can be calculated with. Numbers beyond them pass
// through untouched, but any operation on them is an error.
const (
	maxDigits   = 1000 // significant digits
	maxExponent = 1000 // of ten, either way
	quotient    = 34   // significant digits of a quotient or a square root
)

// numberType is the CEL type of the numbers that are not whole or that are
// written in a way worth keeping.
var numberType = types.NewOpaqueType("number")

var (
	exact   = apd.Context{MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent}
	rounded = apd.Context{Precision: quotient, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent, Rounding: apd.RoundHalfEven}
)

// number is a decimal that no types.Int stands for: it is not whole, does not
// fit 64 bits, or its text ("1.0", "1e3") is not the canonical one of an
// integer. All other numbers are types.Int.
type number struct {
	text string // as it came; empty for results of calculations
	dec  apd.Decimal
	wild bool // outside the bounds: dec is not set
}

// parseNumber gives the value of a JSON number: a types.Int when that keeps
// its text, else a number. Anything else is an error value.
func parseNumber(text string) ref.Val {
	if i, ok := canonicalInt(text); ok {
		return types.Int(i)
	}
	if !isNumber(text) {
		return types.NewErr("%s is not a number", quoted(text))
	}
	n := &number{text: text}
	if len(text) > maxDigits+maxExponent {
		n.wild = true
		return n
	}
	if _, _, err := n.dec.SetString(text); err != nil || !inBounds(&n.dec) {
		n.wild = true
	}
	return n
}

// canonicalInt reads an integer whose text is exactly what strconv would print.
func canonicalInt(s string) (int64, bool) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 19 || digits[0] < '0' || digits[0] > '9' {
		return 0, false
	}
	if digits[0] == '0' && s != "0" {
		return 0, false
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil
}

// isNumber reports whether s follows the JSON grammar of numbers.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, s := cutDigits(s)
	if whole == "" || (len(whole) > 1 && whole[0] == '0') {
		return false
	}
	if strings.HasPrefix(s, ".") {
		var frac string
		if frac, s = cutDigits(s[1:]); frac == "" {
			return false
		}
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	exp, rest := cutDigits(s)
	return exp != "" && rest == ""
}

func cutDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}

func inBounds(d *apd.Decimal) bool {
	return d.Form == apd.Finite &&
		d.Exponent <= maxExponent && d.Exponent >= -maxExponent &&
		d.Coeff.BitLen() <= maxDigits*10/3
}

// fromDecimal gives the value of a result: a types.Int where it is whole and
// fits, else a number without trailing zeros.
func fromDecimal(d *apd.Decimal) ref.Val {
	d.Reduce(d)
	if !inBounds(d) {
		return types.WrapErr(limitError("the number has too many digits to calculate with"))
	}
	if d.Exponent >= 0 {
		if i, err := d.Int64(); err == nil {
			return types.Int(i)
		}
	}
	return &number{dec: *d}
}

// fromFloat gives the decimal that prints shortest for f.
func fromFloat(f float64) ref.Val {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return types.NewErr("%v is not a number that Tandem can keep", f)
	}
	var d apd.Decimal
	if _, err := d.SetFloat64(f); err != nil {
		return types.WrapErr(fmt.Errorf("number %v: %w", f, err))
	}
	return fromDecimal(&d)
}

// decimalOf gives v as a decimal, in buf where it has to be made.
func decimalOf(v ref.Val, buf *apd.Decimal) (*apd.Decimal, error) {
	switch n := v.(type) {
	case types.Int:
		return buf.SetInt64(int64(n)), nil
	case *number:
		if n.wild {
			return nil, limitError("the number %s is too large to calculate with", clip(n.text))
		}
		return &n.dec, nil
	case types.Uint:
		buf.Coeff.SetUint64(uint64(n))
		return buf, nil
	case types.Double:
		_, err := buf.SetFloat64(float64(n))
		return buf, err
	}
	return nil, fmt.Errorf("%s is not a number", describe(v))
}

func isNumeric(v ref.Val) bool {
	switch v.(type) {
	case types.Int, *number, types.Uint, types.Double:
		return true
	}
	return false
}

// wholeOf gives v as an int64 when it is a whole number that fits.
func wholeOf(v ref.Val) (int64, bool) {
	if i, ok := v.(types.Int); ok {
		return int64(i), true
	}
	var buf apd.Decimal
	d, err := decimalOf(v, &buf)
	if err != nil {
		return 0, false
	}
	i, err := d.Int64()
	return i, err == nil
}

// String gives the number as it came, or as a plain decimal.
func (n *number) String() string {
	if n.text != "" {
		return n.text
	}
	return n.dec.Text('f')
}

// plain gives the number without an exponent wherever that is of sane length.
func (n *number) plain() string {
	if n.text == "" || n.wild || !strings.ContainsAny(n.text, "eE") {
		return n.String()
	}
	return n.dec.Text('f')
}

// ConvertToNative implements ref.Val for cel-go's own conversions.
func (n *number) ConvertToNative(t reflect.Type) (any, error) {
	switch t.Kind() {
	case reflect.Float64:
		return strconv.ParseFloat(n.String(), 64)
	case reflect.String:
		return n.String(), nil
	}
	return nil, fmt.Errorf("a number does not convert to %v", t)
}

// ConvertToType implements ref.Val.
func (n *number) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case numberType:
		return n
	case types.StringType:
		return types.String(n.plain())
	case types.TypeType:
		return numberType
	}
	return types.NewErr("a number does not convert to %s", t.TypeName())
}

// Equal implements ref.Val with the meaning of ==.
func (n *number) Equal(other ref.Val) ref.Val {
	if !isNumeric(other) {
		return types.False
	}
	c, err := compareNumbers(n, other)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(c == 0)
}

// Type implements ref.Val.
func (n *number) Type() ref.Type { return numberType }

// Value implements ref.Val.
func (n *number) Value() any { return n.String() }

// IsZeroValue says whether the number is 0, for optional.ofNonZeroValue.
func (n *number) IsZeroValue() bool { return !n.wild && n.dec.IsZero() }

func fromUint(u uint64) ref.Val {
	if u <= math.MaxInt64 {
		return types.Int(u)
	}
	n := &number{text: strconv.FormatUint(u, 10)}
	n.dec.Coeff.SetUint64(u)
	return n
}
