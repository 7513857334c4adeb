package tandem_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestExamples vets, builds and tests the program that embeds Tandem, a module of
// its own.
func TestExamples(t *testing.T) {
	t.Parallel()
	// With -trimpath the packages of this module would be compiled again, under the
	// name that they have for the other one.
	env := append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	args := append([]string{"test", "-count=1", "-vet=all"}, sharedBuild()...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./...")...) // it compiles much: no limit but the test's own
	cmd.Dir, cmd.Env = "examples/embed", env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go test: %v\n%s", err, out)
	}
}
