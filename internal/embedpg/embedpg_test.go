package embedpg

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStart_keeps_data_over_a_restart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	durable := map[string]string{}
	s := start(t, Config{Dir: dir, Settings: durable})
	run(t, s.URL(), `CREATE TABLE kept AS SELECT 'Äpfel' AS word`)
	stop(t, s)
	s = start(t, Config{Dir: dir, Settings: durable})
	if got := read(t, s.URL(), `SELECT lower(word) FROM kept`); got != "äpfel" {
		t.Errorf("got %q, want äpfel", got)
	}
	if s.Dir() != dir {
		t.Errorf("data in %s, want %s", s.Dir(), dir)
	}
	for _, path := range []string{dir, filepath.Join(dir, "postgres"), filepath.Join(dir, "run")} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o700 {
			t.Errorf("%s has mode %o, want 700", path, got)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "postgres.init-*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestStart_settings(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: dataDir(t, ""), Settings: map[string]string{"work_mem": "7MB"}})
	for name, want := range map[string]string{
		"listen_addresses":        "",
		"unix_socket_permissions": "0700",
		"fsync":                   "on",
		"synchronous_commit":      "on",
		"full_page_writes":        "on",
		"data_checksums":          "on",
		"shared_buffers":          "128MB",
		"max_connections":         "100",
		"max_wal_size":            "2GB",
		"checkpoint_timeout":      "15min",
		"jit":                     "off",
		"TimeZone":                "UTC",
		"server_encoding":         "UTF8",
		"work_mem":                "7MB",
	} {
		if got := read(t, s.URL(), `SELECT current_setting('`+name+`')`); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestStart_never_runs_as_root(t *testing.T) {
	t.Parallel()
	eachUser(t, func(t *testing.T, user string) {
		dir := dataDir(t, user)
		h := startHelper(t, dir, user)
		if got := read(t, h.url(t), `SELECT current_user`); got != Database {
			t.Errorf("connected as %s, want %s", got, Database)
		}
		uid, _, err := owner(filepath.Join(dir, "postgres", "postmaster.pid"))
		if err != nil {
			t.Fatal(err)
		}
		if uid == 0 {
			t.Error("Postgres runs as root")
		}
		h.stdin.Close()
		if err := h.cmd.Wait(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if _, err := os.Stat(pidPath(clusterDir(dir))); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("postmaster.pid after Stop: %v, want none", err)
		}
	})
}

func TestStart_parent_killed(t *testing.T) {
	t.Parallel()
	eachUser(t, func(t *testing.T, user string) {
		dir := dataDir(t, user)
		h := startHelper(t, dir, user)
		run(t, h.url(t), `CREATE TABLE kept AS SELECT 'yes' AS word`)
		h.kill(t)
		begin := time.Now()
		awaitNoServer(t, dir)
		t.Logf("Postgres was gone %s after its parent", time.Since(begin).Round(time.Millisecond))

		again := startHelper(t, dir, user)
		if got := read(t, again.url(t), `SELECT word FROM kept`); got != "yes" {
			t.Errorf("got %q, want yes", got)
		}
	})
}

func TestStart_restart_at_once_after_kill(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	h := startHelper(t, dir, "")
	h.url(t)
	h.kill(t)
	startHelper(t, dir, "").url(t)
}

func TestStart_second_copy(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	first := startHelper(t, dir, "")
	first.url(t)
	err := startError(t, Config{Dir: dir}, dir, "TANDEM_DATA_DIR", "process "+holder(filepath.Join(dir, lockName)))
	if !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	read(t, first.url(t), `SELECT 'still there'`)
}

func TestStart_two_first_starts_at_once(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	errs := make(chan error)
	for range 2 {
		go func() {
			s, err := Start(t.Context(), Config{Dir: dir, Settings: fast})
			if err == nil {
				t.Cleanup(func() { stop(t, s) })
			}
			errs <- err
		}()
	}
	a, b := <-errs, <-errs
	if (a == nil) == (b == nil) || !errors.Is(errors.Join(a, b), ErrInUse) {
		t.Errorf("got %v and %v, want one success and one ErrInUse", a, b)
	}
}

func TestStart_runs_as_the_owner_of_the_data(t *testing.T) {
	t.Parallel()
	eachUser(t, func(t *testing.T, user string) {
		dir := made(t, user)
		start(t, Config{Dir: dir})
		want, _, err := owner(clusterDir(dir))
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := owner(pidPath(clusterDir(dir))); err != nil || got != want {
			t.Errorf("Postgres runs as %d, %v; want %d", got, err, want)
		}
	})
}

func TestStart_canceled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { // while initdb runs
		for ctx.Err() == nil {
			if made, _ := filepath.Glob(filepath.Join(dir, "postgres.init-*", "base")); len(made) > 0 {
				cancel()
			}
		}
	}()
	s, err := Start(ctx, Config{Dir: dir, Settings: fast})
	if err == nil {
		stop(t, s)
		t.Fatal("no error, want one of the canceled context")
	}
	wantWords(t, err.Error(), "interrupted", "start again")
	if left, _ := filepath.Glob(filepath.Join(dir, "postgres.init-*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	start(t, Config{Dir: dir})
}

func TestStart_not_ready_in_time(t *testing.T) {
	t.Parallel()
	dir := made(t, "")
	startError(t, Config{Dir: dir, StartTimeout: 1}, "start again")
	if _, err := os.Stat(pidPath(clusterDir(dir))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("postmaster.pid: %v, want none", err)
	}
	start(t, Config{Dir: dir})
}

func TestServer_Done(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: dataDir(t, "")})
	if err := syscall.Kill(serverPID(t, s.Dir()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	if s.Err() == nil {
		t.Fatal("Err: got nil, want why it ended")
	}
	wantWords(t, s.Err().Error(), "signal: killed", filepath.Join(s.Dir(), logName), "ready to accept connections")
	stop(t, s)
	start(t, Config{Dir: s.Dir()})
}

func TestServer_Stop(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: dataDir(t, "")})
	conn := connect(t, s.URL())
	defer conn.Close(t.Context())
	stop(t, s)
	stop(t, s)
	if s.Err() != nil {
		t.Errorf("Err: got %v, want nil", s.Err())
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a client is still connected")
	}
	if _, err := os.Stat(pidPath(s.data)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("postmaster.pid: got %v, want none", err)
	}
}

func TestStart_log_is_bounded(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	s := start(t, Config{Dir: dir})
	path := filepath.Join(dir, logName)
	if _, err := s.out.file.WriteString("the oldest line\n" + strings.Repeat("x", maxLog)); err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	start(t, Config{Dir: dir})
	info, err := os.Stat(path)
	if err != nil || info.Size() > 1<<20 {
		t.Errorf("log: %v, %v; want a short one", info, err)
	}
	old, err := os.ReadFile(path + ".old")
	if err != nil || !strings.Contains(string(old), "the oldest line") {
		t.Errorf("the old log has %d bytes (%v), want the oldest line", len(old), err)
	}
}

func TestStart_awkward_paths(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]string{
		"long":             strings.Repeat("long/", 40) + "data",
		"space and quotes": `with space, 'and' "quotes" & 100 % ä`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(filepath.Dir(dataDir(t, "")), part)
			s := start(t, Config{Dir: dir})
			if n := len(socketPath(s.sock, port)); n > maxSocket {
				t.Errorf("the socket's path has %d bytes, want at most %d", n, maxSocket)
			}
			url, err := Attach(dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, url, `SELECT current_database()`); got != Database {
				t.Errorf("got %s, want %s", got, Database)
			}
			stop(t, s)
			if !strings.HasPrefix(s.sock, dir) {
				if err := os.Remove(s.sock); err != nil {
					t.Errorf("the socket's directory: %v, want it empty", err)
				}
			}
		})
	}
}
