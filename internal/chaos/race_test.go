package chaos_test

import (
	"testing"

	"tandem/internal/chaos"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// TestRace is the short form of make races.
func TestRace(t *testing.T) {
	t.Parallel()
	report, err := chaos.Race(t.Context(), dbtest.URL(t, db.Migrate), 1500)
	if err != nil {
		t.Fatal(err)
	}
	if report.Decisions != 1500 || report.Won[0]+report.Won[1] != 1500 || report.Refused != 1500 {
		t.Errorf("got %+v, want 1500 decisions with one winner and one refusal each", report)
	}
	t.Log(report)
}
