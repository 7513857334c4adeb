package embedpg

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 18.4\n":                           18,
		"postgres (PostgreSQL) 19beta1\n":                        19,
		"postgres (PostgreSQL) 9.6.24\n":                         9,
	} {
		if got, err := parseVersion(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "psql 15", "postgres (PostgreSQL) x"} {
		if got, err := parseVersion(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	found := []program{{"/path", 14}, {"/debian/17", 17}, {"/debian/15", 15}}
	for _, c := range []struct {
		major int
		found []program
		want  string
		words []string
	}{
		{0, found, "/debian/17", nil},
		{15, found, "/debian/15", nil},
		{16, found, "", []string{"Postgres 16", "14 in /path, 17 in /debian/17", "TANDEM_POSTGRES_BIN", "nothing was changed"}},
		{0, found[:1], "", []string{"Postgres 15 or later", "14 in /path", "TANDEM_DATABASE_URL"}},
		{0, nil, "", []string{"none was found", "install", "TANDEM_POSTGRES_BIN", "TANDEM_DATABASE_URL"}},
	} {
		got, err := choose(c.found, c.major, "/data")
		if got != c.want || (err == nil) != (c.words == nil) {
			t.Errorf("choose(%v, %d): got %q, %v; want %q", c.found, c.major, got, err, c.want)
		}
		if err != nil {
			wantWords(t, err.Error(), c.words...)
		}
	}
}

func TestHighestFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, v := range []string{"9.6", "17", "15", "latest", "100"} {
		if err := os.MkdirAll(filepath.Join(dir, v, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, path := range highestFirst(filepath.Join(dir, "*", "bin")) {
		got = append(got, filepath.Base(filepath.Dir(path)))
	}
	want := []string{"100", "17", "15", "9.6", "latest"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestLinkNPM(t *testing.T) {
	t.Parallel()
	pkg := t.TempDir()
	bin, lib := filepath.Join(pkg, "native", "bin"), filepath.Join(pkg, "native", "lib")
	list := `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"},
		{"source":"native/lib/libpq.so.5.18","target":"native/lib/sub/libpq.so"}]`
	for _, dir := range []string{bin, filepath.Join(lib, "sub")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(lib, "libpq.so.5.18"), []byte("library"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(pkg, "native", "pg-symlinks.json"), []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time the links are there
		if err := linkNPM(bin); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{"libpq.so.5", "sub/libpq.so"} {
		if text, err := os.ReadFile(filepath.Join(lib, link)); string(text) != "library" {
			t.Errorf("%s: got %q, %v; want the library", link, text, err)
		}
	}
}

func TestAdvise(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]string{
		`PANIC:  could not write to file "pg_wal/xlogtemp.7": No space left on device`: "/data is full",
		`FATAL:  could not write lock file "postmaster.pid": Disk quota exceeded`:      "quota",
		`FATAL:  lock file "postmaster.pid" already exists`:                            "another Postgres may be running on /data",
		`FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use`:       "earlier Postgres",
		`FATAL:  database files are incompatible with server`:                          "TANDEM_POSTGRES_BIN",
		`FATAL:  configuration file "/data/postgres/postgresql.conf" contains errors`:  "correct the line",
		`FATAL:  data directory "/data/postgres" has wrong ownership`:                  "chown",
		`FATAL:  data directory "/data/postgres" has invalid permissions`:              "chmod 0700",
		`FATAL:  could not map anonymous shared memory: Cannot allocate memory`:        "memory",
		`PANIC:  could not locate a valid checkpoint record`:                           "backup",
		`FATAL:  something that nobody has seen`:                                       "see what it says",
	} {
		if got := advise(says, "/data"); !strings.Contains(got, want) || strings.Contains(got, "%!") {
			t.Errorf("%s: got %q, want %q in it", says, got, want)
		}
	}
}

func TestExplainPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{fs.ErrPermission, "the user ana may not use it"},
		{syscall.ENOSPC, "the disk is full"},
		{syscall.EROFS, "cannot be written"},
		{syscall.ENOTDIR, "something else lies in its place"},
		{syscall.EIO, "TANDEM_DATA_DIR"},
	} {
		got := explainPath("make the data directory", "/data", account{name: "ana"}, &fs.PathError{Op: "mkdir", Path: "/data", Err: c.err})
		wantWords(t, got.Error(), "/data", c.want)
	}
}

func TestMakePrivate_refuses_what_others_may_enter(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	self := account{name: userName(os.Geteuid()), uid: os.Geteuid(), gid: os.Getegid()}
	if err := makePrivate(dir, self); err != nil {
		t.Fatal(err)
	}
	if err := makePrivate(dir, self); err != nil {
		t.Errorf("its own again: %v", err)
	}
	if err := makePrivate(dir, account{name: "ana", uid: self.uid + 1}); err == nil {
		t.Error("another user's directory: no error")
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := makePrivate(dir, self); err == nil {
		t.Error("a directory for everybody: no error")
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := makePrivate(link, self); err == nil {
		t.Error("a link: no error")
	}
}

func TestDefaultDir(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	want := filepath.Join(state, "tandem")
	if os.Geteuid() == 0 {
		want = filepath.Join(systemState(), "data")
	}
	if got, err := DefaultDir(); err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}
