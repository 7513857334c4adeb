package web

import (
	"net/http"

	"github.com/rs/cors"
)

// corsAge is for how long browsers may keep the answer of a preflight, in
// seconds.
const corsAge = 600

// cors lets pages of the named origins call the API with tokens. Cookies never
// count there: the answer allows no credentials, and a change by cookie needs a
// page of this server. Pages and webhooks are not concerned.
func (c Config) cors() func(http.Handler) http.Handler {
	if len(c.CORSOrigins) == 0 {
		return func(next http.Handler) http.Handler { return next }
	}
	policy := cors.New(cors.Options{
		AllowedOrigins: c.CORSOrigins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{"Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Prefer", "Last-Event-ID"},
		ExposedHeaders: []string{"ETag", "Location", "Idempotency-Replayed", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After"},
		MaxAge:         corsAge,
	})
	return func(next http.Handler) http.Handler {
		open := policy.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c.API.Shares(r.URL.Path) {
				open.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
