package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shows says what each route shows to whom: a line for those of one tenant who
// are answered the same, with the kinds of things that they see. A route without
// a line fails the test; what nobody may see whatever the file says is in kinds.
const showsFile = "testdata/shows.txt"

// queries are what a route is asked with, beside its path.
var queries = map[string]func(e *estate) string{
	"/find":      func(e *estate) string { return "q=" + begin(e, "title") },
	"/find/list": func(e *estate) string { return "q=" + begin(e, "title") + "&on=/instances/" + e.instance },
	"/live": func(e *estate) string {
		return "on=/live/instances/" + e.instance + "&on=/live/instances&on=/tasks/live"
	},
	"/tasks/bulk":           func(e *estate) string { return "_task=" + e.task },
	"/instances/bulk":       func(e *estate) string { return "id=" + e.instance + "&action=cancel" },
	"/instances/{id}/retry": func(e *estate) string { return "from=ask" },
	"/api/v1/instances":     func(e *estate) string { return "q=" + e.instance },
	"/api/v1/audit":         func(*estate) string { return "limit=200" },
}

// moves reports whether what a route shows depends on the moment: of a stream,
// and of the audit, in which the refusals of this test are. What they must not
// show is checked all the same.
func (r route) moves() bool { return r.streams() || strings.Contains(r.pattern, "/audit") }

// begin is the first part of a mark: what is searched for is shown again.
func begin(e *estate, kind string) string { return strings.TrimSuffix(mark(e.tenant, kind), "qz") }

// ask is the request of a GET route for a tenant's things.
func (e *estate) ask(t *testing.T, r route, who string) request {
	t.Helper()
	path, err := e.target(r.pattern)
	if err != nil {
		t.Fatal(err)
	}
	q := get(who, path)
	if query := queries[r.pattern]; query != nil {
		q.Target += "?" + query(e)
	}
	if r.streams() {
		q.Listen = 250 * time.Millisecond
		q.Header = map[string]string{"Accept": "text/event-stream", "Last-Event-ID": "0-0"}
	}
	return q
}

// variants are the other ways to ask for what a page shows: as a script asks for
// a part of it, and an instance as it was at some time.
func (e *estate) variants(r route, q request) (all []request) {
	if r.api || r.streams() {
		return nil
	}
	targets := []string{q.Target}
	if r.pattern == "/instances/{id}" {
		for _, at := range []string{"1", "2", "999", "x"} {
			targets = append(targets, q.Target+"?at="+at)
		}
	}
	for i, target := range targets {
		part := get(q.Who, target)
		part.Header = map[string]string{"HX-Request": "true"}
		all = append(all, part)
		if i > 0 {
			all = append(all, get(q.Who, target))
		}
	}
	return all
}

var askedFor = regexp.MustCompile(`/(groups|secrets|members)/zq[a-z0-9]+qz`)

func (r route) streams() bool {
	return r.stream || r.api && strings.HasSuffix(r.pattern, "/events")
}

// seen lists the things of a tenant that an answer shows, in body or headers. A
// refusal that repeats the address shows nothing, nor does an audit that tells
// for which address somebody has asked.
func seen(q request, a answer, tenant string) (found []string) {
	text := strings.ToLower(a.body + fmt.Sprint(a.header))
	if a.status >= 400 {
		text = strings.ReplaceAll(text, strings.ToLower(q.Target), "")
	}
	if strings.Contains(q.Target, "/audit") {
		text = askedFor.ReplaceAllString(text, "")
	}
	for kind := range kinds {
		if strings.Contains(text, strings.ToLower(mark(tenant, kind))) {
			found = append(found, kind)
		}
	}
	slices.Sort(found)
	return found
}

