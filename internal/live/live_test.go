package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// house is a server of streams for a test.
type house struct {
	*httptest.Server
	t   *testing.T
	hub *Hub
}

// open serves topics to who asks; check answers whether a reader may go on.
func open(t *testing.T, topics ...Topic) house {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	h := house{t: t, hub: NewHub(ctx)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.hub.Serve(w, r, topics, func() error { return nil }); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}))
	t.Cleanup(func() { stop(); h.Close() })
	return h
}

// read begins to read a stream.
func (h house) read() (*bufio.Scanner, *http.Response) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	h.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { res.Body.Close() })
	return bufio.NewScanner(res.Body), res
}

// event reads up to the end of one event.
func event(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	var text []string
	for lines.Scan() {
		if lines.Text() == "" && len(text) > 0 {
			return strings.Join(text, "\n")
		}
		text = append(text, lines.Text())
	}
	t.Fatalf("the stream ended: %v", lines.Err())
	return ""
}

// watched gives a topic's Watch, and what says that something changed.
func watched() (watch func() (<-chan struct{}, func()), change func()) {
	var mu sync.Mutex
	all := map[chan struct{}]bool{}
	watch = func() (<-chan struct{}, func()) {
		ch := make(chan struct{}, 1)
		mu.Lock()
		defer mu.Unlock()
		all[ch] = true
		return ch, func() { mu.Lock(); defer mu.Unlock(); delete(all, ch) }
	}
	return watch, func() {
		mu.Lock()
		defer mu.Unlock()
		for ch := range all {
			tell(ch)
		}
	}
}

func expect(t *testing.T, lines *bufio.Scanner, want string) {
	t.Helper()
	if got := event(t, lines); got != want {
		t.Fatalf("event = %q, want %q", got, want)
	}
}

func TestServe_SendsWhatChanged(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	watch, change := watched()
	h := open(t, Topic{Key: "k", Watch: watch, Render: func(context.Context) ([]Message, error) {
		return []Message{
			{Region: "same", Data: []byte("always")},
			{Region: "count", Data: fmt.Appendf(nil, "n=%d\nsecond line", n.Load())},
		}, nil
	}})
	lines, res := h.read()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type = %q", got)
	}
	expect(t, lines, "event: 0\ndata: always")
	expect(t, lines, "event: 0\ndata: n=0\ndata: second line")
	n.Store(1)
	change()
	expect(t, lines, "event: 0\ndata: n=1\ndata: second line")
}

// Two who follow the same cost one rendering, and each is shown what is there
// when he comes, whatever the others were shown.
func TestHub_RendersOnceForAll(t *testing.T) {
	t.Parallel()
	var renders atomic.Int32
	var state atomic.Value
	state.Store("first")
	watch, change := watched()
	h := open(t, Topic{Key: "k", Watch: watch, Render: func(context.Context) ([]Message, error) {
		renders.Add(1)
		return []Message{{Region: "r", Data: []byte(state.Load().(string))}}, nil
	}})
	a, _ := h.read()
	expect(t, a, "event: 0\ndata: first")
	state.Store("unannounced")
	b, _ := h.read() // sees what is there, though nobody said that it changed
	expect(t, b, "event: 0\ndata: unannounced")
	expect(t, a, "event: 0\ndata: unannounced")
	before := renders.Load()
	state.Store("second")
	change()
	expect(t, a, "event: 0\ndata: second")
	expect(t, b, "event: 0\ndata: second")
	if got := renders.Load() - before; got != 1 {
		t.Errorf("a change for two readers was rendered %d times, want once", got)
	}
}

