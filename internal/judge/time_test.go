package judge_test

import (
	"testing"

	"tandem/internal/judge"
)

func TestAudit_time(t *testing.T) {
	t.Parallel()
	timer := `steps: [{name: a, type: timer, duration: 200ms}]`
	rang := `
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1
		+210 step.completed ea a attempt=1
		workflow.completed`
	run(t, map[string]trial{
		"a timer":           {doc: timer, log: rang, applied: "timers"},
		"a timer too early": {doc: timer, log: replace(rang, "+210", "+120"), rule: "timers", says: "the document says 200ms"},
	})
}

func TestAudit_retries(t *testing.T) {
	t.Parallel()
	doc := `steps: [{name: a, type: machine, action: noop, retry: {max_attempts: 2, initial: 100ms}}]`
	log := `
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1
		step.retrying ea a attempt=1 {"error_type": "hard", "next_at": "2026-03-02T09:00:00.103Z"}
		+150 step.started ea a attempt=2
		step.completed ea a attempt=2
		workflow.completed`
	early := replace(log, "+150 ", "+30 ")
	more := replace(log, "step.completed ea a attempt=2", `step.retrying ea a attempt=2 {"next_at": "2026-03-02T09:00:00Z"}
		step.started ea a attempt=3
		step.completed ea a attempt=3`)
	run(t, map[string]trial{
		"one":              {doc: doc, log: log, applied: "retries"},
		"too early":        {doc: doc, log: early, rule: "retries", says: "before its time"},
		"too many":         {doc: doc, log: more, rule: "retries", says: "2 attempts are all"},
		"without a policy": {doc: replace(doc, ", retry: {max_attempts: 2, initial: 100ms}", ""), log: log, rule: "retries", says: "1 attempts are all"},
		"one that was given back": {doc: doc, applied: "attempts", log: replace(log, "step.retrying", `step.released ea a attempt=1
		step.started ea a attempt=1
		step.retrying`)},
		"one that was given back counts": {doc: doc, rule: "attempts", says: "numbered 2", log: replace(replace(log, "attempt=2", "attempt=3"), "step.retrying ea a attempt=1", `step.released ea a attempt=1
		step.started ea a attempt=2
		step.retrying ea a attempt=2`)},
		"numbered wrongly": {doc: doc, log: replace(log, "attempt=2", "attempt=3"), rule: "attempts", says: "numbered 3"},
		"more after a retry": {doc: doc, applied: "retries", log: replace(log, "step.completed ea a attempt=2", `step.failed ea a attempt=2 {"error_type": "hard"}
			workflow.failed
			workflow.retried
			step.started ea a attempt=3
			step.retrying ea a attempt=3 {"next_at": "2026-03-02T09:00:00Z"}
			step.started ea a attempt=4
			step.completed ea a attempt=4`)},
	})
}

func TestAudit_frost(t *testing.T) {
	t.Parallel()
	paused := `
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1
		workflow.paused
		step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
		workflow.resumed
		step.started eb b attempt=1 from=ea
		step.completed eb b attempt=1 from=ea
		workflow.completed`
	held := replace(paused, `step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}
		workflow.resumed`, `workflow.resumed
		step.completed ea a attempt=1 fired=b {"output_data": {"mark": "m1"}}`)
	failed := `
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1
		step.failed ea a attempt=1 {"error_type": "hard"}
		workflow.failed
		step.started ea a attempt=2
		workflow.retried
		step.failed ea a attempt=2 {"error_type": "hard"}
		workflow.failed`
	const two = `steps: [{name: f, type: gateway, mode: parallel}, {name: a, type: webhook}, {name: b, type: webhook}]
edges: [{source: f, target: a}, {source: f, target: b}]`
	const skipped = `
		workflow.started {"initial_data": {}}
		step.started ef f attempt=1
		step.completed ef f attempt=1 fired=a,b
		step.started ea a attempt=1 from=ef
		step.started eb b attempt=1 from=ef
		step.failed ea a attempt=1 from=ef {"error_type": "timeout"}
		workflow.failed
		hook.received eb b
		step.completed eb b attempt=1 from=ef
		+0 step.skipped ea a attempt=1 from=ef actor=olga
		workflow.completed`
	run(t, map[string]trial{
		"goes on when resumed":    {doc: line, log: held, more: acted(once), applied: "frozen"},
		"goes on while paused":    {doc: line, log: paused, more: acted(once), rule: "frozen", says: "stood still"},
		"goes on while failed":    {doc: line, log: failed, status: "failed", rule: "frozen", says: "stood still"},
		"goes on with a skip":     {doc: two, log: skipped, applied: "frozen"},
		"goes on before a skip":   {doc: two, log: replace(skipped, "+0 step.skipped", "step.skipped"), rule: "frozen", says: "stood still"},
		"at once with the others": {doc: line, log: replace(paused, "workflow.paused\n\t\tstep", "workflow.paused\n\t\t+0 step"), more: acted(once), applied: "frozen"},
	})
}

func TestAudit_webhooks(t *testing.T) {
	t.Parallel()
	doc := `steps: [{name: a, type: webhook}]`
	log := `
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1
		hook.received ea a attempt=1
		step.completed ea a attempt=1
		workflow.completed`
	early := `
		workflow.started {"initial_data": {}}
		hook.received {"step_name": "a", "visit": 1, "early": true}
		step.started ea a attempt=1
		step.completed ea a attempt=1
		workflow.completed`
	taken := func(c *judge.Case) {
		c.Answers = []judge.Answer{{Instance: "i", Step: "a", Visit: 1, Accepted: true}}
	}
	sent := func(c *judge.Case) {
		taken(c)
		c.Answers[0].Payload = []byte(`{"v": 1}`)
	}
	run(t, map[string]trial{
		"received":       {doc: doc, log: log, more: taken, applied: "webhooks"},
		"received early": {doc: doc, log: early, more: taken, applied: "webhooks"},
		"handed on":      {doc: doc, log: replace(log, "step.completed ea a attempt=1", `step.completed ea a attempt=1 {"output_data": {"v": 1}}`), more: sent, applied: "payloads"},
		"not handed on":  {doc: doc, log: replace(log, "step.completed ea a attempt=1", `step.completed ea a attempt=1 {"output_data": {"v": 2}}`), more: sent, rule: "webhooks", says: "was sent"},
		"lost":           {doc: doc, log: replace(log, "hook.received ea a attempt=1", ""), more: taken, rule: "webhooks", says: "received 0 times"},
		"received twice": {doc: doc, log: replace(log, "hook.received ea a attempt=1", "hook.received ea a attempt=1\nhook.received ea a attempt=1"), more: taken, rule: "webhooks", says: "received 2 times"},
	})
}
