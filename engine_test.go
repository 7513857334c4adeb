package tandem_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem"
	"tandem/internal/db/dbtest"
)

const granting = `
format: 1
name: grant
version: 1.0.0
steps:
  - {name: decide, type: human, candidate_groups: [bosses], outcomes: [{name: yes, title: "Yes"}, {name: no, title: "No"}]}
`

var (
	ana = tandem.Actor{ID: "ana", Name: "Ana", Tenant: "default", Roles: []tandem.Role{"user"}}
	bo  = tandem.Actor{ID: "bo", Name: "Bo", Tenant: "default", Roles: []tandem.Role{"user"}, Groups: []string{"bosses"}}
)

// asHeader takes who acts from a header, as no program should.
func asHeader(r *http.Request) (tandem.Actor, bool) {
	a, ok := map[string]tandem.Actor{"ana": ana, "bo": bo}[r.Header.Get("X-Who")]
	return a, ok
}

// ExampleTandem_Engine starts a workflow and decides its task, without pages and
// without a database.
func ExampleTandem_Engine() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	app, err := tandem.New(ctx, tandem.Config{Memory: true, Documents: []any{granting}, Actor: asHeader})
	check(err)
	defer app.Close()
	ran := make(chan error, 1)
	go func() { ran <- app.Run(ctx) }()

	engine := app.Engine()
	instance, err := engine.Start(ctx, ana, tandem.StartInput{Definition: "grant"})
	check(err)
	tasks, err := engine.Tasks(ctx, bo, tandem.TaskFilter{}, tandem.Paging{})
	check(err)
	_, err = engine.Complete(ctx, ana, tasks.Items[0].ID, tandem.Completion{Outcome: "yes"})
	fmt.Println("Ana may not:", tandem.Refused(err) == tandem.Forbidden || tandem.Refused(err) == tandem.NotFound)
	instance, err = engine.Complete(ctx, bo, tasks.Items[0].ID, tandem.Completion{Outcome: "yes"})
	check(err)
	fmt.Println(instance.Status)
	stop()
	check(<-ran)

	// Output:
	// Ana may not: true
	// completed
}

// ExampleEngine_Subscribe hears of what completes.
func ExampleEngine_Subscribe() {
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	app, err := tandem.New(ctx, tandem.Config{Memory: true, Actor: asHeader, Documents: []any{map[string]any{
		"format": 1, "name": "quick", "version": "1.0.0", "steps": []any{map[string]any{"name": "one", "type": "machine", "action": "noop"}},
	}}})
	check(err)
	defer app.Close()
	go func() { check(app.Run(ctx)) }()

	enough := errors.New("enough")
	ready := make(chan struct{})
	heard := make(chan error, 1)
	go func() {
		heard <- app.Engine().Subscribe(ctx, ready, func(ev tandem.Event) error {
			fmt.Println(ev.Type)
			return enough
		}, "workflow.completed")
	}()
	<-ready
	_, err = app.Engine().Start(ctx, tandem.System("billing"), tandem.StartInput{Definition: "quick"})
	check(err)
	fmt.Println(errors.Is(<-heard, enough))
	stop()

	// Output:
	// workflow.completed
	// true
}

// running gives a Tandem whose engine runs until the test ends.
func running(t *testing.T, c tandem.Config) *tandem.Tandem {
	t.Helper()
	c.Grace = time.Second
	app, err := tandem.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- app.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		app.Close()
	})
	return app
}

func status(h http.Handler, method, path, who string) int {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, nil)
	if who != "" {
		r.Header.Set("X-Who", who)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// TestTandem_mounted is under a prefix of routers that know more or less of it.
func TestTandem_mounted(t *testing.T) {
	t.Parallel()
	app := running(t, tandem.Config{Memory: true, Documents: []any{granting}, Actor: asHeader, PathPrefix: "/a/workflows"})
	std := http.NewServeMux()
	std.Handle("/a/workflows/", app.Handler())
	mounted := chi.NewRouter()
	mounted.Route("/a", func(r chi.Router) { r.Mount("/workflows", app.Handler()) })
	handled := chi.NewRouter()
	handled.Handle("/a/workflows/*", app.Handler())
	for name, h := range map[string]http.Handler{"ServeMux": std, "chi.Mount": mounted, "chi.Handle": handled} {
		for path, want := range map[string]int{
			"/a/workflows/": 200, "/a/workflows/tasks": 200, "/a/workflows/api/v1/definitions/grant": 200, "/a/workflows/definitions/grant": 200,
			"/a/workflows/healthz": 200, "/a/workflows/readyz": 200, "/a/workflows/nothing": 404, "/tasks": 404,
		} {
			if got := status(h, "GET", path, "ana"); got != want {
				t.Errorf("%s: %s: %d, want %d", name, path, got, want)
			}
		}
	}
}

// TestTandem_parts leaves out what the program does not want, and has its guard
// see the rest.
func TestTandem_parts(t *testing.T) {
	t.Parallel()
	teapot := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	}
	for name, tt := range map[string]struct {
		config tandem.Config
		want   map[string]int
	}{
		"no pages": {tandem.Config{NoPages: true}, map[string]int{"GET /tasks": 404, "GET /api/v1/tasks": 200, "POST /hooks/x": 404, "GET /openapi.json": 200, "GET /static/app.css": 404}},
		"no API":   {tandem.Config{NoAPI: true}, map[string]int{"GET /tasks": 200, "GET /api/v1/tasks": 404, "POST /hooks/x": 404, "GET /openapi.json": 404}},
		"guarded": {tandem.Config{Guard: teapot}, map[string]int{
			"GET /tasks": 418, "GET /api/v1/tasks": 418, "GET /metrics": 418, "POST /hooks/x": 404, "GET /healthz": 200, "GET /readyz": 200,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.config.Memory, tt.config.Actor = true, asHeader
			app := running(t, tt.config)
			for request, want := range tt.want {
				method, path, _ := strings.Cut(request, " ")
				if got := status(app.Handler(), method, path, "ana"); got != want {
					t.Errorf("%s: %d, want %d", request, got, want)
				}
			}
		})
	}
}

