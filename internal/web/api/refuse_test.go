package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tandem/internal/web/api"
	"tandem/internal/web/guard"
)

// refused sends a request and checks that it is answered with a problem
// document of the status, with a sentence that has the words.
func (h *house) refused(t *testing.T, status int, q request, words string) {
	t.Helper()
	a := h.send(q)
	var p struct {
		Type, Title, Detail, Instance string
		Status                        int
		Errors                        []struct{ Pointer, Message, Code string }
	}
	if err := json.Unmarshal(a.Body, &p); err != nil || a.Status != status || p.Status != status {
		t.Errorf("%s %s %.80s: got %d (%v), want %d\n%s", q.Method, q.Path, q.Body, a.Status, err, status, a.Body)
		return
	}
	if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s %s: Content-Type: got %q", q.Method, q.Path, kind)
	}
	if !strings.Contains(string(a.Body), words) || !strings.HasSuffix(p.Detail, ".") || p.Type == "" || p.Title == "" || p.Instance == "" {
		t.Errorf("%s %s %.80s: got %s, want a whole problem with a sentence that has %q", q.Method, q.Path, q.Body, a.Body, words)
	}
}

// target fills a route's pattern with what exists, or with an id.
func target(r api.Route, instance, task string) string {
	path, below := strings.CutPrefix(r.Pattern, v1)
	if !below {
		path = "/" + path
	}
	id := instance
	if strings.HasPrefix(path, "/tasks/") {
		id = task
	}
	return strings.NewReplacer("{id}", id, "{name}", "expense_approval").Replace(path)
}

// operations are the routes that need somebody.
func (h *house) operations() []api.Route {
	var all []api.Route
	for _, r := range h.api.Routes() {
		if r.Guard != guard.Public {
			all = append(all, r)
		}
	}
	return all
}

func TestAPI_WhoCalls(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, task := h.expenseTask()
	for _, r := range h.operations() {
		q := request{Method: r.Method, Path: target(r, instance, task)}
		h.refused(t, http.StatusUnauthorized, q, "Sign in")
		if got := h.send(q).Header.Get("WWW-Authenticate"); got != `Bearer realm="Tandem"` {
			t.Errorf("%s %s: WWW-Authenticate: got %q", q.Method, q.Path, got)
		}
		q.Header = map[string]string{"Cookie": "who=ada"}
		q.Who = "nobody"
		h.refused(t, http.StatusUnauthorized, q, "token is not known") // never falls back to the cookie
		q.Who, q.Header = "reader", nil
		switch status := h.send(q).Status; {
		case r.Write || slices.Contains([]string{"stats", "audit", "users", "groups", "tokens", "metrics", "tenants", "substitutes"}, r.Resource):
			h.refused(t, http.StatusForbidden, q, "scope")
		case status == http.StatusForbidden:
			t.Errorf("%s %s: a reading token may not read", q.Method, q.Path)
		}
		if r.Guard == guard.Authors {
			h.refused(t, http.StatusForbidden, request{Who: "otto", Method: r.Method, Path: q.Path}, "role author")
		}
	}
}

func TestAPI_Session(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, _ := h.expenseTask()
	cookie := func(more ...string) map[string]string {
		header := map[string]string{"Cookie": "who=ada"}
		for i := 0; i < len(more); i += 2 {
			header[more[i]] = more[i+1]
		}
		return header
	}
	for name, c := range map[string]struct {
		header map[string]string
		body   string
		status int
	}{
		"nothing said":              {cookie(), "{}", 403},
		"cross-site":                {cookie("Sec-Fetch-Site", "cross-site", "Origin", "https://tandem.example"), "{}", 403},
		"same-site":                 {cookie("Sec-Fetch-Site", "same-site"), "{}", 403},
		"foreign origin":            {cookie("Origin", "https://evil.example"), "{}", 403},
		"null origin":               {cookie("Origin", "null"), "{}", 403},
		"a form":                    {cookie("Sec-Fetch-Site", "same-origin", "Content-Type", "text/plain"), "{}", 403},
		"an empty form":             {cookie("Sec-Fetch-Site", "same-origin", "Content-Type", "application/x-www-form-urlencoded"), "", 403},
		"own page":                  {cookie("Sec-Fetch-Site", "same-origin"), "{}", 200},
		"own page, no body":         {cookie("Sec-Fetch-Site", "same-origin"), "", 200},
		"own origin, older browser": {cookie("Origin", "https://tandem.example"), "{}", 200},
	} {
		verb := "/pause"
		if c.status == http.StatusOK && h.get("ada", "/instances/"+instance)["status"] == "paused" {
			verb = "/resume"
		}
		a := h.send(request{Method: http.MethodPost, Path: "/instances/" + instance + verb, Body: c.body, Header: c.header})
		if a.Status != c.status {
			t.Errorf("%s: got %d, want %d\n%s", name, a.Status, c.status, a.Body)
		}
	}
	equal(t, "reading needs no origin", h.send(request{Method: http.MethodGet, Path: "/instances", Header: cookie()}).Status, 200)
}

