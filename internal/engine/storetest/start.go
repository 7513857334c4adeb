package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var startTests = []test{
	{"one_lives_under_a_correlation_id", uniqueRunning},
	{"unique_races_have_one_winner", racedUnique},
	{"key_is_used_once", keyOnce},
	{"key_races_have_one_winner", racedKeys},
	{"key_stands_for_any_effect", keyOfAnything},
	{"taken_start_leaves_nothing", takenStart},
	{"keys_expire", keysExpire},
}

// unique gives the start of an instance that lives alone under its id.
func (b *bench) unique(correlation string) *workflow.Transition {
	t := b.everything(start(b.instance(func(in *workflow.Instance) { in.CorrelationID = correlation })))
	t.Unique = true
	return t
}

// keyed gives the start of an instance under a key.
func (b *bench) keyed(key string) *workflow.Transition {
	t := b.everything(start(b.instance()))
	t.Keys = []workflow.RequestKey{requestKey(key)}
	return t
}

func requestKey(key string) workflow.RequestKey {
	return workflow.RequestKey{
		Tenant: workflow.DefaultTenant, Caller: "otto", Method: "POST", Path: "/instances", Key: key, Body: "hash of " + key, At: time.Now(),
	}
}

func (b *bench) live(correlation string) uuid.UUID {
	b.Helper()
	id, err := b.LiveUnique(b.Context(), workflow.DefaultTenant, demo.Name, correlation)
	if errors.Is(err, workflow.ErrInstanceNotFound) {
		return uuid.Nil
	}
	b.ok("LiveUnique", err)
	return id
}

func (b *bench) use(key string) (workflow.KeyUse, bool) {
	b.Helper()
	use, used, err := b.KeyUse(b.Context(), requestKey(key))
	b.ok("KeyUse", err)
	return use, used
}

// staleOf applies a batch and gives which of its members were stale, in order.
func (b *bench) staleOf(batch ...*workflow.Transition) []bool {
	b.Helper()
	stale, err := b.Apply(b.Context(), batch)
	b.ok("Apply", err)
	var list []bool
	for _, t := range batch {
		list = append(list, stale[t.InstanceID])
	}
	return list
}

func uniqueRunning(b *bench) {
	first := b.unique("order 1")
	b.same("stale", b.staleOf(first, b.unique("order 2"), b.unique("order 2")), []bool{false, false, true})
	b.same("stale beside one that lives", b.staleOf(b.unique("order 1"), start(b.instance())), []bool{true, false})
	b.same("who lives", b.live("order 1"), first.InstanceID)
	b.same("who lives under another id", b.live("order 3"), uuid.Nil)
	plain := b.instance(func(in *workflow.Instance) { in.CorrelationID = "order 1" })
	b.same("stale, of a version without the rule", b.staleOf(start(plain)), []bool{false})

	failure := next(first.Instance, failed(b.tick(), "work", "it broke"))
	b.apply(failure)
	b.same("stale beside one that failed", b.staleOf(b.unique("order 1")), []bool{true})
	b.apply(next(failure.Instance, func(in *workflow.Instance) { in.FrozenAt = nil }, completed(b.tick())))
	b.same("who lives after the end", b.live("order 1"), uuid.Nil)
	b.same("stale after the end", b.staleOf(b.unique("order 1")), []bool{false})
}

func racedUnique(b *bench) {
	for round := range races / 4 {
		x, y := fmt.Sprint("x", round), fmt.Sprint("y", round)
		ana, bo := []*workflow.Transition{b.unique(x), b.unique(y)}, []*workflow.Transition{b.unique(y), b.unique(x)}
		stale := b.race(ana, bo)
		for i := range ana {
			if stale[0][ana[i].InstanceID] == stale[1][bo[1-i].InstanceID] {
				b.Fatalf("both or neither was made: stale %v and %v", stale[0], stale[1])
			}
		}
	}
}

func keyOnce(b *bench) {
	first := b.keyed("a")
	b.same("stale", b.staleOf(first, b.keyed("b"), b.keyed("b")), []bool{false, false, true})
	again, other := b.keyed("a"), b.keyed("a")
	other.Keys[0].Caller = "olga"
	b.same("stale the second time, and of another caller", b.staleOf(again, other, start(b.instance())), []bool{true, false, false})
	use, used := b.use("a")
	b.same("used", used, true)
	b.same("use", use, workflow.KeyUse{InstanceID: first.InstanceID, Body: "hash of a"})
	if _, used := b.use("c"); used {
		b.Error("a key that nobody gave is used")
	}
}

func racedKeys(b *bench) {
	for round := range races / 4 {
		x, y := fmt.Sprint("x", round), fmt.Sprint("y", round)
		ana, bo := []*workflow.Transition{b.keyed(x), b.keyed(y)}, []*workflow.Transition{b.keyed(y), b.keyed(x)}
		stale := b.race(ana, bo)
		for i, key := range []string{x, y} {
			mine, theirs := ana[i].InstanceID, bo[1-i].InstanceID
			if stale[0][mine] == stale[1][theirs] {
				b.Fatalf("both or neither was made: stale %v and %v", stale[0], stale[1])
			}
			if use, _ := b.use(key); stale[0][use.InstanceID] || stale[1][use.InstanceID] {
				b.Fatalf("the key %s is of an instance that was not made", key)
			}
		}
	}
}

