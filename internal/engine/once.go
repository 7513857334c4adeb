package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

	Lasting bool // kept as long as the instance, not for a day
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
func (e *Engine) StartOnce(ctx context.Context, actor workflow.Actor, in StartInput, o Idempotency) (started workflow.Instance, replayed bool, err error) {
	o.Lasting = true
	use, replayed, err := e.Once(ctx, actor, o, func(ctx context.Context) (err error) {
		started, err = e.Start(ctx, actor, in)
		return err
	})
	if replayed && err == nil {
		started, err = e.Used(ctx, use)
	}
	return started, replayed, err
}

// Once carries a request out unless its key was used. The key is stored with
// the effect, so it stands for a request that has had one; of twins that race,
// the one whose effect is refused finds the key of the other. do must have one
// effect, through a method of the engine that gets do's context; whatever else
// a request is refused for belongs into do, because a repetition meets what the
// first has changed. What the key was used for is given when it was.
func (e *Engine) Once(ctx context.Context, actor workflow.Actor, o Idempotency, do func(context.Context) error) (use workflow.KeyUse, replayed bool, err error) {
	if o.Key == "" {
		return use, false, do(ctx)
	}
	if err := checkKey(o.Key); err != nil {
		return use, false, err
	}
	key := e.requestKey(actor, o)
	leave, err := e.twins.enter(ctx, key.Name())
	if err != nil {
		if use, used, lookup := e.lookUp(ctx, key); used {
			return use, true, lookup // the twin only has more to say
		}
		return use, false, err
	}
	defer leave()
	if use, used, err := e.lookUp(ctx, key); used || err != nil {
		return use, used, err
	}
	for try := 1; ; try++ {
		request := &keyed{RequestKey: key}
		err := do(context.WithValue(ctx, keyContext{}, request))
		if err == nil && !request.idle {
			return use, false, nil
		}
		if use, used, lookup := e.lookUp(ctx, key); used {
			return use, true, lookup
		}
		if !errors.Is(err, ErrKeyTaken) || try == maxTries {
			return use, false, err
		}
	}
}

// keyed is a request with a key that is being carried out.
type keyed struct {
	workflow.RequestKey
	idle bool // it found nothing to change: a twin may have been before it
}

func (e *Engine) requestKey(actor workflow.Actor, o Idempotency) workflow.RequestKey {
	sum := sha256.Sum256(o.Body)
	key := workflow.RequestKey{
		Tenant: actor.Tenant, Caller: actor.ID, Method: o.Method, Path: o.Path, Key: o.Key,
		Body: hex.EncodeToString(sum[:]), At: e.now(),
	}
	if !o.Lasting {
		until := e.now().Add(keyLife)
		key.Until = &until
	}
	return key
}

// keyContext holds the key of the request that a context belongs to.
type keyContext struct{}

// KeyOf gives the key of the request that is being carried out in Once, for
// stores whose effects are none of the engine's; nil when it has none.
func KeyOf(ctx context.Context) *workflow.RequestKey { return keyOf(ctx) }

// keyOf gives the key to store with an effect; nil when the request has none.
func keyOf(ctx context.Context) *workflow.RequestKey {
	if k, ok := ctx.Value(keyContext{}).(*keyed); ok {
		return &k.RequestKey
	}
	return nil
}

// idled notes that a request has changed nothing.
func idled(ctx context.Context) {
	if k, ok := ctx.Value(keyContext{}).(*keyed); ok {
		k.idle = true
	}
}

// Remember keeps, with the request's key if it has one, what its answer says
// and nobody can read again. It must be called before the effect.
func Remember(ctx context.Context, answer any) {
	key := keyOf(ctx)
	if key == nil {
		return
	}
	if text, err := json.Marshal(answer); err == nil && len(text) <= workflow.MaxResult {
		key.Answer = text
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

// lookUp tells what a key was used for, and refuses it for anything else.
func (e *Engine) lookUp(ctx context.Context, key workflow.RequestKey) (workflow.KeyUse, bool, error) {
	use, used, err := e.storage.KeyUse(ctx, key)
	if used && err == nil && use.Body != key.Body {
		err = errKeyReused
	}
	return use, used, err
}

// Used gives the instance that a key was used for, as it is by now.
func (e *Engine) Used(ctx context.Context, use workflow.KeyUse) (workflow.Instance, error) {
	snaps, err := e.storage.Load(ctx, []uuid.UUID{use.InstanceID}, Want{})
	if err != nil {
		return workflow.Instance{}, err
	}
	snap := snaps[use.InstanceID]
	if snap == nil {
		return workflow.Instance{}, workflow.ErrInstanceNotFound
	}
	return snap.Instance, nil
}

// twins knows the requests with a key that are being carried out here. Twins in
// other processes meet in the store.
type twins struct {
	mu   sync.Mutex
	open map[workflow.KeyName]chan struct{}
}

// enter waits until no twin is being carried out, for at most keyWait.
func (t *twins) enter(ctx context.Context, key workflow.KeyName) (leave func(), err error) {
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
func (t *twins) add(key workflow.KeyName) (first <-chan struct{}, alone bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, ok := t.open[key]; ok {
		return c, false
	}
	if t.open == nil {
		t.open = map[workflow.KeyName]chan struct{}{}
	}
	t.open[key] = make(chan struct{})
	return nil, true
}

func (t *twins) remove(key workflow.KeyName) {
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
		_, sweep := e.storage.SweepAttachments(ctx, sweepBatch)
		if err := errors.Join(err, sweep, e.sweepMessages(ctx)); err != nil && ctx.Err() == nil {
			e.log.Warn("what has expired was not dropped; this is repeated", "error", err)
		}
	}
}
