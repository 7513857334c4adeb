package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// streamed starts a server that streams what render gives, and a reader of it.
func streamed(t *testing.T, changed <-chan struct{}, render Render) (*bufio.Scanner, *http.Response) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := Serve(w, r, changed, render); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
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

func TestServe_SendsWhatChanged(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	changed := make(chan struct{}, 1)
	lines, res := streamed(t, changed, func(context.Context) ([]Message, error) {
		return []Message{
			{Name: "same", Data: []byte("always")},
			{Name: "count", Data: fmt.Appendf(nil, "n=%d\nsecond line", n.Load())},
		}, nil
	})
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type = %q", got)
	}
	if got := event(t, lines); got != "event: same\ndata: always" {
		t.Errorf("first event = %q", got)
	}
	if got := event(t, lines); got != "event: count\ndata: n=0\ndata: second line" {
		t.Errorf("second event = %q", got)
	}
	n.Store(1)
	changed <- struct{}{}
	if got := event(t, lines); got != "event: count\ndata: n=1\ndata: second line" {
		t.Errorf("after a change = %q, want the changed message alone", got)
	}
}

func TestServe_RefusalBeforeTheFirstMessage(t *testing.T) {
	t.Parallel()
	_, res := streamed(t, nil, func(context.Context) ([]Message, error) { return nil, errors.New("not yours") })
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("status = %d, want 403", res.StatusCode)
	}
}

func TestServe_EndsWhenRightsEnd(t *testing.T) {
	t.Parallel()
	var revoked atomic.Bool
	changed := make(chan struct{}, 1)
	lines, _ := streamed(t, changed, func(context.Context) ([]Message, error) {
		if revoked.Load() {
			return nil, errors.New("no longer yours")
		}
		return []Message{{Data: []byte("hello")}}, nil
	})
	event(t, lines)
	revoked.Store(true)
	changed <- struct{}{}
	for lines.Scan() {
		if lines.Text() != "" {
			t.Errorf("sent %q after the rights ended", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream broke: %v", err)
	}
}