// takenStart holds starts to all or nothing: a key that is free stays free when
// the correlation id is taken, and the other way round.
func takenStart(b *bench) {
	b.apply(b.unique("order 1"))
	b.apply(b.keyed("used"))
	noID, noKey := b.unique("order 1"), b.unique("order 2")
	noID.Keys, noKey.Keys = []workflow.RequestKey{requestKey("free")}, []workflow.RequestKey{requestKey("used")}
	b.same("stale", b.staleOf(noID, noKey), []bool{true, true})
	if _, used := b.use("free"); used {
		b.Error("the key of a start that was not made is used")
	}
	b.same("who lives under the id of a start that was not made", b.live("order 2"), uuid.Nil)
	snaps, err := b.Load(b.Context(), []uuid.UUID{noID.InstanceID, noKey.InstanceID}, engine.Want{})
	b.ok("Load", err)
	b.same("instances of starts that were not made", len(snaps), 0)
}

func keysExpire(b *bench) {
	in := b.begin()
	old, lasting := requestKey("old"), requestKey("lasting")
	old.Until, lasting.Until = ptr(time.Now().Add(-time.Minute)), ptr(time.Now().Add(time.Hour))
	then := next(in)
	then.Keys = []workflow.RequestKey{old, lasting}
	b.apply(then)
	_, oldUsed := b.use("old")
	_, lastingUsed := b.use("lasting")
	b.same("used: expired, lasting", []bool{oldUsed, lastingUsed}, []bool{false, true})
	twin, other := next(then.Instance), next(b.begin())
	twin.Keys, other.Keys = []workflow.RequestKey{lasting}, []workflow.RequestKey{requestKey("other")}
	b.same("stale: a twin, another request", b.staleOf(twin, other), []bool{true, false})
	b.same("version after the twin", b.snapshot(in.ID, engine.Want{}).Instance.Version, then.Instance.Version)
	old.Until = nil
	then = next(then.Instance)
	then.Keys = []workflow.RequestKey{old}
	b.apply(then)
	if _, used := b.use("old"); !used {
		b.Error("an expired key cannot be used again")
	}
	gone := requestKey("gone")
	gone.Until = ptr(time.Now().Add(-time.Minute))
	then = next(then.Instance)
	then.Keys = []workflow.RequestKey{gone}
	b.apply(then)
	dropped, err := b.DropKeys(b.Context(), 10)
	b.ok("DropKeys", err)
	b.same("dropped", dropped, 1)
}

// keyOfAnything writes keys with what is no transition: the effect comes with
// its key or not at all.
func keyOfAnything(b *bench) {
	keyed := func(name string) *workflow.RequestKey {
		k := requestKey(name)
		k.Answer = json.RawMessage(`"` + name + `"`)
		return &k
	}
	again := func(name string, err error) {
		b.Helper()
		if !errors.Is(err, engine.ErrKeyTaken) {
			b.Errorf("%s again: %v, want the key taken", name, err)
		}
		use, used := b.use(name)
		b.same(name+" used", used, true)
		b.same(name+" answer", string(use.Answer), `"`+name+`"`)
	}
	waiting := b.wait("a")
	op, _, err := b.CreateOperation(b.Context(), b.operation(), inIDOrder([]uuid.UUID{waiting.InstanceID}), nil, keyed("op"))
	b.ok("CreateOperation", err)
	other := b.operation()
	_, _, err = b.CreateOperation(b.Context(), other, inIDOrder([]uuid.UUID{waiting.InstanceID}), nil, keyed("op"))
	again("op", err)
	if _, err := b.Store.Operation(b.Context(), workflow.DefaultTenant, other.ID); !errors.Is(err, workflow.ErrOperationNotFound) {
		b.Errorf("the second operation: %v, want none", err)
	}
	_, err = b.CancelOperation(b.Context(), saved(workflow.DefaultTenant, "olga", b.base), op.ID, keyed("stop"))
	b.ok("CancelOperation", err)
	_, err = b.CancelOperation(b.Context(), saved(workflow.DefaultTenant, "olga", b.base), op.ID, keyed("stop"))
	again("stop", err)

	_, to, err := b.SendMessage(b.Context(), b.message("nobody"), false, keyed("unsent"))
	b.ok("SendMessage", err)
	if _, used := b.use("unsent"); used || to != uuid.Nil {
		b.Error("a message that went nowhere has used its key")
	}
	_, to, err = b.SendMessage(b.Context(), b.message("a"), true, keyed("sent"))
	b.ok("SendMessage", err)
	b.same("reached", to, waiting.InstanceID)
	_, _, err = b.SendMessage(b.Context(), b.message("a"), true, keyed("sent"))
	again("sent", err)
	use, _ := b.use("sent")
	b.same("instance of the key", use.InstanceID, waiting.InstanceID)
	_, _, err = b.SendMessage(b.Context(), b.message("b"), true, keyed("kept"))
	b.ok("SendMessage", err)
	_, _, err = b.SendMessage(b.Context(), b.message("b"), true, keyed("kept"))
	again("kept", err)

	d := definition(workflow.Ref{Name: "keyed", Version: "1.0.0"})
	_, err = b.SaveDefinition(b.Context(), d, saved(workflow.DefaultTenant, "arno", b.base), keyed("saved"))
	b.ok("SaveDefinition", err)
	_, err = b.SaveDefinition(b.Context(), d, saved(workflow.DefaultTenant, "arno", b.base), keyed("saved"))
	again("saved", err)
}
