package action_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/action"
)

// reach gives http.request with some loopback servers allowed.
func reach(t *testing.T, servers ...*httptest.Server) func(input string, change ...func(*action.Call)) (string, error) {
	t.Helper()
	var s action.Settings
	for _, server := range servers {
		s.HTTPAllow = append(s.HTTPAllow, server.Listener.Addr().String())
	}
	actions, err := action.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return func(input string, change ...func(*action.Call)) (string, error) {
		call := action.Call{IdempotencyKey: "key-1", Input: json.RawMessage(input), Log: slog.New(slog.DiscardHandler)}
		for _, fn := range change {
			fn(&call)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		out, err := actions.Execute(ctx, "http.request", call)
		return string(out), err
	}
}

// serve starts a server on loopback.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// echo answers with what it was sent.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "url": r.URL.String(), "type": r.Header.Get("Content-Type"), "key": r.Header.Get("Idempotency-Key"),
		"x": r.Header.Values("X-Many"), "auth": r.Header.Get("Authorization"), "cookie": r.Header.Get("Cookie"), "referer": r.Referer(), "body": string(body),
	})
}

// echoed is the body of a result of echo.
func echoed(t *testing.T, out string) map[string]any {
	t.Helper()
	var result struct {
		Status int            `json:"status"`
		Body   map[string]any `json:"body"`
	}
	if err := json.Unmarshal([]byte(out), &result); err != nil || result.Status != 200 {
		t.Fatalf("result %s: %v", out, err)
	}
	return result.Body
}

func TestHTTPRequest_sends(t *testing.T) {
	t.Parallel()
	s := serve(t, echo)
	request := reach(t, s)
	for name, tt := range map[string]struct {
		with string
		want map[string]any
	}{
		"get":        {`"url": "%s/a?b=1#c"`, map[string]any{"method": "GET", "url": "/a?b=1", "key": "key-1"}},
		"json":       {`"url": "%s/", "body": {"n": 1.50}`, map[string]any{"method": "POST", "type": "application/json", "body": `{"n": 1.50}`}},
		"text":       {`"method": "put", "url": "%s/", "body": "hi"`, map[string]any{"method": "PUT", "type": "text/plain; charset=utf-8", "body": "hi"}},
		"form":       {`"url": "%s/", "form": {"a": "x y", "b": [1, true]}`, map[string]any{"method": "POST", "type": "application/x-www-form-urlencoded", "body": "a=x+y&b=1&b=true"}},
		"head":       {`"url": "%s/", "headers": {"X-Many": ["1", 2], "content-type": "a/b"}, "body": "x"`, map[string]any{"type": "a/b", "x": []any{"1", "2"}}},
		"key":        {`"url": "%s/", "headers": {"idempotency-key": "mine"}`, map[string]any{"key": "mine"}},
		"bare query": {`"url": "%s/a b?q=x y&ä=<\"{}"`, map[string]any{"url": "/a%20b?q=x%20y&%C3%A4=%3C%22%7B%7D"}},
		"query": {`"url": "%s/?a=1", "query": {"q": "ä&b", "none": null, "n": 10000000000000000000001}`,
			map[string]any{"url": "/?a=1&n=10000000000000000000001&q=%C3%A4%26b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := request("{" + fmt.Sprintf(tt.with, s.URL) + "}")
			if err != nil {
				t.Fatal(err)
			}
			got := echoed(t, out)
			for k, want := range tt.want {
				if diff := cmp.Diff(want, got[k]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", k, diff)
				}
			}
		})
	}
}

func TestHTTPRequest_refuses_input(t *testing.T) {
	t.Parallel()
	request := reach(t)
	for with, want := range map[string]string{
		`{}`:                                                          "url",
		`{"url": "ftp://example.com"}`:                                "only http:// and https://",
		`{"url": "//example.com"}`:                                    "only http:// and https://",
		`{"url": "http:///x"}`:                                        "names no host",
		`{"url": "http://u:p@h"}`:                                     "Authorization",
		`{"url": "http://h/\u007f"}`:                                  "url",
		`{"url": "http://h", "methd": 1}`:                             "methd",
		`{"url": "http://h", "method": "CONNECT"}`:                    "method",
		`{"url": "http://h", "headers": {"A\r\nB": "1"}}`:             "no name of a header",
		`{"url": "http://h", "headers": {"A": "1\r\nSet-Cookie: x"}}`: "line break",
		`{"url": "http://h", "headers": {"host": "other"}}`:           "Host cannot be set",
		`{"url": "http://h", "headers": {"Transfer-Encoding": "x"}}`:  "cannot be set",
		`{"url": "http://h", "headers": {"A": {"b": 1}}}`:             "a value must be",
		`{"url": "http://h", "body": "x", "form": {"a": 1}}`:          "either body or form",
		`"https://example.com"`:                                       "with",
	} {
		_, err := request(with)
		if err == nil || action.StepError(err).Code != "bad_input" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want bad_input with %q", with, err, want)
		}
	}
}

