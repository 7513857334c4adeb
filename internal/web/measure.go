package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"tandem/internal/metrics"
)

// elsewhere is the route of requests that meet none.
const elsewhere = "none"

// measured counts requests by the pattern of their route, so that addresses
// with ids do not make a series each.
func (c Config) measured(next http.Handler) http.Handler {
	if c.Metrics == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := &measure{ResponseWriter: w, metrics: c.Metrics, route: chi.RouteContext(r.Context())}
		begun, method := time.Now(), r.Method
		r, span := c.trace(r)
		defer func() {
			if p := recover(); p != nil {
				m.end(method, http.StatusInternalServerError, time.Since(begun))
				endTrace(span, method, m.pattern(), http.StatusInternalServerError)
				panic(p)
			}
			took := time.Since(begun)
			m.end(method, m.status, took)
			endTrace(span, method, m.pattern(), m.status)
			c.Log.DebugContext(r.Context(), "request", "method", method, "path", r.URL.Path, "route", m.pattern(), "status", m.status, "took", took)
		}()
		next.ServeHTTP(m, r)
	})
}

// measure looks at what is answered.
type measure struct {
	http.ResponseWriter
	metrics *metrics.Metrics
	route   *chi.Context
	status  int    // 0 = nothing was written yet
	stream  string // the route of a stream that is being read
}

// Unwrap gives a http.ResponseController the writer below.
func (m *measure) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (m *measure) WriteHeader(status int) {
	if m.status == 0 && status >= http.StatusOK {
		m.status = status
		if status == http.StatusOK && strings.HasPrefix(m.Header().Get("Content-Type"), "text/event-stream") {
			m.stream = m.pattern()
			m.metrics.Reading(m.stream, 1)
		}
	}
	m.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (m *measure) Write(b []byte) (int, error) {
	if m.status == 0 {
		m.WriteHeader(http.StatusOK)
	}
	return m.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (m *measure) Flush() { _ = http.NewResponseController(m.ResponseWriter).Flush() }

func (m *measure) end(method string, status int, took time.Duration) {
	if status == 0 {
		status = http.StatusOK // what the server writes then
	}
	if m.stream != "" {
		m.metrics.Reading(m.stream, -1)
	}
	m.metrics.Request(m.pattern(), knownMethod(method), status, took, m.stream != "")
}

// pattern is that of the route which was found.
func (m *measure) pattern() string {
	if p := m.route.RoutePattern(); p != "" && p != "/" || m.route.RoutePath == "" && p != "" {
		return p
	}
	return elsewhere
}

// knownMethod keeps methods that somebody made up from becoming series.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
