package judge_test

import (
	"testing"

	"tandem/internal/judge"
)

// line is a document of two machine steps.
const line = `
steps: [{name: a, type: machine, action: act}, {name: b, type: machine, action: noop}]
edges: [{source: a, target: b}]`

const lineLog = `
workflow.started {"initial_data": {}}
step.started ea a attempt=1
step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
step.started eb b attempt=1 from=ea
step.completed eb b attempt=1 from=ea
workflow.completed
`

func acted(effects ...judge.Effect) func(*judge.Case) {
	return func(c *judge.Case) { c.Effects = effects }
}

var once = judge.Effect{Key: "k1", Mark: "m1", Instance: "i", Step: "a", Visit: 1, Attempt: 1}

func TestAudit_order(t *testing.T) {
	t.Parallel()
	run(t, map[string]trial{
		"sound": {doc: line, log: lineLog, more: acted(once), applied: "order"},
		"no beginning": {doc: line, rule: "order", says: "begins with", more: acted(once), log: `
			step.started ea a attempt=1
			step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
			step.started eb b attempt=1 from=ea
			step.completed eb b attempt=1 from=ea
			workflow.completed`},
		"goes on after its end": {doc: line, rule: "order", says: "after the instance had ended", more: acted(once), log: lineLog + `
			step.started ec b visit=2 attempt=1 from=ea`},
		"numbers go back": {doc: line, rule: "order", says: "has number 1 after 6", more: acted(once), log: lineLog + `
			workflow.paused seq=1`},
		"time goes back": {doc: line, rule: "order", says: "before the event that it follows", more: acted(once), log: `
			workflow.started {"initial_data": {}}
			+500 step.started ea a attempt=1
			+-400 step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
			step.started eb b attempt=1 from=ea
			step.completed eb b attempt=1 from=ea
			workflow.completed`},
		"a step twice at once": {doc: line, rule: "lifetime", says: "started while it ran", more: acted(once), log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			step.started ea a attempt=2
			step.completed ea a attempt=2 fired=b {"output_data": {"mark": "m1"}}
			step.started eb b attempt=1 from=ea
			step.completed eb b attempt=1 from=ea
			workflow.completed`},
		"a step after its end": {doc: line, rule: "lifetime", says: "after its end", more: acted(once), log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
			step.lost ea a attempt=1
			step.started eb b attempt=1 from=ea
			step.completed eb b attempt=1 from=ea
			workflow.completed`},
		"a result without a beginning": {doc: line, rule: "lifetime", says: "without having started", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
			step.completed eb b attempt=1 from=ea
			workflow.completed`, more: acted(once)},
		"two results": {doc: line, rule: "results", says: "announced 2 results", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
			step.started eb b attempt=1 from=ea
			step.completed eb b attempt=1 from=ea
			step.completed eb b attempt=1 from=ea
			workflow.completed`, more: acted(once)},
		"a visit twice": {doc: line, rule: "visits", says: "visit 1 of b happened twice", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
			step.started eb b attempt=1 from=ea
			step.completed eb b attempt=1 from=ea
			step.started ec b attempt=1 from=ea
			step.completed ec b attempt=1 from=ea
			workflow.completed`, more: acted(once)},
		"beyond max_visits": {doc: `steps: [{name: a, type: gateway, mode: parallel, max_visits: 1}]
edges: [{source: a, target: a}]`, rule: "visits", says: "beyond its limit", status: "waiting", log: `
			workflow.started {"initial_data": {}}
			step.started e1 a attempt=1
			step.completed e1 a attempt=1 fired=a
			step.started e2 a visit=2 attempt=1 from=e1
			step.completed e2 a visit=2 attempt=1 from=e1 fired=a`},
		"at its time": {doc: line, more: acted(once), applied: "starts at a time", log: `workflow.scheduled {"start_at": "2026-03-02T09:00:00.200Z"}
			+200 ` + lineLog[1:]},
		"before its time": {doc: line, more: acted(once), rule: "starts", says: "before its time", log: `workflow.scheduled {"start_at": "2026-03-02T09:00:00.200Z"}
			+100 ` + lineLog[1:]},
		"never, as it was canceled": {doc: line, status: "canceled", data: `{"n": 1}`, applied: "order", log: `workflow.scheduled {"start_at": "2026-03-02T09:00:00.200Z"}
			workflow.canceled`},
		"started twice": {doc: line, rule: "order", says: "started twice", more: acted(once), log: replace(lineLog, "step.started ea", "workflow.started\nstep.started ea")},
		"one start, two instances": {doc: line, rule: "starts", says: "made this instance and", log: lineLog, more: func(c *judge.Case) {
			acted(once)(c)
			c.Instances[0].Key = "s1"
			c.Instances = append(c.Instances, judge.Instance{ID: "j", Definition: "d 1.0.0", Status: "running", Key: "s1"})
		}},
		"a step of no document": {doc: line, rule: "order", says: "does not have", log: `
			workflow.started {"initial_data": {}}
			step.started ez z attempt=1
			workflow.completed`},
		"an instance nobody wrote down": {doc: line, rule: "lost", says: "no trace", log: lineLog, more: func(c *judge.Case) {
			acted(once)(c)
			c.Instances = append(c.Instances, judge.Instance{ID: "j", Definition: "d 1.0.0", Started: true})
		}},
		"an unknown definition": {doc: line, rule: "document", says: "not among", log: lineLog, more: func(c *judge.Case) {
			c.Instances = append(c.Instances, judge.Instance{ID: "j", Definition: "e 1.0.0"})
		}},
	})
}

func TestAudit_fate(t *testing.T) {
	t.Parallel()
	run(t, map[string]trial{
		"completed and not": {doc: line, log: lineLog, status: "running", rule: "fate", says: "the instance is running", more: acted(once)},
		"canceled and not":  {doc: line, log: lineLog, status: "canceled", rule: "fate", says: "the instance is canceled", more: acted(once)},
		"failed and silent": {doc: line, status: "failed", rule: "fate", says: "does not say why", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1`},
		"a step that never ended": {doc: line, rule: "fate", says: "never ended", more: acted(once), log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
			step.started eb b attempt=1 from=ea
			workflow.completed`},
		"stands still": {doc: line, status: "running", rule: "stuck", says: "nothing will move it", more: acted(once), log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}`},
		"failed for good": {doc: line, status: "failed", applied: "stuck", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			step.failed ea a attempt=1 {"error_type": "hard"}
			workflow.failed`},
		"canceled": {doc: line, status: "canceled", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			step.canceled ea a attempt=1
			workflow.canceled`},
	})
}

