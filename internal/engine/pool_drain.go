package engine

import (
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// stopWait is how long drain waits for actions that it has given up.
const stopWait = 2 * time.Second

// close leases and begins nothing more; what is queued goes to other processes.
func (p *pool) close() {
	p.mu.Lock()
	queued := p.queue
	p.closing, p.queue = true, nil
	p.mu.Unlock()
	for _, it := range queued {
		p.handBack(it, false)
	}
}

// drain waits until everything leased has been reported, at most for grace;
// then it gives up what still runs, and after a moment also those actions that
// do not listen.
func (p *pool) drain(grace time.Duration) {
	p.close()
	stop := time.AfterFunc(grace, p.stop)
	defer stop.Stop()
	abandon := time.AfterFunc(grace+stopWait, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.abandoned = true
		p.idle.Broadcast()
	})
	defer abandon.Stop()
	p.mu.Lock()
	for p.leased+p.reserved > 0 && !p.abandoned {
		p.idle.Wait()
	}
	deaf := p.attempts
	p.attempts = map[uuid.UUID]attempt{}
	p.mu.Unlock()
	p.stop()
	for _, a := range deaf {
		p.handBack(a.item, true)
	}
}

// handBack gives the lease of a step back, so that another process takes it at
// once. When that cannot be stored the lease ends with this process.
func (p *pool) handBack(it item, begun bool) {
	cmd := workflow.ReleaseLease{ExecutionID: it.work.ExecutionID, LeaseNo: it.work.LeaseNo, Begun: begun}
	r := &request{instance: it.in.ID, cmd: cmd, reply: func(a reply) {
		if a.err != nil {
			p.engine.log.Warn("a step could not be handed over; others take it when this process is gone", "instance", it.in.ID, "execution", it.work.ExecutionID, "step", it.work.Step, "error", a.err)
		}
		p.finished(it)
	}}
	r.want.Executions = append(r.want.Executions, it.work.ExecutionID)
	if err := p.engine.mail.put(r); err != nil {
		r.answer(workflow.Instance{}, err)
	}
}
