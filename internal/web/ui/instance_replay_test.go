package ui

import (
	"testing"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Of a history that is longer than what is read no later moment is shown as if
// it were the last that was read.
func TestEntryAt_aLongHistory(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	events := make([]workflow.Event, engine.MaxReplayed)
	for i := range events {
		events[i] = workflow.Event{Seq: int64(i + 1), At: begin.Add(time.Duration(i) * time.Second)}
	}
	at := func(i int) string { return events[i].At.Format(time.RFC3339) }
	last := len(events) - 1
	for asked, want := range map[string]int{
		at(0): 0, at(last - 1): last - 1, at(last): -1, "2027-01-01T00:00:00Z": -1, "10000": last, "10001": -1, "1999-01-01T00:00:00Z": -1,
	} {
		if got := entryAt(events, asked); got != want {
			t.Errorf("entryAt(%s) = %d, want %d", asked, got, want)
		}
	}
	if got := entryAt(events[:last], "2027-01-01T00:00:00Z"); got != last-1 {
		t.Errorf("of a history that ends, after it: %d, want its last", got)
	}
}
