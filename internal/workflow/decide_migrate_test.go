package workflow

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// version parses a document as another version of the simulations' workflow.
func version(t *testing.T, number, doc string) *Definition {
	t.Helper()
	return parse(t, "format: 1\nname: test\nversion: "+number+"\n"+doc)
}

// report checks a migration without doing it.
func (s *sim) report(t *testing.T, c Migrate) *MigrationReport {
	t.Helper()
	snap := s.snap.clone()
	for range 5 {
		r, err := CheckMigration(s.def, snap, c, s.env())
		var need *NeedError
		if !errors.As(err, &need) {
			if err != nil {
				t.Fatalf("check: %v", err)
			}
			return r
		}
		s.load(snap, need.Need)
	}
	t.Fatal("the check needs more again and again")
	return nil
}

const oldDoc = `
steps:
  - {name: prepare, type: machine, action: noop}
  - {name: split, type: gateway, mode: parallel}
  - {name: ask, type: human, candidate_groups: [managers], due: 2h, outcomes: [yes]}
  - {name: hook, type: webhook}
  - {name: work, type: machine, action: noop, retry: {max_attempts: 3, initial: 1h}}
  - {name: wait, type: timer, duration: 3h}
  - {name: end, type: machine, action: noop}
edges:
  - {source: prepare, target: split}
  - {source: split, target: ask}
  - {source: split, target: hook}
  - {source: split, target: work}
  - {source: split, target: wait}
  - {source: ask, target: end}
  - {source: hook, target: end}
  - {source: work, target: end}
  - {source: wait, target: end}
`

// newDoc renames four steps, reads a result that nothing read before, and sends
// the way behind the timer elsewhere.
const newDoc = `
steps:
  - {name: prepared, type: machine, action: noop}
  - {name: split, type: gateway, mode: parallel}
  - {name: approve, type: human, candidate_groups: [managers], outcomes: [yes, no]}
  - {name: callback, type: webhook}
  - {name: job, type: machine, action: noop, with: "{{ steps.prepared.output.n }}", retry: {max_attempts: 3, initial: 1h}}
  - {name: wait, type: timer, duration: 3h}
  - {name: late, type: machine, action: noop}
  - {name: end, type: machine, action: noop}
edges:
  - {source: prepared, target: split}
  - {source: split, target: approve}
  - {source: split, target: callback}
  - {source: split, target: job}
  - {source: split, target: wait}
  - {source: approve, target: end}
  - {source: callback, target: end}
  - {source: job, target: end}
  - {source: wait, target: late}
`

var newNames = map[string]string{"prepare": "prepared", "ask": "approve", "hook": "callback", "work": "job"}

func TestDecide_Migrate(t *testing.T) {
	t.Parallel()
	s := started(t, oldDoc, `{}`)
	s.finish("prepare", `{"n": 7.50}`, nil)
	to := version(t, "2.0.0", newDoc)
	cmd := Migrate{Actor: olga, Reason: "the new way", To: to, Steps: newNames}
	if e := s.refused(t, cmd, KindConflict, "attempt 1 is being run"); len(e.Fields) != 1 {
		t.Errorf("it names %+v, want work alone", e.Fields)
	}
	s.finish("work", ``, broken)
	before := s.open("ask")
	s.must(ClaimTask{TaskID: before.ID, Actor: mia})
	r := s.report(t, cmd)
	if len(r.Faults()) != 0 || len(r.Executions) != 4 {
		t.Fatalf("report: %+v", r)
	}
	if s.snap.Instance.Definition.Version != "1.0.0" {
		t.Fatal("a report changed the instance")
	}
	s.must(cmd)
	if in := s.snap.Instance; in.Definition.Version != "2.0.0" || strings.Join(in.CurrentSteps, " ") != "approve callback job wait" {
		t.Errorf("it runs %s at %v", in.Definition, in.CurrentSteps)
	}
	if got := string(s.last("job").Input); got != "7.50" {
		t.Errorf("the next attempt gets %s, want what the new version says", got)
	}
	task := s.open("approve")
	if task.ID != before.ID || task.Assignee != "mia" || task.ClaimedAt == nil || !task.DueAt.Equal(*before.DueAt) || task.Version <= before.Version+1 {
		t.Errorf("the task is %+v, was %+v", task, before)
	}
	s.must(ReceiveHook{Step: "hook", Visit: 1, Payload: json.RawMessage(`1`)})
	s.must(CompleteTask{TaskID: task.ID, Actor: mia, Outcome: "no"})
	for s.snap.Instance.Status != StatusCompleted && s.fire() {
		s.machines()
	}
	s.status(t, StatusCompleted)
	s.visits(t, "prepare", "split", "callback", "approve", "job", "end", "wait", "late")
	ev := s.lastEvent(EventInstanceMigrated)
	for _, part := range []string{`"from_version":"1.0.0"`, `"to_version":"2.0.0"`, `"migrated_by":"olga"`, `"ask":"approve"`} {
		if !strings.Contains(string(ev.Detail), part) {
			t.Errorf("instance.migrated says %s, want %s", ev.Detail, part)
		}
	}
}

