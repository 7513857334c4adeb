package ui_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/definitions"
	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/web/session"
	"tandem/internal/web/ui"
	"tandem/internal/workflow"
)

// taskPeople are who acts in the tests of tasks, by login.
var taskPeople = map[string]workflow.Actor{
	"arno": person("arno", "Arno", workflow.RoleAuthor),
	"olga": person("olga", "Olga", workflow.RoleOperator),
	"ada":  person("ada", "Ada", workflow.RoleAdmin),
	"uma":  person("uma", "Uma", workflow.RoleAuditor),
	"mia":  person("mia", "Mia", "", "managers"),
	"finn": person("finn", "Finn", "", "finance"),
	"fred": person("fred", "Fred", "", "finance"),
	"otto": person("otto", "Otto", "", "staff"),
}

func person(login, name string, role workflow.Role, groups ...string) workflow.Actor {
	a := workflow.Actor{ID: login, Name: name, Tenant: workflow.DefaultTenant, Via: "session", Groups: groups}
	if role != "" {
		a.Roles = []workflow.Role{role}
	}
	return a
}

// taskHouse serves the pages on a memory store with a running engine. Requests
// name who acts in the header Test-Actor.
type taskHouse struct {
	t      *testing.T
	engine *engine.Engine
	store  *memory.Store
	pages  http.Handler
	stop   func()
	later  time.Duration // what the pages' clock is ahead
}

func openTaskHouse(t *testing.T, prefix string) *taskHouse {
	t.Helper()
	people := auth.New(db.NewPeople(dbtest.New(t, db.Migrate)), nil)
	for login, a := range taskPeople {
		if _, err := people.CreateUser(t.Context(), workflow.SystemActor(a.Tenant, "test"), auth.NewUser{
			Login: login, Name: a.Name, Groups: a.Groups,
		}); err != nil {
			t.Fatal(err)
		}
	}
	h := &taskHouse{t: t, store: memory.New(memory.Options{})}
	h.engine = engine.New(engine.Config{Store: h.store, Log: slog.New(slog.DiscardHandler), Directory: people})
	h.run()
	h.save()
	sessions, err := session.New(session.Config{
		People: people, Secret: []byte(strings.Repeat("s", session.MinSecret)), Log: slog.New(slog.DiscardHandler),
		Actor: func(r *http.Request) (workflow.Actor, bool) {
			a, ok := taskPeople[r.Header.Get("Test-Actor")]
			return a, ok
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.pages = mount(prefix, sessions, ui.New(ui.Config{
		Engine: h.engine, Read: h.store, People: people, Sessions: sessions, Prefix: prefix, APIPath: "/api/v1", Tenant: workflow.DefaultTenant,
		Closing: t.Context(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Now().Add(h.later) },
	}))
	return h
}

// run runs the engine until stop, or the end of the test.
func (h *taskHouse) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := h.engine.Run(ctx, time.Second); err != nil {
			h.t.Errorf("engine: %v", err)
		}
	}()
	h.stop = sync.OnceFunc(func() { cancel(); <-ended })
	h.t.Cleanup(h.stop)
}

func mount(prefix string, sessions *session.Manager, pages *ui.UI) http.Handler {
	r := chi.NewRouter()
	for _, route := range pages.Routes() {
		load := sessions.LoadActor
		if route.Stream {
			load = sessions.LoadActorStream
		}
		r.Method(route.Method, prefix+route.Pattern, load(pages.Serve(route)))
	}
	return r
}

// anyoneForm is a definition with a task for everyone and without outcomes.
const anyoneForm = `
format: 1
name: survey
version: 1.0.0
title: Survey
start: {groups: [staff]}
steps:
  - name: ask
    type: human
    title: How was it?
    description: "Be **honest**."
    anyone: true
    form: {schema: {type: object, required: [stars], properties: {stars: {type: integer, minimum: 1, maximum: 5, title: Stars}}}}
`

func (h *taskHouse) save() {
	h.t.Helper()
	expense, err := fs.ReadFile(definitions.FS, "expense_approval.yaml")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, doc := range []string{string(expense), anyoneForm} {
		if _, _, _, err := h.engine.SaveDefinition(h.t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), []byte(doc)); err != nil {
			h.t.Fatalf("save: %v", err)
		}
	}
}

