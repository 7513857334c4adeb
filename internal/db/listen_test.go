package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/db"
	"tandem/internal/workflow"
)

// listen collects what a store hears; the first value says that it listens.
func listen(t *testing.T, store *db.DB) <-chan []uuid.UUID {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	heard, done := make(chan []uuid.UUID, 10), make(chan error, 1)
	go func() { done <- store.Listen(ctx, func(ids []uuid.UUID) { heard <- ids }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Listen = %v, want the context's error", err)
		}
	})
	if ids := receive(t, heard); ids != nil {
		t.Errorf("first call of changed has %v, want nil: look at everything", ids)
	}
	return heard
}

func receive(t *testing.T, heard <-chan []uuid.UUID) []uuid.UUID {
	t.Helper()
	select {
	case ids := <-heard:
		return ids
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was heard for ten seconds")
		return nil
	}
}

func TestDB_Listen(t *testing.T) {
	t.Parallel()
	one, url := open(t)
	two := openAt(t, url)
	heard := listen(t, one)

	own, first := start(newID()), start(newID())
	mustApply(t, one, own)
	mustApply(t, two, first)
	if diff := cmp.Diff([]uuid.UUID{first.InstanceID}, receive(t, heard)); diff != "" {
		t.Errorf("heard (-want +got), own changes left out:\n%s", diff)
	}

	many := make([]*workflow.Transition, 400)
	for i := range many {
		many[i] = start(newID())
	}
	mustApply(t, two, many...)
	if ids := receive(t, heard); ids != nil {
		t.Errorf("heard %d ids of a batch too large for a note, want nil", len(ids))
	}
}

func TestDB_Listen_ends_with_its_connection(t *testing.T) {
	t.Parallel()
	store, url := open(t)
	done, listening := make(chan error, 1), make(chan struct{}, 1)
	go func() { done <- store.Listen(t.Context(), func([]uuid.UUID) { listening <- struct{}{} }) }()
	<-listening
	count(t, url, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
	if err := <-done; workflow.KindOf(err) != workflow.KindUnavailable {
		t.Errorf("Listen = %v, want an error of KindUnavailable", err)
	}
}
