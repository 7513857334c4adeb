package engine

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Limits of firing due rows.
const (
	dueBatch    = 500
	dueHold     = 10 * time.Second     // a claim that is not followed by a commit ends after this
	dueShortest = 5 * time.Millisecond // the shortest sleep, likewise
	dueLongest  = 30 * time.Second     // the longest sleep, against clocks that differ
)

// alarm knows when to look for due rows next.
type alarm struct {
	mu    sync.Mutex
	next  time.Time
	rings chan struct{}
}

func newAlarm() *alarm { return &alarm{rings: make(chan struct{}, 1)} }

// wake rings when one of the rows comes before the time that is slept until.
func (a *alarm) wake(dues []workflow.Due, thawed bool) {
	if thawed {
		a.look()
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range dues {
		if !d.Frozen && (a.next.IsZero() || d.At.Before(a.next)) {
			a.next = d.At
			a.ring()
		}
	}
}

// look has the store asked at once.
func (a *alarm) look() { a.ring() }

func (a *alarm) ring() {
	select {
	case a.rings <- struct{}{}:
	default:
	}
}

func (a *alarm) set(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next = at
}

// dueLoop fires due rows, sleeping until the next one.
func (e *Engine) dueLoop(ctx context.Context) {
	for ctx.Err() == nil {
		pause := e.fireDue(ctx)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-e.due.rings:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// fire has a due row acted on.
func (e *Engine) fire(d workflow.Due) error {
	if d.Kind == workflow.DueSend {
		send, err := workflow.SendOf(d)
		if err != nil {
			e.log.Error("a command cannot be read; it is dropped", "due", d.ID, "error", err)
			e.forget([]uuid.UUID{d.ID})
			return nil
		}
		return e.deliverOne(send)
	}
	return e.mail.put(&request{
		instance: d.InstanceID, cmd: workflow.DueFired{DueID: d.ID}, want: Want{Dues: []uuid.UUID{d.ID}},
	})
}

// fireDue fires what is due and gives how long nothing else will be.
func (e *Engine) fireDue(ctx context.Context) time.Duration {
	e.due.set(time.Time{})
	due, next, err := e.storage.ClaimDue(ctx, dueBatch, dueHold)
	if err != nil {
		if ctx.Err() == nil {
			e.log.Warn("due rows were not read; this is repeated", "error", err)
		}
		return time.Second
	}
	for _, d := range due {
		if d.Kind != workflow.DueSend { // which its process has delivered at once, as a rule
			e.metrics.Fired(e.now().Sub(d.At))
		}
		if err := e.fire(d); err != nil {
			return time.Second
		}
	}
	if len(due) == dueBatch {
		return 0
	}
	pause := dueLongest
	if !next.IsZero() {
		pause = min(pause, max(dueShortest, next.Sub(e.now())))
	}
	e.due.set(e.now().Add(pause))
	return pause
}
