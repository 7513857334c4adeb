package embedpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// made returns a data directory with a cluster that nothing runs on.
func made(t *testing.T, user string) string {
	t.Helper()
	dir := dataDir(t, user)
	h := startHelper(t, dir, user)
	h.url(t)
	h.stdin.Close()
	if err := h.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestStart_orphan(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	cfg := Config{Dir: dir, Settings: fast}.withDefaults()
	s := start(t, cfg)
	stop(t, s)

	acct, err := accountFor(dir)
	if err != nil {
		t.Fatal(err)
	}
	bin, err := findBinaries(t.Context(), cfg.Bin, 0, s.data, acct)
	if err != nil {
		t.Fatal(err)
	}
	orphan := acct.command(context.Background(), filepath.Join(bin, "postgres"), s.flags(cfg, acct)...)
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- orphan.Wait() }()
	t.Cleanup(func() { _ = orphan.Process.Kill() })
	if err := s.awaitDatabase(t.Context(), ended); err != nil {
		t.Fatal(err)
	}

	again := start(t, cfg)
	if err := <-ended; err != nil {
		t.Errorf("the orphan ended with %v, want a clean shutdown", err)
	}
	if pid := serverPID(t, dir); pid == orphan.Process.Pid {
		t.Error("the orphan is still the server")
	}
	read(t, again.URL(), `SELECT 'served'`)
}

// awaitDatabase waits for a Postgres that was not started by Start.
func (s *Server) awaitDatabase(ctx context.Context, ended <-chan error) error {
	for {
		err := s.ensureDatabase(ctx)
		if err == nil || !startingUp(err) {
			return err
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it ended: %w", err)
		default:
		}
	}
}

func TestStart_foreign_process_in_lock_files(t *testing.T) {
	t.Parallel()
	eachUser(t, func(t *testing.T, user string) {
		dir := made(t, user)
		foreign := exec.Command("sleep", "60")
		if user != "" {
			acct, err := lookUp(user)
			if err != nil {
				t.Fatal(err)
			}
			foreign.SysProcAttr = acct.attr()
		}
		if err := foreign.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = foreign.Process.Kill()
			_ = foreign.Wait()
		})
		pid, run := pidPath(clusterDir(dir)), filepath.Join(dir, "run")
		text := fmt.Sprintf("%d\n%s\n1000000000\n5432\n%s\n\n", foreign.Process.Pid, clusterDir(dir), run)
		for _, path := range []string{pid, socketPath(run, port) + ".lock"} {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		startHelper(t, dir, user).url(t)
		wantAlive(t, foreign.Process.Pid)
		if got, err := os.ReadFile(pid + ".stale"); err != nil || string(got) != text {
			t.Errorf("the file set aside: %q, %v; want it unchanged", got, err)
		}
	})
}

func TestStart_empty_lock_file(t *testing.T) {
	t.Parallel()
	dir := made(t, "")
	if err := os.WriteFile(pidPath(clusterDir(dir)), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, Config{Dir: dir})
}

func TestStart_other_version(t *testing.T) {
	t.Parallel()
	for version, words := range map[string][]string{
		"14\n":    {"made by Postgres 14", "pg_upgrade", "TANDEM_DATA_DIR", "nothing was changed"},
		"9.6\n":   {"made by Postgres 9", "pg_upgrade"},
		"99\n":    {"made by Postgres 99", "TANDEM_POSTGRES_BIN", "install it", "nothing was changed"},
		"\x00?\n": {"PG_VERSION", "backup", "nothing was changed"},
		"":        {"PG_VERSION", "nothing was changed"},
	} {
		t.Run(fmt.Sprintf("%q", version), func(t *testing.T) {
			t.Parallel()
			dir := dataDir(t, "")
			data := clusterDir(dir)
			if err := os.MkdirAll(data, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte(version), 0o600); err != nil {
				t.Fatal(err)
			}
			startError(t, Config{Dir: dir}, words...)
			got, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
			if err != nil || string(got) != version {
				t.Errorf("PG_VERSION: got %q, %v; want it unchanged", got, err)
			}
		})
	}
	t.Run("something else in its place", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t, "")
		if err := os.MkdirAll(filepath.Join(clusterDir(dir), "precious"), 0o755); err != nil {
			t.Fatal(err)
		}
		startError(t, Config{Dir: dir}, "PG_VERSION is missing", "move it away")
		if _, err := os.Stat(filepath.Join(clusterDir(dir), "precious")); err != nil {
			t.Error(err)
		}
	})
}

