package memory

import "tandem/internal/workflow"

// rename gives all that is stored of an instance the names that its steps have
// since a migration.
func (r *record) rename(m *workflow.Moved) {
	step := func(name string) string {
		if to, ok := m.Steps[name]; ok {
			return to
		}
		return name
	}
	for id, e := range r.executions {
		e.Step = step(e.Step)
		r.executions[id] = e
	}
	for id, t := range r.tasks {
		t.Step = step(t.Step)
		r.tasks[id] = t
	}
	hooks := make(map[hookKey]workflow.Hook, len(r.hooks))
	for _, h := range r.hooks {
		h.Step = step(h.Step)
		hooks[keyOf(h)] = h
	}
	r.hooks = hooks
}
