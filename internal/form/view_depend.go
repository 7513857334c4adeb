package form

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

// demand notes that a member requires others.
func (m *merger) demand(key string, others []string) {
	if m.v.also == nil {
		m.v.also = map[string][]string{}
	}
	m.v.also[key] = append(m.v.also[key], others...)
	m.watchKey(key)
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
