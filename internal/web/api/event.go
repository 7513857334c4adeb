package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Limits of event streams.
const (
	maxStreams      = 256              // of one process
	streamAlive     = 15 * time.Second // between signs of life
	streamRecheck   = time.Minute      // between looks at the reader's rights
	streamWriteWait = 10 * time.Second // a reader who takes longer is dropped
	streamMemory    = 10_000           // instances that are known to be visible
)

// Place is where a reader of events goes on.
type Place struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"50" doc:"Goes on after this event: the id of the last that you have, or 0-0 for all that are kept. Without it the stream begins now."`
}

type (
	eventsInput         struct{ Place }
	instanceEventsInput struct {
		ID string `path:"id"`
		Place
	}
)

var errManyStreams = workflow.Errorf(workflow.KindTooMany, "too_many_streams",
	"This process serves %d event streams already. End some, or try again in a moment.", maxStreams)

func (b *builder) eventRoutes() {
	const doc = " Each event has an id; send the last one as Last-Event-ID to go on after it, none lost and none twice, also after a restart. " +
		"A reader who does not keep up is dropped and may come back. Rights are looked at again every minute."
	all, one := reads("/events", "events"), reads("/instances/{id}/events", "events")
	handle(b, endpoint{Route: all, ID: "stream-events", Summary: "Follow the events of all instances", Refusals: []int{410, 429},
		Doc: "Server-sent events of the instances that you may see." + doc}, func(ctx context.Context, who workflow.Actor, in *eventsInput) (*huma.StreamResponse, error) {
		return b.streamEvents(ctx, who, all, in.LastEventID, uuid.Nil)
	})
	handle(b, endpoint{Route: one, ID: "stream-instance-events", Summary: "Follow the events of an instance", Refusals: []int{404, 410, 429},
		Doc: "Server-sent events." + doc}, func(ctx context.Context, who workflow.Actor, in *instanceEventsInput) (*huma.StreamResponse, error) {
		seen, err := b.instance(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		return b.streamEvents(ctx, who, one, in.LastEventID, seen.ID)
	})
	for _, route := range []Route{all, one} {
		b.huma.OpenAPI().Paths[b.Prefix+route.Pattern].Get.Responses["200"] = &huma.Response{
			Description: "A stream of events, each with id, event (its type) and data (the Event as JSON)",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}
	}
}

// streamEvents begins a stream of the events after a cursor, of one instance or
// with the zero id of all.
func (a *API) streamEvents(ctx context.Context, who workflow.Actor, route Route, last string, only uuid.UUID) (*huma.StreamResponse, error) {
	after, err := a.place(ctx, last)
	if err != nil {
		return nil, err
	}
	if a.streams.Add(1) > maxStreams {
		a.streams.Add(-1)
		return nil, errManyStreams
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer a.streams.Add(-1)
		r, w := humachi.Unwrap(h)
		s := &eventStream{
			API: a, route: route, call: call{r: r, actor: who}, only: only, w: w, control: http.NewResponseController(w),
			seen: map[uuid.UUID]bool{}, at: after,
		}
		s.serve(r.Context())
	}}, nil
}

// place gives the cursor that a reader names; without one, the end of the feed.
func (a *API) place(ctx context.Context, last string) (engine.FeedCursor, error) {
	if last == "" {
		return a.Engine.FeedEnd(ctx)
	}
	after, err := engine.ParseFeedCursor(last)
	if err != nil {
		return after, err
	}
	return after, a.Engine.CheckFeed(ctx, after)
}

// eventStream is one reader of events.
type eventStream struct {
	*API
	route   Route
	only    uuid.UUID
	w       http.ResponseWriter
	control *http.ResponseController

	mu   sync.Mutex // of what follows, and of writing
	call call
	seen map[uuid.UUID]bool // instances that the reader may see
	at   engine.FeedCursor  // up to which the reader has everything
	told engine.FeedCursor  // the id that was sent last
}

// errDropped ends a stream whose reader has left or does not keep up.
var errDropped = errors.New("the reader is gone")

func (s *eventStream) serve(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(s.Closing, stop)()
	s.w.Header().Set("Content-Type", "text/event-stream")
	s.w.Header().Set("Cache-Control", "no-store")
	s.w.Header().Set("X-Accel-Buffering", "no")
	s.w.WriteHeader(http.StatusOK)
	if s.write([]byte(": following\n\n")) != nil {
		return
	}
	var alive sync.WaitGroup
	defer alive.Wait()
	alive.Go(func() { s.stayAlive(ctx, stop) })
	err := s.Engine.FollowBatches(ctx, s.at, func(events []engine.FeedEvent) error { return s.send(ctx, events) })
	stop()
	switch {
	case errors.Is(err, engine.ErrFeedCut):
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = s.write([]byte("event: cut\ndata: {}\n\n")) // the stream ends anyway
	case err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, errDropped):
		s.Log.Warn("an event stream broke off", "actor", s.call.actor.ID, "error", err)
	}
}

// stayAlive shows that the stream is there, tells the reader how far he is, and
// ends the stream of one who may not have it any more.
func (s *eventStream) stayAlive(ctx context.Context, stop func()) {
	tick := time.NewTicker(streamAlive)
	defer tick.Stop()
	for checked := time.Now(); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if time.Since(checked) >= streamRecheck {
			checked = time.Now()
			if !s.stillMay() {
				stop()
				return
			}
		}
		if s.signOfLife() != nil {
			stop()
			return
		}
	}
}

func (s *eventStream) signOfLife() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := ":\n\n"
	if s.at != s.told {
		line = "id: " + s.at.String() + "\n\n"
		s.told = s.at
	}
	return s.write([]byte(line))
}

// stillMay looks at the reader's credential and rights again.
func (s *eventStream) stillMay() bool {
	again := call{r: s.call.r}
	signedIn, err := s.identify(&again)
	if workflow.KindOf(err) == workflow.KindUnavailable {
		return true // the database is away; it is asked again in a minute
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || !signedIn || s.route.Guard.Check(again.actor, true) != nil || !auth.Allows(again.actor, s.route.Resource, false) {
		return false
	}
	s.call.actor = again.actor
	clear(s.seen)
	return true
}

// send writes those of the events that the reader may see.
func (s *eventStream) send(ctx context.Context, events []engine.FeedEvent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.look(ctx, events); err != nil {
		return err
	}
	var text bytes.Buffer
	for _, ev := range events {
		s.at = ev.Cursor
		if !s.wanted(ev) || !s.seen[ev.InstanceID] {
			continue
		}
		data, err := json.Marshal(eventOf(ev.Event))
		if err != nil {
			return fmt.Errorf("encode event %s: %w", ev.Cursor, err)
		}
		s.told = ev.Cursor
		fmt.Fprintf(&text, "id: %s\nevent: %s\ndata: %s\n\n", ev.Cursor, ev.Type, data)
	}
	if text.Len() == 0 {
		return nil
	}
	return s.write(text.Bytes())
}

func (s *eventStream) wanted(ev engine.FeedEvent) bool {
	return ev.Tenant == s.call.actor.Tenant && (s.only == uuid.Nil || s.only == ev.InstanceID)
}

// look finds out which instances the reader may see. Those that he may not see
// are asked for each time: an event can be what lets him.
func (s *eventStream) look(ctx context.Context, events []engine.FeedEvent) error {
	if len(s.seen) > streamMemory {
		clear(s.seen)
	}
	var unknown []uuid.UUID
	asked := map[uuid.UUID]bool{}
	for _, ev := range events {
		if s.wanted(ev) && !s.seen[ev.InstanceID] && !asked[ev.InstanceID] {
			asked[ev.InstanceID] = true
			unknown = append(unknown, ev.InstanceID)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	visible, err := s.Read.Visible(ctx, s.call.actor, unknown)
	for _, id := range visible {
		s.seen[id] = true
	}
	return err
}

// write sends what is there, and drops a reader who does not take it.
func (s *eventStream) write(text []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(streamWriteWait)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return errDropped
	}
	if _, err := s.w.Write(text); err != nil {
		return errDropped
	}
	if err := s.control.Flush(); err != nil {
		return errDropped
	}
	return nil
}
