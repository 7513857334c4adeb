package engine

import (
	"context"
	"slices"
	"time"
)

// share gives steps that wait here for a worker to other processes, as soon as
// more wait than the pool begins in a second. A process that is alone keeps them.
func (e *Engine) share(ctx context.Context) {
	if !e.pool.behind() || !e.accompanied(ctx) {
		return
	}
	for _, it := range e.pool.surplus(time.Now()) {
		e.pool.handBack(it, false)
	}
}

// accompanied reports whether another process serves a queue of ours.
func (e *Engine) accompanied(ctx context.Context) bool {
	const most = 20 // that are looked at
	rows, err := e.storage.Processes(ctx, e.lease, most)
	return err == nil && slices.ContainsFunc(rows, func(p ProcessRow) bool {
		return p.ID != e.process && slices.ContainsFunc(p.Queues, e.serves)
	})
}

// behind reports whether a step has waited for a worker for longer than patience.
func (p *pool) behind() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.closing && len(p.queue) > p.workers && time.Since(p.queue[0].at) >= p.patience
}

// surplus takes out of the queue what came last, beyond what the pool has done
// in a second of late, and at least one step for each worker.
func (p *pool) surplus(now time.Time) []item {
	p.mu.Lock()
	defer p.mu.Unlock()
	keep := p.workers
	if since := now.Sub(p.counted); since > 0 {
		keep = max(keep, int(float64(p.done)*float64(time.Second)/float64(since)))
	}
	p.done, p.counted = 0, now
	if len(p.queue) <= keep {
		return nil
	}
	tail := slices.Clone(p.queue[keep:])
	p.queue = slices.Delete(p.queue, keep, len(p.queue))
	return tail
}
