package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// prefix is the path below which the versioned operations lie.
const prefix = "/api/v1"

// maxBody bounds what an operation takes, in bytes.
const maxBody = 1<<20 + 64<<10

// Config is what the API needs.
type Config struct {
	Engine    *engine.Engine
	Read      engine.Reader
	People    session.Tokens
	Sessions  *session.Manager
	PublicURL string
	Log       *slog.Logger
	Now       func() time.Time
}

// API serves the JSON API.
type API struct {
	Config
	rules []Route
}

// Route is an operation with the rule of who may call it.
type Route struct {
	Method   string
	Pattern  string // with the prefix
	Guard    guard.Guard
	Resource string // what a token's scopes must name; empty = none
	Write    bool   // needs more than reading
}

// New returns the API.
func New(c Config) *API { return &API{Config: c} }

// Owns reports whether a path, which may have a prefix before it, belongs to
// programs rather than to people.
func (a *API) Owns(path string) bool {
	return strings.Contains(path, "/api/") || strings.Contains(path, "/hooks/") || strings.HasSuffix(path, "/openapi.json")
}

// Routes lists every operation; it is complete once Mount has been called.
func (a *API) Routes() []Route { return a.rules }

// Mount adds the operations to a router.
func (a *API) Mount(r chi.Router) {
	h := humachi.New(r, a.settings())
	a.definitionOperations(h)
	a.instanceOperations(h)
	a.taskOperations(h)
	a.statOperations(h)
	a.mountHooks(r)
}

func (a *API) settings() huma.Config {
	c := huma.DefaultConfig("Tandem", "1.0.0")
	c.Info.Description = "Workflows in which people and machines take turns."
	c.DocsPath, c.SchemasPath = "", ""
	c.CreateHooks = nil
	c.RejectUnknownQueryParameters = true
	c.Servers = []*huma.Server{{URL: a.PublicURL}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token."},
		"session": {Type: "apiKey", In: "cookie", Name: session.CookieName, Description: "The browser's session; changes need Sec-Fetch-Site: same-origin or a matching Origin."},
	}
	c.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	return c
}

// operation is what a route says of itself.
type operation struct {
	id       string
	method   string
	path     string // below the prefix
	summary  string
	rule     guard.Guard
	resource string
	write    bool
	status   int // of success; 0 = 200
}

// add registers an operation whose errors become problem documents.
func add[I, O any](a *API, h huma.API, op operation, handle func(context.Context, *I) (*O, error)) {
	path := prefix + op.path
	a.rules = append(a.rules, Route{Method: op.method, Pattern: path, Guard: op.rule, Resource: op.resource, Write: op.write})
	huma.Register(h, huma.Operation{
		OperationID: op.id, Method: op.method, Path: path, Summary: op.summary, Tags: []string{op.resource},
		DefaultStatus: op.status, MaxBodyBytes: maxBody, Middlewares: huma.Middlewares{a.admit(op)},
		Errors: []int{400, 401, 403, 404, 409, 413, 422, 503},
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.refusal(ctx, err)
		}
		return out, nil
	})
}

type requestKey struct{}

// refusal turns an error into its problem document and logs it once.
func (a *API) refusal(ctx context.Context, err error) error {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	p := respond.ProblemOf(err, r.URL.Path)
	actor, _ := session.ActorFrom(ctx)
	respond.Log(ctx, a.Log, r, p, err, actor.ID, middleware.GetReqID(ctx))
	return p
}

// admit finds out who calls and whether he may.
func (a *API) admit(op operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		actor, signedIn, err := a.caller(r)
		if err == nil {
			err = op.rule.Check(actor, signedIn)
		}
		if err == nil && !auth.Allows(actor, op.resource, op.write) {
			err = workflow.Errorf(workflow.KindForbidden, "scope", "The token's scopes do not reach this. It needs %q.", scopeName(op))
		}
		inner := context.WithValue(ctx.Context(), requestKey{}, r)
		if err != nil {
			a.refuse(w, r.WithContext(inner), err)
			return
		}
		next(huma.WithContext(ctx, session.WithActor(inner, actor)))
	}
}

func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := respond.ProblemOf(err, r.URL.Path)
	respond.Log(r.Context(), a.Log, r, p, err, "", middleware.GetReqID(r.Context()))
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="tandem"`)
	}
	respond.JSON(w, r, p)
}

func scopeName(op operation) string {
	if op.write {
		return op.resource + ":write"
	}
	return op.resource + ":read"
}

// caller is the person of the request's token or session.
func (a *API) caller(r *http.Request) (workflow.Actor, bool, error) {
	actor, ok, err := session.BearerActor(r, a.People)
	if ok || err != nil {
		return actor, ok, err
	}
	actor, ok, err = a.Sessions.Actor(r)
	if !ok || err != nil {
		return actor, false, err
	}
	return actor, true, a.fromOwnPage(r)
}

// fromOwnPage refuses a change that a browser was made to send by another
// site: a cookie alone proves nothing.
func (a *API) fromOwnPage(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	origin := r.Header.Get("Origin")
	_, host, _ := strings.Cut(origin, "://")
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" || origin != "" && host == r.Host {
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, "cross_origin",
		"Changes by a browser's session need Sec-Fetch-Site: same-origin or a matching Origin. Programs use an API token.")
}

// actorOf is the caller of an operation that is running.
func actorOf(ctx context.Context) workflow.Actor {
	actor, _ := session.ActorFrom(ctx)
	return actor
}
