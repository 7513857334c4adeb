// Package ui serves the pages. A handler reads the request, calls the engine or
// a query, and renders a view model; nothing else.
//
// It may import the engine, views, respond, guard, session and live. It must
// not know SQL or the JSON API.
package ui

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/live"
	"tandem/internal/notify"
	"tandem/internal/oidc"
	"tandem/internal/secret"
	"tandem/internal/views"
	"tandem/internal/views/msg"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// Config is what the pages need. All of it must be set but Prefix and
// Demo.
type Config struct {
	Engine    *engine.Engine
	Read      engine.Reader
	People    *auth.Service
	Sessions  *session.Manager
	APIPath   string           // prefix of the JSON API, below that of all paths
	Prefix    string           // path prefix without a slash at the end, "" for none
	Tenant    string           // whose people sign in here
	PublicURL string           // of the whole server, as others see it; links for people begin with it
	Providers []*oidc.Provider // by which people may sign in, too
	Notify    *notify.Service  // nil = the program keeps no subscriptions
	Secrets   *secret.Vault    // nil = it keeps no secrets
	Closing   context.Context  // ends when streams should
	Demo      []DemoPerson     // shown on the sign-in page
	Log       *slog.Logger
	Now       func() time.Time
	Document  func() []byte         // of the API, OpenAPI as JSON
	Refused   func(workflow.Record) // hears of requests that were refused; it must not wait; nil = nobody
}

// UI serves the pages.
type UI struct {
	Config
	hub        *live.Hub
	topics     map[string]Route // routes with Live by their patterns
	topicPaths *chi.Mux         // finds those patterns
	trials     trialDesk
}

// New returns the pages.
func New(c Config) *UI {
	u := &UI{Config: c, hub: live.NewHub(c.Closing), topics: map[string]Route{}, topicPaths: chi.NewMux()}
	for _, route := range u.Routes() {
		if route.Live != nil {
			u.topics[route.Pattern] = route
			u.topicPaths.Method(http.MethodGet, route.Pattern, http.NotFoundHandler())
		}
	}
	return u
}

// Handler answers a request or returns why it does not.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one page or form.
type Route struct {
	Method  string
	Pattern string // below the prefix
	Guard   guard.Guard
	Stream  bool // does not prolong the session
	Handle  Handler
	Live    func(r *http.Request) (topic, error) // instead of Handle: what an open page follows here
}

// Routes lists every page, form and stream.
func (u *UI) Routes() []Route {
	var all []Route
	all = append(all, u.liveRoutes()...)
	all = append(all, u.findRoutes()...)
	all = append(all, u.loginRoutes()...)
	all = append(all, u.taskRoutes()...)
	all = append(all, u.manyTaskRoutes()...)
	all = append(all, u.taskTalkRoutes()...)
	all = append(all, u.guestRoutes()...)
	all = append(all, u.startRoutes()...)
	all = append(all, u.fileRoutes()...)
	all = append(all, u.dashboardRoutes()...)
	all = append(all, u.definitionRoutes()...)
	all = append(all, u.formPreviewRoutes()...)
	all = append(all, u.versionRoutes()...)
	all = append(all, u.editorRoutes()...)
	all = append(all, u.diffRoutes()...)
	all = append(all, u.trialRoutes()...)
	all = append(all, u.instanceRoutes()...)
	all = append(all, u.viewRoutes()...)
	all = append(all, u.operationRoutes()...)
	all = append(all, u.systemRoutes()...)
	all = append(all, u.auditRoutes()...)
	all = append(all, u.docsRoutes()...)
	all = append(all, u.profileRoutes()...)
	all = append(all, u.codeRoutes()...)
	all = append(all, u.identityRoutes()...)
	all = append(all, u.sessionRoutes()...)
	all = append(all, u.secondFactorRoutes()...)
	all = append(all, u.oidcRoutes()...)
	all = append(all, u.welcomeRoutes()...)
	all = append(all, u.peopleRoutes()...)
	all = append(all, u.groupRoutes()...)
	all = append(all, u.tokenRoutes()...)
	all = append(all, u.tenantRoutes()...)
	all = append(all, u.webhookRoutes()...)
	all = append(all, u.secretRoutes()...)
	all = append(all, u.roleRoutes()...)
	return all
}

