package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/e2e/browser"
)

// house is a running Tandem with the demo.
type house struct {
	app    *tandem.Tandem
	origin string // scheme, host and port
	url    string // origin and path prefix

	streams *streams
}

// streams counts the streams that browsers have open, and can cut them off.
type streams struct {
	now     atomic.Int64
	changed chan struct{}

	mu  sync.Mutex
	off bool
	all map[context.Context]context.CancelFunc
}

// cut ends all streams and lets none begin, until mend.
func (s *streams) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off = true
	for _, end := range s.all {
		end()
	}
}

func (s *streams) mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off = false
}

// begin notes a stream, whose context ends with it or when it is cut off.
func (s *streams) begin(ctx context.Context) (context.Context, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, end := context.WithCancel(ctx)
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, ctx)
	})
	s.all[ctx] = end
	return ctx, !s.off
}

func (s *streams) add(n int64) {
	s.now.Add(n)
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// expect waits for those that begin or end, and checks that so many are left.
func (s *streams) expect(t *testing.T, want int64) {
	t.Helper()
	late := time.After(20 * time.Second)
	for s.now.Load() != want {
		select {
		case <-s.changed:
		case <-late:
			t.Fatalf("%d streams are open, want %d", s.now.Load(), want)
		}
	}
}

func (s *streams) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/live") {
			ctx, ok := s.begin(r.Context())
			if !ok {
				http.Error(w, "cut off", http.StatusServiceUnavailable)
				return
			}
			r = r.WithContext(ctx)
			s.add(1)
			defer s.add(-1)
		}
		next.ServeHTTP(w, r)
	})
}

// open starts a Tandem on a port and a database of its own; around stands before
// its handler.
func open(t *testing.T, prefix string, around ...func(http.Handler) http.Handler) house {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := house{origin: "http://" + listener.Addr().String(), streams: &streams{changed: make(chan struct{}, 1), all: map[context.Context]context.CancelFunc{}}}
	h.url = h.origin + prefix
	app, err := tandem.New(t.Context(), tandem.Config{
		DatabaseURL: dbtest.URL(t, db.Migrate), PublicURL: h.url, PathPrefix: prefix,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	if err := app.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	handler := h.streams.count(app.Handler())
	for _, a := range around {
		handler = a(handler)
	}
	serve(t, app, handler, listener)
	h.app = app
	return h
}

// serve runs the engine and the server until the test ends.
func serve(t *testing.T, app *tandem.Tandem, handler http.Handler, listener net.Listener) {
	ctx, stop := context.WithCancel(context.Background())
	server := &http.Server{Handler: handler}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := app.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	wg.Go(func() { _ = server.Serve(listener) }) // ends when it is closed
	t.Cleanup(func() {
		app.EndStreams()
		_ = server.Close()
		stop()
		wg.Wait()
	})
}

// chromium is the browser of all tests, started by the first that asks: a person
// in it has cookies, storage and connections of their own. TestMain ends it.
var chromium = sync.OnceValues(func() (*browser.Browser, error) {
	dir, err := os.MkdirTemp("", "tandem-chromium-")
	if err != nil {
		return nil, err
	}
	profile = dir
	return browser.Start(context.Background(), dir)
})

// profile is where chromium keeps its files, "" until it was asked for.
var profile string

func TestMain(m *testing.M) {
	code := m.Run()
	if profile != "" {
		if b, err := chromium(); err == nil {
			_ = b.Close() // it may have ended
		}
		os.RemoveAll(profile)
	}
	os.Exit(code)
}

// places has room for the tests that may use the browser at a time.
var places = make(chan struct{}, 2)

// start gives the test the browser, once there is room.
func start(t *testing.T) *browser.Browser {
	t.Helper()
	places <- struct{}{}
	t.Cleanup(func() { <-places })
	b, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// idsTwice is JavaScript that lists the ids which a page has more than once.
const idsTwice = `(() => { const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	return [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))].join(" ") })()`

// visitor is a tab in which the test ends with the first thing that goes wrong.
type visitor struct {
	*browser.Tab
	t     *testing.T
	house house
}

// visitor opens a tab with cookies of its own, until the test ends; before is
// done first.
func (h house) visitor(t *testing.T, b *browser.Browser, before ...browser.Action) visitor {
	t.Helper()
	tab, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tab.Close(); err != nil {
			t.Logf("close the tab: %v", err) // a busy browser answers late; it ends with the tests
		}
	})
	v := visitor{tab, t, h}
	v.do(before...)
	return v
}

func (v visitor) do(actions ...browser.Action) {
	v.t.Helper()
	if err := v.Do(actions...); err != nil {
		v.t.Fatal(err)
	}
}

// lead does what leads to another page, and checks that page's status.
func (v visitor) lead(status int, actions ...browser.Action) {
	v.t.Helper()
	got, err := v.Go(actions...)
	if err != nil {
		v.t.Fatalf("%v; the page reads:\n%s", err, v.text("main"))
	}
	if got != status {
		v.t.Fatalf("got %d from %s, want %d; it reads:\n%s", got, v.path(), status, v.text("main"))
	}
}

// visit goes to a path of the house.
func (v visitor) visit(path string) {
	v.t.Helper()
	v.lead(http.StatusOK, browser.Visit(v.house.url+path))
}

// signIn signs a person of the demo in.
func (v visitor) signIn(login string) {
	v.t.Helper()
	v.visit("/login")
	v.lead(http.StatusOK, browser.Fill("Login name", login), browser.Fill("Password", tandem.DemoPassword), browser.Press("Sign in"))
}

func (v visitor) until(condition string) {
	v.t.Helper()
	if err := v.Until(condition); err != nil {
		v.t.Fatal(err)
	}
}

// eval evaluates a JavaScript expression that gives a string.
func (v visitor) eval(script string) string {
	v.t.Helper()
	s, err := browser.Eval[string](v.Tab, script)
	if err != nil {
		v.t.Fatal(err)
	}
	return s
}

// text is what the element of a CSS selector reads.
func (v visitor) text(selector string) string {
	v.t.Helper()
	return v.eval(fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

func (v visitor) path() string { v.t.Helper(); return v.eval(`location.pathname`) }

// hasNoFaults checks that the browser had nothing to say about the pages since
// the last call, that they asked no other server for anything, and that no id is
// there twice.
func (v visitor) hasNoFaults() {
	v.t.Helper()
	if twice := v.eval(idsTwice); twice != "" {
		v.t.Errorf("%s: ids that are there twice: %s", v.path(), twice)
	}
	for _, fault := range v.Faults(v.house.origin) {
		v.t.Errorf("%s: the browser says: %s", v.path(), fault)
	}
}
