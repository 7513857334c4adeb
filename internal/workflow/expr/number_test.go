package expr

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// drawNumber draws the text of a JSON number of moderate size.
func drawNumber() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,25})?`),
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,2})?`),
		rapid.StringMatching(`-?[1-9](\.[0-9]{1,5})?[eE][+-]?[0-9]{1,2}`),
		rapid.SampledFrom([]string{"0", "-0", "0.0", "9223372036854775807", "-9223372036854775808", "4294967296", "1e18", "1.0"}),
	)
}

func rat(t *rapid.T, text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is not a number", text)
	}
	return r
}

// TestArithmetic_is_exact compares + - * and the comparisons with math/big, for
// numbers that come as data and as results.
func TestArithmetic_is_exact(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(Options{Vars: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	programs := map[string]*Program{}
	for _, op := range []string{"+", "-", "*", "<", "<=", ">", ">=", "==", "!="} {
		if programs[op], err = env.Compile("(a + 0) " + op + " b"); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber().Draw(t, "a"), drawNumber().Draw(t, "b")
		x, y := rat(t, a), rat(t, b)
		c := x.Cmp(y)
		want := map[string]any{
			"+": new(big.Rat).Add(x, y), "-": new(big.Rat).Sub(x, y), "*": new(big.Rat).Mul(x, y),
			"<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0, "==": c == 0, "!=": c != 0,
		}
		for op, p := range programs {
			got, err := p.Eval(t.Context(), Map{"a": json.Number(a), "b": json.Number(b)})
			if err != nil {
				t.Fatalf("%s %s %s: %v", a, op, b, err)
			}
			if n, ok := got.(json.Number); ok {
				if rat(t, string(n)).Cmp(want[op].(*big.Rat)) != 0 {
					t.Fatalf("%s %s %s: got %s, want %s", a, op, b, n, want[op].(*big.Rat).RatString())
				}
				continue
			}
			if got != want[op] {
				t.Fatalf("%s %s %s: got %v, want %v", a, op, b, got, want[op])
			}
		}
	})
}

// TestDivision compares quotients with math/big to 34 digits and remainders exactly.
func TestDivision(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(Options{Vars: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	quo, err := env.Compile("a / b")
	if err != nil {
		t.Fatal(err)
	}
	rem, err := env.Compile("a % b")
	if err != nil {
		t.Fatal(err)
	}
	bound := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(33), nil))
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber().Draw(t, "a"), drawNumber().Draw(t, "b")
		x, y := rat(t, a), rat(t, b)
		if y.Sign() == 0 {
			t.Skip("division by zero")
		}
		vars := Map{"a": json.Number(a), "b": json.Number(b)}
		want := new(big.Rat).Quo(x, y)
		got := result(t, quo, vars)
		off := new(big.Rat).Sub(got, want)
		if limit := new(big.Rat).Mul(want, bound); off.Abs(off).Cmp(limit.Abs(limit)) > 0 {
			t.Fatalf("%s / %s: got %s", a, b, got.FloatString(40))
		}
		whole := new(big.Rat).SetInt(new(big.Int).Quo(want.Num(), want.Denom()))
		if want := new(big.Rat).Sub(x, whole.Mul(whole, y)); result(t, rem, vars).Cmp(want) != 0 {
			t.Fatalf("%s %% %s: got %s, want %s", a, b, result(t, rem, vars), want)
		}
	})
}

func result(t *rapid.T, p *Program, vars Vars) *big.Rat {
	v, err := p.Eval(t.Context(), vars)
	if err != nil {
		t.Fatalf("%s: %v", p.Source(), err)
	}
	return rat(t, fmt.Sprint(v))
}

// TestNumber_text holds every number to what JSON allows, and untouched ones to
// their own text.
func TestNumber_text(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(Options{Vars: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	same, err := env.CompileText("{{ a }}")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := env.CompileText("{{ a + 0 }}.")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := drawNumber().Draw(t, "a")
		vars := Map{"a": json.Number(text)}
		if got, err := same.Value(t.Context(), vars); err != nil || got != json.Number(text) {
			t.Fatalf("got %v, %v, want %s", got, err, text)
		}
		got, err := sum.Render(t.Context(), vars, nil)
		if err != nil || !isNumber(got[:len(got)-1]) || rat(t, got[:len(got)-1]).Cmp(rat(t, text)) != 0 {
			t.Fatalf("%s + 0: got %q, %v", text, got, err)
		}
	})
}

func Test_isNumber(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x1", "1 ", "NaN", "Infinity", "1_000", "--1"} {
		if isNumber(s) {
			t.Errorf("isNumber(%q) is true", s)
		}
	}
	for _, s := range []string{"0", "-0", "10", "1.50", "1e3", "1E-3", "-0.5e+10"} {
		if !isNumber(s) {
			t.Errorf("isNumber(%q) is false", s)
		}
	}
}
