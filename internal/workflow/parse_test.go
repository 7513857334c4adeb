package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/workflow/expr"
)

func readTestdata(t *testing.T, name string) []byte {
	t.Helper()
	source, err := os.ReadFile("testdata/definitions/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// problemsOf gives what Parse reports as "line:column pointer: message" lines.
func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %T %v, want *Error", err, err)
	}
	return problemLines(e.Fields)
}

func problemLines(problems []Problem) []string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, fmt.Sprintf("%d:%d %s: %s", p.Line, p.Column, p.Pointer, p.Message))
	}
	return lines
}

func TestParse_example(t *testing.T) {
	t.Parallel()
	d, warnings, err := Parse(readTestdata(t, "expense_as_written.yaml"), Options{Actions: map[string]bool{"http.request": true}})
	if err != nil {
		t.Fatal(problemsOf(t, err))
	}
	if len(warnings) > 0 {
		t.Errorf("warnings %v, want none", warnings)
	}
	if d.Ref.String() != "expense_approval 1.2.0" || d.InitialStep != "route" || len(d.Steps) != 6 || len(d.Edges) != 6 {
		t.Errorf("got %v, initial %q, %d steps, %d edges", d.Ref, d.InitialStep, len(d.Steps), len(d.Edges))
	}
	for name, want := range map[string]JoinMode{"route": JoinAny, "manager": JoinAny, "pay": JoinAll, "by_hand": JoinAny, "paid": JoinAll} {
		if got := d.Step(name).Join; got != want {
			t.Errorf("join of %s is %q, want %q", name, got, want)
		}
	}
	if diff := cmp.Diff([]string{"paid", "rejected"}, d.TerminalSteps); diff != "" {
		t.Errorf("terminal steps (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"manager", "pay"}, d.ReferencedSteps()); diff != "" {
		t.Errorf("referenced steps (-want +got):\n%s", diff)
	}
}

func mustParse(t *testing.T, source string) *Definition {
	t.Helper()
	d, _, err := Parse([]byte(source), Options{})
	if err != nil {
		t.Fatal(problemsOf(t, err))
	}
	return d
}

func TestParse_hash(t *testing.T) {
	t.Parallel()
	yaml := "name: a # comment\nversion: 1.0.0\nsteps:\n- name: x\n  type: machine\n  action: set\n  with: {b: 1e3, a: [true, null, \"<é>\"]}\n"
	json := `{"version": "1.0.0", "name": "a",
		"steps": [{"with": {"a": [true, null, "<\u00e9>"], "b": 1e3}, "action": "set", "name": "x", "type": "machine"}]}`
	a, b := mustParse(t, yaml), mustParse(t, json)
	if a.Hash != b.Hash {
		t.Errorf("YAML has hash %s, the same in JSON %s", a.Hash, b.Hash)
	}
	if string(a.Source) != yaml || string(b.Source) != json {
		t.Error("the source is not kept as it was written")
	}
	if c := mustParse(t, strings.Replace(json, "1e3", "1e4", 1)); c.Hash == b.Hash {
		t.Error("another number has the same hash")
	}
}

func TestParse_keeps_numbers(t *testing.T) {
	t.Parallel()
	d := mustParse(t, "name: a\nversion: 1.0.0\nsteps:\n- name: x\n  type: machine\n  action: set\n"+
		"  with: [12345678901234567890123, 1.10, 1e3, 0x1F, 1_000, +5, .5, !!str 7, \"8\"]\n")
	got, err := d.Step("x").Machine.With.Eval(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{
		json.Number("12345678901234567890123"), json.Number("1.10"), json.Number("1e3"), json.Number("31"), json.Number("1000"),
		json.Number("5"), json.Number("0.5"), "7", "8",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with (-want +got):\n%s", diff)
	}
}

func TestParse_anchors_and_merge_keys(t *testing.T) {
	t.Parallel()
	d := mustParse(t, `name: a
version: 1.0.0
steps:
- &ask
  name: x
  type: human
  candidate_groups: &who [a, b]
  outcomes: [yes_please, {name: no, title: Never, validate: none}]
- <<: *ask
  name: y
  candidate_groups: *who
  anyone: true
edges: [{source: x, target: y}]
`)
	x, y := d.Step("x").Human, d.Step("y").Human
	if diff := cmp.Diff(x.outcomeNames(), y.outcomeNames()); diff != "" || !y.Anyone || len(y.CandidateGroups) != 2 {
		t.Errorf("y is %+v, outcomes differ by %s", y, diff)
	}
	if o := x.Outcome("no"); o.Title != "Never" || !o.SkipSchema || x.Outcomes[0].Title != "Yes please" {
		t.Errorf("outcomes are %+v", x.Outcomes)
	}
}

func TestParse_resolves(t *testing.T) {
	t.Parallel()
	d := mustParse(t, `name: a
version: 1.0.0
steps:
- {name: draft_it, type: machine, action: noop}
- {name: check, type: human, title: Check it, anyone: true, outcomes: [good, bad], timeout: 2d, on_timeout: {step: stop}}
- {name: done, type: machine, action: noop}
- {name: stop, type: machine, action: noop, terminate: true, on_failure: [{when: error.status == 500, step: done}]}
edges:
- {source: draft_it, target: check}
- {source: check, target: draft_it, condition: steps.check.outcome == "bad"}
- {source: check, target: done, default: true}
`)
	loops := 0
	for _, e := range d.Edges {
		if e.Loop {
			loops++
		}
	}
	if loops != 1 || !d.Edges[1].Loop {
		t.Errorf("%d loop edges; the one from check to draft_it is %v", loops, d.Edges[1].Loop)
	}
	got := []string{d.Step("draft_it").Label, d.Step("check").Label, string(d.Step("draft_it").Join), string(d.Step("stop").Join)}
	if diff := cmp.Diff([]string{"Draft it", "Check it", "any", "first"}, got); diff != "" {
		t.Errorf("labels and joins (-want +got):\n%s", diff)
	}
	if !d.Graph().Reaches("check", "stop") || d.Graph().Reaches("check", "draft_it") || !d.Step("done").Terminal {
		t.Error("handlers and loop edges are not resolved")
	}
	if d.Step("stop").MaxVisits != DefaultMaxVisits || d.Step("done").Machine.OnLost != "retry" {
		t.Errorf("defaults are %d visits, on_lost %q", d.Step("stop").MaxVisits, d.Step("done").Machine.OnLost)
	}
}

func TestParse_registered_functions(t *testing.T) {
	t.Parallel()
	source := "name: a\nversion: 1.0.0\nsteps:\n- {name: x, type: timer, duration: \"{{ shipping.days(data.country) }}\"}\n"
	days := func(...any) (any, error) { return "3d", nil }
	d, _, err := Parse([]byte(source), Options{Functions: map[string]expr.Func{"shipping.days": days}})
	if err != nil {
		t.Fatal(problemsOf(t, err))
	}
	got, err := d.Step("x").Timer.Duration.Span(expr.Map{"data": map[string]any{"country": "PT"}})
	if err != nil || got != (Span{Duration: 72 * time.Hour}) {
		t.Errorf("duration %v, %v, want 72h", got, err)
	}
	_, _, err = Parse([]byte(source), Options{Functions: map[string]expr.Func{"size": days}})
	if err == nil || KindOf(err) != KindInternal {
		t.Errorf("a taken function name gives %v, want an internal error", err)
	}
}
