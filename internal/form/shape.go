package form

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
)

const (
	maxFields = 10_000 // controls of one form; parts of a value beyond become JSON fields
	maxRows   = 1_000  // of one list; longer ones become JSON fields
	maxNested = 12     // levels of groups
	maxCached = 5_000  // views and shapes that a form keeps
)

// A shape is the control for a view, whatever the value. Shapes are immutable
// and shared.
type shape struct {
	view     *view
	hints    hints
	proto    Field
	nullable bool
	integer  bool
	textual  bool // its value is a string
	object   bool // an empty JSON field stands for {}
	hidden   bool
	rows     bool // a group with rows of key and value
	constant *any // of `const`
	implied  bool // the constant is null because no other type is left
	def      *any // of `default`
	choices  []choice
	order    []property // of a group, in the order of the form
}

// A choice is one value of an enum.
type choice struct {
	value any
	label string // "" for the words Yes, No and None, which depend on the language
}

type shapeKey struct {
	view  string
	hints uintptr
}

// shapeOf chooses the control for a view. own is the view without what holds
// because of the data.
func (f *Form) shapeOf(v *view, h hints) *shape {
	key := shapeKey{v.id, reflect.ValueOf(h).Pointer()}
	if s, ok := f.shapes.Load(key); ok {
		return s.(*shape)
	}
	s := &shape{view: v, hints: h, nullable: v.nullable, proto: Field{MinLength: -1, MaxLength: -1}}
	s.describe()
	f.choose(s)
	if f.cached.Add(1) < maxCached {
		f.shapes.Store(key, s)
	}
	return s
}

// describe fills what every control has.
func (s *shape) describe() {
	f, w, h := &s.proto, s.view.words, s.hints
	f.Label = first(h.text("title"), textOf(w["title"]))
	f.Description = first(h.text("description"), textOf(w["description"]))
	f.Help = h.text("help")
	f.Placeholder = h.text("placeholder")
	f.Autocomplete = h.text("autocomplete")
	f.Autofocus = h.flag("autofocus")
	f.Widget = h.text("widget")
	f.Inline = h.flag("inline")
	f.Rows = h.whole("rows")
	f.ReadOnly = w["readOnly"] == true || h.flag("readonly") || h.flag("disabled")
	f.Deprecated = w["deprecated"] == true
	s.hidden = f.Widget == "hidden"
	if v, ok := w["const"]; ok {
		s.constant = &v
	}
	if v, ok := w["default"]; ok {
		s.def = &v
	}
}

// choose picks the kind of control.
func (f *Form) choose(s *shape) {
	v := s.view
	if s.constant == nil && v.typed && v.nullable && len(v.types) == 0 {
		var null any
		s.constant, s.implied = &null, true
	}
	if v.choices != nil {
		s.choices = slices.Clone(v.choices)
		labelChoices(s.choices, s.hints.texts("enumNames"))
		if len(s.choices) > 0 && len(s.choices) <= maxRows {
			s.proto.Kind = pick(s.hints, Select, Radio)
			return
		}
		s.choices = nil
	}
	if v.lost || len(v.types) != 1 {
		s.free()
		return
	}
	switch v.types[0] {
	case "string":
		s.stringControl()
	case "number", "integer":
		s.numberControl(v.types[0])
	case "boolean":
		s.booleanControl()
	case "array":
		f.arrayControl(s)
	case "object":
		s.objectControl()
	default:
		s.free()
	}
}

// free makes the control a JSON text field, which can hold anything.
func (s *shape) free() {
	s.proto.Kind = JSON
	s.proto.Rows = max(s.proto.Rows, 4)
}

// structured reports whether the control has controls inside, so that its own
// name is free.
func (s *shape) structured() bool { return s.proto.Kind == Group || s.proto.Kind == List }

// arrayControl gives checkboxes to a list of distinct enum values, rows to any
// other list whose items the schema speaks of.
func (f *Form) arrayControl(s *shape) {
	v := s.view
	if choices := f.distinct(s); choices != nil && (s.proto.Widget == "" || s.proto.Widget == "checkboxes" || s.proto.Widget == "select") {
		s.choices = choices
		s.proto.Kind = Checkboxes
		if s.proto.Widget == "select" {
			s.proto.Kind = MultiSelect
		}
		return
	}
	if v.items == nil && v.prefix == nil {
		s.free()
		return
	}
	s.proto.Kind = List
}

// distinct gives the choices of a list that holds each of them at most once.
func (f *Form) distinct(s *shape) []choice {
	if s.view.items == nil || s.view.prefix != nil || s.nullable || s.view.words["uniqueItems"] != true {
		return nil
	}
	items := f.shapeOf(f.viewOf(s.view.items, nil), s.hints.inside("items"))
	if items.choices == nil {
		return nil
	}
	choices := slices.Clone(items.choices)
	labelChoices(choices, s.hints.texts("enumNames"))
	return choices
}

