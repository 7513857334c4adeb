package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stopLimit is how long an ending may take.
const stopLimit = 10 * time.Second

func TestServe_in_this_process(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"serve", "--demo", "--addr", "localhost:0"}, p.lookup, std{strings.NewReader(""), write, t.Output()})
		write.CloseWithError(err)
		ended <- err
	}()
	said := announced(t, out)
	found := regexp.MustCompile(`^Tandem is at (http://127\.0\.0\.1:\d+)\nData: (.*)\n`).FindStringSubmatch(said)
	if found == nil {
		t.Fatalf("said:\n%s\nwant address and data directory", said)
	}
	if found[2] != p.data() {
		t.Errorf("the data directory is said to be %s, want %s", found[2], p.data())
	}
	for _, want := range []string{`all with the password "tandem"`, "ada    admin", "olga ", "arno ", "mia ", "finn ", "cleo ", "otto   staff"} {
		if !strings.Contains(said, want) {
			t.Errorf("said:\n%s\nwant %q in it", said, want)
		}
	}
	signIn(t, found[1])
	stop()
	if err := <-ended; err != nil {
		t.Errorf("serve: %v, want nil when it is told to end", err)
	}
	pid := p.data() + "/postgres/postmaster.pid"
	if _, err := os.Stat(pid); err == nil {
		t.Errorf("%s is there: Postgres was not stopped", pid)
	}
}

// announced reads what a demo server says at its start, and lets it go on.
func announced(t *testing.T, out io.Reader) string {
	t.Helper()
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "otto") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return said.String()
		}
	}
	t.Fatalf("the server ended (%v) having said:\n%s", lines.Err(), said.String())
	return ""
}

// signIn gives a browser in which the demo's otto is signed in.
func signIn(t *testing.T, address string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: limit}
	answer, err := browser.PostForm(address+"/login", url.Values{"login": {"otto"}, "password": {"tandem"}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !bytes.Contains(page, []byte("Otto Office")) {
		t.Fatalf("otto cannot sign in: %s %v\n%s", answer.Status, err, page)
	}
	return browser
}

// TestServe_moved_data says where the data really are when Postgres cannot
// enter the directory asked for.
func TestServe_moved_data(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("only root runs Postgres as another user")
		return
	}
	p := newPlace(t)
	private := p.dir + "/private"
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	p.env["TANDEM_DATA_DIR"] = private + "/data"
	moved := private
	t.Cleanup(func() { _ = os.RemoveAll(moved) })
	cmd := p.command("serve", "--demo", "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	said := announced(t, out)
	note, err := os.ReadFile(private + "/data/postgres.dir")
	if err != nil {
		t.Fatal(err)
	}
	moved = strings.TrimSpace(string(note))
	if !strings.Contains(said, "\nData: "+moved+"\n") {
		t.Errorf("said:\n%s\nwant the data in %s", said, moved)
	}
	p.run("apply", p.file("good.yaml", goodDocument)).want(t, 0, "good 1.0.0: stored")
}

func TestServe_twice(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	s := p.serve()
	p.run("serve", "--addr", "127.0.0.1:0").want(t, 1,
		fmt.Sprintf("tandem: another Tandem (process %d) already uses the data directory %s", s.cmd.Process.Pid, p.data()), "TANDEM_DATA_DIR")
	other := newPlace(t)
	other.run("serve", "--addr", strings.TrimPrefix(s.address, "http://")).want(t, 1,
		"tandem: another program already listens on 127.0.0.1:", "--addr")
	other.wantUntouched(t)
}

// TestServe_ends tries the ways to end a server, idle or with requests that do
// not end by themselves.
func TestServe_ends(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end  func(s *process)
		busy bool
	}{
		"told":             {end: func(s *process) { s.signal(syscall.SIGTERM) }},
		"interrupted":      {end: func(s *process) { s.signal(syscall.SIGINT) }},
		"from a terminal":  {end: func(s *process) { _ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGINT) }},
		"told, while busy": {end: func(s *process) { s.signal(syscall.SIGTERM) }, busy: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			s := p.serve("--demo")
			if tt.busy {
				keepBusy(t, p, s)
			}
			pid := p.postgres()
			begun := time.Now()
			tt.end(s)
			if code := s.wait(stopLimit); code != 0 {
				t.Errorf("exit code %d, want 0\n%s", code, s.log)
			}
			t.Logf("ended in %s", time.Since(begun).Round(time.Millisecond))
			if lives(pid) {
				t.Errorf("Postgres (process %d) is still there", pid)
			}
		})
	}
}

// keepBusy opens a live page, and sends a part of a request.
func keepBusy(t *testing.T, p *place, s *process) {
	t.Helper()
	p.run("apply", p.file("good.yaml", goodDocument)).want(t, 0)
	in := p.client(s.address, "otto").start("good")
	id := in[strings.LastIndex(in, "/")+1:]
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", s.address+"/live/instances/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	live, err := signIn(t, s.address).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = live.Body.Close() })
	if kind := live.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("the live page is %q, %s", kind, live.Status)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write([]byte("POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nlogin=")); err != nil {
		t.Fatal(err)
	}
}

// TestServe_ends_while_it_starts is told to end before it has begun.
func TestServe_ends_while_it_starts(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	cmd := p.command("serve", "--addr", "127.0.0.1:0")
	var said lockedBuffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	eventually(t, "it has begun to start", func() bool { _, err := os.Stat(p.data()); return err == nil })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("%v, want exit code 0\n%s", err, &said)
		}
	case <-time.After(stopLimit):
		_ = cmd.Process.Kill()
		t.Errorf("it did not end within %s", stopLimit)
	}
	p.serve()
}