func TestAudit_effects(t *testing.T) {
	t.Parallel()
	with := func(change func(*judge.Effect)) judge.Effect {
		e := once
		change(&e)
		return e
	}
	twice := with(func(e *judge.Effect) { e.Mark = "m2" })
	run(t, map[string]trial{
		"twice under one key": {doc: line, log: lineLog, more: acted(once, twice), applied: "effects"},
		"two keys": {doc: line, log: lineLog, rule: "keys", says: "under the keys",
			more: acted(once, with(func(e *judge.Effect) { e.Key = "k2" }))},
		"a key for two": {doc: line, log: lineLog, rule: "keys", says: "was given to",
			more: acted(once, with(func(e *judge.Effect) { e.Step, e.Mark = "b", "m3" }))},
		"never acted": {doc: line, log: lineLog, rule: "effects", says: "nothing acted", applied: "effects"},
		"the result of another": {doc: line, log: lineLog, rule: "effects", says: "another visit",
			more: acted(with(func(e *judge.Effect) { e.Step = "b" }))},
		"a result that came late": {doc: line, rule: "effects", says: "came too late", more: acted(once), log: replace(lineLog, `
step.completed ea a attempt=1`, `
step.lost ea a attempt=1
step.started ea a attempt=2
step.completed ea a attempt=2`)},
		"before it was written down": {doc: line, log: lineLog, rule: "effects", says: "does not know of it",
			more: acted(once, with(func(e *judge.Effect) { e.Attempt, e.Mark = 2, "m4" }))},
		"a report that was taken": {doc: line, log: lineLog, applied: "reports", more: acted(with(func(e *judge.Effect) { e.Told = true }))},
		"a report that was taken and lost": {doc: line, log: lineLog, rule: "reports", says: "was taken, and the step gives",
			more: acted(once, with(func(e *judge.Effect) { e.Mark, e.Told = "m5", true }))},
		"stored": {doc: line, log: lineLog, applied: "results kept", more: func(c *judge.Case) {
			acted(once)(c)
			c.Results = []judge.Result{{Instance: "i", Execution: "ea", Status: "succeeded", Output: []byte(`{"mark":"m1"}`)}}
		}},
		"stored otherwise": {doc: line, log: lineLog, rule: "results", says: "stored", more: func(c *judge.Case) {
			acted(once)(c)
			c.Results = []judge.Result{{Instance: "i", Execution: "ea", Status: "succeeded", Output: []byte(`{"mark":"m9"}`)}}
		}},
		"stored as canceled": {doc: line, log: lineLog, rule: "results", says: "it is stored as canceled", more: func(c *judge.Case) {
			acted(once)(c)
			c.Results = []judge.Result{{Instance: "i", Execution: "ea", Status: "canceled", Output: []byte(`{"mark":"m1"}`)}}
		}},
		"stored and never told": {doc: line, log: lineLog, rule: "results", says: "does not tell of it", more: func(c *judge.Case) {
			acted(once)(c)
			c.Results = []judge.Result{{Instance: "i", Execution: "ez", Status: "succeeded"}}
		}},
	})
}
