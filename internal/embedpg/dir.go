package embedpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// movedName is the file that names the directory which holds the data instead.
const movedName = "postgres.dir"

// DefaultDir is where the data lie when nobody says otherwise: a state
// directory of the system for root, else one of the user.
func DefaultDir() (string, error) {
	if os.Geteuid() == 0 {
		return filepath.Join(systemState(), "data"), nil
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "tandem"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return "", errors.New("there is no home directory to keep the data in: set TANDEM_DATA_DIR to a directory for them")
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "Tandem"), nil
	}
	return filepath.Join(home, ".local", "state", "tandem"), nil
}

// systemState is where this system keeps the state of its services.
func systemState() string {
	if runtime.GOOS == "darwin" {
		return "/usr/local/var/tandem"
	}
	return "/var/lib/tandem"
}

func clusterDir(dir string) string { return filepath.Join(dir, "postgres") }

// locate finds and makes the directory that holds the data: the wanted one, or
// one of the system's where the account of Postgres cannot enter that. The
// choice is written down beside the wanted one and holds from then on.
func locate(ctx context.Context, cfg Config, acct account) (string, account, error) {
	if !filepath.IsAbs(cfg.Dir) {
		return "", acct, fmt.Errorf("the data directory %q is not an absolute path: set TANDEM_DATA_DIR to one that begins with /", cfg.Dir)
	}
	dir, err := moved(filepath.Clean(cfg.Dir))
	if err != nil {
		return "", acct, err
	}
	if dir == filepath.Clean(cfg.Dir) {
		enter, err := mayEnter(ctx, dir, acct)
		if err != nil {
			return "", acct, err
		}
		if !enter {
			if dir, err = moveAway(cfg, dir, acct); err != nil {
				return "", acct, err
			}
		}
	}
	if dir != filepath.Clean(cfg.Dir) {
		if acct, err = accountFor(dir); err != nil {
			return "", acct, err
		}
	}
	return dir, acct, makeDir(dir, acct)
}

// moved follows the note that an earlier start left in a data directory.
func moved(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, movedName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return dir, nil
	case err != nil:
		return "", explainPath("read "+movedName, dir, account{name: userName(os.Geteuid())}, err)
	}
	to := strings.TrimSpace(string(text))
	if !filepath.IsAbs(to) {
		return "", fmt.Errorf("the file %s should name the directory that holds the data and says %q: write the absolute path of that directory into it",
			filepath.Join(dir, movedName), to)
	}
	return filepath.Clean(to), nil
}

// mayEnter tells whether the account can reach a directory, or could once
// makeDir has made it or handed it over.
func mayEnter(ctx context.Context, dir string, acct account) (bool, error) {
	if !acct.drop {
		return true, nil
	}
	for existing := dir; ; existing = filepath.Dir(existing) {
		if _, err := os.Stat(existing); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if existing == dir && isEmpty(dir) && dir != filepath.Dir(dir) {
			continue
		}
		return acct.canEnter(ctx, existing)
	}
}

// moveAway chooses the directory of the system that stands in for one which the
// account cannot enter, and notes it there.
func moveAway(cfg Config, dir string, acct account) (string, error) {
	if _, err := os.Lstat(clusterDir(dir)); err == nil {
		return "", fmt.Errorf("the user %s, whom Postgres runs as, may not enter %s, where the data lie: let that user enter every directory above it (chmod o+x), or start Tandem as the data's owner", acct.name, dir)
	}
	sum := sha256.Sum256([]byte(dir))
	to := filepath.Join(cfg.systemDir, "data-"+hex.EncodeToString(sum[:4]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", explainPath("make the data directory", dir, acct, err)
	}
	if err := os.WriteFile(filepath.Join(dir, movedName), []byte(to+"\n"), 0o600); err != nil {
		return "", explainPath("note where the data are", dir, acct, err)
	}
	cfg.Log.Warn("Postgres may not enter the data directory; the data are kept in a directory of the system",
		"wanted", dir, "dir", to, "user", acct.name)
	return to, nil
}

// makeDir makes the data directory, mode 0700 and the account's own, below
// directories that anyone may pass. One that holds other things already keeps
// its mode and its owner.
func makeDir(dir string, acct account) error {
	if err := makeParents(filepath.Dir(dir)); err != nil {
		return explainPath("make the data directory", dir, acct, err)
	}
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) && !isEmpty(dir) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return explainPath("make the data directory", dir, acct, err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return explainPath("make the data directory private", dir, acct, err)
	}
	if err := acct.own(dir); err != nil {
		return explainPath("hand over the data directory", dir, acct, err)
	}
	return nil
}

// makeParents makes missing directories with mode 0755 whatever the umask.
func makeParents(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeParents(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// isEmpty tells whether a directory can be read, holds nothing but what a file
// system makes by itself, and is not one that everybody shares, such as /tmp.
func isEmpty(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Mode()&fs.ModeSticky != 0 {
		return false
	}
	names, _ := f.Readdirnames(2)
	return len(names) == 0 || len(names) == 1 && names[0] == "lost+found"
}
