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
// steps of theirs that run here may have been canceled.
func (p *pool) suspect(instances []uuid.UUID) {
	changed := make(map[uuid.UUID]bool, len(instances))
	for _, id := range instances {
		changed[id] = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, a := range p.attempts {
		if instances == nil || changed[a.in.ID] {
			p.suspects[id] = true
		}
	}
	p.alarm()
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
