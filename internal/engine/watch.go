package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// watchers are told which instances have changed, after the commit.
type watchers struct {
	mu   sync.Mutex
	byID map[uuid.UUID][]chan struct{}
}

// Watch gives a channel that gets a value after the instance has changed, here
// or in another process; uuid.Nil watches all instances. Several changes may
// come as one value. stop ends the watch.
func (e *Engine) Watch(id uuid.UUID) (changed <-chan struct{}, stop func()) { return e.watch.add(id) }

// add gives a channel that gets a value when the instance has changed.
func (w *watchers) add(id uuid.UUID) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID == nil {
		w.byID = map[uuid.UUID][]chan struct{}{}
	}
	w.byID[id] = append(w.byID[id], ch)
	return ch, func() { w.remove(id, ch) }
}

func (w *watchers) remove(id uuid.UUID, ch chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := slices.DeleteFunc(w.byID[id], func(c chan struct{}) bool { return c == ch })
	if len(rest) == 0 {
		delete(w.byID, id)
		return
	}
	w.byID[id] = rest
}

// tell wakes those who watch one of the instances, nil = any.
func (w *watchers) tell(ids []uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ids == nil {
		for _, list := range w.byID {
			wake(list)
		}
		return
	}
	for _, id := range ids {
		wake(w.byID[id])
	}
	wake(w.byID[uuid.Nil])
}

func wake(list []chan struct{}) {
	for _, ch := range list {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// changed tells everyone in this process.
func (e *Engine) changed(ids []uuid.UUID) {
	if ids == nil || len(ids) > 0 {
		e.watch.tell(ids)
	}
}

// listenLoop passes on what other processes change.
func (e *Engine) listenLoop(ctx context.Context) {
	for ctx.Err() == nil {
		err := e.storage.Listen(ctx, func(ids []uuid.UUID) {
			for _, id := range ids {
				e.cache.drop(id)
			}
			e.due.look()
			e.jobs.look()
			e.pool.suspect(ids)
			e.changed(ids)
		})
		if ctx.Err() != nil {
			return
		}
		e.log.Warn("listening to the database broke off; it begins again", "error", err)
		sleep(ctx, time.Second)
		e.due.look()
		e.jobs.look()
		e.changed(nil)
	}
}
