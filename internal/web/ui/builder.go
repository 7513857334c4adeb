package ui

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/workflow"
	"tandem/internal/workflow/edit"
)

// A builder is a text on the editor's page with the step that is chosen in it,
// and what the last thing that was done there came to.
type builder struct {
	page   views.Page
	source string

	chosen  string // path of the step that is shown
	at      int    // its place among all, for when it has another name in the text
	said    string // what was done
	refused string // why nothing was done
	where   []edit.Reference
	focus   string // id of the element at which people go on
	name    string // typed for a new step that was refused

	form  *stepForm    // that was filled in
	typed url.Values   // into it, when the text does not say it
	errs  *form.Errors // of it
	wait  string       // where the form's own button left off
}

func newBuilder(p views.Page, source string) *builder {
	return &builder{page: p, source: source, at: -1}
}

// act does what the page's buttons ask: it puts what was changed in the form of
// the chosen step into the text, then changes the text as the button says.
func (b *builder) act(values url.Values) {
	b.chosen = values.Get("_step")
	o, err := edit.Open(b.source)
	if err != nil {
		return // the view says so
	}
	verb := values.Get("do")
	if f := seenStepForm(b.page, values); f != nil {
		b.form, b.at = f, f.At
		if verb != "delete" && !b.fill(o, values) {
			return
		}
		b.form = nil
	}
	if step := values.Get("_choose"); step != "" {
		b.chosen, b.at, b.focus = step, -1, "builder-chosen"
	}
	if change := b.changeOf(verb, values); change != nil {
		b.apply(change)
	}
}

// fill puts what was typed into the form of the step into the text; false when
// that has to wait.
func (b *builder) fill(o *edit.Outline, values url.Values) bool {
	if op := values.Get("_op"); op != "" {
		return b.reshape(o, values, op)
	}
	set, errs := b.form.submit(b.page, o, values)
	if !errs.Empty() {
		b.typed, b.errs, b.focus = b.form.only(values), errs, "builder-chosen"
		return false
	}
	if set == nil {
		return true
	}
	set.Step = b.moved(o)
	if !b.apply(*set) {
		b.typed = b.form.only(values)
		return false
	}
	if values.Get("do") == "apply" {
		b.focus = "builder-apply"
	}
	return true
}

// moved is the path of the step that the form is about, which may have got
// another name in the text since.
func (b *builder) moved(o *edit.Outline) string {
	if o.Step(b.form.Path) == nil && b.form.At >= 0 && b.form.At < len(o.Steps) {
		return o.Steps[b.form.At].Path
	}
	return b.form.Path
}

// reshape does what a button inside the form asks. What takes something away
// shows in the text at once; what is empty yet waits until it is filled in.
func (b *builder) reshape(o *edit.Outline, values url.Values, op string) bool {
	opts := form.DecodeOptions{Zone: time.UTC, Stored: b.form.stored()}
	acted := b.form.form.Act(b.form.only(values), op, opts)
	b.typed, b.errs, b.wait = acted.Values, acted.Errors, acted.Focus
	verb, _, _ := strings.Cut(op, ":")
	if !slices.Contains([]string{"remove", "up", "down", "close", "clear"}, verb) {
		return false
	}
	set, errs := b.form.submit(b.page, o, acted.Values)
	if set == nil || !errs.Empty() {
		return false
	}
	set.Step = b.moved(o)
	if b.apply(*set) {
		b.typed, b.form = nil, nil
	}
	return false
}

// changeOf is the change that a button stands for, nil for none.
func (b *builder) changeOf(verb string, values url.Values) edit.Change {
	switch verb {
	case "add":
		b.name = strings.TrimSpace(values.Get("_name"))
		c := edit.AddStep{Type: values.Get("_type"), Name: b.name}
		kind, path, _ := strings.Cut(values.Get("_place"), ":")
		if kind == "in" {
			c.Group = path
		} else {
			c.After = path
		}
		return c
	case "rename":
		return edit.Rename{Step: b.chosen, Name: strings.TrimSpace(values.Get("_rename"))}
	case "delete":
		return edit.Delete{Step: b.chosen}
	case "up", "down":
		return edit.Move{Step: b.chosen, Up: verb == "up"}
	case "into":
		return edit.Into{Step: b.chosen, Group: values.Get("_group")}
	}
	return nil
}

// focusOf is where people go on after a change.
func (b *builder) focusOf(c edit.Change) string {
	switch c := c.(type) {
	case edit.Rename:
		return "builder-rename"
	case edit.Move:
		if c.Up {
			return "builder-up"
		}
		return "builder-down"
	case edit.SetStep:
		return ""
	}
	return "builder-chosen"
}

// apply changes the text and reports whether it could.
func (b *builder) apply(c edit.Change) bool {
	r, err := edit.Apply(b.source, c)
	if err != nil {
		b.refuse(c, err)
		return false
	}
	b.source, b.chosen, b.at, b.name = r.Text, r.Step, -1, ""
	b.focus = b.focusOf(c)
	b.said = b.page.T("builder.said." + wordOf(c))
	for _, note := range r.Notes {
		b.said += " " + b.page.T("builder.note."+note.Code, note.Args...)
	}
	return true
}

// wordOf names a kind of change.
func wordOf(c edit.Change) string {
	switch c.(type) {
	case edit.AddStep:
		return "added"
	case edit.Rename:
		return "renamed"
	case edit.Delete:
		return "deleted"
	case edit.SetStep:
		return "set"
	}
	return "moved"
}

func (b *builder) refuse(c edit.Change, err error) {
	b.focus = b.focusOf(c)
	if _, adds := c.(edit.AddStep); adds {
		b.focus = "builder-name"
	}
	var refusal *edit.Refusal
	if !errors.As(err, &refusal) {
		b.refused = b.page.T("builder.refused.unreadable")
		return
	}
	b.refused = b.page.T("builder.refused."+refusal.Code, refusal.Args...)
	b.where = refusal.Where
}

// outline reads the text as it is now; the sentence says why it cannot be read,
// and at which line.
func (b *builder) outline() (*edit.Outline, string, int) {
	o, err := edit.Open(b.source)
	if err == nil {
		return o, "", 0
	}
	var fault *workflow.Error
	if errors.As(err, &fault) && len(fault.Fields) > 0 {
		line := max(fault.Fields[0].Line, 1)
		return nil, b.page.T("builder.unreadable", line), line
	}
	var strange *edit.Refusal
	if errors.As(err, &strange) && len(strange.Args) == 1 {
		if line, ok := strange.Args[0].(int); ok {
			return nil, b.page.T("builder.refused.strange", line), line
		}
	}
	return nil, b.page.T("builder.refused.unreadable"), 0
}

// problems reports whether something stands in the way of saving the text.
func (b *builder) problems() bool { return b.refused != "" || !b.errs.Empty() }
