package form

import (
	"encoding/json"
	"slices"
	"strconv"
)

// maxLine is the most characters that a text may have to be written on one
// line, unless the hints name a widget.
const maxLine = 200

// stringControl gives a string its native input.
func stringControl(n *node, p part) {
	f, s := &n.proto, p.schema
	n.textual = true
	f.Kind = formatKind(textOf(s["format"]))
	if f.Kind == Text {
		f.Kind = pick(p.hints, Text, Textarea, Password, Color)
	}
	if f.Kind == Text && p.hints.text("widget") == "" && lengthOf(s["maxLength"]) > maxLine && s["examples"] == nil {
		f.Kind = Textarea
	}
	if s["writeOnly"] == true || s["format"] == "password" {
		f.Kind = Password
	}
	if f.Kind == Textarea && f.Rows == 0 {
		f.Rows = 4
	}
	if f.Kind == Color {
		f.Placeholder = first(f.Placeholder, "#rrggbb")
	}
	f.Pattern = textOf(s["pattern"])
	f.MinLength = lengthOf(s["minLength"])
	f.MaxLength = lengthOf(s["maxLength"])
	f.Suggestions = suggestionsOf(s["examples"])
}

func formatKind(format string) Kind {
	switch format {
	case "email":
		return Email
	case "uri":
		return URL
	case "date":
		return Date
	case "date-time":
		return DateTimeLocal
	case "time":
		return Time
	case "color":
		return Color
	}
	return Text
}

func numberControl(n *node, p part, typ string) {
	f, s := &n.proto, p.schema
	f.Kind, f.InputMode, f.Step = Number, "decimal", "any"
	if typ == "integer" {
		n.integer = true
		f.Kind, f.InputMode, f.Step = Integer, "numeric", "1"
	}
	f.Min = first(numberOf(s["minimum"]), numberOf(s["exclusiveMinimum"]))
	f.Max = first(numberOf(s["maximum"]), numberOf(s["exclusiveMaximum"]))
	f.Step = first(numberOf(s["multipleOf"]), f.Step)
	f.Suggestions = suggestionsOf(s["examples"])
}

// booleanControl gives a checkbox where two answers are enough, else choices.
func booleanControl(n *node, p part) {
	kind := pick(p.hints, Checkbox, Radio, Select)
	if kind == Checkbox && !n.nullable {
		n.proto.Kind = Checkbox
		return
	}
	if kind == Checkbox {
		kind = Select
	}
	n.proto.Kind = kind
	n.choices = []choice{{value: true}, {value: false}}
	if n.nullable {
		n.choices = append(n.choices, choice{value: nil})
	}
	labelChoices(n.choices, p.hints.texts("enumNames"))
}