func TestDecide_MigrateRefusals(t *testing.T) {
	t.Parallel()
	waits := func(t *testing.T) *sim {
		s := started(t, oldDoc, `{}`)
		s.finish("prepare", `1`, nil)
		s.finish("work", `1`, nil)
		return s
	}
	for name, c := range map[string]struct {
		doc   string
		steps map[string]string
		words string
	}{
		"a live step is gone":     {newDoc, map[string]string{"ask": "approve"}, `no step "hook"`},
		"another type":            {newDoc, map[string]string{"ask": "job", "hook": "callback"}, "of type human"},
		"the map names nothing":   {newDoc, map[string]string{"asks": "approve", "hook": "callback", "ask": "approve"}, `has no such step`},
		"two become one":          {newDoc, map[string]string{"prepare": "prepared", "work": "prepared", "ask": "approve", "hook": "callback"}, "would become"},
		"an item list or not":     {strings.Replace(newDoc, "approve, type: human,", "approve, type: human, for_each: data.x,", 1), newNames, "runs for each item"},
		"an address leads astray": {strings.Replace(newDoc, "{name: late, type: machine, action: noop}", "{name: hook, type: webhook}", 1), newNames, "addresses given out"},
		"another group": {`
steps:
- {name: prepare, type: machine, action: noop}
- {name: g, type: group, mode: parallel, steps: [{name: ask, type: human, anyone: true}, {name: hook, type: webhook}, {name: wait, type: timer, duration: 1h}]}
edges: [{source: prepare, target: g}]`, map[string]string{"ask": "g.ask"}, "stands in another group"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := waits(t)
			doc := c.doc
			if strings.Contains(name, "astray") {
				doc = strings.Replace(doc, "target: late", "target: hook", 1)
			}
			cmd := Migrate{Actor: olga, Reason: "x", To: version(t, "2.0.0", doc), Steps: c.steps}
			e := s.refused(t, cmd, KindConflict, "cannot move")
			said := string(mustJSON(e.Fields))
			if !strings.Contains(strings.ReplaceAll(said, `\"`, `"`), c.words) {
				t.Errorf("it says %s, want %q", said, c.words)
			}
			if len(s.report(t, cmd).Faults()) != len(e.Fields) {
				t.Error("a dry run says something else")
			}
		})
	}
	s := waits(t)
	to := version(t, "2.0.0", newDoc)
	s.refused(t, Migrate{Actor: olga, To: to, Steps: newNames}, KindInvalid, "reason")
	s.refused(t, Migrate{Actor: olga, Reason: "x", To: s.def}, KindInvalid, "another version")
	s.refused(t, Migrate{Actor: mia, Reason: "x", To: to, Steps: newNames}, KindForbidden, "operate")
	s.must(ReassignTask{TaskID: s.open("ask").ID, Actor: olga, User: "olga"})
	s.refused(t, Migrate{Actor: olga, Reason: "x", To: to, Steps: newNames}, KindForbidden, "yours")
}