// checkSight fails for what the caller, "" for nobody, must not see.
func checkSight(t *testing.T, r route, who string, q request, a answer) {
	t.Helper()
	at, login, _ := strings.Cut(who, "/")
	for _, tenant := range []string{"default", "other"} {
		for _, kind := range seen(q, a, tenant) {
			allowed := tenant == at && slices.Contains(strings.Fields(kinds[kind]), login)
			if strings.HasPrefix(r.pattern, "/guest/{token}") {
				allowed = slices.Contains(strings.Fields(guestKinds), kind)
			}
			if !allowed {
				i := strings.Index(strings.ToLower(a.body), strings.ToLower(mark(tenant, kind)))
				t.Errorf("%s %s shows %q the %s of %s: …%s…", r.method, r.pattern, who, kind, tenant, a.body[max(0, i-150):min(len(a.body), i+80)])
			}
		}
	}
	if a.status >= 500 {
		t.Errorf("%s %s for %q: %d\n%.300s", r.method, r.pattern, who, a.status, a.body)
	}
}

// Every route that reads shows everybody exactly what he may see: the people of
// two tenants, nobody, and whoever has a personal link.
func TestMatrix_reading(t *testing.T) {
	t.Parallel()
	m := setupMatrix(t)
	var mu sync.Mutex
	titles := map[string][]string{}           // of the pages that an administrator gets: their routes
	shown := map[string]map[string][]string{} // by route, then by what was seen: callers
	t.Run("as", func(t *testing.T) {
		for _, who := range everybody() {
			t.Run(who, func(t *testing.T) {
				t.Parallel()
				h := m.on(t)
				for _, r := range readingRoutes() {
					q := m.made["default"].ask(t, r, who)
					a := h.ask(q)
					checkSight(t, r, who, q, a)
					for _, v := range m.made["default"].variants(r, q) {
						b := h.ask(v)
						checkSight(t, r, who, v, b)
						if a.status >= 400 && b.status < 400 {
							t.Errorf("%s %v answers %q with %d, but the page itself with %d", v.Target, v.Header, who, b.status, a.status)
						}
					}
					if strings.HasPrefix(who, "other/") {
						continue
					}
					what := fmt.Sprint(a.status)
					if kinds := seen(q, a, "default"); len(kinds) > 0 && !r.moves() {
						what += " " + strings.Join(kinds, " ")
					}
					mu.Lock()
					if title := titleOf(a); title != "" && who == "default/admin" && a.status == 200 && !r.streams() && !strings.HasPrefix(r.pattern, "/guest/") {
						titles[title] = append(titles[title], r.pattern)
					}
					if shown[r.pattern] == nil {
						shown[r.pattern] = map[string][]string{}
					}
					shown[r.pattern][what] = append(shown[r.pattern][what], shortName(who))
					mu.Unlock()
				}
			})
		}
	})
	checkShows(t, shown)
	for title, routes := range titles {
		if len(routes) > 1 {
			t.Errorf("the pages %s have one title, %q", strings.Join(routes, ", "), title)
		}
	}
	t.Run("weight", m.weigh)
	for _, e := range m.made {
		for file, want := range map[string]int{m.made["default"].file: 404, m.made["other"].file: 404, e.file: 200} {
			if got := m.ask(get("", "/guest/"+e.link+"/attachments/"+file)).status; got != want {
				t.Errorf("the link of %s and the file %s: %d, want %d", e.tenant, file, got, want)
			}
		}
	}
	if faults := m.log.take(); len(faults) > 0 {
		t.Errorf("faults in the log: %s", faults)
	}
}

var titleTag = regexp.MustCompile(`<title>([^<]*)</title>`)

// titleOf is the title of a whole page, "" of everything else.
func titleOf(a answer) string {
	if m := titleTag.FindStringSubmatch(a.body); m != nil {
		return m[1]
	}
	return ""
}

// everybody lists who asks; the last is nobody.
func everybody() (all []string) {
	for _, tenant := range []string{"default", "other"} {
		for _, login := range callers {
			all = append(all, tenant+"/"+login)
		}
	}
	return append(all, "")
}

func shortName(who string) string {
	if who == "" {
		return "nobody"
	}
	return who[strings.Index(who, "/")+1:]
}

func readingRoutes() []route {
	return slices.DeleteFunc(tables(), func(r route) bool { return r.method != http.MethodGet })
}

