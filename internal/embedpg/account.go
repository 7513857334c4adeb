package embedpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// killDelay is how long an interrupted program may tidy up.
const killDelay = 5 * time.Second

// account is the user that Postgres runs as.
type account struct {
	name     string
	uid, gid int
	drop     bool // this program is root and Postgres must not be
}

// accountFor chooses the account: oneself, or for root the owner of the data,
// of their directory, or else a user of the system made for it.
func accountFor(dir string) (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		return account{name: userName(uid), uid: uid, gid: os.Getegid()}, nil
	}
	for _, path := range []string{clusterDir(dir), dir} {
		if uid, gid, err := owner(path); err == nil && uid != 0 {
			return account{name: userName(uid), uid: uid, gid: gid, drop: true}, nil
		}
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		if acct, err := lookUp(name); err == nil {
			return acct, nil
		}
	}
	return account{}, errors.New("as root Tandem cannot run Postgres itself: this system has neither a user postgres nor nobody: start Tandem as an ordinary user, or set TANDEM_DATABASE_URL to another Postgres")
}

func lookUp(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, fmt.Errorf("look up user %s: %w", name, err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, fmt.Errorf("look up user %s: %w", name, err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return account{}, fmt.Errorf("look up user %s: %w", name, err)
	}
	return account{name: name, uid: uid, gid: gid, drop: true}, nil
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "with the id " + strconv.Itoa(uid)
}

// owner reads who owns a path; a link is not followed.
func owner(path string) (uid, gid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, fmt.Errorf("read the owner of %s: %w", path, errors.ErrUnsupported)
	}
	return int(stat.Uid), int(stat.Gid), nil
}

// attr makes a child run as the account in a session of its own, so that no
// signal from the terminal reaches it.
func (a account) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// command prepares a program that runs as the account, ends with the context,
// and inherits neither the working directory nor Postgres's own variables.
func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = a.attr()
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // initdb tidies up
	cmd.WaitDelay = killDelay
	return cmd
}

// canEnter tries whether an account other than one's own may enter a directory. An error means that
// it could not be tried, because root may not become the account.
func (a account) canEnter(ctx context.Context, dir string) (bool, error) {
	err := a.command(ctx, "/bin/sh", "-c", `cd "$1" 2>/dev/null`, "sh", dir).Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &exit):
		return false, ctx.Err()
	}
	return false, fmt.Errorf("as root Tandem cannot run Postgres itself, and it may not become the user %s here: start Tandem as an ordinary user, or set TANDEM_DATABASE_URL to another Postgres: %w", a.name, err)
}

// own hands a fresh file or directory to the account.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// openFile opens a file of the data directory that both this program and the
// account may use. It refuses links: the directory may belong to the account,
// and this program may be root.
func (a account) openFile(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("not a file")}
	}
	if err == nil && a.drop {
		err = f.Chown(a.uid, a.gid)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
