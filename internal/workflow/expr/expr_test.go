package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// decode gives a JSON text as expressions see it, with exact numbers.
func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	return out
}

// testVars are the variables of most tests.
func testVars(t testing.TB) Map {
	return Map{
		"data": decode(t, `{"amount": 12, "price": 1.50, "three": 3.0, "exp": 1e3, "big": 12345678901234567890,
			"huge": 1e999999, "count": 2, "items": [1, 2.5, 2], "lines": [{"price": 2.5, "qty": 2}, {"price": 0.1, "qty": 3}],
			"none": null, "text": "héllo", "flag": true, "nested": {"deep": {"n": 7}}, "key": "amount", "at": "2026-05-01T10:00:00Z"}`),
		"steps":   decode(t, `{"approve": {"outcome": "yes", "output": {"n": 1}}, "pay": {"outcome": null}}`),
		"hooks":   decode(t, `{"approve": {"url": "https://x"}}`),
		"result":  []any{"a", json.Number("2")},
		"index":   int64(4),
		"now":     time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
		"elapsed": 90 * time.Minute,
	}
}

func testEnv(t testing.TB) *Env {
	t.Helper()
	env, err := NewEnv(Options{
		Vars:  []string{"data", "steps", "hooks", "result", "index", "item", "now", "elapsed"},
		Steps: []string{"approve", "pay"},
		// A busy machine must not fail a test whose subject is something else.
		TimeLimit: time.Minute,
		Functions: map[string]Func{
			"acme.rate": func(args ...any) (any, error) { return map[string]any{"n": json.Number("1.10"), "of": args}, nil },
			"fails":     func(...any) (any, error) { return nil, errors.New("the rates are closed") },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func TestProgram_Eval(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, want string }{
		// One kind of number.
		{`7 / 2`, `3.5`}, {`8 / 2`, `4`}, {`1 / 3`, `0.3333333333333333333333333333333333`}, {`2.0 / 3`, `0.6666666666666666666666666666666667`},
		{`data.count + 1`, `3`}, {`data.price * 2`, `3`}, {`data.items.size() * data.amount`, `36`},
		{`0.1 + 0.2`, `0.3`}, {`0.1 + 0.2 == 0.3`, `true`}, {`1.10 + 1`, `2.1`}, {`-data.price`, `-1.5`}, {`-(1 - 3)`, `2`},
		{`1u + 2`, `3`}, {`5 % 3`, `2`}, {`-5 % 3`, `-2`}, {`10 % 4.5`, `1`}, {`data.index == null || true`, `true`},
		{`9223372036854775807 + 1`, `9223372036854775808`}, {`-9223372036854775808 - 1`, `-9223372036854775809`},
		{`9223372036854775807 * 9223372036854775807`, `85070591730234615847396907784232501249`},
		{`12345678901234567890u`, `12345678901234567890`}, {`data.big + 1`, `12345678901234567891`}, {`data.big > 1.5`, `true`},
		{`0.1234567890123456789012345`, `0.1234567890123456789012345`}, {`1e3 + 0`, `1000`}, {`.5 + 0`, `0.5`},
		// Untouched numbers keep their text.
		{`data.price`, `1.50`}, {`data.three`, `3.0`}, {`data.exp`, `1e3`}, {`data.big`, `12345678901234567890`}, {`data.huge`, `1e999999`},
		{`[data.price, {"p": data.three}]`, `[1.50,{"p":3.0}]`}, {`true ? data.price : 1`, `1.50`}, {`data.?price.orValue(0)`, `1.50`},
		// Equality across ways of writing a number, at any depth.
		{`data.three == 3`, `true`}, {`3 == data.three`, `true`}, {`data.three != 3u`, `false`}, {`3 in [1, data.three]`, `true`}, {`data.three in [3]`, `true`},
		{`[3] == [data.three]`, `true`}, {`{"a": [1.0]} == {"a": [1]}`, `true`}, {`{"a": 1} == {"a": 2}`, `false`}, {`[1, 2] == [1]`, `false`},
		{`optional.of(3) == optional.of(data.three)`, `true`}, {`sets.equivalent([1, 2.0], [2, 1.0])`, `true`}, {`sets.contains([1, 2], [2.0])`, `true`},
		{`sets.intersects([1], [2])`, `false`}, {`[1, 1.0, 2.5, 2.50, "a"].distinct()`, `[1,2.5,"a"]`}, {`"1" == 1`, `false`}, {`null == data.none`, `true`},
		{`data.huge == data.huge`, `true`}, {`data.huge == 1`, `false`}, {`data == context`, `true`},
		// Whole results are indexes and keys.
		{`[10, 20, 30][data.three - 1]`, `30`}, {`[10, 20, 30][data.three / 3]`, `20`}, {`{1: "a"}[data.three - 2]`, `"a"`}, {`{1.0: "a", data.key: 2}`, `{"1":"a","amount":2}`},
		{`data[data.key]`, `12`}, {`"abcdef".substring(data.three, 4.0)`, `"d"`}, {`data.items[?9].orValue(0)`, `0`}, {`{2: "b"}[?data.count].orValue("")`, `"b"`},
		{`1.0 in {1: true}`, `true`}, {`"amount" in data`, `true`}, {`"x" in data`, `false`},
		// Comparisons.
		{`data.amount < 1000`, `true`}, {`1.5 >= 1.50`, `true`}, {`2 > 10`, `false`}, {`"b" > "a"`, `true`}, {`"a" <= "a"`, `true`},
		{`now > timestamp(data.at)`, `true`}, {`now - timestamp(data.at) == duration("2h")`, `true`},
		// Texts, lists, times.
		{`"a" + "b"`, `"ab"`}, {`[1] + [2.5]`, `[1,2.5]`}, {`now`, `"2026-05-01T12:00:00Z"`}, {`elapsed`, `"1h30m"`}, {`now + elapsed`, `"2026-05-01T13:30:00Z"`},
		{`duration("90s") + duration("30s")`, `"2m"`}, {`-elapsed`, `"-1h30m"`}, {`now.getFullYear() + 1`, `2027`},
		{`data.text.matches("^h.*o$")`, `true`}, {`matches("abc", "z")`, `false`}, {`"a-b-c".split("-")`, `["a","b","c"]`}, {`"a-b-c".split("-", 2)`, `["a","b-c"]`},
		{`["a", "b"].join(", ")`, `"a, b"`}, {`["a"].join()`, `"a"`}, {`"aaa".replace("a", "b", 2)`, `"bba"`}, {`"aaa".replace("a", "")`, `""`}, {`"x".upperAscii()`, `"X"`},
		{`"%d %.2f %s %s %x %%".format([data.three, 2.005, data.price, [1], 255])`, `"3 2.00 1.50 [1] ff %"`}, {`"%e".format([12345])`, `"1.2345e+4"`},
		// Lists.
		{`data.items.map(i, i * 2)`, `[2,5,4]`}, {`data.items.filter(i, i > 1)`, `[2.5,2]`}, {`data.items.exists(i, i == 2.50)`, `true`}, {`data.items.all(i, i < 2.5)`, `false`},
		{`data.items.exists_one(i, i == 2)`, `true`}, {`data.items.sort()`, `[1,2,2.5]`}, {`data.lines.sortBy(l, l.qty * -1).map(l, l.qty)`, `[3,2]`},
		{`data.lines.map(l, l.price * l.qty).sum()`, `5.3`}, {`[].sum()`, `0`}, {`[[1], [2, [3]]].flatten()`, `[1,2,[3]]`}, {`[[1], [2, [3]]].flatten(2)`, `[1,2,3]`},
		{`lists.range(3)`, `[0,1,2]`}, {`[1, 2, 3].slice(1, 2.0)`, `[2]`}, {`[1, 2].reverse()`, `[2,1]`}, {`[1, 2].first().orValue(0)`, `1`}, {`result`, `["a",2]`}, {`index + 0.5`, `4.5`},
		{`data.map(k, k).size() > 3`, `true`}, {`data.items.map(data, data + 1)`, `[2,3.5,3]`},
		// Mathematics.
		{`math.greatest(1, data.price)`, `1.50`}, {`math.least([3, 2.5])`, `2.5`}, {`math.round(2.5)`, `3`}, {`math.round(-2.5)`, `-3`}, {`math.ceil(1.2)`, `2`}, {`math.floor(-1.2)`, `-2`},
		{`math.trunc(-1.9)`, `-1`}, {`math.abs(-1.5)`, `1.5`}, {`math.sign(-3.2)`, `-1`}, {`math.sqrt(2.25)`, `1.5`}, {`math.bitAnd(6.0, 3)`, `2`}, {`math.isFinite(1)`, `true`},
		// Conversions.
		{`int("12") + 1`, `13`}, {`int(2.9)`, `2`}, {`double("1.50")`, `1.50`}, {`string(data.exp)`, `"1000"`}, {`string(0.1 + 0.2)`, `"0.3"`}, {`string(true)`, `"true"`}, {`type(1.5) == double`, `true`},
		{`type(data.three) == int`, `true`}, {`type("a") == string`, `true`}, {`bool("true")`, `true`}, {`int(timestamp("1970-01-01T00:00:10Z"))`, `10`},
		// Absent values.
		{`data.?nope.orValue(5)`, `5`}, {`data.?nope`, `null`}, {`optional.none()`, `null`}, {`data.get("z", 3)`, `3`}, {`data.get("z")`, `null`}, {`context.get("amount", 0)`, `12`}, {`context.amount`, `12`},
		{`has(data.nope)`, `false`}, {`has(data.amount)`, `true`}, {`data.?none.?x.orValue(1)`, `1`}, {`optional.of(3).optMap(x, x + 0.5)`, `3.5`}, {`{?"a": data.?nope, "b": 1}`, `{"b":1}`},
		// Dynamic types.
		{`true ? 1 : "a"`, `1`}, {`false ? 1 : 2.5`, `2.5`}, {`[1, "a", null]`, `[1,"a",null]`}, {`data.flag && !false`, `true`}, {`b"hi"`, `"aGk="`},
		// Functions of the embedding program.
		{`acme.rate(1, "x").n + 1`, `2.1`}, {`acme.rate(data.price).of[0]`, `1.50`}, {`acme.rate().of`, `[]`},
	}
	env, vars := testEnv(t), testVars(t)
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			t.Parallel()
			p, err := env.Compile(tt.src)
			if err != nil {
				t.Fatalf("compile: %v", err)
			}
			v, err := p.Eval(t.Context(), vars)
			if err != nil {
				t.Fatalf("eval: %v", err)
			}
			got, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestEnv_Compile_errors(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, want string }{
		{``, "1:1 the expression is empty"},
		{`1 +`, "1:4 mismatched input '<EOF>' expecting expression"},
		{`dat.amount < 1`, "1:1 unknown variable dat; did you mean data?"},
		{`data.a + ` + "\n" + `  itm`, "2:3 unknown variable itm; did you mean item?"},
		{`data.text.substrng(1)`, "1:11 unknown function substrng; did you mean substring?"},
		{`sise(data)`, "1:1 unknown function sise; did you mean size?"},
		{`math.rond(1)`, "1:6 unknown function math.rond; did you mean math.round?"},
		{`acme.rat(1)`, "1:6 unknown function acme.rat; did you mean acme.rate?"},
		{`"é" + steps.aprove.outcome`, `1:13 there is no step "aprove"; did you mean approve?`},
		{`steps["x"].outcome`, `1:8 there is no step "x"; there are: approve, pay`},
		{`hooks.pey.url`, `1:7 there is no step "pey"; did you mean pay?`},
		{`data.items.map(x)`, "1:12 map is written list.map(x, expression)"},
		{`data.text.substring()`, "1:11 substring takes 1 or 2 arguments, not 0"},
		{`data.int()`, "1:6 int is called with all its arguments in parentheses: int(...)"},
		{`contains("a", "b")`, "1:1 contains is called on a value: x.contains(...)"},
		{`Point{x: 1}`, `1:6 there is no message type Point; write a map: {"key": value}`},
		{`{1.5: 2}`, "1:2 a key is text, a whole number or a boolean"},
		{`timestamp("yesterday")`, `1:1 invalid RFC 3339 timestamp "yesterday"`},
		{"data.a\xff", "1:1 the expression is not valid UTF-8"},
		{`dat + itm`, "1:1 unknown variable dat; did you mean data?|1:7 unknown variable itm; did you mean item?"},
		{`data.map(x, y)`, "1:13 unknown variable y; there are: data, steps, hooks, result, index, item, now, elapsed, x"},
		{strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200), "1:1 expression recursion limit exceeded: 100"},
		{strings.Repeat(" ", MaxSource) + "1", "1:1 the expression is longer than 16384 bytes"},
	}
	env := testEnv(t)
	for _, tt := range tests {
		t.Run(clip(tt.src), func(t *testing.T) {
			t.Parallel()
			_, err := env.Compile(tt.src)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v, want a *SyntaxError", err)
			}
			var got []string
			for _, is := range syntax.Issues {
				got = append(got, fmt.Sprintf("%d:%d %s", is.Line, is.Column, is.Message))
			}
			if s := strings.Join(got, "|"); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
		})
	}
}

func TestProgram_Eval_errors(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, want string }{
		{`data.ammount < 1000`, `data.ammount < 1000: no such key "ammount" in data; use data.?ammount.orValue(...); did you mean amount?`},
		{`data.nested.dep.n + data.amount`, `data.nested.dep.n + data.amount: no such key "dep" in data.nested; use data.nested.?dep.orValue(...); did you mean deep? (data.amount = 12)`},
		{`data.none.x`, `data.none.x: data.none is null and has no key "x"; use data.none.?x.orValue(...)`},
		{`data.items[7]`, `data.items[7]: the list has no item 7; use [?7].orValue(...) (data.items = [1,2.5,2])`},
		{`data.amount / (data.count - 2)`, "data.amount / (data.count - 2): division by zero; guard it, for example `x == 0 ? 0 : y / x` (data.amount = 12, data.count = 2)"},
		{`data.amount % 0`, "data.amount % 0: division by zero; guard it, for example `x == 0 ? 0 : y / x` (data.amount = 12)"},
		{`"Total: " + data.amount`, `"Total: " + data.amount: cannot add the text "Total: " and the number 12; make text of a number with string(...) (data.amount = 12)`},
		{`data.text < 5`, `data.text < 5: cannot compare the text "héllo" with the number 5 (data.text = "héllo")`},
		{`data.text - 5`, `data.text - 5: cannot subtract the number 5 from the text "héllo" (data.text = "héllo")`},
		{`!data.text`, `!data.text: ! needs true or false (data.text = "héllo")`},
		{`data.text && true`, `data.text && true: && needs true or false on both sides (data.text = "héllo")`},
		{`data.text ? 1 : 2`, `data.text ? 1 : 2: a condition must be true or false (data.text = "héllo")`},
		{`size(1)`, `size(1): size() does not take these values`},
		{`item.x`, `item.x: item has no value here`},
		{`data.huge + 1`, `data.huge + 1: the number 1e999999 is too large to calculate with (data.huge = 1e999999)`},
		{`[1][data.price]`, `[1][data.price]: an index is text, a whole number or a boolean, not the number 1.50 (data.price = 1.50)`},
		{`"abc".substring(data.price)`, `"abc".substring(data.price): a whole number is needed here, not the number 1.50 (data.price = 1.50)`},
		{`optional.none().value()`, `optional.none().value(): the optional value is absent; use .orValue(...)`},
		{`fails()`, `fails(): fails(): the rates are closed`},
		{`["b", 1].sort()`, `["b", 1].sort(): cannot compare the number 1 with the text "b"`},
		{`int("12x")`, `int("12x"): the text "12x" does not convert to a number`},
		{`data.text.matches("(")`, "data.text.matches(\"(\"): the pattern \"(\": error parsing regexp: missing closing ): `(` (data.text = \"héllo\")"},
		{`data.?amount + 1`, `data.?amount + 1: cannot add an optional; add .orValue(...) and the number 1; make text of a number with string(...)`},
		{`type(1)`, `type(1): a type cannot be a result`},
	}
	env, vars := testEnv(t), testVars(t)
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			t.Parallel()
			p, err := env.Compile(tt.src)
			if err != nil {
				t.Fatalf("compile: %v", err)
			}
			v, err := p.Eval(t.Context(), vars)
			if err == nil {
				t.Fatalf("got %v, want an error", v)
			}
			var failed *EvalError
			if !errors.As(err, &failed) {
				t.Errorf("got %T, want an *EvalError", err)
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
		})
	}
}

