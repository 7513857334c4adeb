package live

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What rendering changes for readers may cost. Beyond it pages follow more
// slowly.
const (
	share    = 200 * time.Millisecond // of each second, on the average
	saved    = time.Second            // of rendering may be done at once after a quiet time
	atOnce   = 4                      // renderings side by side
	unitCost = time.Microsecond       // in which the budget is counted
)

// Topic is something that readers follow.
type Topic struct {
	Key    string                           // readers of topics with one key must be shown the same: they share the rendering
	Watch  func() (<-chan struct{}, func()) // gives a channel that says "look again", and what ends it
	Render Render
}

// Hub renders once for all who follow the same. Its methods are safe for
// concurrent use.
type Hub struct {
	ending context.Context
	budget *rate.Limiter
	turns  chan struct{}

	mu     sync.Mutex
	groups map[string]*group
}

// NewHub gives a hub whose streams end with the context.
func NewHub(ending context.Context) *Hub {
	return &Hub{
		ending: ending, groups: map[string]*group{}, turns: make(chan struct{}, atOnce),
		budget: rate.NewLimiter(rate.Limit(share/unitCost), int(saved/unitCost)),
	}
}

// group is all readers of one topic, and what they should see.
type group struct {
	topic  Topic
	stop   context.CancelFunc
	joined chan struct{} // somebody waits for a rendering that begins from here on

	mu      sync.Mutex
	readers map[*reader]uint64 // with the number of renderings that had begun when they came
	begun   uint64
	done    uint64 // number of the rendering that latest is from
	latest  []Message
	err     error
}

// reader is one stream's place in its groups.
type reader struct{ wake chan struct{} }

// join makes r a reader of the topic.
func (h *Hub) join(t Topic, r *reader) *group {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := h.groups[t.Key]
	if g == nil {
		ctx, stop := context.WithCancel(h.ending)
		g = &group{topic: t, stop: stop, joined: make(chan struct{}, 1), readers: map[*reader]uint64{}}
		h.groups[t.Key] = g
		go h.run(ctx, g)
	}
	g.mu.Lock()
	g.readers[r] = g.begun
	g.mu.Unlock()
	tell(g.joined)
	return g
}

// leave ends what join began; the last one to leave ends the group.
func (h *Hub) leave(g *group, r *reader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g.mu.Lock()
	delete(g.readers, r)
	empty := len(g.readers) == 0
	g.mu.Unlock()
	if empty {
		h.close(g)
	}
}

// close ends a group; mu must be held.
func (h *Hub) close(g *group) {
	g.stop()
	if h.groups[g.topic.Key] == g {
		delete(h.groups, g.topic.Key)
	}
}

// run renders for a group: at its start, after each change, for those who come
// later, and each minute, since rights may have changed.
func (h *Hub) run(ctx context.Context, g *group) {
	changed, unwatch := g.topic.Watch()
	defer unwatch()
	check := time.NewTicker(recheck)
	defer check.Stop()
	for {
		again := true // not for who has just come, as a page that is asked for
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-g.joined:
			again = false
		case <-check.C:
		}
		cost, err := h.render(ctx, g)
		if err != nil {
			h.mu.Lock()
			h.close(g)
			h.mu.Unlock()
			return
		}
		rest := pace
		if again {
			rest = max(pace, h.owed(cost))
		}
		if !pause(ctx, rest) {
			return
		}
	}
}

// render renders for the group in its turn and tells its readers.
func (h *Hub) render(ctx context.Context, g *group) (time.Duration, error) {
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	g.mu.Lock()
	g.begun++
	g.mu.Unlock()
	start := time.Now()
	messages, err := g.topic.Render(ctx)
	cost := time.Since(start)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done, g.latest, g.err = g.begun, messages, err
	for r := range g.readers {
		tell(r.wake)
	}
	return cost, err
}

// owed takes a cost from the budget and gives how long to wait for it.
func (h *Hub) owed(cost time.Duration) time.Duration {
	start := time.Now()
	return h.budget.ReserveN(start, int(min(cost, saved)/unitCost)).DelayFrom(start)
}

// state gives what a reader should see; false when nothing has been rendered
// since he came.
func (g *group) state(r *reader) ([]Message, bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.latest, g.done > g.readers[r], g.err
}

// tell puts a value into a channel that has place for one.
func tell(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// pause waits; false when the context has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
