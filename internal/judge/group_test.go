package judge_test

import (
	"strings"
	"testing"
)

// grouped is a document of one group of two machine steps.
func grouped(keys string) string {
	return `steps: [{name: g, type: group, ` + keys + `}]`
}

const pq = `steps: [{name: p, type: machine, action: noop}, {name: q, type: machine, action: noop}]`

// inGroup puts lines of a group's inside between its beginning and its end.
func inGroup(end string, lines ...string) string {
	return `
		workflow.started {"initial_data": {"x": 1}}
		step.started eg g attempt=1
		` + strings.Join(lines, "\n") + "\n" + end + "\nworkflow.completed"
}

// ran gives the lines of a step that succeeded.
func ran(exec, step, output, rest string) string {
	return "step.started " + exec + " " + step + " attempt=1 scope=eg " + rest +
		"\nstep.completed " + exec + " " + step + ` attempt=1 scope=eg ` + rest + ` {"output_data": ` + output + `}`
}

func fires(lines, to string) string {
	return replace(lines, `{"output_data"`, `{"fired": ["`+to+`"], "output_data"`)
}

func done(output string) string {
	return `step.completed eg g attempt=1 {"output_data": ` + output + `}`
}

func TestAudit_groups(t *testing.T) {
	t.Parallel()
	p, q := ran("ep", "g.p", "1", "from=eg"), ran("eq", "g.q", "2", "from=eg")
	next := ran("eq", "g.q", "2", "from=ep")
	sequential, parallel, race := grouped("mode: sequential, "+pq), grouped("mode: parallel, "+pq), grouped("mode: race, "+pq)
	called := grouped("mode: parallel, " + pq + ", callback: {name: after, type: machine, action: noop}")
	call := ran("ec", "g.after", "3", "from=ep,eq")
	run(t, map[string]trial{
		"sequential":                    {doc: sequential, log: inGroup(done("2"), fires(p, "q"), next), applied: "group results"},
		"sequential is the default":     {doc: grouped(pq), log: inGroup(done("2"), fires(p, "q"), next), applied: "group sequential"},
		"sequential, both at once":      {doc: sequential, log: inGroup(done("2"), "step.started eq g.q attempt=1 scope=eg from=eg", p, `step.completed eq g.q attempt=1 scope=eg from=eg {"output_data": 2}`), rule: "group sequential", says: "began before"},
		"sequential, the second first":  {doc: sequential, log: inGroup(done("1"), q, p), rule: "arrivals", says: `came from "eg"`},
		"sequential, one is missing":    {doc: sequential, log: inGroup(done("1"), p), rule: "group sequential", says: "completed without g.q"},
		"sequential, another result":    {doc: sequential, log: inGroup(done("1"), fires(p, "q"), next), rule: "group results", says: "its steps gave 2"},
		"parallel":                      {doc: parallel, log: inGroup(done("[1, 2]"), q, p), applied: "group results"},
		"parallel, the list turned":     {doc: parallel, log: inGroup(done("[2, 1]"), q, p), rule: "group results", says: "gave [1,2]"},
		"parallel, one is missing":      {doc: parallel, log: inGroup(done("[1]"), p), rule: "group parallel", says: "without g.q"},
		"a callback":                    {doc: called, log: inGroup(done("3"), fires(p, "after"), fires(q, "after"), call), applied: "group results"},
		"a callback too early":          {doc: called, log: inGroup(done("3"), fires(p, "after"), ran("ec", "g.after", "3", "from=ep"), q), rule: "group parallel", says: "callback of g began before g.q"},
		"a callback that is left out":   {doc: called, log: inGroup(done("[1, 2]"), p, q), rule: "group parallel", says: "without its callback"},
		"a callback's result is passed": {doc: called, log: inGroup(done("[1, 2]"), fires(p, "after"), fires(q, "after"), call), rule: "group results", says: "gave 3"},
		"race": {doc: race, applied: "race won", log: inGroup(done("1"), "step.started eq g.q attempt=1 scope=eg from=eg", p,
			"step.canceled eq g.q attempt=1 scope=eg from=eg")},
		"race, two winners": {doc: race, rule: "group race", says: "two winners", log: inGroup(done("1"), p, q)},
		"race, the loser lives": {doc: race, rule: "scope", says: "g.q outlived", log: replace(inGroup(done("1"), "step.started eq g.q attempt=1 scope=eg from=eg", p),
			"workflow.completed", "step.canceled eq g.q attempt=1 scope=eg from=eg\nworkflow.completed")},
		"race, another's result": {doc: race, rule: "group results", says: "gave 1", log: inGroup(done("2"), "step.started eq g.q attempt=1 scope=eg from=eg", p,
			"step.canceled eq g.q attempt=1 scope=eg from=eg")},
		"race, nobody won": {doc: race, rule: "group race", says: "nobody had won", log: inGroup(done("null"),
			"step.started ep g.p attempt=1 scope=eg from=eg", `step.failed ep g.p attempt=1 scope=eg from=eg {"error_type": "hard"}`,
			"step.started eq g.q attempt=1 scope=eg from=eg", `step.failed eq g.q attempt=1 scope=eg from=eg {"error_type": "hard"}`)},
		"race, failed and won": {doc: race, rule: "group race", says: "although g.p had won", log: replace(inGroup(`step.failed eg g attempt=1 {"error_type": "hard"}`, p,
			"step.started eq g.q attempt=1 scope=eg from=eg", "step.canceled eq g.q attempt=1 scope=eg from=eg"), "workflow.completed", "workflow.failed"), status: "failed"},
		"a step twice":        {doc: parallel, rule: "scope", says: "ran twice", log: inGroup(done("[1, 2]"), p, q, replace(replace(p, "ep ", "er "), "attempt", "visit=2 attempt"))},
		"outside of its life": {doc: parallel, rule: "scope", says: "had not begun", log: replace(inGroup(done("[1, 2]"), p, q), "step.started eg g attempt=1", "")},
		"in another's scope": {rule: "scope", says: "in the scope of g", log: inGroup(done("[1, 2]"), p, q, replace(ran("es", "h", "1", "from=eg"), "h attempt", "h attempt")),
			doc: replace(parallel, "steps: [{name: g", "steps: [{name: h, type: machine, action: noop}, {name: g")},
		"nested": {doc: grouped("mode: parallel, steps: [{name: h, type: group, mode: race, " + pq + "}]"), applied: "race won", log: inGroup(done("[1]"),
			"step.started eh g.h attempt=1 scope=eg from=eg",
			"step.started ep g.h.p attempt=1 scope=eh from=eh", "step.started eq g.h.q attempt=1 scope=eh from=eh",
			`step.completed ep g.h.p attempt=1 scope=eh from=eh {"output_data": 1}`, "step.canceled eq g.h.q attempt=1 scope=eh from=eh",
			`step.completed eh g.h attempt=1 scope=eg from=eg {"output_data": 1}`)},
		"tried again": {doc: parallel, applied: "group results", log: `
			workflow.started {"initial_data": {}}
			step.started eg g attempt=1
			step.started ep g.p attempt=1 scope=eg from=eg
			step.started eq g.q attempt=1 scope=eg from=eg
			step.failed ep g.p attempt=1 scope=eg from=eg {"error_type": "hard"}
			step.canceled eq g.q attempt=1 scope=eg from=eg
			step.failed eg g attempt=1 {"error_type": "hard"}
			workflow.failed
			workflow.retried
			step.started eg g attempt=2
			` + replace(replace(replace(p+"\n"+q, "ep ", "er "), "eq ", "es "), "attempt", "visit=2 attempt") + `
			step.completed eg g attempt=2 {"output_data": [1, 2]}
			workflow.completed`, more: nil},
	})
}

