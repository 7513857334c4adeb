package embedpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// helperEnv makes the test binary a program that runs a server: its value is
// the data directory.
const helperEnv = "EMBEDPG_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperEnv); dir != "" {
		os.Exit(serve(dir))
	}
	// Before any test forks: a child holds the file open that is being written.
	if err := shareBinary(); err != nil {
		fmt.Println("copy the test binary:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(filepath.Dir(sharedBinary)); err != nil {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}

// serve starts a server, says so or why not in one line, and stops it when its
// standard input ends.
func serve(dir string) int {
	s, err := Start(context.Background(), Config{Dir: dir, Settings: fast})
	if err != nil {
		fmt.Println("error:", strings.ReplaceAll(err.Error(), "\n", " | "))
		return 1
	}
	fmt.Println("ready:", s.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Stop(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

// fast are the settings of servers whose data need not survive the machine.
var fast = map[string]string{"fsync": "off"}

// sharedBinary is a copy of the test binary that every user may run.
var sharedBinary string

func shareBinary() error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(exe)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "embedpg-bin-")
	if err != nil {
		return err
	}
	sharedBinary = filepath.Join(dir, "embedpg.test")
	return errors.Join(os.Chmod(dir, 0o755), os.WriteFile(sharedBinary, text, 0o755), os.Chmod(sharedBinary, 0o755))
}

// helper is another program that runs a server.
type helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
	line  string // its first line
}

// startHelper runs the helper as a user, or with "" as oneself, and waits for
// its first line.
func startHelper(t *testing.T, dir, asUser string) *helper {
	t.Helper()
	cmd := exec.Command(sharedBinary)
	cmd.Env = append(os.Environ(), helperEnv+"="+dir)
	cmd.Dir = "/"
	if asUser != "" {
		acct, err := lookUp(asUser)
		if err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = acct.attr()
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := &helper{cmd: cmd, stdin: stdin}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait() // judged where it matters
		awaitNoServer(t, dir)
	})
	h.line, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("helper said nothing: %v", err)
	}
	h.line = strings.TrimSpace(h.line)
	return h
}

// url is where the helper's server listens.
func (h *helper) url(t *testing.T) string {
	t.Helper()
	url, ok := strings.CutPrefix(h.line, "ready: ")
	if !ok {
		t.Fatalf("helper: %s", h.line)
	}
	return url
}

func (h *helper) kill(t *testing.T) {
	t.Helper()
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = h.cmd.Wait() // says that it was killed
}

// open makes a directory that every user may pass and that goes at the end.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embedpg-")
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
	return dir
}

// start runs a server until the test ends.
func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	if cfg.Settings == nil {
		cfg.Settings = fast
	}
	begin := time.Now()
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("started in %s", time.Since(begin).Round(time.Millisecond))
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// startError expects a start to be refused with words that all appear.
func startError(t *testing.T, cfg Config, words ...string) error {
	t.Helper()
	s, err := Start(t.Context(), cfg)
	if err == nil {
		stop(t, s)
		t.Fatalf("Start(%s): no error, want one with %q", cfg.Dir, words)
	}
	wantWords(t, err.Error(), words...)
	return err
}

func wantWords(t *testing.T, got string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(got, word) {
			t.Errorf("got the sentence %q, want %q in it", got, word)
		}
	}
}

// run runs one statement.
func run(t *testing.T, url, sql string) {
	t.Helper()
	conn := connect(t, url)
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// read runs a query for one text.
func read(t *testing.T, url, sql string) string {
	t.Helper()
	conn := connect(t, url)
	defer conn.Close(t.Context())
	var text string
	if err := conn.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// serverPID is the process of the server on a data directory.
func serverPID(t *testing.T, dir string) int {
	t.Helper()
	file, err := readPIDFile(pidPath(clusterDir(dir)))
	if err != nil {
		t.Fatal(err)
	}
	return file.pid
}

// awaitNoServer waits until no Postgres is left on a data directory.
func awaitNoServer(t *testing.T, dir string) {
	t.Helper()
	file, err := readPIDFile(pidPath(clusterDir(dir)))
	if err != nil || file.pid == 0 {
		return
	}
	gone, err := awaitGone(context.Background(), file.pid, clusterDir(dir), 10*time.Second)
	if err != nil || !gone {
		t.Errorf("Postgres (process %d) is still there: %v", file.pid, err)
	}
}

// eachUser runs a test as everyone that this user can be.
func eachUser(t *testing.T, test func(t *testing.T, user string)) {
	t.Run("own user", func(t *testing.T) { t.Parallel(); test(t, "") })
	if os.Geteuid() == 0 {
		t.Run("nobody", func(t *testing.T) { t.Parallel(); test(t, "nobody") })
	}
}

// dataDir is where a user may keep data.
func dataDir(t *testing.T, user string) string {
	t.Helper()
	dir := filepath.Join(open(t), "state")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if user != "" {
		acct, err := lookUp(user)
		if err == nil {
			err = os.Chown(dir, acct.uid, acct.gid)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "data")
}

// wantAlive fails when a process has gone.
func wantAlive(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, 0); err != nil {
		t.Errorf("process %d: %v, want it alive", pid, err)
	}
}
