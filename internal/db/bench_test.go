package db_test

import (
	"testing"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// BenchmarkApply stores batches of 256 transitions as they are in the middle
// of a chain of machine steps.
func BenchmarkApply(b *testing.B) {
	store, _ := open(b)
	owner, size := newID(), 256
	batch := make([]*workflow.Transition, size)
	for i := range batch {
		batch[i] = start(owner)
	}
	apply := func() {
		if stale, err := store.Apply(b.Context(), batch); err != nil || len(stale) > 0 {
			b.Fatalf("Apply gave %d stale and %v, want none", len(stale), err)
		}
	}
	apply()
	n := 0
	for b.Loop() {
		b.StopTimer()
		if n++; n%20 == 0 {
			for i := range batch {
				batch[i] = start(uuid.New())
			}
			apply()
		}
		for i, t := range batch {
			batch[i] = middle(t)
		}
		b.StartTimer()
		apply()
	}
	b.ReportMetric(float64(n*size)/b.Elapsed().Seconds(), "transitions/s")
}