func TestAPI_UnknownAndMalformedIDs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for _, r := range h.operations() {
		if !strings.Contains(r.Pattern, "{") || r.Method == http.MethodPut && r.Resource == "secrets" {
			continue // the second makes what its path names
		}
		for _, id := range []string{uuid.NewString(), "1", "no-id", "{" + uuid.NewString() + "}", strings.ReplaceAll(uuid.NewString(), "-", ""), "%00", "%ff", "..%2f..", strings.Repeat("x", 3000)} {
			path := strings.NewReplacer("{id}", id, "{name}", id, "{login}", id, "{version}", id, "{index}", id).Replace(strings.TrimPrefix(r.Pattern, v1))
			body := ""
			if r.Write {
				body = plainBody(r.Method, r.Pattern)
			}
			h.refused(t, http.StatusNotFound, request{Who: "ada", Method: r.Method, Path: path, Body: body}, "There is no")
		}
	}
	h.refused(t, http.StatusNotFound, request{Who: "ada", Method: "GET", Path: "/definitions/x?version=banana"}, "")
}

// plainBody gives the least that an operation takes.
func plainBody(method, pattern string) string {
	switch {
	case strings.HasSuffix(pattern, "/fail"):
		return `{"code": "x", "message": "x"}`
	case method == http.MethodPut && strings.Contains(pattern, "/tenants/"):
		return `{"home": "default", "roles": ["user"]}`
	case strings.HasSuffix(pattern, "/extend"):
		return `{"lock_for": "1m"}`
	}
	return "{}"
}

// ownWords are what people keep for themselves: of others' it is said in other
// words that it is not theirs.
var ownWords = []string{"substitutes", "views"}

func TestAPI_NotYours(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, task := h.expenseTask()
	for _, r := range h.operations() {
		if strings.Contains(r.Pattern, "{id}") && r.Guard != guard.Operators && r.Guard != guard.Admins && r.Resource != "tokens" && !slices.Contains(ownWords, strings.Split(strings.TrimPrefix(r.Pattern, v1), "/")[1]) {
			h.refused(t, http.StatusNotFound, request{Who: "arno", Method: r.Method, Path: target(r, instance, task), Body: "{}"}, "you may not see it")
		}
	}
	equal(t, "instances", h.get("arno", "/instances")["total"], number("0"))
	equal(t, "tasks", h.get("arno", "/tasks")["total"], number("0"))
	h.refused(t, http.StatusForbidden, request{Who: "otto", Method: "POST", Path: "/tasks/" + task + "/complete", Body: `{"outcome":"approve","output_data":{"cost_centre":"ab"}}`}, "")
	h.refused(t, http.StatusForbidden, request{Who: "finn", Method: "POST", Path: "/instances/" + instance + "/pause"}, "")
}

