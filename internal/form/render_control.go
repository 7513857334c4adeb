package form

import (
	"slices"
	"strings"
	"time"
)

// control fills a single control.
func (r *renderer) control(n *node, f *Field) {
	r.takeFocus(f)
	switch {
	case f.Kind == Checkbox:
		f.Checked = n.fresh.present && n.fresh.value == true
		if !n.unsent {
			f.Checked = slices.Contains(n.texts, "true")
		}
	case f.Kind == Checkboxes || f.Kind == MultiSelect:
		f.Options = r.options(n, f.ID, r.picked(n))
		f.Options[0].ID = f.ID
	case n.shape.choices != nil:
		f.Options = r.choices(n, f)
		f.Options[0].ID = f.ID
	case f.Kind == File:
		r.file(n, f)
	default:
		r.textual(n, f)
	}
	if f.Live {
		f.Actions = append(f.Actions, r.update(*f))
	}
}

// maxJSONRows is the most lines that a JSON field shows at once.
const maxJSONRows = 24

// textual fills a control that holds text.
func (r *renderer) textual(n *node, f *Field) {
	s := n.fresh
	if s.present {
		f.Value = n.shape.text(s.value, r.Zone)
	}
	if f.Kind == Password {
		f.Stored, f.Value = s.present, ""
		return
	}
	if !n.unsent {
		f.Value = lineFeeds(textAt(n.texts))
	}
	switch f.Kind {
	case DateTimeLocal:
		f.Zone = r.Zone.String()
	case Time:
		f.Zone = time.UTC.String()
	case JSON:
		f.Rows = max(f.Rows, min(strings.Count(f.Value, "\n")+2, maxJSONRows))
		f.Actions = r.backToForm(n)
	}
	fit(f, f.Value)
	if (f.Kind == Number || f.Kind == Integer) && f.Widget == "range" && f.Min != "" && f.Max != "" && f.Value != "" {
		f.Kind = Range
	}
}

// backToForm gives the button that makes a group or list of a JSON field again.
func (r *renderer) backToForm(n *node) []Action {
	if !r.typed || n.at.pointer == "" || n.depth > maxNested {
		return nil
	}
	s := r.tree.form.shapeOf(n.shape.view, n.shape.hints)
	if !s.structured() {
		return nil
	}
	return []Action{r.action("form", n.at.htmlName(), n.label(), "")}
}

func (r *renderer) file(n *node, f *Field) {
	r.files = true
	f.FileName = FilePrefix + f.Name
	text, _ := n.fresh.value.(string)
	f.Value = text
	if !n.unsent {
		f.Value = textAt(n.texts)
	}
	if f.Value == "" {
		return
	}
	if f.Value == keptFile {
		f.Value = text
	}
	a, ok := ParseAttachment(f.Value)
	if !ok {
		a = Attachment{Name: r.Lang.word("file"), Size: int64(len(f.Value)) * 3 / 4}
		f.Value = keptFile
	}
	f.File = &a
	f.Actions = append(f.Actions, r.action("clear", f.Name, a.Name, ""))
}

// FilePrefix begins the name of an <input type=file>; the rest is the name of
// its field.
const FilePrefix = "_file:"

// choices gives the options of one choice out of many. "Not set" can be chosen
// where the value may be missing; a list that must have a value but has none
// begins with a request to choose.
func (r *renderer) choices(n *node, f *Field) []Option {
	var picked []string
	if !n.unsent {
		picked = []string{textAt(n.texts)}
	} else if n.fresh.present {
		picked = []string{n.shape.indexOf(n.fresh.value)}
	}
	options := r.options(n, f.ID, picked)
	chosen := slices.ContainsFunc(options, func(o Option) bool { return o.Selected })
	mayLack := !n.required || n.shape.nullable && n.shape.indexOf(nil) == ""
	switch {
	case mayLack:
		unset := Option{ID: f.ID + "-none", Label: r.Lang.word("not_set"), Selected: !chosen}
		return slices.Insert(options, 0, unset)
	case f.Kind == Select && !chosen:
		unset := Option{ID: f.ID + "-none", Label: r.Lang.word("choose"), Selected: true}
		return slices.Insert(options, 0, unset)
	}
	return options
}

func (r *renderer) picked(n *node) []string {
	if !n.unsent {
		return n.texts
	}
	list, _ := n.fresh.value.([]any)
	picked := make([]string, len(list))
	for i, item := range list {
		picked[i] = n.shape.indexOf(item)
	}
	return picked
}

func (r *renderer) options(n *node, id string, picked []string) []Option {
	options := make([]Option, len(n.shape.choices), len(n.shape.choices)+1)
	for i, c := range n.shape.choices {
		value := itoa(i)
		options[i] = Option{ID: id + "-" + value, Value: value, Label: r.choiceLabel(c), Selected: slices.Contains(picked, value)}
	}
	return options
}

func (r *renderer) choiceLabel(c choice) string {
	if c.label != "" {
		return c.label
	}
	return r.word(c.value)
}

// word says a value that the language has a word for.
func (r *renderer) word(v any) string {
	switch v {
	case true:
		return r.Lang.word("yes")
	case false:
		return r.Lang.word("no")
	}
	return r.Lang.word("none")
}

// sameJSON reports whether two decoded JSON values are equal; numbers by value.
func sameJSON(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok || len(a) != len(other) {
			return false
		}
		for key, v := range a {
			if w, ok := other[key]; !ok || !sameJSON(v, w) {
				return false
			}
		}
		return true
	case []any:
		other, ok := b.([]any)
		return ok && slices.EqualFunc(a, other, sameJSON)
	case nil, bool, string:
		return a == b
	}
	x, y := numberText(a), numberText(b)
	return x != "" && y != "" && (x == y || boundedNumber(x) && boundedNumber(y) && sameNumber(x, y))
}
