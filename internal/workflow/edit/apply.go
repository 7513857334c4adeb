package edit

import (
	"fmt"
	"regexp"
	"slices"

	"tandem/internal/workflow"
)

// A Change is one change of a document: AddStep, Rename, Delete, Move, Into,
// Connect, Disconnect or SetStep.
type Change interface {
	change(o *Outline) (chosen string, notes []Note)
}

// A Result is a changed text.
type Result struct {
	Text  string
	Step  string // path of the step that the change was about; after Delete, of the one that takes its place
	Notes []Note // what the change could not do, or did beside
}

// A Note is a remark for people: a code, which callers put into words, and what
// belongs into the sentence.
type Note struct {
	Code string
	Args []any
}

// A Refusal says why a text was not changed.
type Refusal struct {
	Code  string // bad_name, taken, no_step, connected, used, …
	Args  []any
	Where []Reference // that stand in the way
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the document was not changed: %s %v", r.Code, r.Args)
}

// Apply changes a text. The error is a *Refusal, or what Open gives; then the
// text is as it was.
func Apply(source string, c Change) (Result, error) {
	o, err := Open(source)
	if err != nil {
		return Result{}, err
	}
	chosen, notes := c.change(o)
	text, err := o.doc.finish()
	if err != nil {
		return Result{}, err
	}
	if len(text) > workflow.MaxDocument {
		return Result{}, &Refusal{Code: "too_large"}
	}
	return Result{Text: text, Step: chosen, Notes: notes}, nil
}

func unreadable(detail string) error { return &Refusal{Code: "unreadable", Args: []any{detail}} }

func (o *Outline) refuse(code string, args ...any) { o.doc.fail(&Refusal{Code: code, Args: args}) }

// need finds a step or refuses.
func (o *Outline) need(path string) *Step {
	s := o.Step(path)
	if s == nil {
		o.refuse("no_step", path)
	}
	return s
}

// again outlines the document as it has become.
func (o *Outline) again() { *o = *o.doc.outline() }

var stepName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// free reports whether a name can be given to a step of a group; it refuses
// otherwise.
func (o *Outline) free(group *Step, name string) bool {
	if !stepName.MatchString(name) {
		o.refuse("bad_name", name)
		return false
	}
	if slices.ContainsFunc(o.Inside(group), func(s *Step) bool { return s.Name == name }) {
		o.refuse("taken", name)
		return false
	}
	return true
}

// connect adds an edge behind the last one that leaves the same step.
func (o *Outline) connect(group *Step, source, target string) {
	d, holder := o.doc, o.doc.holder(group)
	edge := Object(&Field{"source", Text(source)}, &Field{"target", Text(target)})
	list := holder.Get("edges")
	if !list.is(workflow.TreeList) || len(list.Items) == 0 && !list.flow {
		d.put(holder, "edges", List(edge), []string{"steps"})
		return
	}
	at := len(list.Items)
	for i, e := range slices.Backward(list.Items) {
		if e.Get("source").String() == source {
			at = i + 1
			break
		}
	}
	d.insert(list, at, "", edge)
}

// put sets a key of an object: in its place, or behind the last of the keys that
// belong before it.
func (d *document) put(c *Value, name string, v *Value, before []string) {
	if d.err != nil {
		return
	}
	i := c.index(name)
	if i >= len(c.entries) || c.shared {
		d.fail(&Refusal{Code: "shared"})
		return
	}
	if i >= 0 {
		d.replace(c.Fields[i].Value, v, c.indent, false, c.flow)
		return
	}
	at := 0
	for i, f := range c.Fields[:len(c.entries)] {
		if slices.Contains(before, f.Name) {
			at = i + 1
		}
	}
	if at == 0 {
		at = len(c.entries)
	}
	d.insert(c, at, name, v)
}

// drop removes edges; the key goes with the last of them.
func (o *Outline) drop(group *Step, gone func(e *Value) bool) {
	holder := o.doc.holder(group)
	list := holder.Get("edges")
	if !list.is(workflow.TreeList) || !slices.ContainsFunc(list.Items, gone) {
		return
	}
	if !slices.ContainsFunc(list.Items, func(e *Value) bool { return !gone(e) }) {
		at := holder.index("edges")
		o.doc.remove(holder, func(i int) bool { return i == at })
		return
	}
	items := slices.Clone(list.Items)
	o.doc.remove(list, func(i int) bool { return gone(items[i]) })
}
