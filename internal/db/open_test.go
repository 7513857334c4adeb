package db_test

import (
	"testing"

	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// open gives a store on a database of its own, and the database's address.
func open(t testing.TB) (*db.DB, string) {
	t.Helper()
	url := dbtest.URL(t, db.Migrate)
	return openAt(t, url), url
}

// openAt gives one more store on the database, as another process has it.
func openAt(t testing.TB, url string) *db.DB {
	t.Helper()
	store, err := db.Open(t.Context(), url, db.Options{Process: newID()})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(store.Close)
	return store
}
