package form

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
