package judge_test

import (
	"fmt"
	"strings"
	"testing"

	"tandem/internal/judge"
)

func replace(text, old, new string) string { return strings.ReplaceAll(text, old, new) }

// fan is a gateway with three ways on.
func fan(keys, b, c, d string) string {
	return fmt.Sprintf(`
steps:
  - {name: a, type: gateway, %s}
  - {name: b, type: gateway, mode: parallel}
  - {name: c, type: gateway, mode: parallel}
  - {name: d, type: gateway, mode: parallel}
edges:
  - {source: a, target: b%s}
  - {source: a, target: c%s}
  - {source: a, target: d%s}`, keys, b, c, d)
}

// fanned is the log of a fan whose gateway fires the given ways.
func fanned(x int, ways ...string) string {
	log := fmt.Sprintf(`
		workflow.started {"initial_data": {"x": %d}}
		step.started ea a attempt=1
		step.completed ea a attempt=1 fired=%s`, x, strings.Join(ways, ","))
	for _, way := range ways {
		log += fmt.Sprintf(`
			step.started e%[1]s %[1]s attempt=1 from=ea
			step.completed e%[1]s %[1]s attempt=1 from=ea`, way)
	}
	return log + "\nworkflow.completed"
}

func TestAudit_gateways(t *testing.T) {
	t.Parallel()
	one, two, def := ", condition: data.x > 1", ", condition: data.x > 0", ", default: true"
	exclusive, inclusive := fan("mode: exclusive", one, two, def), fan("mode: inclusive", one, two, def)
	parallel := fan("mode: parallel", "", "", "")
	named := fan(`mode: exclusive, condition: 'data.x > 1 ? "b" : "d"'`, "", "", "")
	list := fan(`mode: inclusive, condition: 'data.x > 1 ? ["b", "d"] : ["c"]'`, "", "", "")
	run(t, map[string]trial{
		"exclusive: the first true":   {doc: exclusive, log: fanned(2, "b"), applied: "gateway exclusive"},
		"exclusive: two":              {doc: exclusive, log: fanned(2, "b", "c"), rule: "edges", says: "the document says [b]"},
		"exclusive: the wrong one":    {doc: exclusive, log: fanned(1, "b"), rule: "edges", says: "the document says [c]"},
		"exclusive: the default":      {doc: exclusive, log: fanned(0, "d"), applied: "edges by default"},
		"exclusive: no default":       {doc: exclusive, log: fanned(0, "c"), rule: "edges", says: "the document says [d]"},
		"inclusive: all true":         {doc: inclusive, log: fanned(2, "b", "c"), applied: "gateway inclusive"},
		"inclusive: one too few":      {doc: inclusive, log: fanned(2, "b"), rule: "edges", says: "the document says [b c]"},
		"inclusive: default as well":  {doc: inclusive, log: fanned(1, "c", "d"), rule: "edges", says: "the document says [c]"},
		"parallel: all":               {doc: parallel, log: fanned(0, "b", "c", "d"), applied: "gateway parallel"},
		"parallel: one too few":       {doc: parallel, log: fanned(0, "b", "c"), rule: "edges", says: "the document says [b c d]"},
		"named":                       {doc: named, log: fanned(2, "b"), applied: "gateway exclusive"},
		"named, another":              {doc: named, log: fanned(1, "b"), rule: "edges", says: "the document says [d]"},
		"named, a list":               {doc: list, log: fanned(2, "b", "d"), applied: "gateway inclusive"},
		"named, not the list":         {doc: list, log: fanned(2, "b"), rule: "edges", says: "the document says [b d]"},
		"beyond: a way that is there": {doc: replace(exclusive, "data.x > 1", "data.x % 2 == 0"), log: fanned(2, "b"), applied: "edges possible"},
		"beyond: a way that is not": {doc: replace(exclusive, "data.x > 1", "data.x % 2 == 0"), rule: "edges", says: "no edge leads",
			log: replace(fanned(2, "b"), "fired=b", "fired=a,b")},
	})
}

const guarded = `
steps: [{name: a, type: human, anyone: true, outcomes: [yes, no], when: data.x > 0}, {name: b, type: gateway, mode: parallel}, {name: c, type: gateway, mode: parallel}, {name: d, type: gateway, mode: parallel}]
edges: [{source: a, target: b, on_skip: true}, {source: a, target: c}, {source: a, target: d, condition: 'steps.a.outcome == "yes"'}]`

