package engine

import (
	"context"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"

	"tandem/internal/action"
	"tandem/internal/workflow"
)

// Limits of the caches.
const (
	cachedSnapshots   = 4096
	cachedBytes       = 16 << 10 // of documents; a snapshot that has more is a large one
	cachedLarge       = 16
	cachedDefinitions = 512
)

// cached is the state of an instance after its last transition here. It may be
// behind the store; the version guard of Apply finds that out. Decisions change
// the snapshot in place, so it has one owner: whoever takes it out.
type cached struct {
	tenant string
	snap   *workflow.Snapshot
	def    *workflow.Definition
}

// snapshotCache keeps many small snapshots and a few large ones.
type snapshotCache struct{ small, large *lru.Cache[uuid.UUID, cached] }

func newSnapshotCache() *snapshotCache {
	small, err := lru.New[uuid.UUID, cached](cachedSnapshots)
	if err != nil {
		panic(err) // only for a size below 1
	}
	large, err := lru.New[uuid.UUID, cached](cachedLarge)
	if err != nil {
		panic(err) // likewise
	}
	return &snapshotCache{small: small, large: large}
}

// take gives the instance's snapshot out of the cache.
func (c *snapshotCache) take(id uuid.UUID) (cached, bool) {
	for _, list := range []*lru.Cache[uuid.UUID, cached]{c.small, c.large} {
		if v, ok := list.Peek(id); ok {
			list.Remove(id)
			return v, true
		}
	}
	return cached{}, false
}

// tenant gives the tenant of an instance that is in the cache.
func (c *snapshotCache) tenant(id uuid.UUID) (string, bool) {
	if v, ok := c.small.Peek(id); ok {
		return v.tenant, true
	}
	v, ok := c.large.Peek(id)
	return v.tenant, ok
}

func (c *snapshotCache) drop(id uuid.UUID) {
	c.small.Remove(id)
	c.large.Remove(id)
}

func (c *snapshotCache) put(id uuid.UUID, v cached) {
	if v.snap.Size() > cachedBytes {
		c.large.Add(id, v)
		return
	}
	c.small.Add(id, v)
}

// definitionCache holds parsed definitions. A name and version never change
// their meaning, so nothing in it grows stale.
type definitionCache struct {
	lru     *lru.Cache[definitionKey, *workflow.Definition]
	options workflow.Options
}

type definitionKey struct {
	tenant string
	ref    workflow.Ref
}

func newDefinitionCache(actions action.Registry, functions map[string]workflow.Func) *definitionCache {
	c, err := lru.New[definitionKey, *workflow.Definition](cachedDefinitions)
	if err != nil {
		panic(err) // only for a size below 1
	}
	known := actions.Options()
	known.Functions = functions
	return &definitionCache{lru: c, options: known}
}

// definition gives a stored version of a definition.
func (e *Engine) definition(ctx context.Context, tenant string, ref workflow.Ref) (*workflow.Definition, error) {
	key := definitionKey{tenant, ref}
	if def, ok := e.defs.lru.Get(key); ok {
		return def, nil
	}
	source, err := e.storage.DefinitionSource(ctx, tenant, ref)
	if err != nil {
		return nil, err
	}
	def, _, err := workflow.Parse(source, e.defs.options)
	if err != nil {
		return nil, err
	}
	e.defs.lru.Add(key, def)
	return def, nil
}
