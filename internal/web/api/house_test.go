package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/notify"
	"tandem/internal/secret"
	"tandem/internal/web/api"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

const v1 = api.DefaultPrefix

// people knows the tokens of the tests: the login is the token.
type people map[string]workflow.Actor

func (p people) ActorByToken(_ context.Context, secret string) (workflow.Actor, error) {
	a, ok := p[secret]
	if !ok {
		return a, workflow.Errorf(workflow.KindUnauthorized, "unauthorized", "The token is not known.")
	}
	a.Via = "token"
	return a, nil
}

func everyone() people {
	all := people{}
	for _, a := range []workflow.Actor{
		{ID: "otto", Roles: []workflow.Role{workflow.RoleUser}, Groups: []string{"staff"}},
		{ID: "finn", Roles: []workflow.Role{workflow.RoleUser}, Groups: []string{"finance"}},
		{ID: "fred", Roles: []workflow.Role{workflow.RoleUser}, Groups: []string{"finance"}},
		{ID: "arno", Roles: []workflow.Role{workflow.RoleAuthor}},
		{ID: "olga", Roles: []workflow.Role{workflow.RoleOperator}},
		{ID: "ada", Roles: []workflow.Role{workflow.RoleAdmin}},
		{ID: "narrow", Roles: []workflow.Role{workflow.RoleAdmin}, Scopes: []string{"nothing"}},
		{ID: "reader", Roles: []workflow.Role{workflow.RoleAdmin}, Scopes: []string{"definitions:read", "instances:read", "tasks:read", "events:read", "subscriptions:read", "secrets:read"}},
	} {
		a.Name, a.Tenant = a.ID, workflow.DefaultTenant
		all[a.ID] = a
	}
	eve := all["ada"]
	eve.ID, eve.Name, eve.Tenant = "eve", "eve", "elsewhere"
	all[eve.ID] = eve
	return all
}

// house is a served API on a running engine.
type house struct {
	t       *testing.T
	engine  *engine.Engine
	api     *api.API
	notify  *notify.Service // nil = none
	pool    *pgxpool.Pool   // of the database with the accounts; nil = one of its own
	handler http.Handler
	close   context.CancelFunc // begins the shutdown
}

func setup(t *testing.T) *house {
	t.Helper()
	store := memory.New(memory.Options{})
	return serve(t, store, store)
}

func serve(t *testing.T, store engine.Store, read engine.Reader, change ...func(*house)) *house {
	t.Helper()
	h := &house{t: t}
	h.engine = engine.New(engine.Config{
		Store: store, Log: slog.New(slog.DiscardHandler), HookKey: []byte("a key of the tests, long enough!"),
		HookURL: func(token string) string { return "/hooks/" + token }, Secrets: hookSecrets{},
	})
	run, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.engine.Run(run, time.Second) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("engine: %v", err)
		}
	})
	for _, do := range change {
		do(h)
	}
	if h.pool == nil {
		h.pool = dbtest.Lazy(t, db.Migrate)
	}
	closing, shut := context.WithCancel(context.Background())
	t.Cleanup(shut)
	h.close = shut
	keys, err := secret.ParseKeys(secret.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	h.api = api.New(api.Config{
		Engine: h.engine, Read: read, Notify: h.notify, People: everyone(), Accounts: auth.New(db.NewPeople(h.pool), nil), Secrets: secret.New(new(memory.Secrets), keys, nil), Sessions: sessions(t), PublicURL: "https://tandem.example",
		Closing: closing, Log: slog.New(slog.DiscardHandler),
	})
	r := chi.NewRouter()
	h.api.Mount(r)
	h.handler = r
	return h
}

