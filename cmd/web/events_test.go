package main

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
)

// reader follows a server's events, as EventSource does: when the stream breaks
// off it comes back with the last id that it has.
type reader struct {
	c    *client
	last string
	ids  []string // in the order in which they came
	ends int      // of workflows
}

// follow reads until so many workflows have ended, or the stream ends.
func (r *reader) follow(ends int) {
	ctx, leave := context.WithTimeout(r.c.t.Context(), limit)
	defer leave()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, r.c.base+"/api/v1/events", nil)
	if err != nil {
		r.c.t.Error(err)
		return
	}
	q.Header.Set("Authorization", "Bearer "+r.c.token)
	q.Header.Set("Last-Event-ID", r.last)
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return // the server is away
	}
	defer answer.Body.Close()
	id, kind := "", ""
	for lines := bufio.NewScanner(answer.Body); r.ends < ends && lines.Scan(); {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); {
		case name == "id":
			id = value
		case name == "event":
			kind = value
		case name == "" && kind != "":
			r.last, r.ids = id, append(r.ids, id)
			if kind == "workflow.completed" {
				r.ends++
			}
			kind = ""
		}
	}
}

// TestServe_events follows the events of a server that is killed and started
// again while it works: nothing is lost and nothing comes twice.
func TestServe_events(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.run("apply", p.file("quick.yaml", "format: 1\nname: quick\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop}]\n")).want(t, 0)
	p.feed(password, "user", "create", "olga", "--role", "operator", "--password-stdin").want(t, 0)
	s := p.serve()
	c := p.client(s.address, "olga")
	r := &reader{c: c, last: "0-0"}
	const rounds, each = 3, 20
	started := 0
	for round := range rounds {
		for range each {
			c.start("quick")
			started++
		}
		r.follow(started - each/2) // it leaves in the middle
		if round < rounds-1 {
			s.kill(p)
			s = p.serve()
			c.base = s.address
		}
	}
	eventually(t, "all have been followed", func() bool {
		r.follow(started)
		return r.ends == started
	})
	seen := map[string]bool{}
	for _, id := range r.ids {
		if seen[id] {
			t.Errorf("the event %s came twice", id)
		}
		seen[id] = true
	}
	if len(r.ids) != 4*started {
		t.Errorf("%d events came of %d workflows with 4 each", len(r.ids), started)
	}
	whole := &reader{c: c, last: "0-0"}
	whole.follow(started)
	if strings.Join(whole.ids, " ") != strings.Join(r.ids, " ") {
		t.Error("read at once the events are others, or in another order")
	}
	if status, got := (&client{t: t, base: c.base, token: c.token}).call("GET", "/api/v1/events?x=1", nil); status != 400 {
		t.Errorf("an unknown parameter: %d %v", status, got)
	}
}
