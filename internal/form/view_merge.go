package form

import (
	"encoding/json"
	"math/big"
	"slices"
)

type merger struct {
	doc      *document
	v        *view
	seen     map[string]bool
	nullPair bool
}

// add takes a schema, then what it refers to: the first word on a matter counts.
func (m *merger) add(s source) {
	if m.seen[s.loc] || len(m.seen) >= maxFacets {
		return
	}
	m.seen[s.loc] = true
	if s.obj == nil {
		m.v.never = true
		return
	}
	m.merge(s)
	if ref, ok := s.obj["$ref"].(string); ok {
		m.follow(ref, s)
	}
	if s.obj["$dynamicRef"] != nil || s.obj["$recursiveRef"] != nil {
		m.v.lost = true
	}
	list, _ := s.obj["allOf"].([]any)
	for i, part := range list {
		next := sourceOf(part, s.loc+"/allOf/"+itoa(i))
		next.live = s.live
		m.add(next)
	}
	m.addBranches(s, "oneOf")
	m.addBranches(s, "anyOf")
}

func (m *merger) follow(ref string, s source) {
	loc, ok := m.doc.follow(ref, s.loc)
	target, _ := m.doc.at(loc)
	if !ok {
		m.v.lost = true
		return
	}
	m.v.refs = append(m.v.refs, loc)
	next := sourceOf(target, loc)
	next.live = s.live
	m.add(next)
}

// finish infers the type where no schema names one.
func (m *merger) finish() {
	v := m.v
	if m.nullPair {
		v.nullable = true
	}
	if v.typed {
		return
	}
	switch {
	case v.members || len(v.patterns) > 0 || v.rest != nil:
		v.types = []string{"object"}
	case v.items != nil || v.prefix != nil:
		v.types = []string{"array"}
	case has(v.words, "format", "pattern", "minLength", "maxLength", "contentMediaType", "contentEncoding"):
		v.types = []string{"string"}
	case has(v.words, "minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"):
		v.types = []string{"number"}
	}
}

func has(words map[string]any, keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { _, ok := words[k]; return ok })
}

// The keywords of which the first word, the greatest or the least number counts,
// and those that hold once anybody says so.
var (
	firstWords = []string{"format", "pattern", "contentMediaType", "contentEncoding", "examples", "enumNames", "const", "multipleOf"}
	nameWords  = []string{"title", "description", "default"}
	greatest   = []string{"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
	least      = []string{"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
	flags      = []string{"readOnly", "writeOnly", "deprecated", "uniqueItems"}
)

func (m *merger) merge(s source) {
	v := m.v
	m.mergeWords(s)
	m.mergeType(s.obj["type"])
	if values, ok := s.obj["enum"].([]any); ok && len(values) > 0 {
		m.mergeEnum(values, textsOf(s.obj["enumNames"]))
	}
	m.mergeMembers(s)
	m.mergeItems(s)
	_, then := s.obj["then"]
	_, otherwise := s.obj["else"]
	if test, ok := s.obj["if"]; ok && (then || otherwise) {
		c := condition{loc: s.loc + "/if"}
		if then {
			c.then = s.loc + "/then"
		}
		if otherwise {
			c.otherwise = s.loc + "/else"
		}
		v.conds = append(v.conds, c)
		m.watch(test, s.loc+"/if", 0)
	}
	for _, keyword := range []string{"dependentSchemas", "dependencies"} {
		m.mergeDependent(s, keyword)
	}
}

func (m *merger) mergeWords(s source) {
	words := m.v.words
	for key, value := range s.obj {
		old, present := words[key]
		switch {
		case slices.Contains(nameWords, key) && s.live:
		case slices.Contains(flags, key):
			if value == true {
				words[key] = true
			}
		case slices.Contains(greatest, key):
			if !present || compareNumbers(value, old) > 0 {
				words[key] = value
			}
		case slices.Contains(least, key):
			if !present || compareNumbers(value, old) < 0 {
				words[key] = value
			}
		case !present && (slices.Contains(firstWords, key) || slices.Contains(nameWords, key)):
			words[key] = value
		}
	}
}

func compareNumbers(a, b any) int {
	x, ok1 := new(big.Rat).SetString(numberOf(a))
	y, ok2 := new(big.Rat).SetString(numberOf(b))
	if !ok1 || !ok2 {
		return 0
	}
	return x.Cmp(y)
}

func (m *merger) mergeType(t any) {
	var names []string
	switch t := t.(type) {
	case string:
		names = []string{t}
	case []any:
		names = textsOf(t)
	default:
		return
	}
	nullable := slices.Contains(names, "null")
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "null" })
	v := m.v
	if !v.typed {
		v.typed, v.types, v.nullable = true, names, nullable
		return
	}
	v.nullable = v.nullable && nullable
	v.types = commonTypes(v.types, names)
}

