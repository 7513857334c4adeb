package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Limits of the tail. Whoever is further behind reads the store.
const (
	tailEvents = 4096
	tailBytes  = 8 << 20 // of the events' details
)

// feedTail is the end of the event feed, read once for all who follow it in
// this process, as long as there is one.
type feedTail struct {
	mu        sync.Mutex
	followers int
	stop      context.CancelFunc
	ready     bool       // from is known
	from      FeedCursor // events holds all after it
	events    []FeedEvent
	bytes     int
	moved     chan struct{} // closed and made anew when something comes
}

// join has the tail read until the last who has joined leaves.
func (t *feedTail) join(e *Engine) (leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.followers++; t.followers == 1 {
		ctx, stop := context.WithCancel(context.Background())
		t.stop, t.ready, t.moved = stop, false, make(chan struct{})
		t.events, t.bytes = nil, 0
		go t.read(ctx, e)
	}
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.followers--; t.followers == 0 {
			t.stop()
			t.events = nil
		}
	})
}

// start gives the cursor that the tail begins after, once it is known, and what
// ends when the tail has moved.
func (t *feedTail) start() (from FeedCursor, ready bool, moved <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.from, t.ready, t.moved
}

// after gives the events after a cursor, at most feedBatch, and without any the
// channel that ends when some come. covered is false when the tail does not
// reach back so far.
func (t *feedTail) after(c FeedCursor) (events []FeedEvent, moved <-chan struct{}, covered bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ready || c.compare(t.from) < 0 {
		return nil, nil, false
	}
	i, _ := slices.BinarySearchFunc(t.events, c, func(ev FeedEvent, c FeedCursor) int {
		if ev.Cursor.compare(c) <= 0 {
			return -1
		}
		return 1
	})
	return slices.Clone(t.events[i:min(len(t.events), i+feedBatch)]), t.moved, true
}

// read keeps the tail up to date until ctx ends.
func (t *feedTail) read(ctx context.Context, e *Engine) {
	changed, stop := e.Watch(uuid.Nil)
	defer stop()
	at, pause := FeedCursor{}, feedPoll
	for known := false; ctx.Err() == nil; {
		var events []FeedEvent
		end, err := at, error(nil)
		if !known {
			end, err = e.storage.FeedEnd(ctx)
		} else {
			events, err = e.storage.Feed(ctx, at, feedBatch)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if workflow.KindOf(err) != workflow.KindUnavailable {
				known = false // it was cut off: its followers are told by the store
			}
			e.log.Warn("the event feed was not read; this is repeated", "error", err)
			sleep(ctx, feedPoll)
			continue
		case !known:
			known, at = true, end
			t.begin(ctx, at)
		case len(events) > 0:
			at = events[len(events)-1].Cursor
			t.add(ctx, events)
			pause = feedSoon
			continue
		}
		if wait(ctx, changed, pause) != nil {
			return
		}
		pause = min(2*pause, feedPoll)
	}
}

// begin empties the tail.
func (t *feedTail) begin(ctx context.Context, from FeedCursor) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() == nil {
		t.ready, t.from, t.events, t.bytes = true, from, nil, 0
		t.wake()
	}
}

func (t *feedTail) add(ctx context.Context, events []FeedEvent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() != nil {
		return // another may read by now
	}
	t.events = append(t.events, events...)
	for _, ev := range events {
		t.bytes += len(ev.Detail)
	}
	cut := 0
	for len(t.events)-cut > tailEvents || t.bytes > tailBytes {
		t.bytes -= len(t.events[cut].Detail)
		t.from = t.events[cut].Cursor
		cut++
	}
	t.events = slices.Delete(t.events, 0, cut)
	t.wake()
}

func (t *feedTail) wake() {
	close(t.moved)
	t.moved = make(chan struct{})
}

// wait returns after a change, or after a while.
func wait(ctx context.Context, changed <-chan struct{}, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
