package judge_test

import "testing"

// diamond is a parallel fork of two people that meets in one step.
const diamond = `
steps:
  - {name: fork, type: gateway, mode: parallel}
  - {name: a, type: human, anyone: true}
  - {name: b, type: human, anyone: true}
  - {name: meet, type: gateway, mode: parallel, join: JOIN}
edges:
  - {source: fork, target: a}
  - {source: fork, target: b}
  - {source: a, target: meet}
  - {source: b, target: meet}`

const forked = `
workflow.started {"initial_data": {}}
step.started ef fork attempt=1
step.completed ef fork attempt=1 fired=a,b
step.started ea a attempt=1 from=ef
task.created ea a {"task_id": "ta"}
step.started eb b attempt=1 from=ef
task.created eb b {"task_id": "tb"}
`

const aDone = `
task.completed ea a {"task_id": "ta", "completed_by": "mia"}
step.completed ea a attempt=1 from=ef fired=meet
`

const bDone = `
task.completed eb b {"task_id": "tb", "completed_by": "otto"}
step.completed eb b attempt=1 from=ef fired=meet
`

func TestAudit_tokens(t *testing.T) {
	t.Parallel()
	all := replace(diamond, "JOIN", "all")
	run(t, map[string]trial{
		"one is lost": {doc: all, rule: "tokens", says: "the token to meet was lost", log: forked + aDone + bDone + `
			step.started em meet attempt=1 from=ea
			step.completed em meet attempt=1 from=ea
			workflow.completed`},
		"one comes twice": {doc: all, rule: "arrivals", says: "taken up already", log: forked + aDone + bDone + `
			step.started em meet attempt=1 from=ea,eb
			step.completed em meet attempt=1 from=ea,eb
			step.started en meet visit=2 attempt=1 from=eb
			step.completed en meet visit=2 attempt=1 from=eb
			workflow.completed`},
		"one comes from nowhere": {doc: all, rule: "arrivals", says: `it came from "zz"`, log: forked + aDone + bDone + `
			step.started em meet attempt=1 from=ea,eb,zz
			step.completed em meet attempt=1 from=ea,eb,zz
			workflow.completed`},
		"one comes before it was sent": {doc: all, rule: "arrivals", says: "before", log: forked + aDone + `
			step.started em meet attempt=1 from=ea,eb` + bDone + `
			step.completed em meet attempt=1 from=ea,eb
			workflow.completed`},
		"two beginnings": {doc: all, rule: "arrivals", says: `it came from ""`, log: `
			workflow.started {"initial_data": {}}
			step.started ef fork attempt=1
			step.started eg fork visit=2 attempt=1
			step.canceled ef fork attempt=1
			step.canceled eg fork visit=2 attempt=1
			workflow.canceled`, status: "canceled"},
		"to a stranger": {doc: all, rule: "tokens", says: "no step beside it", status: "running", log: `
			workflow.started {"initial_data": {}}
			step.started ef fork attempt=1
			step.completed ef fork attempt=1 fired=a,b,nobody`},
		"spared by a terminating step": {rule: "terminate", says: "b lives on after end", log: `
			workflow.started {"initial_data": {}}
			step.started ef fork attempt=1
			step.completed ef fork attempt=1 fired=b,end
			step.started eb b attempt=1 from=ef
			step.started ee end attempt=1 from=ef
			step.completed ee end attempt=1 from=ef
			step.canceled eb b attempt=1 from=ef
			workflow.completed`, doc: `
steps: [{name: fork, type: gateway, mode: parallel}, {name: end, type: gateway, mode: parallel, terminate: true}, {name: b, type: webhook}]
edges: [{source: fork, target: end}, {source: fork, target: b}]`},
		"canceled by a terminating step": {applied: "terminate", log: `
			workflow.started {"initial_data": {}}
			step.started ef fork attempt=1
			step.completed ef fork attempt=1 fired=b,end
			step.started eb b attempt=1 from=ef
			step.started ee end attempt=1 from=ef
			step.completed ee end attempt=1 from=ef
			+0 step.canceled eb b attempt=1 from=ef
			+0 workflow.completed`, doc: `
steps: [{name: fork, type: gateway, mode: parallel}, {name: end, type: gateway, mode: parallel, terminate: true}, {name: b, type: webhook}]
edges: [{source: fork, target: end}, {source: fork, target: b}]`},
		"dropped by a terminating step": {log: `
			workflow.started {"initial_data": {}}
			step.started ef fork attempt=1
			step.completed ef fork attempt=1 fired=end,b
			step.started ee end attempt=1 from=ef
			step.completed ee end attempt=1 from=ef
			workflow.completed`, applied: "tokens", doc: `
steps: [{name: fork, type: gateway, mode: parallel}, {name: end, type: gateway, mode: parallel, terminate: true}, {name: b, type: human}]
edges: [{source: fork, target: end}, {source: fork, target: b}]`},
	})
}

