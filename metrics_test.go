package tandem_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// TestDocs_observing runs the command of docs/observing.md, and asks the address
// of the metrics, which wants no token.
func TestDocs_observing(t *testing.T) {
	t.Parallel()
	blocks := shellBlocks(t, "docs/observing.md")
	if len(blocks) != 1 {
		t.Fatalf("%d shell blocks, want 1", len(blocks))
	}
	dir := workPlace(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "TANDEM_LOG=warn", "TANDEM_DATABASE_URL="+dbtest.URL(t, db.Migrate), "TANDEM_METRICS_ADDR="+free)
	env = append(env, "TANDEM_PUBLIC_URL="+serving(t, dir, env))
	with := command(t, dir, env, "bash", "-euc", blocks[0])
	without := command(t, dir, env, "curl", "-fsS", "http://"+free+"/metrics", "http://"+free+"/readyz")
	for who, out := range map[string]string{"with a token": with, "at the address of the metrics": without} {
		if !strings.Contains(out, "\ntandem_build_info{") || !strings.Contains(out, "\ntandem_workers 64\n") {
			t.Errorf("%s: no metrics:\n%.2000s", who, out)
		}
	}
	if !strings.HasSuffix(without, "\nok\n") {
		t.Errorf("readyz: %.300s", without[max(0, len(without)-300):])
	}
}
