package memory

import (
	"context"
	"fmt"
	"slices"

	"tandem/internal/engine"
)

// Feed implements engine.Store. Events become visible in the order of their
// numbers: one transition is stored at a time.
func (s *Store) Feed(ctx context.Context, after engine.FeedCursor, limit int) ([]engine.FeedEvent, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read the event feed: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := after.Above(engine.FeedCursor{Seq: s.floor}); err != nil {
		return nil, err
	}
	var events []engine.FeedEvent
	for _, r := range s.instances {
		for _, ev := range r.events {
			if ev.Seq > after.Seq {
				events = append(events, engine.FeedEvent{
					Event: cloneEvent(ev), Tenant: r.instance.Tenant, Definition: r.instance.Definition, Cursor: engine.FeedCursor{Seq: ev.Seq},
				})
			}
		}
	}
	slices.SortFunc(events, func(a, b engine.FeedEvent) int { return int(a.Seq - b.Seq) })
	return events[:min(limit, len(events))], nil
}

// FeedEnd implements engine.Store.
func (s *Store) FeedEnd(ctx context.Context) (engine.FeedCursor, error) {
	if err := ctx.Err(); err != nil {
		return engine.FeedCursor{}, fmt.Errorf("read the end of the event feed: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return engine.FeedCursor{Seq: s.seq}, nil
}
