package ui

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"

	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// guestPath is where personal links lead.
const guestPath = "/guest"

// guestRoutes serve people without an account. The token in the address is the
// only credential; it opens one task. Whatever is fetched changes nothing,
// because mail scanners and previews open links.
func (u *UI) guestRoutes() []Route {
	const one = guestPath + "/{token}"
	route := func(method, below string, handle Handler) Route {
		return Route{Method: method, Pattern: one + below, Guard: guard.Public, Handle: u.asGuest(handle)}
	}
	return []Route{
		route(http.MethodGet, "", u.showTask),
		route(http.MethodPost, "/complete", u.completeTask),
		route(http.MethodPost, "/form", u.changeTaskForm),
		route(http.MethodPost, "/comments", u.commentTask),
		route(http.MethodGet, "/attachments/{id}", u.download),
	}
}

// guestLink is the personal link by which a request came.
type guestLink struct {
	task, instance uuid.UUID
	path           string // without the prefix
}

type guestKey struct{}

// linkOf returns the personal link by which a request came.
func linkOf(r *http.Request) (guestLink, bool) {
	link, ok := r.Context().Value(guestKey{}).(guestLink)
	return link, ok
}

// asGuest has a request act as the guest whose link it follows, whoever is
// signed in. A task that is closed shows no more than that.
func (u *UI) asGuest(handle Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token := chi.URLParam(r, "token")
		var who workflow.Actor
		var t workflow.Task
		err := u.People.TryLink(session.Address(r), func() (err error) {
			who, t, err = u.Engine.Guest(r.Context(), token)
			return err
		})
		if err != nil {
			return err
		}
		who.Address, who.Request = middleware.GetClientIP(r.Context()), middleware.GetReqID(r.Context())
		link := guestLink{task: t.ID, instance: t.InstanceID, path: guestPath + "/" + token}
		r = r.WithContext(context.WithValue(session.WithActor(r.Context(), who), guestKey{}, link))
		defer func() { dropFiles(r) }()
		w.Header().Set("X-Robots-Tag", "noindex")
		if err := u.serveGuest(w, r, who, t, handle); err != nil {
			u.Fail(w, r, err)
		}
		return nil
	}
}

func (u *UI) serveGuest(w http.ResponseWriter, r *http.Request, who workflow.Actor, t workflow.Task, handle Handler) error {
	post := r.Method == http.MethodPost
	if post {
		if err := u.People.CountGuest(who, t.ID.String()); err != nil {
			return err
		}
	}
	if t.Status == workflow.TaskPending || post && strings.HasSuffix(r.URL.Path, "/complete") {
		return handle(w, r)
	}
	status := http.StatusOK
	if post {
		status = http.StatusConflict
	}
	closed, err := u.task(r)
	if err != nil {
		return err
	}
	p := u.taskPage(r, closed)
	view := closed.closedView(p, who, nil)
	p.Title = view.Title
	return render(w, r, status, views.GuestClosedPage(p, view))
}

// closedView says what became of a task that a guest cannot decide at present.
// Of a decision it tells only his own.
func (t *openTask) closedView(p views.Page, a workflow.Actor, typed []views.DataRow) views.GuestClosed {
	view := views.GuestClosed{Task: t.Title, Typed: typed}
	switch {
	case t.Status == workflow.TaskCompleted && t.CompletedBy == a.ID:
		view.Title, view.Text = p.T("task.conflict.done_you", clockText(p, *t.CompletedAt)), p.T("guest.thanks")
		view.Outcome = titleOfOutcome(t.step, t.Outcome)
	case t.Status == workflow.TaskCompleted:
		view.Title, view.Text = p.T("guest.decided"), p.T("guest.decided_text")
	case t.Status == workflow.TaskCanceled:
		view.Title, view.Text = p.T("task.conflict.canceled"), p.T("guest.nothing")
	default:
		view.Title, view.Text = p.T("task.conflict.closed"), t.whyNot(p, a)
	}
	return view
}

// guestLinks lists the personal links of a task's guests.
func (u *UI) guestLinks(t *openTask) []views.GuestLink {
	var links []views.GuestLink
	for _, address := range t.Guests {
		links = append(links, views.GuestLink{Address: address, URL: u.PublicURL + guestPath + "/" + u.Engine.GuestToken(t.viewer.Tenant, t.Task, address)})
	}
	return links
}
