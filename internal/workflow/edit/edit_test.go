package edit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/workflow"
)

// corpus gives the workflow documents that ship, by the names of their files.
func corpus(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"../../../definitions/*.yaml", "../testdata/definitions/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := workflow.Parse(text, workflow.Options{Actions: map[string]bool{}}); err == nil || strings.HasPrefix(pattern, "../../../") {
				all[filepath.Base(file)] = string(text)
			}
		}
	}
	if len(all) < 8 {
		t.Fatalf("found %d documents", len(all))
	}
	return all
}

// Every document that ships can be walked over, and every value stands where
// the walk says: what is cut out there reads as the value.
func TestOpen_corpus(t *testing.T) {
	t.Parallel()
	for name, text := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := Open(text)
			if err != nil {
				t.Fatal(err)
			}
			if len(o.Steps) == 0 {
				t.Fatal("no steps")
			}
			for _, s := range o.Steps {
				if strings.Contains(o.Source(s.Value()), "*") {
					continue // an alias says nothing by itself
				}
				got, err := Read(o.Source(s.Value()))
				if err != nil {
					t.Fatalf("%s: %v\n%s", s.Path, err, o.Source(s.Value()))
				}
				if !got.Equal(s.Value()) {
					t.Errorf("%s is written as\n%s", s.Path, o.Source(s.Value()))
				}
			}
		})
	}
}

// sample is a document with comments wherever comments can stand.
const sample = `# A review.
format: 1
name: sample # its name
version: 1.0.0

# What happens.
steps:
  # Somebody looks.
  - name: review # first
    type: human
    # anyone may
    anyone: true
    title: "Review {{ data.subject }}"
    outcomes: [approve, reject] # two

  # Detached.

  # Pays.
  - {name: pay, type: machine, action: noop} # at once
  - name: tell
    type: machine
    action: log
    with:
      message: "paid after {{ steps.review.attempts }}" # not steps.review
    on_failure:
      - step: stop # gives up
  # Ends it.
  - {name: stop, type: machine, action: noop}
# How they lead.
edges:
  - {source: review, target: pay, condition: 'steps.review.outcome == "approve"'} # yes
  - {source: review, target: stop, default: true}
  - source: pay # then
    target: tell
# The end.
`

// applied applies a change that is not refused.
func applied(t *testing.T, source string, c Change) Result {
	t.Helper()
	r, err := Apply(source, c)
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	return r
}

func expectText(t *testing.T, got, want string) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// replaced is the sample with other lines in some places.
func replaced(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(sample) }

func TestRename(t *testing.T) {
	t.Parallel()
	r := applied(t, sample, Rename{"review", "check"})
	expectText(t, r.Text, replaced("name: review", "name: check", "source: review", "source: check",
		"{{ steps.review.attempts", "{{ steps.check.attempts", "'steps.review.", "'steps.check."))
	if r.Step != "check" || len(r.Notes) > 0 {
		t.Errorf("chose %s with notes %v", r.Step, r.Notes)
	}
	r = applied(t, sample, Rename{"stop", "halt"})
	expectText(t, r.Text, replaced("name: stop", "name: halt", "target: stop", "target: halt", "step: stop", "step: halt"))
	expectText(t, applied(t, r.Text, Rename{"halt", "stop"}).Text, sample)
}

func TestAddStep(t *testing.T) {
	t.Parallel()
	r := applied(t, sample, AddStep{Type: "machine", Name: "note", After: "pay"})
	expectText(t, r.Text, replaced("  - name: tell\n", "  - {name: note, type: machine, action: noop}\n  - name: tell\n",
		"    target: tell\n", "    target: note\n  - source: note\n    target: tell\n"))
}

