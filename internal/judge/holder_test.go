package judge_test

import (
	"testing"

	"tandem/internal/judge"
)

const askOne = `steps: [{name: a, type: human, candidate_groups: [staff], guests: [gil@example.org], exclude: [zoe], outcomes: [yes, no]}]`

const askLog = `
workflow.started {"initial_data": {}}
step.started ea a attempt=1
task.created ea a {"task_id": "ta", "candidate_groups": ["staff"], "guests": ["gil@example.org"]}`

const askEnd = `
step.completed ea a attempt=1 {"outcome": "yes"}
workflow.completed`

const (
	claimed     = "\n" + `task.claimed ea a actor=mia {"task_id": "ta", "assignee": "mia"}`
	unclaimed   = "\n" + `task.unclaimed ea a actor=mia {"task_id": "ta"}`
	delegated   = "\n" + `task.delegated ea a actor=mia {"task_id": "ta", "from_assignee": "mia", "to_assignee": "olga"}`
	returned    = "\n" + `task.returned ea a actor=olga {"task_id": "ta", "from_assignee": "olga", "to_assignee": "mia"}`
	reassigned  = "\n" + `task.reassigned ea a actor=olga {"task_id": "ta", "from_assignee": "mia", "to_assignee": "olga"}`
	toBosses    = "\n" + `task.reassigned ea a actor=olga {"task_id": "ta", "to_group": "bosses"}`
	escalated   = "\n" + `task.escalated ea a {"task_id": "ta", "candidate_users": ["mia"], "candidate_groups": ["staff", "bosses"]}`
	mia         = "\n" + `task.completed ea a actor=mia {"task_id": "ta", "completed_by": "mia", "outcome": "yes"}`
	otto        = "\n" + `task.completed ea a actor=otto {"task_id": "ta", "completed_by": "otto", "outcome": "yes"}`
	olga        = "\n" + `task.completed ea a actor=olga {"task_id": "ta", "completed_by": "olga", "outcome": "yes"}`
	bob         = "\n" + `task.completed ea a actor=bob {"task_id": "ta", "completed_by": "bob", "outcome": "yes"}`
	zoe         = "\n" + `task.completed ea a actor=zoe {"task_id": "ta", "completed_by": "zoe", "outcome": "yes"}`
	gil         = "\n" + `task.completed ea a actor=guest:gil@example.org {"task_id": "ta", "completed_by": "guest:gil@example.org", "outcome": "yes"}`
	eve         = "\n" + `task.completed ea a actor=guest:eve@example.org {"task_id": "ta", "completed_by": "guest:eve@example.org", "outcome": "yes"}`
	ottoClaimed = "\n" + `task.claimed ea a actor=otto {"task_id": "ta", "assignee": "otto"}`
)

