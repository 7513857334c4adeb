package form

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
)

// A source is one schema of the document that holds for a value.
type source struct {
	obj  map[string]any // nil for the schema false
	loc  string         // JSON pointer in the document
	live bool           // holds because of the data: its title and default do not name the value
}

func sourceOf(schema any, loc string) source {
	switch s := schema.(type) {
	case map[string]any:
		return source{obj: s, loc: loc}
	case bool:
		if s {
			return source{obj: map[string]any{}, loc: loc}
		}
	}
	return source{loc: loc}
}

// A view is what all schemas that hold for one value ask together. Views are
// immutable and shared.
type view struct {
	id       string
	words    map[string]any // keywords of which one counts
	typed    bool           // some schema names types
	types    []string       // apart from null
	nullable bool
	never    bool // no value is allowed
	lost     bool // a reference leads out of the document, or cannot be known before

	members  bool // some schema has "properties", be it none
	props    []property
	required map[string]bool
	also     map[string][]string // dependentRequired
	patterns []pattern           // patternProperties
	rest     []source            // additionalProperties, where it says something
	closed   bool                // additionalProperties: false

	prefix   [][]source
	items    []source
	noItems  bool // nothing may follow the prefix
	choices  []choice
	branches []branching
	conds    []condition
	deps     []dependent
	watched  map[string]bool // members on which other fields depend
	refs     []string        // locations that references led to
	sole     map[string]int  // branch that counts where the other one is null, by keyword location
}

type property struct {
	key  string
	srcs []source
	live bool // only schemas that hold because of the data speak of it
}

type pattern struct {
	text string
	srcs []source
}

// A branching is a oneOf or anyOf of which one branch is chosen.
type branching struct {
	loc     string // of the keyword
	options []source
}

type condition struct{ loc, then, otherwise string }

type dependent struct {
	key string
	src source
}

// static reports whether the view is the same for all data.
func (v *view) static() bool {
	return len(v.branches) == 0 && len(v.conds) == 0 && len(v.deps) == 0 && len(v.also) == 0
}

func (v *view) property(key string) *property {
	for i := range v.props {
		if v.props[i].key == key {
			return &v.props[i]
		}
	}
	return nil
}

// maxFacets bounds how many schemas can hold for one value.
const maxFacets = 300

// viewOf merges sources, those that hold because of the data last.
func (f *Form) viewOf(srcs, live []source) *view {
	id := viewID(srcs, live)
	if v, ok := f.views.Load(id); ok {
		return v.(*view)
	}
	m := &merger{doc: f.doc, v: &view{id: id, words: map[string]any{}, required: map[string]bool{}}, seen: map[string]bool{}}
	for _, s := range srcs {
		m.add(s) // one that holds because of the data around does not name the value
	}
	for _, s := range live {
		s.live = true
		m.add(s)
	}
	m.finish()
	if f.cached.Add(1) < maxCached {
		f.views.Store(id, m.v)
	}
	return m.v
}

func viewID(srcs, live []source) string {
	if len(srcs) == 1 && len(live) == 0 && !srcs[0].live {
		return srcs[0].loc
	}
	var b strings.Builder
	if len(srcs) == 0 {
		b.WriteString("none\n") // the whole document has the empty location
	}
	for _, s := range srcs {
		if s.live {
			b.WriteByte('~')
		}
		b.WriteString(s.loc)
		b.WriteByte('\n')
	}
	for _, s := range live {
		b.WriteString("+" + s.loc)
		b.WriteByte('\n')
	}
	return b.String()
}

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

