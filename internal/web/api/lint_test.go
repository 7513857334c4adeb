package api_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAPI_OpenAPI_lint holds the OpenAPI document to a linter of others
// (Redocly, scripts/openapi). What the test lacks it installs.
func TestAPI_OpenAPI_lint(t *testing.T) {
	t.Parallel()
	linter, err := filepath.Abs("../../../scripts/openapi")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(linter, "node_modules", "@redocly", "cli", "bin", "cli.js")
	if _, err := os.Stat(program); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = linter
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci in %s: %v\n%s", linter, err, out)
		}
	}
	lint := exec.CommandContext(t.Context(), "node", program, "lint", "--config", filepath.Join(linter, "redocly.yaml"), "testdata/openapi.json")
	lint.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("the document has faults: %v\n%s", err, out)
	}
}
