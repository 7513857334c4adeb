package web_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/web/session"
)

// house is the whole application on a database of its own, with the people and
// workflows of the demo.
type house struct {
	t       testing.TB
	app     *tandem.Tandem
	handler http.Handler
	log     *faultLog

	mu      *sync.Mutex
	cookies map[string]*http.Cookie // sessions by login
	link    string                  // of the guest of the task at hand
}

func setup(t testing.TB) *house {
	t.Helper()
	return open(t, tandem.Config{DatabaseURL: dbtest.URL(t, db.Migrate)})
}

func open(t testing.TB, c tandem.Config) *house {
	t.Helper()
	h := &house{t: t, log: &faultLog{}, mu: &sync.Mutex{}, cookies: map[string]*http.Cookie{}}
	c.Log, c.Grace = slog.New(h.log), time.Second
	app, err := tandem.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	if err := app.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.app, h.handler = app, app.Handler()
	h.run()
	return h
}

// on is the house in a test below the one that opened it.
func (h *house) on(t testing.TB) *house {
	below := *h
	below.t = t
	return &below
}

// run runs the engine until the test ends.
func (h *house) run() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.app.Run(ctx) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			h.t.Errorf("run: %v", err)
		}
	})
}

// faultLog keeps what the application logs as an error.
type faultLog struct {
	mu     sync.Mutex
	faults []string
}

func (l *faultLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }
func (l *faultLog) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *faultLog) WithGroup(string) slog.Handler                    { return l }

func (l *faultLog) Handle(ctx context.Context, r slog.Record) error {
	var line bytes.Buffer
	if err := slog.NewTextHandler(&line, nil).Handle(ctx, r); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, line.String())
	return nil
}

// take gives the faults since the last call.
func (l *faultLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.faults
	l.faults = nil
	return taken
}

// request is one call of the application.
type request struct {
	Method string
	Target string // as it stands in the request line, percent-encoded
	Body   string
	Header map[string]string
	Who    string // whose session cookie is sent; "" = nobody's
	Token  string // sent as a bearer token

	Listen time.Duration // how long a stream is read; 0 = until its first message
}

type answer struct {
	status int
	header http.Header
	body   string
}

// send serves a request in this process and checks what holds for every answer.
// A stream ends when its first message has been written. A target that no
// server would take gives ok = false.
func (h *house) send(q request) (a answer, ok bool) {
	h.t.Helper()
	u, err := url.ParseRequestURI(q.Target)
	if err != nil {
		return answer{}, false
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), cmp.Or(q.Listen, 30*time.Second))
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, q.Method, "http://tandem.example/", strings.NewReader(q.Body))
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.RequestURI = u.Path, u.RawPath, u.RawQuery, q.Target
	for name, value := range q.Header {
		r.Header.Set(name, value)
	}
	if q.Who != "" {
		r.AddCookie(h.session(q.Who))
	}
	if q.Token != "" {
		r.Header.Set("Authorization", "Bearer "+q.Token)
	}
	w := &recorder{ResponseRecorder: httptest.NewRecorder(), leave: cancel}
	if q.Listen > 0 {
		w.leave = func() {}
	}
	h.handler.ServeHTTP(w, r)
	a = answer{w.Code, w.Header(), w.Body.String()}
	h.checkEvery(q, a)
	return a, true
}

// recorder leaves a stream after its first message.
type recorder struct {
	*httptest.ResponseRecorder
	leave context.CancelFunc
}

// SetWriteDeadline does nothing: nobody reads slowly here.
func (w *recorder) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing: everything has been sent.
func (w *recorder) SetReadDeadline(time.Time) error { return nil }

// Flush is what a stream does after each message.
func (w *recorder) Flush() {
	w.ResponseRecorder.Flush()
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
		w.leave()
	}
}

func (h *house) ask(q request) answer {
	h.t.Helper()
	a, ok := h.send(q)
	if !ok {
		h.t.Fatalf("%s %q is no request", q.Method, q.Target)
	}
	return a
}

// expect asks and fails unless the status is the wanted one.
func (h *house) expect(status int, q request) answer {
	h.t.Helper()
	a := h.ask(q)
	if a.status != status {
		h.t.Fatalf("%s %s by %q: got %d to %q, want %d\n%.1000s", q.Method, q.Target, q.Who, a.status, a.header.Get("Location"), status, a.body)
	}
	return a
}

// policies are the headers that every answer carries.
var policies = map[string]string{
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

// innards is what only somebody who reads the source or the log should see. Each
// begins with one of signs, which are looked for first: it is a hundred times as
// fast, and some answers have a million bytes.
var (
	innards = regexp.MustCompile(`goroutine \d|\.go:\d|runtime error|SQLSTATE|pgconn|panic:|dial unix`)
	signs   = []string{"goroutine ", ".go:", "runtime error", "SQLSTATE", "pgconn", "panic:", "dial unix"}
)

// shownInnards gives the first of innards in a text, "" when there is none.
func shownInnards(text string) string {
	if slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(text, sign) }) {
		return innards.FindString(text)
	}
	return ""
}

