package engine

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tandem/internal/workflow"
)

// FeedCursor is a place in the feed of all events: after the event that it came
// with. The zero cursor is before the first.
type FeedCursor struct {
	Xid uint64 // of the transaction that stored the event; 0 in memory
	Seq int64
}

// String gives the cursor as text, for ParseFeedCursor.
func (c FeedCursor) String() string {
	return strconv.FormatUint(c.Xid, 10) + "-" + strconv.FormatInt(c.Seq, 10)
}

// ParseFeedCursor reads what String gave.
func ParseFeedCursor(text string) (FeedCursor, error) {
	xid, seq, ok := strings.Cut(text, "-")
	x, err := strconv.ParseUint(xid, 10, 63)
	s, err2 := strconv.ParseInt(seq, 10, 64)
	if !ok || err != nil || err2 != nil || s < 0 {
		return FeedCursor{}, workflow.Errorf(workflow.KindMalformed, "bad_cursor", "%.40q is no cursor of the event feed. Use the one that came with an event, or none.", text)
	}
	return FeedCursor{x, s}, nil
}

// compare orders cursors as the feed is ordered.
func (c FeedCursor) compare(o FeedCursor) int {
	return cmp.Or(cmp.Compare(c.Xid, o.Xid), cmp.Compare(c.Seq, o.Seq))
}

// ErrFeedCut says that the feed does not reach back to a cursor.
var ErrFeedCut = workflow.Errorf(workflow.KindGone, "feed_cut",
	"Events after this place were deleted with their instances. Begin again without a cursor, and look at what has changed meanwhile.")

// Above refuses a cursor below the floor of the feed, the place of the last
// event that was deleted.
func (c FeedCursor) Above(floor FeedCursor) error {
	if c != (FeedCursor{}) && c.compare(floor) < 0 {
		return ErrFeedCut
	}
	return nil
}

// FeedEvent is an event in the feed of all instances.
type FeedEvent struct {
	workflow.Event
	Tenant     string
	Definition workflow.Ref // of its instance, as it is by now
	Cursor     FeedCursor
}

// Limits of following the feed.
const (
	feedBatch = 500
	// feedPoll is how often a follower looks by itself: an event becomes visible
	// only when no older transaction runs any more, and nobody tells of that.
	feedPoll = time.Second
	feedSoon = 20 * time.Millisecond // after a change that is not visible yet
)

// FeedEnd gives the cursor after the last event that can be read.
func (e *Engine) FeedEnd(ctx context.Context) (FeedCursor, error) { return e.storage.FeedEnd(ctx) }

// CheckFeed gives ErrFeedCut when the feed does not reach back to a cursor.
func (e *Engine) CheckFeed(ctx context.Context, after FeedCursor) error {
	_, err := e.storage.Feed(ctx, after, 1)
	return err
}

// Follow calls got with every event after a cursor, in the order of the feed,
// none left out and none twice, until ctx ends or got returns an error, which
// Follow returns. The events of one instance come in the order in which they
// happened. While the database is away it waits. ErrFeedCut when events after
// the cursor were deleted.
func (e *Engine) Follow(ctx context.Context, after FeedCursor, got func(FeedEvent) error) error {
	return e.FollowBatches(ctx, after, func(events []FeedEvent) error {
		for _, ev := range events {
			if err := got(ev); err != nil {
				return err
			}
		}
		return nil
	})
}

// FollowBatches is Follow with as many events at once as there are, at most
// 500. got must not change them.
func (e *Engine) FollowBatches(ctx context.Context, after FeedCursor, got func([]FeedEvent) error) error {
	leave := e.tail.join(e)
	defer leave()
	for {
		events, moved, err := e.nextEvents(ctx, &after)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case workflow.KindOf(err) == workflow.KindUnavailable:
			e.log.Warn("the event feed was not read; this is repeated", "error", err)
			sleep(ctx, feedPoll)
			continue
		case err != nil:
			return fmt.Errorf("follow events: %w", err)
		}
		if len(events) > 0 {
			if err := got(events); err != nil {
				return err
			}
			after = events[len(events)-1].Cursor
			continue
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// nextEvents gives what follows a cursor: from the tail, if it reaches back so
// far, else from the store. When the store has none before the tail, the cursor
// moves to where that begins. Without any events it is worth looking again when
// moved ends.
func (e *Engine) nextEvents(ctx context.Context, after *FeedCursor) (events []FeedEvent, moved <-chan struct{}, err error) {
	if events, moved, covered := e.tail.after(*after); covered {
		return events, moved, nil
	}
	from, ready, moved := e.tail.start()
	events, err = e.storage.Feed(ctx, *after, feedBatch)
	if err != nil || len(events) > 0 || !ready {
		return events, moved, err
	}
	*after = from
	events, moved, _ = e.tail.after(from)
	return events, moved, nil
}
