package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tandem"
)

// calling is a workflow whose step calls a till and waits for its answer.
const calling = `format: 1
name: %s
version: 1.0.0
steps:
  - {name: call, type: machine, action: http.request, %s with: {url: %q}, timeout: 50s, output: said}
  - {name: after, type: machine, action: noop}
edges: [{source: call, target: after}]
`

// till is a server outside that steps call: it answers when it is open.
type till struct {
	*httptest.Server

	mu    sync.Mutex
	open  chan struct{}
	calls map[string]int // by idempotency key
}

func newTill(t *testing.T) *till {
	s := &till{open: make(chan struct{}), calls: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.calls[r.Header.Get("Idempotency-Key")]++
		s.mu.Unlock()
		select {
		case <-s.open:
			_, _ = io.WriteString(w, `"ok"`)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// seen is the number of calls, and of steps that made them.
func (s *till) seen() (calls, steps int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.calls {
		calls += n
	}
	return calls, len(s.calls)
}

func (s *till) wait(t *testing.T, calls int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d calls", calls), func() bool { n, _ := s.seen(); return n >= calls })
}

// machines is a place whose processes share one Postgres.
type machines struct {
	*place
	till     *till
	postgres *tandem.Postgres
}

func newMachines(t *testing.T) *machines {
	t.Helper()
	m := &machines{place: newPlace(t), till: newTill(t)}
	m.startPostgres()
	m.env["TANDEM_DATABASE_URL"] = m.postgres.URL()
	m.env["TANDEM_HTTP_ALLOW"] = "127.0.0.1"
	m.env["TANDEM_LEASE"] = "1s"
	m.run("migrate").want(t, 0)
	m.feed(password, "user", "create", "olga", "--role", "operator", "--role", "admin", "--password-stdin").want(t, 0)
	m.run("apply",
		m.file("call.yaml", fmt.Sprintf(calling, "call", "", m.till.URL)),
		m.file("big.yaml", fmt.Sprintf(calling, "big", "queue: big,", m.till.URL))).want(t, 0)
	t.Cleanup(func() { m.stopPostgres() })
	return m
}

func (m *machines) startPostgres() {
	m.t.Helper()
	var err error
	m.postgres, err = tandem.StartPostgres(m.t.Context(), filepath.Join(m.dir, "shared"), slog.New(slog.DiscardHandler))
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *machines) stopPostgres() {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := m.postgres.Stop(ctx); err != nil {
		m.t.Error(err)
	}
}

// worker starts a worker as a process.
func (m *machines) worker(args ...string) *process {
	m.t.Helper()
	return m.process("Tandem works on ", append([]string{"worker"}, args...)...)
}

// attempts gives the attempt and the losses of an instance's call.
func (c *client) attempts(in string) (attempt, lost int) {
	c.t.Helper()
	for _, e := range c.do("GET", in+"/history?limit=200", nil)["items"].([]any) {
		switch e := e.(object); {
		case e["type"] == "step.started" && e["step_name"] == "call":
			attempt = int(e["attempt"].(float64))
		case e["type"] == "step.lost":
			lost++
		}
	}
	return attempt, lost
}

func (c *client) wantAttempts(in string, attempt, lost int) {
	c.t.Helper()
	if a, l := c.attempts(in); a != attempt || l != lost {
		c.t.Errorf("attempt %d, lost %d times; want %d, %d", a, l, attempt, lost)
	}
}

// TestMachines_killed kills a process in the middle of a step: another does it
// again.
func TestMachines_killed(t *testing.T) {
	t.Parallel()
	m := newMachines(t)
	first, second := m.serve(), m.serve("--queues", "other")
	c := m.client(first.address, "olga")
	in := c.start("call")
	m.till.wait(t, 1)
	m.worker()
	first.signal(syscall.SIGKILL)
	killed := time.Now()
	m.till.wait(t, 2)
	if took := time.Since(killed); took > 15*time.Second {
		t.Errorf("taken over after %s, want at most 15 s", took)
	}
	close(m.till.open)
	c.base = second.address
	c.until(in, "completed")
	c.wantAttempts(in, 2, 1)
	if _, steps := m.till.seen(); steps != 1 {
		t.Errorf("%d idempotency keys, want one", steps)
	}
}

// TestMachines_stopped stops a process and lets it go on when another has done
// its step: what it says then changes nothing.
func TestMachines_stopped(t *testing.T) {
	t.Parallel()
	m := newMachines(t)
	first, second := m.serve(), m.serve("--queues", "other")
	c := m.client(first.address, "olga")
	in := c.start("call")
	m.till.wait(t, 1)
	m.worker()
	first.signal(syscall.SIGSTOP)
	t.Cleanup(func() { first.signal(syscall.SIGCONT) })
	m.till.wait(t, 2)
	close(m.till.open)
	c.base = second.address
	done := c.until(in, "completed")
	first.signal(syscall.SIGCONT)
	c.base = first.address
	eventually(t, "the process that was stopped works again", func() bool { return c.ready() == http.StatusOK })
	later := c.start("call")
	c.until(later, "completed")
	if got := c.do("GET", in, nil); got["version"] != done["version"] {
		t.Errorf("after the late result the instance has version %v, want %v", got["version"], done["version"])
	}
	c.wantAttempts(in, 2, 1)
}

// ready gives what /readyz answers.
func (c *client) ready() int {
	c.t.Helper()
	answer, err := (&http.Client{Timeout: limit}).Get(c.base + "/readyz")
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// TestMachines_database_away takes the database away for longer than a lease:
// nobody takes anything over.
func TestMachines_database_away(t *testing.T) {
	t.Parallel()
	m := newMachines(t)
	m.env["TANDEM_LEASE"] = "3s"
	first, second := m.serve(), m.serve()
	m.worker()
	c := m.client(first.address, "olga")
	other := m.client(second.address, "olga")
	var ins []string
	for range 6 {
		ins = append(ins, c.start("call"), other.start("call"))
	}
	m.till.wait(t, len(ins))
	m.stopPostgres()
	away := time.Now()
	eventually(t, "two leases are over", func() bool { return time.Since(away) > 6*time.Second })
	m.startPostgres()
	for _, c := range []*client{c, other} {
		eventually(t, "the database answers", func() bool { return c.ready() == http.StatusOK })
	}
	close(m.till.open)
	for _, in := range ins {
		c.until(in, "completed")
		c.wantAttempts(in, 1, 0)
	}
	if calls, _ := m.till.seen(); calls != len(ins) {
		t.Errorf("%d calls, want %d", calls, len(ins))
	}
}

// TestMachines_queues runs steps of a named queue where it is served, and what
// is too much for one process in another.
func TestMachines_queues(t *testing.T) {
	t.Parallel()
	m := newMachines(t)
	m.env["TANDEM_LEASE"] = "1m" // so that nothing moves for want of a heartbeat
	s := m.serve("--workers", "1")
	c := m.client(s.address, "olga")
	big := c.start("big")
	stuck, waits := c.start("call"), c.start("call")
	m.till.wait(t, 1)
	w := m.worker("--queues", "big", "--health-addr", "127.0.0.1:0")
	m.till.wait(t, 2)
	if calls, _ := m.till.seen(); calls != 2 {
		t.Errorf("%d calls, want that of the big queue and one of the server's", calls)
	}
	queued := time.Now()
	eventually(t, "a step has waited for a worker for so long that the server is full", func() bool { return time.Since(queued) > 1500*time.Millisecond })
	third := c.start("call")
	m.worker()
	m.till.wait(t, 3)
	close(m.till.open)
	for _, in := range []string{big, stuck, waits, third} {
		c.until(in, "completed")
		c.wantAttempts(in, 1, 0)
	}
	w.signal(syscall.SIGTERM)
	if code := w.wait(stopLimit); code != 0 {
		t.Errorf("the worker's exit code is %d, want 0\n%s", code, w.log)
	}
}

// TestMachines_drains tells a server to end while a step runs: it refuses what
// comes, lets the step end, and loses nothing.
func TestMachines_drains(t *testing.T) {
	t.Parallel()
	m := newMachines(t)
	s := m.serve("--grace", "50s")
	c := m.client(s.address, "olga")
	in := c.start("call")
	m.till.wait(t, 1)
	s.signal(syscall.SIGTERM)
	eventually(t, "it is not ready any more", func() bool { return c.ready() == http.StatusServiceUnavailable })
	for _, path := range []string{"/", "/api/v1/instances", "/readyz"} {
		answer, err := http.Get(s.address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%s while draining: %s, Retry-After %q; want 503 with a time", path, answer.Status, answer.Header.Get("Retry-After"))
		}
	}
	if status, got := c.call("POST", "/api/v1/instances", object{"definition_name": "call"}); status != http.StatusServiceUnavailable {
		t.Errorf("a start while draining: %d %v, want 503", status, got)
	}
	close(m.till.open)
	if code := s.wait(limit); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, s.log)
	}
	next := m.serve()
	c.base = next.address
	c.until(in, "completed")
	c.wantAttempts(in, 1, 0)
	if calls, _ := m.till.seen(); calls != 1 {
		t.Errorf("%d calls, want one", calls)
	}
}

// TestMachines_rolling restarts two processes in turn, over and over, while
// instances are started and a step of each is longer than the grace: no instance
// is lost, and no step is called lost.
func TestMachines_rolling(t *testing.T) {
	t.Parallel()
	m := newMachines(t)
	m.env["TANDEM_LEASE"] = "10s"
	m.env["TANDEM_GRACE"] = "100ms"
	procs := []*process{m.serve(), m.serve()}
	c := m.client(procs[0].address, "olga")
	var ins []string
	for round := range 4 {
		c.base = procs[1-round%2].address
		for range 5 {
			ins = append(ins, c.start("call"))
		}
		m.till.wait(t, len(ins))
		procs[round%2].signal(syscall.SIGTERM)
		if code := procs[round%2].wait(stopLimit); code != 0 {
			t.Errorf("exit code %d, want 0\n%s", code, procs[round%2].log)
		}
		procs[round%2] = m.serve()
	}
	close(m.till.open)
	c.base = procs[0].address
	for _, in := range ins {
		c.until(in, "completed")
		c.wantAttempts(in, 1, 0)
	}
	if _, steps := m.till.seen(); steps != len(ins) {
		t.Errorf("%d idempotency keys, want %d", steps, len(ins))
	}
}

// TestMachines_migrate starts processes at once on an empty database.
func TestMachines_migrate(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	m := &machines{place: p}
	m.startPostgres()
	t.Cleanup(m.stopPostgres)
	p.env["TANDEM_DATABASE_URL"] = m.postgres.URL()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { p.run("migrate").want(t, 0) })
	}
	p.serve()
	wg.Wait()
}

func TestWorker_refuses(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	for flags, want := range map[string]string{
		"--workers 0":         "--workers is 0",
		"--lease 10ms":        "--lease is 10ms",
		"--grace 2h":          "--grace is 2h0m0s",
		"--queues Big":        `--queues names "Big"`,
		"--health-addr nope":  "--health-addr",
		"--public-url ftp://": "--public-url",
	} {
		p.run(append([]string{"worker"}, strings.Fields(flags)...)...).want(t, 2, want)
	}
	p.run("worker").want(t, 1, "start tandem serve first")
	p.wantUntouched(t)
}