func TestProgram_Eval_errors_are_short(t *testing.T) {
	t.Parallel()
	vars := Map{"data": map[string]any{"s": strings.Repeat("ä", 100_000), "l": make([]any, 1000), "m": map[string]any{"k": strings.Repeat("x", 5000)}}}
	p, err := testEnv(t).Compile(`data.s + data.l + data.m + ` + strings.Repeat("1+", 50) + "1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Eval(t.Context(), vars)
	if err == nil || len(err.Error()) > 8*2*maxShown {
		t.Errorf("got an error of %d bytes: %v", len(fmt.Sprint(err)), err)
	}
}

func TestProgram_EvalBool(t *testing.T) {
	t.Parallel()
	env, vars := testEnv(t), testVars(t)
	for src, want := range map[string]string{
		`data.amount < 1000`:  "true <nil>",
		`data.?flag`:          "true <nil>",
		`data.amount == 13.0`: "false <nil>",
		`data.amount`:         "false data.amount: the condition must give true or false, but gave the number 12 (data.amount = 12)",
		`data.none`:           "false data.none: the condition must give true or false, but gave null (data.none = null)",
	} {
		p, err := env.Compile(src)
		if err != nil {
			t.Fatal(err)
		}
		ok, err := p.EvalBool(t.Context(), vars)
		if got := fmt.Sprint(ok, " ", err); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
}

func TestProgram_References(t *testing.T) {
	t.Parallel()
	tests := []struct {
		src  string
		want References
	}{
		{`1 + 1`, References{}},
		{`data.amount < 1000 && context.b.c == data["d"]`, References{Vars: []string{"data"}, Data: []string{"amount", "b", "d"}}},
		{`data.?x.orValue(data.get("y", 0)) == 1 || "z" in data || has(data.w)`, References{Vars: []string{"data"}, Data: []string{"w", "x", "y", "z"}}},
		{`steps.approve.outcome == steps["pay"].outcome`, References{Vars: []string{"steps"}, Steps: []string{"approve", "pay"}}},
		{`steps[data.key].outcome`, References{Vars: []string{"data", "steps"}, AllSteps: true, Data: []string{"key"}}},
		{`hooks.pay.url + string(now)`, References{Vars: []string{"hooks", "now"}, Hooks: []string{"pay"}}},
		{`[data]`, References{Vars: []string{"data"}, AllData: true}},
		{`[1].map(data, data.x)`, References{}},
		{`data.items.map(i, i.x + data.y)`, References{Vars: []string{"data"}, Data: []string{"items", "y"}}},
	}
	for _, tt := range tests {
		p, err := testEnv(t).Compile(tt.src)
		if err != nil {
			t.Fatal(err)
		}
		got := p.References()
		for _, s := range []*[]string{&got.Vars, &got.Steps, &got.Data, &got.Hooks} {
			if len(*s) == 0 {
				*s = nil
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.src, diff)
		}
	}
}

// counting counts the look-ups of each variable.
type counting struct {
	Map
	n map[string]int
}

func (c counting) Lookup(name string) (any, bool) {
	c.n[name]++
	return c.Map.Lookup(name)
}

func TestProgram_Eval_looks_each_variable_up_once(t *testing.T) {
	t.Parallel()
	p, err := testEnv(t).Compile(`[1, 2, 3].map(i, data.amount + i).size() + index`)
	if err != nil {
		t.Fatal(err)
	}
	vars := counting{Map: testVars(t), n: map[string]int{}}
	if _, err := p.Eval(t.Context(), vars); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"data": 1, "index": 1}, vars.n); diff != "" {
		t.Errorf("look-ups -want +got\n%s", diff)
	}
}

