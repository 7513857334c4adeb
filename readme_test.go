package tandem_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tandem/internal/db/dbtest"
)

// TestReadme_Commands runs what README.md tells people to type: make targets as
// a dry run, everything else for real, on a database of the test's own.
func TestReadme_Commands(t *testing.T) {
	t.Parallel()
	blocks := shellBlocks(t, "README.md")
	if len(blocks) != 4 {
		t.Fatalf("README.md has %d shell blocks, want 4: running, own database, JSON, testing", len(blocks))
	}
	for _, block := range []string{blocks[0], blocks[3]} {
		for target := range strings.FieldsSeq(strings.ReplaceAll(block, "make ", "")) {
			command(t, ".", nil, "make", "-n", target)
		}
	}
	dir := workPlace(t)
	env := append(os.Environ(), "TANDEM_LOG=warn")
	setUp, serve, found := strings.Cut(blocks[1], "bin/tandem serve")
	if !found || serve != "\n" {
		t.Fatalf("the block does not end with serving: %q", blocks[1])
	}
	url := dbtest.URL(t, nil)
	setUp = regexp.MustCompile(`(?m)^export TANDEM_DATABASE_URL=.*$`).ReplaceAllLiteralString(setUp, "export TANDEM_DATABASE_URL='"+url+"'")
	out := command(t, dir, env, "bash", "-euc", setUp)
	for _, want := range []string{"The schema is up to date.", "ada can sign in.", "expense_approval 1.0.0: stored"} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %q:\n%s", want, out)
		}
	}
	env = append(env, "TANDEM_DATABASE_URL="+url)
	address := serving(t, dir, env)
	out = command(t, dir, env, "bash", "-euc", strings.ReplaceAll(blocks[2], "http://127.0.0.1:8080", address))
	if !strings.Contains(out, `"status":"waiting"`) {
		t.Errorf("the started expense answers %s, want one that waits", out)
	}
}

// shellBlocks gives the ```sh blocks of a document.
func shellBlocks(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(text, -1) {
		blocks = append(blocks, string(m[1]))
	}
	return blocks
}

// binary is built by the first test that needs it. TestMain removes it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tandem-bin-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "tandem")
	args := append(append([]string{"build"}, sharedBuild()...), "-o", file, "./cmd/web")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return file, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

// sharedBuild are the flags under which a build finds its packages compiled
// already, by the build of this test: -race under the race detector.
func sharedBuild() []string {
	info, _ := debug.ReadBuildInfo()
	if slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return []string{"-race"}
	}
	return nil
}

// built says that binary was asked for.
var built atomic.Bool

func TestMain(m *testing.M) {
	code := m.Run()
	if built.Load() {
		file, _ := binary() // its error has failed a test
		os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// workPlace gives a folder that looks like a checkout after `make build`.
func workPlace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	built.Store(true)
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(file, filepath.Join(dir, "bin", "tandem")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "definitions"), os.DirFS("definitions")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// serving starts the server with the demo's people and gives its address.
func serving(t *testing.T, dir string, env []string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(dir, "bin", "tandem"), "serve", "--demo", "--addr", "127.0.0.1:0")
	cmd.Dir, cmd.Env = dir, env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("serve: %v\n%s", err, stderr.String())
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "Tandem is at "); ok {
			go func() { // reads on, so that the server never waits for us
				for lines.Scan() {
				}
			}()
			return address
		}
	}
	t.Fatalf("serve ended without an address: %s", stderr.String())
	return ""
}
