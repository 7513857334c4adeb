package tandem

import (
	"context"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Event is one line of the history of an instance, as the feed of all events
// gives it. Detail holds the fields of its type as JSON.
type Event = workflow.Event

// Follow calls got with every event of all instances after a cursor, "" = from
// the beginning, until ctx ends or got returns an error, which Follow returns.
// None is left out and none comes twice; those of one instance come in the order
// in which they happened. The cursor that comes with an event goes on after it,
// in this process or another; FeedEnd gives that of now.
func (t *Tandem) Follow(ctx context.Context, after string, got func(ev Event, cursor string) error) error {
	var from engine.FeedCursor
	if after != "" {
		var err error
		if from, err = engine.ParseFeedCursor(after); err != nil {
			return err
		}
	}
	return t.engine.Follow(ctx, from, func(ev engine.FeedEvent) error { return got(ev.Event, ev.Cursor.String()) })
}

// FeedEnd gives the cursor after the last event that there is.
func (t *Tandem) FeedEnd(ctx context.Context) (string, error) {
	end, err := t.engine.FeedEnd(ctx)
	return end.String(), err
}
