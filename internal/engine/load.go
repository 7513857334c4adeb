package engine

import (
	"time"

	"tandem/internal/metrics"
)

// Load tells what this process is at.
func (e *Engine) Load() metrics.Load {
	l := metrics.Load{Commands: e.mail.len(), Workers: e.pool.workers, Left: int(e.ready.Load()), Heartbeat: e.beats.age(), Fetchers: e.jobs.len()}
	e.pool.mu.Lock()
	defer e.pool.mu.Unlock()
	l.Queued, l.Running = len(e.pool.queue), e.pool.running
	return l
}

func (m *mailbox) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.size
}

func (b *jobBoard) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.pollers)
}

// age is the time since the last heartbeat that was confirmed, negative before
// the first.
func (h *heartbeats) age() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last.IsZero() {
		return -time.Second
	}
	return elapsed(h.last, time.Now())
}
