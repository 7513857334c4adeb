package judge

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
)

// fold computes the data after each event: the start data, then what `output`
// and `set` of every completed step write.
func (h *history) fold() {
	now := state{data: map[string]any{}, known: true}
	for i := range h.events {
		e := &h.events[i]
		switch e.Type {
		case "workflow.started":
			if v, ok := decode(e.Detail.InitialData).(map[string]any); ok {
				now.data = v
			}
		case "step.completed":
			if v := h.byExec[e.Execution]; v != nil && !v.item && v.ended == i {
				now = now.write(v)
			}
		case "step.skipped":
			// What an operator gives in place of the result is kept as a result is.
			if v := h.byExec[e.Execution]; v != nil && !v.item && v.ended == i && len(v.output) > 0 {
				now = now.output(v)
			}
		case "data.edited":
			h.edited(e, now)
			now = now.edit(e.Detail)
		}
		h.states = append(h.states, now)
	}
}

// edited judges that an edit says what the data were.
func (h *history) edited(e *Event, now state) {
	if !now.known {
		return
	}
	h.judged("edits")
	for key := range e.Detail.After {
		if _, said := e.Detail.Before[key]; !said && now.data[key] != nil {
			h.find("edits", h.id, "", "an edit says that there was no %s, the log computes %s", key, text(now.data[key]))
		}
	}
	for key, said := range e.Detail.Before {
		if !reflect.DeepEqual(said, now.data[key]) {
			h.find("edits", h.id, "", "an edit says that %s was %s, the log computes %s", key, text(said), text(now.data[key]))
		}
	}
}

// edit takes up what somebody has changed by hand: keys that are gone stand in
// before alone.
func (s state) edit(d Detail) state {
	s.data = maps.Clone(s.data)
	maps.DeleteFunc(s.data, func(key string, _ any) bool { _, was := d.Before[key]; return was })
	maps.Copy(s.data, d.After)
	return s
}

func (s state) write(v *visit) state {
	if v.step.Output == "" && len(v.step.Set) == 0 || !s.known {
		return s
	}
	s = s.output(v)
	result, before := decode(v.output), maps.Clone(s.data)
	for key, value := range v.step.Set {
		text, isText := value.(string)
		if !isText {
			s.data[key] = value
			continue
		}
		computed, err := evaluate(text, map[string]any{"data": before, "result": result})
		if err != nil {
			s.known = false
			return s
		}
		s.data[key] = computed
	}
	return s
}

// output keeps a result where `output` says.
func (s state) output(v *visit) state {
	result := decode(v.output)
	s.data = maps.Clone(s.data)
	switch object, isObject := result.(map[string]any); {
	case v.step.Output == "." && isObject:
		maps.Copy(s.data, object)
	case v.step.Output != "" && v.step.Output != ".":
		s.data[v.step.Output] = result
	}
	return s
}

func decode(raw json.RawMessage) any {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}

// keep judges that what was stored stayed: the data at the end are those that
// the log computes, and every result is still the one that was announced.
func (h *history) keep() {
	if n := len(h.states); h.startedAt() >= 0 && h.states[n-1].known && h.row.Data != nil {
		h.judged("data")
		if got, want := decode(h.row.Data), any(h.states[n-1].data); !reflect.DeepEqual(got, want) {
			h.find("data", h.id, "", "the data at the end are %s; the log computes %s", h.row.Data, text(want))
		}
	}
	for _, v := range h.visits {
		h.once(v)
	}
}

// once judges that an execution announced one result.
func (h *history) once(v *visit) {
	completed := 0
	for i := v.born; i < len(h.events); i++ {
		if e := &h.events[i]; e.Execution == v.id && e.Type == "step.completed" {
			completed++
		}
	}
	h.judged("results")
	if completed > 1 {
		h.find("results", h.id, v.id, "%s announced %d results", v.step.path, completed)
	}
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// stored judges an execution's row against its log.
func (t *trial) stored(r Result) {
	h := t.byID[r.Instance]
	if h == nil {
		t.find("results", r.Instance, r.Execution, "an execution of an instance that does not exist")
		return
	}
	v := h.byExec[r.Execution]
	if v == nil || v.end != "step.completed" {
		if r.Status == "succeeded" && h.finished() && (v == nil || v.end != "step.canceled") {
			t.find("results", r.Instance, r.Execution, "it is stored as succeeded, and the log does not tell of it")
		}
		return
	}
	t.judged("results kept")
	if !reflect.DeepEqual(decode(r.Output), decode(v.output)) {
		t.find("results", r.Instance, r.Execution, "%s stored %s and announced %s", v.step.path, r.Output, v.output)
	}
	if r.Status != "succeeded" {
		t.find("results", r.Instance, r.Execution, "%s completed, and it is stored as %s", v.step.path, r.Status)
	}
}