// Serve makes a route's handler an http.Handler: guard, handler, error page.
func (u *UI) Serve(route Route) http.Handler {
	handle := route.Handle
	if route.Live != nil {
		handle = u.serveLive(route.Live)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor, signedIn := session.ActorFrom(r.Context())
		if signedIn {
			actor.Address, actor.Request = middleware.GetClientIP(r.Context()), middleware.GetReqID(r.Context())
			r = r.WithContext(session.WithActor(r.Context(), actor))
		}
		defer func() { dropFiles(r) }() // the server itself knows only the request that it has made
		err := route.Guard.Check(actor, signedIn)
		if err == nil {
			err = handle(w, r)
		}
		if err != nil {
			u.Fail(w, r, err)
		}
	})
}

// noteRefusal tells the audit of a request that was refused.
func (u *UI) noteRefusal(r *http.Request, err error) {
	if u.Refused == nil {
		return
	}
	ctx, pattern := r.Context(), ""
	if route := chi.RouteContext(ctx); route != nil {
		pattern = route.RoutePattern()
	}
	if line, ok := respond.Refusal(r, err, actor(r), u.Tenant, pattern, middleware.GetClientIP(ctx), middleware.GetReqID(ctx), u.Now()); ok {
		u.Refused(line)
	}
}

// actor is who looks at the page; routes whose guard is Public may have nobody.
func actor(r *http.Request) workflow.Actor {
	a, _ := session.ActorFrom(r.Context())
	return a
}

// person is who is signed in: a guest is not.
func person(r *http.Request) (a workflow.Actor, ok bool) {
	a, ok = session.ActorFrom(r.Context())
	return a, ok && a.Via != workflow.ViaLink
}

// page gives what every page needs: preferences, the person, the inbox's count.
func (u *UI) page(r *http.Request, title string, nav views.Nav) views.Page {
	p := views.Page{
		Title: title, Lang: lang(r), Theme: theme(r), Prefix: u.Prefix, Nav: nav,
		Current: strings.TrimPrefix(r.URL.RequestURI(), u.Prefix), Now: u.Now().UTC(), Zone: time.UTC,
		KeysOff: keysOff(r),
	}
	a, ok := person(r)
	if !ok {
		return p
	}
	p.User = &views.UserBox{
		Login: a.ID, Name: a.Name, Initials: views.Initials(a.Name), Admin: a.Is(workflow.RoleAdmin), Auditor: a.Is(workflow.RoleAuditor), Server: a.Serves(),
	}
	u.showTenants(&p, a)
	for _, role := range a.Roles {
		p.User.Roles = append(p.User.Roles, p.T("role."+string(role)))
	}
	p.Session = u.clockOf(p, session.InfoFrom(r.Context()))
	p.InboxCount = u.countInbox(r.Context(), a)
	return p
}

// countInbox counts somebody's open tasks while the page reads what it shows.
func (u *UI) countInbox(ctx context.Context, a workflow.Actor) func() int {
	counted := make(chan int, 1)
	go func() {
		n, err := u.Read.InboxCount(ctx, a)
		if err != nil && ctx.Err() == nil {
			u.Log.WarnContext(ctx, "inbox count", "actor", a.ID, "error", err)
		}
		counted <- n
	}()
	return sync.OnceValue(func() int { return <-counted })
}

// The cookies of preferences.
const (
	themeCookie = "tandem_theme"
	langCookie  = "tandem_lang"
)

func theme(r *http.Request) views.Theme {
	c, err := r.Cookie(themeCookie)
	if err != nil {
		return views.ThemeAuto
	}
	switch t := views.Theme(c.Value); t {
	case views.ThemeLight, views.ThemeDark:
		return t
	}
	return views.ThemeAuto
}

// lang is the language of a page: chosen, else what the browser asks for.
func lang(r *http.Request) string {
	if c, err := r.Cookie(langCookie); err == nil {
		return msg.Match(c.Value)
	}
	return msg.Match(r.Header.Get("Accept-Language"))
}

// render writes a component once all of it has been made, so that an error in
// it is an error page and not half a page.
func render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var out bytes.Buffer
	if err := c.Render(r.Context(), &out); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the reader may have left
	return nil
}

