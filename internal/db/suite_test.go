package db_test

import (
	"testing"

	"tandem/internal/engine"
	"tandem/internal/engine/storetest"
)

func TestDB(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) (engine.Store, engine.Reader) {
		store, _ := open(t)
		return store, store
	})
}
