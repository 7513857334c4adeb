package engine_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// TestEngine_Follow reads the feed while two engines write: every event comes
// once, those of an instance in the order of its history.
func TestEngine_Follow(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		a, b := run(t, open()), run(t, open())
		a.save("x", `
steps: [{name: a, type: machine, action: noop}, {name: b, type: machine, action: noop}]
edges: [{source: a, target: b}]`)
		const each = 30
		got := map[uuid.UUID][]int64{}
		ended := 0
		errEnough := errors.New("enough")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		followed := make(chan error, 1)
		go func() {
			followed <- b.Follow(ctx, engine.FeedCursor{}, func(ev engine.FeedEvent) error {
				got[ev.InstanceID] = append(got[ev.InstanceID], ev.Seq)
				if ev.Type == workflow.EventWorkflowCompleted {
					ended++
				}
				if ended == 2*each {
					return errEnough
				}
				return nil
			})
		}()
		var wg sync.WaitGroup
		for _, h := range []*house{a, b} {
			for range each {
				wg.Go(func() { h.start("x", `{}`) })
			}
		}
		wg.Wait()
		if err := <-followed; !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
		for id, seqs := range got {
			want := a.events(id)
			if len(seqs) != len(want) {
				t.Fatalf("%d events of an instance with %d", len(seqs), len(want))
			}
			for i, ev := range want {
				if seqs[i] != ev.Seq {
					t.Fatalf("event %d is %d, history says %d", i, seqs[i], ev.Seq)
				}
			}
		}
	})
}

func TestParseFeedCursor(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "1", "x-1", "1-x", "1--1", "99999999999999999999-1", "1-2-3"} {
		if c, err := engine.ParseFeedCursor(text); workflow.KindOf(err) != workflow.KindMalformed {
			t.Errorf("%q gives %v, %v", text, c, err)
		}
	}
}
