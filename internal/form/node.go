package form

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxFields = 2000 // controls of one form; parts of a schema beyond become JSON fields
	maxNested = 12   // levels of groups
)

// A node is one value of the schema and the control for it. Nodes know their
// key, not their place: places are made while a tree is walked.
type node struct {
	key      string
	index    int   // position among its siblings
	proto    Field // everything that does not depend on the value
	required bool
	hidden   bool
	nullable bool
	integer  bool
	constant *any // of `const`
	def      *any // of `default`
	choices  []choice
	children []*node
	textual  bool // its value is a string
	object   bool // an empty JSON field stands for {}
}

// A choice is one value of an enum.
type choice struct {
	value any
	label string // "" for the words Yes, No and None, which depend on the language
}

// editable reports whether what the client sends for the node counts.
func (n *node) editable() bool { return !n.proto.ReadOnly && !n.hidden && n.constant == nil }

// A builder makes nodes from a schema.
type builder struct {
	root   any
	orders map[string][]string
	fields int
}

// A part is a schema on its way to become a node.
type part struct {
	schema   map[string]any
	location string // JSON pointer in the document, for the order of properties
	hints    hints
	refs     []string // references that led here
	depth    int
}

func (b *builder) build(schema any, location string, h hints, refs []string, depth int) *node {
	b.fields++
	p := b.part(schema, location, h, refs, depth)
	n := &node{proto: Field{MinLength: -1, MaxLength: -1}}
	b.describe(n, p)
	b.shape(n, p)
	return n
}

// part follows `$ref`s; members beside a `$ref` win over those behind it.
func (b *builder) part(schema any, location string, h hints, refs []string, depth int) part {
	p := part{location: location, hints: h, refs: refs, depth: depth}
	obj, _ := schema.(map[string]any)
	p.schema = obj
	for range maxDepth {
		ref, ok := p.schema["$ref"].(string)
		if !ok {
			return p
		}
		target, ok := resolve(b.root, ref)
		behind, isObject := target.(map[string]any)
		if !ok || !isObject {
			p.schema = without(p.schema, "type", "properties", "enum", "$ref")
			return p
		}
		p.refs = append(p.refs[:len(p.refs):len(p.refs)], ref)
		if _, own := p.schema["properties"]; !own {
			p.location = strings.TrimPrefix(unescapeFragment(ref), "#")
		}
		p.schema = overlay(behind, p.schema)
	}
	return p
}

// overlay gives base with the members of top over it, except top's `$ref`.
func overlay(base, top map[string]any) map[string]any {
	out := make(map[string]any, len(base)+len(top))
	for k, v := range base {
		out[k] = v
	}
	for k, v := range top {
		if k != "$ref" {
			out[k] = v
		}
	}
	return out
}

func without(obj map[string]any, keys ...string) map[string]any {
	out := overlay(obj, nil)
	for _, k := range keys {
		delete(out, k)
	}
	return out
}

// resolve finds what a `$ref` of the form #/… leads to.
func resolve(root any, ref string) (any, bool) {
	if !strings.HasPrefix(ref, "#") || ref != "#" && !strings.HasPrefix(ref, "#/") {
		return nil, false
	}
	at := root
	for _, token := range tokensOf(strings.TrimPrefix(unescapeFragment(ref), "#")) {
		switch v := at.(type) {
		case map[string]any:
			var ok bool
			if at, ok = v[token]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	return at, true
}

func unescapeFragment(ref string) string {
	if plain, err := url.PathUnescape(ref); err == nil {
		return plain
	}
	return ref
}

// describe fills what every control has.
func (b *builder) describe(n *node, p part) {
	f, s, h := &n.proto, p.schema, p.hints
	f.Label = first(h.text("title"), textOf(s["title"]))
	f.Description = first(h.text("description"), textOf(s["description"]))
	f.Help = h.text("help")
	f.Placeholder = h.text("placeholder")
	f.Autocomplete = h.text("autocomplete")
	f.Autofocus = h.flag("autofocus")
	f.Widget = h.text("widget")
	f.Inline = h.flag("inline")
	f.Rows = h.whole("rows")
	f.ReadOnly = s["readOnly"] == true || h.flag("readonly") || h.flag("disabled")
	f.Deprecated = s["deprecated"] == true
	n.hidden = f.Widget == "hidden"
	if v, ok := s["const"]; ok {
		n.constant = &v
	}
	if v, ok := s["default"]; ok {
		n.def = &v
	}
}

// shape chooses the control.
func (b *builder) shape(n *node, p part) {
	types, nullable := typesOf(p.schema)
	n.nullable = nullable
	if choices, ok := b.choicesOf(p); ok {
		n.choices = choices
		n.proto.Kind = pick(p.hints, Select, Radio)
		return
	}
	if len(types) != 1 {
		b.free(n)
		return
	}
	switch types[0] {
	case "string":
		stringControl(n, p)
	case "number", "integer":
		numberControl(n, p, types[0])
	case "boolean":
		booleanControl(n, p)
	case "array":
		b.arrayControl(n, p)
	case "object":
		b.objectControl(n, p)
	default:
		b.free(n)
	}
}

// free makes n a JSON text field, which can hold anything.
func (b *builder) free(n *node) {
	n.proto.Kind = JSON
	n.proto.Rows = max(n.proto.Rows, 4)
}

// typesOf gives the types of a schema apart from null. An object without a type
// but with properties is an object.
func typesOf(schema map[string]any) (types []string, nullable bool) {
	switch t := schema["type"].(type) {
	case string:
		types = []string{t}
	case []any:
		for _, name := range textsOf(t) {
			if name == "null" {
				nullable = true
			} else {
				types = append(types, name)
			}
		}
	case nil:
		if _, ok := schema["properties"]; ok {
			types = []string{"object"}
		}
	}
	return types, nullable
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

func numberOf(v any) string {
	n, _ := v.(json.Number)
	return string(n)
}
