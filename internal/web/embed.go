package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// fromOutside forgets what a router around this one has found out: the whole
// path is judged here, whatever stands before.
func (c Config) fromOutside(root chi.Router) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if route := chi.RouteContext(r.Context()); route != nil && len(route.RoutePatterns) > 0 {
				ours := chi.NewRouteContext()
				ours.Routes = root
				r = r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, ours))
			}
			next.ServeHTTP(w, r)
		})
	}
}

// guarded puts the program's own guard before pages and API.
func (c Config) guarded(next http.Handler) http.Handler {
	if c.Guard == nil {
		return next
	}
	guarded := c.Guard(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, c.Prefix)
		if path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/hooks/") {
			next.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}