func TestProgram_Eval_leaves_variables_alone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	data := map[string]any{"at": at, "l": []any{at, "x"}}
	p, err := testEnv(t).Compile(`{"d": data, "l": data.l}`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Eval(t.Context(), Map{"data": data})
	if err != nil {
		t.Fatal(err)
	}
	list := []any{"2026-01-01T00:00:00Z", "x"}
	want := map[string]any{"d": map[string]any{"at": "2026-01-01T00:00:00Z", "l": list}, "l": list}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result -want +got\n%s", diff)
	}
	if data["at"] != at || data["l"].([]any)[0] != at {
		t.Errorf("the variable was changed: %v", data)
	}
}

func TestNewEnv_refuses_function_names(t *testing.T) {
	t.Parallel()
	fn := func(...any) (any, error) { return nil, nil }
	for _, name := range []string{"size", "data.x", "context", "1a", "a..b", "", "math.round"} {
		if _, err := NewEnv(Options{Vars: []string{"data"}, Functions: map[string]Func{name: fn}}); err == nil {
			t.Errorf("function %q was accepted", name)
		}
	}
}

func BenchmarkProgram_EvalBool(b *testing.B) {
	p, err := testEnv(b).Compile("data.amount < 1000")
	if err != nil {
		b.Fatal(err)
	}
	vars := testVars(b)
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := p.EvalBool(b.Context(), vars); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkEnv_Compile(b *testing.B) {
	env := testEnv(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := env.Compile(`data.amount < 1000 && steps.approve.outcome == "yes"`); err != nil {
			b.Fatal(err)
		}
	}
}