// redirect answers a form that was taken: the browser fetches the path next.
func (u *UI) redirect(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, u.Prefix+path, http.StatusSeeOther)
	return nil
}

// Fail answers with an error page, or with the sign-in page where that is what
// is missing.
func (u *UI) Fail(w http.ResponseWriter, r *http.Request, err error) {
	problem := respond.ProblemOf(err, r.URL.Path)
	respond.Log(r.Context(), u.Log, r, problem, err, actor(r).ID, middleware.GetReqID(r.Context()))
	u.noteRefusal(r, err)
	if problem.Status == http.StatusUnauthorized {
		u.askToSignIn(w, r)
		return
	}
	p := u.failurePage(r)
	p.Title = p.T("error.title." + views.ErrorKind(problem.Status))
	for key, values := range problem.GetHeaders() {
		w.Header()[key] = values
	}
	view := views.ErrorView{
		Status: problem.Status, Detail: refusal(p, problem), RequestID: middleware.GetReqID(r.Context()),
		SignedIn: p.User != nil,
	}
	if err := render(w, r, problem.Status, views.ErrorPage(p, view)); err != nil && !errors.Is(err, context.Canceled) {
		u.Log.ErrorContext(r.Context(), "render error page", "error", err)
	}
}

// FailEarly is Fail for a request that has not reached its handler, because who
// acts cannot be told. A form without a password is kept in the page, which
// sends it again.
func (u *UI) FailEarly(w http.ResponseWriter, r *http.Request, err error) {
	if r.Method == http.MethodPost {
		values, unread := postedForm(r)
		if unread == nil && len(values) > 0 && !values.Has("password") {
			err = u.failKeeping(w, r, values, err)
		}
	}
	if err != nil {
		u.Fail(w, r, err)
	}
}

// refusal gives a problem's sentence in the page's language.
func refusal(p views.Page, problem *respond.Problem) string {
	return p.Refusal(strings.TrimPrefix(problem.Type, "tandem:"), problem.Detail)
}

// failurePage is page without asking the database, which may be what is broken.
func (u *UI) failurePage(r *http.Request) views.Page {
	p := views.Page{
		Lang: lang(r), Theme: theme(r), Prefix: u.Prefix, Now: u.Now().UTC(), Zone: time.UTC,
		Current: "/",
	}
	if a, ok := person(r); ok {
		p.User = &views.UserBox{Login: a.ID, Name: a.Name, Initials: views.Initials(a.Name), Admin: a.Is(workflow.RoleAdmin)}
	}
	return p
}

// keepForm answers a form whose sender's session has ended: with a page that keeps
// what was typed and sends it again once somebody has signed in, in another
// window, in whatever way. It leaves forms without content, and those that hold a
// password.
func (u *UI) keepForm(w http.ResponseWriter, r *http.Request) bool {
	values, err := postedForm(r)
	if err != nil || len(values) == 0 || values.Has("password") || values.Has("token") || values.Has("code") {
		return false
	}
	p := u.failurePage(r)
	p.Title = p.T("error.session_title")
	view := views.ErrorView{
		Status: http.StatusUnauthorized, Detail: p.T("error.session_ended"), RequestID: middleware.GetReqID(r.Context()),
		Resend: &views.Resend{Action: r.URL.RequestURI(), Hidden: hiddenOf(values)},
	}
	if err := render(w, r, http.StatusUnauthorized, views.ErrorPage(p, view)); err != nil {
		u.Log.ErrorContext(r.Context(), "render a kept form", "error", err)
	}
	return true
}

// askToSignIn leads to the sign-in page and, for pages, back afterwards. A
// stream is refused instead: its reader would follow to a page and connect again
// at once. So is what a script asks for.
func (u *UI) askToSignIn(w http.ResponseWriter, r *http.Request) {
	if accept := r.Header.Get("Accept"); strings.Contains(accept, "text/event-stream") || accept == "application/json" {
		http.Error(w, workflow.ErrUnauthorized.Message, http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodPost && u.keepForm(w, r) {
		return
	}
	if r.Method == http.MethodGet {
		if err := u.Sessions.SaveReturn(w, r, r.URL.RequestURI()); err != nil {
			u.Log.WarnContext(r.Context(), "save return address", "error", err)
		}
	}
	http.Redirect(w, r, u.Prefix+"/login", http.StatusSeeOther)
}
