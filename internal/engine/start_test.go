package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const oneAtATime = "unique: running\nsteps:\n- {name: ask, type: human, anyone: true}\n"

func TestStart_at(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("later", "steps:\n- {name: ask, type: human, anyone: true}\n")
		begin := func(after time.Duration) (workflow.Instance, error) {
			at := time.Now().Add(after)
			return h.Start(t.Context(), otto, engine.StartInput{Definition: "later", StartAt: &at})
		}
		in, err := begin(200 * time.Millisecond)
		if err != nil || in.Status != workflow.StatusPending || in.StartAt() == nil {
			t.Fatalf("start: %v, %s until %v", err, in.Status, in.StartAt())
		}
		if got := h.until(in.ID, workflow.StatusWaiting); got.StartAt() != nil || got.StartedAt.Before(*in.StartAt()) {
			t.Errorf("started at %v, not at %v", got.StartedAt, in.StartAt())
		}
		if in, err = begin(-time.Hour); err != nil || in.Status != workflow.StatusWaiting {
			t.Errorf("a past start: %v, %s", err, in.Status)
		}
		if _, err = begin(11 * 366 * 24 * time.Hour); workflow.KindOf(err) != workflow.KindInvalid {
			t.Errorf("a start in eleven years: %v", err)
		}
		if in, err = begin(time.Hour); err != nil {
			t.Fatal(err)
		}
		if in, err = h.Pause(t.Context(), olga, in.ID, ""); err != nil || in.Status != workflow.StatusPaused {
			t.Fatalf("pause: %v, %s", err, in.Status)
		}
		if in, err = h.Resume(t.Context(), olga, in.ID, ""); err != nil || in.Status != workflow.StatusPending || in.StartAt() == nil {
			t.Fatalf("resume: %v, %s until %v", err, in.Status, in.StartAt())
		}
		if in, err = h.Cancel(t.Context(), otto, in.ID, ""); err != nil || in.Status != workflow.StatusCanceled {
			t.Errorf("cancel: %v, %s", err, in.Status)
		}
	})
}

func TestStart_unique(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		houses := []*house{run(t, open()), run(t, open())}
		h := houses[0]
		h.save("alone", oneAtATime)
		if _, err := h.Start(t.Context(), otto, engine.StartInput{Definition: "alone"}); workflow.KindOf(err) != workflow.KindInvalid {
			t.Errorf("without a correlation id: %v", err)
		}
		for range 5 {
			id := uuid.NewString()
			made, refused := raced(16, func(i int) (workflow.Instance, error) {
				return houses[i%2].Start(t.Context(), otto, engine.StartInput{Definition: "alone", CorrelationID: id})
			})
			if len(made) != 1 || len(refused) != 15 {
				t.Fatalf("%d were made, %d refused", len(made), len(refused))
			}
			for _, err := range refused {
				var e *workflow.Error
				if !errors.As(err, &e) || !errors.Is(e, workflow.ErrAlreadyRunning) || e.Instance != made[0].ID || !strings.Contains(e.Message, made[0].ID.String()) {
					t.Fatalf("refused with %v", err)
				}
			}
			h.complete(mia, made[0].ID, "ask", "", "{}")
			if _, err := houses[1].Start(t.Context(), otto, engine.StartInput{Definition: "alone", CorrelationID: id}); err != nil {
				t.Errorf("after the end: %v", err)
			}
		}
	})
}

// raced does something n times at once.
func raced(n int, do func(i int) (workflow.Instance, error)) (made []workflow.Instance, refused []error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			in, err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				refused = append(refused, err)
				return
			}
			made = append(made, in)
		})
	}
	wg.Wait()
	return made, refused
}

func TestStartOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		houses := []*house{run(t, open()), run(t, open())}
		h := houses[0]
		h.save("ask", "steps:\n- {name: ask, type: human, anyone: true}\n")
		h.save("alone", oneAtATime)
		for _, definition := range []string{"ask", "alone"} {
			key := engine.Idempotency{Method: "POST", Path: "/instances", Key: uuid.NewString(), Body: []byte("a")}
			start := engine.StartInput{Definition: definition, CorrelationID: key.Key}
			var mu sync.Mutex
			first := 0
			made, refused := raced(16, func(i int) (workflow.Instance, error) {
				in, replayed, err := houses[i%2].StartOnce(t.Context(), otto, start, key)
				mu.Lock()
				defer mu.Unlock()
				if !replayed && err == nil {
					first++
				}
				return in, err
			})
			if len(refused) > 0 || first != 1 {
				t.Fatalf("%s: %d first answers, refused %v", definition, first, refused)
			}
			for _, in := range made {
				if in.ID != made[0].ID {
					t.Fatalf("%s: started %s and %s", definition, in.ID, made[0].ID)
				}
			}
			other := key
			other.Body = []byte("b")
			if _, _, err := h.StartOnce(t.Context(), otto, start, other); workflow.KindOf(err) != workflow.KindInvalid {
				t.Errorf("another body: %v", err)
			}
			start.CorrelationID += "'s other"
			if in, replayed, err := h.StartOnce(t.Context(), finn, start, key); err != nil || replayed || in.ID == made[0].ID {
				t.Errorf("another caller: %v, replayed %v", err, replayed)
			}
		}
	})
}

func TestOnce_completeTask(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("ask", "steps:\n- {name: ask, type: human, anyone: true}\n")
		in := h.start("ask", "{}")
		task := h.task(in.ID, "ask")
		key := engine.Idempotency{Method: "POST", Path: "/tasks/" + task.ID.String() + "/complete", Key: "a"}
		complete := func(c engine.Completion) (got workflow.Instance, replayed bool, err error) {
			use, replayed, err := h.Once(t.Context(), mia, key, func(ctx context.Context) error {
				got, err = h.CompleteTask(ctx, mia, task.ID, c)
				return err
			})
			if replayed && err == nil {
				got, err = h.Used(t.Context(), use)
			}
			return got, replayed, err
		}
		for i, replay := range []bool{false, true, true} {
			got, replayed, err := complete(engine.Completion{Output: json.RawMessage(`{}`)})
			if err != nil || replayed != replay || got.Status != workflow.StatusCompleted {
				t.Errorf("call %d: %v, replayed %v, %s", i, err, replayed, got.Status)
			}
		}
		key.Key = "b"
		if _, _, err := complete(engine.Completion{}); !errors.Is(err, workflow.ErrTaskCompleted) && !errors.Is(err, workflow.ErrAlreadyFinished) {
			t.Errorf("another key: %v", err)
		}
	})
}

// Twins of one request race in two processes: the verb is done once, also one
// that nothing else would keep from being done again.
func TestOnce_raced(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		houses := []*house{run(t, open()), run(t, open())}
		h := houses[0]
		h.save("ask", "steps:\n- {name: ask, type: human, anyone: true}\n")
		in := h.start("ask", "{}")
		for round := range 5 {
			key := engine.Idempotency{Method: "POST", Path: "/instances/x/data", Key: fmt.Sprint(round)}
			var replays atomic.Int32
			_, refused := raced(8, func(i int) (workflow.Instance, error) {
				own := houses[i%2]
				_, replayed, err := own.Once(t.Context(), olga, key, func(ctx context.Context) error {
					// In odd rounds a twin that comes too late would change something.
					_, err := own.EditData(ctx, olga, in.ID, fmt.Appendf(nil, `{"x": "%d %d"}`, round, i*(round%2)), "again")
					return err
				})
				if replayed {
					replays.Add(1)
				}
				return in, err
			})
			if len(refused) > 0 || replays.Load() != 7 {
				t.Fatalf("round %d: %d replays, refused %v", round, replays.Load(), refused)
			}
		}
		if edits := h.count(in.ID, workflow.EventDataEdited); edits != 5 {
			t.Errorf("the data was edited %d times, want 5", edits)
		}
	})
}
