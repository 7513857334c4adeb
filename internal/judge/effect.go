package judge

import (
	"cmp"
	"slices"
)

// outside judges what the world saw of all instances.
func (t *trial) outside() {
	for _, in := range t.Instances {
		if h := t.byID[in.ID]; in.Started && (h == nil || len(h.events) == 0) {
			t.find("lost", in.ID, "", "its starter was told that it runs, and there is no trace of it")
		}
		t.judged("lost")
	}
	t.starts()
	t.effects()
	t.answers()
	t.messages()
	t.alone()
	t.clocks()
	for _, r := range t.Results {
		t.stored(r)
	}
}

// starts judges that a start which was repeated under its key made one instance.
func (t *trial) starts() {
	made := map[string]string{}
	for _, in := range t.Instances {
		if in.Key == "" {
			continue
		}
		t.judged("starts")
		if other, twice := made[in.Key]; twice {
			t.find("starts", in.ID, "", "one start, under the key %s, made this instance and %s", in.Key, other)
		}
		made[in.Key] = in.ID
	}
}

// place is one visit of a machine step.
type place struct {
	instance, step string
	visit, index   int
}

// effects judges side effects: one idempotency key for all attempts of a visit
// and for nothing else, at least one effect for each result, and none that the
// log does not know.
func (t *trial) effects() {
	keys, places := map[place]string{}, map[string]place{}
	marks := map[string]Effect{}
	visits := t.machines()
	for _, e := range t.Effects {
		t.judged("keys")
		p := t.placeOf(e)
		t.served(e, p)
		if other, known := keys[p]; known && other != e.Key {
			t.find("keys", e.Instance, "", "visit %d of %s (index %d) acted under the keys %s and %s", e.Visit, e.Step, e.Index, other, e.Key)
		}
		if other, known := places[e.Key]; known && other != p {
			t.find("keys", e.Instance, "", "key %s was given to %v and to %v", e.Key, other, p)
		}
		keys[p], places[e.Key] = e.Key, p
		marks[e.Mark] = e
		t.kept(e, visits[p])
		if !slices.ContainsFunc(visits[p], func(v *visit) bool { return e.Attempt <= v.attempt }) {
			t.find("effects", e.Instance, "", "attempt %d of visit %d of %s acted, and the log does not know of it", e.Attempt, e.Visit, e.Step)
		}
	}
	for p, list := range visits {
		for _, v := range list {
			if v.end == "step.completed" && slices.Contains(t.Actions, v.step.Action) {
				t.acted(p, v, marks)
			}
		}
	}
}

// placeOf gives the place of an effect, by the name that its step has in the
// last version.
func (t *trial) placeOf(e Effect) place {
	p := place{e.Instance, e.Step, e.Visit, e.Index}
	if h := t.byID[e.Instance]; h != nil {
		if s := h.anyStep(e.Step); s != nil {
			p.step = s.path
		}
	}
	return p
}

// served judges that a step acted in a process that serves its queue.
func (t *trial) served(e Effect, p place) {
	h := t.byID[e.Instance]
	if h == nil || e.Queues == nil || h.def.steps[p.step] == nil {
		return
	}
	queue := cmp.Or(h.def.steps[p.step].Queue, "default")
	t.judged("queue " + queue)
	if !slices.Contains(e.Queues, queue) {
		t.find("queues", e.Instance, "", "%s of the queue %s acted in a process that serves %v", e.Step, queue, e.Queues)
	}
}

// kept judges that a result which a worker was told is taken is the one that the
// step gives, unless it is not wanted any more.
func (t *trial) kept(e Effect, visits []*visit) {
	if !e.Told {
		return
	}
	t.judged("reports")
	for _, v := range visits {
		result, _ := decode(v.output).(map[string]any)
		if v.end == "step.completed" && e.Attempt == v.attempt && result["mark"] != e.Mark {
			t.find("reports", e.Instance, v.id, "the report %s of %s was taken, and the step gives %s", e.Mark, v.step.path, v.output)
		}
	}
}

// acted judges that a result comes from an effect of its own visit.
func (t *trial) acted(p place, v *visit, marks map[string]Effect) {
	t.judged("effects")
	result, _ := decode(v.output).(map[string]any)
	mark, _ := result["mark"].(string)
	e, known := marks[mark]
	switch {
	case !known:
		t.find("effects", p.instance, v.id, "%s succeeded with %s, and nothing acted", v.step.path, v.output)
	case p != t.placeOf(e):
		t.find("effects", p.instance, v.id, "%s keeps the result of another visit: %v", v.step.path, e)
	case e.Attempt != v.attempt:
		t.find("effects", p.instance, v.id, "%s keeps the result of attempt %d, which came too late: attempt %d ran", v.step.path, e.Attempt, v.attempt)
	}
}

// machines gives the visits of machine steps by place: of an item that was done
// again there are several.
func (t *trial) machines() map[place][]*visit {
	visits := map[place][]*visit{}
	for _, h := range t.histories {
		for _, v := range h.visits {
			if v.step.Type == "machine" && !v.list {
				p := place{h.id, v.step.path, v.visit, v.index}
				visits[p] = append(visits[p], v)
			}
		}
	}
	return visits
}