func decided(x int, outcome string, ways ...string) string {
	did := fmt.Sprintf(`
		step.started ea a attempt=1
		task.created ea a {"task_id": "ta"}
		task.completed ea a {"task_id": "ta", "outcome": %[1]q, "completed_by": "mia"}
		step.completed ea a attempt=1 fired=%[2]s {"outcome": %[1]q}`, outcome, strings.Join(ways, ","))
	if outcome == "" {
		did = "\nstep.skipped ea a fired=" + strings.Join(ways, ",")
	}
	log := fmt.Sprintf("workflow.started {\"initial_data\": {\"x\": %d}}", x) + did
	for _, way := range ways {
		log += fmt.Sprintf("\nstep.started e%[1]s %[1]s attempt=1 from=ea\nstep.completed e%[1]s %[1]s attempt=1 from=ea", way)
	}
	return log + "\nworkflow.completed"
}

func TestAudit_guardsAndOutcomes(t *testing.T) {
	t.Parallel()
	run(t, map[string]trial{
		"yes":                    {doc: guarded, log: decided(1, "yes", "c", "d"), applied: "decisions"},
		"no":                     {doc: guarded, log: decided(1, "no", "c"), applied: "guards"},
		"no, yet on":             {doc: guarded, log: decided(1, "no", "c", "d"), rule: "edges", says: "the document says [c]"},
		"skipped":                {doc: replace(guarded, `, {source: a, target: d, condition: 'steps.a.outcome == "yes"'}`, ""), log: decided(0, "", "b", "c"), applied: "edges after a skip"},
		"skipped, not on_skip":   {doc: replace(guarded, `, {source: a, target: d, condition: 'steps.a.outcome == "yes"'}`, ""), log: decided(0, "", "c"), rule: "edges", says: "[b c]"},
		"on_skip without a skip": {doc: guarded, log: decided(1, "no", "b", "c"), rule: "edges", says: "the document says [c]"},
		"a terminating step that is skipped ends nothing": {doc: replace(replace(guarded, "when: data.x > 0", "when: data.x > 0, terminate: true"), `, {source: a, target: d, condition: 'steps.a.outcome == "yes"'}`, ""), log: decided(0, "", "b", "c"), applied: "edges after a skip"},
		"skipped, guard true":                             {doc: guarded, log: decided(1, "", "b", "c"), rule: "guards", says: "being true"},
		"ran, guard false":                                {doc: guarded, log: decided(0, "no", "c"), rule: "guards", says: "being false"},
		"skipped without a guard":                         {doc: replace(guarded, ", when: data.x > 0", ""), log: decided(1, "", "b", "c"), rule: "guards", says: "without a guard"},
		"an outcome that is none":                         {doc: guarded, log: decided(1, "perhaps", "c"), rule: "decisions", says: "none of [yes no]"},
	})
}

const handled = `
steps:
  - {name: a, type: machine, action: act, timeout: 100ms, on_failure: [{when: 'error.code == "soft"', step: b}, {when: 'error.code == "hard"', step: c}]}
  - {name: b, type: gateway, mode: parallel}
  - {name: c, type: gateway, mode: parallel}
  - {name: d, type: gateway, mode: parallel}
edges: [{source: a, target: d}]`

func failing(code, way string, wait int) string {
	return fmt.Sprintf(`
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1
		+%[3]d step.failed ea a attempt=1 fired=%[2]s {"error_type": %[1]q}
		step.started eb %[2]s attempt=1 from=ea
		step.completed eb %[2]s attempt=1 from=ea
		workflow.completed`, code, way, wait)
}

func TestAudit_handlers(t *testing.T) {
	t.Parallel()
	silent := `
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1
		step.failed ea a attempt=1 {"error_type": "CODE"}
		workflow.failed`
	run(t, map[string]trial{
		"the first that fits":    {doc: handled, log: failing("soft", "b", 1), applied: "handlers"},
		"the second that fits":   {doc: handled, log: failing("hard", "c", 1), applied: "handlers"},
		"not the one that fits":  {doc: handled, log: failing("hard", "b", 1), rule: "handlers", says: `the document says "c"`},
		"none fits":              {doc: handled, log: replace(silent, "CODE", "odd"), status: "failed", applied: "handlers"},
		"one fits and is passed": {doc: handled, log: replace(silent, "CODE", "soft"), status: "failed", rule: "handlers", says: `the document says "b"`},
		"at the exit":            {doc: handled, log: replace(silent, "CODE", "exit_failed"), status: "failed"},
		"by on_timeout": {applied: "time-outs", log: replace(failing("timeout", "c", 150), "ea a", "ea a"),
			doc: replace(replace(handled, "type: machine, action: act", "type: webhook, on_timeout: {step: c}"), "timeout: 100ms", "timeout: 100ms")},
		"a time-out too early": {rule: "time-outs", says: "the document says 100ms", log: failing("timeout", "c", 50),
			doc: replace(handled, "type: machine, action: act", "type: webhook, on_timeout: {step: c}")},
	})
}

