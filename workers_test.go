package tandem_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// TestWorkers_Commands runs what docs/workers.md tells people to type: both
// example workers as processes of their own, against a real server.
func TestWorkers_Commands(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"python3", "node"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is missing: run make deps-test", name)
		}
	}
	blocks := shellBlocks(t, "docs/workers.md")
	if len(blocks) != 2 {
		t.Fatalf("docs/workers.md has %d shell blocks, want 2: workers, starting", len(blocks))
	}
	dir := workPlace(t)
	if err := os.CopyFS(filepath.Join(dir, "docs", "workers"), os.DirFS("docs/workers")); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "TANDEM_LOG=warn", "TANDEM_DATABASE_URL="+dbtest.URL(t, db.Migrate))
	address := serving(t, dir, env)
	env = append(env, "TANDEM_URL="+address)
	// Both workers end by themselves, without an error, once they are told to.
	const end = "\npids=$(jobs -p); kill -TERM $pids; for p in $pids; do wait $p; done"
	start := strings.ReplaceAll(blocks[1], "http://127.0.0.1:8080", address)
	out := command(t, dir, env, "bash", "-euc", blocks[0]+start+end)
	for _, want := range []string{
		`"status":"completed"`, "working on words/count", "working on words/headline", ": complete, 200",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %q:\n%s", want, out)
		}
	}
	if n := len(regexp.MustCompile(`count \S+: complete, 200`).FindAllString(out, -1)); n != 2 {
		t.Errorf("worker.py completed %d jobs, want one for each text:\n%s", n, out)
	}

	// A job that the worker cannot do is reported, retried and fails the instance.
	failing := strings.Replace(start, `["to be", "or not to be"]`, `[" "]`, 1)
	out = command(t, dir, env, "bash", "-euc", blocks[0]+failing+end)
	for _, want := range []string{`"status":"failed"`, `"code":"empty_text"`} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %q:\n%s", want, out)
		}
	}
	if n := strings.Count(out, ": fail, 200"); n != 3 {
		t.Errorf("worker.py reported %d failures, want one for each of three attempts:\n%s", n, out)
	}
}
