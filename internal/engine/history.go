package engine

import (
	"context"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// MaxReplayed is how many entries of a history, from the first on, an instance is
// rebuilt from.
const MaxReplayed = 10_000

// FirstEvents reads the history of an instance from its beginning, as far as the
// entries are wanted and no further than MaxReplayed.
func FirstEvents(ctx context.Context, read Reader, viewer workflow.Actor, instance uuid.UUID, wanted func(workflow.Event) bool) ([]workflow.Event, error) {
	var all []workflow.Event
	for cursor := ""; len(all) < MaxReplayed; {
		page, err := read.Events(ctx, viewer, instance, Paging{Limit: MaxLimit, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			if !wanted(e) {
				return all, nil
			}
			all = append(all, e)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	return all, nil
}