// objectControl gives a group when the schema speaks of any member.
func (s *shape) objectControl() {
	v := s.view
	s.object = true
	s.rows = v.rest != nil || len(v.patterns) > 0
	if !v.members && !s.rows && len(v.branches) == 0 && len(v.conds) == 0 && len(v.deps) == 0 && len(v.required) == 0 && !v.closed {
		s.free()
		return
	}
	s.proto.Kind = Group
	s.order = s.ordered()
}

// ordered gives the members of a group: as `ui:order` says ("*" stands for the
// rest), else as in the text of the schema. Members that are required, but of
// which no schema speaks, come last.
func (s *shape) ordered() []property {
	all := slices.DeleteFunc(slices.Clone(s.view.props), func(p property) bool {
		return slices.ContainsFunc(p.srcs, func(one source) bool { return one.obj == nil })
	})
	if !s.rows {
		for _, key := range textOrder(nil, asMembers(s.view.required)) {
			if s.view.property(key) == nil {
				all = append(all, property{key: key})
			}
		}
	}
	wanted := s.hints.texts("order")
	if len(wanted) == 0 {
		return s.besideCause(all)
	}
	var rest, out []property
	for _, p := range all {
		if !slices.Contains(wanted, p.key) {
			rest = append(rest, p)
		}
	}
	seen := map[string]bool{}
	for _, key := range wanted {
		i := slices.IndexFunc(all, func(p property) bool { return p.key == key })
		switch {
		case key == "*":
			out, rest = append(out, rest...), nil
		case i >= 0 && !seen[key]:
			out, seen[key] = append(out, all[i]), true
		}
	}
	return append(out, rest...)
}

// besideCause moves members that appeared with the data behind the member that
// they depend on.
func (s *shape) besideCause(all []property) []property {
	at := -1
	for i, p := range all {
		if !p.live && s.view.watched[p.key] {
			at = i
		}
	}
	var fixed, live []property
	for _, p := range all {
		if p.live && at >= 0 {
			live = append(live, p)
		} else {
			fixed = append(fixed, p)
		}
	}
	return slices.Insert(fixed, at+1, live...)
}

func asMembers(set map[string]bool) map[string]any {
	out := make(map[string]any, len(set))
	for key := range set {
		out[key] = true
	}
	return out
}

// rowLimits gives how many rows a list must and may have; most is -1 for any
// number.
func (s *shape) rowLimits() (least, most int) {
	least, most = max(lengthOf(s.view.words["minItems"]), 0), lengthOf(s.view.words["maxItems"])
	if s.proto.Kind == Group {
		return 0, -1
	}
	if s.view.noItems && (most < 0 || most > len(s.view.prefix)) {
		most = len(s.view.prefix)
	}
	return least, most
}

// begun gives how many rows a list begins with when it must be there.
func (s *shape) begun() int {
	least, most := s.rowLimits()
	n := max(least, len(s.view.prefix))
	if most >= 0 {
		n = min(n, most)
	}
	return min(n, 50)
}

// pick gives the kind that `ui:widget` asks for when it is among the possible
// ones, else the first of them.
func pick(h hints, possible ...Kind) Kind {
	widget := Kind(h.text("widget"))
	for _, k := range possible {
		if k == widget {
			return k
		}
	}
	return possible[0]
}

func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}

func constants(branches any) []choice {
	list, _ := branches.([]any)
	var choices []choice
	for _, branch := range list {
		obj, _ := branch.(map[string]any)
		value, ok := obj["const"]
		if !ok {
			return nil
		}
		choices = append(choices, choice{value: value, label: first(textOf(obj["title"]), choiceText(value))})
	}
	return choices
}

func labelChoices(choices []choice, names []string) {
	for i := range choices {
		if i < len(names) && names[i] != "" {
			choices[i].label = names[i]
		}
	}
}

// choiceText names a value that has no title; yes, no and none are left to the
// language of the page.
func choiceText(v any) string {
	switch v := v.(type) {
	case nil, bool:
		return ""
	case string:
		if v == "" {
			return `""`
		}
		return v
	}
	return encodeJSON(v, "")
}

func lengthOf(v any) int {
	if n, ok := v.(json.Number); ok {
		if i, err := strconv.Atoi(string(n)); err == nil {
			return i
		}
	}
	return -1
}

func suggestionsOf(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		if s := plainText(item); s != "" && len(out) < 100 {
			out = append(out, s)
		}
	}
	return out
}
