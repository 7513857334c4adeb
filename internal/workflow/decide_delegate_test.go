package workflow

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const askDoc = `
steps:
- name: ask
  type: human
  assignee: mia
  candidate_groups: [managers]
  exclude: [otto]
  outcomes: [approve, {name: reject, validate: none}]
  form: {schema: {type: object, required: [why], properties: {why: {type: string}}}}
- {name: done, type: machine, action: noop}
edges: [{source: ask, target: done}]
`

func TestDecide_DelegateTask(t *testing.T) {
	t.Parallel()
	t.Run("the_other_proposes_and_the_owner_decides", func(t *testing.T) {
		t.Parallel()
		s := started(t, askDoc, `{}`)
		id := s.open("ask").ID
		s.must(DelegateTask{TaskID: id, Actor: mia, To: "finn", Reason: "look at it"})
		if task := s.tasks[id]; task.Owner != "mia" || task.Assignee != "finn" || task.ClaimedAt == nil || task.Version != 2 {
			t.Errorf("delegated: %+v", task)
		}
		for _, a := range []Actor{mia, finn, {ID: "max", Tenant: DefaultTenant, Groups: []string{"managers"}}} {
			s.refused(t, CompleteTask{TaskID: id, Actor: a, Outcome: "reject"}, KindConflict, "mia has delegated this task to finn")
			s.refused(t, ClaimTask{TaskID: id, Actor: a}, KindConflict, "delegated")
			s.refused(t, DelegateTask{TaskID: id, Actor: a, To: "ina"}, KindConflict, "delegated")
		}
		s.refused(t, UnclaimTask{TaskID: id, Actor: finn}, KindConflict, "Return it")
		s.refused(t, ReassignTask{TaskID: id, Actor: finn, User: "ina"}, KindForbidden, "operate")
		s.must(ReturnTask{TaskID: id, Actor: finn, Outcome: "approve", Output: json.RawMessage(`{"n": 1.50}`), Comment: "looks fine"})
		want := &Proposal{By: "finn", Outcome: "approve", Output: json.RawMessage(`{"n": 1.50}`), Comment: "looks fine"}
		task := s.tasks[id]
		if diff := cmp.Diff(want, task.Proposal); diff != "" || task.Assignee != "mia" || task.Owner != "" {
			t.Errorf("returned to %q, owner %q, proposal (-want +got):\n%s", task.Assignee, task.Owner, diff)
		}
		s.refused(t, CompleteTask{TaskID: id, Actor: finn, Outcome: "reject"}, KindForbidden, "not yours")
		s.must(CompleteTask{TaskID: id, Actor: mia, Outcome: "reject"})
		s.finish("done", "", nil)
		s.status(t, StatusCompleted)
		for kind, who := range map[EventType]string{EventTaskDelegated: `"finn"`, EventTaskReturned: `"mia"`} {
			if got := s.told(kind, "to_assignee"); !slices.Equal(got, []string{who}) {
				t.Errorf("%s to %v, want %s", kind, got, who)
			}
		}
	})
	t.Run("bad_ones_are_refused", func(t *testing.T) {
		t.Parallel()
		s := started(t, askDoc, `{}`)
		id := s.open("ask").ID
		s.refused(t, DelegateTask{TaskID: id, Actor: finn, To: "ina"}, KindForbidden, "not yours")
		s.refused(t, DelegateTask{TaskID: id, Actor: otto, To: "ina"}, KindForbidden, "excludes you")
		s.refused(t, DelegateTask{TaskID: id, Actor: mia, To: "otto"}, KindInvalid, "excludes")
		s.refused(t, DelegateTask{TaskID: id, Actor: mia, To: "mia"}, KindInvalid, "already")
		s.refused(t, DelegateTask{TaskID: id, Actor: mia}, KindInvalid, "Name who")
		s.refused(t, DelegateTask{TaskID: id, Actor: mia, To: "ina", Version: 7}, KindConflict, "changed")
		s.refused(t, ReturnTask{TaskID: id, Actor: mia}, KindConflict, "not delegated")
		s.must(DelegateTask{TaskID: id, Actor: mia, To: "ina"})
		s.refused(t, ReturnTask{TaskID: id, Actor: finn}, KindForbidden, "operate")
		s.refused(t, ReturnTask{TaskID: id, Actor: ina, Outcome: "perhaps"}, KindInvalid, "approve, reject")
		s.refused(t, ReturnTask{TaskID: id, Actor: ina, Output: json.RawMessage(`[]`)}, KindInvalid, "object")
	})
	t.Run("the_owner_and_operators_take_it_back", func(t *testing.T) {
		t.Parallel()
		for _, a := range []Actor{mia, olga} {
			s := started(t, askDoc, `{}`)
			id := s.open("ask").ID
			s.must(DelegateTask{TaskID: id, Actor: mia, To: "finn"})
			s.must(ReturnTask{TaskID: id, Actor: a, Outcome: "approve", Output: json.RawMessage{}})
			if task := s.tasks[id]; task.Assignee != "mia" || task.Proposal != nil {
				t.Errorf("taken back by %s: %+v", a.ID, task)
			}
		}
	})
	t.Run("a_comment_is_enough", func(t *testing.T) {
		t.Parallel()
		s := started(t, askDoc, `{}`)
		id := s.open("ask").ID
		s.must(DelegateTask{TaskID: id, Actor: mia, To: "finn"})
		s.must(ReturnTask{TaskID: id, Actor: finn, Comment: "fine", Output: json.RawMessage{}})
		if diff := cmp.Diff(&Proposal{By: "finn", Comment: "fine"}, s.tasks[id].Proposal); diff != "" {
			t.Errorf("proposal (-want +got):\n%s", diff)
		}
	})
	t.Run("the_owner_has_a_part_in_the_instance", func(t *testing.T) {
		t.Parallel()
		s := started(t, askDoc, `{}`)
		id := s.open("ask").ID
		boss := Actor{ID: "mia", Tenant: DefaultTenant, Groups: []string{"managers"}, Roles: []Role{RoleOperator}}
		s.must(DelegateTask{TaskID: id, Actor: boss, To: "finn"})
		s.refused(t, Skip{Actor: boss, TaskID: id, Reason: "r"}, KindForbidden, "yours to decide")
		s.must(ReassignTask{TaskID: id, Actor: boss, User: "ina"})
		if task := s.tasks[id]; task.Owner != "" || task.Assignee != "ina" {
			t.Errorf("reassigned: %+v", task)
		}
	})
}

