package archtest_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// module is the name in go.mod, and root the directory that holds it.
const (
	module = "tandem"
	root   = "../.."
)

// everything stands for all packages of the module.
const everything = "..."

// arrows lists each package with what it may import of this module. Paths lie
// below the module; "." is the public package at its root. Everything points
// down to internal/workflow, and only the root knows everyone.
var arrows = map[string][]string{
	".":                           {everything},
	"cmd/web":                     {"."},
	"scripts/chaos":               {".", "internal/chaos"},
	"scripts/screenshots":         {".", "internal/e2e/browser"},
	"definitions":                 {},
	"migrations":                  {},
	"static":                      {},
	"internal/archtest":           {},
	"internal/e2e":                {},
	"internal/e2e/browser":        {},
	"internal/workflow/say":       {},
	"internal/workflow/expr":      {"internal/workflow/say"},
	"internal/form":               {},
	"internal/workflow":           {"internal/workflow/expr", "internal/workflow/say", "internal/form"},
	"internal/workflow/edit":      {"internal/workflow", "internal/workflow/expr"},
	"internal/mermaid":            {"internal/workflow"},
	"internal/compare":            {"internal/workflow"},
	"internal/trial":              {"internal/workflow", "internal/form"},
	"internal/action":             {"internal/workflow"},
	"internal/signature":          {},
	"internal/filetype":           {},
	"internal/metrics":            {"internal/workflow"},
	"internal/tracing":            {},
	"internal/engine":             {"internal/metrics", "internal/workflow", "internal/form", "internal/filetype", "internal/action", "internal/signature"},
	"internal/engine/storetest":   {"internal/engine", "internal/workflow"},
	"internal/dispatch":           {"internal/engine", "internal/workflow"},
	"internal/dispatch/redistest": {},
	"internal/celery":             {},
	"internal/secret":             {"internal/action", "internal/workflow"},
	"internal/memory":             {"internal/engine", "internal/secret", "internal/workflow"},
	"internal/auth":               {"internal/workflow"},
	"internal/oidc":               {"internal/auth"},
	"internal/notify":             {"internal/metrics", "internal/engine", "internal/action", "internal/secret", "internal/signature", "internal/workflow"},
	"internal/audit":              {"internal/workflow"},
	"internal/db":                 {"internal/engine", "internal/audit", "internal/auth", "internal/notify", "internal/secret", "internal/workflow", "migrations"},
	"internal/db/dbtest":          {"internal/embedpg", "migrations"},
	"internal/embedpg":            {},
	"internal/bench":              {"internal/engine", "internal/workflow", "internal/embedpg"},
	"internal/seed":               {"internal/engine", "internal/workflow"},
	"internal/judge":              {},
	"internal/story":              {},
	"internal/chaos":              {".", "internal/story", "internal/judge", "internal/embedpg", "internal/db", "internal/engine", "internal/workflow"},
	"internal/live":               {},
	"internal/views/msg":          {},
	"internal/views":              {"internal/views/msg", "internal/form", "static"},
	"internal/views/gallery":      {"internal/views", "internal/form"},
	"internal/web/guard":          {"internal/workflow"},
	"internal/web/respond":        {"internal/workflow"},
	"internal/web/session":        {"internal/auth", "internal/workflow"},
	"internal/web/api": {
		"internal/engine", "internal/workflow", "internal/auth", "internal/mermaid", "internal/notify", "internal/secret",
		"internal/web/guard", "internal/web/respond", "internal/web/session",
	},
	"internal/web/ui": {
		"internal/engine", "internal/workflow", "internal/auth", "internal/oidc", "internal/mermaid", "internal/compare", "internal/trial", "internal/form", "internal/live", "internal/notify", "internal/secret",
		"internal/views", "internal/views/msg", "internal/web/guard", "internal/web/respond", "internal/web/session", "internal/workflow/edit", "static",
	},
	"internal/web": {
		"internal/views", "internal/views/gallery", "internal/views/msg",
		"internal/metrics", "internal/web/ui", "internal/web/api", "internal/web/respond", "internal/web/session", "internal/workflow", "static",
	},
}

