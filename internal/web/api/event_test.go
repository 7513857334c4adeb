package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// sse is a reader of a stream of events.
type sse struct {
	t      *testing.T
	status int
	events chan [3]string // id, type, data
	leave  func()
}

// follow opens a stream.
func (h *house) follow(t *testing.T, server, who, path, last string) *sse {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", server+v1+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+who)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	s := &sse{t: t, status: res.StatusCode, events: make(chan [3]string, 1000), leave: leave}
	t.Cleanup(leave)
	go func() {
		defer close(s.events)
		defer res.Body.Close()
		var ev [3]string
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				ev[0] = value
			case "event":
				ev[1] = value
			case "data":
				ev[2] = value
			case "":
				if ev[2] != "" {
					s.events <- ev
				}
				ev = [3]string{}
			}
		}
	}()
	return s
}

// next gives the next event.
func (s *sse) next() (id, kind string, data map[string]any) {
	s.t.Helper()
	select {
	case ev, open := <-s.events:
		if !open {
			s.t.Fatal("the stream has ended")
		}
		if err := json.Unmarshal([]byte(ev[2]), &data); err != nil {
			s.t.Fatalf("%s: %v", ev[2], err)
		}
		return ev[0], ev[1], data
	case <-time.After(20 * time.Second):
		s.t.Fatal("no event has come")
	}
	return "", "", nil
}

// until reads events up to one of a kind and gives their types.
func (s *sse) until(kind string) (kinds []string, last string) {
	s.t.Helper()
	for {
		id, got, _ := s.next()
		if kinds = append(kinds, got); got == kind {
			return kinds, id
		}
	}
}

const quick = "format: 1\nname: quick\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop}]\n"

var quickEvents = []string{"workflow.started", "step.started", "step.completed", "workflow.completed"}

func TestAPI_Events(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) { t.Parallel(); events(t, setup(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); events(t, onPostgres(t)) })
}

func events(t *testing.T, h *house) {
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	h.apply(quick)
	h.apply("format: 1\nname: secretive\nversion: 1.0.0\nsteps: [{name: ask, type: human, candidate_users: [ada]}]\n")
	live := h.follow(t, server.URL, "otto", "/events", "")
	watching := h.follow(t, server.URL, "olga", "/events", "0-0")
	h.post(201, "ada", "/instances", `{"definition_name": "secretive"}`) // which otto may not see
	started := h.post(201, "otto", "/instances", `{"definition_name": "quick"}`)
	kinds, last := live.until("workflow.completed")
	equal(t, "live", kinds, quickEvents)
	all, _ := watching.until("workflow.completed")
	equal(t, "all that the operator sees", len(all) > len(quickEvents), true)

	// A reconnect goes on after the last event, and nothing comes twice.
	live.leave()
	h.post(201, "otto", "/instances", `{"definition_name": "quick"}`)
	again := h.follow(t, server.URL, "otto", "/events", last)
	kinds, _ = again.until("workflow.completed")
	equal(t, "after the reconnect", kinds, quickEvents)
	fresh := h.follow(t, server.URL, "otto", "/events", "0-0")
	kinds, _ = fresh.until("workflow.completed")
	equal(t, "from the beginning", kinds, quickEvents)

	one := h.follow(t, server.URL, "otto", "/instances/"+started["id"].(string)+"/events", "0-0")
	for _, want := range quickEvents {
		_, kind, ev := one.next()
		equal(t, "of one instance", []any{kind, ev["instance_id"]}, []any{want, started["id"]})
	}
	for path, status := range map[string]int{"/events?x=1": 400, "/instances/banana/events": 404} {
		equal(t, path, h.follow(t, server.URL, "otto", path, "").status, status)
	}
	equal(t, "no cursor", h.follow(t, server.URL, "otto", "/events", "banana").status, 400)
	equal(t, "nobody", h.follow(t, server.URL, "nobody", "/events", "").status, 401)
	h.close()
	for range again.events { // the shutdown ends streams
	}
}
