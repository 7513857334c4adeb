package engine_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const waitsForPaid = "steps:\n- {name: paid, type: webhook, message: {name: paid, key: '{{ input.order }}'}, output: paid}\n"

func (h *house) send(name, key, data string) uuid.UUID {
	h.t.Helper()
	to, err := h.SendMessage(h.t.Context(), otto, engine.MessageInput{Name: name, Key: key, Data: json.RawMessage(data)})
	if err != nil {
		h.t.Fatalf("send %s %s: %v", name, key, err)
	}
	return to
}

func TestSendMessage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("order", waitsForPaid)
		in := h.start("order", `{"order": "A"}`)
		if to := h.send("paid", "B", `{"sum": 1}`); to != uuid.Nil {
			t.Errorf("a message for nobody reached %s", to)
		}
		if to := h.send("paid", "A", `{"sum": 1.50}`); to != in.ID {
			t.Errorf("reached %s, want %s", to, in.ID)
		}
		in = h.until(in.ID, workflow.StatusCompleted)
		if string(in.Data) != `{"order":"A","paid":{"sum":1.50}}` && string(in.Data) != `{"order": "A","paid":{"sum": 1.50}}` {
			t.Errorf("data %s", in.Data)
		}
		h.until(h.start("order", `{"order": "B"}`).ID, workflow.StatusCompleted)
		for _, bad := range []engine.MessageInput{
			{Name: "1", Key: "a"}, {Name: "a", Key: ""}, {Name: "a", Key: "b", TTL: 31 * 24 * time.Hour}, {Name: "a", Key: "b", TTL: -1},
		} {
			if _, err := h.SendMessage(t.Context(), otto, bad); workflow.KindOf(err) != workflow.KindInvalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

// TestSendMessage_waitOver sends messages to waits that end without them: each
// goes to the next who waits.
func TestSendMessage_waitOver(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("order", waitsForPaid)
		canceled := h.start("order", `{"order": "A"}`)
		if _, err := h.Cancel(t.Context(), otto, canceled.ID, ""); err != nil {
			t.Fatal(err)
		}
		if to := h.send("paid", "A", `1`); to != uuid.Nil {
			t.Errorf("reached %s, which is canceled", to)
		}
		h.until(h.start("order", `{"order": "A"}`).ID, workflow.StatusCompleted)

		paused := h.start("order", `{"order": "C"}`)
		if _, err := h.Pause(t.Context(), olga, paused.ID, ""); err != nil {
			t.Fatal(err)
		}
		if to := h.send("paid", "C", `2`); to != paused.ID {
			t.Errorf("reached %s, want the paused one", to)
		}
		if _, err := h.Resume(t.Context(), olga, paused.ID, ""); err != nil {
			t.Fatal(err)
		}
		h.until(paused.ID, workflow.StatusCompleted)
	})
}

func TestSendMessage_schema(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("order", "steps:\n- {name: paid, type: webhook, message: {name: paid}, schema: {type: object, required: [sum], properties: {sum: {type: number}}}}\n")
		begin := func(id string) workflow.Instance {
			in, err := h.Start(t.Context(), otto, engine.StartInput{Definition: "order", CorrelationID: id})
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		in := begin("A")
		h.send("paid", "A", `{}`)
		in = h.until(in.ID, workflow.StatusFailed)
		if in.Error.Code != "bad_message" {
			t.Errorf("failed with %+v", in.Error)
		}
		if _, err := h.Retry(t.Context(), olga, in.ID, ""); err != nil {
			t.Fatal(err)
		}
		h.send("paid", "A", `{"sum": 3}`)
		h.until(in.ID, workflow.StatusCompleted)
		if in := begin(""); in.Status != workflow.StatusFailed || in.Error.Code != "bad_message_key" {
			t.Errorf("without a key: %s, %+v", in.Status, in.Error)
		}
	})
}

// TestSendMessage_race lets messages and those who wait come at once, on two
// processes, the waits items of lists: each gets one.
func TestSendMessage_race(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		houses := []*house{run(t, open()), run(t, open())}
		houses[0].save("orders", "steps:\n- {name: paid, type: webhook, for_each: input.orders, message: {name: paid, key: '{{ item }}'}, output: paid}\n")
		const lists, items = 10, 4
		ids := make([]uuid.UUID, lists)
		var wg sync.WaitGroup
		for i := range lists {
			wg.Go(func() {
				h := houses[i%2]
				in, err := h.Start(t.Context(), otto, engine.StartInput{Definition: "orders", Input: json.RawMessage(`{"orders": ["a", "a", "b", "c"]}`)})
				if err != nil {
					t.Error(err)
				}
				ids[i] = in.ID
			})
			for j, key := range []string{"a", "b", "a", "c"} {
				wg.Go(func() {
					_, err := houses[(i+j)%2].SendMessage(t.Context(), otto, engine.MessageInput{Name: "paid", Key: key, Data: fmt.Appendf(nil, "%d", i*items+j)})
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		seen := map[int]int{}
		for _, id := range ids {
			in := houses[0].until(id, workflow.StatusCompleted)
			var data struct{ Paid []int }
			if err := json.Unmarshal(in.Data, &data); err != nil || len(data.Paid) != items {
				t.Fatalf("data %s: %v", in.Data, err)
			}
			for _, n := range data.Paid {
				seen[n]++
			}
		}
		for n, times := range seen {
			if times != 1 {
				t.Errorf("message %d was used %d times", n, times)
			}
		}
		if len(seen) != lists*items {
			t.Errorf("%d messages were used, want %d", len(seen), lists*items)
		}
	})
}

func TestSendMessage_startOn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("order", "start: {groups: [staff]}\nunique: running\nstart_on: {message: ordered, key: data.order}\ninput_schema: {type: object, required: [order], properties: {order: {type: string}, n: {type: number}}}\n"+
			"steps:\n- {name: again, type: webhook, message: {name: ordered}}\n")
		to := h.send("ordered", "x", `{"order": "A", "n": 1.50}`)
		in := h.until(to, workflow.StatusWaiting)
		if in.CorrelationID != "A" || in.CreatedBy != "otto" || string(in.Input) != `{"order": "A", "n": 1.50}` {
			t.Errorf("started %q by %s with %s", in.CorrelationID, in.CreatedBy, in.Input)
		}
		if to := h.send("ordered", "A", `{"order": "A"}`); to != in.ID {
			t.Errorf("the second reached %s, want the one that waits", to)
		}
		h.until(in.ID, workflow.StatusCompleted)
		if _, err := h.SendMessage(t.Context(), finn, engine.MessageInput{Name: "ordered", Key: "x", Data: json.RawMessage(`{"order": "B"}`)}); workflow.KindOf(err) != workflow.KindForbidden {
			t.Errorf("somebody who may not start it: %v", err)
		}
		if _, err := h.SendMessage(t.Context(), otto, engine.MessageInput{Name: "ordered", Key: "x", Data: json.RawMessage(`{}`)}); workflow.KindOf(err) != workflow.KindInvalid {
			t.Errorf("without the key: %v", err)
		}
		h.saveWhole("format: 1\nname: order\nversion: 2.0.0\nsteps:\n- {name: a, type: machine, action: noop}\n")
		if to := h.send("ordered", "x", `{"order": "C"}`); to != uuid.Nil {
			t.Errorf("started %s, although the latest version is not started by it", to)
		}
	})
}