func TestAudit_decisions(t *testing.T) {
	t.Parallel()
	const human = `steps: [{name: a, type: human, anyone: true, outcomes: [yes, no], timeout: 100ms, on_timeout: {outcome: no}}]`
	log := func(tail string) string {
		return `workflow.started {"initial_data": {}}
			step.started ea a attempt=1
			task.created ea a {"task_id": "ta"}
			` + tail + `
			workflow.completed`
	}
	yes := log(`task.completed ea a {"task_id": "ta", "outcome": "yes", "completed_by": "mia"}
		step.completed ea a attempt=1 {"outcome": "yes"}`)
	told := func(answers ...judge.Answer) func(*judge.Case) {
		return func(c *judge.Case) { c.Answers = answers }
	}
	mia := judge.Answer{Task: "ta", Instance: "i", Actor: "mia", Outcome: "yes", Accepted: true}
	otto := judge.Answer{Task: "ta", Instance: "i", Actor: "otto", Outcome: "yes", Accepted: true}
	loser := judge.Answer{Task: "ta", Instance: "i", Actor: "otto", Outcome: "no"}
	run(t, map[string]trial{
		"one winner":               {doc: human, log: yes, more: told(mia, loser), applied: "winners"},
		"two winners":              {doc: human, log: yes, more: told(mia, otto), rule: "winners", says: "both mia and otto"},
		"the wrong winner":         {doc: human, log: yes, more: told(otto), rule: "winners", says: "the log says mia"},
		"a winner nobody knows":    {doc: human, log: yes, more: told(mia, judge.Answer{Task: "tz", Actor: "otto", Accepted: true}), rule: "winners", says: "does not say so"},
		"decided twice":            {doc: human, rule: "decisions", says: "decided twice", log: replace(yes, "step.completed", "task.completed ea a {\"task_id\": \"ta\", \"outcome\": \"yes\", \"completed_by\": \"otto\"}\nstep.completed")},
		"nobody decided":           {doc: human, rule: "decisions", says: "nobody decided", log: log(`step.completed ea a attempt=1 {"outcome": "yes"}`)},
		"decided, done otherwise":  {doc: human, rule: "decisions", says: "completed as", log: replace(yes, `step.completed ea a attempt=1 {"outcome": "yes"}`, `step.completed ea a attempt=1 {"outcome": "no"}`)},
		"a task nobody made":       {doc: human, rule: "decisions", says: "never made", log: replace(yes, `{"task_id": "ta", "outcome"`, `{"task_id": "tx", "outcome"`)},
		"asked again":              {doc: human, rule: "tasks", says: "asks again", log: replace(yes, "step.completed", "task.created ea a {\"task_id\": \"tb\"}\nstep.completed")},
		"by the system":            {doc: human, applied: "decisions by time-out", log: log("+120 task.completed ea a {\"task_id\": \"ta\", \"outcome\": \"no\", \"completed_by\": \"system:timeout\"}\nstep.completed ea a attempt=1 {\"outcome\": \"no\"}")},
		"by the system, too early": {doc: human, rule: "time-outs", says: "100ms", log: log("+20 task.completed ea a {\"task_id\": \"ta\", \"outcome\": \"no\", \"completed_by\": \"system:timeout\"}\nstep.completed ea a attempt=1 {\"outcome\": \"no\"}")},
		"by the system, otherwise": {doc: human, rule: "decisions", says: "on_timeout does not say", log: log("+120 task.completed ea a {\"task_id\": \"ta\", \"outcome\": \"yes\", \"completed_by\": \"system:timeout\"}\nstep.completed ea a attempt=1 {\"outcome\": \"yes\"}")},
	})
}
