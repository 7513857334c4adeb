package engine

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// revokePause is the least time between two looks for steps that another process
// has taken from us. One look reads as many executions as run here.
const revokePause = 500 * time.Millisecond

// suspect notes that another process changed instances, nil for any of them:
// steps of theirs that run here, or are to run, may have been canceled.
func (p *pool) suspect(instances []uuid.UUID) {
	changed := make(map[uuid.UUID]bool, len(instances))
	for _, id := range instances {
		changed[id] = true
	}
	is := func(id uuid.UUID) bool { return instances == nil || changed[id] }
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, a := range p.attempts {
		if is(a.in.ID) {
			p.suspects[id] = true
		}
	}
	for i := range p.queue {
		p.queue[i].doubtful = p.queue[i].doubtful || is(p.queue[i].in.ID)
	}
	for id := range p.storing {
		p.storing[id] = p.storing[id] || is(id)
	}
	p.alarm()
}

// expect notes that steps of a batch will be queued once it is stored. What
// others change from then on may come before them.
func (p *pool) expect(batch []*outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range batch {
		if len(o.t.Work) > 0 {
			p.storing[o.instance] = false
		}
	}
}

// unexpect takes back what expect noted of steps that will not be queued.
func (p *pool) unexpect(o *outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.storing, o.instance)
}

// doubted reports whether others have changed the instance of a step that is
// about to begin. It says so once.
func (p *pool) doubted(it *item) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	doubt := it.doubtful || p.suspects[it.work.ExecutionID]
	it.doubtful = false
	delete(p.suspects, it.work.ExecutionID)
	return doubt
}

// alarm wakes the revoke loop if there is something to look at. The lock is held.
func (p *pool) alarm() {
	if len(p.suspects) == 0 {
		return
	}
	select {
	case p.alarmed <- struct{}{}:
	default:
	}
}

// takeSuspects gives the running attempts that others may have ended.
func (p *pool) takeSuspects() []attempt {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []attempt
	for id := range p.suspects {
		if a, running := p.attempts[id]; running {
			list = append(list, a)
		}
	}
	clear(p.suspects)
	return list
}

// revokeLoop stops actions whose steps another process has canceled: their
// results would be dropped.
func (e *Engine) revokeLoop(ctx context.Context) {
	for {
		select {
		case <-e.pool.alarmed:
		case <-ctx.Done():
			return
		}
		if list := e.pool.takeSuspects(); len(list) > 0 {
			e.revoke(ctx, list)
		}
		if !sleep(ctx, revokePause) {
			return
		}
	}
}

func (e *Engine) revoke(ctx context.Context, list []attempt) {
	var want Want
	instances := map[uuid.UUID]bool{}
	for _, a := range list {
		instances[a.in.ID] = true
		want.Executions = append(want.Executions, a.work.ExecutionID)
	}
	ids := make([]uuid.UUID, 0, len(instances))
	for id := range instances {
		ids = append(ids, id)
	}
	snaps, err := e.storage.Load(ctx, ids, want)
	if err != nil {
		e.pool.suspect(ids)
		return
	}
	for _, a := range list {
		if !holds(snaps[a.in.ID], a.item) {
			a.stop()
		}
	}
}

// holds reports whether a snapshot has a step leased as an item says.
func holds(snap *workflow.Snapshot, it item) bool {
	if snap == nil {
		return false
	}
	exec := snap.Executions[it.work.ExecutionID]
	return exec.Status == workflow.StepRunning && exec.LeaseNo == it.work.LeaseNo
}