// checkEvery checks what holds for every answer: the browser's policies, and
// nothing of our inside.
func (h *house) checkEvery(q request, a answer) {
	h.t.Helper()
	for name, want := range policies {
		if got := a.header.Get(name); got != want {
			h.t.Errorf("%s %.200s: header %s is %q, want %q", q.Method, q.Target, name, got, want)
		}
	}
	policy := a.header.Get("Content-Security-Policy")
	if policy == "sandbox; default-src 'none'" { // of files: nothing at all
		return
	}
	for _, want := range []string{"default-src 'self'", "script-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			h.t.Errorf("%s %.200s: Content-Security-Policy is %q, want %s in it", q.Method, q.Target, policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		h.t.Errorf("%s %.200s: Content-Security-Policy is %q, want nothing unsafe", q.Method, q.Target, policy)
	}
	if found := shownInnards(a.body); found != "" {
		h.t.Errorf("%s %.200s: the answer shows %q\n%.2000s", q.Method, q.Target, found, a.body)
	}
}

// session signs a person of the demo in, once.
func (h *house) session(login string) *http.Cookie {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.cookies[login]; c != nil {
		return c
	}
	c := h.signIn(login, tandem.DemoPassword)
	h.cookies[login] = c
	return c
}

func (h *house) signIn(login, password string) *http.Cookie {
	h.t.Helper()
	a := h.expect(http.StatusSeeOther, formPost("", "/login", url.Values{"login": {login}, "password": {password}}))
	return a.cookie(h.t, session.CookieName)
}

func (a answer) cookie(t testing.TB, name string) *http.Cookie {
	t.Helper()
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("the answer sets no cookie %s: %v", name, a.header.Values("Set-Cookie"))
	return nil
}

// token makes an API token of a person of the demo.
func (h *house) token(login string, scopes ...string) string {
	h.t.Helper()
	secret, err := h.app.CreateToken(h.t.Context(), login, "test", scopes)
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

// formPost is a form that a page of this server sends.
func formPost(who, target string, form url.Values) request {
	return request{Method: http.MethodPost, Target: target, Who: who, Body: form.Encode(), Header: map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin",
	}}
}

// jsonPost is what a script of a page of this server sends.
func jsonPost(who, target, body string) request {
	return request{Method: http.MethodPost, Target: target, Who: who, Body: body, Header: map[string]string{
		"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin",
	}}
}

func get(who, target string) request {
	return request{Method: http.MethodGet, Target: target, Who: who}
}

// eventually asks every 20 ms until a thing is so, for at most 20 s.
func (h *house) eventually(what string, so func() bool) {
	h.t.Helper()
	tick, end := time.NewTicker(20*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			h.t.Fatalf("after 20 s still not: %s", what)
		}
	}
}

// problem reads a problem document and fails for anything else.
func (a answer) problem(t testing.TB) problem {
	t.Helper()
	if got, want := a.header.Get("Content-Type"), "application/problem+json"; got != want {
		t.Fatalf("Content-Type is %q, want %q\n%.500s", got, want, a.body)
	}
	var p problem
	if err := json.NewDecoder(strings.NewReader(a.body)).Decode(&p); err != nil {
		t.Fatalf("problem document: %v\n%.500s", err, a.body)
	}
	if p.Status != a.status || p.Type == "" || p.Title == "" || p.Detail == "" {
		t.Errorf("problem document of a %d: %+v, want its status, a type, a title and a sentence", a.status, p)
	}
	return p
}

type problem struct {
	Type, Title, Detail string
	Status              int
}

// field reads one text of a JSON answer.
func (a answer) field(t testing.TB, name string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(a.body), &fields); err != nil {
		t.Fatalf("answer %d: %v\n%.500s", a.status, err, a.body)
	}
	var text string
	if err := json.Unmarshal(fields[name], &text); err != nil {
		t.Fatalf("answer %d: field %s: %v\n%.500s", a.status, name, err, a.body)
	}
	return text
}

const expense = `{"definition_name": "expense_approval", "input_data": {"purpose": "A printer", "amount": 6000, "category": "equipment"}}`

// startExpense starts an expense of otto's that waits for finance, and gives the
// ids of its instance and of finn's task.
func (h *house) startExpense() (instance, task string) {
	h.t.Helper()
	return h.startOf("expense_approval")
}

// startOf is startExpense of a definition with the same steps.
func (h *house) startOf(definition string) (instance, task string) {
	h.t.Helper()
	q := jsonPost("otto", "/api/v1/instances", strings.Replace(expense, "expense_approval", definition, 1))
	q.Header["Prefer"] = "wait=10"
	instance = h.expect(http.StatusCreated, q).field(h.t, "id")
	a := h.expect(http.StatusOK, get("finn", "/api/v1/tasks?instance_id="+instance))
	var list struct{ Items []struct{ ID string } }
	if err := json.NewDecoder(io.LimitReader(strings.NewReader(a.body), 1<<20)).Decode(&list); err != nil || len(list.Items) != 1 {
		h.t.Fatalf("finn's tasks of %s: %v, %d of them; want one\n%s", instance, err, len(list.Items), a.body)
	}
	return instance, list.Items[0].ID
}
