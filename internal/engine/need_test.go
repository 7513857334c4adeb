package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/workflow"
)

// gated is a store whose loads wait for a gate while it is shut.
type gated struct {
	*memory.Store
	shut atomic.Bool
	gate chan struct{}
}

func (g *gated) Load(ctx context.Context, ids []uuid.UUID, want engine.Want) (map[uuid.UUID]*workflow.Snapshot, error) {
	if g.shut.Load() {
		<-g.gate
	}
	return g.Store.Load(ctx, ids, want)
}

// TestEngine_manyNeeds ends many lists of one instance in one batch: each end
// needs its own list loaded, and all of them are decided.
func TestEngine_manyNeeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lists = 20
		store := &gated{Store: memory.New(memory.Options{}), gate: make(chan struct{})}
		e := engine.New(engine.Config{Store: store, Log: slog.New(slog.DiscardHandler), Committer: 1})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = e.Run(ctx, time.Second) })
		defer running.Wait()
		defer stop()

		var doc, edges strings.Builder
		doc.WriteString("format: 1\nname: lists\nversion: 1.0.0\nsteps:\n  - {name: fork, type: gateway, mode: parallel}\n")
		for i := range lists {
			fmt.Fprintf(&doc, "  - {name: ask%d, type: human, anyone: true, for_each: '[1]'}\n", i)
			fmt.Fprintf(&edges, "  - {source: fork, target: ask%d}\n", i)
		}
		if _, _, _, err := e.SaveDefinition(ctx, ada, []byte(doc.String()+"edges:\n"+edges.String())); err != nil {
			t.Fatal(err)
		}
		in, err := e.Start(ctx, otto, engine.StartInput{Definition: "lists", Input: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		tasks, err := store.InstanceTasks(ctx, ada, in.ID, 200)
		if err != nil || len(tasks) != lists {
			t.Fatalf("%d tasks, %v, want %d", len(tasks), err, lists)
		}
		store.shut.Store(true)
		var deciding sync.WaitGroup
		for _, task := range tasks {
			deciding.Go(func() {
				if _, err := e.CompleteTask(ctx, otto, task.ID, engine.Completion{}); err != nil {
					t.Errorf("complete %s: %v", task.Step, err)
				}
			})
		}
		synctest.Wait() // the first waits at the gate, the others behind it
		store.shut.Store(false)
		close(store.gate)
		deciding.Wait()
		if in, err = store.Instance(ctx, ada, in.ID); err != nil || in.Status != workflow.StatusCompleted {
			t.Errorf("the instance is %s, %v, want completed", in.Status, err)
		}
	})
}
