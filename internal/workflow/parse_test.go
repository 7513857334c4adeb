package workflow

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func TestParse_example_as_written(t *testing.T) {
	t.Parallel()
	_, _, err := Parse(readTestdata(t, "expense_as_written.yaml"), Options{})
	want := []string{
		`24:5 /steps/1/remind: "remind" is not supported yet.`,
		`25:5 /steps/1/escalate: "escalate" is not supported yet.`,
		`36:13 /steps/2/action: The action "http.request" is not supported yet.`,
		`38:5 /steps/2/retry: "retry" is not supported yet.`,
	}
	if diff := cmp.Diff(want, problemsOf(t, err)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestParse_example(t *testing.T) {
	t.Parallel()
	source := string(readTestdata(t, "expense_as_written.yaml"))
	for _, key := range []string{"remind", "escalate", "retry"} {
		source = withoutLine(source, "    "+key+":")
	}
	d, warnings, err := Parse([]byte(source), Options{Actions: map[string]bool{"http.request": true}})
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

func withoutLine(source, prefix string) string {
	var kept []string
	for line := range strings.SplitSeq(source, "\n") {
		if !strings.HasPrefix(line, prefix) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
