package main

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// states are workflows that each come to rest in a state of their own.
const states = `format: 1
name: person
version: 1.0.0
steps:
  - {name: ask, type: human, anyone: true}
---
format: 1
name: timer
version: 1.0.0
steps:
  - {name: wait, type: timer, duration: 3s}
---
format: 1
name: hook
version: 1.0.0
steps:
  - {name: tell, type: machine, action: set, with: {url: "{{ hooks.answer.url }}"}, output: told}
  - {name: ask, type: human, anyone: true}
  - {name: answer, type: webhook, output: answer}
edges:
  - {source: tell, target: ask}
  - {source: ask, target: answer}
---
format: 1
name: broken
version: 1.0.0
steps:
  - {name: a, type: machine, action: fail, with: {message: the till is shut}}
`

// TestServe_killed kills a server and its Postgres with instances in every
// state that lasts, and starts it again on the same data.
func TestServe_killed(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.storeStates(t)
	s := p.serve()
	p.feed(password, "user", "create", "olga", "--role", "operator", "--role", "admin", "--password-stdin").want(t, 0)
	c := p.client(s.address, "olga")
	person, timer, paused, broken := c.start("person"), c.start("timer"), c.start("timer"), c.start("broken")
	early, late := c.start("hook"), c.start("hook")
	c.do("POST", paused+"/pause", object{"reason": "to see"})
	c.until(broken, "failed")
	c.until(early, "waiting")
	c.until(late, "waiting")
	hook := hookPath(t, c, late)
	c.do("POST", hookPath(t, c, early), object{"from": "before"})
	timed := c.do("GET", timer, nil)
	due := time.Now().Add(3 * time.Second)

	s.kill(p)
	eventually(t, "the timer is late", func() bool { return time.Now().After(due) })
	s = p.serve()
	c.base = s.address
	c.until(timer, "completed")
	if timed["status"] != "waiting" {
		t.Errorf("before the end the timer was %v, want waiting", timed["status"])
	}
	c.complete(person)
	c.until(person, "completed")
	c.complete(early)
	c.answered(early, "before")
	c.complete(late)
	c.until(late, "waiting")
	c.do("POST", hook, object{"from": "after"})
	c.answered(late, "after")
	if status, _ := c.call("POST", hook, object{"from": "twice"}); status != http.StatusConflict {
		t.Errorf("a used webhook answers %d, want 409", status)
	}
	c.until(paused, "paused")
	c.do("POST", paused+"/resume", object{})
	c.until(paused, "completed")
	c.until(broken, "failed")
	c.do("POST", broken+"/retry", object{})
	c.attempted(broken, 2)
}

func (p *place) storeStates(t *testing.T) {
	t.Helper()
	for i, doc := range strings.Split(states, "---\n") {
		p.file("states/"+string(rune('a'+i))+".yaml", doc)
	}
	p.run("apply", filepath.Join(p.dir, "states")).want(t, 0, "person 1.0.0: stored", "broken 1.0.0: stored")
}

// hookPath gives the path of the URL that an instance's first step has noted.
func hookPath(t *testing.T, c *client, in string) string {
	t.Helper()
	told := c.do("GET", in, nil)["context_data"].(object)["told"].(object)["url"].(string)
	u, err := url.Parse(told)
	if err != nil || u.Host == "" {
		t.Fatalf("the webhook's URL is %q, want an absolute one", told)
	}
	return u.Path
}

// complete completes the one open task of an instance.
func (c *client) complete(in string) {
	c.t.Helper()
	tasks := c.do("GET", "/api/v1/tasks?status=pending&instance_id="+filepath.Base(in), nil)["items"].([]any)
	if len(tasks) != 1 {
		c.t.Fatalf("%s has %d open tasks, want 1", in, len(tasks))
	}
	c.do("POST", "/api/v1/tasks/"+tasks[0].(object)["id"].(string)+"/complete", object{})
}

// answered waits for the end of an instance and checks whose answer it took.
func (c *client) answered(in, from string) {
	c.t.Helper()
	data := c.until(in, "completed")["context_data"].(object)
	if got := data["answer"].(object)["from"]; got != from {
		c.t.Errorf("%s took the answer from %v, want from %s", in, got, from)
	}
}

// attempted waits until the only step of a failed instance has had its
// attempts.
func (c *client) attempted(in string, want int) {
	c.t.Helper()
	eventually(c.t, "the step is tried again", func() bool {
		got := c.do("GET", in, nil)
		history := got["step_history"].([]any)
		last := history[len(history)-1].(object)
		return got["status"] == "failed" && last["attempt"] == float64(want)
	})
}

// TestServe_killed_often kills a server over and over, without a pause between
// two starts: each time the data are there and the next start works.
func TestServe_killed_often(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.storeStates(t)
	var paths []string
	for range 4 {
		s := p.serve()
		if paths == nil {
			p.feed(password, "user", "create", "olga", "--role", "admin", "--password-stdin").want(t, 0)
		}
		c := p.client(s.address, "olga")
		paths = append(paths, c.start("person"))
		for _, path := range paths {
			c.until(path, "waiting")
		}
		s.signal(syscall.SIGKILL) // the next start is not kept waiting for its Postgres
		s.wait(limit)
	}
	s := p.serve()
	c := p.client(s.address, "olga")
	for _, path := range paths {
		c.complete(path)
		c.until(path, "completed")
	}
}

// TestServe_loses_its_Postgres kills the Postgres under a server: nothing is
// lost but time, and the server itself goes on.
func TestServe_loses_its_Postgres(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.env["TANDEM_LOG"] = "warn"
	p.storeStates(t)
	s := p.serve()
	p.feed(password, "user", "create", "olga", "--role", "admin", "--password-stdin").want(t, 0)
	c := p.client(s.address, "olga")
	person, timer := c.start("person"), c.start("timer")
	c.until(person, "waiting")
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT, syscall.SIGINT} {
		pid := p.postgres()
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
		p.gone(pid)
		eventually(t, "the server answers again", func() bool {
			status, got := c.call("GET", person, nil)
			if status != http.StatusOK && status != http.StatusServiceUnavailable {
				t.Fatalf("without Postgres the server answers %d %v, want 503", status, got)
			}
			return status == http.StatusOK
		})
	}
	c.until(timer, "completed")
	c.complete(person)
	c.until(person, "completed")
	if !strings.Contains(s.log.String(), "the private Postgres broke off; it is started again") {
		t.Errorf("the log does not tell of the loss:\n%s", s.log)
	}
	s.signal(syscall.SIGTERM)
	if code := s.wait(stopLimit); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}
