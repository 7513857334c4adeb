package edit

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"tandem/internal/workflow"
)

// everywhere runs a test on every document that ships, as it is and as JSON on
// one line and on many, and on the sample.
func everywhere(t *testing.T, run func(t *testing.T, text string)) {
	all := corpus(t)
	all["sample"] = sample
	for name, text := range all {
		tree, err := workflow.ReadTree([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		flat := style{json: true}.inline(valueOf(tree))
		var lines bytes.Buffer
		if err := json.Indent(&lines, []byte(flat), "", "  "); err != nil {
			t.Fatal(err)
		}
		for form, text := range map[string]string{"": text, " as JSON": flat, " as JSON lines": lines.String(), " without a last line feed": strings.TrimSuffix(text, "\n")} {
			t.Run(name+form, func(t *testing.T) {
				t.Parallel()
				run(t, text)
			})
		}
	}
}

// comments lists the comments of a text, sorted.
func comments(text string) []string {
	if workflow.IsJSON([]byte(text)) {
		return nil
	}
	var list []string
	for _, tk := range lexer.Tokenize(text) {
		if tk.Type == token.CommentType {
			list = append(list, strings.TrimSpace(tk.Value))
		}
	}
	slices.Sort(list)
	return list
}

// changed makes a change and checks what holds for every one: no comment is
// lost, and at most so many lines are touched. A refusal ends the test's
// interest, unless it is one that must not happen.
func changed(t *testing.T, text string, c Change, most int) (Result, bool) {
	t.Helper()
	r, err := Apply(text, c)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		anchored := strings.Contains(text, ": &") // an alias must not come before its anchor
		if refusal.Code == "strange" || refusal.Code == "unwritable" && !anchored {
			t.Fatalf("%#v: %v", c, err)
		}
		return r, false
	}
	if err != nil {
		t.Fatalf("%#v: %v", c, err)
	}
	if lost := without(comments(text), comments(r.Text)); len(lost) > 0 {
		t.Errorf("%#v lost the comments %q", c, lost)
	}
	if touched := without(strings.Split(text, "\n"), strings.Split(r.Text, "\n")); len(touched) > most && strings.Count(text, "\n") > 2 {
		t.Errorf("%#v touched %d lines:\n%s", c, len(touched), strings.Join(touched, "\n"))
	}
	return r, true
}

// without gives what a list has that another one has not.
func without(list, other []string) []string {
	var rest []string
	other = slices.Clone(other)
	for _, one := range list {
		if i := slices.Index(other, one); i >= 0 {
			other = slices.Delete(other, i, i+1)
		} else {
			rest = append(rest, one)
		}
	}
	return rest
}

// back makes a second change that undoes one, and compares.
func back(t *testing.T, text, after string, c Change) {
	t.Helper()
	r, err := Apply(after, c)
	if err != nil {
		t.Errorf("%#v: %v", c, err)
		return
	}
	if r.Text != text {
		t.Errorf("%#v does not give the text back:", c)
		expectText(t, r.Text, text)
	}
}

func stepsOf(t *testing.T, text string) []*Step {
	t.Helper()
	o, err := Open(text)
	if err != nil {
		t.Fatal(err)
	}
	return o.Steps
}

func TestRename_andBack(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, text string) {
		count := 0
		for _, s := range stepsOf(t, text) {
			path := strings.TrimSuffix(s.Path, s.Name) + "renamed_1"
			if r, ok := changed(t, text, Rename{s.Path, "renamed_1"}, 40); ok && s.value.Get("name") != nil {
				count++
				back(t, text, r.Text, Rename{path, s.Name})
			}
		}
		if count == 0 {
			t.Error("nothing could be renamed")
		}
	})
}

func TestMove_andBack(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, text string) {
		for _, s := range stepsOf(t, text) {
			if r, ok := changed(t, text, Move{s.Path, true}, 80); ok && !s.First() {
				back(t, text, r.Text, Move{s.Path, false})
			}
			if r, ok := changed(t, text, Move{s.Path, false}, 80); ok && !s.Last() {
				back(t, text, r.Text, Move{s.Path, true})
			}
		}
	})
}

func TestAddStep_andDelete(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, text string) {
		for i, s := range stepsOf(t, text) {
			kind := StepTypes[i%len(StepTypes)]
			add := AddStep{Type: kind, Name: "added_1", After: s.Path}
			if s.Type == "group" {
				add = AddStep{Type: kind, Name: "added_1", Group: s.Path}
			}
			if r, ok := changed(t, text, add, 3); ok {
				if stepAt(t, r.Text, r.Step) == nil {
					t.Errorf("%#v chose %q", add, r.Step)
				}
				back(t, text, r.Text, Delete{r.Step})
			}
		}
	})
}

