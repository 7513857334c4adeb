package web_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// TestHeaders_https: browsers that came over https stay there.
func TestHeaders_https(t *testing.T) {
	t.Parallel()
	const name = "Strict-Transport-Security"
	h := open(t, tandem.Config{DatabaseURL: dbtest.URL(t, db.Migrate), PublicURL: "https://tandem.example"})
	for _, path := range []string{"/login", "/nowhere", "/api/v1/tasks", "/static/nothing", "/healthz"} {
		if got := h.ask(get("", path)).header.Get(name); got != "max-age=31536000" {
			t.Errorf("%s: %s is %q", path, name, got)
		}
	}
	if got := setup(t).ask(get("", "/login")).header.Get(name); got != "" {
		t.Errorf("over http: %s is %q", name, got)
	}
}

// TestBodies_bounded: bodies end somewhere, and none is unpacked.
func TestBodies_bounded(t *testing.T) {
	t.Parallel()
	h := setup(t)
	big := strings.Repeat("a", 3<<20)
	for name, q := range map[string]request{
		"form":          formPost("ada", "/profile", url.Values{"name": {big}}),
		"form unsigned": formPost("", "/login", url.Values{"login": {big}, "password": {"x"}}),
		"JSON":          jsonPost("ada", "/api/v1/instances", `{"definition_name": "`+big+`"}`),
	} {
		if a := h.ask(q); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s of 3 MiB: got %d %.200s, want 413", name, a.status, a.body)
		}
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(`{"definition_name": "expense_approval", "input_data": {"x": "` + big + `"}}`)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	q := jsonPost("ada", "/api/v1/instances", packed.String())
	q.Header["Content-Encoding"] = "gzip"
	if a := h.ask(q); a.status/100 != 4 {
		t.Errorf("a packed body: got %d %.200s, want it refused", a.status, a.body)
	}
}

// What must not be shown is found in a page, and nothing else is.
func TestShownInnards(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"goroutine 7 [running]", "at x/y.go:12", "runtime error: index", "SQLSTATE 23505", "pgconn.", "panic: x", "dial unix /tmp"} {
		if shownInnards("<p>"+text+"</p>") == "" {
			t.Errorf("%q passes", text)
		}
	}
	if found := shownInnards("goroutine dump in main.go: none"); found != "" {
		t.Errorf("%q is found where nothing is", found)
	}
}
