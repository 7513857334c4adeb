package embedpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How long an orphan may take for each kind of ending.
const (
	orphanFast = 10 * time.Second
	orphanHard = 5 * time.Second
)

// pidFile is what Postgres writes into postmaster.pid.
type pidFile struct {
	pid       int // negative: a single-user server
	socketDir string
	port      string
}

func pidPath(data string) string { return filepath.Join(data, "postmaster.pid") }

// readPIDFile reads postmaster.pid, or the lock file beside the socket, whose
// lines mean the same. A file without a process's id has pid 0.
func readPIDFile(path string) (pidFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return pidFile{}, err
	}
	defer f.Close()
	lines := make([]string, 0, 8)
	for scan := bufio.NewScanner(f); scan.Scan() && len(lines) < cap(lines); {
		lines = append(lines, strings.TrimSpace(scan.Text()))
	}
	line := func(i int) string {
		if i < len(lines) {
			return lines[i]
		}
		return ""
	}
	pid, _ := strconv.Atoi(line(0)) // what is no number is 0
	return pidFile{pid: pid, port: line(3), socketDir: line(4)}, nil
}

// settle makes sure that no Postgres of an earlier run is left on the cluster,
// and takes lock files out of the way that name a process of something else:
// Postgres itself would refuse to start for as long as that one runs.
func (s *Server) settle(ctx context.Context) error {
	for _, path := range []string{pidPath(s.data), socketPath(s.sock, port) + ".lock"} {
		file, err := readPIDFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return explainPath("read "+path, s.dir, account{name: userName(os.Geteuid())}, err)
		}
		if err := s.settleOne(ctx, path, file); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) settleOne(ctx context.Context, path string, file pidFile) error {
	pid := max(file.pid, -file.pid)
	if pid != 0 && !alive(pid) {
		return nil // Postgres sees that by itself
	}
	ours := false
	if pid != 0 {
		var err error
		if ours, err = runsOn(ctx, pid, s.data); err != nil {
			return fmt.Errorf("cannot tell whether process %d, named in %s, is the Postgres of an earlier run: make sure what it is (ps -p %d) and end it if it is that: %w", pid, path, pid, err)
		}
	}
	switch {
	case ours && file.pid < 0:
		return fmt.Errorf("someone works on the data in %s with a single-user Postgres (process %d): wait until that has ended, then start again", s.data, pid)
	case ours:
		return s.stopOrphan(ctx, pid)
	}
	s.log.Warn("a lock file of Postgres names a process of something else; it was set aside", "file", path, "pid", pid)
	if err := os.Rename(path, path+".stale"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the file %s names process %d, which is not Postgres, and cannot be renamed: rename it yourself, then start again: %w", path, pid, err)
	}
	return nil
}

// stopOrphan ends the Postgres of an earlier run, and waits until it is gone.
func (s *Server) stopOrphan(ctx context.Context, pid int) error {
	s.log.Warn("stopping the Postgres that an earlier run has left", "pid", pid)
	for _, step := range []struct {
		sig  syscall.Signal
		wait time.Duration
	}{{syscall.SIGINT, orphanFast}, {syscall.SIGQUIT, orphanHard}} {
		if err := syscall.Kill(pid, step.sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("the Postgres of an earlier run (process %d) is still there and may not be stopped by this user: end it, then start again: %w", pid, err)
		}
		gone, err := awaitGone(ctx, pid, s.data, step.wait)
		if gone || err != nil {
			return err
		}
	}
	return fmt.Errorf("the Postgres of an earlier run (process %d) does not stop: look at what it waits for, such as a disk that does not answer, then start again", pid)
}

func awaitGone(ctx context.Context, pid int, data string, limit time.Duration) (bool, error) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	end := time.NewTimer(limit)
	defer end.Stop()
	for alive(pid) {
		if ours, err := runsOn(ctx, pid, data); err == nil && !ours {
			break
		}
		select {
		case <-tick.C:
		case <-end.C:
			return false, nil
		case <-ctx.Done():
			return false, fmt.Errorf("wait for the Postgres of an earlier run (process %d) to end: %w", pid, ctx.Err())
		}
	}
	return true, nil
}

// alive tells whether a process is there that this user may signal: what
// belongs to others cannot be a Postgres on this user's data.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// runsOn tells whether a process is a Postgres on the cluster. A server works
// in its data directory, and starts under the name postgres.
func runsOn(ctx context.Context, pid int, data string) (bool, error) {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	if _, err := os.Stat("/proc/self/exe"); err != nil {
		return listedOn(ctx, pid, data)
	}
	exe, err := os.Readlink(filepath.Join(proc, "exe"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return false, nil // gone, or waiting to be reaped
	}
	if err != nil {
		return false, err
	}
	if filepath.Base(strings.TrimSuffix(exe, " (deleted)")) != "postgres" {
		return false, nil
	}
	cwd, err := os.Stat(filepath.Join(proc, "cwd"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	home, err := os.Stat(data)
	if err != nil {
		return false, err
	}
	return os.SameFile(cwd, home), nil
}

// listedOn is runsOn where there is no /proc: it asks ps for the command line.
func listedOn(ctx context.Context, pid int, data string) (bool, error) {
	out, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask ps about process %d: %w", pid, err)
	}
	return strings.Contains(string(out), "postgres -D "+data+" "), nil
}
