package engine

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// leftAtMost bounds the instances that are kept in mind; the lease loop finds
// the others.
const leftAtMost = 10_000

// room counts the slots of a pool. A slot is reserved while a decision is on
// its way, then leased until the step has ended. The pool is full when a step
// has waited for a worker for longer than patience: more than its workers can do
// comes in. Then it leaves everything to others until the queue is gone and half
// of the slots are free.
type room struct {
	limit    int
	patience time.Duration
	reserved int
	leased   int
	full     bool
	turned   chan struct{}      // closed and made anew when full changes
	left     map[uuid.UUID]bool // instances with steps that wait for slots here
	watching bool               // a timer looks at the age of the queue
}

func newRoom(limit int, patience time.Duration) room {
	return room{limit: limit, patience: patience, turned: make(chan struct{}), left: map[uuid.UUID]bool{}}
}

// assess finds out whether the pool is full. The lock is held.
func (p *pool) assess() {
	full := p.full
	switch {
	case p.closing, len(p.queue) > 0 && time.Since(p.queue[0].at) >= p.patience:
		full = true
	case p.leased <= p.limit/2:
		full = false
	}
	if full != p.full {
		p.full = full
		close(p.turned)
		p.turned = make(chan struct{})
	}
}

// watch looks at the age of the queue as long as there is one. The lock is
// held.
func (p *pool) watch() {
	if p.watching || p.closing || len(p.queue) == 0 {
		return
	}
	p.watching = true
	wait := max(p.patience-time.Since(p.queue[0].at), p.patience/4)
	time.AfterFunc(wait, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.watching = false
		p.freed()
		p.watch()
	})
}

// reserve gives slots for further steps to the caller, who gives back with
// release what it does not use. It also says whether the steps beyond these
// should go to other processes.
func (p *pool) reserve() (slots int, full bool) {
	if !p.engine.alive() {
		return 0, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.assess(); p.full {
		return 0, true
	}
	// At most half of all, so that other committers have some too.
	slots = min(max(0, p.limit-p.leased-p.reserved), max(1, p.limit/2))
	p.reserved += slots
	return slots, false
}

// release gives reserved slots back.
func (p *pool) release(slots int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reserved -= slots
	p.freed()
}

// freed tells those who wait for slots. The lock is held.
func (p *pool) freed() {
	p.assess()
	if p.leased == 0 && p.reserved == 0 {
		p.idle.Broadcast()
	}
	p.signal()
}

// open is the number of steps that may still be leased.
func (p *pool) open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.assess(); p.full {
		return 0
	}
	return max(0, p.limit-p.leased-p.reserved)
}

// await waits until the pool is full, or is not. It reports false when ctx ended
// first.
func (p *pool) await(ctx context.Context, full bool) bool {
	for ctx.Err() == nil {
		p.mu.Lock()
		p.assess()
		is, turned := p.full, p.turned
		p.mu.Unlock()
		if is == full {
			return true
		}
		select {
		case <-turned:
		case <-ctx.Done():
		}
	}
	return false
}

// leave keeps in mind that an instance was left with steps that wait for slots
// here.
func (p *pool) leave(instance uuid.UUID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(instance, true)
	p.signal()
}

// note keeps in mind whether an instance was left with such steps. The lock is
// held.
func (p *pool) note(instance uuid.UUID, left bool) {
	switch {
	case !left:
		delete(p.left, instance)
	case len(p.left) < leftAtMost:
		p.left[instance] = true
	}
}

// signal has the steps placed that were left, when there is room for many or
// none at all. The lock is held.
func (p *pool) signal() {
	if len(p.left) == 0 || p.leased+p.reserved > p.limit/2 && !p.full {
		return
	}
	select {
	case p.engine.starved <- struct{}{}:
	default:
	}
}

// hungry gives the instances that were left with steps, and forgets them.
func (p *pool) hungry() []uuid.UUID {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := make([]uuid.UUID, 0, len(p.left))
	for id := range p.left {
		ids = append(ids, id)
	}
	clear(p.left)
	return ids
}