func TestDelete(t *testing.T) {
	t.Parallel()
	// What led to it leads on; its comments go with it.
	expectText(t, applied(t, sample, Delete{"pay"}).Text, replaced(
		"  # Pays.\n  - {name: pay, type: machine, action: noop} # at once\n", "",
		"target: pay,", "target: tell,", "  - source: pay # then\n    target: tell\n", ""))
	for step, where := range map[string][]string{"review": {"tell with"}, "stop": {"tell on_failure"}} {
		_, err := Apply(sample, Delete{step})
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Code != "used" {
			t.Errorf("deleting %s gives %v", step, err)
			continue
		}
		var got []string
		for _, r := range refusal.Where {
			if !strings.Contains(strings.Split(sample, "\n")[r.Line-1], step) {
				t.Errorf("%s is not named in line %d", step, r.Line)
			}
			got = append(got, r.Step+" "+strings.Replace(r.Key, "message", "with", 1))
		}
		if diff := cmp.Diff(where, got); diff != "" {
			t.Errorf("%s is named by (-want +got):\n%s", step, diff)
		}
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	// Its own comments go along, detached ones stay.
	r := applied(t, sample, Move{Step: "pay", Up: true})
	if i, j := strings.Index(r.Text, "# Pays."), strings.Index(r.Text, "# Somebody looks."); i < 0 || i > j || strings.Index(r.Text, "# Detached.") < strings.Index(r.Text, "name: pay") {
		t.Errorf("the text is\n%s", r.Text)
	}
	expectText(t, applied(t, r.Text, Move{Step: "pay"}).Text, sample)
}

func TestSetStep(t *testing.T) {
	t.Parallel()
	set := SetStep{Step: "review", Keys: []string{"outcomes", "due", "title"}, Order: []string{"name", "type", "title", "outcomes", "due"}, Values: map[string]*Value{
		"outcomes": List(Text("approve"), Object(&Field{"name", Text("reject")}, &Field{"title", Text("No, thanks")})), "due": Text("2d"),
	}}
	expectText(t, applied(t, sample, set).Text, replaced(
		"[approve, reject] # two", `[approve, {name: reject, title: "No, thanks"}] # two`+"\n    due: 2d", "    title: \"Review {{ data.subject }}\"\n", ""))
	raw, err := Raw("# kept\nmessage: two # here\nlevel: [1,  2]\n")
	if err != nil {
		t.Fatal(err)
	}
	set = SetStep{Step: "tell", Keys: []string{"with"}, Values: map[string]*Value{"with": raw}, Ways: []*Value{Object(&Field{"target", Text("pay")})}}
	r := applied(t, sample, set)
	if !strings.Contains(r.Text, "    with:\n      # kept\n      message: two # here\n      level: [1,  2] # not steps.review\n    on_failure") || !strings.Contains(r.Text, "  - source: tell\n    target: pay\n# The end.") {
		t.Errorf("the text is\n%s", r.Text)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	anchored := "steps:\n  - &a {name: a, type: machine, action: noop}\n  - *a\n  - {name: c, type: group, steps: [{name: d, type: machine}]}\n"
	for name, tt := range map[string]struct {
		text   string
		change Change
		code   string
	}{
		"taken":         {sample, Rename{"pay", "stop"}, "taken"},
		"bad name":      {sample, AddStep{Type: "human", Name: "No"}, "bad_name"},
		"no such step":  {sample, Delete{"nothing"}, "no_step"},
		"no such type":  {sample, AddStep{Type: "robot", Name: "r"}, "no_type"},
		"connected":     {sample, Connect{"pay", "tell"}, "connected"},
		"apart":         {anchored, Connect{"c.d", "c"}, "apart"},
		"only one":      {anchored, Delete{"c.d"}, "last_step"},
		"into itself":   {anchored, Into{"c", "c"}, "into_itself"},
		"not a group":   {sample, Into{"pay", "tell"}, "no_group"},
		"an anchor":     {anchored, Delete{"a"}, "unwritable"},
		"explicit keys": {"steps:\n  - ? name\n    : a\n", Delete{"a"}, "strange"},
	} {
		_, err := Apply(tt.text, tt.change)
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Code != tt.code {
			t.Errorf("%s: got %v, want %s", name, err, tt.code)
		}
	}
}