func stepAt(t *testing.T, text, path string) *Step {
	t.Helper()
	o, err := Open(text)
	if err != nil {
		t.Fatal(err)
	}
	return o.Step(path)
}

func TestConnect_andDisconnect(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, text string) {
		all := stepsOf(t, text)
		for i, s := range all {
			to := all[(i*7+3)%len(all)]
			if r, ok := changed(t, text, Connect{s.Path, to.Path}, 1); ok {
				back(t, text, r.Text, Disconnect{s.Path, to.Path})
			}
		}
	})
}

func TestSetStep_andBack(t *testing.T) {
	t.Parallel()
	values := []*Value{
		Text("plain"), Text(`with "quotes" and 'others'`), Text("two\nlines # here"), Text("on: # ~"), Text("true"), Text("  "), Number("7"), Bool(true),
		List(Text("a"), Text("b, c")), Object(&Field{"x", Text("1")}, &Field{"y z", List(Object(&Field{"q", Text("ü")}))}), Text("{{ data.x }}"), Text("a\n\n  b\n"),
	}
	everywhere(t, func(t *testing.T, text string) {
		for i, s := range stepsOf(t, text) {
			for _, v := range []*Value{values[i%len(values)], values[(i+5)%len(values)]} {
				set := SetStep{Step: s.Path, Keys: []string{"made_up"}, Values: map[string]*Value{"made_up": v.clone()}}
				r, ok := changed(t, text, set, 3)
				if !ok {
					continue
				}
				other := SetStep{Step: s.Path, Keys: set.Keys, Values: map[string]*Value{"made_up": values[(i+3)%len(values)].clone()}}
				if _, ok := changed(t, r.Text, other, 9); !ok {
					t.Errorf("%#v was refused", other)
				}
				back(t, text, r.Text, SetStep{Step: s.Path, Keys: set.Keys})
			}
		}
	})
}

// A step that is given what it says stays byte for byte.
func TestSetStep_sameValue(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, text string) {
		for _, s := range stepsOf(t, text) {
			set := SetStep{Step: s.Path, Values: map[string]*Value{}}
			for _, f := range s.value.Fields {
				set.Keys = append(set.Keys, f.Name)
				set.Values[f.Name] = f.Value.clone()
			}
			r, err := Apply(text, set)
			if err != nil {
				t.Fatalf("%s: %v", s.Path, err)
			}
			if r.Text != text {
				t.Errorf("%s:", s.Path)
				expectText(t, r.Text, text)
			}
		}
	})
}

// Moving into a group and out of it keeps the lines of the step.
func TestInto(t *testing.T) {
	t.Parallel()
	moved := 0
	for _, text := range corpus(t) {
		steps := stepsOf(t, text)
		for _, s := range steps {
			for _, g := range append([]*Step{{}}, steps...) {
				if _, ok := changed(t, text, Into{s.Path, g.Path}, 60); ok && g != s.Group && (g.Path != "" || s.Group != nil) {
					moved++
				}
			}
		}
	}
	if moved < 3 {
		t.Errorf("%d steps were moved", moved)
	}
}

func FuzzApply(f *testing.F) {
	f.Add(sample, 0, 0, 1)
	for i := range 8 {
		f.Add("steps:\n- {name: a, type: machine} # x\n# y\n- name: b\nedges: [{source: a, target: b}]", i, 0, 1)
		f.Add(`{"steps": [{"name": "a", "x": [1, 2]}, {"name": "b"}]}`, i, 1, 0)
		f.Add("steps:\n  - &a\n    name: a\n    <<: {}\n  - *a\n  - name: >-\n      b\n    x: 'it''s'\n", i, 1, 0)
	}
	f.Fuzz(func(t *testing.T, text string, kind, i, j int) {
		o, err := Open(text)
		if err != nil || len(o.Steps) == 0 || len(text) > 10_000 {
			return
		}
		one, other := o.Steps[abs(i)%len(o.Steps)].Path, o.Steps[abs(j)%len(o.Steps)].Path
		changes := []Change{
			Rename{one, "new_1"}, AddStep{"human", "new_1", one, ""}, Delete{one}, Move{one, true}, Move{one, false}, Into{one, other}, Connect{one, other},
			SetStep{Step: one, Keys: []string{"x", "title"}, Values: map[string]*Value{"x": List(Text("a\nb"))}},
		}
		c := changes[abs(kind)%len(changes)]
		r, err := Apply(text, c)
		if err != nil {
			return
		}
		if _, deletes := c.(Delete); !deletes && kind%len(changes) != 7 {
			if lost := without(comments(text), comments(r.Text)); len(lost) > 0 {
				t.Errorf("%#v lost %q:\n%s", c, lost, r.Text)
			}
		}
	})
}

func abs(i int) int { return max(i, -(i + 1)) }
