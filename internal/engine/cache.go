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
	cachedBytes       = 16 << 10 // of data; larger instances are read anew
	cachedDefinitions = 512
)

// cached is the state of an instance after its last transition here. It may be
// behind the store; the version guard of Apply finds that out.
type cached struct {
	snap *workflow.Snapshot
	def  *workflow.Definition
}

type snapshotCache struct{ lru *lru.Cache[uuid.UUID, cached] }

func newSnapshotCache() *snapshotCache {
	c, err := lru.New[uuid.UUID, cached](cachedSnapshots)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &snapshotCache{lru: c}
}

func (c *snapshotCache) get(id uuid.UUID) (cached, bool) { return c.lru.Get(id) }
func (c *snapshotCache) drop(id uuid.UUID)               { c.lru.Remove(id) }

func (c *snapshotCache) put(id uuid.UUID, v cached) {
	if len(v.snap.Instance.Data)+len(v.snap.Instance.Input) > cachedBytes {
		c.drop(id)
		return
	}
	c.lru.Add(id, v)
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
