package workflow

import (
	"strings"
	"testing"
	"time"
)

func TestDecide_Retry(t *testing.T) {
	t.Parallel()
	doc := `
steps:
- {name: m, type: machine, action: noop, retry: {max_attempts: 3, initial: 10s, factor: 2, jitter: 0, retry_on: 'error.code != "final"'}, on_failure: [{when: error.attempt >= 3, step: saved}]}
- {name: saved, type: machine, action: noop}
`
	t.Run("backs_off_exponentially_and_then_hands_over", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{}`)
		for _, wait := range []time.Duration{10 * time.Second, 20 * time.Second} {
			s.finish("m", ``, &StepError{Code: "x", Message: "no"})
			s.status(t, StatusRunning)
			if got := s.last("m").DueAt.Sub(s.now); got != wait {
				t.Errorf("the next attempt comes after %s, want %s", got, wait)
			}
			if w := s.snap.Instance.WaitingFor; len(w) != 1 || w[0].Kind != "retry" {
				t.Errorf("waiting for %+v", w)
			}
			s.fire()
		}
		s.finish("m", ``, &StepError{Code: "x", Message: "no"})
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "saved")
		if got := len(s.last("m").Attempts); got != 3 {
			t.Errorf("%d attempts are kept", got)
		}
	})
	t.Run("retry_on_refuses", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{}`)
		s.finish("m", ``, &StepError{Code: "final", Message: "no"})
		s.status(t, StatusFailed)
	})
	t.Run("retry_after_is_honoured", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{}`)
		s.finish("m", ``, &StepError{Code: "busy", Message: "no", RetryAfter: time.Hour})
		if got := s.last("m").DueAt.Sub(s.now); got != time.Hour {
			t.Errorf("the next attempt comes after %s", got)
		}
	})
	t.Run("an_operators_retry_gives_all_attempts_again", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{}`)
		s.finish("m", ``, &StepError{Code: "final", Message: "no"})
		s.must(Retry{Actor: olga})
		s.finish("m", ``, &StepError{Code: "x", Message: "no"})
		s.status(t, StatusRunning)
	})
	t.Run("within_ends_it", func(t *testing.T) {
		t.Parallel()
		s := started(t, strings.Replace(doc, "jitter: 0", "jitter: 0, within: 15s", 1), `{}`)
		s.finish("m", ``, &StepError{Code: "x", Message: "no"})
		s.fire()
		s.finish("m", ``, &StepError{Code: "x", Message: "no"})
		s.status(t, StatusFailed)
	})
}
