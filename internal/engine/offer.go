package engine

import (
	"context"
	"time"

	"tandem/internal/workflow"
)

// Limits of taking jobs. A job is done when its step is leased.
const (
	offerPatience  = 10 * time.Second
	offerLoopPause = time.Second
)

// Dispatcher carries jobs between processes in the place of those that the store
// writes with its commits. A job only says which step is ready: the row is the
// truth, so that one which is lost, late or double does no harm.
type Dispatcher interface {
	// Offer hands on the jobs of a stored transition. It must not wait.
	Offer(jobs []workflow.Offer)

	// Work is as Store.Work.
	Work(ctx context.Context, queues []string, d Desk) error
}

// offerLoop takes the jobs of the queues that this process serves.
func (e *Engine) offerLoop(ctx context.Context) {
	work := e.storage.Work
	if e.dispatcher != nil {
		work = e.dispatcher.Work
	}
	for ctx.Err() == nil {
		err := work(ctx, e.self.Queues, desk{e})
		if ctx.Err() != nil {
			return
		}
		e.log.Warn("jobs of other processes cannot be taken; this is repeated", "error", err)
		sleep(ctx, offerLoopPause)
	}
}

// desk takes jobs while the pool has room.
type desk struct{ *Engine }

// Await implements Desk.
func (d desk) Await(ctx context.Context, open bool) bool { return d.pool.await(ctx, !open) }

// Room implements Desk.
func (d desk) Room() int { return d.pool.open() }

// Take leases the step of a job. A step that is leased already, or is over,
// makes the job void.
func (d desk) Take(ctx context.Context, j workflow.Offer) error {
	ctx, cancel := context.WithTimeout(ctx, offerPatience)
	defer cancel()
	r := &request{instance: j.InstanceID, cmd: workflow.LeaseOne{ExecutionID: j.ExecutionID, LeaseNo: j.LeaseNo}}
	r.want.Executions = append(r.want.Executions, j.ExecutionID)
	_, err := d.submit(ctx, r)
	if workflow.KindOf(err) == workflow.KindNotFound {
		return nil
	}
	return err
}