// addBranches takes a oneOf or anyOf: as choices when all branches are
// constants, as "may be null" when that is the other of two, else as branches of
// which one is chosen. Branches that show nothing of their own are left to the
// validator.
func (m *merger) addBranches(s source, keyword string) {
	list, _ := s.obj[keyword].([]any)
	if len(list) == 0 {
		return
	}
	loc := s.loc + "/" + keyword
	if choices := constants(list); choices != nil {
		if m.v.choices == nil {
			m.v.choices = choices
		}
		return
	}
	if i, ok := besideNull(list); ok {
		m.nullPair = true
		if m.v.sole == nil {
			m.v.sole = map[string]int{}
		}
		m.v.sole[loc] = i
		next := sourceOf(list[i], loc+"/"+itoa(i))
		next.live = s.live
		m.add(next)
		return
	}
	b := branching{loc: loc}
	shows := false
	for i, one := range list {
		option := sourceOf(one, loc+"/"+itoa(i))
		b.options = append(b.options, option)
		shows = shows || m.shows(option, 0)
	}
	if shows && len(list) <= maxOptions {
		m.v.branches = append(m.v.branches, b)
	}
}

// maxOptions bounds the branches that people choose from.
const maxOptions = 100

// showing are the keywords that give a branch a control of its own.
var showing = []string{"type", "properties", "items", "prefixItems", "enum", "const", "format", "title", "patternProperties", "$dynamicRef", "if"}

// shows reports whether a branch asks for a control of its own.
func (m *merger) shows(s source, depth int) bool {
	if s.obj == nil || depth > maxNested {
		return false
	}
	for _, keyword := range showing {
		if _, ok := s.obj[keyword]; ok {
			return true
		}
	}
	if ref, ok := s.obj["$ref"].(string); ok {
		loc, found := m.doc.follow(ref, s.loc)
		target, _ := m.doc.at(loc)
		return !found || m.shows(sourceOf(target, loc), depth+1)
	}
	for _, keyword := range []string{"allOf", "oneOf", "anyOf"} {
		list, _ := s.obj[keyword].([]any)
		for i, part := range list {
			if m.shows(sourceOf(part, s.loc+"/"+keyword+"/"+itoa(i)), depth+1) {
				return true
			}
		}
	}
	return false
}

// besideNull gives the index of the branch whose only sibling is null.
func besideNull(list []any) (int, bool) {
	if len(list) != 2 {
		return 0, false
	}
	for i, one := range list {
		obj, _ := one.(map[string]any)
		value, fixed := obj["const"]
		if obj["type"] == "null" || fixed && value == nil {
			return 1 - i, true
		}
	}
	return 0, false
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

// demand notes that a member requires others.
func (m *merger) demand(key string, others []string) {
	if m.v.also == nil {
		m.v.also = map[string][]string{}
	}
	m.v.also[key] = append(m.v.also[key], others...)
	m.watchKey(key)
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

func (m *merger) mergeDependent(s source, keyword string) {
	deps, _ := s.obj[keyword].(map[string]any)
	for _, key := range textOrder(nil, deps) {
		if list, ok := deps[key].([]any); ok {
			m.demand(key, textsOf(list))
			continue
		}
		m.v.deps = append(m.v.deps, dependent{key, sourceOf(deps[key], s.loc+"/"+keyword+"/"+escapeToken(key))})
		m.watchKey(key)
	}
}

func (m *merger) watchKey(key string) {
	if m.v.watched == nil {
		m.v.watched = map[string]bool{}
	}
	m.v.watched[key] = true
}

// watch notes the members that a condition looks at.
func (m *merger) watch(schema any, loc string, depth int) {
	obj, ok := schema.(map[string]any)
	if !ok || depth > maxNested {
		return
	}
	props, _ := obj["properties"].(map[string]any)
	for key := range props {
		m.watchKey(key)
	}
	for _, key := range textsOf(obj["required"]) {
		m.watchKey(key)
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := obj[keyword].([]any)
		for i, part := range list {
			m.watch(part, loc+"/"+keyword+"/"+itoa(i), depth+1)
		}
	}
	for _, keyword := range []string{"not", "if"} {
		m.watch(obj[keyword], loc+"/"+keyword, depth+1)
	}
	if ref, ok := obj["$ref"].(string); ok {
		if at, found := m.doc.follow(ref, loc); found {
			target, _ := m.doc.at(at)
			m.watch(target, at, depth+1)
		}
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
