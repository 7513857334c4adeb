package workflow

import (
	"strings"
	"testing"
)

// A step that nobody is left to decide fails with a sentence that says so, and
// goes on once the data name somebody.
func TestDecide_nobody_left(t *testing.T) {
	t.Parallel()
	const doc = `
steps:
  - {name: ask, type: human, assignee: "{{ data.boss }}", candidate_users: ["{{ data.deputy }}"], exclude: ["{{ instance.started_by }}"]}`
	s := started(t, doc, `{"boss": "otto", "deputy": "otto"}`)
	s.status(t, StatusFailed)
	if got := s.snap.Instance.Error; got == nil || got.Code != "nobody" || !strings.Contains(got.Message, `nobody may decide "ask"`) {
		t.Errorf("error = %+v", got)
	}
	s.must(EditData{Actor: olga, Patch: []byte(`{"deputy": "mia"}`), Reason: "a deputy"})
	s.must(Retry{Actor: olga})
	s.status(t, StatusWaiting)
	for _, task := range s.tasks {
		if task.Assignee != "" || len(task.CandidateUsers) != 1 || task.CandidateUsers[0] != "mia" {
			t.Errorf("asked are %q and %v, want mia alone", task.Assignee, task.CandidateUsers)
		}
	}
}