// expense starts an expense of otto's and returns its open task.
func (h *taskHouse) expense(purpose string, amount int) engine.TaskRow {
	h.t.Helper()
	input := fmt.Sprintf(`{"purpose":%q,"amount":%d,"category":"travel"}`, purpose, amount)
	return h.begin("expense_approval", input)
}

func (h *taskHouse) begin(name, input string) engine.TaskRow {
	h.t.Helper()
	in, err := h.engine.Start(h.t.Context(), taskPeople["otto"], engine.StartInput{Definition: name, Input: json.RawMessage(input)})
	if err == nil {
		_, err = h.engine.Wait(h.t.Context(), in, 5*time.Second)
	}
	if err != nil {
		h.t.Fatalf("start: %v", err)
	}
	page, err := h.store.Tasks(h.t.Context(), taskPeople["olga"], engine.TaskFilter{InstanceID: &in.ID}, engine.Paging{})
	if err != nil || len(page.Items) != 1 {
		h.t.Fatalf("%d tasks of the instance, %v", len(page.Items), err)
	}
	return page.Items[0]
}

func (h *taskHouse) task(id uuid.UUID) engine.TaskRow {
	h.t.Helper()
	row, err := h.store.Task(h.t.Context(), taskPeople["olga"], id)
	if err != nil {
		h.t.Fatal(err)
	}
	return row
}

func (h *taskHouse) instance(id uuid.UUID) workflow.Instance {
	h.t.Helper()
	in, err := h.store.Instance(h.t.Context(), taskPeople["olga"], id)
	if err != nil {
		h.t.Fatal(err)
	}
	return in
}

// answer is what a request was answered with.
type answer struct {
	status   int
	location string
	header   http.Header
	page     *goquery.Document
}

func (h *taskHouse) get(who, path string) answer {
	h.t.Helper()
	return ask(h.t, h.pages, httptest.NewRequest(http.MethodGet, path, nil), who)
}

func (h *taskHouse) post(who, path string, form url.Values) answer {
	h.t.Helper()
	return ask(h.t, h.pages, postOf(path, form), who)
}

func postOf(path string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func ask(t *testing.T, pages http.Handler, r *http.Request, who string) answer {
	t.Helper()
	r.Header.Set("Test-Actor", who)
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	page, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	expectOwnIDs(t, r.URL.Path, page)
	return answer{status: w.Code, location: w.Header().Get("Location"), header: w.Header(), page: page}
}

// expectOwnIDs refuses a page on which an id is there twice.
func expectOwnIDs(t *testing.T, path string, page *goquery.Document) {
	t.Helper()
	seen := map[string]bool{}
	page.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] {
			t.Errorf("%s: the id %q is there twice", path, id)
		}
		seen[id] = true
	})
}

// text is what a selector finds, with single blanks.
func (a answer) text(selector string) string {
	return strings.Join(strings.Fields(a.page.Find(selector).Text()), " ")
}

func (a answer) expect(t *testing.T, status int, location string) {
	t.Helper()
	if a.status != status || a.location != location {
		t.Fatalf("answer is %d to %q, want %d to %q; the page says: %s", a.status, a.location, status, location, a.text("main"))
	}
}

func (a answer) has(t *testing.T, selector string, count int) {
	t.Helper()
	if got := a.page.Find(selector).Length(); got != count {
		t.Errorf("%d elements match %s, want %d", got, selector, count)
	}
}

func (a answer) says(t *testing.T, selector, want string) {
	t.Helper()
	if got := a.text(selector); !strings.Contains(got, want) {
		t.Errorf("%s says %q, want %q in it", selector, got, want)
	}
}

func (a answer) lacks(t *testing.T, selector, not string) {
	t.Helper()
	if got := a.text(selector); strings.Contains(got, not) {
		t.Errorf("%s says %q, want no %q in it", selector, got, not)
	}
}

// values are the fields of the form that decides, as the page shows them.
func (a answer) values(t *testing.T) url.Values {
	t.Helper()
	values := url.Values{}
	a.page.Find("form[action$='/complete'] [name]:not(button)").Each(func(_ int, s *goquery.Selection) {
		value := s.AttrOr("value", "")
		if goquery.NodeName(s) == "textarea" {
			value = s.Text()
		}
		values.Add(s.AttrOr("name", ""), value)
	})
	return values
}
