package embedpg

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	port        = "5432" // no TCP port: a part of the socket's name
	maxSocket   = 100    // bytes of a socket's path; systems allow 103 to 107
	dialTimeout = 5 * time.Second
)

// ErrNotRunning is in the error of an Attach to a directory without a server.
var ErrNotRunning = errors.New("embedded Postgres not running")

// Attach finds the server that another Tandem runs on a data directory and
// returns its URL. Without one the error says so and is ErrNotRunning.
func Attach(dir string) (string, error) {
	self := account{name: userName(os.Geteuid())}
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("the data directory %q is not an absolute path: set TANDEM_DATA_DIR to one that begins with /", dir)
	}
	dir, err := moved(filepath.Clean(dir))
	if err != nil {
		return "", err
	}
	file, err := readPIDFile(pidPath(clusterDir(dir)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", notRunning(dir, err)
	}
	if err != nil {
		return "", explainPath("look for the running server", dir, self, err)
	}
	conn, err := net.DialTimeout("unix", socketPath(file.socketDir, file.port), dialTimeout)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "", explainPath("connect to the running server", file.socketDir, self, err)
	case err != nil:
		return "", notRunning(dir, err)
	}
	return socketURL(file.socketDir, file.port, Database), conn.Close()
}

func notRunning(dir string, err error) error {
	return fmt.Errorf("no Tandem runs on the data directory %s: start it with `tandem serve`, or set TANDEM_DATA_DIR to the directory that the running one printed, or TANDEM_DATABASE_URL to its database: %w", dir, errors.Join(ErrNotRunning, err))
}

func socketPath(dir, port string) string { return filepath.Join(dir, ".s.PGSQL."+port) }

func socketURL(dir, port, database string) string {
	query := url.Values{"host": {dir}, "port": {port}, "user": {Database}}
	return "postgres:///" + database + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// socketDir makes the private directory of the socket: in the data directory,
// or where paths are short when that one does not serve.
func socketDir(dir string, acct account) (string, error) {
	var errs []error
	for _, run := range socketDirs(dir, acct) {
		if len(socketPath(run, port)) > maxSocket || strings.Contains(run, ",") {
			continue // a comma separates hosts
		}
		err := makePrivate(run, acct)
		if err == nil {
			return run, nil
		}
		errs = append(errs, err)
	}
	return "", fmt.Errorf("there is no place for the socket of Postgres, whose path may have %d bytes: set TANDEM_DATA_DIR to a shorter path, or TMPDIR to a short one that the user %s may write: %w", maxSocket, acct.name, errors.Join(errs...))
}

func socketDirs(dir string, acct account) []string {
	sum := sha256.Sum256([]byte(dir))
	name := fmt.Sprintf("tandem-%d-%s", acct.uid, hex.EncodeToString(sum[:6]))
	dirs := []string{filepath.Join(dir, "run")}
	if acct.drop {
		dirs = append(dirs, filepath.Join("/run", name))
	} else if base := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(base) {
		dirs = append(dirs, filepath.Join(base, name))
	}
	return append(dirs, filepath.Join(os.TempDir(), name), filepath.Join("/tmp", name))
}

// makePrivate makes a directory that the account alone may enter. One that is
// there must be so already: in a shared place it may be another's trap.
func makePrivate(dir string, acct account) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return acct.own(dir)
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || info.Mode().Perm() != 0o700 || int(stat.Uid) != acct.uid {
		return fmt.Errorf("%s is not a directory of mode 0700 that belongs to the user %s", dir, acct.name)
	}
	return nil
}
