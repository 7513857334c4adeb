package ui

import (
	"testing"

	"tandem/internal/engine"
	"tandem/internal/views"
)

// A table whose rows nobody has counted yet is not said to be empty.
func TestTableRow(t *testing.T) {
	t.Parallel()
	for rows, want := range map[int64]string{-1: "–", 0: "0", 51: "51"} {
		if got := tableRow(views.Page{Lang: "en"}, engine.TableSize{Name: "tasks", Rows: rows}).Rows; got != want {
			t.Errorf("%d rows: got %q, want %q", rows, got, want)
		}
	}
}
