package storetest

import (
	"errors"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var feedTests = []test{
	{"the_feed_gives_every_event_once_in_order", feedInOrder},
	{"the_end_of_the_feed", feedEnd},
	{"a_cursor_that_was_cut_off_is_told", feedCut},
}

// eventful is a transition with events of the given types.
func eventful(t *workflow.Transition, at func() int, types ...workflow.EventType) *workflow.Transition {
	for _, kind := range types {
		t.Events = append(t.Events, workflow.Event{InstanceID: t.InstanceID, Type: kind, At: t.Instance.CreatedAt, Visit: at()})
	}
	return t
}

func feedInOrder(b *bench) {
	n := 0
	count := func() int { n++; return n }
	one := eventful(start(b.instance()), count, "a", "b")
	b.apply(one)
	two := eventful(start(b.instance()), count, "c")
	b.apply(two)
	b.apply(eventful(next(one.Instance), count, "d", "e"))
	var all []engine.FeedEvent
	var after engine.FeedCursor
	b.eventually("all events can be read", func() bool {
		page, err := b.Feed(b.Context(), after, 2)
		b.ok("Feed", err)
		if len(page) == 0 {
			return len(all) >= n
		}
		all = append(all, page...)
		after = page[len(page)-1].Cursor
		again, err := engine.ParseFeedCursor(after.String())
		b.ok("ParseFeedCursor", err)
		b.same("cursor", again, after)
		return false
	})
	b.same("types", each(all, func(ev engine.FeedEvent) workflow.EventType { return ev.Type }), []workflow.EventType{"a", "b", "c", "d", "e"})
	b.same("tenant", all[0].Tenant, workflow.DefaultTenant)
	b.same("instance", all[2].InstanceID, two.InstanceID)
}

func feedEnd(b *bench) {
	end, err := b.FeedEnd(b.Context())
	b.ok("FeedEnd", err)
	b.same("end of nothing", end, engine.FeedCursor{})
	count := func() int { return 1 }
	b.apply(eventful(start(b.instance()), count, "a"))
	b.eventually("the event can be read", func() bool {
		end, err = b.FeedEnd(b.Context())
		b.ok("FeedEnd", err)
		return end != engine.FeedCursor{}
	})
	b.apply(eventful(start(b.instance()), count, "b"))
	b.eventually("the event after it can be read", func() bool {
		page, err := b.Feed(b.Context(), end, 10)
		b.ok("Feed", err)
		if len(page) > 0 {
			b.same("after the end", each(page, func(ev engine.FeedEvent) workflow.EventType { return ev.Type }), []workflow.EventType{"b"})
		}
		return len(page) > 0
	})
}

func feedCut(b *bench) {
	count := func() int { return 1 }
	kept := eventful(start(b.instance()), count, "a")
	b.apply(kept)
	b.apply(eventful(start(b.ended(-time.Minute)), count, "b", "c"))
	b.apply(eventful(next(kept.Instance), count, "d"))
	var all []engine.FeedEvent
	b.eventually("all events can be read", func() bool {
		var err error
		all, err = b.Feed(b.Context(), engine.FeedCursor{}, 10)
		b.ok("Feed", err)
		return len(all) == 4
	})
	b.same("definition", all[0].Definition, kept.Instance.Definition)
	b.expires(10, 1)
	for i, cut := range []bool{true, true, false, false} {
		rest, err := b.Feed(b.Context(), all[i].Cursor, 10)
		if cut != errors.Is(err, engine.ErrFeedCut) || cut && rest != nil && err == nil {
			b.Errorf("after event %d: %v, cut off is %v", i, err, cut)
		}
	}
	rest, err := b.Feed(b.Context(), engine.FeedCursor{}, 10)
	b.ok("Feed from the beginning", err)
	b.same("types", each(rest, func(ev engine.FeedEvent) workflow.EventType { return ev.Type }), []workflow.EventType{"a", "d"})
}