func TestStart_no_binaries(t *testing.T) {
	t.Parallel()
	startError(t, Config{Dir: dataDir(t, ""), Bin: open(t)}, "TANDEM_POSTGRES_BIN", "postgres and initdb")
}

func TestStart_relative_dir(t *testing.T) {
	t.Parallel()
	startError(t, Config{Dir: "data"}, "absolute path", "TANDEM_DATA_DIR")
}

func TestStart_no_rights(t *testing.T) {
	t.Parallel()
	words := []string{"TANDEM_DATA_DIR", "permission denied", "may not"}
	locked := filepath.Join(open(t), "locked")
	if err := os.Mkdir(locked, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // whom nothing is denied
		for _, dir := range []string{locked, filepath.Join(locked, "data")} {
			wantWords(t, startHelper(t, dir, "nobody").line, append(words, "nobody")...)
		}
		return
	}
	startError(t, Config{Dir: filepath.Join(locked, "data")}, words...)
}

func TestStart_file_in_the_way(t *testing.T) {
	t.Parallel()
	path := filepath.Join(open(t), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	startError(t, Config{Dir: path}, "TANDEM_DATA_DIR")
	startError(t, Config{Dir: filepath.Join(path, "data")}, "TANDEM_DATA_DIR")
}

func TestStart_bad_setting(t *testing.T) {
	t.Parallel()
	dir := made(t, "")
	conf, err := os.OpenFile(filepath.Join(clusterDir(dir), "postgresql.conf"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conf.WriteString("shared_bufers = 1GB\n")
	if err := errors.Join(err, conf.Close()); err != nil {
		t.Fatal(err)
	}
	startError(t, Config{Dir: dir}, "postgresql.conf", `unrecognized configuration parameter "shared_bufers"`, logName)
}

func TestStart_directory_that_Postgres_cannot_enter(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		// Only root gives Postgres an account with fewer rights than its own.
		startError(t, Config{Dir: "/proc/1/root/tandem"}, "TANDEM_DATA_DIR")
		return
	}
	base := open(t)
	home := filepath.Join(base, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Dir: filepath.Join(home, "data"), Settings: fast, systemDir: filepath.Join(base, "var", "tandem")}
	s := start(t, cfg)
	if got := filepath.Dir(s.Dir()); got != cfg.systemDir {
		t.Errorf("data in %s, want a directory in %s", s.Dir(), cfg.systemDir)
	}
	if _, err := Attach(cfg.Dir); err != nil {
		t.Error(err)
	}
	stop(t, s)
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if again := start(t, cfg); again.Dir() != s.Dir() {
		t.Errorf("the data moved from %s to %s", s.Dir(), again.Dir())
	}
}

func TestStart_keeps_mode_of_used_directory(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	start(t, Config{Dir: dir})
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("got %v, %v; want mode 755", info.Mode(), err)
	}
}

func TestStart_full_disk(t *testing.T) {
	t.Parallel()
	t.Run("first start", func(t *testing.T) {
		t.Parallel()
		disk, ok := smallDisk(t, 20)
		if !ok {
			startError(t, Config{Dir: dataDir(t, ""), Bin: fullDiskBinaries(t)}, "is full", "free some space")
			return
		}
		dir := filepath.Join(disk, "data")
		startError(t, Config{Dir: dir}, "is full", "free some space")
		if left, _ := filepath.Glob(filepath.Join(dir, "postgres*-*")); len(left) > 0 {
			t.Errorf("left over: %v", left)
		}
	})
	t.Run("restart", func(t *testing.T) {
		t.Parallel()
		disk, ok := smallDisk(t, 96)
		if !ok {
			startError(t, Config{Dir: made(t, ""), Bin: fullDiskBinaries(t)}, "is full", "free some space")
			return
		}
		dir := filepath.Join(disk, "data")
		s := start(t, Config{Dir: dir})
		run(t, s.URL(), `CREATE TABLE kept AS SELECT 'yes' AS word`)
		stop(t, s)
		fillPage(t, filepath.Join(dir, logName))
		ballast := filepath.Join(disk, "ballast")
		fill(t, ballast)
		startError(t, Config{Dir: dir}, "is full", "free some space")
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		s = start(t, Config{Dir: dir})
		if got := read(t, s.URL(), `SELECT word FROM kept`); got != "yes" {
			t.Errorf("got %q, want yes", got)
		}
	})
}

// fullDiskBinaries stand for those of Postgres on a full disk, for tests whose
// user may not make one: they print what the real ones print there.
func fullDiskBinaries(t *testing.T) string {
	t.Helper()
	acct, err := accountFor(open(t))
	if err != nil {
		t.Fatal(err)
	}
	bin, err := findBinaries(t.Context(), os.Getenv("TANDEM_POSTGRES_BIN"), 0, "", acct)
	if err != nil {
		t.Fatal(err)
	}
	dir := open(t)
	for name, says := range map[string]string{
		"initdb":   `initdb: error: could not write file \"postgresql.conf\": No space left on device`,
		"postgres": `FATAL:  could not write lock file \"postmaster.pid\": No space left on device`,
	} {
		script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = --version ] && exec %q --version\necho \"%s\" >&2\nexit 1\n", filepath.Join(bin, "postgres"), says)
		// Another process writes it: no child of a parallel test holds it open.
		write := exec.Command("/bin/sh", "-c", `printf %s "$2" >"$1" && chmod 0755 "$1"`, "sh", filepath.Join(dir, name), script)
		if out, err := write.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return dir
}