func TestAudit_joinAll(t *testing.T) {
	t.Parallel()
	all := replace(diamond, "JOIN", "all")
	run(t, map[string]trial{
		"waits for both": {doc: all, applied: "join all of several", log: forked + aDone + bDone + `
			step.started em meet attempt=1 from=ea,eb
			step.completed em meet attempt=1 from=ea,eb
			workflow.completed`},
		"is the default": {doc: replace(diamond, ", join: JOIN", ""), applied: "join all of several", log: forked + aDone + bDone + `
			step.started em meet attempt=1 from=ea,eb
			step.completed em meet attempt=1 from=ea,eb
			workflow.completed`},
		"does not wait": {doc: all, rule: "join", says: "the branch at b could still arrive", log: forked + aDone + `
			step.started em meet attempt=1 from=ea
			step.completed em meet attempt=1 from=ea` + bDone + `
			step.started en meet visit=2 attempt=1 from=eb
			step.completed en meet visit=2 attempt=1 from=eb
			workflow.completed`},
		"waits for nobody who died": {doc: all, applied: "join all", log: forked + aDone + `
			step.failed eb b from=ef {"error_type": "timeout"}
			workflow.failed
			workflow.retried
			step.started eb b attempt=1 from=ef
			task.created eb b {"task_id": "tc"}
			task.completed eb b {"task_id": "tc", "completed_by": "otto"}
			step.completed eb b attempt=1 from=ef fired=meet
			step.started em meet attempt=1 from=ea,eb
			step.completed em meet attempt=1 from=ea,eb
			workflow.completed`},
		"runs while a failed branch can still arrive": {doc: all, rule: "join", says: "could still arrive", log: forked + aDone + `
			step.failed eb b from=ef {"error_type": "timeout"}
			step.started em meet attempt=1 from=ea
			workflow.failed`, status: "failed"},
	})
}

func TestAudit_operators(t *testing.T) {
	t.Parallel()
	all := replace(diamond, "JOIN", "all")
	failedB := forked + aDone + `
		step.failed eb b from=ef {"error_type": "timeout"}
		workflow.failed`
	again := `
		workflow.retried {"from_step": "b"}
		step.started ec b visit=2 attempt=1
		task.created ec b visit=2 {"task_id": "tc"}
		task.completed ec b visit=2 {"task_id": "tc", "completed_by": "otto"}
		step.completed ec b visit=2 attempt=1 fired=meet
		step.started em meet attempt=1 from=ea,ec
		step.completed em meet attempt=1 from=ea,ec
		workflow.completed`
	edited := replace(lineLog, "step.started eb", `data.edited actor=olga {"before": {"n": 1, "gone": 2}, "after": {"n": 3}}
step.started eb`)
	edited = replace(edited, `{"initial_data": {}}`, `{"initial_data": {"n": 1, "gone": 2, "kept": 4}}`)
	run(t, map[string]trial{
		"retried from a step":        {doc: all, applied: "join all of several", log: failedB + "\nstep.canceled eb b from=ef" + again},
		"retried, the old one lives": {doc: all, rule: "fate", says: "never ended", log: failedB + again},
		"retried from a join": {doc: all, applied: "join all", log: failedB + `
			step.canceled eb b from=ef
			workflow.retried {"from_step": "meet"}
			step.started em meet attempt=1 from=ea
			step.completed em meet attempt=1 from=ea
			workflow.completed`},
		"retried from a step twice": {doc: all, rule: "arrivals", says: "taken up already", log: failedB + "\nstep.canceled eb b from=ef" + replace(again, "step.started em",
			"step.started ez b visit=3 attempt=1\nstep.canceled ez b visit=3\nstep.started em")},
		"retried from nowhere": {doc: all, rule: "tokens", says: "does not have", status: "failed", log: failedB + "\n" + `workflow.retried {"from_step": "zz"}` + "\nworkflow.failed"},
		"skipped by hand": {doc: all, applied: "edges after a skip", log: failedB + `
			step.skipped eb b from=ef actor=olga fired=meet
			step.started em meet attempt=1 from=ea,eb
			step.completed em meet attempt=1 from=ea,eb
			workflow.completed`},
		"skipped with a result": {doc: replace(all, "{name: b, ", "{name: b, output: given, "), data: `{"given": 7}`, applied: "data", log: failedB + `
			step.skipped eb b from=ef actor=olga {"fired": ["meet"], "output_data": 7}
			step.started em meet attempt=1 from=ea,eb
			step.completed em meet attempt=1 from=ea,eb
			workflow.completed`},
		"skipped, and the result lost": {doc: replace(all, "{name: b, ", "{name: b, output: given, "), data: `{}`, rule: "data", says: `"given":7`, log: failedB + `
			step.skipped eb b from=ef actor=olga {"fired": ["meet"], "output_data": 7}
			step.started em meet attempt=1 from=ea,eb
			step.completed em meet attempt=1 from=ea,eb
			workflow.completed`},
		"skipped by hand, goes nowhere": {doc: all, rule: "edges", says: "the document says [meet]", log: failedB + `
			step.skipped eb b from=ef actor=olga
			step.started em meet attempt=1 from=ea
			step.completed em meet attempt=1 from=ea
			workflow.completed`},
		"edited":            {doc: line, log: edited, more: acted(once), data: `{"n": 3, "kept": 4}`, applied: "data"},
		"edited, and lost":  {doc: line, log: edited, more: acted(once), data: `{"n": 1, "kept": 4}`, rule: "data", says: `"n":3`},
		"edited, not taken": {doc: line, log: edited, more: acted(once), data: `{"n": 3, "kept": 4, "gone": 2}`, rule: "data", says: "computes"},
	})
}