// choicesOf gives the values of an enum, or of a oneOf or anyOf whose branches
// are all constants.
func (b *builder) choicesOf(p part) ([]choice, bool) {
	var choices []choice
	if values, ok := p.schema["enum"].([]any); ok && len(values) > 0 {
		for _, v := range values {
			choices = append(choices, choice{value: v, label: choiceText(v)})
		}
		labelChoices(choices, textsOf(p.schema["enumNames"]))
	} else if choices = constants(p.schema["oneOf"]); choices == nil {
		choices = constants(p.schema["anyOf"])
	}
	if len(choices) == 0 || len(choices) > maxFields {
		return nil, false
	}
	labelChoices(choices, p.hints.texts("enumNames"))
	return choices, true
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

// arrayControl gives checkboxes to a list of distinct enum values.
func (b *builder) arrayControl(n *node, p part) {
	items := b.part(p.schema["items"], "", p.hints.inside("items"), p.refs, p.depth+1)
	choices, ok := b.choicesOf(items)
	_, prefixed := p.schema["prefixItems"]
	if !ok || prefixed || n.nullable || p.schema["uniqueItems"] != true || !slices.Contains([]string{"", "checkboxes", "select"}, n.proto.Widget) {
		b.free(n)
		return
	}
	labelChoices(choices, p.hints.texts("enumNames"))
	n.choices = choices
	n.proto.Kind = Checkboxes
}

// objectControl gives a group when every member that the schema speaks of has a
// control of its own.
func (b *builder) objectControl(n *node, p part) {
	props, ok := p.schema["properties"].(map[string]any)
	if !ok || n.nullable || p.depth >= maxNested || b.fields+len(props) > maxFields || recurs(p.refs) || !b.covers(p.schema, props) {
		n.object = true
		b.free(n)
		return
	}
	n.proto.Kind = Group
	required := textsOf(p.schema["required"])
	for i, key := range b.order(p, props) {
		at := p.location + "/properties/" + escapeToken(key)
		child := b.build(props[key], at, p.hints.inside(key), p.refs, p.depth+1)
		child.key, child.index = key, i
		child.required = slices.Contains(required, key)
		child.proto.Required = child.required
		child.proto.Label = first(child.proto.Label, humanise(key))
		if n.proto.ReadOnly {
			child.lock()
		}
		n.children = append(n.children, child)
	}
}

// lock makes a node and all below it read-only.
func (n *node) lock() {
	n.proto.ReadOnly = true
	for _, c := range n.children {
		c.lock()
	}
}

// recurs reports whether the last reference was followed before.
func recurs(refs []string) bool {
	return len(refs) > 1 && slices.Contains(refs[:len(refs)-1], refs[len(refs)-1])
}

// order gives the keys of properties: as `ui:order` says ("*" stands for the
// rest), else as in the text of the schema.
func (b *builder) order(p part, props map[string]any) []string {
	var rest []string
	wanted := p.hints.texts("order")
	for _, key := range b.textOrder(p.location, props) {
		if !slices.Contains(wanted, key) {
			rest = append(rest, key)
		}
	}
	var keys []string
	for _, key := range wanted {
		if key == "*" {
			keys = append(keys, rest...)
			rest = nil
		} else if _, ok := props[key]; ok && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return append(keys, rest...)
}

func (b *builder) textOrder(location string, props map[string]any) []string {
	keys := b.orders[location+"/properties"]
	if len(keys) == len(props) && !slices.ContainsFunc(keys, func(k string) bool { _, ok := props[k]; return !ok }) {
		return keys
	}
	keys = make([]string, 0, len(props))
	for key := range props {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// covers reports whether props are all members that the schema, with its
// branches, speaks of.
func (b *builder) covers(schema any, props map[string]any) bool {
	c := &coverage{root: b.root, props: props}
	return c.covered(schema, 0)
}

type coverage struct {
	root  any
	props map[string]any
	seen  int
}

// inPlace are the keywords whose schemas may ask for members of the same value;
// "not" only forbids.
var inPlace = []string{"allOf", "anyOf", "oneOf", "if", "then", "else"}

// beyond are the keywords that speak of members without naming them.
var beyond = []string{"patternProperties", "$dynamicRef", "$recursiveRef"}

func (c *coverage) covered(schema any, depth int) bool {
	obj, ok := schema.(map[string]any)
	if !ok {
		return true
	}
	if c.seen++; c.seen > maxFields || depth > maxNested {
		return false
	}
	for _, keyword := range beyond {
		if _, ok := obj[keyword]; ok {
			return false
		}
	}
	if _, isSchema := obj["additionalProperties"].(map[string]any); isSchema {
		return false
	}
	return c.known(obj) && c.behind(obj, depth)
}

// behind looks at the schemas that obj refers to or branches into.
func (c *coverage) behind(obj map[string]any, depth int) bool {
	if ref, ok := obj["$ref"].(string); ok {
		target, found := resolve(c.root, ref)
		if !found || !c.covered(target, depth+1) {
			return false
		}
	}
	for _, keyword := range inPlace {
		branches, isList := obj[keyword].([]any)
		if !isList {
			branches = []any{obj[keyword]}
		}
		if slices.ContainsFunc(branches, func(s any) bool { return !c.covered(s, depth+1) }) {
			return false
		}
	}
	for _, keyword := range []string{"dependentSchemas", "dependencies"} {
		dependent, _ := obj[keyword].(map[string]any)
		for _, s := range dependent {
			if !c.named(textsOf(s)) || !c.covered(s, depth+1) {
				return false
			}
		}
	}
	return true
}

// known reports whether all members that obj names have controls.
func (c *coverage) known(obj map[string]any) bool {
	properties, _ := obj["properties"].(map[string]any)
	for key := range properties {
		if !c.named([]string{key}) {
			return false
		}
	}
	dependent, _ := obj["dependentRequired"].(map[string]any)
	for _, list := range dependent {
		if !c.named(textsOf(list)) {
			return false
		}
	}
	return c.named(textsOf(obj["required"]))
}

func (c *coverage) named(keys []string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool { _, ok := c.props[key]; return !ok })
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