func TestHTTPRequest_answers(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/json":
			w.Header().Set("Content-Type", "application/json")
			w.Header().Add("X-Two", "1")
			w.Header().Add("X-Two", "2")
			fmt.Fprint(w, `{"n": 1.50}`)
		case "/limit":
			w.Header().Set("Retry-After", "7")
			http.Error(w, "slow\n down", http.StatusTooManyRequests)
		case "/huge":
			for range 2 << 10 {
				_, _ = w.Write(make([]byte, 1<<10))
			}
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 64 {
				_, _ = z.Write(make([]byte, 1<<20))
			}
			_ = z.Close()
		case "/headers":
			w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		}
	})
	request := reach(t, s)
	out, err := request(`{"url": "` + s.URL + `/json"}`)
	if err != nil || !strings.Contains(out, `"body":{"n":1.50}`) || !strings.Contains(out, `"x-two":"1, 2"`) || !strings.Contains(out, `"status":200`) {
		t.Errorf("result %s, %v", out, err)
	}
	_, err = request(`{"url": "` + s.URL + `/limit?token=t"}`)
	if got := action.StepError(err); got.Code != "http_error" || got.Status != 429 || got.RetryAfter != 7*time.Second ||
		got.Message != "GET "+s.URL+"/limit answered 429 Too Many Requests: slow down" {
		t.Errorf("error %+v", got)
	}
	out, err = request(`{"url": "`+s.URL+`/limit"}`, func(c *action.Call) { c.Judged = true })
	if err != nil || !strings.Contains(out, `"status":429`) {
		t.Errorf("a step that judges itself got %s, %v", out, err)
	}
	for path, code := range map[string]string{"/huge": "response_too_large", "/bomb": "response_too_large", "/headers": "connection_failed"} {
		if out, err = request(`{"url": "` + s.URL + path + `"}`); err == nil || action.StepError(err).Code != code {
			t.Errorf("%s gave %d bytes and %v, want %s", path, len(out), err, code)
		}
	}
}

func TestHTTPRequest_private_targets(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	inside := serve(t, func(http.ResponseWriter, *http.Request) { reached.Store(true) })
	outside := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, http.StatusFound) })
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	request := reach(t, outside)
	for _, url := range []string{
		inside.URL, outside.URL, "http://localhost:" + port, "http://[::1]:" + port, "http://[::ffff:127.0.0.1]:" + port,
		"http://127.1:" + port, "http://0.0.0.0:" + port, "http://0:" + port, "http://2130706433:" + port, "http://0x7f.1:" + port,
	} {
		_, err := request(`{"url": "` + url + `"}`)
		got := action.StepError(fmt.Errorf("%w", errOr(err)))
		if err == nil || got.Status != 0 || got.Code != "target_refused" && got.Code != "dns_failed" {
			t.Errorf("%s: %v", url, err)
		}
		if got.Code == "target_refused" && !strings.Contains(got.Message, "TANDEM_HTTP_ALLOW") {
			t.Errorf("%s: %q does not say what to do", url, got.Message)
		}
	}
	if reached.Load() {
		t.Error("a private server was reached")
	}
	if _, err := reach(t, outside, inside)(`{"url": "` + outside.URL + `"}`); err != nil || !reached.Load() {
		t.Errorf("allowed by the operator: %v, reached %v", err, reached.Load())
	}
}

