package form

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// A State is what the fields show.
type State struct {
	Stored any            // the stored value, nil when nothing was stored: then defaults show
	Fixed  any            // values of members that people cannot change, beside the stored ones
	Values url.Values     // what was typed, in place of the stored value where people can type
	Errors *Errors        // in any language; their sentences are said in Lang
	Lang   Lang           // of words and sentences; English by default
	Zone   *time.Location // of dates with time; UTC by default
	Focus  string         // where to go on, as Act says; "" for nowhere
}

// A SummaryItem is one line of the list of errors above a form.
type SummaryItem struct {
	Message string
	Target  string // id of the field to go to, "" for an error of the whole form
}

// A Shown is a form as a page shows it.
type Shown struct {
	Fields  []Field
	Hidden  []Input       // what was typed into fields that are not shown for these data
	Summary []SummaryItem // one for each error, in the order of the fields
	Files   bool          // the form has to be sent as multipart/form-data
	Switch  Action        // to one JSON field for the whole value, and back; Op "" for a form without fields
}

// Fields gives the fields in the order in which they are shown.
func (f *Form) Fields(st State) []Field { return f.Show(st).Fields }

// Show gives the fields, with all that a page needs beside them.
func (f *Form) Show(st State) Shown {
	if f.root == nil {
		return Shown{Summary: f.plainSummary(st)}
	}
	g := f.grower(st.Values, st.Fixed, st.Zone)
	defer g.end()
	g.show = true
	root := g.root(st.Stored)
	r := &renderer{State: st, tree: &tree{f, root}, typed: st.Values != nil, errors: map[string][]string{}}
	r.Zone = g.zone
	out := Shown{Summary: r.place(st.Errors.In(st.Lang)), Switch: r.switchOf(root)}
	switch {
	case root.shape.hidden:
	case root.shape.proto.Kind == Group && root.shape.constant == nil && root.inner == nil:
		out.Fields = r.members(root)
		out.Hidden = r.marks(root)
	default:
		field := r.field(root)
		field.Label = first(field.Label, st.Lang.word("data"))
		out.Fields = []Field{field}
	}
	out.Hidden = append(out.Hidden, r.carried(root)...)
	out.Files = r.files
	return out
}

// Summary gives one line for each error, in the order of the fields.
func (f *Form) Summary(st State) []SummaryItem { return f.Show(st).Summary }

func (f *Form) plainSummary(st State) []SummaryItem {
	if st.Errors.Empty() {
		return nil
	}
	var items []SummaryItem
	for _, e := range st.Errors.In(st.Lang).List {
		items = append(items, SummaryItem{Message: e.Message})
	}
	return items
}

type renderer struct {
	State
	tree    *tree
	typed   bool
	errors  map[string][]string // by the HTML name of the control
	pending bool                // the next control or button gets the focus
	focused bool                // one has it
	files   bool
}

// place puts each sentence at the control that shows it, and lists them.
func (r *renderer) place(errs *Errors) []SummaryItem {
	if errs.Empty() {
		return nil
	}
	items := make([]SummaryItem, 0, len(errs.List))
	for _, e := range errs.List {
		name, id := r.targetOf(e)
		items = append(items, SummaryItem{Message: e.Message, Target: id})
		if id != "" {
			r.errors[name] = append(r.errors[name], e.Message)
		}
	}
	return items
}

// targetOf gives the name and id of the control that shows an error: the
// innermost visible one around the value; "" for the whole form.
func (r *renderer) targetOf(e Error) (name, id string) {
	if e.name != "" {
		return e.name, idOf(e.name)
	}
	trail, _ := r.tree.trail(tokensOf(e.Pointer))
	at := trail[0]
	for _, n := range trail[1:] {
		if n.shape.hidden {
			break
		}
		if name := at.choiceOf(n); name != "" {
			return name, idOf(name)
		}
		at = n
		if n.shape.constant != nil {
			break
		}
	}
	if e.Code == "choose_branch" {
		for _, s := range at.selectors {
			if s.chosen < 0 {
				return s.name, idOf(s.name)
			}
		}
	}
	if at == trail[0] && at.shape.proto.Kind == Group && at.inner == nil && at.shape.constant == nil {
		return "", ""
	}
	if at.inner == nil && len(at.selectors) > 0 && at.shape.proto.Kind != Group {
		return at.selectors[0].name, idOf(at.selectors[0].name)
	}
	return at.at.htmlName(), at.at.id()
}

// carried gives what was typed into fields that these data do not show, so that
// it is there again when they do.
func (r *renderer) carried(root *node) []Input {
	if !r.typed {
		return nil
	}
	taken := map[string]bool{}
	var ignored []string
	root.each(func(n *node) bool {
		n.takes(taken)
		if n.locked {
			ignored = append(ignored, n.at.htmlName())
		}
		return !n.locked
	})
	var inputs []Input
	for name, texts := range r.Values {
		if taken[name] || strings.HasPrefix(name, "_") || below(ignored, name) || !r.tree.form.knows(name) {
			continue
		}
		for _, text := range texts {
			inputs = append(inputs, Input{name, text})
		}
	}
	slices.SortStableFunc(inputs, func(a, b Input) int { return strings.Compare(a.Name, b.Name) })
	return inputs
}

