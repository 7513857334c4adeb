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
	"tandem/internal/dispatch/redistest"
)

// TestDocs_celery runs what docs/celery.md tells people to type, with a worker of
// Celery and a bridge as processes of their own.
func TestDocs_celery(t *testing.T) {
	t.Parallel()
	validDocuments(t, "docs/celery.md", 1)
	blocks := shellBlocks(t, "docs/celery.md")
	if len(blocks) != 1 {
		t.Fatalf("%d shell blocks, want 1", len(blocks))
	}
	text, err := os.ReadFile("docs/celery.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := workPlace(t)
	document := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)[1]
	if err := os.WriteFile(filepath.Join(dir, "count_words.yaml"), document, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "docs", "workers"), os.DirFS("docs/workers")); err != nil {
		t.Fatal(err)
	}
	// The python3 that knows Celery comes first.
	if exec.Command("python3", "-c", "import celery, redis").Run() != nil {
		if err := os.Symlink("/usr/bin/python3", filepath.Join(dir, "bin", "python3")); err != nil {
			t.Fatal(err)
		}
	}
	redis := redistest.Start(t)
	env := append(os.Environ(), "TANDEM_LOG=warn", "TANDEM_DATABASE_URL="+dbtest.URL(t, db.Migrate), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	address := serving(t, dir, env)
	env = append(env, "TANDEM_URL="+address, "TANDEM_REDIS=redis+socket://"+redis.Socket(), "TANDEM_BROKER=unix://"+redis.Socket())
	block := strings.Replace(blocks[0], ` --broker "$TANDEM_REDIS"`, "", 1) // Celery writes a socket's address its own way
	const rest = `
bin/tandem apply count_words.yaml
auth="Authorization: Bearer $(bin/tandem token create --user otto --name laptop)"
id=$(curl -fsS -H "$auth" -H 'Content-Type: application/json' -d '{"definition_name": "count_words", "input_data": {"text": "to be or not"}}' "$TANDEM_URL/api/v1/instances" | sed 's/.*"id":"\([^"]*\)".*/\1/')
for i in $(seq 300); do
  state=$(curl -fsS -H "$auth" "$TANDEM_URL/api/v1/instances/$id")
  case $state in *'"status":"completed"'*) break ;; esac
  sleep 0.2
done
echo "$state"
pids=$(jobs -p); kill -TERM $pids; for p in $pids; do wait $p || true; done`
	out := command(t, dir, env, "bash", "-euc", block+rest)
	for _, want := range []string{"celery:words.count goes to words.count on the queue celery", `"status":"completed"`, `"words":4`} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %q:\n%s", want, out)
		}
	}
}
