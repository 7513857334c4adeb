package views_test

import (
	"testing"

	"tandem/internal/views"
)

func TestPage_Refusal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ lang, code, want string }{
		{"en", "task_completed", "Finn completed this task."},
		{"de", "task_completed", "Die Aufgabe ist schon erledigt. Von Ihnen wurde nichts gespeichert."},
		{"de", "a_code_of_tomorrow", "Finn completed this task."},
	} {
		if got := (views.Page{Lang: tt.lang}).Refusal(tt.code, "Finn completed this task."); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.lang, tt.code, got, tt.want)
		}
	}
}