// fillPage lets a file end with a full page, so that on a full disk not even a
// line can be added to it.
func fillPage(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	page := int64(os.Getpagesize())
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(make([]byte, page-info.Size()%page))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestStart_full_disk_in_words(t *testing.T) {
	t.Parallel()
	bin := fullDiskBinaries(t)
	startError(t, Config{Dir: dataDir(t, ""), Bin: bin}, "no database could be made", "is full", "free some space")
	startError(t, Config{Dir: made(t, ""), Bin: bin}, "has ended", "is full", "lock file")
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size > 0; size /= 2 {
		for err == nil {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		err = nil
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAttach(t *testing.T) {
	t.Parallel()
	t.Run("running", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t, "")
		h := startHelper(t, dir, "")
		url, err := Attach(dir)
		if err != nil || url != h.url(t) {
			t.Errorf("got %q, %v; want %q", url, err, h.url(t))
		}
	})
	t.Run("nothing there", func(t *testing.T) {
		t.Parallel()
		_, err := Attach(filepath.Join(open(t), "none"))
		if !errors.Is(err, ErrNotRunning) {
			t.Fatalf("got %v, want ErrNotRunning", err)
		}
		wantWords(t, err.Error(), "tandem serve", "TANDEM_DATA_DIR")
	})
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		s := start(t, Config{Dir: dataDir(t, "")})
		if err := syscall.Kill(serverPID(t, s.Dir()), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-s.Done()
		if _, err := Attach(s.Dir()); !errors.Is(err, ErrNotRunning) {
			t.Errorf("got %v, want ErrNotRunning", err)
		}
	})
	t.Run("not allowed", func(t *testing.T) {
		t.Parallel()
		err := explainPath("look for the running server", "/data", account{name: "ana"}, fs.ErrPermission)
		wantWords(t, err.Error(), "the user ana may not use it", "/data")
	})
	t.Run("relative", func(t *testing.T) {
		t.Parallel()
		if _, err := Attach("data"); err == nil || !strings.Contains(err.Error(), "absolute") {
			t.Errorf("got %v, want a sentence about absolute paths", err)
		}
	})
}
