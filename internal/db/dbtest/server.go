package dbtest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"tandem/internal/embedpg"
)

// testServer is where the databases of tests are made.
type testServer struct {
	url string // of a database that tests do not use

	mu        sync.Mutex
	templates map[string]*template

	running *embedpg.Server // nil when the server is somebody else's
	janitor *os.File        // held open for the life of this process
}

// server starts or finds the one server of this process.
var server = sync.OnceValues(func() (*testServer, error) {
	s := &testServer{templates: map[string]*template{}}
	if s.url = os.Getenv("TANDEM_TEST_DATABASE_URL"); s.url != "" {
		return s, nil
	}
	if err := s.start(); err != nil {
		return nil, fmt.Errorf("start Postgres for the tests (make deps installs it): %w", err)
	}
	return s, nil
})

// start runs a private server. Nobody stops it: when this process ends its
// guard does, and the janitor removes the files.
func (s *testServer) start() error {
	dir, err := makeDir()
	if err != nil {
		return err
	}
	if s.janitor, err = sweepAfter(dir); err != nil {
		return errors.Join(err, os.Remove(dir))
	}
	ctx, cancel := context.WithTimeout(context.Background(), makeTimeout)
	defer cancel()
	s.running, err = embedpg.Start(ctx, embedpg.Config{Dir: dir, Settings: map[string]string{
		"fsync":              "off",
		"full_page_writes":   "off",
		"synchronous_commit": "off",
		"max_connections":    "300",
		"max_wal_size":       "1GB",
	}})
	if err != nil {
		return err
	}
	s.url = s.running.URL()
	return nil
}

// makeDir makes a directory that the account of Postgres can enter: the usual
// one may lie in the home of root.
func makeDir() (string, error) {
	for _, base := range []string{os.TempDir(), "/tmp"} {
		dir, err := os.MkdirTemp(base, "tandem-test-")
		if err != nil {
			return "", fmt.Errorf("make a directory for the test server: %w", err)
		}
		if os.Geteuid() != 0 || reachable(base) {
			return dir, nil
		}
		if err := os.Remove(dir); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("neither %s nor /tmp can be entered by everybody: set TMPDIR to a directory of mode 1777", os.TempDir())
}

// reachable tells whether everybody may enter a directory.
func reachable(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// sweep waits for the end of the pipe at descriptor 3, then until the server on
// a directory has stopped, and removes the directory.
//
//go:embed sweep.sh
var sweep string

// sweepAfter arranges for a directory to be removed after this process has
// ended, which closes the file that it returns.
func sweepAfter(dir string) (*os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	cmd := exec.Command("/bin/sh", "-c", sweep, "sweep", dir)
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{read}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	return write, nil
}
