package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/views"
	"tandem/internal/workflow"
)

// Lines of a timeline stand at round times since the beginning, at most four.
func TestBars_ticks(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 1, 9, 30, 7, 0, time.UTC)
	for _, c := range []struct {
		from, length time.Duration
		want         string
	}{
		{0, 15 * time.Second, "0 at 0.00%, +5 s at 33.33%, +10 s at 66.67%"},
		{0, 114 * time.Second, "0 at 0.00%, +30 s at 26.32%, +1 min at 52.63%, +1 min 30 s at 78.95%"},
		{0, 40 * time.Millisecond, "0 at 0.00%, +20 ms at 50.00%"},
		{90 * time.Second, 40 * time.Second, "+1 min 30 s at 0.00%, +1 min 45 s at 37.50%, +2 min at 75.00%"},
		{95 * time.Second, 40 * time.Second, "+1 min 45 s at 25.00%, +2 min at 62.50%"},
		{0, 50 * time.Hour, "0 at 0.00%, +1 d at 48.00%, +2 d at 96.00% before"},
		{0, 9 * 365 * 24 * time.Hour, "0 at 0.00%, +1460 d at 44.44%, +2920 d at 88.89% before"},
	} {
		b := bars{views.Page{Lang: "en"}, instanceRead{in: workflow.Instance{CreatedAt: begin}}, span{begin.Add(c.from), begin.Add(c.from + c.length)}, begin}
		var got []string
		for _, tick := range b.ticks() {
			text := tick.Label + " at " + tick.At
			if tick.End {
				text += " before"
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%v from %v:\n%s", c.length, c.from, diff)
		}
	}
}
