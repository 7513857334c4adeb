package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/notify"
	"tandem/internal/secret"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// DefaultPrefix is where the API lies unless Config says otherwise.
const DefaultPrefix = "/api/v1"

// Limits of requests.
const (
	maxBody     = 1<<20 + 64<<10   // bytes: a document of 1 MiB and what surrounds it
	maxWait     = 30 * time.Second // of Prefer: wait
	readTimeout = time.Minute      // of a body; longer than maxWait, because its end cancels the request
)

// People knows who a token acts for.
type People interface {
	ActorByToken(ctx context.Context, secret string) (workflow.Actor, error)
}

// Config is what the API needs. Engine, Read, People, Accounts, Secrets, Sessions
// and Log must be set.
type Config struct {
	Engine    *engine.Engine
	Read      engine.Reader
	People    People
	Accounts  *auth.Service // people, groups and tokens for administration
	Sessions  *session.Manager
	Metrics   http.Handler    // what /metrics serves; nil = nothing
	Tags      []string        // of every operation in the OpenAPI document, beside its own
	Notify    *notify.Service // nil = the program keeps no subscriptions
	Secrets   *secret.Vault
	PublicURL string          // of the whole server, as others see it
	Prefix    string          // of every operation's path; empty = DefaultPrefix
	Closing   context.Context // ends when held answers should be given and changes refused; nil = never
	RateLimit int             // requests a minute of one token; 0 = as many as it likes
	Log       *slog.Logger
	Now       func() time.Time      // nil = time.Now
	Refused   func(workflow.Record) // hears of requests that were refused; it must not wait; nil = nobody
}

// API serves the JSON API. It is safe for concurrent use.
type API struct {
	Config
	routes  []Route
	written func() documents // of the OpenAPI document, when it is first asked for

	limits  *limiter
	streams atomic.Int64 // of events
}

// Route is one operation with its rule.
type Route struct {
	Method   string
	Pattern  string // as chi writes it, below the prefix of the whole server
	Guard    guard.Guard
	Resource string // what a token's scopes must name; empty = no scope is needed
	Write    bool   // a scope that only reads is not enough
}

// New returns the API. It panics when an operation is declared wrongly.
func New(c Config) *API {
	if c.Prefix == "" {
		c.Prefix = DefaultPrefix
	}
	if c.Closing == nil {
		c.Closing = context.Background()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &API{Config: c, limits: newLimiter(c.RateLimit)}
	b := a.build(chi.NewRouter())
	a.routes = b.routes
	a.written = sync.OnceValue(b.document)
	return a
}

// Routes lists every operation, the webhook's address and the documents.
func (a *API) Routes() []Route { return a.routes }

// Document gives the OpenAPI document as JSON.
func (a *API) Document() []byte { return a.written().asJSON }

// Mount adds every route to a router.
func (a *API) Mount(r chi.Router) { a.build(r) }

// MountHooks adds the addresses of webhooks and the metrics alone.
func (a *API) MountHooks(r chi.Router) {
	b := &builder{API: a, router: r, huma: humachi.New(chi.NewRouter(), a.humaConfig())}
	b.hookRoutes()
	b.metricsRoutes()
}

// Owns reports whether programs rather than people ask for a path, which may
// have the prefix of the whole server before it.
func (a *API) Owns(path string) bool {
	return strings.Contains(path+"/", a.Prefix+"/") || strings.Contains(path, hookPath+"/") || strings.HasSuffix(path, metricsPath) ||
		strings.HasSuffix(path, documentPath+".json") || strings.HasSuffix(path, documentPath+".yaml")
}

// Shares reports whether pages of other origins may call a path, where that is
// allowed at all: operations and documents, not webhooks.
func (a *API) Shares(path string) bool { return a.Owns(path) && !strings.Contains(path, hookPath+"/") }

// builder registers the operations on one router.
type builder struct {
	*API
	huma   huma.API
	router chi.Router
	routes []Route
}

func (a *API) build(r chi.Router) *builder {
	b := &builder{API: a, router: r, huma: humachi.New(r, a.humaConfig())}
	b.definitionRoutes()
	b.versionRoutes()
	b.instanceRoutes()
	b.batchRoutes()
	b.bulkTaskRoutes()
	b.mendRoutes()
	b.migrateRoutes()
	b.operationRoutes()
	b.taskRoutes()
	b.draftRoutes()
	b.attachmentRoutes()
	b.workerRoutes()
	b.messageRoutes()
	b.scheduleRoutes()
	b.viewRoutes()
	b.statsRoutes()
	b.auditRoutes()
	b.eventRoutes()
	b.subscriptionRoutes()
	b.peopleRoutes()
	b.groupRoutes()
	b.tenantRoutes()
	b.tokenRoutes()
	b.substituteRoutes()
	b.secretRoutes()
	b.hookRoutes()
	b.documentRoutes()
	b.metricsRoutes()
	return b
}

// endpoint declares one operation: its rule and what the OpenAPI document says
// about it.
type endpoint struct {
	Route           // Pattern without the prefix
	ID       string // names the operation in generated clients
	Summary  string
	Doc      string
	Status   int    // when it succeeds; 0 = 200
	MaxBody  int64  // bytes; 0 = what all take
	Refusals []int  // beside 400, 401, 403, 429 and 503
	Data     bool   // takes filters on data
	Lasting  bool   // an Idempotency-Key is kept as long as what it has made
	Unkeyed  string // of a POST: why it takes no Idempotency-Key
}

// handle registers an operation. Every refusal becomes a problem document,
// written to the log once, here.
func handle[I, O any](b *builder, e endpoint, serve func(context.Context, workflow.Actor, *I) (*O, error)) {
	register(b, e, inPlace(b.API, serve))
}

// register is handle for an operation that finds out by itself who acts.
func register[I, O any](b *builder, e endpoint, serve func(context.Context, workflow.Actor, *I) (*O, error)) {
	if _, keyed := any(new(I)).(interface{ key() string }); e.Method == http.MethodPost && keyed == (e.Unkeyed != "") {
		panic("api: " + e.ID + ": a POST takes an Idempotency-Key, or says in Unkeyed why it does not")
	}
	e.Pattern = b.Prefix + e.Pattern
	b.routes = append(b.routes, e.Route)
	huma.Register(b.huma, b.operation(e), func(ctx context.Context, in *I) (*O, error) {
		c := callFrom(ctx)
		out, err := serve(ctx, c.actor, in)
		if err != nil {
			return nil, b.refused(c, err)
		}
		return out, nil
	})
}

// strictJSON is the API's only format.
var strictJSON = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	},
	Unmarshal: decodeJSON,
}

// reads declares a route that only looks.
func reads(pattern, resource string) Route {
	return Route{Method: http.MethodGet, Pattern: pattern, Guard: guard.SignedIn, Resource: resource}
}

// changes declares a route that changes something.
func changes(pattern, resource string) Route {
	return Route{Method: http.MethodPost, Pattern: pattern, Guard: guard.SignedIn, Resource: resource, Write: true}
}
