package tandem_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestExamples vets and tests the program that embeds Tandem, a module of its
// own.
func TestExamples(t *testing.T) {
	t.Parallel()
	env := append(os.Environ(), "GOFLAGS=-mod=readonly -trimpath", "GOWORK=off")
	for _, args := range [][]string{{"vet", "./..."}, {"test", "-count=1", "./..."}, {"build", "-o", os.DevNull, "."}} {
		cmd := exec.CommandContext(t.Context(), "go", args...) // it compiles much: no limit but the test's own
		cmd.Dir, cmd.Env = "examples/embed", env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", args[0], err, out)
		}
	}
}