func TestAudit_branches(t *testing.T) {
	t.Parallel()
	doc := grouped(`mode: conditional, condition: 'data.x > 0 ? "p" : "nobody"', branches: {p: {type: machine, action: noop}, q: {type: machine, action: noop}}`)
	p, q := ran("ep", "g.p", "1", "from=eg"), ran("eq", "g.q", "2", "from=eg")
	none := func(log string) string { return replace(log, `"x": 1`, `"x": 0`) }
	run(t, map[string]trial{
		"the one that is named":    {doc: doc, log: inGroup(done("1"), p), applied: "branches"},
		"another":                  {doc: doc, log: inGroup(done("2"), q), rule: "group conditional", says: `its condition names "p"`},
		"two":                      {doc: doc, log: inGroup(done("1"), p, q), rule: "group conditional", says: "2 of its branches"},
		"none, as is said":         {doc: doc, log: none(inGroup(done("null"))), applied: "branches"},
		"none, although one is":    {doc: doc, log: inGroup(done("null")), rule: "group conditional", says: "did not run"},
		"none gives something":     {doc: doc, log: none(inGroup(done("7"))), rule: "group results", says: "gave null"},
		"one, although none is":    {doc: doc, log: none(inGroup(done("1"), p)), rule: "group conditional", says: "names"},
		"the result of the branch": {doc: doc, log: inGroup(done("5"), p), rule: "group results", says: "gave 1"},
	})
}

func TestAudit_graphGroups(t *testing.T) {
	t.Parallel()
	doc := grouped(`mode: graph, steps: [{name: f, type: gateway, mode: parallel}, {name: p, type: machine, action: noop}, {name: q, type: machine, action: noop}, {name: m, type: gateway, mode: parallel}],
 edges: [{source: f, target: p}, {source: f, target: q}, {source: p, target: m}, {source: q, target: m}]`)
	fork := "step.started ef g.f attempt=1 scope=eg from=eg\nstep.completed ef g.f attempt=1 scope=eg from=eg fired=p,q"
	p, q := fires(ran("ep", "g.p", "1", "from=ef"), "m"), fires(ran("eq", "g.q", "1", "from=ef"), "m")
	meet := func(from string) string {
		return "step.started em g.m attempt=1 scope=eg from=" + from + "\nstep.completed em g.m attempt=1 scope=eg from=" + from
	}
	run(t, map[string]trial{
		"joins":         {doc: doc, log: inGroup(done("null"), fork, p, q, meet("ep,eq")), applied: "join all of several"},
		"does not wait": {doc: doc, log: inGroup(done("null"), fork, p, meet("ep"), q), rule: "join", says: "branch at g.q could still arrive"},
		"loses one":     {doc: doc, log: inGroup("workflow.paused", fork, p, q, meet("ep")), rule: "tokens", says: "the token to g.m was lost"},
		"begins twice":  {doc: doc, log: inGroup(done("null"), fork, replace(replace(fork, "ef ", "ez "), "attempt", "visit=2 attempt"), p, q, meet("ep,eq")), rule: "arrivals", says: "taken up already"},
	})
}
