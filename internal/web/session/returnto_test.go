package session_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tandem/internal/web/session"
)

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/":                               true,
		"/tasks/1?tab=mine#form":          true,
		"/search?q=a//b":                  true,
		"/aufgaben/größe":                 true,
		"/x?next=https://evil.example/":   true,
		"":                                false,
		"tasks":                           false,
		"//evil.example":                  false,
		"///evil.example":                 false,
		"/a//evil.example":                false,
		"/\\evil.example":                 false,
		"\\/evil.example":                 false,
		"/a?b=\\":                         false,
		"/\t/evil.example":                false,
		"/\n/evil.example":                false,
		"/\x00":                           false,
		"/\u0085":                         false,
		"/\xff":                           false,
		"/%zz":                            false,
		" /tasks":                         false,
		"https://evil.example":            false,
		"javascript:alert(1)":             false,
		"/" + strings.Repeat("a", 1499):   true,
		"/" + strings.Repeat("a", 1500):   false,
		"http:/evil.example":              false,
		"/.//evil.example":                false,
		"/?//evil.example":                true,
		"/tasks?x=1&y=%2F%2Fevil.example": true,
	} {
		if got := session.LocalPath(path); got != want {
			t.Errorf("LocalPath(%.40q) = %v, want %v", path, got, want)
		}
	}
}

// Whatever passes stays on the server, for Go's resolver and for browsers, who
// take a backslash for a slash and drop tabs and line ends.
func TestLocalPath_StaysHere(t *testing.T) {
	t.Parallel()
	base := &url.URL{Scheme: "https", Host: "tandem.example", Path: "/login"}
	asBrowsersRead := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "")
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.StringOfN(rapid.RuneFrom([]rune("/\\.:@?#a%2f\t\n\r \u0000ü")), 0, 12, -1).Draw(t, "path")
		if !session.LocalPath(path) {
			return
		}
		for _, p := range []string{path, asBrowsersRead.Replace(path)} {
			u, err := base.Parse(p)
			if err != nil || u.Host != base.Host || u.Scheme != base.Scheme {
				t.Fatalf("%q leads to %v, %v", p, u, err)
			}
		}
	})
}

func TestManager_ReturnTo(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	save := func(path string) []*http.Cookie {
		t.Helper()
		w := httptest.NewRecorder()
		if err := h.SaveReturn(w, request(), path); err != nil {
			t.Fatal(err)
		}
		return w.Result().Cookies()
	}
	take := func(cookies ...*http.Cookie) (string, *httptest.ResponseRecorder) {
		t.Helper()
		w := httptest.NewRecorder()
		path, err := h.TakeReturn(w, request(cookies...))
		if err != nil {
			t.Fatal(err)
		}
		return path, w
	}

	long := "/tasks?q=" + strings.Repeat("ü", 700)
	for _, path := range []string{"/tasks/1?a=b", long} {
		cookies := save(path)
		if got, w := take(cookies...); got != path {
			t.Errorf("took %q, want %q", got, path)
		} else if c := cookieOf(t, w, session.LoginCookieName); c.MaxAge >= 0 {
			t.Errorf("cookie %v, want it taken back", c)
		}
		if strings.Contains(cookies[0].Value, "tasks") {
			t.Errorf("the cookie can be read: %q", cookies[0].Value)
		}
	}
	if got := save("//evil.example"); len(got) != 0 {
		t.Errorf("an address elsewhere sets %v", got)
	}
	if got, w := take(); got != "" || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("without a cookie: %q, %v", got, w.Header())
	}

	forged := save("/tasks")[0]
	forged.Value = strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return r
	}, forged.Value[:len(forged.Value)-8]) + "AAAAAAAA"
	if got, _ := take(forged); got != "" {
		t.Errorf("a forged cookie gives %q", got)
	}
	other := setup(t, func(c *session.Config) { c.Secret = []byte(strings.Repeat("o", 32)) })
	if got, err := other.TakeReturn(httptest.NewRecorder(), request(save("/tasks")...)); got != "" || err != nil {
		t.Errorf("another house's cookie gives %q, %v", got, err)
	}
}
