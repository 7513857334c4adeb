package workflow

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told lists the events of a kind with one field of their details.
func (s *sim) told(kind EventType, field string) []string {
	var list []string
	for _, e := range s.events {
		if e.Type != kind {
			continue
		}
		var detail map[string]json.RawMessage
		_ = json.Unmarshal(e.Detail, &detail)
		list = append(list, string(detail[field]))
	}
	return list
}

func TestDecide_Deadlines(t *testing.T) {
	t.Parallel()
	const doc = `
steps:
- name: ask
  type: human
  assignee: mia
  exclude: [otto]
  due: 3h
  remind: 1h
  escalate: {after: 5h, users: ["{{ data.boss }}", otto], groups: [finance]}
`
	t.Run("each_tells_once", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{"boss": "finn"}`)
		begin := s.now
		for _, want := range []struct {
			kind EventType
			at   time.Duration
		}{{EventTaskReminded, time.Hour}, {EventTaskOverdue, 3 * time.Hour}, {EventTaskEscalated, 5 * time.Hour}} {
			s.fire()
			last := s.events[len(s.events)-1]
			if last.Type != want.kind || s.now.Sub(begin) != want.at || last.Step != "ask" {
				t.Errorf("after %s: %s of %q, want %s", s.now.Sub(begin), last.Type, last.Step, want.kind)
			}
		}
		if s.fire() {
			t.Errorf("something else was due: %+v", s.events[len(s.events)-1])
		}
		if got := s.told(EventTaskReminded, "assignee"); !slices.Equal(got, []string{`"mia"`}) {
			t.Errorf("reminded %v", got)
		}
	})
	t.Run("escalation_widens_and_frees", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{"boss": "finn"}`)
		s.must(ClaimTask{TaskID: s.open("ask").ID, Actor: mia})
		boss := Actor{ID: "finn", Tenant: DefaultTenant}
		if _, err := s.do(CompleteTask{TaskID: s.open("ask").ID, Actor: boss}); KindOf(err) != KindForbidden {
			t.Errorf("before the escalation: %v, want forbidden", err)
		}
		s.fireKind(DueEscalate)
		task := s.open("ask")
		if task.Assignee != "" || task.ClaimedAt != nil {
			t.Errorf("still %s's, claimed %v", task.Assignee, task.ClaimedAt)
		}
		if diff := cmp.Diff([][]string{{"finn", "mia"}, {"finance"}}, [][]string{task.CandidateUsers, task.CandidateGroups}); diff != "" {
			t.Errorf("candidates:\n%s", diff)
		}
		if got := s.told(EventTaskEscalated, "from_assignee"); !slices.Equal(got, []string{`"mia"`}) {
			t.Errorf("escalated from %v", got)
		}
		for _, who := range []Actor{mia, boss, {ID: "fay", Tenant: DefaultTenant, Groups: []string{"finance"}}} {
			if !task.MayDecide(who) {
				t.Errorf("%s may not decide", who.ID)
			}
		}
		s.complete(boss, "ask", "", `{}`)
		s.status(t, StatusCompleted)
	})
	t.Run("nothing_is_due_of_a_decided_task", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc+"- {name: wait, type: timer, duration: 9d}\nedges: [{source: ask, target: wait}]", `{"boss": "finn"}`)
		s.complete(mia, "ask", "", `{}`)
		if len(s.dues) != 1 {
			t.Errorf("due rows %+v, want the timer's alone", s.dues)
		}
	})
	t.Run("frozen_time_does_not_count", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{"boss": "finn"}`)
		begin := s.now
		s.fire() // the reminder, after an hour
		s.must(Pause{Actor: olga})
		s.now = s.now.Add(10 * time.Hour)
		s.must(Resume{Actor: olga})
		task := s.open("ask")
		if got := task.ReminderAt.Sub(begin); got != time.Hour {
			t.Errorf("a reminder that was sent moved to %s", got)
		}
		if got := task.DueAt.Sub(begin); got != 13*time.Hour {
			t.Errorf("due after %s, want 13h", got)
		}
		s.fireKind(DueEscalate)
		if got := s.now.Sub(begin); got != 15*time.Hour {
			t.Errorf("escalated after %s, want 15h", got)
		}

		s = started(t, doc, `{"boss": "finn"}`)
		s.must(Pause{Actor: olga})
		s.now = s.now.Add(10 * time.Hour)
		s.must(Resume{Actor: olga})
		if got := s.open("ask").ReminderAt.Sub(begin); got != 11*time.Hour {
			t.Errorf("reminded after %s, want 11h", got)
		}
	})
	t.Run("who_cannot_be_computed_fails_the_step", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{}`)
		s.fireKind(DueEscalate)
		s.status(t, StatusFailed)
		if got := s.snap.Instance.Error.Message; !strings.Contains(got, "escalate: users: ") {
			t.Errorf("message %q", got)
		}
	})
	t.Run("items_have_their_own", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: ask
  type: human
  for_each: data.people
  assignee: "{{ item.who }}"
  due: "{{ item.due }}"
  escalate: {after: 5h, users: ["{{ item.boss }}"]}
`, `{"people": [{"who": "mia", "due": "1h", "boss": "olga"}, {"who": "finn", "due": "2h", "boss": "otto"}]}`)
		s.fire()
		s.fire()
		if got := s.told(EventTaskOverdue, "assignee"); !slices.Equal(got, []string{`"mia"`, `"finn"`}) {
			t.Errorf("overdue are the tasks of %v", got)
		}
		s.vote(mia, "")
		s.fireKind(DueEscalate)
		if task := s.open("ask"); !slices.Equal(task.CandidateUsers, []string{"finn", "otto"}) {
			t.Errorf("candidates %v, want finn and otto", task.CandidateUsers)
		}
		s.complete(otto, "ask", "", `{}`)
		s.status(t, StatusCompleted)
	})
}

// fireKind fires due rows until one of the kind has fired.
func (s *sim) fireKind(kind DueKind) {
	s.t.Helper()
	left := func() int {
		n := 0
		for _, due := range s.dues {
			if due.Kind == kind {
				n++
			}
		}
		return n
	}
	for before := left(); left() == before; {
		if !s.fire() {
			s.t.Fatalf("no due row of kind %s is left", kind)
		}
	}
}
