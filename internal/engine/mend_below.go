package engine

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// belowBatch bounds the instances that are loaded at once.
const belowBatch = 200

// noPartBelow refuses somebody who has a part in an open step of a workflow that
// the instance has started, or that one of those has: a verb that ends them
// must not get round four eyes there either.
func (e *Engine) noPartBelow(ctx context.Context, actor workflow.Actor, id uuid.UUID) error {
	level := []uuid.UUID{id}
	for depth := 0; len(level) > 0 && depth <= workflow.MaxDepth; depth++ {
		var below []uuid.UUID
		for batch := range slices.Chunk(level, belowBatch) {
			snaps, err := e.whole(ctx, batch)
			if err != nil {
				return err
			}
			for _, s := range snaps {
				if err := s.NoPart(actor); depth > 0 && err != nil {
					return err
				}
				below = append(below, s.Children()...)
			}
		}
		level = below
	}
	return nil
}

// whole loads instances with all items that live in them.
func (e *Engine) whole(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*workflow.Snapshot, error) {
	snaps, err := e.storage.Load(ctx, ids, Want{})
	if err != nil {
		return nil, err
	}
	var want Want
	for _, s := range snaps {
		want.Live = append(want.Live, s.Holders()...)
	}
	if len(want.Live) == 0 {
		return snaps, nil
	}
	return e.storage.Load(ctx, ids, want)
}
