package memory_test

import (
	"testing"

	"tandem/internal/engine"
	"tandem/internal/engine/storetest"
	"tandem/internal/memory"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) (engine.Store, engine.Reader) {
		s := memory.New(memory.Options{})
		return s, s
	})
}
