package api_test

import (
	"testing"

	"github.com/google/uuid"

	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// onPostgres serves the API on a database of its own.
func onPostgres(t *testing.T) *house {
	t.Helper()
	store, err := db.Open(t.Context(), dbtest.URL(t, db.Migrate), db.Options{Process: uuid.Must(uuid.NewV7())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return serve(t, store, store)
}

func TestAPI_RoundTripOnPostgres(t *testing.T) {
	t.Parallel()
	roundTrip(t, onPostgres(t))
}

func TestAPI_GarbageOnPostgres(t *testing.T) {
	t.Parallel()
	garbage(t, onPostgres(t), 15)
}
