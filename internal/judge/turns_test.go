package judge_test

import "testing"

func TestAudit_turns(t *testing.T) {
	t.Parallel()
	with := func(event string) string {
		return replace(lineLog, "step.started eb", event+"\nstep.started eb")
	}
	hook := `steps: [{name: a, type: webhook}]`
	hooked := `
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1
		hook.received ea a attempt=1
		step.completed ea a attempt=1
		workflow.completed`
	run(t, map[string]trial{
		"paused and resumed":      {doc: line, log: with("workflow.paused\nworkflow.resumed"), more: acted(once), applied: "pauses"},
		"paused twice":            {doc: line, log: with("workflow.paused\nworkflow.paused\nworkflow.resumed"), more: acted(once), rule: "order", says: "workflow.paused, and it was so already"},
		"resumed without a pause": {doc: line, log: with("workflow.resumed"), more: acted(once), rule: "order", says: "workflow.resumed, and it was so already"},
		"retried without a fault": {doc: line, log: with("workflow.retried"), more: acted(once), rule: "order", says: "had not failed"},
		"lost, and did not run":   {doc: line, log: replace(lineLog, "step.completed eb", "step.lost eb b\nstep.lost eb b\nstep.started eb b attempt=2 from=ea\nstep.completed eb"), more: acted(once), rule: "lifetime", says: "which did not run"},
		"answered":                {doc: hook, log: hooked, applied: "answered"},
		"answered by nobody":      {doc: hook, log: replace(hooked, "hook.received ea a attempt=1\n", ""), rule: "webhooks", says: "after 0 requests and 0 messages"},
		"answered twice":          {doc: hook, log: replace(hooked, "hook.received", "hook.received ea a\nhook.received"), rule: "webhooks", says: "after 2 requests"},
		"lives on": {doc: `steps: [{name: a, type: human, anyone: true, for_each: "[1]", complete_when: "done >= 0"}]`, rule: "fate", says: "lives on", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1 {"total": 1}
			step.started e0 a attempt=1 scope=ea from=ea
			step.completed ea a attempt=1 {"output_data": [null]}
			workflow.completed`},
		"asks twice by one task":         {doc: askOne, log: askLog + replace(askLog, "workflow.started {\"initial_data\": {}}\nstep.started ea a attempt=1\n", "") + mia + askEnd, rule: "tasks", says: "asks twice by one task"},
		"claimed by whom it was claimed": {doc: askOne, log: askLog + claimed + claimed + mia + askEnd, rule: "holders", says: "mia claimed a"},
	})
}
