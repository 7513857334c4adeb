package dbtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// leaveEnv makes the test binary a program that starts the server, says where,
// and dies at once.
const leaveEnv = "DBTEST_LEAVE"

func TestMain(m *testing.M) {
	if os.Getenv(leaveEnv) == "" {
		os.Exit(m.Run())
	}
	s, err := server()
	if err != nil {
		os.Stdout.WriteString(err.Error())
		os.Exit(1)
	}
	os.Stdout.WriteString(s.running.Dir())
	self, _ := os.FindProcess(os.Getpid())
	_ = self.Kill()
	select {}
}

var migrated atomic.Int32

func fruit(ctx context.Context, url string) error {
	migrated.Add(1)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `CREATE TABLE fruit (name text); INSERT INTO fruit VALUES ('apple')`)
	return err
}

func vegetables(ctx context.Context, url string) error { return errors.New("none today") }

func TestNew(t *testing.T) {
	for range 4 {
		t.Run("own database", func(t *testing.T) {
			t.Parallel()
			pool := New(t, fruit)
			if _, err := pool.Exec(t.Context(), `INSERT INTO fruit VALUES ('pear')`); err != nil {
				t.Fatal(err)
			}
			var got int
			if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM fruit`).Scan(&got); err != nil || got != 2 {
				t.Errorf("got %d rows, %v; want the template's and its own", got, err)
			}
			if n := migrated.Load(); n > 1 {
				t.Errorf("migrated %d times, want at most once", n)
			}
		})
	}
}

func TestURL_drops_the_database(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("use", func(t *testing.T) {
		url = URL(t, nil)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn // stays connected
	})
	conn, err := pgx.Connect(t.Context(), url)
	if err == nil {
		conn.Close(t.Context())
		t.Errorf("%s is still there", url)
	}
}

func TestTemplate_error_is_kept(t *testing.T) {
	t.Parallel()
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.template(t.Context(), vegetables); err == nil || !strings.Contains(err.Error(), "none today") {
			t.Errorf("got %v, want the migration's error", err)
		}
	}
}

func TestTemplateName_tells_migrations_apart(t *testing.T) {
	t.Parallel()
	a, errA := templateName(fruit)
	b, errB := templateName(vegetables)
	if errA != nil || errB != nil || a == b {
		t.Errorf("got %q, %v and %q, %v; want two names", a, errA, b, errB)
	}
}

func TestServer_nothing_stays_after_a_kill(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), leaveEnv+"=1", "TANDEM_TEST_DATABASE_URL=")
	out, err := cmd.Output()
	dir := string(out)
	if err == nil || !filepath.IsAbs(dir) {
		t.Fatalf("got %q, %v; want a directory from a killed process", dir, err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); ; <-tick.C {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is still there", dir)
		}
	}
}

func TestWithDatabase(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"postgres:///tandem?host=%2Ftmp%2Fa%20b&user=tandem": "postgres:///x?host=%2Ftmp%2Fa%20b&user=tandem",
		"postgres://u:p@h:1/db?sslmode=disable":              "postgres://u:p@h:1/x?sslmode=disable",
		"postgresql://h":                                     "postgresql://h/x",
		"host=h user=u":                                      "host=h user=u dbname=x",
	} {
		if got := withDatabase(address, "x"); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}
