package expr

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/cockroachdb/apd/v3"
)

// maxPattern bounds the compiled size of a pattern, in instructions.
const maxPattern = 2000

// textArgs gives all values as texts, or an error value that names the function.
func textArgs(name string, vals ...ref.Val) ([]string, ref.Val) {
	out := make([]string, len(vals))
	for i, v := range vals {
		s, ok := v.(types.String)
		if !ok {
			return nil, types.NewErr("%s needs text, not %s", name, describe(v))
		}
		out[i] = string(s)
	}
	return out, nil
}

// matches says whether an RE2 pattern occurs in a text. It costs up to a step
// for each instruction of the pattern and byte of the text.
func matches(m meter, v, pattern ref.Val) ref.Val {
	s, bad := textArgs("matches()", v, pattern)
	if bad != nil {
		return bad
	}
	re, size, err := compilePattern(s[1])
	if err != nil {
		return types.WrapErr(err)
	}
	m.charge(size + len(s[0])*size/bytesPerUnit)
	return types.Bool(re.MatchString(s[0]))
}

func compilePattern(pattern string) (*regexp.Regexp, int, error) {
	if len(pattern) > MaxSource {
		return nil, 0, limitError("a pattern is longer than %d bytes", MaxSource)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, 0, fmt.Errorf("the pattern %s: %w", quoted(pattern), err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, 0, fmt.Errorf("the pattern %s: %w", quoted(pattern), err)
	}
	if len(prog.Inst) > maxPattern {
		return nil, 0, limitError("the pattern %s is too complex", quoted(pattern))
	}
	re, err := regexp.Compile(pattern)
	return re, len(prog.Inst), err
}

// replace puts one text in place of another, everywhere or the first n times.
func replace(m meter, args []ref.Val) ref.Val {
	s, bad := textArgs("replace()", args[:3]...)
	if bad != nil {
		return bad
	}
	limit, bad := limitArg("replace()", args, 3)
	if bad != nil {
		return bad
	}
	n := strings.Count(s[0], s[1])
	if limit >= 0 {
		n = min(n, limit)
	}
	if err := m.makeText(len(s[0]) + n*(len(s[2])-len(s[1]))); err != nil {
		return types.WrapErr(err)
	}
	return types.String(strings.Replace(s[0], s[1], s[2], n))
}

// split cuts a text at every separator, into at most n pieces.
func split(m meter, args []ref.Val) ref.Val {
	s, bad := textArgs("split()", args[:2]...)
	if bad != nil {
		return bad
	}
	limit, bad := limitArg("split()", args, 2)
	if bad != nil {
		return bad
	}
	n := strings.Count(s[0], s[1]) + 1
	if limit >= 0 {
		n = min(n, limit)
	}
	if err := m.makeList(n); err != nil {
		return types.WrapErr(err)
	}
	m.charge(len(s[0]) / bytesPerUnit)
	parts := strings.SplitN(s[0], s[1], n)
	out := make([]ref.Val, len(parts))
	for i, p := range parts {
		out[i] = types.String(p)
	}
	return newList(out)
}

// limitArg gives the optional count at args[at]; -1 means without limit.
func limitArg(name string, args []ref.Val, at int) (int, ref.Val) {
	if len(args) <= at {
		return -1, nil
	}
	n, ok := wholeOf(args[at])
	if !ok {
		return 0, types.NewErr("%s needs a whole number as its limit, not %s", name, describe(args[at]))
	}
	return int(max(-1, min(n, MaxText))), nil
}

// join puts the texts of a list together, with a separator between them.
func join(m meter, args []ref.Val) ref.Val {
	l, bad := listArg("join()", args[0])
	if bad != nil {
		return bad
	}
	parts, bad := textArgs("join()", m.items(l)...)
	if bad != nil {
		return bad
	}
	sep := ""
	if len(args) == 2 {
		s, bad := textArgs("join()", args[1])
		if bad != nil {
			return bad
		}
		sep = s[0]
	}
	size := len(sep) * max(0, len(parts)-1)
	for _, p := range parts {
		size += len(p)
	}
	if err := m.makeText(size); err != nil {
		return types.WrapErr(err)
	}
	return types.String(strings.Join(parts, sep))
}

// format fills the clauses of a template from a list: %s any value as it
// prints, %d a whole number, %f %.2f a decimal, %e, %b %o %x %X a whole number
// in that base (%x also text), %%.
func format(m meter, template, list ref.Val) ref.Val {
	s, bad := textArgs("format()", template)
	if bad != nil {
		return bad
	}
	l, bad := listArg("format()", list)
	if bad != nil {
		return bad
	}
	vals := m.items(l)
	var out strings.Builder
	rest := s[0]
	for {
		before, after, found := strings.Cut(rest, "%")
		out.WriteString(before)
		if !found {
			break
		}
		text, tail, used, err := clause(after, vals)
		if err != nil {
			return types.WrapErr(err)
		}
		if err := m.makeText(out.Len() + len(text)); err != nil {
			return types.WrapErr(err)
		}
		out.WriteString(text)
		rest, vals = tail, vals[used:]
	}
	return types.String(out.String())
}

// clause reads one clause of a template, after its %, and fills it from vals.
func clause(s string, vals []ref.Val) (text, rest string, used int, err error) {
	if strings.HasPrefix(s, "%") {
		return "%", s[1:], 0, nil
	}
	precision := 6
	if strings.HasPrefix(s, ".") {
		digits, tail := cutDigits(s[1:])
		if precision, err = strconv.Atoi(digits); err != nil || precision > 100 {
			return "", "", 0, fmt.Errorf("format() takes a precision from 0 to 100, not %s", quoted(digits))
		}
		s = tail
	}
	if s == "" {
		return "", "", 0, fmt.Errorf("the template of format() ends in a single %%; write %%%% for a percent sign")
	}
	if len(vals) == 0 {
		return "", "", 0, fmt.Errorf("format() has more clauses than values")
	}
	text, err = formatted(s[0], precision, vals[0])
	return text, s[1:], 1, err
}

func formatted(verb byte, precision int, v ref.Val) (string, error) {
	switch verb {
	case 's':
		return shown(v)
	case 'f', 'e':
		return decimals(verb, precision, v)
	case 'd':
		return inBase(v, 10)
	case 'b':
		return inBase(v, 2)
	case 'o':
		return inBase(v, 8)
	case 'x', 'X':
		return hexadecimal(verb, v)
	}
	return "", fmt.Errorf("format() knows %%s %%d %%f %%e %%b %%o %%x %%X, not %%%c", verb)
}

// shown prints any value: text as it is, lists and maps as JSON.
func shown(v ref.Val) (string, error) {
	if s, ok := plainText(v); ok {
		return s, nil
	}
	out, err := new(outlet).value(v, 0)
	if err != nil {
		return "", err
	}
	return printed(out), nil
}

func decimals(verb byte, precision int, v ref.Val) (string, error) {
	var buf, out apd.Decimal
	d, err := decimalOf(v, &buf)
	if err != nil {
		return "", err
	}
	ctx := exact
	ctx.Precision, ctx.Rounding = 2*(maxDigits+maxExponent), apd.RoundHalfEven
	if verb == 'f' {
		_, err = ctx.Quantize(&out, d, int32(-precision))
		return out.Text('f'), err
	}
	ctx.Precision = uint32(precision + 1)
	_, err = ctx.Round(&out, d)
	return out.Text('e'), err
}

func inBase(v ref.Val, radix int) (string, error) {
	if b, ok := v.(types.Bool); ok && radix == 2 {
		v = b.ConvertToType(types.IntType)
	}
	i, ok := wholeOf(v)
	if !ok {
		return "", fmt.Errorf("format() needs a whole number, not %s", describe(v))
	}
	return strconv.FormatInt(i, radix), nil
}

func hexadecimal(verb byte, v ref.Val) (string, error) {
	var s string
	switch x := v.(type) {
	case types.String:
		s = fmt.Sprintf("%x", string(x))
	case types.Bytes:
		s = fmt.Sprintf("%x", []byte(x))
	default:
		var err error
		if s, err = inBase(v, 16); err != nil {
			return "", err
		}
	}
	if verb == 'X' {
		s = strings.ToUpper(s)
	}
	return s, nil
}

// describe names a value in a sentence: its kind, and for short ones itself.
func describe(v ref.Val) string {
	switch x := v.(type) {
	case types.String:
		return "the text " + quoted(string(x))
	case types.Null:
		return "null"
	case types.Bool:
		return strconv.FormatBool(bool(x))
	case types.Bytes:
		return "bytes"
	case traits.Lister:
		return fmt.Sprintf("a list of %d", sizeOf(x))
	case traits.Mapper:
		return fmt.Sprintf("a map of %d", sizeOf(x))
	case *types.Optional:
		return "an optional; add .orValue(...)"
	case *types.Type:
		return "a type"
	case types.Timestamp:
		return "the time " + x.Time.UTC().Format("2006-01-02T15:04:05Z07:00")
	case types.Duration:
		return "the duration " + durationText(x.Duration)
	}
	if s, ok := plainText(v); ok {
		return "the number " + clip(s)
	}
	return "a " + v.Type().TypeName()
}

func quoted(s string) string { return strconv.Quote(clip(s)) }

// maxShown bounds a value that an error message shows, in runes.
const maxShown = 200

// clip shortens a text to what an error message shows of it.
func clip(s string) string {
	if len(s) <= maxShown {
		return s
	}
	runes := 0
	for i := range s {
		if runes++; runes > maxShown {
			return s[:i] + "…"
		}
	}
	return s
}