// strangers are imports from outside the module that only some packages may
// have. A name ends in a slash when all below it is meant.
var strangers = map[string][]string{
	"database/sql":              {"internal/db"},
	"github.com/jackc/pgx/":     {".", "internal/db", "internal/db/dbtest", "internal/embedpg", "internal/bench", "internal/seed", "internal/chaos", "internal/tracing"},
	"github.com/riverqueue/":    {"internal/db"},
	"github.com/go-chi/":        {"internal/web", "internal/web/api", "internal/web/session", "internal/web/ui"},
	"github.com/danielgtaylor/": {"internal/web/api"},
	"github.com/klauspost/":     {"internal/web"},
	"github.com/rs/":            {"internal/web"},
	"golang.org/x/time/":        {"internal/web/api", "internal/live"},
	"github.com/a-h/":           {"internal/views", "internal/views/gallery", "internal/web", "internal/web/ui"},
	"cel.dev/":                  {"internal/workflow/expr"},
	"github.com/netresearch/":   {"internal/workflow"},
	"github.com/wneessen/":      {"internal/action"},
	"github.com/sergi/":         {"internal/compare"},
	"github.com/prometheus/":    {"internal/metrics"},
	"go.opentelemetry.io/":      {".", "cmd/web", "internal/tracing", "internal/engine", "internal/action", "internal/notify", "internal/web"},
	"github.com/hibiken/":       {"internal/dispatch"},
	"github.com/redis/":         {"internal/dispatch", "internal/dispatch/redistest", "internal/celery"},
	"net/http": {
		"internal/metrics",  // serves them
		"internal/celery",   // a client of the API
		"internal/filetype", // tells kinds of file apart
		".", "cmd/web", "scripts/screenshots", "static", "internal/action", "internal/bench", "internal/chaos", "internal/live", "internal/notify", "internal/oidc",
		"internal/views", "internal/views/gallery", // the statuses of error pages, nothing else
		"internal/web", "internal/web/api", "internal/web/ui", "internal/web/respond", "internal/web/session",
	},
}

// confined packages take from outside the module what they name and the
// standard library, nothing else: the judge shares no code with whom it judges.
var confined = map[string][]string{
	"internal/judge": {"github.com/goccy/go-yaml"},
	"internal/story": {},

	"internal/signature": {},
}

// pure packages take time, ids and randomness as arguments and reach nothing
// outside the program.
var pure = []string{"internal/workflow", "internal/workflow/edit", "internal/workflow/expr", "internal/workflow/say", "internal/form", "internal/mermaid", "internal/compare", "internal/trial", "internal/views/msg"}

// impure are what pure packages must not import.
var impure = []string{"crypto/rand", "log", "log/slog", "math/rand", "math/rand/v2", "net", "os", "os/exec", "os/signal", "syscall"}

func TestArrows(t *testing.T) {
	t.Parallel()
	packages, err := readImports(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if packages["."] == nil || packages["internal/workflow"] == nil {
		t.Fatalf("read %d packages, without the root or internal/workflow: nothing was judged", len(packages))
	}
	for _, fault := range judge(packages) {
		t.Error(fault)
	}
}

// judge gives a sentence for every package without a rule and every import that
// the tables do not allow.
func judge(packages map[string]imports) []string {
	var faults []string
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		allowed, known := arrows[pkg]
		if !known {
			faults = append(faults, fmt.Sprintf("%s has no rule: add it to the table of arrows", pkg))
			continue
		}
		for _, target := range slices.Sorted(maps.Keys(packages[pkg])) {
			if file := packages[pkg][target]; !permitted(pkg, target, allowed) {
				faults = append(faults, fmt.Sprintf("%s imports %s, which the arrows do not allow for %s", file, target, pkg))
			}
		}
	}
	return faults
}

func permitted(pkg, target string, allowed []string) bool {
	if target == module {
		return slices.Contains(allowed, ".")
	}
	if inside, ok := strings.CutPrefix(target, module+"/"); ok {
		return slices.Contains(allowed, everything) || slices.Contains(allowed, inside)
	}
	if slices.Contains(pure, pkg) && slices.Contains(impure, target) {
		return false
	}
	if outside, ok := confined[pkg]; ok && strings.Contains(strings.Split(target, "/")[0], ".") && !slices.Contains(outside, target) {
		return false
	}
	for stranger, hosts := range strangers {
		if matches(stranger, target) && !slices.Contains(hosts, pkg) {
			return false
		}
	}
	return true
}

