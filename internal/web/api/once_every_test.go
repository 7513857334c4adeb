package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// unkeyed are the POST operations that take no Idempotency-Key, each with its
// reason.
var unkeyed = map[string]string{
	"validate-definition": "changes nothing",
	"fetch-jobs":          "each fetch is for other jobs; what a lost answer has locked comes again",
	"receive-hook":        "providers send no such header; an address takes one call a visit, and a signed call is known by its own id",
}

const (
	asksTwice = "format: 1\nname: asks\nversion: 1.0.0\nsteps:\n- {name: ask, type: human, anyone: true, outcomes: [yes, no]}\n- {name: after, type: human, anyone: true}\nedges: [{source: ask, target: after}]\n"
	fails     = "format: 1\nname: fails\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: fail, with: {message: no}}]\n"
)

// ready prepares what an operation needs and gives its path and a body.
type ready func(h *house) (path, body string)

// of starts an instance of asks and gives a request of its one task or of itself.
func of(kind, verb, body string) ready {
	return func(h *house) (string, string) {
		id := h.post(http.StatusCreated, "ada", "/instances", `{"definition_name": "asks"}`)["id"].(string)
		if kind == "/tasks/" {
			id = h.get("ada", "/tasks?instance_id="+id)["items"].([]any)[0].(map[string]any)["id"].(string)
		}
		return kind + id + verb, body
	}
}

func ask(path, body string) ready { return func(*house) (string, string) { return path, body } }

// does has an operation done beforehand, on the same thing.
func does(prepared ready, verb, body, next, nextBody string) ready {
	return func(h *house) (string, string) {
		path, _ := prepared(h)
		one := path[:strings.LastIndexByte(path, '/')]
		if a := h.send(request{Who: "ada", Method: http.MethodPost, Path: one + verb, Body: body}); a.Status >= 300 {
			h.t.Fatalf("%s: %d %s", verb, a.Status, a.Body)
		}
		return one + next, nextBody
	}
}

// made makes a thing and gives a request below it.
func made(path, body, verb, verbBody string) ready {
	return func(h *house) (string, string) {
		a := h.want(http.StatusCreated, request{Who: "ada", Method: http.MethodPost, Path: path, Body: body})
		return path + "/" + a["id"].(string) + verb, verbBody
	}
}

// job has a job fetched and gives a report of it.
func job(verb, body string) ready {
	return func(h *house) (string, string) {
		h.post(http.StatusCreated, "ada", "/instances", `{"definition_name": "scanning", "input_data": {"page": 1}}`)
		return "/worker/jobs/" + h.fetchJob(h.t)["id"].(string) + verb, body
	}
}

