package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// TestEdge has what stands before every route: encodings, origins, quotas.
func TestEdge(t *testing.T) {
	t.Parallel()
	h := open(t, tandem.Config{DatabaseURL: dbtest.URL(t, db.Migrate), RateLimit: 3, CORSOrigins: []string{"https://app.example"}})
	with := func(q request, header ...string) request {
		if q.Header == nil {
			q.Header = map[string]string{}
		}
		for i := 0; i < len(header); i += 2 {
			q.Header[header[i]] = header[i+1]
		}
		return q
	}

	t.Run("long_answers_are_compressed", func(t *testing.T) {
		h := h.on(t)
		for _, target := range []string{"/openapi.json", "/definitions", "/api/v1/definitions"} {
			plain := h.expect(200, get("ada", target))
			for coding, open := range map[string]func(io.Reader) (io.Reader, error){
				"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
				"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
			} {
				a := h.expect(200, with(get("ada", target), "Accept-Encoding", coding))
				if got := a.header.Get("Content-Encoding"); got != coding || !strings.Contains(a.header.Get("Vary"), "Accept-Encoding") {
					t.Errorf("%s for %s: encoding %q, Vary %q", target, coding, got, a.header.Get("Vary"))
					continue
				}
				r, err := open(strings.NewReader(a.body))
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(r)
				if err != nil || len(body) != len(plain.body) || len(a.body)*2 > len(body) {
					t.Errorf("%s as %s: %v, %d bytes of %d, sent as %d", target, coding, err, len(body), len(plain.body), len(a.body))
				}
			}
			if got := plain.header.Get("Content-Encoding"); got != "" {
				t.Errorf("%s for who takes none: %q", target, got)
			}
		}
	})
	t.Run("short_answers_streams_and_packed_files_are_not", func(t *testing.T) {
		h := h.on(t)
		for _, q := range []request{get("ada", "/api/v1/instances?limit=1&status=paused"), with(get("ada", "/live/dashboard"), "Accept", "text/event-stream")} {
			if got := h.expect(200, with(q, "Accept-Encoding", "gzip, zstd")).header.Get("Content-Encoding"); got != "" {
				t.Errorf("%s: encoding %q", q.Target, got)
			}
		}
	})
	t.Run("packed_bodies_are_refused", func(t *testing.T) {
		h := h.on(t)
		for _, target := range []string{"/api/v1/instances", "/hooks/some", "/definitions/expense_approval/start"} {
			a := h.expect(http.StatusUnsupportedMediaType, with(jsonPost("ada", target, "{}"), "Content-Encoding", "gzip"))
			if !strings.Contains(a.body, "Send the body as it is") {
				t.Errorf("%s: %.300s", target, a.body)
			}
		}
	})
	t.Run("pages_elsewhere", func(t *testing.T) {
		h := h.on(t)
		preflight := request{Method: http.MethodOptions, Target: "/api/v1/instances", Header: map[string]string{
			"Origin": "https://app.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
		}}
		a := h.ask(preflight)
		if a.status/100 != 2 || a.header.Get("Access-Control-Allow-Origin") != "https://app.example" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("preflight: %d %v; want the origin and no credentials", a.status, a.header)
		}
		for _, other := range []request{with(preflight, "Origin", "https://evil.example"), with(get("ada", "/definitions"), "Origin", "https://app.example")} {
			if got := h.ask(other).header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s %s from %s: allowed for %q", other.Method, other.Target, other.Header["Origin"], got)
			}
		}
		cookie := jsonPost("ada", "/api/v1/instances", expense)
		delete(cookie.Header, "Sec-Fetch-Site")
		h.expect(http.StatusForbidden, with(cookie, "Origin", "https://app.example"))
	})
	t.Run("quota_of_a_token", func(t *testing.T) {
		h := h.on(t)
		q := request{Method: http.MethodGet, Target: "/api/v1/definitions?limit=1", Token: h.token("ada", "definitions:read")}
		for range 3 {
			if a := h.expect(200, q); a.header.Get("RateLimit-Policy") != `"token";q=3;w=60` {
				t.Errorf("policy: %q", a.header.Get("RateLimit-Policy"))
			}
		}
		a := h.expect(http.StatusTooManyRequests, q)
		if a.problem(t); a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		h.expect(200, get("ada", "/api/v1/definitions?limit=1"))
	})
}