// marks gives the hidden fields by which a group or list knows its rows, and
// that it is open.
func (r *renderer) marks(n *node) []Input {
	var inputs []Input
	if n.locked || !n.shape.structured() {
		return nil
	}
	if n.openable {
		open := "0"
		if n.open {
			open = "1"
		}
		inputs = append(inputs, Input{n.at.special("p"), open})
		if !n.open {
			return inputs
		}
	}
	if n.shape.proto.Kind == List || n.shape.rows {
		inputs = append(inputs, Input{n.at.special("n"), originText(n.origins)})
	}
	return inputs
}

// members gives the fields inside a group: those that are always there, choices
// of branch, what belongs to the branches, rows of key and value.
func (r *renderer) members(n *node) []Field {
	var fields, branches []Field
	for _, c := range n.children {
		switch {
		case c.shape.hidden || c.discriminates():
		case c.branch:
			branches = append(branches, r.field(c))
		default:
			fields = append(fields, r.field(c))
		}
	}
	fields = append(append(fields, r.selectors(n)...), branches...)
	if n.shape.rows {
		fields = append(fields, r.mapList(n))
	}
	return fields
}

// discriminates reports whether a node only tells the branches apart, which the
// choice of branch shows already.
func (n *node) discriminates() bool { return n.branch && n.shape.constant != nil }

func (r *renderer) field(n *node) Field {
	f := n.shape.proto
	f.Pointer, f.Name, f.ID, f.Label = n.at.pointer, n.at.htmlName(), n.at.id(), n.label()
	f.Required = (n.required || n.demanded) && !n.row
	f.Live = n.watched && !n.locked
	f.Errors = r.errors[f.Name]
	f.ReadOnly = n.locked
	r.focus(n, &f)
	if n.inner != nil || len(n.selectors) > 0 && f.Kind != Group {
		return r.wrapped(n, f)
	}
	describeBy(&f)
	switch {
	case n.shape.constant != nil || n.locked && !n.shape.structured():
		r.static(n, &f)
	case f.Kind == Group:
		r.group(n, &f)
	case f.Kind == List:
		r.list(n, &f)
	default:
		r.control(n, &f)
	}
	return f
}

// focus gives the focus to the first control at or after the place where the
// last action left off.
func (r *renderer) focus(n *node, f *Field) {
	if at, ok := strings.CutPrefix(r.Focus, "in:"); ok && at == f.Name {
		r.pending = !r.focused
	}
	if r.Focus != "" {
		f.Autofocus = false
	}
}

func (r *renderer) takeFocus(f *Field) { f.Autofocus = r.takesFocus() || f.Autofocus }

// takesFocus reports whether it is the turn of a control or button to get the
// focus, once.
func (r *renderer) takesFocus() bool {
	if !r.pending {
		return false
	}
	r.pending, r.focused = false, true
	return true
}

// opener is the button of a group or list that is not there yet.
func (r *renderer) opener(n *node, f *Field) []Action {
	a := r.action("open", n.at.htmlName(), f.Label, "")
	a.Autofocus = r.takesFocus() || a.Autofocus
	return []Action{a}
}

func (r *renderer) wrapped(n *node, f Field) Field {
	f.Kind, f.Errors, f.Options = Group, nil, nil
	f.ID += "-kind"
	if n.inner == nil && n.shape.constant == nil {
		f.ID = n.at.id()
	}
	describeBy(&f)
	f.Children = r.selectors(n)
	if n.inner != nil && n.inner.shape.constant == nil {
		inner := r.field(n.inner)
		for _, s := range n.selectors {
			if s.chosen >= 0 {
				inner.Label = r.optionLabel(s.branching, s.chosen)
			}
		}
		inner.Description, inner.Help = "", ""
		describeBy(&inner)
		f.Children = append(f.Children, inner)
	}
	if n.row {
		f.Label = ""
	}
	return f
}

func (r *renderer) group(n *node, f *Field) {
	f.Hidden = r.marks(n)
	if n.openable && !n.open && !n.locked {
		f.Actions = r.opener(n, f)
		return
	}
	if n.shape.rows && len(n.shape.order) == 0 && len(n.selectors) == 0 {
		// Nothing but rows: a group around them would only repeat its name.
		rows := r.mapList(n)
		f.Kind, f.Children, f.Actions = List, rows.Children, rows.Actions
	} else {
		f.Children = r.members(n)
	}
	if n.openable && !n.locked {
		f.Actions = append(f.Actions, r.action("close", n.at.htmlName(), f.Label, ""))
	}
}

func describeBy(f *Field) {
	f.HelpID, f.ErrorID = "", ""
	if f.Description != "" || f.Help != "" {
		f.HelpID = f.ID + "-help"
	}
	if len(f.Errors) > 0 {
		f.ErrorID = f.ID + "-error"
	}
	f.DescribedBy = f.HelpID
	if f.HelpID != "" && f.ErrorID != "" {
		f.DescribedBy += " "
	}
	f.DescribedBy += f.ErrorID
}
