package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// KeyStore keeps the names of requests and of what runs once at a time. Apply
// writes both: see Transition.Keys and Transition.Unique.
type KeyStore interface {
	// KeyUse says what a key was used for, and whether it was.
	KeyUse(ctx context.Context, key workflow.RequestKey) (use workflow.KeyUse, used bool, err error)

	// DropKeys deletes up to limit keys whose time is over and says how many.
	DropKeys(ctx context.Context, limit int) (int, error)

	// LiveUnique gives the instance of a definition that lives under a
	// correlation id as its only one, ErrInstanceNotFound when there is none.
	LiveUnique(ctx context.Context, tenant, definition, correlation string) (uuid.UUID, error)
}

// Idempotency names one request of a caller.
type Idempotency struct {
	Method string
	Path   string
	Key    string // empty = the request has no name: it is carried out each time
	Body   []byte // what is asked for
}

// Limits of requests with a key.
const (
	keyWait = 5 * time.Second // of a twin for the first
	keyLife = 24 * time.Hour  // of keys, but those of starts
)

var (
	errKeyInUse = workflow.Errorf(workflow.KindConflict, "key_in_use",
		"Another request with this Idempotency-Key is being carried out. Repeat it in a moment.")
	errKeyReused = workflow.Errorf(workflow.KindInvalid, "key_reused",
		"This Idempotency-Key was used for another request. Give each request a key of its own.")
)

// StartOnce is Start, once for each key: a repetition gives the instance that
// the first has started, as it is by then.
func (e *Engine) StartOnce(ctx context.Context, actor workflow.Actor, in StartInput, once Idempotency) (_ workflow.Instance, replayed bool, err error) {
	return e.once(ctx, actor, once, nil, func(key *workflow.RequestKey) (workflow.Instance, error) {
		return e.startKeyed(ctx, actor, in, key)
	})
}

// CompleteTaskOnce is CompleteTask, once for each key within a day.
func (e *Engine) CompleteTaskOnce(ctx context.Context, actor workflow.Actor, task uuid.UUID, c Completion, once Idempotency) (_ workflow.Instance, replayed bool, err error) {
	until := e.now().Add(keyLife)
	return e.once(ctx, actor, once, &until, func(key *workflow.RequestKey) (workflow.Instance, error) {
		return e.completeKeyed(ctx, actor, task, c, key)
	})
}

// once carries a request out unless its key was used. The key is stored with
// the effect, so it stands for a request that has had one; of twins that race,
// the one whose effect is refused finds the key of the other.
func (e *Engine) once(ctx context.Context, actor workflow.Actor, o Idempotency, until *time.Time, do func(*workflow.RequestKey) (workflow.Instance, error)) (workflow.Instance, bool, error) {
	if o.Key == "" {
		in, err := do(nil)
		return in, false, err
	}
	if err := checkKey(o.Key); err != nil {
		return workflow.Instance{}, false, err
	}
	sum := sha256.Sum256(o.Body)
	key := workflow.RequestKey{
		Tenant: actor.Tenant, Caller: actor.ID, Method: o.Method, Path: o.Path, Key: o.Key,
		Body: hex.EncodeToString(sum[:]), At: e.now(), Until: until,
	}
	leave, err := e.twins.enter(ctx, key.Name())
	if err != nil {
		return workflow.Instance{}, false, err
	}
	defer leave()
	if in, used, err := e.replay(ctx, key); used || err != nil {
		return in, used, err
	}
	for try := 1; ; try++ {
		in, err := do(&key)
		if err == nil {
			return in, false, nil
		}
		if first, used, lookup := e.replay(ctx, key); used {
			return first, true, lookup
		}
		if !errors.Is(err, errTaken) || try == maxTries {
			return in, false, err
		}
	}
}

// checkKey takes printable ASCII.
func checkKey(key string) error {
	if len(key) > workflow.MaxRequestKey {
		return workflow.Errorf(workflow.KindMalformed, "bad_key", "The Idempotency-Key has more than %d characters. Shorten it.", workflow.MaxRequestKey)
	}
	for _, c := range []byte(key) {
		if c < ' ' || c > '~' {
			return workflow.Errorf(workflow.KindMalformed, "bad_key", "An Idempotency-Key is made of printable ASCII characters. Take a UUID.")
		}
	}
	return nil
}

// replay gives the instance that a key was used for.
func (e *Engine) replay(ctx context.Context, key workflow.RequestKey) (workflow.Instance, bool, error) {
	use, used, err := e.storage.KeyUse(ctx, key)
	if err != nil || !used {
		return workflow.Instance{}, false, err
	}
	if use.Body != key.Body {
		return workflow.Instance{}, true, errKeyReused
	}
	snaps, err := e.storage.Load(ctx, []uuid.UUID{use.InstanceID}, Want{})
	if err != nil {
		return workflow.Instance{}, true, err
	}
	snap := snaps[use.InstanceID]
	if snap == nil {
		return workflow.Instance{}, true, workflow.ErrInstanceNotFound
	}
	return snap.Instance, true, nil
}

// twins knows the requests with a key that are being carried out here. Twins in
// other processes meet in the store.
type twins struct {
	mu   sync.Mutex
	open map[workflow.RequestKey]chan struct{}
}

// enter waits until no twin is being carried out, for at most keyWait.
func (t *twins) enter(ctx context.Context, key workflow.RequestKey) (leave func(), err error) {
	patience := time.NewTimer(keyWait)
	defer patience.Stop()
	for {
		first, alone := t.add(key)
		if alone {
			return func() { t.remove(key) }, nil
		}
		select {
		case <-first:
		case <-patience.C:
			return nil, errKeyInUse
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// add notes a request; when there is a twin it gives what ends with it.
func (t *twins) add(key workflow.RequestKey) (first <-chan struct{}, alone bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, ok := t.open[key]; ok {
		return c, false
	}
	if t.open == nil {
		t.open = map[workflow.RequestKey]chan struct{}{}
	}
	t.open[key] = make(chan struct{})
	return nil, true
}

func (t *twins) remove(key workflow.RequestKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.open[key])
	delete(t.open, key)
}

// sweepPause is how long expired rows may stay.
const (
	sweepPause = 30 * time.Second
	sweepBatch = 1000
)

// sweepLoop drops what has expired, and does what was left of messages.
func (e *Engine) sweepLoop(ctx context.Context) {
	for sleep(ctx, sweepPause) {
		_, err := e.storage.DropKeys(ctx, sweepBatch)
		if err := errors.Join(err, e.sweepMessages(ctx)); err != nil && ctx.Err() == nil {
			e.log.Warn("what has expired was not dropped; this is repeated", "error", err)
		}
	}
}