func TestAudit_holders(t *testing.T) {
	t.Parallel()
	groups := func(c *judge.Case) {
		c.Groups = map[string][]string{"mia": {"staff"}, "otto": {"staff"}, "bob": {"bosses"}, "zoe": {"staff"}, "olga": nil}
	}
	of := func(log string) trial { return trial{doc: askOne, log: askLog + log + askEnd, more: groups} }
	sound := func(log, applied string) trial { tt := of(log); tt.applied = applied; return tt }
	broken := func(log, says string) trial { tt := of(log); tt.rule, tt.says = "holders", says; return tt }
	run(t, map[string]trial{
		"claimed and decided":          sound(claimed+mia, "claims"),
		"given back":                   sound(claimed+unclaimed+otto, "unclaims"),
		"reassigned":                   sound(claimed+reassigned+olga, "reassignments"),
		"reassigned, taken over":       sound(claimed+reassigned+otto, "reassignments"),
		"prepared by another":          sound(delegated+returned+mia, "returns"),
		"escalated":                    sound(claimed+escalated+bob, "escalations"),
		"by a guest":                   sound(gil, "guests"),
		"claimed by another":           broken(claimed+otto, "otto decided a"),
		"claimed by two":               broken(claimed+ottoClaimed+otto, "otto claimed a"),
		"given back by nobody":         broken(unclaimed+mia, "mia gave back a"),
		"decided while another has it": broken(delegated+mia, "mia decided a"),
		"decided by who prepares":      broken(delegated+olga, "olga decided a"),
		"returned and not lent":        broken(claimed+returned+mia, "olga returned a"),
		"returned to another": broken(delegated+replace(returned, `"to_assignee": "mia"`, `"to_assignee": "otto"`)+otto,
			"olga returned a"),
		"taken from who has it not": broken(reassigned+olga, "took from mia a"),
		"not asked":                 broken(bob, "bob decided a"),
		"not asked any more":        broken(toBosses+otto, "otto decided a"),
		"a guest not asked any more": broken(toBosses+gil,
			"guest:gil@example.org decided a"),
		"a guest who is not asked": broken(eve, "guest:eve@example.org decided a"),
		"excluded":                 broken(zoe, "zoe decided a"),
		"asks others": {doc: replace(askOne, "candidate_groups: [staff]", "candidate_groups: [bosses]"), log: askLog + mia + askEnd, rule: "asked",
			says: "the groups [staff]"},
	})
}

func TestAudit_told(t *testing.T) {
	t.Parallel()
	for verb, log := range map[string]string{
		"claim": claimed + mia, "unclaim": claimed + unclaimed + mia, "delegate": delegated + returned + mia,
	} {
		told := func(who string) func(*judge.Case) {
			return func(c *judge.Case) {
				c.Answers = []judge.Answer{{Verb: verb, Task: "ta", Instance: "i", Actor: who, Accepted: true}}
			}
		}
		run(t, map[string]trial{
			verb:              {doc: askOne, log: askLog + log + askEnd, more: told("mia"), applied: "told: " + verb},
			verb + " is lost": {doc: askOne, log: askLog + log + askEnd, more: told("otto"), rule: "told", says: "otto was told that he did " + verb},
		})
	}
	run(t, map[string]trial{
		"claims what is his own": {doc: askOne, log: askLog + delegated + returned + mia + askEnd, more: func(c *judge.Case) {
			c.Answers = []judge.Answer{
				{Verb: "claim", Task: "ta", Instance: "i", Actor: "mia", Accepted: true}, {Verb: "claim", Task: "ta", Instance: "i", Actor: "olga", Accepted: true},
			}
		}, applied: "told: claim"},
	})
}

func TestAudit_votes(t *testing.T) {
	t.Parallel()
	doc := `steps: [{name: a, type: human, anyone: true, for_each: "[1, 2]", distinct: true}]`
	log := `
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1 {"total": 2}
		step.started e0 a attempt=1 scope=ea from=ea index=0
		task.created e0 a scope=ea index=0 {"task_id": "t0"}
		step.started e1 a attempt=1 scope=ea from=ea index=1
		task.created e1 a scope=ea index=1 {"task_id": "t1"}
		task.completed e0 a scope=ea index=0 {"task_id": "t0", "completed_by": "mia"}
		step.completed e0 a attempt=1 scope=ea from=ea index=0
		task.completed e1 a scope=ea index=1 {"task_id": "t1", "completed_by": "VOTER"}
		step.completed e1 a attempt=1 scope=ea from=ea index=1
		step.completed ea a attempt=1 {"output_data": [null, null]}
		workflow.completed`
	run(t, map[string]trial{
		"of two":       {doc: doc, log: replace(log, "VOTER", "otto"), applied: "votes"},
		"of one twice": {doc: doc, log: replace(log, "VOTER", "mia"), rule: "votes", says: "mia decided items 0 and 1"},
		"of one twice, allowed": {doc: replace(doc, "distinct: true", "distinct: false"), log: replace(log, "VOTER", "mia"),
			applied: "for_each"},
	})
}