func matches(stranger, target string) bool {
	if strings.HasSuffix(stranger, "/") {
		return strings.HasPrefix(target, stranger)
	}
	return target == stranger
}

// imports gives for each path that a package imports one file that does.
type imports map[string]string

// readImports parses the Go files of a module without its tests, which may
// import what they like.
func readImports(module fs.FS) (map[string]imports, error) {
	packages := map[string]imports{}
	err := fs.WalkDir(module, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (skipped(name) || isModule(module, name)):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(module, name)
		if err != nil {
			return err
		}
		return packages[dirOf(packages, name)].add(name, source)
	})
	return packages, err
}

// dirOf gives the directory of a file and makes its entry.
func dirOf(packages map[string]imports, name string) string {
	dir := path.Dir(name)
	if packages[dir] == nil {
		packages[dir] = imports{}
	}
	return dir
}

// isModule reports whether a directory holds a module of its own.
func isModule(module fs.FS, dir string) bool {
	_, err := fs.Stat(module, path.Join(dir, "go.mod"))
	return dir != "." && err == nil
}

func skipped(dir string) bool {
	base := path.Base(dir)
	return dir != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) ||
		base == "testdata" || base == "node_modules" || dir == "examples" || dir == "var" || dir == "bin" || dir == "static/vendor"
}

func (i imports) add(name string, source []byte) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, spec := range file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		i[target] = name
	}
	return nil
}

func TestJudge(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file, source string
		want         []string
	}{
		"allowed":                  {"internal/engine/a.go", `import "tandem/internal/workflow"`, nil},
		"upwards":                  {"internal/workflow/a.go", `import "tandem/internal/engine"`, []string{"internal/workflow/a.go imports tandem/internal/engine, which the arrows do not allow for internal/workflow"}},
		"sideways":                 {"internal/web/ui/a.go", `import x "tandem/internal/web/api"`, []string{"internal/web/ui/a.go imports tandem/internal/web/api, which the arrows do not allow for internal/web/ui"}},
		"under the root":           {"cmd/web/a.go", `import "tandem/internal/engine"`, []string{"cmd/web/a.go imports tandem/internal/engine, which the arrows do not allow for cmd/web"}},
		"the root from below":      {"internal/web/a.go", `import "tandem"`, []string{"internal/web/a.go imports tandem, which the arrows do not allow for internal/web"}},
		"root may":                 {"a.go", `import "tandem/internal/db"`, nil},
		"no rule":                  {"internal/other/a.go", ``, []string{"internal/other has no rule: add it to the table of arrows"}},
		"SQL outside the store":    {"internal/engine/a.go", `import "github.com/jackc/pgx/v5"`, []string{"internal/engine/a.go imports github.com/jackc/pgx/v5, which the arrows do not allow for internal/engine"}},
		"a pure package, the disk": {"internal/workflow/a.go", `import "os"`, []string{"internal/workflow/a.go imports os, which the arrows do not allow for internal/workflow"}},
		"the judge, a library":     {"internal/judge/a.go", `import "github.com/google/uuid"`, []string{"internal/judge/a.go imports github.com/google/uuid, which the arrows do not allow for internal/judge"}},
		"the judge, the judged":    {"internal/judge/a.go", `import "tandem/internal/workflow"`, []string{"internal/judge/a.go imports tandem/internal/workflow, which the arrows do not allow for internal/judge"}},
		"the judge, its decoder":   {"internal/judge/a.go", `import "github.com/goccy/go-yaml"`, nil},
		"tests are free":           {"internal/workflow/a_test.go", `import "tandem/internal/engine"`, nil},
		"not ours":                 {"node_modules/x/a.go", `import "tandem/internal/engine"`, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			packages, err := readImports(fstest.MapFS{tt.file: {Data: []byte("package a\n\n" + tt.source + "\n")}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, judge(packages)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}
