package tandem_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/signature"
)

// validDocuments expects that many documents in a page, none with an error or a
// warning.
func validDocuments(t *testing.T, page string, want int) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	documents := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	if len(documents) != want {
		t.Fatalf("%d documents in %s, want %d", len(documents), page, want)
	}
	for _, m := range documents {
		if errs, warnings := tandem.Validate(m[1]); len(errs)+len(warnings) > 0 {
			t.Errorf("%s\nhas errors %v and warnings %v", m[1], errs, warnings)
		}
	}
}

func TestDocs_time(t *testing.T) {
	t.Parallel()
	validDocuments(t, "docs/time.md", 1)
}

func TestDocs_definitions(t *testing.T) {
	t.Parallel()
	validDocuments(t, "docs/definitions.md", 2)
}

// TestDocs_actions: the documents of docs/actions.md are valid and its commands
// do what they say.
func TestDocs_actions(t *testing.T) {
	t.Parallel()
	validDocuments(t, "docs/actions.md", 2)
	blocks := shellBlocks(t, "docs/actions.md")
	if len(blocks) != 1 {
		t.Fatalf("%d shell blocks, want 1", len(blocks))
	}
	env := append(os.Environ(), "TANDEM_DATABASE_URL="+dbtest.URL(t, db.Migrate), "TANDEM_SECRETS_KEY="+tandem.NewSecretsKey())
	out := command(t, workPlace(t), env, "bash", "-euc", blocks[0])
	for _, want := range []string{"RIDES_KEY is stored.", "book_ride", "rides.example", "RIDES_KEY is deleted."} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "the value") {
		t.Errorf("the value is shown:\n%s", out)
	}
}

// TestDocs_hooks: the document of docs/hooks.md is valid, and what its commands
// sign is believed.
func TestDocs_hooks(t *testing.T) {
	t.Parallel()
	validDocuments(t, "docs/hooks.md", 1)
	blocks := shellBlocks(t, "docs/hooks.md")
	if len(blocks) != 1 {
		t.Fatalf("%d shell blocks, want 1", len(blocks))
	}
	verified := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, err := signature.Verify(signature.Tandem, "correct horse battery", time.Minute, time.Now(), signature.Call{Header: r.Header.Get, Body: body})
		verified <- err
	}))
	defer server.Close()
	env := append(os.Environ(), "BUILD_HOOK=correct horse battery", "CALLBACK="+server.URL)
	command(t, workPlace(t), env, "bash", "-euc", blocks[0])
	if err := <-verified; err != nil {
		t.Error(err)
	}
}

// TestDocs_cli: the commands of docs/cli.md do what they say.
func TestDocs_cli(t *testing.T) {
	t.Parallel()
	blocks := shellBlocks(t, "docs/cli.md")
	if len(blocks) != 1 {
		t.Fatalf("%d shell blocks, want 1", len(blocks))
	}
	dir, env := workPlace(t), append(os.Environ(), "TANDEM_DATABASE_URL="+dbtest.URL(t, db.Migrate))
	address := serving(t, dir, env)
	token := strings.TrimSpace(command(t, dir, env, "bin/tandem", "token", "create", "--user", "otto", "--name", "cli"))
	env = append(env, "TANDEM_SERVER="+address, "TANDEM_TOKEN="+token, "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	out := command(t, dir, env, "bash", "-euc", blocks[0])
	for _, want := range []string{"completed: -", "expense_approval", "1 of 1", `"next_cursor": null`} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %q:\n%s", want, out)
		}
	}
}

// TestDocs_api: the commands of docs/api.md lead from start to done.
func TestDocs_api(t *testing.T) {
	t.Parallel()
	blocks := shellBlocks(t, "docs/api.md")
	if len(blocks) != 3 {
		t.Fatalf("%d shell blocks, want 3", len(blocks))
	}
	dir, env := workPlace(t), append(os.Environ(), "TANDEM_DATABASE_URL="+dbtest.URL(t, db.Migrate))
	env = append(env, "TANDEM_SERVER="+serving(t, dir, env))
	for _, login := range []string{"otto", "finn"} {
		token := command(t, dir, env, "bin/tandem", "token", "create", "--user", login, "--name", "docs")
		env = append(env, strings.ToUpper(login)+"="+strings.TrimSpace(token))
	}
	out := command(t, dir, env, "bash", "-euc", strings.Join(blocks, "\n"))
	for _, want := range []string{`"assignee":"finn"`, `"status":"completed"`, `"type":"workflow.completed"`, `"correlation_id":"printer-1"`, `"total":1`} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %s:\n%s", want, out)
		}
	}
}