func errOr(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

func TestHTTPRequest_redirects(t *testing.T) {
	t.Parallel()
	other := serve(t, echo)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		to := r.URL.Query().Get("to")
		switch r.URL.Path {
		case "/echo":
			echo(w, r)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			var code int
			_, _ = fmt.Sscanf(r.URL.Path, "/%d", &code)
			w.Header().Set("Location", to)
			w.WriteHeader(code)
		}
	})
	request := reach(t, s, other)
	with := func(path, to string) string {
		return `{"method": "POST", "url": "` + s.URL + path + `", "query": {"to": "` + to + `", "token": "t"}, "body": "x",
			"headers": {"Authorization": "Bearer t", "Cookie": "c", "X-Many": "1"}}`
	}
	follow := func(path, to string) map[string]any {
		t.Helper()
		out, err := request(with(path, to))
		if err != nil {
			t.Fatal(err)
		}
		return echoed(t, out)
	}
	if got := follow("/302", "/echo"); got["method"] != "GET" || got["body"] != "" || got["type"] != "" || got["auth"] != "Bearer t" || got["key"] != "key-1" {
		t.Errorf("302 on the same host sent %v", got)
	}
	if got := follow("/308", "echo?a=b"); got["method"] != "POST" || got["body"] != "x" || got["auth"] != "Bearer t" || got["url"] != "/echo?a=b" {
		t.Errorf("308 on the same host sent %v", got)
	}
	if got := follow("/307", other.URL+"/far"); got["method"] != "POST" || got["auth"] != "" || got["cookie"] != "" || got["x"] != nil || got["referer"] != "" || got["key"] != "key-1" {
		t.Errorf("307 to another host sent %v", got)
	}
	for path, to := range map[string]string{"/loop": "too_many_redirects", "/302": "bad_redirect"} {
		if _, err := request(with(path, "file:///etc/passwd")); err == nil || action.StepError(err).Code != to {
			t.Errorf("%s: %v, want %s", path, err, to)
		}
	}
	if out, err := request(with("/304", "")); err != nil || !strings.Contains(out, `"status":304`) {
		t.Errorf("304: %s, %v", out, err)
	}
}

func TestHTTPRequest_no_answer(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := serve(t, func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	gone := serve(t, echo)
	gone.Close()
	request := reach(t, secure, plain, gone)
	for url, code := range map[string]string{
		secure.URL: "tls_failed", "https" + strings.TrimPrefix(plain.URL, "http"): "tls_failed", gone.URL: "connection_failed",
		"http://no-such-host.invalid": "dns_failed",
	} {
		_, err := request(`{"url": "` + url + `/p?secret=s"}`)
		if got := action.StepError(errOr(err)); got.Code != code || got.Status != 0 || strings.Contains(got.Message, "secret=s") {
			t.Errorf("%s: %+v, want %s and nothing of the query", url, got, code)
		}
	}
	actions, err := action.New(action.Settings{HTTPAllow: []string{plain.Listener.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = actions.Execute(ctx, "http.request", action.Call{Input: json.RawMessage(`{"url": "` + plain.URL + `"}`)})
	if got := action.StepError(errOr(err)); got.Code != "timeout" || got.Status != 0 {
		t.Errorf("a server that never answers: %+v, want timeout", got)
	}
}

// TestHTTPRequest_secret_in_the_address: of an address that is a secret no part
// is shown.
func TestHTTPRequest_secret_in_the_address(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	port := s.Listener.Addr().(*net.TCPAddr).Port
	request := reach(t, s)
	_, err := request(`{"url": "`+s.URL+`/hook/canary?x=1"}`, func(c *action.Call) {
		c.Secrets = action.Secrets{{Name: "URL", Value: s.URL + "/hook/canary?x=1", Hosts: []string{fmt.Sprintf("127.0.0.1:%d", port)}}}
	})
	if want := "GET " + s.URL + " answered 418 I'm a teapot"; errOr(err).Error() != want {
		t.Errorf("error %v, want the host alone", err)
	}
}

func TestSecretHosts_default_port(t *testing.T) {
	t.Parallel()
	request := reach(t)
	for host, code := range map[string]string{"no-such-host.invalid:443": "dns_failed", "no-such-host.invalid": "dns_failed", "no-such-host.invalid:80": "secret_refused"} {
		_, err := request(`{"url": "https://no-such-host.invalid/"}`, func(c *action.Call) {
			c.Secrets = action.Secrets{{Name: "KEY", Value: "12345678", Hosts: []string{host}}}
		})
		if got := action.StepError(errOr(err)); got.Code != code {
			t.Errorf("allowed %s: %+v, want %s", host, got, code)
		}
	}
}
