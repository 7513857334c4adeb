package embedpg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const lockName = "postgres.lock"

// ErrInUse is in the error of a Start on a directory that another one holds.
var ErrInUse = errors.New("data directory in use")

// lockDir takes the directory for this process until the file is closed or the
// process dies. The file holds the process's id, for the other's sentence.
func lockDir(dir string, acct account) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := acct.openFile(path, os.O_RDWR)
	if err != nil {
		return nil, explainPath("lock the data directory", dir, acct, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("another Tandem (process %s) already uses the data directory %s: stop that one, or set TANDEM_DATA_DIR to another directory: %w", holder(path), dir, ErrInUse)
		return nil, errors.Join(err, f.Close())
	}
	if err == nil {
		err = notePID(f)
	}
	if err != nil {
		return nil, errors.Join(explainPath("lock the data directory", dir, acct, err), f.Close())
	}
	return f, nil
}

func notePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}

func holder(path string) string {
	text, err := os.ReadFile(path)
	if id := strings.TrimSpace(string(text)); err == nil && id != "" {
		return id
	}
	return "unknown"
}
