package web_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tandem"
	"tandem/internal/embedpg"
)

// patient waits for a second after its start, then is done.
const patient = `
format: 1
name: patient
version: 1.0.0
steps:
  - {name: nap, type: timer, duration: 1s}
  - {name: wake, type: machine, action: noop}
edges: [{source: nap, target: wake}]
`

// TestOutage takes the database away and brings it back.
func TestOutage(t *testing.T) {
	t.Parallel()
	dir := postgresDir(t)
	server := startPostgres(t, dir)
	t.Cleanup(func() { stopPostgres(t, server) }) // whichever runs then
	h := open(t, tandem.Config{DatabaseURL: server.URL()})
	if _, err := h.app.Apply(t.Context(), []byte(patient)); err != nil {
		t.Fatal(err)
	}
	instance, task := h.startExpense()
	h.session("ada")
	nap := h.expect(http.StatusCreated, jsonPost("otto", "/api/v1/instances", `{"definition_name": "patient"}`)).field(t, "id")

	stopPostgres(t, server)
	h.checkOutage(t, instance, task)
	h.log.take() // what broke is in the log

	server = startPostgres(t, dir)
	h.eventually("it is ready again", func() bool { return h.ask(get("", "/readyz")).status == http.StatusOK })
	h.eventually("pages work again", func() bool { return h.ask(get("finn", "/tasks")).status == http.StatusOK })
	form := url.Values{"_outcome": {"approve"}, "cost_centre": {"4711"}}
	h.eventually("finn decides", func() bool {
		return h.ask(formPost("finn", "/tasks/"+task+"/complete", form)).status == http.StatusSeeOther
	})
	for name, id := range map[string]string{"the expense": instance, "the nap that ended meanwhile": nap} {
		h.eventually(name+" completes", func() bool {
			a := h.ask(get("otto", "/api/v1/instances/"+id))
			return a.status == http.StatusOK && a.field(t, "status") == "completed"
		})
	}
}

// checkOutage asks for everything while there is no database.
func (h *house) checkOutage(t *testing.T, instance, task string) {
	t.Helper()
	pages := []request{
		get("otto", "/"), get("finn", "/tasks"), get("finn", "/tasks/"+task), get("otto", "/instances"), get("otto", "/instances/"+instance),
		get("otto", "/definitions"), get("otto", "/definitions/expense_approval"), get("otto", "/definitions/expense_approval/start"), get("otto", "/profile"),
		formPost("finn", "/tasks/"+task+"/complete", url.Values{"_outcome": {"approve"}, "cost_centre": {"4711"}}),
		formPost("otto", "/definitions/expense_approval/start", url.Values{"purpose": {"A desk"}, "amount": {"5"}, "category": {"other"}}),
		formPost("", "/login", url.Values{"login": {"otto"}, "password": {tandem.DemoPassword}}),
	}
	for _, q := range pages {
		a := h.expectUnavailable(t, q)
		if !strings.Contains(a.body, "The database cannot be reached") {
			t.Errorf("%s %s: the page has no sentence about the database\n%.2000s", q.Method, q.Target, a.body)
		}
		if typed := typedIn(t, q); q.Who != "" && !strings.Contains(a.body, typed) {
			t.Errorf("%s %s: the page has lost %q, which was typed\n%.2000s", q.Method, q.Target, typed, a.body)
		}
	}
	program := []request{
		get("otto", "/api/v1/tasks"), get("otto", "/api/v1/instances/"+instance), get("otto", "/api/v1/stats"), get("", "/readyz"),
		jsonPost("otto", "/api/v1/instances", expense), jsonPost("finn", "/api/v1/tasks/"+task+"/claim", `{}`),
		{Method: http.MethodGet, Target: "/api/v1/tasks", Token: "tdm_" + strings.Repeat("a", 43)},
	}
	for _, q := range program {
		if p := h.expectUnavailable(t, q).problem(t); !strings.Contains(p.Detail, "The database cannot be reached") {
			t.Errorf("%s %s: got %q, want a sentence about the database", q.Method, q.Target, p.Detail)
		}
	}
	h.expect(http.StatusOK, get("", "/healthz"))
	h.expect(http.StatusOK, get("", "/login"))
	h.expect(http.StatusNotFound, get("", "/nothing"))
}

// typedIn is a text that somebody typed into a form, "" for none.
func typedIn(t *testing.T, q request) string {
	t.Helper()
	form, err := url.ParseQuery(q.Body)
	if err != nil {
		t.Fatal(err)
	}
	return form.Get("cost_centre") + form.Get("purpose")
}

// expectUnavailable also bounds how long people look at a page that does not
// come.
func (h *house) expectUnavailable(t *testing.T, q request) answer {
	t.Helper()
	began := time.Now()
	a := h.expect(http.StatusServiceUnavailable, q)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("%s %s took %s, want an answer within 10 s", q.Method, q.Target, took)
	}
	if a.header.Get("Retry-After") == "" {
		t.Errorf("%s %s: got no Retry-After", q.Method, q.Target)
	}
	return a
}

func startPostgres(t *testing.T, dir string) *embedpg.Server {
	t.Helper()
	server, err := embedpg.Start(t.Context(), embedpg.Config{Dir: dir, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func stopPostgres(t *testing.T, server *embedpg.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

// postgresDir is a directory that the account of Postgres can enter; the test's
// own may lie in the home of root.
func postgresDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "tandem-outage-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "data")
}
