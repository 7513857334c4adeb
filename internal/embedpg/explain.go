package embedpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
)

// causes tells what to do about what Postgres and initdb write when they cannot
// go on; %s is the data directory.
var causes = []struct{ says, advice string }{
	{"No space left on device", "the disk that holds %s is full: free some space and start again; what was committed is kept"},
	{"Check free disk space", "the disk that holds %s is full: free some space and start again; what was committed is kept"},
	{"Disk quota exceeded", "the quota of the disk that holds %s is used up: free some space and start again; what was committed is kept"},
	{"File too large", "files in %s may not grow any further: raise the limit (ulimit -f) and start again; what was committed is kept"},
	{"pre-existing shared memory block", "processes of an earlier Postgres are still busy with %s: wait a moment or end them, then start again"},
	{"lock file", "another Postgres may be running on %s: stop it, then start again"},
	{"incompatible with server", "the data in %s were made by another build of Postgres: name the directory of the one that made them in TANDEM_POSTGRES_BIN"},
	{"unrecognized configuration parameter", "a setting has a name that this Postgres does not know: correct it in %s/postgres/postgresql.conf or postgresql.auto.conf, as the log says, and start again"},
	{"contains errors", "a setting in %s/postgres/postgresql.conf or postgresql.auto.conf is not understood: correct the line that the log names and start again"},
	{"Cannot allocate memory", "there is not enough memory: free some, or lower shared_buffers in %s/postgres/postgresql.conf, and start again"},
	{"could not create semaphores", "the system allows no more semaphores: raise kernel.sem for the Postgres of %s, or end other servers, and start again"},
	{"could not create shared memory segment", "the system allows no more shared memory: raise its limits for the Postgres of %s and start again"},
	{"wrong ownership", "the data in %s/postgres belong to another user than the one who runs Postgres: give them to one and the same ordinary user (chown -R)"},
	{"invalid permissions", "others may use the data in %s/postgres: make them private (chmod 0700 on that directory) and start again"},
	{"Read-only file system", "the disk that holds %s cannot be written: mount it for writing, or set TANDEM_DATA_DIR to another directory"},
	{"Permission denied", "Postgres may not use a file that it needs in %s: give the files there to the user who runs it"},
	{"could not locate a valid checkpoint record", "the data in %s are damaged: bring them back from a backup"},
}

// advise says what to do about the output of Postgres or initdb.
func advise(output, dir string) string {
	for _, cause := range causes {
		if strings.Contains(output, cause.says) {
			return fmt.Sprintf(cause.advice, dir)
		}
	}
	return "see what it says below"
}

// explainPath says what to do when a file operation on the data directory has
// not succeeded.
func explainPath(doing, dir string, acct account, err error) error {
	var hint string
	switch {
	case errors.Is(err, fs.ErrPermission):
		hint = fmt.Sprintf("the user %s may not use it: give that user the right, start Tandem as the directory's owner, or set TANDEM_DATA_DIR to another directory", acct.name)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		hint = "the disk is full: free some space and start again; what was committed is kept"
	case errors.Is(err, syscall.EROFS):
		hint = "the disk cannot be written: mount it for writing, or set TANDEM_DATA_DIR to another directory"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		hint = "something else lies in its place: move that away, or set TANDEM_DATA_DIR to another directory"
	default:
		hint = "set TANDEM_DATA_DIR to another directory if this one cannot be mended"
	}
	return fmt.Errorf("%s in %s: %s: %w", doing, dir, hint, err)
}

// explainInit says why no database could be made.
func (s *Server) explainInit(ctx context.Context, acct account, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the making of the database in %s was interrupted; start again, which begins anew: %w", s.dir, ctx.Err())
	}
	var failed *initError
	if !errors.As(err, &failed) {
		return explainPath("make the database", s.dir, acct, err)
	}
	return fmt.Errorf("no database could be made: %s: %w; it says:\n%s", advise(failed.output, s.dir), failed, lastLines(failed.output))
}

// explainEnd says why Postgres ended although nobody had asked it to.
func (s *Server) explainEnd(err error) error {
	tail := s.out.tail()
	advice := advise(tail, s.dir)
	if free, err := freeBytes(s.dir); err == nil && free < minFree {
		// The log lies on the same disk and may lack the line that says it.
		advice = advise("No space left on device", s.dir)
	}
	cause := "it was asked to end from outside"
	if err != nil {
		cause = err.Error()
	}
	return fmt.Errorf("the embedded Postgres has ended (%s): %s; the log %s ends with:\n%s", cause, advice, s.out.file.Name(), tail)
}

// explainWait says that Postgres runs and takes too long to be ready.
func (s *Server) explainWait(err error) error {
	return fmt.Errorf("the embedded Postgres was not ready in time and is stopped again: after a crash it may need longer to recover, so start again; the log %s ends with:\n%s\n%w", filepath.Join(s.dir, logName), s.out.tail(), err)
}

// minFree is what Postgres needs at once: the next segment of its WAL.
const minFree = 16 << 20

// freeBytes is the space that the disk of a directory still offers.
func freeBytes(dir string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0, fmt.Errorf("look for free space in %s: %w", dir, err)
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