// rounds goes back from b to a twice.
const rounds = `
steps:
  - {name: a, type: gateway, mode: parallel}
  - {name: b, type: gateway, mode: exclusive, set: {n: data.n + 1}}
  - {name: c, type: gateway, mode: parallel}
edges:
  - {source: a, target: b}
  - {source: b, target: a, condition: data.n < 2}
  - {source: b, target: c, default: true}`

func TestAudit_loops(t *testing.T) {
	t.Parallel()
	twice := `
		workflow.started {"initial_data": {"n": 0}}
		step.started a1 a attempt=1
		step.completed a1 a attempt=1 fired=b
		step.started b1 b attempt=1 from=a1
		step.completed b1 b attempt=1 from=a1 fired=a
		step.started a2 a visit=2 attempt=1 from=b1
		step.completed a2 a visit=2 attempt=1 from=b1 fired=b
		step.started b2 b visit=2 attempt=1 from=a2
		step.completed b2 b visit=2 attempt=1 from=a2 fired=c
		step.started ec c attempt=1 from=b2
		step.completed ec c attempt=1 from=b2
		workflow.completed`
	run(t, map[string]trial{
		"each arrival is a visit": {doc: rounds, log: twice, applied: "join any", data: `{"n": 2}`},
		"the data are others":     {doc: rounds, log: twice, rule: "data", says: `the log computes {"n":2}`, data: `{"n": 3}`},
		"two arrivals in one visit": {doc: rounds, rule: "join", says: "2 arrivals at once", status: "running", log: `
			workflow.started {"initial_data": {"n": 0}}
			step.started a1 a attempt=1
			step.completed a1 a attempt=1 fired=b,b
			step.started b1 b attempt=1 from=a1,a1`},
		"one round too many": {doc: rounds, rule: "edges", says: "fired [a], the document says [c]", status: "running", log: `
			workflow.started {"initial_data": {"n": 1}}
			step.started a1 a attempt=1
			step.completed a1 a attempt=1 fired=b
			step.started b1 b attempt=1 from=a1
			step.completed b1 b attempt=1 from=a1 fired=a`},
	})
}

func TestAudit_joinFirst(t *testing.T) {
	t.Parallel()
	first := replace(diamond, "JOIN", "first")
	run(t, map[string]trial{
		"cancels the other": {doc: first, applied: "join first cancels", log: forked + aDone + `
			step.canceled eb b attempt=1 from=ef
			step.started em meet attempt=1 from=ea
			step.completed em meet attempt=1 from=ea
			workflow.completed`},
		"leaves the other": {doc: first, rule: "join", says: "left the branch at b alive", log: forked + aDone + `
			step.started em meet attempt=1 from=ea
			step.completed em meet attempt=1 from=ea` + bDone + `
			step.started en meet visit=2 attempt=1 from=eb
			step.completed en meet visit=2 attempt=1 from=eb
			workflow.completed`},
		"takes two": {doc: first, rule: "join", says: "it runs on the first", log: forked + aDone + bDone + `
			step.started em meet attempt=1 from=ea,eb
			step.completed em meet attempt=1 from=ea,eb
			workflow.completed`},
	})
}