func commonTypes(a, b []string) []string {
	var common []string
	for _, t := range a {
		switch {
		case slices.Contains(b, t):
			common = append(common, t)
		case t == "number" && slices.Contains(b, "integer"):
			common = append(common, "integer")
		case t == "integer" && slices.Contains(b, "number"):
			common = append(common, "integer")
		}
	}
	return common
}

func (m *merger) mergeEnum(values []any, names []string) {
	if m.v.choices != nil {
		m.v.choices = slices.DeleteFunc(slices.Clone(m.v.choices), func(c choice) bool {
			return !slices.ContainsFunc(values, func(value any) bool { return sameJSON(c.value, value) })
		})
		return
	}
	choices := make([]choice, len(values))
	for i, value := range values {
		choices[i] = choice{value: value, label: choiceText(value)}
	}
	labelChoices(choices, names)
	m.v.choices = choices
}

func (m *merger) mergeMembers(s source) {
	v := m.v
	props, members := s.obj["properties"].(map[string]any)
	v.members = v.members || members
	for _, key := range textOrder(m.doc.orders[s.loc+"/properties"], props) {
		member := sourceOf(props[key], s.loc+"/properties/"+escapeToken(key))
		member.live = s.live
		m.member(key, member)
	}
	for _, key := range textsOf(s.obj["required"]) {
		v.required[key] = true
	}
	also, _ := s.obj["dependentRequired"].(map[string]any)
	for key, list := range also {
		m.demand(key, textsOf(list))
	}
	patterns, _ := s.obj["patternProperties"].(map[string]any)
	for _, text := range textOrder(nil, patterns) {
		v.patterns = append(v.patterns, pattern{text, []source{sourceOf(patterns[text], s.loc+"/patternProperties/"+escapeToken(text))}})
	}
	for _, keyword := range []string{"additionalProperties", "unevaluatedProperties"} {
		switch rest := s.obj[keyword].(type) {
		case bool:
			v.closed = v.closed || !rest
		case map[string]any:
			if len(rest) > 0 {
				v.rest = append(v.rest, sourceOf(rest, s.loc+"/"+keyword))
			}
		}
	}
}

func (m *merger) member(key string, s source) {
	if p := m.v.property(key); p != nil {
		s.live = s.live && !p.live
		p.srcs = append(p.srcs, s)
		return
	}
	live := s.live
	s.live = false
	m.v.props = append(m.v.props, property{key, []source{s}, live})
}

func (m *merger) mergeItems(s source) {
	v := m.v
	prefix, _ := s.obj["prefixItems"].([]any)
	at, rest, restAt := s.loc+"/prefixItems/", s.obj["items"], s.loc+"/items"
	if list, ok := s.obj["items"].([]any); ok {
		prefix, at = list, s.loc+"/items/"
		rest, restAt = s.obj["additionalItems"], s.loc+"/additionalItems"
	}
	for i, one := range prefix {
		if i == len(v.prefix) {
			v.prefix = append(v.prefix, nil)
		}
		v.prefix[i] = append(v.prefix[i], sourceOf(one, at+itoa(i)))
	}
	switch rest := rest.(type) {
	case bool:
		v.noItems = v.noItems || !rest
	case map[string]any:
		v.items = append(v.items, sourceOf(rest, restAt))
	}
	if s.obj["unevaluatedItems"] == false && v.items == nil {
		v.noItems = true
	}
}

// textOrder gives the keys of an object in the order of the text where it is
// known, else sorted.
func textOrder(keys []string, obj map[string]any) []string {
	if len(keys) == len(obj) && !slices.ContainsFunc(keys, func(k string) bool { _, ok := obj[k]; return !ok }) {
		return keys
	}
	keys = make([]string, 0, len(obj))
	for key := range obj {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func numberOf(v any) string {
	n, _ := v.(json.Number)
	return string(n)
}
