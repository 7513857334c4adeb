package engine

import (
	"sync"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"tandem/internal/workflow"
)

// request is one command on its way to a decision.
type request struct {
	cmd      workflow.Command
	def      *workflow.Definition // for Start; nil otherwise
	want     Want                 // what the command names beside what lives
	tries    int                  // how often its decision met a stale snapshot
	key      *workflow.RequestKey // the caller's name for it; nil = none
	version  int64                // that the instance must have; 0 = any
	ack      uuid.UUID            // the due row that holds the command; zero = none
	reply    func(reply)          // called once, must not block; nil when nobody waits
	instance uuid.UUID
	span     trace.SpanContext // of what it comes from; invalid = none
}

// reply is what became of a request.
type reply struct {
	instance workflow.Instance
	err      error
	idle     bool // nothing was changed
}

func (r *request) answer(in workflow.Instance, err error) { r.tell(reply{instance: in, err: err}) }

func (r *request) tell(a reply) {
	if r.reply != nil {
		r.reply(a)
	}
}

// job is the queued commands of one instance, taken together.
type job struct {
	instance uuid.UUID
	requests []*request
}

// mailbox queues commands by instance. An instance is given out to one
// committer at a time.
type mailbox struct {
	mu     sync.Mutex
	filled sync.Cond
	queues map[uuid.UUID][]*request
	ready  []uuid.UUID // have requests, are not given out
	out    map[uuid.UUID]bool
	size   int
	limit  int
	closed bool
}

func newMailbox(limit int) *mailbox {
	m := &mailbox{queues: map[uuid.UUID][]*request{}, out: map[uuid.UUID]bool{}, limit: limit}
	m.filled.L = &m.mu
	return m
}

// put queues a request. It refuses when the mailbox is full or closed.
func (m *mailbox) put(r *request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errClosing
	}
	if m.size >= m.limit {
		return errBusy
	}
	m.size++
	m.add(r)
	m.filled.Signal()
	return nil
}

func (m *mailbox) add(r *request) {
	q := m.queues[r.instance]
	if len(q) == 0 && !m.out[r.instance] {
		m.ready = append(m.ready, r.instance)
	}
	m.queues[r.instance] = append(q, r)
}

// take waits for work and gives up to jobs instances with up to each requests.
// It returns nil once the mailbox is closed and empty.
func (m *mailbox) take(jobs, each int) []job {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.ready) == 0 {
		if m.closed && m.size == 0 {
			return nil
		}
		m.filled.Wait()
	}
	n := min(jobs, len(m.ready))
	taken := make([]job, 0, n)
	for _, id := range m.ready[:n] {
		q := m.queues[id]
		k := min(each, len(q))
		taken = append(taken, job{instance: id, requests: q[:k:k]})
		m.keep(id, q[k:])
		m.out[id] = true
		m.size -= k
	}
	m.ready = append(m.ready[:0], m.ready[n:]...)
	if len(m.ready) > 0 {
		m.filled.Signal()
	}
	return taken
}

func (m *mailbox) keep(id uuid.UUID, q []*request) {
	if len(q) == 0 {
		delete(m.queues, id)
		return
	}
	m.queues[id] = q
}

// release gives an instance back, with the requests that are to be decided
// again before any that came meanwhile.
func (m *mailbox) release(id uuid.UUID, again []*request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.out, id)
	q := append(again, m.queues[id]...)
	m.size += len(again)
	m.keep(id, q)
	if len(q) > 0 {
		m.ready = append(m.ready, id)
	}
	if len(m.ready) > 0 || m.closed {
		m.filled.Broadcast()
	}
}

// close refuses further requests; those that are queued are still given out.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.filled.Broadcast()
}
