package db_test

import (
	"context"
	"testing"
	"time"

	"tandem/internal/db"
	"tandem/internal/engine"
	"tandem/internal/engine/storetest"
)

func TestDB(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) (engine.Store, engine.Reader) {
		store, _ := open(t)
		t.Cleanup(func() { checkCounters(t, store) })
		return store, store
	})
}

// checkCounters fails the test unless counters hold what plain counting finds.
func checkCounters(t *testing.T, store *db.DB) {
	t.Helper()
	if n, err := store.Miscounted(context.Background(), time.Now()); err != nil || n != 0 {
		t.Errorf("counters: %d buckets are wrong, %v", n, err)
	}
}
