package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// History implements engine.Reader: newest first.
func (s *Store) History(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, f engine.HistoryFilter, p engine.Paging) (engine.Page[workflow.Event], error) {
	if err := ctx.Err(); err != nil {
		return engine.Page[workflow.Event]{}, fmt.Errorf("history of instance %s: %w", instance, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.find(viewer, instance)
	if err != nil {
		return engine.Page[workflow.Event]{}, err
	}
	fits := slices.DeleteFunc(slices.Clone(r.events), func(e workflow.Event) bool {
		family, _, _ := strings.Cut(string(e.Type), ".")
		return !among(f.Families, family) || !among(f.Steps, e.Step) || !among(f.Actors, e.Actor)
	})
	found, err := page(fits, order[workflow.Event, int64]{
		list: "history", compare: func(a, b int64) int { return cmp.Compare(b, a) },
		key: func(e workflow.Event) int64 { return e.Seq },
	}, p)
	return mapPage(found, err, cloneEvent)
}

// StepPage implements engine.Reader.
func (s *Store) StepPage(ctx context.Context, viewer workflow.Actor, instance, holder uuid.UUID, p engine.Paging) (engine.Page[workflow.Execution], error) {
	all, err := s.Executions(ctx, viewer, instance, math.MaxInt)
	if err != nil {
		return engine.Page[workflow.Execution]{}, err
	}
	all = slices.DeleteFunc(all, func(e workflow.Execution) bool {
		if holder == uuid.Nil {
			return e.Role == workflow.EachItem
		}
		return e.Scope != holder
	})
	type key struct {
		index int
		age   ageKey
	}
	found, err := page(all, order[workflow.Execution, key]{
		list: "steps",
		key: func(e workflow.Execution) key {
			k := key{age: ageKey{e.CreatedAt, e.ID}}
			if holder != uuid.Nil {
				k.index = e.Index
			}
			return k
		},
		compare: func(a, b key) int {
			return cmp.Or(cmp.Compare(a.index, b.index), a.age.At.Compare(b.age.At), bytes.Compare(a.age.ID[:], b.age.ID[:]))
		},
	}, p)
	found.NextCursor = ""
	return found, err
}