// TestTandem_memory walks over the pages of a house without accounts.
func TestTandem_memory(t *testing.T) {
	t.Parallel()
	app := running(t, tandem.Config{Memory: true, Documents: []any{granting}, Actor: func(*http.Request) (tandem.Actor, bool) {
		return tandem.Actor{ID: "root", Name: "Root", Tenant: "default", Roles: []tandem.Role{"admin"}}, true
	}})
	in, err := app.Engine().Start(t.Context(), ana, tandem.StartInput{Definition: "grant"})
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := app.Engine().Tasks(t.Context(), bo, tandem.TaskFilter{}, tandem.Paging{})
	if err != nil || len(tasks.Items) != 1 {
		t.Fatalf("%v, %v", tasks, err)
	}
	for _, path := range []string{
		"/", "/tasks", "/tasks/" + tasks.Items[0].ID.String(), "/instances", "/instances/" + in.ID.String(), "/definitions", "/definitions/grant",
		"/definitions/grant/start", "/profile", "/admin/users", "/admin/groups", "/admin/tokens", "/admin/audit",
		"/api/v1/instances", "/api/v1/tasks", "/api/v1/stats", "/api/v1/users", "/api/v1/groups", "/api/v1/tokens", "/api/v1/audit", "/api/v1/definitions", "/api/v1/schedules",
		"/openapi.json", "/metrics", "/readyz",
	} {
		if got := status(app.Handler(), "GET", path, ""); got != http.StatusOK {
			t.Errorf("%s: %d, want 200", path, got)
		}
	}
	if got := status(app.Handler(), "GET", "/api/v1/subscriptions", ""); got == http.StatusOK || got >= 500 {
		t.Errorf("subscriptions: %d, want a refusal", got)
	}
	if err := app.CreateUser(t.Context(), tandem.NewUser{Login: "x", Password: "correct horse battery"}); tandem.Refused(err) != tandem.Conflict {
		t.Errorf("an account: %v, want a conflict", err)
	}
}

// TestNew_pool takes the database of a pool, and leaves the pool alone.
func TestNew_pool(t *testing.T) {
	t.Parallel()
	config, err := pgxpool.ParseConfig(dbtest.URL(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	database := config.ConnConfig.Database
	config.MinConns, config.MaxConns = 2, 2
	made := make(chan struct{}, 1000)
	config.ConnConfig.Database = "not_this_one"
	config.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		c.Database = database // as a program may that asks for a password at the last moment
		made <- struct{}{}
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	app := running(t, tandem.Config{Pool: pool, Documents: []any{granting}})
	if got := status(app.Handler(), "GET", "/readyz", ""); got != http.StatusOK {
		t.Errorf("readyz: %d", got)
	}
	if in, err := app.Engine().Start(t.Context(), tandem.System("x"), tandem.StartInput{Definition: "grant"}); err != nil || in.Status != tandem.Waiting {
		t.Errorf("%+v, %v", in.Status, err)
	}
	if n := pool.Stat().AcquireCount(); n != 0 {
		t.Errorf("%d connections of the pool were taken", n)
	}
	if len(made) < 4 {
		t.Errorf("BeforeConnect made %d connections", len(made))
	}
}

// TestNew_stores refuses what cannot be kept.
func TestNew_stores(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]tandem.Config{
		"choose one":         {DatabaseURL: "x", Memory: true, Actor: asHeader},
		"set Config.Actor":   {Memory: true},
		"neither EngineOnly": {Memory: true, Actor: asHeader, EngineOnly: true},
		"bad.yaml:1:1":       {Memory: true, Actor: asHeader, Definitions: fstest.MapFS{"sub/bad.yaml": {Data: []byte("name: x\n")}, "notes.txt": {Data: []byte("?")}}},
		"Documents[0]":       {Memory: true, Actor: asHeader, Documents: []any{func() {}}},
	} {
		app, err := tandem.New(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
		if app != nil {
			app.Close()
		}
	}
}
