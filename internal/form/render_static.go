package form

import (
	"encoding/json"
	"strings"
)

// maxSpread is the most members and items of a value without controls that are
// shown one by one.
const maxSpread = 200

// static writes a value as text that people read but do not change.
func (r *renderer) static(n *node, f *Field) {
	f.Was, f.Kind, f.Options, f.Actions = f.Kind, Static, nil, nil
	if !n.present {
		return
	}
	if a, ok := ParseAttachment(textOf(n.value)); ok {
		f.File, f.Value = &a, a.Name
		return
	}
	if f.Was == Password {
		f.Value = "••••••••"
		return
	}
	if f.Was == DateTimeLocal {
		f.Zone = r.Zone.String()
	}
	if f.Was == Time {
		f.Zone = "UTC"
	}
	if text, ok := r.told(n.shape, n.value); ok {
		f.Value = text
		return
	}
	left := maxSpread
	if inside := r.spread(n.at, n.shape.view, n.value, &left); left > 0 {
		f.Kind, f.Children = Group, inside
	} else {
		f.Value = encodeJSON(n.value, "  ")
	}
}

// told says a value in one text; an object or a list of such has none.
func (r *renderer) told(s *shape, v any) (text string, ok bool) {
	if i := s.indexOf(v); i != "" {
		k, _ := json.Number(i).Int64()
		return r.choiceLabel(s.choices[k]), true
	}
	switch v := v.(type) {
	case bool:
		return r.word(v), true
	case nil:
		return "", true
	case string:
		if s.proto.Kind == JSON {
			return v, true
		}
		return s.text(v, r.Zone), true
	case map[string]any:
		return "", len(v) == 0
	case []any:
		var texts []string
		for _, item := range v {
			if _, deep := item.(map[string]any); deep {
				return "", false
			}
			if _, deep := item.([]any); deep {
				return "", false
			}
			text, _ := r.told(s, item)
			texts = append(texts, text)
		}
		return strings.Join(texts, ", "), true
	}
	return first(numberText(v), encodeJSON(v, "")), true
}

// spread gives the members or items of a value as text, each by its title.
// Left is how many more may be shown.
func (r *renderer) spread(at place, v *view, value any, left *int) []Field {
	var fields []Field
	switch value := value.(type) {
	case map[string]any:
		views := r.speaking(v, value)
		for _, key := range textOrder(orderOf(views, value), value) {
			fields = append(fields, r.part(at.property(key), r.memberOf(views, key), humanise(key), value[key], left))
		}
	case []any:
		for i, item := range value {
			fields = append(fields, r.part(at.item(i), r.tree.form.viewOf(v.items, nil), itoa(i+1), item, left))
		}
	}
	return fields
}

// part shows one member or item.
func (r *renderer) part(at place, v *view, label string, value any, left *int) Field {
	f := Field{Kind: Static, Name: at.name, ID: idOf(at.name), Pointer: at.pointer, ReadOnly: true, MinLength: -1, MaxLength: -1,
		Label: first(textOf(v.words["title"]), label)}
	if *left--; *left <= 0 {
		return f
	}
	if a, ok := ParseAttachment(textOf(value)); ok {
		f.File, f.Value = &a, a.Name
		return f
	}
	s := r.tree.form.shapeOf(v, nil)
	f.Was = s.proto.Kind
	if f.Was == Password {
		f.Value = "••••••••"
		return f
	}
	if text, ok := r.told(s, value); ok {
		f.Value = text
		return f
	}
	f.Kind, f.Children = Group, r.spread(at, v, value, left)
	return f
}

// speaking gives the views that say something of an object's members: its own,
// and those of the branches that it fits.
func (r *renderer) speaking(v *view, obj map[string]any) []*view {
	views := []*view{v}
	for _, b := range v.branches {
		for _, option := range b.options {
			if option.obj == nil {
				continue
			}
			if branch := r.tree.form.viewOf([]source{option}, nil); r.fits(branch, obj) {
				views = append(views, branch)
				break
			}
		}
	}
	return views
}

// fits reports whether an object has what a branch requires, and is told apart
// as that branch is.
func (r *renderer) fits(branch *view, obj map[string]any) bool {
	for key := range branch.required {
		if _, ok := obj[key]; !ok {
			return false
		}
	}
	p, told := r.tree.form.teller(branch)
	return p == nil || obj[p.key] == told
}

// memberOf gives the first view of a member; an empty one where nobody speaks of
// it.
func (r *renderer) memberOf(views []*view, key string) *view {
	for _, v := range views {
		if p := v.property(key); p != nil {
			return r.tree.form.viewOf(p.srcs, nil)
		}
	}
	return r.tree.form.viewOf(nil, nil)
}

// orderOf gives the keys of an object in the order in which views name them;
// others come at the end.
func orderOf(views []*view, obj map[string]any) []string {
	var keys []string
	named := map[string]bool{}
	add := func(key string) {
		if _, ok := obj[key]; ok && !named[key] {
			named[key] = true
			keys = append(keys, key)
		}
	}
	for _, v := range views {
		for _, p := range v.props {
			add(p.key)
		}
	}
	for _, key := range textOrder(nil, obj) {
		add(key)
	}
	return keys
}
