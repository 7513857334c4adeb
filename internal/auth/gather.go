package auth

import (
	"context"
	"sync"
	"time"

	"tandem/internal/workflow"
)

// gather answers many callers who ask the same question with few queries and
// without ever giving an old answer: who asks while a query runs waits for the
// next one, which serves all who have gathered by then. So a query always
// begins after the question, and what was revoked before a call is refused by
// that call, in every process.
type gather[T any] struct {
	ask     func(ctx context.Context, key string) (T, error)
	timeout time.Duration // of one query

	mu   sync.Mutex
	busy map[string]*answer[T] // keys with a query running → the one after it, nil when nobody waits
}

type answer[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func newGather[T any](timeout time.Duration, ask func(context.Context, string) (T, error)) *gather[T] {
	return &gather[T]{ask: ask, timeout: timeout, busy: map[string]*answer[T]{}}
}

// get returns the answer for a key, or ctx's error when ctx ends first.
func (g *gather[T]) get(ctx context.Context, key string) (T, error) {
	a := g.join(key)
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

// join returns the answer to wait for, and starts its query when none runs.
func (g *gather[T]) join(key string) *answer[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	next, running := g.busy[key]
	if next != nil {
		return next
	}
	a := &answer[T]{done: make(chan struct{})}
	if running {
		g.busy[key] = a
		return a
	}
	g.busy[key] = nil
	go g.run(key, a)
	return a
}

// run asks, and goes on for as long as others have gathered meanwhile. It is no
// caller's own context that ends it, because it serves others too; a database
// that does not answer in time counts as one that cannot be reached.
func (g *gather[T]) run(key string, a *answer[T]) {
	for a != nil {
		ctx, cancel := context.WithTimeout(context.Background(), g.timeout)
		a.value, a.err = g.ask(ctx, key)
		if a.err != nil && ctx.Err() != nil {
			late := *workflow.ErrUnavailable
			late.Err = a.err
			a.err = &late
		}
		cancel()
		close(a.done)
		a = g.next(key)
	}
}

func (g *gather[T]) next(key string) *answer[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.busy[key]
	if a == nil {
		delete(g.busy, key)
	} else {
		g.busy[key] = nil
	}
	return a
}