func TestServe_SeveralTopics(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	watch, change := watched()
	say := func(key string) Topic {
		return Topic{Key: key, Watch: watch, Render: func(context.Context) ([]Message, error) {
			if key == "b" && gone.Load() {
				return nil, errors.New("gone")
			}
			return []Message{{Data: []byte(key)}}, nil
		}}
	}
	refused := Topic{Key: "refused", Watch: watch, Render: func(context.Context) ([]Message, error) { return nil, errors.New("not yours") }}
	h := open(t, say("a"), refused, say("b"))
	lines, _ := h.read()
	got := map[string]bool{}
	for range 3 {
		got[event(t, lines)] = true
	}
	for _, want := range []string{"event: 0\ndata: a", "event: end\ndata: 1", "event: 2\ndata: b"} {
		if !got[want] {
			t.Errorf("%q was not sent, but %v", want, got)
		}
	}
	gone.Store(true)
	change()
	expect(t, lines, "event: end\ndata: 2")
}

func TestServe_RefusalBeforeTheFirstMessage(t *testing.T) {
	t.Parallel()
	watch, _ := watched()
	_, res := open(t, Topic{Key: "k", Watch: watch, Render: func(context.Context) ([]Message, error) { return nil, errors.New("not yours") }}).read()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("status = %d, want 403", res.StatusCode)
	}
}

func TestServe_EndsWhenRightsEnd(t *testing.T) {
	t.Parallel()
	var revoked atomic.Bool
	watch, change := watched()
	h := open(t, Topic{Key: "k", Watch: watch, Render: func(context.Context) ([]Message, error) {
		if revoked.Load() {
			return nil, errors.New("no longer yours")
		}
		return []Message{{Data: []byte("hello")}}, nil
	}})
	lines, _ := h.read()
	expect(t, lines, "event: 0\ndata: hello")
	revoked.Store(true)
	change()
	expect(t, lines, "event: end\ndata: 0")
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("the stream goes on with %q, %v", lines.Text(), lines.Err())
	}
}

// The last reader takes the group with him.
func TestHub_ForgetsWhatNobodyFollows(t *testing.T) {
	t.Parallel()
	hub := NewHub(t.Context())
	watch, _ := watched()
	topic := Topic{Key: "k", Watch: watch, Render: func(context.Context) ([]Message, error) { return nil, nil }}
	a, b := &reader{wake: make(chan struct{}, 1)}, &reader{wake: make(chan struct{}, 1)}
	group := hub.join(topic, a)
	if again := hub.join(topic, b); again != group {
		t.Fatal("two readers of one key are in two groups")
	}
	hub.leave(group, a)
	if len(hub.groups) != 1 {
		t.Error("a group ended while somebody followed it")
	}
	hub.leave(group, b)
	if len(hub.groups) != 0 {
		t.Error("a group is kept that nobody follows")
	}
}

// What was spent beyond the share must be waited for.
func TestHub_Budget(t *testing.T) {
	t.Parallel()
	hub := NewHub(t.Context())
	if wait := hub.owed(saved / 2); wait != 0 {
		t.Errorf("half of what was saved costs a wait of %s", wait)
	}
	hub.owed(saved / 2)
	if wait := hub.owed(share); wait < 900*time.Millisecond || wait > 1100*time.Millisecond {
		t.Errorf("the share of a second costs a wait of %s, want about a second", wait)
	}
}

// What is rendered for who has just come is not taken from the budget: a change
// reaches many who have come at once without a wait.
func TestServe_ManyAtOnce(t *testing.T) {
	t.Parallel()
	watch, change := watched()
	var said atomic.Int64
	var topics []Topic
	for i := range 12 {
		topics = append(topics, Topic{Key: fmt.Sprint(i), Watch: watch, Render: func(context.Context) ([]Message, error) {
			time.Sleep(500 * time.Millisecond)
			return []Message{{Data: fmt.Append(nil, "round ", said.Load())}}, nil
		}})
	}
	lines, _ := open(t, topics...).read()
	for range topics {
		event(t, lines)
	}
	said.Store(1)
	change()
	for range topics {
		if got := event(t, lines); !strings.HasSuffix(got, "round 1") {
			t.Fatalf("after the change the stream says %q", got)
		}
	}
}
