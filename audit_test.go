package tandem_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// TestDocs_audit: the command of docs/audit.md says that the chain holds, and
// fails with the place once it does not.
func TestDocs_audit(t *testing.T) {
	t.Parallel()
	blocks := shellBlocks(t, "docs/audit.md")
	if len(blocks) != 1 {
		t.Fatalf("%d shell blocks, want 1", len(blocks))
	}
	url := dbtest.URL(t, db.Migrate)
	app, err := tandem.New(t.Context(), tandem.Config{DatabaseURL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	waitFor(t, "everything is sealed", func() bool {
		reports, err := app.VerifyAudit(t.Context())
		return err == nil && len(reports) == 1 && reports[0].Lines > 10 && reports[0].Pending == 0
	})
	stop()
	<-ended

	env, dir := append(os.Environ(), "TANDEM_DATABASE_URL="+url), workPlace(t)
	if out := command(t, dir, env, "bash", "-euc", blocks[0]); !strings.Contains(out, "The audit holds.") || !strings.Contains(out, "head ") {
		t.Errorf("verify says:\n%s", out)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, sql := range []string{`ALTER TABLE audit DISABLE TRIGGER ALL`, `UPDATE audit SET actor = 'eve' WHERE seq = (SELECT min(seq) FROM audit)`} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	out := command(t, dir, env, "bash", "-uc", strings.TrimSpace(blocks[0])+" || echo exit $?")
	for _, want := range []string{"seal 1", "does not fit", "tampered", "exit"} {
		if !strings.Contains(out, want) {
			t.Errorf("verify lacks %q:\n%s", want, out)
		}
	}
}

func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick, end := time.NewTicker(50*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("after 30 s still not: %s", what)
		}
	}
}