// away gives somebody the place of others.
func away(a Actor, others ...StandsFor) Actor {
	a.For = others
	return a
}

func TestDecide_substitutes(t *testing.T) {
	t.Parallel()
	sam := Actor{ID: "sam", Tenant: DefaultTenant}
	forMia := away(sam, StandsFor{Login: "mia", Groups: []string{"managers"}})
	t.Run("decides_what_the_other_could", func(t *testing.T) {
		t.Parallel()
		s := started(t, askDoc, `{}`)
		id := s.open("ask").ID
		s.refused(t, CompleteTask{TaskID: id, Actor: sam, Outcome: "reject"}, KindForbidden, "not yours")
		s.must(CompleteTask{TaskID: id, Actor: forMia, Outcome: "reject"})
		if task := s.tasks[id]; task.CompletedBy != "sam" || task.ActsFor != "mia" {
			t.Errorf("decided: %+v", task)
		}
		if got := s.told(EventTaskCompleted, "on_behalf_of"); !slices.Equal(got, []string{`"mia"`}) {
			t.Errorf("on behalf of %v", got)
		}
	})
	t.Run("what_was_claimed_stays_his_and_remembers_for_whom", func(t *testing.T) {
		t.Parallel()
		s := started(t, askDoc, `{}`)
		id := s.open("ask").ID
		s.must(ClaimTask{TaskID: id, Actor: mia}) // and then she falls ill
		s.must(ClaimTask{TaskID: id, Actor: forMia})
		s.must(CompleteTask{TaskID: id, Actor: sam, Outcome: "reject"}) // her absence is over meanwhile
		if task := s.tasks[id]; task.CompletedBy != "sam" || task.ActsFor != "mia" {
			t.Errorf("decided: %+v", task)
		}
	})
	t.Run("exclusion_holds_for_both", func(t *testing.T) {
		t.Parallel()
		s := started(t, askDoc, `{}`)
		id := s.open("ask").ID
		forOtto := away(sam, StandsFor{Login: "otto", Groups: []string{"managers"}})
		s.refused(t, CompleteTask{TaskID: id, Actor: forOtto, Outcome: "reject"}, KindForbidden, "not yours")
		excluded := away(otto, StandsFor{Login: "mia"})
		s.refused(t, CompleteTask{TaskID: id, Actor: excluded, Outcome: "reject"}, KindForbidden, "excludes you")
	})
	t.Run("no_verbs_for_who_could_decide_in_a_place", func(t *testing.T) {
		t.Parallel()
		s := started(t, askDoc, `{}`)
		boss := forMia
		boss.Roles = []Role{RoleOperator}
		s.refused(t, Skip{Actor: boss, TaskID: s.open("ask").ID, Reason: "r"}, KindForbidden, "yours to decide")
	})
	t.Run("counts_once_in_a_vote", func(t *testing.T) {
		t.Parallel()
		doc := strings.Replace(confirmDoc, "confirm_on: [data.amount, \"data.?note.orValue('')\"]", "confirm_on: [data.amount]", 1)
		doc = strings.Replace(doc, `assignee: "{{ item }}"`, `candidate_groups: [board]`, 1)
		s := started(t, doc, `{"amount": 10, "reviewers": ["1", "2", "3"]}`)
		mia := Actor{ID: "mia", Tenant: DefaultTenant, Groups: []string{"board"}}
		forMia := away(sam, StandsFor{Login: "mia", Groups: []string{"board"}})
		s.must(CompleteTask{TaskID: s.open("ask").ID, Actor: forMia, Outcome: "approve"})
		s.refused(t, CompleteTask{TaskID: s.open("ask").ID, Actor: forMia, Outcome: "approve"}, KindConflict, "mia has decided")
		s.refused(t, CompleteTask{TaskID: s.open("ask").ID, Actor: mia, Outcome: "approve"}, KindConflict, "have decided")
		s.refused(t, CompleteTask{TaskID: s.open("ask").ID, Actor: away(Actor{ID: "sam", Tenant: DefaultTenant, Groups: []string{"board"}}), Outcome: "approve"}, KindConflict, "have decided")
		s.complete(ina, "amend", "", `{"amount": 20}`) // asks again
		s.must(CompleteTask{TaskID: s.open("ask").ID, Actor: mia, Outcome: "approve"})
		s.refused(t, CompleteTask{TaskID: s.open("ask").ID, Actor: forMia, Outcome: "approve"}, KindConflict, "mia has decided")
	})
	t.Run("counts_while_nothing_moves", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: ask, type: human, for_each: 'data.list', distinct: true, candidate_groups: [board], outcomes: [yes, no]}
  - {name: work, type: machine, action: noop}
edges: [{source: split, target: ask}, {source: split, target: work}]
`, `{"list": [1, 2, 3]}`)
		mia := Actor{ID: "mia", Tenant: DefaultTenant, Groups: []string{"board"}}
		forMia := away(sam, StandsFor{Login: "mia", Groups: []string{"board"}})
		vote := func(a Actor) Command { return CompleteTask{TaskID: s.open("ask").ID, Actor: a, Outcome: "yes"} }
		s.finish("work", "", &StepError{Code: "x", Message: "broke"})
		s.status(t, StatusFailed)
		s.must(vote(forMia))
		s.refused(t, vote(mia), KindConflict, "have decided")
		s.refused(t, vote(away(sam, StandsFor{Login: "pat", Groups: []string{"board"}})), KindConflict, "have decided")
		s.must(Retry{Actor: olga})
		s.finish("work", "", nil)
		s.refused(t, vote(mia), KindConflict, "have decided")
		for _, who := range []string{"ann", "ben"} {
			s.must(vote(Actor{ID: who, Tenant: DefaultTenant, Groups: []string{"board"}}))
		}
		s.status(t, StatusCompleted)
	})
}

func TestDecide_CommentTask(t *testing.T) {
	t.Parallel()
	s := started(t, askDoc, `{}`)
	id := s.open("ask").ID
	before := s.tasks[id].Version
	for i, a := range []Actor{mia, otto, olga} { // the assignee, who asked, an operator
		tr := s.must(CommentTask{TaskID: id, CommentID: s.id(), Actor: a, Text: "hm"})
		if len(tr.Comments) != 1 || tr.Comments[0].Author != a.ID || tr.Comments[0].TaskID != id || len(tr.Records) != 1 {
			t.Errorf("comment %d: %+v, audit %+v", i, tr.Comments, tr.Records)
		}
	}
	s.refused(t, CommentTask{TaskID: id, Actor: finn, Text: "hm"}, KindForbidden, "no part")
	s.refused(t, CommentTask{TaskID: id, Actor: mia, Text: "  "}, KindInvalid, "Write")
	s.refused(t, CommentTask{TaskID: id, Actor: mia, Text: strings.Repeat("x", MaxComment+1)}, KindTooLarge, "longer")
	if s.tasks[id].Version != before {
		t.Error("a comment changed the task's version")
	}
	s.must(CompleteTask{TaskID: id, Actor: mia, Outcome: "reject"})
	s.must(CommentTask{TaskID: id, CommentID: s.id(), Actor: mia, Text: "afterwards"})
	s.finish("done", "", nil)
	s.refused(t, CommentTask{TaskID: id, Actor: mia, Text: "too late"}, KindConflict, "ended")
}

func TestDecide_records(t *testing.T) {
	t.Parallel()
	s := newSim(t, parse(t, "format: 1\nname: test\nversion: 1.0.0\n"+askDoc))
	from := otto
	from.Via, from.Token, from.Address, from.Request, from.Caller = "token", "t-1", "192.0.2.1", "r-1", "svc"
	tr := s.must(Start{InstanceID: s.id(), Actor: from})
	in := s.snap.Instance
	want := Record{
		At: s.now, Tenant: DefaultTenant, Actor: "otto", Caller: "svc", Via: "token", Token: "t-1", Address: "192.0.2.1", Request: "r-1",
		Action: "instance.start", Object: "instance", ObjectID: in.ID.String(), InstanceID: in.ID, Definition: "test",
	}
	if diff := cmp.Diff([]Record{want}, tr.Records); diff != "" {
		t.Errorf("start (-want +got):\n%s", diff)
	}
	id := s.open("ask").ID
	tr = s.must(ReassignTask{TaskID: id, Actor: olga, User: "finn", Reason: "holiday"})
	r := tr.Records[0]
	if r.Action != "task.reassign" || r.Reason != "holiday" || !strings.Contains(string(r.Before), `"assignee":"mia"`) || !strings.Contains(string(r.After), `"assignee":"finn"`) {
		t.Errorf("reassigned: %+v", r)
	}
	tr = s.must(EditData{Actor: olga, Reason: "typo", Patch: json.RawMessage(`{"a": 1}`)})
	if r := tr.Records[0]; r.Action != "instance.edit_data" || !strings.Contains(string(r.After), `"after":{"a":1}`) {
		t.Errorf("edited: %s", r.After)
	}
	tr = s.must(CompleteTask{TaskID: id, Actor: finn, Outcome: "reject", Output: json.RawMessage(`{"long": "` + strings.Repeat("x", 5000) + `"}`), Comment: "no"})
	if r := tr.Records[0]; !strings.Contains(string(r.After), `"sha256"`) || len(r.After) > 1000 || !strings.Contains(string(r.After), `"comment":"no"`) {
		t.Errorf("decided: %s", r.After)
	}
	run := s.running()[0]
	if tr := s.must(StepDone{ExecutionID: run.ID, LeaseNo: run.LeaseNo}); len(tr.Records) != 0 {
		t.Errorf("a machine's step is in the audit: %+v", tr.Records)
	}
}