func TestDecide_MigrateOpensAJoin(t *testing.T) {
	t.Parallel()
	s := started(t, oldDoc, `{}`)
	s.finish("prepare", `1`, nil)
	s.finish("work", `1`, nil)
	s.complete(mia, "ask", "yes", `{}`)
	s.must(ReceiveHook{Step: "hook", Visit: 1, Payload: json.RawMessage(`1`)})
	if e := s.last("end"); e.Status != StepPending {
		t.Fatalf("end is %s, want it to wait for the timer", e.Status)
	}
	s.must(Migrate{Actor: olga, Reason: "x", To: version(t, "2.0.0", newDoc), Steps: newNames})
	if e := s.last("end"); e.Status != StepRunning || len(e.ArrivedFrom) != 3 {
		t.Errorf("end is %s after %d arrivals: by the new version nothing else can reach it", e.Status, len(e.ArrivedFrom))
	}
}

func TestDecide_MigrateWhatHolds(t *testing.T) {
	t.Parallel()
	t.Run("a_group_and_a_list", func(t *testing.T) {
		t.Parallel()
		doc := `
steps:
- name: g
  type: group
  mode: parallel
  steps:
  - {name: each, type: human, for_each: data.list, candidate_groups: [managers]}
  - {name: wait, type: timer, duration: 1h}
- {name: end, type: machine, action: noop, with: {n: "{{ steps.g.output.size() }}"}}
edges: [{source: g, target: end}]
`
		s := started(t, doc, `{"list": [1, 2]}`)
		to := version(t, "2.0.0", strings.NewReplacer("name: g", "name: all", "source: g", "source: all", "steps.g.", "steps.all.").Replace(doc))
		s.must(Migrate{Actor: olga, Reason: "x", To: to, Steps: map[string]string{"g": "all"}})
		s.complete(mia, "all.each", "", `{}`)
		s.complete(mia, "all.each", "", `{}`)
		s.fire()
		s.machines()
		s.status(t, StatusCompleted)
		if got := string(s.last("end").Input); got != `{"n":2}` {
			t.Errorf("end got %s", got)
		}
	})
	t.Run("a_failed_step_goes_by_the_new_version", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps: [{name: a, type: machine, action: set, with: "{{ data.gone }}"}]`, `{}`)
		s.status(t, StatusFailed)
		s.must(Migrate{Actor: olga, Reason: "x", To: version(t, "1.0.1", `
steps: [{name: a, type: machine, action: set, with: 5}]`)})
		s.status(t, StatusFailed)
		s.must(Retry{Actor: olga})
		s.machines()
		s.status(t, StatusCompleted)
	})
	t.Run("names_change_twice_and_back", func(t *testing.T) {
		t.Parallel()
		doc := `
steps: [{name: hook, type: webhook}]`
		s := started(t, doc, `{}`)
		s.must(Migrate{Actor: olga, Reason: "x", To: version(t, "2.0.0", strings.ReplaceAll(doc, "name: hook", "name: call")), Steps: map[string]string{"hook": "call"}})
		s.must(Migrate{Actor: olga, Reason: "x", To: version(t, "3.0.0", strings.ReplaceAll(doc, "name: hook", "name: back")), Steps: map[string]string{"call": "back"}})
		if got := s.snap.Instance.CurrentSteps; len(got) != 1 || got[0] != "back" {
			t.Errorf("it is at %v, want back", got)
		}
		if got := s.snap.Instance.State.Aliases; len(got) != 2 || got["hook"] != "back" || got["call"] != "back" {
			t.Errorf("aliases = %v", got)
		}
		s.must(Migrate{Actor: olga, Reason: "x", To: version(t, "4.0.0", doc), Steps: map[string]string{"back": "hook"}})
		s.must(ReceiveHook{Step: "call", Visit: 1, Payload: json.RawMessage(`1`)})
		s.status(t, StatusCompleted)
	})
}
