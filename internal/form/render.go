package form

import (
	"encoding/json"
	"net/url"
	"slices"
	"time"
)

// A State is what the fields show.
type State struct {
	Stored any            // the stored value, nil when nothing was stored: then defaults show
	Values url.Values     // what was typed, in place of the stored value where people can type
	Errors *Errors        // in any language; their sentences are said in Lang
	Lang   Lang           // of words and sentences; English by default
	Zone   *time.Location // of dates with time; UTC by default
}

// A SummaryItem is one line of the list of errors above a form.
type SummaryItem struct {
	Message string
	Target  string // id of the field to go to, "" for an error of the whole form
}

// Fields gives the fields in the order in which they are shown.
func (f *Form) Fields(st State) []Field {
	if f.root == nil {
		return nil
	}
	r := &renderer{State: st, errors: f.placed(st.Errors.In(st.Lang))}
	r.Zone = zoneOf(st.Zone)
	s := rootSlot(st.Stored)
	if f.root.proto.Kind == Group && f.root.constant == nil {
		return r.children(f.root, place{}, f.root.shown(s))
	}
	if f.root.hidden {
		return nil
	}
	field := r.field(f.root, place{}, s)
	field.Label = first(field.Label, st.Lang.word("data"))
	return []Field{field}
}

// Summary gives one line for each error, in the order of the fields.
func (f *Form) Summary(errs *Errors, lang Lang) []SummaryItem {
	if errs.Empty() {
		return nil
	}
	items := make([]SummaryItem, 0, len(errs.List))
	for _, e := range errs.In(lang).List {
		items = append(items, SummaryItem{Message: e.Message, Target: f.target(e.Pointer)})
	}
	return items
}

// target gives the id of the field that shows errors at pointer.
func (f *Form) target(pointer string) string {
	at, ok := f.reachable(tokensOf(pointer))
	if !ok {
		return ""
	}
	return at.id()
}

// placed gives sentences by the pointer of the field that shows them.
func (f *Form) placed(errs *Errors) map[string][]string {
	if errs.Empty() {
		return nil
	}
	byField := map[string][]string{}
	for _, e := range errs.List {
		if at, ok := f.reachable(tokensOf(e.Pointer)); ok {
			byField[at.pointer] = append(byField[at.pointer], e.Message)
		}
	}
	return byField
}

// reachable gives the innermost visible field around the value at tokens; ok is
// false when that is the whole form.
func (f *Form) reachable(tokens []string) (at place, ok bool) {
	trail, _ := f.trail(tokens)
	if len(trail) == 0 {
		return place{}, false
	}
	ok = f.root.proto.Kind != Group || f.root.constant != nil
	for _, n := range trail[1:] {
		if n.hidden {
			break
		}
		at, ok = at.property(n.key), true
		if n.constant != nil {
			break
		}
	}
	return at, ok
}

type renderer struct {
	State
	errors map[string][]string
}

func (r *renderer) children(n *node, at place, s slot) []Field {
	fields := make([]Field, 0, len(n.children))
	for _, c := range n.children {
		if !c.hidden {
			fields = append(fields, r.field(c, at.property(c.key), s.child(c.key)))
		}
	}
	return fields
}

func (r *renderer) field(n *node, at place, s slot) Field {
	f := n.proto
	f.Pointer, f.Name, f.ID = at.pointer, at.htmlName(), at.id()
	f.Errors = r.errors[at.pointer]
	describeBy(&f)
	s = n.shown(s)
	switch {
	case n.constant != nil || f.ReadOnly && f.Kind != Group:
		f.Kind = Static
		f.Value = r.static(n, s)
	case f.Kind == Group:
		f.Children = r.children(n, at, s)
	case f.Kind == Checkbox:
		f.Checked = r.checked(f.Name, s)
	case f.Kind == Checkboxes:
		f.Options = r.options(n, f.ID, r.picked(n, f.Name, s))
		f.Options[0].ID = f.ID
	case n.choices != nil:
		f.Options = r.choices(n, &f, s)
		f.Options[0].ID = f.ID
	default:
		r.textual(n, &f, s)
	}
	return f
}

func describeBy(f *Field) {
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

// textual fills a control that holds text.
func (r *renderer) textual(n *node, f *Field, s slot) {
	if s.present {
		f.Value = n.text(s.value, r.Zone)
	}
	if f.Kind == Password {
		f.Stored, f.Value = s.present, ""
		return
	}
	if r.Values != nil {
		f.Value = lineFeeds(r.Values.Get(f.Name))
	}
	switch f.Kind {
	case DateTimeLocal:
		f.Zone = r.Zone.String()
	case Time:
		f.Zone = time.UTC.String()
	}
	fit(f, f.Value)
}

func (r *renderer) checked(name string, s slot) bool {
	if r.Values != nil {
		return slices.Contains(r.Values[name], "true")
	}
	return s.present && s.value == true
}

// choices gives the options of one choice out of many. "Not set" can be chosen
// where the value may be missing; a list that must have a value but has none
// begins with a request to choose.
func (r *renderer) choices(n *node, f *Field, s slot) []Option {
	var picked []string
	if r.Values != nil {
		picked = []string{r.Values.Get(f.Name)}
	} else if s.present {
		picked = []string{n.indexOf(s.value)}
	}
	options := r.options(n, f.ID, picked)
	chosen := slices.ContainsFunc(options, func(o Option) bool { return o.Selected })
	switch {
	case !n.required:
		unset := Option{ID: f.ID + "-none", Label: r.Lang.word("not_set"), Selected: !chosen}
		return slices.Insert(options, 0, unset)
	case f.Kind == Select && !chosen:
		unset := Option{ID: f.ID + "-none", Label: r.Lang.word("choose"), Selected: true}
		return slices.Insert(options, 0, unset)
	}
	return options
}

func (r *renderer) picked(n *node, name string, s slot) []string {
	if r.Values != nil {
		return r.Values[name]
	}
	list, _ := s.value.([]any)
	picked := make([]string, len(list))
	for i, item := range list {
		picked[i] = n.indexOf(item)
	}
	return picked
}

func (r *renderer) options(n *node, id string, picked []string) []Option {
	options := make([]Option, len(n.choices), len(n.choices)+1)
	for i, c := range n.choices {
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
func (r *renderer) static(n *node, s slot) string {
	if !s.present && n.constant != nil {
		s = slot{value: *n.constant, present: true}
	}
	if !s.present {
		return ""
	}
	if n.proto.Kind == Password {
		return "••••••••"
	}
	if i := n.indexOf(s.value); i != "" {
		k, _ := json.Number(i).Int64()
		return r.choiceLabel(n.choices[k])
	}
	switch v := s.value.(type) {
	case bool:
		return r.word(v)
	case nil:
		return ""
	case string:
		return v
	}
	return first(numberText(s.value), encodeJSON(s.value, ""))
}

// indexOf gives the index of a value among the choices as text, "" for none.
func (n *node) indexOf(v any) string {
	for i, c := range n.choices {
		if sameJSON(c.value, v) {
			return itoa(i)
		}
	}
	return ""
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
