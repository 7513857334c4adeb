package engine

import (
	"context"
	"time"
)

const (
	expireBatch = 100                    // instances at once
	expirePause = 200 * time.Millisecond // between batches, so that others come through
)

// expireLoop deletes instances whose retention has passed, in small batches, and
// keeps counters short.
func (e *Engine) expireLoop(ctx context.Context) {
	pause := expirePause // a process that was just started looks soon
	for sleep(ctx, pause) {
		pause = e.expire(ctx)
		e.mergeCounters(ctx)
	}
}

// counterBatch is how many rows of counters are added up at once.
const counterBatch = 1000

// mergeCounters keeps the rows of counters few.
func (e *Engine) mergeCounters(ctx context.Context) {
	if _, err := e.storage.MergeCounters(ctx, e.now(), counterBatch); err != nil && ctx.Err() == nil {
		e.log.Warn("counters were not added up; this is repeated", "error", err)
	}
}

// expire deletes one batch and gives how long to wait for the next.
func (e *Engine) expire(ctx context.Context) time.Duration {
	n, err := e.storage.Expire(ctx, expireBatch)
	switch {
	case err != nil && ctx.Err() == nil:
		e.log.Warn("expired instances were not deleted; this is repeated", "error", err)
	case n > 0:
		e.log.Info("expired instances were deleted", "instances", n)
		return expirePause
	}
	return e.expiry
}
