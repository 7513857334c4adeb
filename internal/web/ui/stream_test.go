package ui_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// stream reads the messages of a live page.
type stream struct {
	t     *testing.T
	path  string
	lines *bufio.Scanner
	data  string // of the latest message
}

// follow opens a stream; it ends with the test, or after ten seconds.
func (h *taskHouse) follow(who, path string) *stream {
	h.t.Helper()
	server := httptest.NewServer(h.pages)
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	h.t.Cleanup(func() { cancel(); server.Close() })
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Test-Actor", who)
	answer, err := server.Client().Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = answer.Body.Close() })
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
		h.t.Fatalf("the stream answers %d with %q", answer.StatusCode, kind)
	}
	return &stream{t: h.t, path: path, lines: bufio.NewScanner(answer.Body)}
}

var target = regexp.MustCompile(`^\s*<hx-partial hx-target="([^"]+)" hx-swap="outerMorph">`)

// next waits for a message and returns what it replaces.
func (s *stream) next() string {
	s.t.Helper()
	var data []string
	for s.lines.Scan() {
		line := s.lines.Text()
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			data = append(data, text)
		}
		if line != "" || len(data) == 0 {
			continue
		}
		s.data = strings.Join(data, "\n")
		found := target.FindStringSubmatch(s.data)
		if found == nil {
			s.t.Fatalf("a message replaces nothing: %s", s.data)
		}
		return found[1]
	}
	s.t.Fatalf("the stream ended: %v", s.lines.Err())
	return ""
}

// expect waits for messages that replace these, in this order.
func (s *stream) expect(targets ...string) {
	s.t.Helper()
	for _, want := range targets {
		if got := s.next(); got != want {
			s.t.Fatalf("a message replaces %s, want %s", got, want)
		}
	}
}

func TestStream_NeedsASession(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	for _, path := range []string{"/live/dashboard", "/live/instances"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept", "text/html, text/event-stream")
		ask(t, h.pages, r, "nobody").expect(t, http.StatusUnauthorized, "")
	}
}

// One stream carries several pages; each event is named by its page's place,
// and a page that cannot be followed ends alone.
func TestStream_SeveralPages(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	on := url.Values{"on": {"/live/dashboard", "/live/instances/" + uuid.NewString(), "/profile", "/tasks/live?tab=mine"}}
	s := h.follow("otto", "/live?"+on.Encode())
	seen := map[string]bool{}
	for s.lines.Scan() && len(seen) < 4 {
		if name, ok := strings.CutPrefix(s.lines.Text(), "event: "); ok && name != "end" {
			seen[name] = true
		} else if ok && s.lines.Scan() {
			seen["end "+s.lines.Text()] = true
		}
	}
	want := map[string]bool{"0": true, "3": true, "end data: 1": true, "end data: 2": true}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestStream_NamesItsPages(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	for _, query := range []string{"", "?on=" + strings.Repeat("&on=/live/dashboard", 17)} {
		ask(t, h.pages, httptest.NewRequest(http.MethodGet, "/live"+query, nil), "otto").expect(t, http.StatusBadRequest, "")
	}
}
