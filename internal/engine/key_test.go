package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"

	"tandem/internal/action"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// TestEngine_itemKeepsItsKey retries a list of which one item failed: whoever
// does an item again does it under the key that the item had before.
func TestEngine_itemKeepsItsKey(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		var mu sync.Mutex
		keys := map[string][]string{} // by item
		h := run(t, open(), func(c *engine.Config) {
			c.Actions = action.Registry{"pay": action.Func(func(_ context.Context, call action.Call) (json.RawMessage, error) {
				mu.Lock()
				defer mu.Unlock()
				item := string(call.Input)
				keys[item] = append(keys[item], call.IdempotencyKey)
				if item == `{"item":"b"}` && len(keys[item]) == 1 {
					return nil, errors.New("the till is shut")
				}
				return nil, nil
			})}
		})
		h.save("pay", `steps: [{name: pay, type: machine, action: pay, for_each: data.people, with: {item: "{{ item }}"}}]`)
		in := h.start("pay", `{"people": ["a", "b"]}`)
		h.until(in.ID, workflow.StatusFailed)
		if _, err := h.Retry(t.Context(), olga, in.ID, ""); err != nil {
			t.Fatal(err)
		}
		h.until(in.ID, workflow.StatusCompleted)
		mu.Lock()
		defer mu.Unlock()
		if b := keys[`{"item":"b"}`]; len(b) != 2 || b[0] != b[1] {
			t.Errorf("the item was done under the keys %v, want one key twice", b)
		}
		if a := keys[`{"item":"a"}`]; len(a) == 0 || slices.Contains(keys[`{"item":"b"}`], a[0]) {
			t.Errorf("two items share a key: %v", keys)
		}
	})
}

// TestEngine_jobKeepsItsKey is the same for a list whose items external workers
// do.
func TestEngine_jobKeepsItsKey(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("scan", `steps: [{name: scan, type: machine, action: worker, topic: scan, for_each: "[1]"}]`)
		in := h.start("scan", `{}`)
		first := h.fetchOne()
		if err := h.FailJob(t.Context(), olga, first.ID, workflow.StepError{Code: "shut", Message: "the scanner is off"}); err != nil {
			t.Fatal(err)
		}
		h.until(in.ID, workflow.StatusFailed)
		if _, err := h.Retry(t.Context(), olga, in.ID, ""); err != nil {
			t.Fatal(err)
		}
		if again := h.fetchOne(); again.IdempotencyKey != first.IdempotencyKey {
			t.Errorf("the item was fetched under the keys %s and %s, want one", first.IdempotencyKey, again.IdempotencyKey)
		}
	})
}
