package chaos_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"tandem/internal/chaos"
)

// asNode makes this test's program a node.
const asNode = "TANDEM_CHAOS_NODE"

func TestMain(m *testing.M) {
	if os.Getenv(asNode) != "" {
		if err := chaos.RunNode(context.Background()); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestRun is the short form of make chaos.
func TestRun(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "tandem-chaos-") // the account of Postgres must get in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	report, err := chaos.Run(t.Context(), chaos.Config{
		Seed: uint64(time.Now().UnixNano() % 1_000_000), Duration: 7 * time.Second, Settle: 20 * time.Second, Pace: 80 * time.Millisecond, Dir: dir, Out: logTo{t},
		Node: func() *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), asNode+"=1")
			return cmd
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	report.Print(logTo{t})
	for _, f := range report.Findings {
		t.Error(f)
	}
	if report.Instances < 20 || report.Kills+report.Stops == 0 || report.Restarts == 0 || report.Races == 0 {
		t.Errorf("too little happened: %+v", report)
	}
}

type logTo struct{ t *testing.T }

func (l logTo) Write(p []byte) (int, error) {
	l.t.Logf("%s", p)
	return len(p), nil
}
