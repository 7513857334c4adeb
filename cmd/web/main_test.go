package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// mainEnv makes the test binary the program itself, for tests that kill it.
const mainEnv = "TANDEM_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// limit bounds every wait of these tests.
const limit = time.Minute

// place is where a test's commands run: an environment, with a data directory
// that the account of Postgres can reach.
type place struct {
	t   *testing.T
	dir string
	env map[string]string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir, err := os.MkdirTemp("", "tandem-web-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &place{t: t, dir: dir, env: map[string]string{
		"TANDEM_DATA_DIR": filepath.Join(dir, "data"), "TANDEM_LOG": "error",
	}}
}

func (p *place) data() string { return p.env["TANDEM_DATA_DIR"] }

// file writes a file and gives its path.
func (p *place) file(name, content string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// result is what a command did.
type result struct {
	code     int
	out, err string
}

// run runs a command in this process.
func (p *place) run(args ...string) result { return p.feed("", args...) }

// feed runs a command in this process with a standard input.
func (p *place) feed(input string, args ...string) result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), limit)
	defer cancel()
	var out, errs bytes.Buffer
	err := run(ctx, args, p.lookup, std{strings.NewReader(input), &out, &errs})
	return result{code: exitCode(err, &errs), out: out.String(), err: errs.String()}
}

func (p *place) lookup(name string) (string, bool) {
	value, ok := p.env[name]
	return value, ok
}

// want checks an exit code and words of either output.
func (r result) want(t *testing.T, code int, words ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d\n%s%s", r.code, code, r.out, r.err)
	}
	for _, word := range words {
		if !strings.Contains(r.out+r.err, word) {
			t.Errorf("said:\n%s%swant %q in it", r.out, r.err, word)
		}
	}
}

// process is a serving process.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string
	log     *lockedBuffer
	ended   chan error
}

// lockedBuffer is what a process writes while a test reads.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// command prepares this program as a process of its own.
func (p *place) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// serve starts a server as a process; it is ended with the test.
func (p *place) serve(args ...string) *process {
	p.t.Helper()
	return p.process("Tandem is at ", append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
}

// process starts a command that says a line when it is ready, of which what
// follows the prefix is its address; it is ended with the test.
func (p *place) process(prefix string, args ...string) *process {
	p.t.Helper()
	s := &process{t: p.t, log: &lockedBuffer{}, ended: make(chan error, 1)}
	s.cmd = p.command(args...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.cmd.Stderr = s.log
	read, write := io.Pipe()
	s.cmd.Stdout = write
	if err := s.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() { s.ended <- s.cmd.Wait(); write.Close() }()
	p.t.Cleanup(func() { s.signal(syscall.SIGTERM); s.wait(limit) })
	first := make(chan string, 1)
	go func() { first <- firstLine(read) }()
	select {
	case line := <-first:
		address, ok := strings.CutPrefix(line, prefix)
		if !ok {
			p.t.Fatalf("%s said %q, want %q\n%s", args[0], line, prefix, s.log)
		}
		s.address = address
	case <-time.After(limit):
		p.t.Fatalf("the server gave no address\n%s", s.log)
	}
	return s
}

// firstLine gives the first line and reads on, so that nobody waits for us.
func firstLine(r io.Reader) string {
	lines := bufio.NewReader(r)
	line, _ := lines.ReadString('\n') // what is missing is seen by who compares
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return strings.TrimSpace(line)
}

func (s *process) signal(sig syscall.Signal) { _ = s.cmd.Process.Signal(sig) } // it may have ended

// wait gives the exit code, and fails when the process does not end in time.
func (s *process) wait(atMost time.Duration) int {
	s.t.Helper()
	select {
	case err := <-s.ended:
		s.ended <- err
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(atMost):
		s.signal(syscall.SIGKILL)
		s.t.Errorf("the server did not end within %s\n%s", atMost, s.log)
		return -1
	}
}

// kill ends the server as kill -9 does, and gives its Postgres.
func (s *process) kill(p *place) {
	s.t.Helper()
	pid := p.postgres()
	s.signal(syscall.SIGKILL)
	s.wait(limit)
	p.gone(pid)
}

// postgres is the id of the Postgres process of the data directory.
func (p *place) postgres() int {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.data(), "postgres", "postmaster.pid"))
	if err != nil {
		p.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		p.t.Fatal(err)
	}
	return pid
}

// gone waits until a process has ended.
func (p *place) gone(pid int) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("process %d is gone", pid), func() bool { return !lives(pid) })
}

// lives reports whether a process runs; one that only waits to be reaped has
// ended.
func lives(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !regexp.MustCompile(`\) Z `).Match(stat)
}

// eventually looks again and again until is holds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(limit)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// client calls the API with a token.
type client struct {
	t     *testing.T
	base  string
	token string
}

type object = map[string]any

// client gives a client with a token of the person's own.
func (p *place) client(address, login string) *client {
	p.t.Helper()
	made := p.run("token", "create", "--user", login, "--name", "test")
	made.want(p.t, 0)
	return &client{t: p.t, base: address, token: strings.TrimSpace(made.out)}
}

// call makes a call and gives status and body.
func (c *client) call(method, path string, body any) (int, object) {
	c.t.Helper()
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			c.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, bytes.NewReader(content))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Timeout: limit}).Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	var got object
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil && err != io.EOF {
		c.t.Fatalf("%s %s: %s: %v", method, path, answer.Status, err)
	}
	return answer.StatusCode, got
}

// do makes a call that must succeed.
func (c *client) do(method, path string, body any) object {
	c.t.Helper()
	status, got := c.call(method, path, body)
	if status >= http.StatusMultipleChoices {
		c.t.Fatalf("%s %s: %d %v", method, path, status, got)
	}
	return got
}

// start starts an instance and gives its path.
func (c *client) start(definition string) string {
	c.t.Helper()
	got := c.do("POST", "/api/v1/instances", object{"definition_name": definition, "input_data": object{}})
	return "/api/v1/instances/" + got["id"].(string)
}

// until waits for the status of an instance.
func (c *client) until(path, status string) object {
	c.t.Helper()
	var got object
	defer func() {
		if got["status"] != status {
			c.t.Errorf("%s is %v (%v), want %s", path, got["status"], got["error"], status)
		}
	}()
	eventually(c.t, path+" is "+status, func() bool {
		got = c.do("GET", path, nil)
		return got["status"] == status
	})
	return got
}
