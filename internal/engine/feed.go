package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

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

// FeedEvent is an event in the feed of all instances.
type FeedEvent struct {
	workflow.Event
	Tenant string
	Cursor FeedCursor
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

// Follow calls got with every event after a cursor, in the order of the feed,
// none left out and none twice, until ctx ends or got returns an error, which
// Follow returns. The events of one instance come in the order in which they
// happened. While the database is away it waits.
func (e *Engine) Follow(ctx context.Context, after FeedCursor, got func(FeedEvent) error) error {
	changed, stop := e.Watch(uuid.Nil)
	defer stop()
	pause := feedPoll
	for {
		events, err := e.storage.Feed(ctx, after, feedBatch)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case workflow.KindOf(err) == workflow.KindUnavailable:
			e.log.Warn("the event feed was not read; this is repeated", "error", err)
		case err != nil:
			return fmt.Errorf("follow events: %w", err)
		}
		for _, ev := range events {
			if err := got(ev); err != nil {
				return err
			}
			after = ev.Cursor
		}
		if len(events) > 0 {
			pause = feedSoon
			continue
		}
		if err := wait(ctx, changed, pause); err != nil {
			return err
		}
		pause = min(2*pause, feedPoll)
	}
}

// wait returns after a change, or after a while.
func wait(ctx context.Context, changed <-chan struct{}, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
