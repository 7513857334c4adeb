package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func sample(t *testing.T) *set {
	t.Helper()
	s, err := newSet(fstest.MapFS{
		"vendor/app.css":    {Data: []byte(strings.Repeat("a{color:red}", 100))},
		"vendor/app.css.br": {Data: []byte("brotli bytes")},
		"js/app.js":         {Data: []byte("x")},
		"vendor/.keep":      {},
		"vendor/readme.md":  {Data: []byte("not served")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSet_Paths(t *testing.T) {
	t.Parallel()
	s := sample(t)
	if got := s.paths["app.css"]; !regexp.MustCompile(`^/static/app\.[0-9a-f]{12}\.css$`).MatchString(got) {
		t.Errorf("path of app.css = %q", got)
	}
	if got := len(s.paths); got != 2 {
		t.Errorf("%d files are served, want 2: %v", got, s.paths)
	}
	changed, err := newSet(fstest.MapFS{"app.css": {Data: []byte("other")}})
	if err != nil {
		t.Fatal(err)
	}
	if s.paths["app.css"] == changed.paths["app.css"] {
		t.Errorf("two contents have one address %s", s.paths["app.css"])
	}
}

func TestSet_TwoFilesOfOneName(t *testing.T) {
	t.Parallel()
	if _, err := newSet(fstest.MapFS{"a/x.js": {}, "b/x.js": {}}); err == nil {
		t.Error("got no error for two files of one name")
	}
}

func TestSet_Serve(t *testing.T) {
	t.Parallel()
	s := sample(t)
	css, js := s.paths["app.css"], s.paths["app.js"]
	tests := []struct {
		name, path, accept string
		encoding           string
	}{
		{"plain", css, "", ""},
		{"brotli", css, "gzip, deflate, br;q=1.0", "br"},
		{"gzip", css, "gzip", "gzip"},
		{"weight 0", css, "br;q=0, gzip; q=0.0", ""},
		{"too small for gzip", js, "gzip, br", ""},
		{"below a prefix", "/x" + css, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := get(t, s, http.MethodGet, tt.path, "Accept-Encoding", tt.accept)
			if r.StatusCode != http.StatusOK || r.Header.Get("Content-Encoding") != tt.encoding {
				t.Fatalf("got %d with encoding %q, want 200 with %q", r.StatusCode, r.Header.Get("Content-Encoding"), tt.encoding)
			}
			if got := r.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
				t.Errorf("Cache-Control = %q, want immutable", got)
			}
		})
	}
}

func TestSet_Content(t *testing.T) {
	t.Parallel()
	s := sample(t)
	r := get(t, s, http.MethodGet, s.paths["app.css"], "Accept-Encoding", "gzip")
	if got := r.Header.Get("Content-Type"); got != "text/css; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader([]byte(body(t, r))))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(unzipped)
	if err != nil || !strings.HasPrefix(string(plain), "a{color:red}") {
		t.Errorf("got %.20q, %v", plain, err)
	}
	r = get(t, s, http.MethodGet, s.paths["app.css"], "If-None-Match", r.Header.Get("ETag"))
	if r.StatusCode != http.StatusNotModified || body(t, r) != "" {
		t.Errorf("got %d for a matching ETag, want an empty 304", r.StatusCode)
	}
	r = get(t, s, http.MethodHead, s.paths["app.js"])
	if r.Header.Get("Content-Length") != "1" || body(t, r) != "" {
		t.Errorf("HEAD: length %q, want 1 and no body", r.Header.Get("Content-Length"))
	}
}

func TestSet_Refuses(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for _, path := range []string{"/static/app.css", "/static/", "/static/.keep", "/static/readme.md", "/static/../static.go"} {
		if r := get(t, s, http.MethodGet, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, r.StatusCode)
		}
	}
	if r := get(t, s, http.MethodPost, s.paths["app.js"]); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST = %d, want 405", r.StatusCode)
	}
}

func TestPath_UnknownFileStaysPlain(t *testing.T) {
	t.Parallel()
	if got, want := Path("nothing.css"), "/static/nothing.css"; got != want {
		t.Errorf("Path = %q, want %q", got, want)
	}
	if r := get(t, Handler(), http.MethodGet, Path("app.js")); r.StatusCode != http.StatusOK {
		t.Errorf("GET %s = %d, want 200", Path("app.js"), r.StatusCode)
	}
}
