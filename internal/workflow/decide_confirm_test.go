package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const confirmDoc = `
steps:
- {name: split, type: gateway, mode: parallel}
- name: ask
  type: human
  for_each: data.reviewers
  assignee: "{{ item }}"
  complete_when: outcomes.approve >= 2
  outcomes: [approve, reject]
  confirm_on: [data.amount, "data.?note.orValue('')"]
  timeout: 3h
  on_timeout: {outcome: reject}
- {name: amend, type: human, assignee: ina, form: {schema: {type: object}}, output: note, set: {amount: result.amount}, overwrite: true}
- {name: work, type: machine, action: noop}
edges: [{source: split, target: work}, {source: split, target: ask}, {source: split, target: amend}]
`

var ina = Actor{ID: "ina", Tenant: DefaultTenant}

func TestDecide_ConfirmOn(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T) *sim {
		return started(t, confirmDoc, `{"amount": 10, "reviewers": ["mia", "finn", "otto"]}`)
	}
	t.Run("a_change_asks_those_who_voted_again", func(t *testing.T) {
		t.Parallel()
		s := begin(t)
		s.vote(mia, "approve")
		finns := s.open("ask")
		s.complete(ina, "amend", "", `{"amount": 20}`)
		if got := s.told(EventTaskReopened, "completed_by"); !slices.Equal(got, []string{`"mia"`}) {
			t.Errorf("asked again: %v", got)
		}
		if got := s.told(EventTaskReopened, "changed"); !slices.Equal(got, []string{`["data.amount","data.?note.orValue('')"]`}) {
			t.Errorf("changed: %v", got)
		}
		if task := s.tasks[finns.ID]; task.Status != TaskPending {
			t.Errorf("the task of %s, who had not voted, is %s", task.Assignee, task.Status)
		}
		s.finish("work", "", nil)
		s.vote(finn, "approve")
		s.status(t, StatusWaiting)
		s.vote(mia, "reject")
		s.vote(otto, "approve")
		s.status(t, StatusCompleted)
		if diff := cmp.Diff([]string{"reject", "approve", "approve"}, s.outcomes(t)); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
	t.Run("before_the_first_vote_and_without_a_change_nothing_happens", func(t *testing.T) {
		t.Parallel()
		s := begin(t)
		s.finish("work", "", nil)
		s.complete(ina, "amend", "", `{"amount": 20}`)
		s.vote(mia, "approve")
		s.must(EditData{Actor: olga, Reason: "r", Patch: json.RawMessage(`{"other": 1, "amount": 20}`)})
		s.vote(finn, "approve")
		s.status(t, StatusCompleted)
		if got := s.told(EventTaskReopened, "completed_by"); len(got) > 0 {
			t.Errorf("asked again: %v", got)
		}
	})
	t.Run("the_systems_decision_stands", func(t *testing.T) {
		t.Parallel()
		s := begin(t)
		s.vote(mia, "approve")
		s.fireKind(DueStepTimeout) // of finn's item
		s.must(EditData{Actor: olga, Reason: "r", Patch: json.RawMessage(`{"amount": 30}`)})
		if got := s.told(EventTaskReopened, "completed_by"); !slices.Equal(got, []string{`"mia"`}) {
			t.Errorf("asked again: %v", got)
		}
	})
	t.Run("votes_that_were_enough_while_nothing_moved_are_void_too", func(t *testing.T) {
		t.Parallel()
		s := begin(t)
		s.vote(mia, "approve")
		s.finish("work", "", &StepError{Code: "x", Message: "broke"})
		s.status(t, StatusFailed)
		s.vote(finn, "approve")
		s.must(EditData{Actor: olga, Reason: "r", Patch: json.RawMessage(`{"amount": 99}`)})
		s.must(Retry{Actor: olga})
		if got := s.told(EventTaskReopened, "completed_by"); !slices.Equal(got, []string{`"mia"`, `"finn"`}) {
			t.Errorf("asked again: %v", got)
		}
		s.finish("work", "", nil)
		s.complete(ina, "amend", "", `{"amount": 99}`)
		s.status(t, StatusWaiting)
		for _, who := range []Actor{otto, mia} {
			s.vote(who, "approve")
		}
		s.status(t, StatusCompleted)
		if diff := cmp.Diff([]string{"approve", "", "approve"}, s.outcomes(t)); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
	t.Run("an_error_fails_the_step", func(t *testing.T) {
		t.Parallel()
		s := begin(t)
		s.finish("work", "", nil)
		s.vote(mia, "approve")
		s.must(EditData{Actor: olga, Reason: "r", Patch: json.RawMessage(`{"amount": null}`)})
		s.status(t, StatusFailed)
		if got := s.snap.Instance.Error.Message; !strings.Contains(got, "confirm_on: ") {
			t.Errorf("message %q", got)
		}
		s.must(EditData{Actor: olga, Reason: "r", Patch: json.RawMessage(`{"amount": 11}`)})
		s.must(Retry{Actor: olga})
		s.vote(mia, "approve") // what changed since is not known
		s.status(t, StatusWaiting)
	})
}

// outcomes lists how the items of ask were decided.
func (s *sim) outcomes(t tester) []string {
	t.Helper()
	var results []struct{ Outcome string }
	if err := json.Unmarshal(s.last("ask").Output, &results); err != nil {
		t.Fatalf("the output of ask: %v", err)
	}
	var list []string
	for _, r := range results {
		list = append(list, r.Outcome)
	}
	return list
}

// TestDecide_ConfirmOn_holds votes, edits, pauses and resumes in any order, and
// keeps its own list of the votes that stand.
func TestDecide_ConfirmOn_holds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := started(t, `
steps: [{name: ask, type: human, for_each: data.reviewers, assignee: "{{ item }}", max_parallel: 2, outcomes: [a, b], confirm_on: [data.amount]}]
`, `{"amount": 0, "reviewers": ["p0", "p1", "p2", "p3"]}`)
		stand, seen, amount := map[int]string{}, 0, 0
		for s.snap.Instance.Status != StatusCompleted {
			switch paused := s.snap.Instance.Paused; {
			case rapid.IntRange(0, 3).Draw(t, "edit") == 3 && s.now.Before(s.begin().AddDate(0, 0, 20)):
				s.now = s.now.AddDate(0, 0, 1) // so that edits come to an end
				amount = rapid.IntRange(0, 2).Draw(t, "amount")
				s.must(EditData{Actor: olga, Reason: "r", Patch: json.RawMessage(fmt.Sprintf(`{"amount": %d}`, amount))})
			case paused:
				s.must(Resume{Actor: olga})
			case rapid.IntRange(0, 9).Draw(t, "pause") == 9:
				s.must(Pause{Actor: olga})
			default:
				task, outcome := s.open("ask"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "outcome")
				s.must(CompleteTask{TaskID: task.ID, Actor: Actor{ID: task.Assignee, Tenant: DefaultTenant}, Outcome: outcome})
				stand[task.Index] = outcome
			}
			if !s.snap.Instance.Paused && seen != amount {
				clear(stand)
				seen = amount
			}
		}
		if got, want := s.outcomes(t), []string{stand[0], stand[1], stand[2], stand[3]}; !slices.Equal(got, want) {
			t.Fatalf("outcomes %v, want %v", got, want)
		}
	})
}

func (s *sim) begin() time.Time { return *s.snap.Instance.StartedAt }
