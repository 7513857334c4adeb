// Package web puts pages, JSON API, webhooks and static files together: the
// order of middleware and the table of routes stand here.
//
// It may import ui, api and what they share. Neither of those imports the
// other.
package web

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"go.opentelemetry.io/otel/trace"

	"tandem/internal/metrics"
	"tandem/internal/web/api"
	"tandem/internal/web/respond"
	"tandem/internal/web/session"
	"tandem/internal/web/ui"
	"tandem/internal/workflow"
	"tandem/static"
)

// maxBody bounds what a request may send, in bytes. Routes may take less.
const maxBody = 2 << 20

// maxUpload bounds what a form with files may send, in bytes.
const maxUpload = 24 << 20

// maxBatch bounds what starts many workflows at once, in bytes.
const maxBatch = 8 << 20

// Config is what the web needs.
type Config struct {
	UI       *ui.UI
	API      *api.API
	Sessions *session.Manager
	Prefix   string // path prefix without a slash at the end, "" for none
	NoPages  bool   // serves no pages
	NoAPI    bool   // serves no JSON API; webhooks and metrics stay
	Ready    func(ctx context.Context) error

	// Guard stands before pages and API; nil = none.
	Guard    func(http.Handler) http.Handler
	Draining func() bool // whether the process ends; nil = never

	// TrustedProxies are the addresses of reverse proxies, as CIDR blocks, whose
	// X-Forwarded-For is believed; none by default.
	TrustedProxies []string

	// CORSOrigins are the origins of pages elsewhere that may call the API with
	// tokens, such as https://app.example.com, or * for all; none by default.
	CORSOrigins []string

	Log     *slog.Logger
	Metrics *metrics.Metrics // nil = nothing is counted
	Tracer  trace.Tracer     // makes spans; nil = no traces
}

var errNoSuchPage = workflow.Errorf(workflow.KindNotFound, "no_such_page", "There is nothing at this address. Check it, or begin at the start page.")

// New returns everything that is served.
func New(c Config) http.Handler {
	root := chi.NewRouter()
	root.Use(c.fromOutside(root), requestID, compress(), c.recover, headIsGet, c.clientIP(), headers, c.onlyHTTPS, c.cors(), c.refuseEncoded, limitBody, c.measured, c.refuseWhileDraining, c.guarded)
	routes := func(r chi.Router) {
		r.Get("/healthz", healthy)
		r.Get("/readyz", c.ready)
		if c.NoAPI {
			c.API.MountHooks(r)
		} else {
			c.API.Mount(r)
		}
		if !c.NoPages {
			r.Handle("/static/*", http.StripPrefix(c.Prefix, static.Handler()))
			c.pages(r)
		}
	}
	if c.Prefix == "" {
		routes(root)
	} else {
		root.Route(c.Prefix, routes)
	}
	root.NotFound(c.notFound)
	root.MethodNotAllowed(c.notAllowed)
	return root
}

// clientIP finds out from where a request comes: who connects, or what trusted
// proxies say.
func (c Config) clientIP() func(http.Handler) http.Handler {
	if len(c.TrustedProxies) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	return middleware.ClientIPFromXFF(c.TrustedProxies...) // who connects, unless it is one of them
}

// pages mounts the pages. Every change must come from a page of this server:
// browsers say so in Sec-Fetch-Site or Origin.
func (c Config) pages(r chi.Router) {
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.UI.Fail(w, r, workflow.Errorf(workflow.KindForbidden, "cross_origin",
			"This form came from another site, so nothing was done. Open the page here and send it again."))
	}))
	for _, route := range c.UI.Routes() {
		load := c.Sessions.LoadActor
		if route.Stream {
			load = c.Sessions.LoadActorStream
		}
		r.Method(route.Method, route.Pattern, sameOrigin.Handler(load(c.readable(c.UI.Serve(route)))))
	}
}

// readable refuses addresses that hold text which is not Unicode, or the
// character U+0000: no name and no filter has them, and the store takes neither.
func (c Config) readable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.QueryUnescape(r.URL.RawQuery)
		switch {
		case !isText(r.URL.Path):
			c.UI.Fail(w, r, errNoSuchPage)
		case err != nil || !isText(query):
			c.UI.Fail(w, r, workflow.Errorf(workflow.KindMalformed, "bad_query", "The part of the address after the question mark cannot be read. Remove it, or begin at the start page."))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// headIsGet answers HEAD as GET; the server leaves the body out.
func headIsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			asGet := *r
			asGet.Method = http.MethodGet
			r = &asGet
		}
		next.ServeHTTP(w, r)
	})
}

// requestID gives every request an id of our own; what the client sends as one
// is not believed.
func requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del(middleware.RequestIDHeader)
		middleware.RequestID(next).ServeHTTP(w, r)
	})
}

// recover turns a panic into an error page or a problem document; the process
// goes on, and the log has the stack.
func (c Config) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			c.apologize(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}()
		next.ServeHTTP(w, r)
	})
}

// apologize answers for a fault of ours. The page is made as for nobody: who
// acts may be what broke.
func (c Config) apologize(w http.ResponseWriter, r *http.Request, err error) {
	if !c.API.Owns(r.URL.Path) {
		c.UI.Fail(w, r, err)
		return
	}
	p := respond.ProblemOf(err, r.URL.Path)
	respond.Log(r.Context(), c.Log, r, p, err, "", middleware.GetReqID(r.Context()))
	respond.JSON(w, r, p)
}

// headers sets what browsers should refuse: other origins' scripts, styles and
// frames, guessing of types, and inline code.
func headers(next http.Handler) http.Handler {
	policy := "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		next.ServeHTTP(w, r)
	})
}

// onlyHTTPS has browsers that came over https stay there.
func (c Config) onlyHTTPS(next http.Handler) http.Handler {
	if !strings.HasPrefix(c.UI.PublicURL, "https://") {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(maxBody)
		if r.Method == http.MethodPost && (strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") || strings.HasSuffix(r.URL.Path, "/attachments")) {
			limit = maxUpload
		} else if strings.HasSuffix(r.URL.Path, api.BatchPath) {
			limit = maxBatch
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// ready is the question of Health.
func (c Config) ready(w http.ResponseWriter, r *http.Request) {
	HealthConfig{Ready: c.Ready, Draining: c.Draining}.ready(w, r)
}

// notFound answers in the reader's form: a problem document to programs, a
// page to people.
func (c Config) notFound(w http.ResponseWriter, r *http.Request) {
	c.refuse(w, r, errNoSuchPage)
}

func (c Config) notAllowed(w http.ResponseWriter, r *http.Request) {
	p := respond.ProblemOf(workflow.Errorf(workflow.KindMalformed, "method_not_allowed", "This address does not take %s requests.", r.Method), r.URL.Path)
	p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
	w.Header().Set("Allow", strings.Join(taken(r), ", "))
	c.refuse(w, r, p)
}

// taken lists the methods that an address takes.
func taken(r *http.Request) []string {
	routes := chi.RouteContext(r.Context()).Routes
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if routes.Match(chi.NewRouteContext(), method, cmp.Or(r.URL.RawPath, r.URL.Path)) {
			methods = append(methods, method)
		}
	}
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	return methods
}

func (c Config) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if c.NoPages || c.API.Owns(r.URL.Path) {
		respond.JSON(w, r, respond.ProblemOf(err, r.URL.Path))
		return
	}
	c.Sessions.LoadActorStream(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.UI.Fail(w, r, err)
	})).ServeHTTP(w, r)
}
