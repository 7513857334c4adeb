package ui

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"tandem/internal/live"
	"tandem/internal/views"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// recheckSession is how long a stream goes on without asking whether its reader
// is still signed in.
const recheckSession = 50 * time.Second

// region is a part of a page that a stream replaces by its id.
type region struct {
	id   string
	body templ.Component
}

// follow streams the regions of a page: all at the start, then those that a
// change of the instance has changed; uuid.Nil follows every instance. It ends
// with the reader's session, with the server, or when regions fails.
func (u *UI) follow(w http.ResponseWriter, r *http.Request, id uuid.UUID, regions func(r *http.Request) ([]region, error)) error {
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	defer context.AfterFunc(u.Closing, stop)()
	changed, unwatch := u.Engine.Watch(id)
	defer unwatch()
	checked := u.Now()
	reader := actor(r)
	return live.Serve(w, r.WithContext(ctx), changed, func(ctx context.Context) ([]live.Message, error) {
		if u.Now().Sub(checked) > recheckSession {
			current, ok, err := u.Sessions.StillSignedIn(r)
			if err != nil || !ok {
				return nil, fmt.Errorf("stream of %s: %w", reader.ID, workflow.ErrUnauthorized)
			}
			checked, reader = u.Now(), current
		}
		parts, err := regions(r.WithContext(session.WithActor(ctx, reader)))
		if err != nil {
			return nil, err
		}
		return messages(ctx, parts)
	})
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
