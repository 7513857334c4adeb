package expr

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

// bombs are expressions that are short and would need more time or memory than
// an evaluation may have.
func bombs() map[string]string {
	fold := func(step string, n int) string { return strings.Repeat(step, n) }
	return map[string]string{
		"doubled text":        `optional.of("aaaaaaaaaaaaaaaa")` + fold(".optMap(s, s + s)", 40),
		"doubled list":        `optional.of([1, 2])` + fold(".optMap(s, s + s)", 40),
		"doubled graph":       `optional.of([1])` + fold(".optMap(s, [s, s])", 60),
		"compared graph":      `optional.of([1])` + fold(".optMap(s, [s, s])", 40) + `.optMap(s, s == s)`,
		"compared members":    `optional.of([1])` + fold(".optMap(s, [s, s])", 40) + `.optMap(s, [s].distinct().size() + [s, s].distinct().size())`,
		"printed graph":       `optional.of([1])` + fold(".optMap(s, [s, s])", 40) + `.optMap(s, "%s".format([s]))`,
		"flattened graph":     `optional.of([1])` + fold(".optMap(s, [s, s])", 60) + `.optMap(s, s.flatten(60))`,
		"nested deep":         `optional.of([1])` + fold(".optMap(s, [[s]])", 90),
		"nested loops":        `lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, a + b + c >= 0)))`,
		"loops making lists":  `lists.range(1000).map(a, lists.range(1000).map(b, lists.range(1000)))`,
		"loops making texts":  `lists.range(100000).map(a, data.text + string(a))`,
		"range":               `lists.range(1000000000)`,
		"joined":              `lists.range(10000).map(i, data.text).join()`,
		"replaced":            `data.text.replace("x", data.text)`,
		"split":               `data.text.split("")`,
		"formatted":           `"%s%s%s%s%s%s%s%s%s%s%s".format(lists.range(11).map(i, data.text))`,
		"large product":       `optional.of(12345678901.5)` + fold(".optMap(s, s * s)", 40),
		"large power of ten":  `1e300 * 1e300 * 1e300 * 1e300`,
		"precise sum":         `1e300 * 1e300 + 1e-300 * 1e-300 * 1e-300 * 1e-300`,
		"greedy pattern":      `data.text.matches("x{1,900}y{1,900}z{1,900}")`,
		"costly pattern":      `[1, 2, 3, 4, 5, 6, 7, 8].all(i, !data.text.matches("(x+x+)+(x+x+)+(x+x+)+y[xyz]{1,200}"))`,
		"quoted":              `lists.range(1000).map(i, strings.quote(data.text))`,
		"uppercased":          `lists.range(1000).map(i, data.text.upperAscii())`,
		"reversed":            `lists.range(1000).map(i, data.list.reverse())`,
		"sorted often":        `lists.range(1000).map(i, data.list.sort())`,
		"searched often":      `data.list.all(i, !((i + 0.5) in data.list))`,
		"compared often":      `lists.range(100000).all(i, data == context)`,
		"distinct decimals":   `data.list.map(i, i + 0.5).distinct()`,
		"sets":                `sets.equivalent(data.list, data.list.reverse())`,
		"copied data":         `lists.range(100).map(i, data)`,
		"maps in maps":        `lists.range(1000).map(a, lists.range(1000).map(b, {"a": a, "b": {"c": b}}))`,
		"counted characters":  `lists.range(100000).map(i, data.text.indexOf("y"))`,
		"cut out":             `lists.range(100000).map(i, data.text.substring(1))`,
		"greatest":            `lists.range(100000).map(i, math.greatest(data.list))`,
		"filtered repeatedly": `lists.range(3000).filter(a, lists.range(3000).exists(b, b == -a - 1))`,
	}
}

func bombVars() Map {
	list := make([]any, 20_000)
	for i := range list {
		list[i] = int64(i)
	}
	return Map{"data": map[string]any{"text": strings.Repeat("x", 900_000), "list": list}}
}

// TestBombs evaluates each bomb alone, so that the memory it takes can be told.
func TestBombs(t *testing.T) {
	env, vars := testEnv(t), bombVars()
	for name, src := range bombs() {
		t.Run(name, func(t *testing.T) {
			p, err := env.Compile(src)
			if err != nil {
				var syntax *SyntaxError
				if !errors.As(err, &syntax) {
					t.Fatal(err)
				}
				return // refused before it runs
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err = p.Eval(t.Context(), vars)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrLimit) {
				t.Errorf("got %v, want ErrLimit", err)
			}
			// All that it allocated, more than it ever held; under the race
			// detector everything is larger.
			if made := (after.TotalAlloc - before.TotalAlloc) >> 20; made > 128 {
				t.Errorf("it made %d MiB", made)
			}
			if took > 20*time.Second { // without limits it would be hours; machines are shared
				t.Errorf("it took %s", took)
			}
			t.Logf("%s, %d MiB: %v", took, (after.TotalAlloc-before.TotalAlloc)>>20, err)
		})
	}
}

func TestProgram_Eval_size_limits(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, want string }{
		{`data.text + data.text`, "the text would be longer than 1048576 bytes"},
		{`data.text.replace("x", "yy")`, "the text would be longer than 1048576 bytes"},
		{`[data.text, data.text].join()`, "the text would be longer than 1048576 bytes"},
		{`"%s%s".format([data.text, data.text])`, "the text would be longer than 1048576 bytes"},
		{`data.list + data.list + data.list + data.list + data.list + data.list`, "the list would be longer than 100000 items"},
		{`lists.range(100001)`, "the list would be longer than 100000 items"},
		{`data.text.split("")`, "the list would be longer than 100000 items"},
		{`[data, data, data, data, data]`, "the result is larger than 4194304 bytes or 500000 values"},
		{`1e900 * 1e900`, "the number has too many digits to calculate with"},
	}
	env, vars := testEnv(t), bombVars()
	for _, tt := range tests {
		p, err := env.Compile(strings.ReplaceAll(tt.src, "1e900", "1e300 * 1e300 * 1e300"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Eval(t.Context(), vars)
		var failed *EvalError
		if !errors.As(err, &failed) || failed.Reason != tt.want || !errors.Is(err, ErrLimit) {
			t.Errorf("%s: got %v, want %s", tt.src, err, tt.want)
		}
	}
}

func TestProgram_Eval_stops_with_its_context(t *testing.T) {
	t.Parallel()
	p, err := testEnv(t).Compile(`[1].map(i, i)`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Eval(ctx, Map{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

func TestProgram_Eval_time_limit(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(Options{TimeLimit: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	p, err := env.Compile(`lists.range(1000).map(i, i)`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Eval(t.Context(), Map{})
	want := "lists.range(1000).map(i, i): it took longer than 1ns; do less in one expression"
	if !errors.Is(err, ErrLimit) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestProgram_Eval_handles_ordinary_sizes guards against limits that hurt real use.
func TestProgram_Eval_handles_ordinary_sizes(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(Options{Vars: []string{"data"}, TimeLimit: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	vars := bombVars()
	for _, src := range []string{
		`data.list.map(i, i * 2).filter(i, i % 3 == 0).size() > 0`,
		`data.list.sort().size() == 20000`,
		`data.list.sum() == 199990000`,
		`data.list.exists(i, i == 19999)`,
		`data == data`,
		`(data.text + "y").size() == 900001`,
	} {
		p, err := env.Compile(src)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := p.EvalBool(t.Context(), vars); !ok || err != nil {
			t.Errorf("%s: got %v, %v", src, ok, err)
		}
	}
}
