package workflow

import (
	"testing"
	"time"
)

func TestDecide_Retention(t *testing.T) {
	t.Parallel()
	const steps = `
steps:
- {name: work, type: machine, action: noop}
- {name: ask, type: human, anyone: true}
edges: [{source: work, target: ask}]
`
	for name, tt := range map[string]struct {
		retention string
		end       func(*sim)
		want      time.Duration // after the end; 0 = never
	}{
		"completed": {"retention: 30", func(s *sim) { s.finish("work", "", nil); s.complete(otto, "ask", "", `{}`) }, 30 * day},
		"canceled":  {"retention: 2w", func(s *sim) { s.must(Cancel{Actor: otto}) }, 14 * day},
		"failed":    {"retention: 30", func(s *sim) { s.finish("work", "", &StepError{Code: "x", Message: "broke"}) }, 0},
		"running":   {"retention: 30", func(*sim) {}, 0},
		"for ever":  {"", func(s *sim) { s.must(Cancel{Actor: otto}) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := started(t, tt.retention+steps, `{}`)
			s.now = s.now.Add(time.Hour)
			tt.end(s)
			got := s.snap.Instance.ExpiresAt
			switch {
			case tt.want == 0 && got != nil:
				t.Errorf("expires at %s, want never", got)
			case tt.want > 0 && (got == nil || got.Sub(s.now) != tt.want):
				t.Errorf("expires at %v, want %s after %s", got, tt.want, s.now)
			}
		})
	}
}
