package form

import (
	"encoding/json"
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
	pending bool                // the next control gets the focus
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
		r.pending = true
	}
	if r.Focus != "" {
		f.Autofocus = false
	}
}

func (r *renderer) takeFocus(f *Field) {
	if r.pending {
		f.Autofocus, r.pending = true, false
	}
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

// selectors gives the choices of branch.
func (r *renderer) selectors(n *node) []Field {
	var fields []Field
	for _, s := range n.selectors {
		if n.locked {
			continue
		}
		f := Field{Kind: Radio, Name: s.name, ID: idOf(s.name), Pointer: n.at.pointer, Label: r.Lang.word("kind"), Live: true,
			Required: true, MinLength: -1, MaxLength: -1, Errors: r.errors[s.name]}
		if len(s.options) > 4 || n.shape.hints.text("widget") == "select" {
			f.Kind = Select
		}
		if n.at.pointer == "" || n.shape.proto.Kind == Group && len(n.children) > 0 && n.label() != "" {
			f.Label = first(n.shape.hints.text("branchLabel"), f.Label)
		}
		if s.optional || s.chosen < 0 {
			f.Options = append(f.Options, Option{ID: f.ID + "-none", Label: r.Lang.word("not_set"), Selected: s.chosen < 0})
			f.Required = !s.optional
		}
		for i, option := range s.options {
			if option.obj == nil {
				continue
			}
			f.Options = append(f.Options, Option{ID: f.ID + "-" + itoa(i), Value: itoa(i), Label: r.optionLabel(s.branching, i), Selected: i == s.chosen})
		}
		f.Options[0].ID = f.ID
		f.Actions = []Action{r.update(f)}
		if r.Focus == "in:"+f.Name {
			r.pending = true
		}
		r.takeFocus(&f)
		describeBy(&f)
		fields = append(fields, f)
	}
	return fields
}

// optionLabel names a branch: by its title, by what tells it apart, by its type.
func (r *renderer) optionLabel(b branching, i int) string {
	v := r.tree.form.viewOf([]source{b.options[i]}, nil)
	if title := textOf(v.words["title"]); title != "" {
		return title
	}
	for _, p := range v.props {
		fixed, ok := r.tree.form.viewOf(p.srcs, nil).words["const"]
		if text, isText := fixed.(string); ok && isText {
			return humanise(text)
		}
	}
	if fixed, ok := v.words["const"]; ok {
		return first(choiceText(fixed), r.word(fixed))
	}
	if format := textOf(v.words["format"]); format != "" {
		return humanise(format)
	}
	switch {
	case len(v.types) == 1 && v.types[0] != "object":
		return r.Lang.word("type_" + v.types[0])
	case v.nullable && len(v.types) == 0:
		return r.Lang.word("none")
	case len(v.props) > 0:
		return humanise(v.props[0].key)
	}
	return r.Lang.word("kind") + " " + itoa(i+1)
}

func (r *renderer) group(n *node, f *Field) {
	f.Hidden = r.marks(n)
	if n.openable && !n.open && !n.locked {
		f.Actions = []Action{r.action("open", n.at.htmlName(), f.Label, "")}
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

// static writes a value as text that people read but do not change.
func (r *renderer) static(n *node, f *Field) {
	kind := f.Kind
	f.Kind, f.Options, f.Actions = Static, nil, nil
	if !n.present {
		return
	}
	if a, ok := ParseAttachment(textOf(n.value)); ok {
		f.File, f.Value = &a, a.Name
		return
	}
	if kind == Password {
		f.Value = "••••••••"
		return
	}
	if i := n.shape.indexOf(n.value); i != "" {
		k, _ := json.Number(i).Int64()
		f.Value = r.choiceLabel(n.shape.choices[k])
		return
	}
	switch v := n.value.(type) {
	case bool:
		f.Value = r.word(v)
	case nil:
		f.Value = ""
	case []any:
		f.Value = r.listed(n, v)
	case string:
		f.Value = n.shape.text(v, r.Zone)
	default:
		f.Value = first(numberText(n.value), encodeJSON(n.value, ""))
	}
}

// listed writes a list of choices.
func (r *renderer) listed(n *node, list []any) string {
	var texts []string
	for _, item := range list {
		i := n.shape.indexOf(item)
		if i == "" {
			return encodeJSON(list, "")
		}
		k, _ := json.Number(i).Int64()
		texts = append(texts, r.choiceLabel(n.shape.choices[k]))
	}
	return strings.Join(texts, ", ")
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