// sessions takes the cookie "who" for a session.
func sessions(t *testing.T) *session.Manager {
	t.Helper()
	m, err := session.New(session.Config{
		PublicURL: "https://tandem.example", Secret: []byte("thirty-two bytes of a test's key"), Log: slog.New(slog.DiscardHandler),
		Actor: func(r *http.Request) (workflow.Actor, bool) {
			c, err := r.Cookie("who")
			if err != nil {
				return workflow.Actor{}, false
			}
			a, ok := everyone()[c.Value]
			return a, ok
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// request is one call; its Body is sent as JSON unless Header says otherwise.
type request struct {
	Who    string // a token
	Method string
	Path   string // below the prefix, or from "/" when it begins with "//"
	Body   string
	Header map[string]string
}

type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

func (h *house) send(q request) answer {
	h.t.Helper()
	path := v1 + q.Path
	if rest, ok := strings.CutPrefix(q.Path, "//"); ok {
		path = "/" + rest
	}
	var body io.Reader
	if q.Body != "" {
		body = strings.NewReader(q.Body)
	}
	ctx, leave := context.WithCancel(h.t.Context())
	defer leave()
	r := httptest.NewRequestWithContext(ctx, q.Method, "http://tandem.example/", body)
	if err := setTarget(r, path); err != nil {
		h.t.Fatalf("%s %s: %v", q.Method, path, err)
	}
	if q.Body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if q.Who != "" {
		r.Header.Set("Authorization", "Bearer "+q.Who)
	}
	for name, value := range q.Header {
		r.Header.Set(name, value)
	}
	w := &recorder{httptest.NewRecorder(), leave}
	h.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// recorder leaves a stream after its first message.
type recorder struct {
	*httptest.ResponseRecorder
	leave context.CancelFunc
}

// SetReadDeadline does nothing: everything has been sent.
func (*recorder) SetReadDeadline(time.Time) error { return nil }

// Flush is what a stream does after each message.
func (w *recorder) Flush() {
	w.ResponseRecorder.Flush()
	if w.Header().Get("Content-Type") == "text/event-stream" {
		w.leave()
	}
}

func setTarget(r *http.Request, path string) error {
	u, err := r.URL.Parse(path)
	if err == nil {
		r.URL, r.RequestURI = u, path
	}
	return err
}

// get, post and want are what most tests need: they fail unless the status is
// the wanted one, and give the answer's JSON.
func (h *house) get(who, path string) map[string]any {
	h.t.Helper()
	return h.want(http.StatusOK, request{Who: who, Method: http.MethodGet, Path: path})
}

func (h *house) post(status int, who, path, body string) map[string]any {
	h.t.Helper()
	return h.want(status, request{Who: who, Method: http.MethodPost, Path: path, Body: body})
}

func (h *house) want(status int, q request) map[string]any {
	h.t.Helper()
	a := h.send(q)
	if a.Status != status {
		h.t.Fatalf("%s %s: got %d, want %d\n%s", q.Method, q.Path, a.Status, status, a.Body)
	}
	dec := json.NewDecoder(bytes.NewReader(a.Body))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		h.t.Fatalf("%s %s: %v\n%s", q.Method, q.Path, err, a.Body)
	}
	return v
}

// apply stores a document as its author would.
func (h *house) apply(document string) {
	h.t.Helper()
	if _, _, _, err := h.engine.SaveDefinition(h.t.Context(), everyone()["arno"], []byte(document)); err != nil {
		h.t.Fatal(err)
	}
}

func expense(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../definitions/expense_approval.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const startExpense = `{"definition_name": "expense_approval", "input_data": {"purpose": "A printer", "amount": 6000, "category": "equipment"}}`

// expenseTask stores the expense, starts one of 6,000 and gives the ids of its
// instance and of finance's task.
func (h *house) expenseTask() (instance, task string) {
	h.t.Helper()
	h.apply(expense(h.t))
	started := h.want(http.StatusCreated, request{
		Who: "otto", Method: http.MethodPost, Path: "/instances", Body: startExpense, Header: map[string]string{"Prefer": "wait=10"},
	})
	instance = started["id"].(string)
	tasks := h.get("finn", "/tasks?instance_id="+instance)["items"].([]any)
	if len(tasks) != 1 {
		h.t.Fatalf("tasks of the instance: got %v, want one", tasks)
	}
	return instance, tasks[0].(map[string]any)["id"].(string)
}