func TestAPI_BadBodies(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, task := h.expenseTask()
	for _, r := range h.operations() {
		isFile := strings.HasSuffix(r.Pattern, "/attachments")
		if !r.Write || r.Guard == guard.Authors || isFile || r.Method == http.MethodDelete {
			continue
		}
		for _, c := range []struct {
			body   string
			status int
			words  string
		}{
			{`{"reason": `, 400, "not JSON"},
			{`{} {}`, 400, "goes on"},
			{"{\"reason\": \"\xff\"}", 400, "not Unicode"},
			{`{"reason": "\ud800"}`, 400, "not Unicode"},
			{`{"reason": "a\u0000b"}`, 400, "U+0000"},
			{`{"x": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, 400, "levels deep"},
			{`{"surprise": 1}`, 422, `"pointer":"/surprise"`},
			{`[]`, 422, "must be a JSON object"},
			{`null`, 422, "must be a JSON object"},
			{`"text"`, 422, "must be a JSON object"},
			{`{"reason": "` + strings.Repeat("x", 2<<20) + `"}`, 413, "Send less"},
		} {
			if c.status == 413 && strings.HasSuffix(r.Pattern, api.BatchPath) {
				continue // takes more: TestAPI_BadInput_generated
			}
			h.refused(t, c.status, request{Who: "ada", Method: r.Method, Path: target(r, instance, task), Body: c.body}, c.words)
		}
		h.refused(t, http.StatusUnsupportedMediaType, request{
			Who: "ada", Method: r.Method, Path: target(r, instance, task), Body: "a=b", Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		}, "must be JSON")
	}
}

func TestAPI_BadInput(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, task := h.expenseTask()
	long := `"` + strings.Repeat("x", 10_001) + `"`
	for _, c := range []struct {
		who, path, body string
		status          int
		words           string
	}{
		{"otto", "/instances", `{}`, 422, `"pointer":"/definition_name"`},
		{"otto", "/instances", ``, 400, "required"},
		{"otto", "/instances", `{"definition_name": 5}`, 422, "expected string"},
		{"otto", "/instances", `{"definition_name": "nothing"}`, 404, "nothing"},
		{"otto", "/instances", `{"definition_name": "expense_approval", "version": "9.9.9"}`, 404, "no such workflow"},
		{"otto", "/instances", `{"definition_name": "expense_approval"}`, 422, `"pointer":"/input_data/amount"`},
		{"otto", "/instances", `{"definition_name": "expense_approval", "input_data": []}`, 422, "expected object"},
		{"otto", "/instances", `{"definition_name": "expense_approval", "input_data": {"purpose": "abc", "category": "other", "amount": "6"}}`, 422, "/input_data/amount"},
		{"otto", "/instances", `{"definition_name": "expense_approval", "input_data": {"purpose": "abc", "category": "other", "amount": 1e999}}`, 422, "/input_data/amount"},
		{"otto", "/instances", `{"definition_name": "expense_approval", "start_at": "2999-01-01T00:00:00Z"}`, 422, `"pointer":"/start_at"`},
		{"otto", "/instances", `{"definition_name": "expense_approval", "user_id": "ada"}`, 403, "user_id"},
		{"otto", "/instances", `{"definition_name": "expense_approval", "tenant_id": "other"}`, 403, "tenant_id"},
		{"olga", "/instances/" + instance + "/retry", `{}`, 409, ""},
		{"olga", "/instances/" + instance + "/retry", `{"from_step": "finance"}`, 409, "has not failed"},
		{"otto", "/instances/" + instance + "/retry", `{}`, 403, "may not operate"},
		{"olga", "/instances/" + instance + "/skip", ``, 422, "reason"},
		{"olga", "/instances/" + instance + "/skip", `{"reason": "x"}`, 422, "Name what"},
		{"olga", "/instances/" + instance + "/skip", `{"reason": "x", "step": "nowhere"}`, 422, "no step"},
		{"olga", "/instances/" + instance + "/skip", `{"reason": "x", "step": "route"}`, 409, "nothing to skip"},
		{"olga", "/instances/" + instance + "/skip", `{"reason": "x", "task_id": "1"}`, 422, "no id"},
		{"olga", "/instances/" + instance + "/skip", `{"reason": "x", "execution_id": "` + instance + `"}`, 404, "no such execution"},
		{"olga", "/instances/" + instance + "/skip", `{"reason": "x", "step": "finance", "output": 1}`, 422, "no field"},
		{"otto", "/instances/" + instance + "/skip", `{"reason": "x", "step": "finance"}`, 403, "may not operate"},
		{"olga", "/instances/" + instance + "/force-complete", `{"reason": " "}`, 422, "reason"},
		{"olga", "/instances/" + instance + "/force-complete", `{"reason": ` + long + `}`, 413, "reason"},
		{"otto", "/instances/" + instance + "/force-complete", `{"reason": "x"}`, 403, "may not operate"},
		{"olga", "/instances/" + instance + "/retry", `{"clear_error": false}`, 422, "clear_error"},
		{"olga", "/instances/" + instance + "/resume", ``, 409, ""},
		{"olga", "/instances/" + instance + "/pause", `{"reason": ` + long + `}`, 413, "reason"},
		{"finn", "/tasks/" + task + "/complete", `{}`, 422, "outcome"},
		{"finn", "/tasks/" + task + "/complete", `{"outcome": "maybe"}`, 422, "outcome"},
		{"finn", "/tasks/" + task + "/complete", `{"outcome": "approve"}`, 422, "/output_data/cost_centre"},
		{"finn", "/tasks/" + task + "/complete", `{"outcome": "reject", "output_data": "no"}`, 422, "expected object"},
		{"finn", "/tasks/" + task + "/complete", `{"outcome": "reject", "completed_by": "ada"}`, 403, "completed_by"},
		{"finn", "/tasks/" + task + "/complete", `{"outcome": "reject", "version": 99}`, 409, "changed"},
		{"finn", "/tasks/" + task + "/complete", `{"outcome": "reject", "version": "1"}`, 422, "expected integer"},
		{"finn", "/tasks/" + task + "/complete", `{"outcome": "reject", "version": 99999999999999999999}`, 422, "version"},
		{"finn", "/tasks/" + task + "/complete", `{"outcome": "reject", "version": 1.5}`, 422, "expected integer"},
		{"finn", "/tasks/" + task + "/complete", `{"outcome": "reject", "comment": ` + long + `}`, 413, "comment"},
		{"finn", "/tasks/" + task + "/claim", `{"user_id": "ada"}`, 403, "user_id"},
		{"finn", "/tasks/" + task + "/unclaim", ``, 409, "nothing to give back"},
		{"olga", "/tasks/" + task + "/reassign", `{}`, 422, "person or a group"},
		{"olga", "/tasks/" + task + "/reassign", `{"new_assignee": "fred", "new_group": "staff"}`, 422, "person or a group"},
		{"finn", "/tasks/" + task + "/reassign", `{"new_assignee": "fred"}`, 403, ""},
		{"arno", "/definitions", `{"format": 1}`, 422, `"pointer"`},
		{"arno", "/definitions", ``, 400, "required"},
		{"arno", "/definitions", strings.Repeat("x", 1<<20+1), 413, ""},
		{"arno", "/definitions", strings.Repeat("x", 3<<20), 413, ""},
		{"arno", "/definitions/validate", strings.Repeat("x", 1<<20+1), 413, ""},
	} {
		h.refused(t, c.status, request{Who: c.who, Method: http.MethodPost, Path: c.path, Body: c.body}, c.words)
	}
	equal(t, "nothing changed", h.get("otto", "/instances/"+instance)["status"], "waiting")
}

func TestAPI_BadQueries(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, _ := h.expenseTask()
	for path, words := range map[string]string{
		"/instances?status=banana":                             "pending, running, waiting",
		"/instances?status=running&status=banana":              "pending, running, waiting",
		"/instances?limit=0":                                   ">= 1",
		"/instances?limit=201":                                 "<= 200",
		"/instances?limit=ten":                                 "integer",
		"/instances?offset=-1":                                 ">= 0",
		"/instances?offset=10001":                              "<= 10000",
		"/instances?cursor=banana":                             "cursor",
		"/instances?started_after=yesterday":                   "2026-03-31T12:00:00Z",
		"/instances?completed_before=2026-01-01":               "2026-03-31T12:00:00Z",
		"/instances?sort=name":                                 "-started_at",
		"/instances?statuses=running":                          "Take one of: assignee, completed_after",
		"/instances?q=a&q=b":                                   "Give it once",
		"/instances?q=%00":                                     "U+0000",
		"/instances?q=%ff":                                     "not Unicode",
		"/instances?q=%zz":                                     "cannot be read",
		"/instances/" + instance + "?x=1":                      "no parameter",
		"/instances/" + instance + "/history?cursor=x":         "cursor",
		"/instances/" + instance + "/graph?direction=UP":       "TD, LR, BT, RL",
		"/instances/" + instance + "/graph?at=now":             "2026-03-31T12:00:00Z",
		"/tasks?status=open":                                   "pending, completed, canceled",
		"/tasks?mine=perhaps":                                  "boolean",
		"/tasks?overdue=perhaps":                               "true, false",
		"/tasks?instance_id=5":                                 "instance_id",
		"/tasks?due_before=soon":                               "2026-03-31T12:00:00Z",
		"/tasks?mine=true&status=completed&assignee_id=x":      "exclude each other",
		"/definitions?active_only=2":                           "boolean",
		"/definitions?cursor=x":                                "cursor",
		"/definitions/expense_approval/versions?cursor=x":      "cursor",
		"/definitions/expense_approval/graph?graph_format=svg": "mermaid, json, dot",
	} {
		h.refused(t, http.StatusBadRequest, request{Who: "finn", Method: http.MethodGet, Path: path}, words)
	}
}

func TestAPI_FinishedInstance(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, task := h.expenseTask()
	path := "/instances/" + instance
	equal(t, "paused", h.post(200, "olga", path+"/pause", `{"reason": "audit"}`)["status"], "paused")
	h.refused(t, http.StatusConflict, request{Who: "olga", Method: "POST", Path: path + "/pause"}, "")
	h.refused(t, http.StatusConflict, request{Who: "finn", Method: "POST", Path: "/tasks/" + task + "/complete", Body: `{"outcome":"reject"}`}, "")
	equal(t, "resumed", h.post(200, "olga", path+"/resume", ``)["status"], "waiting")
	equal(t, "canceled", h.post(200, "olga", path+"/cancel", `{"reason": "no longer needed"}`)["status"], "canceled")
	for _, verb := range []string{"cancel", "pause", "resume", "retry"} {
		h.refused(t, http.StatusConflict, request{Who: "olga", Method: "POST", Path: path + "/" + verb}, "")
	}
	h.refused(t, http.StatusConflict, request{Who: "finn", Method: "POST", Path: "/tasks/" + task + "/claim"}, "")
	equal(t, "task", h.get("finn", "/tasks/"+task)["status"], "canceled")
}

func TestAPI_Preconditions(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, task := h.expenseTask()
	for _, verb := range []request{
		{Who: "finn", Path: "/tasks/" + task + "/claim"},
		{Who: "olga", Path: "/instances/" + instance + "/pause"},
	} {
		thing := verb.Path[:strings.LastIndexByte(verb.Path, '/')]
		current := h.send(request{Who: verb.Who, Method: "GET", Path: thing}).Header.Get("ETag")
		verb.Method = http.MethodPost
		for _, wrong := range []string{`"0"`, `W/` + current, "banana", `"7", "8000"`} {
			verb.Header = map[string]string{"If-Match": wrong}
			h.refused(t, http.StatusPreconditionFailed, verb, "changed")
		}
		verb.Header = map[string]string{"If-Match": `"0", ` + current}
		if a := h.send(verb); a.Status != http.StatusOK || a.Header.Get("ETag") == current {
			t.Errorf("%s: got %d and the ETag %s, want 200 and another one\n%s", verb.Path, a.Status, a.Header.Get("ETag"), a.Body)
		}
	}
}

func TestAPI_ReassignAway(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, task := h.expenseTask()
	h.post(200, "finn", "/tasks/"+task+"/claim", "")
	given := h.post(200, "finn", "/tasks/"+task+"/reassign", `{"new_group": "executives", "reason": "not mine"}`)
	equal(t, "candidate_groups", given["candidate_groups"], any([]any{"executives"}))
	h.refused(t, http.StatusNotFound, request{Who: "finn", Method: "GET", Path: "/tasks/" + task}, "may not see it")
}

func TestAPI_Closing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, _ := h.expenseTask()
	h.close()
	q := request{Who: "olga", Method: "POST", Path: "/instances/" + instance + "/pause"}
	h.refused(t, http.StatusServiceUnavailable, q, "shutting down")
	if got := h.send(q).Header.Get("Retry-After"); got == "" {
		t.Error("Retry-After: got none")
	}
	h.get("olga", "/instances/"+instance)
}
