package engine

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tandem/internal/workflow"
)

// Quotas tells of the tenants that may not do as they like: those with limits,
// and those that are closed.
type Quotas func(ctx context.Context) (map[string]workflow.TenantState, error)

const (
	quotaAge     = 2 * time.Second // after which what a tenant has is read anew
	quotaTimeout = 2 * time.Second // of one reading
)

// quotas holds tenants to their limits without asking the store at each start:
// what they have is read every two seconds while somebody starts, saves or
// uploads, and what this process adds meanwhile is counted. Several processes
// may exceed a limit by what they make within that time. A tenant without limits
// costs a look into a map.
type quotas struct {
	read Quotas // nil = nothing is limited
	log  *slog.Logger
	now  func() time.Time

	mu      sync.Mutex
	at      time.Time // of the reading that holds; zero = none yet
	reading chan struct{}
	tenants map[string]*quota
}

// quota is a tenant's state at the last reading and what was added since.
type quota struct {
	workflow.TenantState
	live, definitions int
	storage           int64

	// Starts of this minute: a bucket that fills with the time.
	left   float64
	filled time.Time
}

// Refusals of a tenant that has reached a limit.
var (
	errTenantClosed       = workflow.Errorf(workflow.KindConflict, "tenant_closed", "This tenant is closed: nothing is started. Ask an administrator of the server to open it again.")
	errTooManyInstances   = workflow.Errorf(workflow.KindConflict, "too_many_instances", "As many instances are live as the tenant's limit allows. Wait until some have ended, cancel some, or ask an administrator of the server for more.")
	errTooManyStarts      = workflow.Errorf(workflow.KindTooMany, "too_many_starts", "The tenant has started as much in this minute as its limit allows. Try again in a minute, or ask an administrator of the server for more.")
	errTooManyDefinitions = workflow.Errorf(workflow.KindConflict, "too_many_definitions", "The tenant has as many workflows as its limit allows. Ask an administrator of the server for more.")
	errTooMuchStorage     = workflow.Errorf(workflow.KindConflict, "too_much_storage", "The tenant's files take as much room as its limit allows. Ask an administrator of the server for more.")
)

// take runs judge on a tenant's quota, if it has one, and gives its refusal.
func (q *quotas) take(ctx context.Context, tenant string, judge func(*quota) error) error {
	if q.read == nil {
		return nil
	}
	q.refresh(ctx)
	q.mu.Lock()
	defer q.mu.Unlock()
	if t := q.tenants[tenant]; t != nil {
		return judge(t)
	}
	return nil
}

// start takes the place of one more instance. giveBack returns it.
func (q *quotas) start(ctx context.Context, tenant string) error {
	return q.take(ctx, tenant, func(t *quota) error {
		t.fill(q.now())
		switch {
		case t.Closed:
			return errTenantClosed
		case t.Limits.Live != nil && t.Usage.Live+t.live >= *t.Limits.Live:
			return errTooManyInstances
		case t.Limits.Starts != nil && t.left < 1:
			return errTooManyStarts
		}
		t.live++
		t.left--
		return nil
	})
}

// giveBack returns the place of an instance that was not made.
func (q *quotas) giveBack(tenant string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t := q.tenants[tenant]; t != nil && t.live > 0 {
		t.live--
		t.left++
	}
}

// define refuses a workflow of a new name beyond the limit.
func (q *quotas) define(ctx context.Context, tenant string, known func() (bool, error)) error {
	full := false
	err := q.take(ctx, tenant, func(t *quota) error {
		full = t.Limits.Definitions != nil && t.Usage.Definitions+t.definitions >= *t.Limits.Definitions
		if !full {
			t.definitions++ // too many where the name is known; the next reading knows better
		}
		return nil
	})
	if err != nil || !full {
		return err
	}
	if there, err := known(); there || err != nil {
		return err
	}
	return errTooManyDefinitions
}

// keep takes room for a file.
func (q *quotas) keep(ctx context.Context, tenant string, size int64) error {
	return q.take(ctx, tenant, func(t *quota) error {
		if t.Limits.Storage != nil && t.Usage.Storage+t.storage+size > *t.Limits.Storage {
			return errTooMuchStorage
		}
		t.storage += size
		return nil
	})
}

// fill adds what the time since the last call has brought.
func (t *quota) fill(now time.Time) {
	if t.Limits.Starts == nil {
		return
	}
	most := float64(*t.Limits.Starts)
	if t.filled.IsZero() {
		t.left = most
	} else {
		t.left = min(most, t.left+most*now.Sub(t.filled).Minutes())
	}
	t.filled = now
}

// refresh has the store read when the last reading is old. Only who comes before
// the first one waits for it; all others go by what is known.
func (q *quotas) refresh(ctx context.Context) {
	q.mu.Lock()
	if q.reading == nil && q.now().Sub(q.at) >= quotaAge {
		q.reading = make(chan struct{})
		go q.readAnew(q.reading)
	}
	first := q.reading
	if !q.at.IsZero() {
		first = nil
	}
	q.mu.Unlock()
	if first == nil {
		return
	}
	select {
	case <-first:
	case <-ctx.Done():
	}
}

// readAnew puts a new reading in the place of the last one. What was added while
// it ran may be in it or not: it counts until the next.
func (q *quotas) readAnew(done chan struct{}) {
	defer close(done)
	ctx, cancel := context.WithTimeout(context.Background(), quotaTimeout)
	defer cancel()
	before := q.added()
	states, err := q.read(ctx)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reading, q.at = nil, q.now()
	if err != nil {
		q.log.Warn("limits of tenants cannot be read; the last ones hold", "error", err)
		return
	}
	tenants := make(map[string]*quota, len(states))
	for name, state := range states {
		t := &quota{TenantState: state}
		if was := q.tenants[name]; was != nil {
			t.live, t.definitions, t.storage = was.live-before[name].live, was.definitions-before[name].definitions, was.storage-before[name].storage
			t.live = max(t.live, 0)
			t.left, t.filled = was.left, was.filled
		}
		tenants[name] = t
	}
	q.tenants = tenants
}

// added gives what was added since the last reading.
func (q *quotas) added() map[string]quota {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := make(map[string]quota, len(q.tenants))
	for name, t := range q.tenants {
		all[name] = *t
	}
	return all
}
