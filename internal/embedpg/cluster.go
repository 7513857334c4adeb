package embedpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ctypes are the character types to try for a cluster: letters beyond ASCII
// need one, and no name is known to every system. Text is compared by bytes
// whichever it is.
var ctypes = []string{"C.UTF-8", "en_US.UTF-8", "C"}

// clusterMajor reads the major version of a cluster; 0 means that there is none
// and one can be made in its place.
func clusterMajor(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, absent(data)
	case err != nil:
		return 0, explainPath("read the version of the data", data, account{name: userName(os.Geteuid())}, err)
	}
	version := strings.TrimSpace(string(text))
	whole, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(whole)
	if err != nil || major <= 0 {
		return 0, fmt.Errorf("%s holds %q instead of the version of Postgres: bring back the data from a backup, or set TANDEM_DATA_DIR to another directory; nothing was changed", filepath.Join(data, "PG_VERSION"), version)
	}
	return major, nil
}

// absent makes sure that nothing lies where a cluster is to be made.
func absent(data string) error {
	_, err := os.Lstat(data)
	if errors.Is(err, fs.ErrNotExist) || err == nil && isEmpty(data) {
		return nil
	}
	if err != nil {
		return explainPath("look for the data", data, account{name: userName(os.Geteuid())}, err)
	}
	return fmt.Errorf("%s is there and holds no Postgres data (PG_VERSION is missing): move it away, bring back the data from a backup, or set TANDEM_DATA_DIR to another directory; nothing was changed", data)
}

// initCluster makes a cluster aside, durable, and renames it into place.
func (s *Server) initCluster(ctx context.Context, cfg Config, acct account, bin string) error {
	s.log.Info("making the database on the first start", "dir", s.data, "user", acct.name)
	s.warnLeftovers()
	aside, err := os.MkdirTemp(s.dir, "postgres.init-")
	if err == nil {
		err = acct.own(aside)
	}
	if err != nil {
		return explainPath("make the database", s.dir, acct, err)
	}
	if err := initdb(ctx, cfg, acct, bin, aside); err != nil {
		_ = os.Remove(aside) // only when initdb has left nothing in it
		return s.explainInit(ctx, acct, err)
	}
	if err := os.Rename(aside, s.data); err != nil {
		return explainPath("put the finished database from "+aside+" into place", s.dir, acct, err)
	}
	return syncDir(s.dir)
}

// warnLeftovers names what starts that were killed have left aside.
func (s *Server) warnLeftovers() {
	left, _ := filepath.Glob(filepath.Join(s.dir, "postgres.init-*"))
	if len(left) > 0 {
		s.log.Warn("left by a first start that did not finish; these can be deleted", "dirs", left)
	}
}

// initError is a run of initdb that ended badly, with what it printed.
type initError struct {
	err    error
	output string
}

func (e *initError) Error() string { return fmt.Sprintf("initdb: %v", e.err) }
func (e *initError) Unwrap() error { return e.err }

// initdb makes a cluster in an empty directory and writes it through to disk.
func initdb(ctx context.Context, cfg Config, acct account, bin, dir string) error {
	var failed *initError
	for _, ctype := range ctypes {
		args := []string{
			"-D", dir, "-U", Database, "--auth=trust", "--data-checksums", "--encoding=UTF8",
			"--lc-collate=C", "--lc-ctype=" + ctype, "--lc-messages=C", "--lc-monetary=C",
			"--lc-numeric=C", "--lc-time=C", "--text-search-config=simple",
		}
		if cfg.Settings["fsync"] == "off" {
			args = append(args, "--no-sync")
		}
		out, err := acct.command(ctx, filepath.Join(bin, "initdb"), args...).CombinedOutput()
		if err == nil {
			return tune(dir, acct)
		}
		failed = &initError{err: err, output: string(out)}
		if !strings.Contains(failed.output, "invalid locale") {
			break
		}
	}
	return failed
}

// tune writes the settings of a private server on a small machine into a fresh
// cluster, where its owner may change them later.
func tune(dir string, acct account) error {
	f, err := acct.openFile(filepath.Join(dir, "postgresql.conf"), os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return err
	}
	_, err = f.WriteString(tuning)
	return errors.Join(err, f.Sync(), f.Close())
}

// tuning ends postgresql.conf; what ends the file wins.
const tuning = `
#------------------------------------------------------------------------------
# TANDEM'S CHOICES for a private server on a small machine
#------------------------------------------------------------------------------
# Written once, when the database was made: change them as you like. The socket
# and listen_addresses are given at each start and cannot be changed here.

max_connections = 100
shared_buffers = 128MB
huge_pages = off                # containers may forbid them and kill Postgres
max_wal_size = 2GB              # fewer checkpoints, fewer full pages in the WAL
checkpoint_timeout = 15min
random_page_cost = 1.1          # solid-state disks
jit = off                       # many short queries
log_checkpoints = off
log_line_prefix = '%m [%p] '
log_timezone = 'UTC'
timezone = 'UTC'
`

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("make %s durable: %w", dir, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("make %s durable: %w", dir, err)
	}
	return nil
}

// flags are the command line of Postgres: what this program decides at each
// start, then the settings of the Config.
func (s *Server) flags(cfg Config, acct account) []string {
	args := []string{
		"-D", s.data,
		"-c", "listen_addresses=",
		"-c", "port=" + port,
		"-c", "unix_socket_directories=" + quoteList(s.sock),
		"-c", "unix_socket_permissions=0700",
		"-c", "logging_collector=off",
		"-c", "log_destination=stderr",
	}
	if kind := sharedMemory(acct); kind != "" {
		args = append(args, "-c", "dynamic_shared_memory_type="+kind)
	}
	names := make([]string, 0, len(cfg.Settings))
	for name := range cfg.Settings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		args = append(args, "-c", name+"="+cfg.Settings[name])
	}
	return args
}

// quoteList writes a path as the one member of a setting that is a list.
func quoteList(path string) string { return `"` + strings.ReplaceAll(path, `"`, `""`) + `"` }
