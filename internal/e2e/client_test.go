package e2e_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestClient generates a Go client from the served OpenAPI document with a
// generator of others (oapi-codegen, in a module of its own), and drives a whole
// workflow with it.
func TestClient(t *testing.T) {
	t.Parallel()
	h := open(t, "/flows")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("client")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "generated"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "openapi.json"), served(t, h.url+"/openapi.json"), 0o644); err != nil {
		t.Fatal(err)
	}
	goTool(t, dir, nil, "tool", "oapi-codegen", "-config", "config.yaml", "openapi.json")
	token := func(login string) string {
		t.Helper()
		secret, err := h.app.CreateToken(t.Context(), login, "drive", nil)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	out := goTool(t, dir, []string{"TANDEM_SERVER=" + h.url, "TANDEM_TOKEN=" + token("ada"), "TANDEM_DECIDER=" + token("finn")}, "run", "./drive")
	want := `stored driven 1.0.0
refused /input_data/amount
batch 2 driven
started waiting ask
claimed Pay 5? by finn
decided completed
steps 2
history workflow.started to workflow.completed
`
	if out != want {
		t.Errorf("the client saw:\n%s\nwant:\n%s", out, want)
	}
}

func served(t *testing.T, address string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", address, a.Status, err)
	}
	return text
}

// goTool runs the go command in a module and gives what it printed.
func goTool(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOFLAGS=-trimpath", "GOWORK=off"), env...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, out, errs.String())
	}
	return string(out)
}
