package workflow

import (
	"slices"
	"testing"
)

const guestDoc = `
steps:
- name: ask
  type: human
  guests: ["{{ data.mail }}", board@example.com]
  exclude: ["{{ data.excluded }}"]
  outcomes: [approve, reject]
- {name: done, type: machine, action: noop}
edges: [{source: ask, target: done}]
`

var (
	guest    = GuestActor(DefaultTenant, "ines@example.com")
	stranger = GuestActor(DefaultTenant, "eve@example.com")
)

func TestDecide_Guest(t *testing.T) {
	t.Parallel()
	t.Run("decides_and_the_audit_says_by_link", func(t *testing.T) {
		t.Parallel()
		s := started(t, guestDoc, `{"mail": "Ines@Example.com", "excluded": ""}`)
		task := s.open("ask")
		if want := []string{"board@example.com", "ines@example.com"}; !slices.Equal(task.Guests, want) {
			t.Fatalf("guests = %v, want %v", task.Guests, want)
		}
		s.refused(t, CompleteTask{TaskID: task.ID, Actor: stranger, Outcome: "approve"}, KindForbidden, "not yours")
		s.refused(t, CompleteTask{TaskID: task.ID, Actor: mia, Outcome: "approve"}, KindForbidden, "Ask board@example.com")
		s.must(CommentTask{TaskID: task.ID, Actor: guest, CommentID: s.id(), Text: "why?", At: s.now})
		s.refused(t, CommentTask{TaskID: task.ID, Actor: stranger, CommentID: s.id(), Text: "hello"}, KindForbidden, "no part")
		tr := s.must(CompleteTask{TaskID: task.ID, Actor: guest, Outcome: "approve"})
		if r := tr.Records; len(r) != 1 || r[0].Actor != "guest:ines@example.com" || r[0].Via != ViaLink {
			t.Errorf("audit = %+v", r)
		}
		s.refused(t, CompleteTask{TaskID: task.ID, Actor: guest, Outcome: "reject"}, KindConflict, "ines@example.com completed this task")
	})
	t.Run("may_do_nothing_else", func(t *testing.T) {
		t.Parallel()
		s := started(t, guestDoc, `{"mail": "ines@example.com", "excluded": ""}`)
		id := s.open("ask").ID
		for _, cmd := range []Command{
			ClaimTask{TaskID: id, Actor: guest}, UnclaimTask{TaskID: id, Actor: guest}, DelegateTask{TaskID: id, Actor: guest, To: "mia"},
			ReassignTask{TaskID: id, Actor: guest, User: "mia"}, ReturnTask{TaskID: id, Actor: guest}, Cancel{Actor: guest}, Pause{Actor: guest},
			Skip{Actor: guest, Reason: "r"}, ForceComplete{Actor: guest, Reason: "r"}, EditData{Actor: guest, Reason: "r"},
		} {
			s.refused(t, cmd, KindForbidden, "nothing else")
		}
	})
	t.Run("anyone_is_everyone_with_an_account", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- {name: ask, type: human, anyone: true, guests: ines@example.com}
`, `{}`)
		id := s.open("ask").ID
		s.refused(t, CompleteTask{TaskID: id, Actor: stranger}, KindForbidden, "not yours")
		s.must(CompleteTask{TaskID: id, Actor: guest})
	})
	t.Run("excluded_by_address_or_as_a_guest", func(t *testing.T) {
		t.Parallel()
		for _, who := range []string{"INES@example.com", "guest:ines@example.com"} {
			s := started(t, guestDoc, `{"mail": "ines@example.com", "excluded": "`+who+`"}`)
			if got := s.open("ask").Guests; !slices.Equal(got, []string{"board@example.com"}) {
				t.Errorf("exclude %s leaves %v", who, got)
			}
		}
	})
	t.Run("four_eyes_over_two_steps", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- {name: one, type: human, guests: ines@example.com}
- {name: two, type: human, guests: [ines@example.com, board@example.com], exclude: ["{{ steps.one.completed_by }}"]}
edges: [{source: one, target: two}]
`, `{}`)
		s.complete(guest, "one", "", "")
		s.refused(t, CompleteTask{TaskID: s.open("two").ID, Actor: guest}, KindForbidden, "excludes you")
		s.must(CompleteTask{TaskID: s.open("two").ID, Actor: GuestActor(DefaultTenant, "board@example.com")})
		s.status(t, StatusCompleted)
	})
	t.Run("claimed_delegated_and_given_away", func(t *testing.T) {
		t.Parallel()
		doc := `
steps:
- {name: ask, type: human, candidate_groups: [managers], guests: ines@example.com}
`
		s := started(t, doc, `{}`)
		id := s.open("ask").ID
		s.must(ClaimTask{TaskID: id, Actor: mia})
		s.refused(t, CompleteTask{TaskID: id, Actor: guest}, KindConflict, "mia has claimed")
		s.must(DelegateTask{TaskID: id, Actor: mia, To: "finn"})
		s.refused(t, CompleteTask{TaskID: id, Actor: guest}, KindConflict, "delegated")
		s.must(ReturnTask{TaskID: id, Actor: mia})
		s.must(UnclaimTask{TaskID: id, Actor: mia})
		s.must(ReassignTask{TaskID: id, Actor: olga, Group: "finance"})
		s.refused(t, CompleteTask{TaskID: id, Actor: guest}, KindForbidden, "not yours")
	})
	t.Run("quorum_counts_each_once", func(t *testing.T) {
		t.Parallel()
		doc := `
steps:
- name: ask
  type: human
  for_each: data.mails
  guests: "{{ data.mails }}"
  complete_when: done == 2
`
		s := started(t, doc, `{"mails": ["ines@example.com", "board@example.com"]}`)
		s.must(CompleteTask{TaskID: s.open("ask").ID, Actor: guest})
		s.refused(t, CompleteTask{TaskID: s.open("ask").ID, Actor: guest}, KindConflict, "decided one of these")
		s.must(CompleteTask{TaskID: s.open("ask").ID, Actor: GuestActor(DefaultTenant, "board@example.com")})
		s.status(t, StatusCompleted)
		s = started(t, doc, `{"mails": ["ines@example.com", "Ines@example.com"]}`)
		if got := s.snap.Instance.Error; got == nil || got.Code != "too_few" {
			t.Errorf("error = %+v, want too_few", got)
		}
	})
	t.Run("faults_of_the_data", func(t *testing.T) {
		t.Parallel()
		for input, code := range map[string]string{
			`{"mail": "no address", "excluded": ""}`:                         "expression_failed",
			`{"mail": "Ines <ines@example.com>", "excluded": ""}`:            "expression_failed",
			`{"mail": "board@example.com", "excluded": "board@example.com"}`: "nobody",
		} {
			s := started(t, guestDoc, input)
			if got := s.snap.Instance.Error; got == nil || got.Code != code {
				t.Errorf("%s: error = %+v, want %s", input, got, code)
			}
		}
	})
	t.Run("links_are_shown_to_who_administers_the_instance", func(t *testing.T) {
		t.Parallel()
		s := started(t, guestDoc, `{"mail": "ines@example.com", "excluded": "olga"}`)
		def, task := s.def, s.open("ask")
		for _, tt := range []struct {
			who  Actor
			want bool
		}{{otto, false}, {mia, false}, {olga, false}, {Actor{ID: "ada", Roles: []Role{RoleAdmin}}, true}, {guest, false}} {
			if got := def.ShowsLinks(task, tt.who); got != tt.want {
				t.Errorf("%s sees links: %t, want %t", tt.who.ID, got, tt.want)
			}
		}
	})
}
