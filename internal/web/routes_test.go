package web_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"tandem"
	"tandem/internal/auth"
	"tandem/internal/web/api"
	"tandem/internal/web/guard"
	"tandem/internal/web/ui"
	"tandem/internal/workflow"
)

// route is one row of the tables of pages and API.
type route struct {
	method, pattern string
	guard           guard.Guard
	api             bool
	stream          bool
	resource        string
	write           bool
}

// tables gives every row of both tables. They need no database.
func tables() []route {
	var all []route
	for _, r := range ui.New(ui.Config{}).Routes() {
		all = append(all, route{method: r.Method, pattern: r.Pattern, guard: r.Guard, stream: r.Stream})
	}
	for _, r := range api.New(api.Config{}).Routes() {
		all = append(all, route{method: r.Method, pattern: r.Pattern, guard: r.Guard, api: true, resource: r.Resource, write: r.Write})
	}
	return all
}

// public are the routes without a row: everybody may use them.
var public = []string{"GET /healthz", "GET /readyz"}

// takesAnyMethod are patterns that answer every method themselves: files are
// served to GET alone, webhooks take POST alone and say so.
var takesAnyMethod = []string{"/static/*", "/hooks/{token}"}

func TestRoutes_each_has_a_rule(t *testing.T) {
	t.Parallel()
	h := setup(t)
	rows := map[string]bool{}
	for _, r := range tables() {
		if r.guard == guard.None {
			t.Errorf("%s %s has no guard", r.method, r.pattern)
		}
		rows[r.method+" "+r.pattern] = false
	}
	err := chi.Walk(h.handler.(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		key := method + " " + pattern
		if _, ok := rows[key]; ok {
			rows[key] = true
		} else if !slices.Contains(public, key) && !slices.Contains(takesAnyMethod, pattern) {
			t.Errorf("%s is served without a row in the tables of pages and API", key)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, served := range rows {
		if !served {
			t.Errorf("%s has a row, but is not served", key)
		}
	}
}

var update = flag.Bool("update", false, "write the golden files")

// TestRoutes_golden shows every change of a route's rule in its diff.
func TestRoutes_golden(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, r := range tables() {
		scope := r.resource
		if scope != "" && r.write {
			scope += ":write"
		} else if scope != "" {
			scope += ":read"
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%-45s %-5s %-10s %s", r.pattern, r.method, r.guard, scope), " "))
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	const file = "testdata/routes.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("routes and their rules changed; if on purpose, run this test with -update (-want +got):\n%s", diff)
	}
}

// visitor is somebody who tries a route.
type visitor struct {
	name   string
	login  string          // whose session he has
	owner  string          // whose token he has
	roles  []workflow.Role // of him or of the token's owner
	scopes func(route) []string
}

// visitors lists who tries every route. Tokens try the API alone; pages do not
// know them.
var visitors = []visitor{
	{name: "nobody"},
	{name: "user", login: "otto", roles: []workflow.Role{workflow.RoleUser}},
	{name: "author", login: "arno", roles: []workflow.Role{workflow.RoleAuthor}},
	{name: "operator", login: "olga", roles: []workflow.Role{workflow.RoleOperator}},
	{name: "auditor", login: "aude", roles: []workflow.Role{workflow.RoleAuditor}},
	{name: "admin", login: "ada", roles: []workflow.Role{workflow.RoleAdmin}},
	{name: "token for everything", owner: "ada", roles: []workflow.Role{workflow.RoleAdmin}, scopes: func(route) []string { return nil }},
	{name: "token for something else", owner: "ada", roles: []workflow.Role{workflow.RoleAdmin}, scopes: otherScope},
	{name: "token to read", owner: "ada", roles: []workflow.Role{workflow.RoleAdmin}, scopes: func(r route) []string { return []string{r.resource + ":read"} }},
	{name: "token to write", owner: "ada", roles: []workflow.Role{workflow.RoleAdmin}, scopes: func(r route) []string { return []string{r.resource + ":write"} }},
	{name: "token of a user to write", owner: "otto", roles: []workflow.Role{workflow.RoleUser}, scopes: func(r route) []string { return []string{r.resource + ":write"} }},
}

// otherScope names every resource but the route's.
func otherScope(r route) []string {
	return slices.DeleteFunc(auth.Resources(), func(name string) bool { return name == r.resource })
}

// mayUse says for each guard who passes it. A guard that is not here fails the
// test of its route.
var mayUse = map[guard.Guard][]workflow.Role{
	guard.SignedIn:  workflow.Roles(),
	guard.Authors:   {workflow.RoleAuthor, workflow.RoleAdmin},
	guard.Operators: {workflow.RoleOperator, workflow.RoleAdmin},
	guard.Admins:    {workflow.RoleAdmin},
	guard.Auditors:  {workflow.RoleAuditor, workflow.RoleAdmin},
	guard.Servers:   {workflow.RoleAdmin}, // of the default tenant, which all visitors are of
}

// verdict is what a rule makes of a visitor.
type verdict string

const (
	passes       verdict = "passes"
	notSignedIn  verdict = "is asked to sign in"
	isRefused    verdict = "is refused"
	withoutAGate verdict = "meets no rule"
)

// ruling derives the verdict from the route's rule.
func (v visitor) ruling(r route, scopes []string) verdict {
	roles, known := mayUse[r.guard]
	switch {
	case r.guard == guard.Public:
		return passes
	case !known:
		return withoutAGate
	case v.login == "" && v.owner == "":
		return notSignedIn
	case !slices.ContainsFunc(v.roles, func(role workflow.Role) bool { return slices.Contains(roles, role) }):
		return isRefused
	case v.owner == "" || scopes == nil:
		return passes
	case slices.Contains(scopes, r.resource), slices.Contains(scopes, r.resource+":write"),
		!r.write && slices.Contains(scopes, r.resource+":read"):
		return passes
	}
	return isRefused
}

func TestRoutes_by_role(t *testing.T) {
	t.Parallel()
	h := setup(t)
	if err := h.app.CreateUser(t.Context(), tandem.NewUser{Login: "aude", Roles: []string{"auditor"}, Password: auditorPassword}); err != nil {
		t.Fatal(err)
	}
	h.cookies["aude"] = h.signIn("aude", auditorPassword)
	tokens := map[string]string{}
	for _, r := range signingOutLast(tables()) {
		for _, v := range visitors {
			if v.owner != "" && (!r.api || r.resource == "") {
				continue
			}
			t.Run(r.method+r.pattern+"/"+v.name, func(t *testing.T) {
				q := r.knock(v)
				var scopes []string
				if v.owner != "" {
					scopes = v.scopes(r)
					key := v.owner + strings.Join(scopes, ",")
					if tokens[key] == "" {
						tokens[key] = h.token(v.owner, scopes...)
					}
					q.Token = tokens[key]
				}
				r.check(t, v.ruling(r, scopes), h.ask(q))
			})
		}
	}
	if faults := h.log.take(); len(faults) > 0 {
		t.Errorf("faults in the log: %s", faults)
	}
}

// signingOutLast keeps the visitors' sessions until the end.
func signingOutLast(all []route) []route {
	ends := func(r route) bool { return r.pattern == "/logout" }
	i := slices.IndexFunc(all, ends)
	if i < 0 {
		return all
	}
	last := all[i]
	return append(slices.Delete(all, i, i+1), last)
}

const auditorPassword = "aude looks at everything"

// unknown fills the parameters of a pattern with things that are not there.
var unknown = strings.NewReplacer("{id}", "0190a0a0-0000-7000-8000-000000000000", "{name}", "nothing_like_it", "{token}", "no-such-token")

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// knock is a request without content, of the kind that the route's own callers
// send.
func (r route) knock(v visitor) request {
	q := request{Method: r.method, Target: parameter.ReplaceAllString(unknown.Replace(r.pattern), "1"), Who: v.login, Header: map[string]string{}}
	if r.stream {
		q.Header["Accept"] = "text/event-stream"
	}
	if r.method != http.MethodGet {
		q.Header["Sec-Fetch-Site"] = "same-origin"
		q.Header["Content-Type"] = "application/x-www-form-urlencoded"
		if r.api {
			q.Header["Content-Type"] = "application/json"
		}
	}
	return q
}

// check compares an answer with what the rule says.
func (r route) check(t *testing.T, want verdict, a answer) {
	t.Helper()
	got := passes
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusSeeOther && a.header.Get("Location") == "/login":
		got = notSignedIn
	case a.status == http.StatusForbidden:
		got = isRefused
	}
	if got != want {
		t.Fatalf("got %d to %q, which means: %s; want: %s\n%.500s", a.status, a.header.Get("Location"), got, want, a.body)
	}
	switch want {
	case passes:
		r.checkPassed(t, a)
	case notSignedIn:
		r.checkNotSignedIn(t, a)
	}
	if a.status >= 400 {
		r.checkForm(t, a)
	}
}

// checkPassed knows that nothing of what was asked for is there.
func (r route) checkPassed(t *testing.T, a answer) {
	t.Helper()
	if a.status >= 500 {
		t.Errorf("got %d, want no fault of ours\n%.500s", a.status, a.body)
	}
	if !strings.Contains(r.pattern, "{") {
		return
	}
	possible := []int{http.StatusNotFound}
	if r.method != http.MethodGet {
		possible = append(possible, http.StatusBadRequest, http.StatusUnprocessableEntity)
	}
	if !slices.Contains(possible, a.status) {
		t.Errorf("got %d for what is not there, want one of %v\n%.500s", a.status, possible, a.body)
	}
}

func (r route) checkNotSignedIn(t *testing.T, a answer) {
	t.Helper()
	want := http.StatusSeeOther
	if r.api || r.stream {
		want = http.StatusUnauthorized
	}
	if a.status != want {
		t.Errorf("got %d, want %d", a.status, want)
	}
	if r.api && a.header.Get("WWW-Authenticate") == "" {
		t.Error("got no WWW-Authenticate, want one that says how")
	}
}

// checkForm checks that refusals are pages for people and problem documents for
// programs.
func (r route) checkForm(t *testing.T, a answer) {
	t.Helper()
	if r.api {
		a.problem(t)
		return
	}
	kind := a.header.Get("Content-Type")
	if r.stream && a.status == http.StatusUnauthorized && strings.HasPrefix(kind, "text/plain") {
		return
	}
	if !strings.HasPrefix(kind, "text/html") {
		t.Errorf("a page's refusal is %q, want text/html\n%.300s", kind, a.body)
	}
}
