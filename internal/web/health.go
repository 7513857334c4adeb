package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// readyTimeout bounds the question whether the database answers and has the
// schema.
const readyTimeout = 2 * time.Second

// errDraining answers what comes while the process ends.
var errDraining = workflow.Errorf(workflow.KindUnavailable, "closing", "This process is shutting down. Nothing was changed; try again in a moment.")

// HealthConfig is what the two questions about a process need.
type HealthConfig struct {
	Ready    func(ctx context.Context) error
	Draining func() bool  // whether the process ends; nil = never
	Metrics  http.Handler // nil = none
}

// Health serves /healthz, /readyz and /metrics of a process without pages.
func Health(c HealthConfig) http.Handler {
	r := chi.NewRouter()
	r.Get("/healthz", healthy)
	r.Get("/readyz", c.ready)
	if c.Metrics != nil {
		r.Method(http.MethodGet, "/metrics", c.Metrics)
	}
	return r
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // the reader may have left
}

// ready answers 503 while the process ends, the database cannot be reached, or
// its schema is older than the program.
func (c HealthConfig) ready(w http.ResponseWriter, r *http.Request) {
	if c.Draining != nil && c.Draining() {
		respond.JSON(w, r, respond.ProblemOf(errDraining, r.URL.Path))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := c.Ready(ctx); err != nil {
		if workflow.KindOf(err) != workflow.KindUnavailable {
			err = workflow.ErrUnavailable
		}
		respond.JSON(w, r, respond.ProblemOf(err, r.URL.Path))
		return
	}
	healthy(w, r)
}

// refuseWhileDraining answers 503 to whatever comes while the process ends, but
// for what pages are made of and the question whether it lives: another process,
// or this one after its restart, takes the request.
func (c Config) refuseWhileDraining(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, c.Prefix)
		if c.Draining == nil || !c.Draining() || path == "/healthz" || strings.HasPrefix(path, "/static/") {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		if c.API.Owns(r.URL.Path) || path == "/readyz" {
			respond.JSON(w, r, respond.ProblemOf(errDraining, r.URL.Path))
			return
		}
		c.UI.Fail(w, r, errDraining)
	})
}
