package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/internal/live"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// region is a part of a page that a stream replaces by its id.
type region struct {
	id   string
	body templ.Component
}

// topic is what a live page follows: the changes of one instance, of every
// instance with uuid.Nil, and what they change on the page.
type topic struct {
	instance uuid.UUID
	watch    func() (<-chan struct{}, func()) // in place of instance; nil = its changes
	regions  func(r *http.Request) ([]region, error)
}

// maxTopicBytes bounds an address that a stream follows.
const maxTopicBytes = 4 << 10

// liveRoutes lists the stream that carries all open pages of a browser.
func (u *UI) liveRoutes() []Route {
	return []Route{{Method: http.MethodGet, Pattern: "/live", Guard: guard.SignedIn, Stream: true, Handle: u.live}}
}

// live streams the topics named by "on", each the path and query of a route
// with Live.
func (u *UI) live(w http.ResponseWriter, r *http.Request) error {
	names := r.URL.Query()["on"]
	if len(names) == 0 || len(names) > live.MaxTopics {
		return workflow.Errorf(workflow.KindMalformed, "bad_topics", "Name 1 to %d pages to follow, each as on=… .", live.MaxTopics)
	}
	topics := make([]live.Topic, 0, len(names))
	for _, name := range names {
		topics = append(topics, u.topicNamed(r, name))
	}
	return u.hub.Serve(w, r, topics, u.sameReader(r))
}

// serveLive streams one topic.
func (u *UI) serveLive(open func(*http.Request) (topic, error)) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		t, err := open(r)
		if err != nil {
			return err
		}
		return u.hub.Serve(w, r, []live.Topic{u.shared(r, t)}, u.sameReader(r))
	}
}

// topicNamed finds the topic with an address; one that cannot be followed ends
// at once with its error.
func (u *UI) topicNamed(r *http.Request, name string) live.Topic {
	t, r, err := u.openTopic(r, name)
	if err != nil {
		t = topic{instance: uuid.Max, regions: func(*http.Request) ([]region, error) { return nil, err }}
	}
	return u.shared(r, t)
}

// openTopic gives the topic with an address, and the request as if it were for
// that address.
func (u *UI) openTopic(r *http.Request, name string) (topic, *http.Request, error) {
	address, err := url.Parse(name)
	path, ours := "", false
	if err == nil && len(name) <= maxTopicBytes {
		path, ours = strings.CutPrefix(address.Path, u.Prefix)
	}
	if !ours {
		return topic{}, r, workflow.Errorf(workflow.KindMalformed, "bad_topic", "This page cannot be followed.")
	}
	match := chi.NewRouteContext()
	route, ok := u.topics[u.topicPaths.Find(match, http.MethodGet, path)]
	if !ok {
		return topic{}, r, workflow.Errorf(workflow.KindNotFound, "bad_topic", "This page cannot be followed.")
	}
	reader, signedIn := session.ActorFrom(r.Context())
	inner := r.Clone(context.WithValue(r.Context(), chi.RouteCtxKey, match))
	inner.URL = &url.URL{Path: address.Path, RawQuery: address.RawQuery}
	if err := route.Guard.Check(reader, signedIn); err != nil {
		return topic{}, inner, err
	}
	t, err := route.Live(inner)
	return t, inner, err
}

// shared makes a topic of the hub, which those share who would be shown the
// same: the same person with the same rights, language and look.
func (u *UI) shared(r *http.Request, t topic) live.Topic {
	reader, match := actor(r), chi.NewRouteContext()
	if own := chi.RouteContext(r.Context()); own != nil { // which ends with the request
		match.URLParams.Keys, match.URLParams.Values = slices.Clone(own.URLParams.Keys), slices.Clone(own.URLParams.Values)
	}
	watch := t.watch
	if watch == nil {
		watch = func() (<-chan struct{}, func()) { return u.Engine.Watch(t.instance) }
	}
	key := strings.Join([]string{rightsOf(reader), lang(r), string(theme(r)), r.URL.RequestURI()}, "\n")
	return live.Topic{
		Key:   key,
		Watch: watch,
		Render: func(ctx context.Context) ([]live.Message, error) {
			ctx = context.WithValue(ctx, chi.RouteCtxKey, match)
			parts, err := t.regions(r.WithContext(session.WithActor(ctx, reader)))
			if err != nil {
				return nil, err
			}
			return messages(ctx, parts)
		},
	}
}

// rightsOf says who somebody is and what he may, not by which request.
func rightsOf(a workflow.Actor) string {
	a.Caller, a.Token, a.Address, a.Request = "", "", "", ""
	text, err := json.Marshal(a)
	if err != nil {
		panic(fmt.Sprintf("ui: an actor is plain data: %v", err))
	}
	return string(text)
}

var errReaderChanged = errors.New("the reader of a stream is signed in no more, or with other rights")

// sameReader gives a check that a stream's reader is still signed in, with the
// same rights: with others he comes again.
func (u *UI) sameReader(r *http.Request) func() error {
	rights := rightsOf(actor(r))
	return func() error {
		current, ok, err := u.Sessions.StillSignedIn(r)
		if err == nil && (!ok || rightsOf(current) != rights) {
			err = errReaderChanged
		}
		return err
	}
}

// messages renders each region as a fragment that htmx merges into the element
// of its id.
func messages(ctx context.Context, parts []region) ([]live.Message, error) {
	list := make([]live.Message, 0, len(parts))
	for _, part := range parts {
		var b bytes.Buffer
		if err := views.Fragment(part.id, part.body).Render(ctx, &b); err != nil {
			return nil, fmt.Errorf("render region %s: %w", part.id, err)
		}
		list = append(list, live.Message{Region: part.id, Data: b.Bytes()})
	}
	return list, nil
}
