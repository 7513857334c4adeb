package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// TestMetrics reads what the house has counted, with a token that may.
func TestMetrics(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, _ := h.startExpense()
	h.expect(http.StatusNotFound, get("otto", "/instances/0190a0a0-0000-7000-8000-000000000000"))
	h.expect(http.StatusNotFound, get("", "/wp-login.php"))
	h.expect(http.StatusForbidden, request{Method: "GET", Target: "/metrics", Token: h.token("otto", "metrics:read")}).problem(t)
	token := h.token("olga", "metrics:read")

	reading, leave := context.WithCancel(t.Context())
	defer leave()
	read := make(chan struct{})
	server := httptest.NewServer(h.handler)
	defer server.Close()
	stream, err := http.NewRequestWithContext(reading, "GET", server.URL+"/api/v1/instances/"+instance+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	stream.Header.Set("Authorization", "Bearer "+h.token("ada"))
	answer, err := http.DefaultClient.Do(stream)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("stream: %v %v", answer, err)
	}
	go func() { defer close(read); <-reading.Done(); answer.Body.Close() }()

	metrics := func() string {
		return h.expect(http.StatusOK, request{Method: "GET", Target: "/metrics", Token: token}).body
	}
	text := metrics()
	for _, line := range []string{
		`tandem_instances_started_total{definition="expense_approval"} 1`,
		`tandem_tasks_created_total{definition="expense_approval"} 1`,
		`tandem_http_requests_total{method="GET",route="/instances/{id}",status="404"} 1`,
		`tandem_http_requests_total{method="GET",route="none",status="404"} 1`,
		`tandem_http_streams{route="/api/v1/instances/{id}/events"} 1`,
		`tandem_workers 64`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("lacks %s", line)
		}
	}
	for _, part := range []string{
		"tandem_commit_transitions_count ", `tandem_db_connections_max{pool="engine"} `, `tandem_http_request_seconds_count{method="POST",route="/api/v1/instances"} `,
	} {
		if !strings.Contains(text, "\n"+part) {
			t.Errorf("lacks %s", part)
		}
	}
	if strings.Contains(text, instance) || strings.Contains(text, "wp-login") {
		t.Error("an address became a series")
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
	leave()
	<-read
	h.eventually("the reader is gone", func() bool {
		return strings.Contains(metrics(), `tandem_http_streams{route="/api/v1/instances/{id}/events"} 0`)
	})
}

// TestReady: a process whose schema is older than its program is not ready, and
// says what to do.
func TestReady(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, db.Migrate)
	h := open(t, tandem.Config{DatabaseURL: url})
	h.expect(http.StatusOK, get("", "/readyz"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `DELETE FROM goose_db_version WHERE version_id IN (2, 20)`); err != nil {
		t.Fatal(err)
	}
	p := h.expect(http.StatusServiceUnavailable, get("", "/readyz")).problem(t)
	if !strings.Contains(p.Detail, "lacks 2 changes") || !strings.Contains(p.Detail, "tandem migrate") {
		t.Errorf("got %q", p.Detail)
	}
	h.expect(http.StatusOK, get("", "/healthz"))
}