// keyed prepares a request for each POST operation that takes a key.
var keyed = map[string]ready{
	"create-definition":       ask("/definitions", "format: 1\nname: fresh\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop}]\n"),
	"start-instance":          ask("/instances", `{"definition_name": "asks"}`),
	"start-batch":             ask("/instances/batch", `{"items": [{"definition_name": "asks"}, {"definition_name": "asks"}]}`),
	"start-bulk":              ask("/instances/bulk", `{"action": "pause", "filter": {"q": "nothing"}}`),
	"cancel-operation":        func(h *house) (string, string) { return "/operations/" + h.longOperation() + "/cancel", `{}` },
	"cancel-instance":         of("/instances/", "/cancel", `{"reason": "x"}`),
	"pause-instance":          of("/instances/", "/pause", `{"reason": "x"}`),
	"resume-instance":         does(of("/instances/", "/resume", ""), "/pause", `{}`, "/resume", `{"reason": "x"}`),
	"retry-instance":          func(h *house) (string, string) { return "/instances/" + h.failed() + "/retry", `{"reason": "x"}` },
	"skip-step":               of("/instances/", "/skip", `{"step": "ask", "reason": "x"}`),
	"force-complete-instance": of("/instances/", "/force-complete", `{"reason": "x"}`),
	"migrate-instance":        of("/instances/", "/migrate", `{"to_version": "1.0.0", "reason": "x"}`),
	"claim-task":              of("/tasks/", "/claim", `{"version": 1}`),
	"unclaim-task":            does(of("/tasks/", "/unclaim", ""), "/claim", `{}`, "/unclaim", `{"version": 2}`),
	"complete-task":           of("/tasks/", "/complete", `{"outcome": "yes"}`),
	"reassign-task":           of("/tasks/", "/reassign", `{"new_assignee": "fred"}`),
	"delegate-task":           does(of("/tasks/", "/delegate", ""), "/claim", `{}`, "/delegate", `{"to": "fred"}`),
	"return-task":             does(does(of("/tasks/", "/return", ""), "/claim", `{}`, "/x", ""), "/delegate", `{"to": "fred"}`, "/return", `{}`),
	"comment-task":            of("/tasks/", "/comments", `{"text": "x"}`),
	"bulk-tasks": func(h *house) (string, string) {
		return "/tasks/bulk", `{"action": "claim", "ids": ["` + h.oneTask() + `"]}`
	},
	"upload-attachment":   of("/tasks/", "/attachments?name=note.txt", "a note\n"),
	"send-message":        ask("/messages", `{"name": "paid", "key": "A", "data": 1}`),
	"complete-job":        job("/complete", `{"output_data": 1}`),
	"fail-job":            job("/fail", `{"code": "x", "message": "x"}`),
	"extend-job":          job("/extend", `{"lock_for": "5m"}`),
	"report-job":          job("/progress", `{"percent": 5}`),
	"create-subscription": ask("/subscriptions", `{"url": "https://example.com/"}`),
	"test-subscription":   made("/subscriptions", `{"url": "https://example.com/"}`, "/test", `{}`),
	"redeliver":           func(h *house) (string, string) { return "/deliveries/" + h.oneDelivery() + "/redeliver", `{}` },
	"create-user":         ask("/users", `{"login": "nina"}`),
	"create-password-link": func(h *house) (string, string) {
		h.post(201, "ada", "/users", `{"login": "otto"}`)
		return "/users/otto/link", `{}`
	},
	"create-group":      ask("/groups", `{"name": "legal"}`),
	"create-tenant":     ask("/tenants", `{"name": "north"}`),
	"create-token":      ask("/tokens", `{"label": "x"}`),
	"rotate-token":      made("/tokens", `{"label": "x"}`, "/rotate", `{}`),
	"create-substitute": ask("/substitutes", `{"substitute": "fred", "until": "2099-12-31T00:00:00Z", "from": "2099-12-01T00:00:00Z"}`),
	"save-view":         ask("/views", `{"name": "Mine", "query": "status=failed"}`),
	"run-schedule":      ask("/schedules/hourly/0/run", `{}`),
}

func (h *house) oneTask() string {
	path, _ := of("/tasks/", "", "")(h)
	return strings.TrimPrefix(path, "/tasks/")
}

func (h *house) oneDelivery() string {
	path, body := made("/subscriptions", `{"url": "https://example.com/"}`, "/test", `{}`)(h)
	return h.post(http.StatusAccepted, "ada", path, body)["id"].(string)
}

func (h *house) failed() string {
	h.t.Helper()
	in := h.want(http.StatusCreated, request{Who: "ada", Method: http.MethodPost, Path: "/instances", Body: `{"definition_name": "fails"}`, Header: map[string]string{"Prefer": "wait=20"}})
	return in["id"].(string)
}

// longOperation begins an operation that is still under way when it is canceled:
// there are more instances than one batch takes.
func (h *house) longOperation() string {
	h.t.Helper()
	items := strings.Repeat(`{"definition_name": "asks"},`, 999) + `{"definition_name": "asks"}`
	h.post(http.StatusOK, "ada", "/instances/batch", `{"items": [`+items+`]}`)
	return h.post(http.StatusAccepted, "ada", "/instances/bulk", `{"action": "pause", "filter": {"definition_name": ["asks"]}}`)["id"].(string)
}