func checkShows(t *testing.T, shown map[string]map[string][]string) {
	t.Helper()
	var lines []string
	for pattern, answers := range shown {
		for what, who := range answers {
			slices.Sort(who)
			lines = append(lines, fmt.Sprintf("%s to %s: %s", pattern, strings.Join(who, " "), what))
		}
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(showsFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(showsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("what routes show has changed; if on purpose, run this test with -update and read the difference (-want +got):\n%s", diff)
	}
}

// bodies are what changes are asked for with; others are asked with nothing.
func (e *estate) bodies() map[string]object {
	ids := func(id string) []string { return []string{id} }
	const one, task = "/api/v1/instances/{id}", "/api/v1/tasks/{id}"
	return map[string]object{
		"/api/v1/instances":       {"definition_name": "matrix_" + e.tenant},
		"/api/v1/instances/batch": {"items": []object{{"definition_name": "matrix_" + e.tenant}}},
		"/api/v1/instances/bulk":  {"action": "cancel", "ids": ids(e.instance), "reason": "r"},
		"/api/v1/tasks/bulk":      {"action": "claim", "ids": ids(e.task)},
		one + "/data":             {"data": object{"purpose": "x"}, "reason": "r"},
		one + "/force-complete":   {"reason": "r"},
		one + "/migrate":          {"to_version": "1.0.0", "reason": "r"},
		one + "/skip":             {"task_id": e.task, "reason": "r"},
		task + "/complete":        {"outcome": "approve"},
		task + "/comments":        {"text": "t"},
		task + "/reassign":        {"new_assignee": "nora"},
		task + "/delegate":        {"to": "nora"},
		task + "/draft":           {"data": object{"note": "n"}},
	}
}

// form holds what the forms of pages ask for.
func (e *estate) form() url.Values {
	return url.Values{
		"_outcome": {"approve"}, "text": {"t"}, "reason": {"r"}, "assignee": {"nora"}, "to": {"nora"}, "_task": {e.task}, "id": {e.instance},
		"action": {"cancel"}, "confirm": {"true"}, "which": {"these"}, "to_version": {"1.0.0"}, "task": {e.task}, "step": {"decide"}, "tenant": {"default"},
	}
}

// Nobody changes anything of another tenant, nor without a right to it.
func TestMatrix_changing(t *testing.T) {
	t.Parallel()
	m := setupMatrix(t)
	e := m.made["default"]
	e.login = "lone-default"
	before := m.state(e)
	for _, who := range everybody() {
		for _, r := range changingRoutes() {
			if slices.ContainsFunc(mayChange(who), func(part string) bool { return strings.Contains(r.pattern, part) }) {
				continue
			}
			for _, q := range e.changes(t, r, who) {
				a := m.ask(q)
				checkSight(t, r, who, q, a)
				allowed := []int{400, 401, 403, 404, 422}
				free := !strings.Contains(r.pattern, "{") || strings.HasPrefix(who, "default/") && strings.HasPrefix(r.pattern, "/definitions/{name}")
				toLogin := who == "" && a.status == http.StatusSeeOther && a.header.Get("Location") == "/login"
				if !free && !toLogin && !slices.Contains(allowed, a.status) {
					t.Errorf("%s %s %v as %q: %d to %q, want one of %v\n%.300s", r.method, q.Target, q.Header, who, a.status, a.header.Get("Location"), allowed, a.body)
				}
			}
		}
	}
	if diff := cmp.Diff(before, m.state(e)); diff != "" {
		t.Errorf("somebody without a right to it changed something (-before +after):\n%s", diff)
	}
	m.checkWays(t, e)
	if faults := m.log.take(); len(faults) > 0 {
		t.Errorf("faults in the log: %s", faults)
	}
}

// decides are the routes by which whoever has a task decides it: the ways of
// TestDecide_every_way_keeps_every_rule.
var decides = []string{"/tasks/{id}/complete", "/tasks/bulk", "/api/v1/tasks/{id}/complete", "/api/v1/tasks/bulk"}

// checkWays fails for any other route by which the task is decided: one that is
// added needs a way in that test.
func (m *matrixHouse) checkWays(t *testing.T, e *estate) {
	t.Helper()
	status := func() string {
		return m.expect(http.StatusOK, get("default/admin", "/api/v1/tasks/"+e.task)).field(t, "status")
	}
	for _, r := range changingRoutes() {
		if slices.Contains(decides, r.pattern) || strings.HasPrefix(r.pattern, "/profile") { // what is her own would sign her out
			continue
		}
		for _, q := range e.changes(t, r, "default/uma") {
			m.ask(q)
			if got := status(); got != "pending" {
				t.Fatalf("%s %s by who has the task makes it %s", r.method, r.pattern, got)
			}
		}
	}
	m.expect(http.StatusOK, jsonPost("default/uma", "/api/v1/tasks/"+e.task+"/complete", `{"outcome": "approve"}`))
	if got := status(); got != "completed" {
		t.Errorf("after its decision the task is %s", got)
	}
}

// mayChange gives parts of the patterns that are left out for somebody, because
// he has a right to what they change: of the others he has none.
func mayChange(who string) []string {
	work := []string{"/instances", "/tasks", "/operations"}
	switch who {
	case "default/admin":
		return []string{"/"}
	case "default/operator":
		return append(work, "/definitions")
	case "default/author":
		return []string{"/definitions"}
	case "default/uma": // the task is hers, and so are the token, the view and what stands in her profile
		return append(work, "/profile", "/tokens", "/views", "/sessions", "/substitutes", "/attachments")
	case "default/auditor": // stands in for uma
		return []string{"/tasks"}
	case "default/ursel": // started the instance
		return work
	}
	return nil
}

// changes is a change as a page, a script or a program asks for it.
func (e *estate) changes(t *testing.T, r route, who string) []request {
	t.Helper()
	q := e.change(t, r, who)
	if r.api {
		return []request{q}
	}
	part := q
	part.Header = maps.Clone(q.Header)
	if part.Header == nil {
		part.Header = map[string]string{}
	}
	part.Header["HX-Request"] = "true"
	return []request{q, part}
}

// changingRoutes leaves out what acts by the link in its address, whoever calls,
// and what ends the caller's session.
func changingRoutes() []route {
	return slices.DeleteFunc(tables(), func(r route) bool {
		return r.method == http.MethodGet || strings.HasPrefix(r.pattern, "/guest/") || r.pattern == "/logout"
	})
}

func (e *estate) change(t *testing.T, r route, who string) request {
	t.Helper()
	path, err := e.target(r.pattern)
	if err != nil {
		t.Fatal(err)
	}
	if !r.api {
		q := formPost(who, path, e.form())
		q.Method = r.method
		return q
	}
	body := e.bodies()[r.pattern]
	if body == nil {
		body = object{}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	q := jsonPost(who, path, string(text))
	q.Method = r.method
	return q
}

// state is what a tenant has, as its admin reads it.
func (m *matrixHouse) state(e *estate) map[string]string {
	m.t.Helper()
	all := map[string]string{}
	for _, r := range []string{
		"/instances/{id}", "/instances/{id}/history", "/tasks/{id}", "/definitions/{name}", "/definitions/{name}/versions", "/users/{login}", "/groups/{name}", "/subscriptions/{id}",
		"/secrets/{name}", "/tokens/{id}", "/operations/{id}",
	} {
		path, err := e.target("/api/v1" + r)
		if err != nil {
			m.t.Fatal(err)
		}
		all[r] = m.expect(http.StatusOK, get(e.tenant+"/admin", path)).body
	}
	all["sessions"] = m.expect(http.StatusOK, get(e.tenant+"/uma", "/profile")).body
	all["sessions"] = fmt.Sprint(strings.Count(all["sessions"], "/profile/sessions/"), strings.Contains(all["sessions"], e.stand))
	all["views"] = fmt.Sprint(strings.Contains(m.expect(http.StatusOK, get(e.tenant+"/uma", "/instances?status=failed")).body, e.view))
	return all
}
