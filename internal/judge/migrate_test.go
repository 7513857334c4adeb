package judge_test

import (
	"testing"

	"tandem/internal/judge"
)

// first and second are two versions of a document; b is later_b in the second,
// and leads elsewhere.
const first = `
steps: [{name: a, type: gateway}, {name: b, type: human, anyone: true}, {name: c, type: gateway}, {name: d, type: gateway}]
edges: [{source: a, target: b}, {source: b, target: c, default: true}, {source: b, target: d, condition: data.x > 1}]`

const second = `
steps: [{name: a, type: gateway}, {name: later_b, type: human, anyone: true}, {name: c, type: gateway}, {name: d, type: gateway}]
edges: [{source: a, target: later_b}, {source: later_b, target: c, default: true}, {source: later_b, target: d, condition: data.x > 0}]`

const movedLog = `
workflow.started {"initial_data": {"x": 1}}
step.started ea a attempt=1
step.completed ea a attempt=1 fired=b
step.started eb b attempt=1 from=ea
task.created eb b {"task_id": "tb"}
instance.migrated actor=olga {"from_version": "1.0.0", "to_version": "2.0.0", "step_map": {"b": "later_b"}}
task.completed eb later_b {"task_id": "tb", "completed_by": "mia"}
step.completed eb later_b attempt=1 from=ea fired=d
step.started ed d attempt=1 from=eb
step.completed ed d attempt=1 from=eb
workflow.completed`

func TestAudit_migrations(t *testing.T) {
	t.Parallel()
	to := func(version string) func(*judge.Case) {
		return func(c *judge.Case) {
			c.Documents["d 2.0.0"] = []byte(second)
			c.Instances[0].Definition = "d " + version
		}
	}
	run(t, map[string]trial{
		"moved":         {doc: first, log: movedLog, more: to("2.0.0"), data: `{"x": 1}`, applied: "migrations"},
		"data are lost": {doc: first, log: movedLog, more: to("2.0.0"), data: `{}`, rule: "data", says: `computes {"x":1}`},
		"goes on by the old version": {doc: first, more: to("2.0.0"), rule: "edges", says: "fired [c], the document says [d]",
			log: replace(replace(replace(movedLog, "fired=d", "fired=c"), "started ed d", "started ed c"), "completed ed d", "completed ed c")},
		"keeps the old name": {doc: first, more: to("2.0.0"), rule: "order", says: "which the document does not have", status: "running", log: replace(movedLog, `
step.started ed d attempt=1 from=eb
step.completed ed d attempt=1 from=eb
workflow.completed`, `
step.started ed b attempt=1 from=eb`)},
		"stored under the old version": {doc: first, log: movedLog, more: to("1.0.0"), rule: "migrations", says: "stored under version 1.0.0"},
		"from another version": {doc: first, more: to("2.0.0"), rule: "migrations", says: "moved from version 1.0.0, and went by 2.0.0",
			log: replace(movedLog, `task.completed eb later_b`, `instance.migrated actor=olga {"from_version": "1.0.0", "to_version": "2.0.0"}
task.completed eb later_b`)},
		"asked for by nobody": {doc: first, log: replace(movedLog, "migrated actor=olga", "migrated"), more: to("2.0.0"), rule: "migrations", says: "nobody asked"},
		"to where there is no place": {doc: first, more: to("2.0.0"), rule: "migrations", says: "has no place for it", status: "running", log: `
			workflow.started {"initial_data": {"x": 1}}
			step.started ea a attempt=1
			step.completed ea a attempt=1 fired=b
			step.started eb b attempt=1 from=ea
			instance.migrated actor=olga {"from_version": "1.0.0", "to_version": "2.0.0"}`},
		"while it ran": {doc: line, rule: "migrations", says: "while a was being run", log: replace(lineLog, "step.completed ea",
			`instance.migrated actor=olga {"from_version": "1.0.0", "to_version": "2.0.0"}
step.completed ea`), more: func(c *judge.Case) {
			acted(once)(c)
			c.Documents["d 2.0.0"], c.Instances[0].Definition = []byte(line), "d 2.0.0"
		}},
		"a version that nobody knows": {doc: first, log: replace(movedLog, `"to_version": "2.0.0"`, `"to_version": "3.0.0"`), more: to("2.0.0"), rule: "document", says: "3.0.0"},
	})
}

func TestAudit_edits(t *testing.T) {
	t.Parallel()
	edited := replace(lineLog, "step.started eb", `data.edited actor=olga {"before": {"n": 1}, "after": {"n": 3, "note": "e1"}}
step.started eb`)
	edited = replace(edited, `{"initial_data": {}}`, `{"initial_data": {"n": 1}}`)
	told := func(c *judge.Case) {
		acted(once)(c)
		c.Answers = []judge.Answer{{Verb: "edit", Instance: "i", Actor: "olga", Payload: []byte(`"e1"`), Accepted: true}}
	}
	run(t, map[string]trial{
		"told and done":             {doc: line, log: edited, more: told, data: `{"n": 3, "note": "e1"}`, applied: "told: edit"},
		"told and lost":             {doc: line, log: replace(edited, `"note": "e1"`, `"note": "e2"`), more: told, rule: "told", says: `did edit "e1"`},
		"of data that were others":  {doc: line, log: replace(edited, `"before": {"n": 1}`, `"before": {"n": 2}`), more: told, rule: "edits", says: "says that n was 2"},
		"of data that were nothing": {doc: line, log: replace(edited, `"before": {"n": 1}`, `"before": {}`), more: told, rule: "edits", says: "there was no n"},
	})
}

func TestAudit_queues(t *testing.T) {
	t.Parallel()
	doc := replace(line, "action: act", "action: act, queue: side")
	in := func(queues ...string) func(*judge.Case) {
		e := once
		e.Queues = queues
		return acted(e)
	}
	run(t, map[string]trial{
		"served":     {doc: doc, log: lineLog, more: in("default", "side"), applied: "queue side"},
		"not served": {doc: doc, log: lineLog, more: in("default"), rule: "queues", says: "of the queue side acted in a process that serves [default]"},
		"not common": {doc: line, log: lineLog, more: in("side"), rule: "queues", says: "of the queue default"},
	})
}
