package tandem_test

import (
	"os"
	"testing"
)

// TestExamples vets and tests the program that embeds Tandem, a module of its
// own.
func TestExamples(t *testing.T) {
	t.Parallel()
	env := append(os.Environ(), "GOFLAGS=-mod=readonly -trimpath", "GOWORK=off")
	command(t, "examples/embed", env, "go", "vet", "./...")
	command(t, "examples/embed", env, "go", "test", "-count=1", "./...")
	command(t, "examples/embed", env, "go", "build", "-o", os.DevNull, ".")
}