// TestAPI_IdempotencyKey_everyPost is generated from the OpenAPI document: each
// POST takes a key, or is listed with its reason. Sent twice under one key it has
// its effect once and gives the first answer; with another body it is refused.
func TestAPI_IdempotencyKey_everyPost(t *testing.T) {
	t.Parallel()
	h := onPostgres(t)
	for _, doc := range []string{asksTwice, fails, scanning, hourly} {
		h.apply(doc)
	}
	h.apply(strings.Replace(asksTwice, "1.0.0", "1.1.0", 1))
	for _, login := range []string{"ada", "fred"} {
		h.post(http.StatusCreated, "ada", "/users", `{"login": "`+login+`", "roles": ["admin"]}`)
	}
	posts := 0
	doc := h.readDocument()
	for _, op := range doc.operations() {
		if op.method != http.MethodPost {
			continue
		}
		posts++
		takes := slices.ContainsFunc(op.params, func(p parameter) bool { return p.name == "Idempotency-Key" })
		prepare, known := keyed[op.id]
		switch reason := unkeyed[op.id]; {
		case takes == (reason != ""):
			t.Errorf("%s takes an Idempotency-Key: %v; the reason against it is %q", op.id, takes, reason)
		case takes && !known:
			t.Errorf("%s has no request in the table keyed", op.id)
		case takes:
			h.twice(t, doc, op, prepare)
		}
	}
	if posts < len(keyed) {
		t.Errorf("%d POST operations in the document, and the table has %d", posts, len(keyed))
	}
}

// twice sends a request twice under one key, and another one under the same.
func (h *house) twice(t *testing.T, doc document, op operation, prepare ready) {
	t.Helper()
	path, body := prepare(h)
	q := request{Who: "ada", Method: http.MethodPost, Path: path, Body: body, Header: map[string]string{"Idempotency-Key": "key of " + op.id}}
	if op.takesBytes() {
		q.Header["Content-Type"] = op.media[0]
	}
	first := h.send(q)
	if first.Status >= 300 || first.Header.Get("Idempotency-Replayed") != "" {
		t.Errorf("%s: %d, replayed %q\n%s\n%.600s", op.id, first.Status, first.Header.Get("Idempotency-Replayed"), body, first.Body)
		return
	}
	again := h.send(q)
	if again.Status != first.Status || again.Header.Get("Idempotency-Replayed") != "true" || again.Header.Get("Location") != first.Header.Get("Location") {
		t.Errorf("%s again: %d, replayed %q, at %q; want %d, true, %q\n%.600s", op.id,
			again.Status, again.Header.Get("Idempotency-Replayed"), again.Header.Get("Location"), first.Status, first.Header.Get("Location"), again.Body)
	}
	if a, b := identity(first), identity(again); a != b {
		t.Errorf("%s: the first answer is about %s, the second about %s", op.id, a, b)
	}
	if q.Body = op.otherBody(doc, body); q.Body == "" {
		return // it takes no other
	}
	if a := h.send(q); a.Status != http.StatusUnprocessableEntity || !strings.Contains(string(a.Body), "key_reused") {
		t.Errorf("%s with another body: %d\n%s\n%.600s", op.id, a.Status, q.Body, a.Body)
	}
}

// otherBody changes a body within its schema; "" when the schema has no text to
// change.
func (o operation) otherBody(doc document, body string) string {
	if o.takesBytes() {
		return body + "\n"
	}
	if o.id == "start-batch" {
		return strings.Replace(body, "asks", "fails", 1)
	}
	var fields map[string]any
	if json.Unmarshal([]byte(body), &fields) != nil {
		return ""
	}
	properties := doc.resolve(o.body).Properties
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		field := doc.resolve(properties[name])
		switch {
		case field.is("string") && len(field.Enum) == 0 && field.Format == "":
			fields[name] = "another"
		case field.is("integer") || field.is("number"):
			fields[name] = 7
		default:
			continue
		}
		text, _ := json.Marshal(fields)
		return string(text)
	}
	return ""
}

// identity is what an answer is about.
func identity(a answer) string {
	type thing struct {
		ID    string `json:"id"`
		Login string `json:"login"`
		Name  string `json:"name"`
	}
	var v struct {
		thing
		Items []thing `json:"items"`
	}
	_ = json.Unmarshal(a.Body, &v) // one that is no JSON is about nothing
	return fmt.Sprint(v)
}
