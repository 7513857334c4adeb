package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tandem"
	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/secret"
	"tandem/internal/workflow"
)

// mark is a text that stands in one kind of thing of one tenant and nowhere
// else: where it is seen, that thing is seen.
func mark(tenant, kind string) string { return "zq" + tenant + kind + "qz" }

// kinds of things, each with the logins that may see one of their own tenant's.
// The instance is uma's task and ursel's start; nora has no part in anything.
var kinds = map[string]string{
	"data":       "admin operator auditor ursel uma", // what the instance was started with
	"title":      "admin operator auditor ursel uma", // of its task
	"comment":    "admin operator auditor ursel uma",
	"file":       "admin operator auditor ursel uma", // name and content
	"reason":     "admin operator auditor ursel uma", // why the instance was paused
	"draft":      "uma",
	"definition": "admin operator auditor author ursel uma nora", // its title
	"schema":     "admin operator auditor author ursel uma nora", // a text of its form
	"group":      "admin operator auditor author ursel uma nora", // the name of one
	"title2":     "admin auditor",                                // the title of that group; the audit tells of this and what follows, too
	"person":     "admin operator auditor author ursel uma nora", // uma's name
	"token":      "admin auditor uma",                            // the label of uma's
	"hook":       "admin auditor",                                // the description of a subscription
	"SECRET":     "admin auditor",                                // the name of one
	"view":       "admin operator auditor author ursel uma nora", // a saved one that is shared
	"own":        "admin auditor uma",                            // a saved one that is not
	"operation":  "admin operator auditor ursel uma",             // why many were resumed
	"audit":      "admin auditor",                                // a group that came and went
}

// guestKinds are what a personal link shows of its task.
const guestKinds = "data title comment file schema definition person"

// estate is one tenant with one of everything.
type estate struct {
	tenant                                             string
	instance, task, file, operation, token, hook, view string
	session, stand, link                               string
	login                                              string // uma, or somebody whom no other tenant has
}

// matrixHouse is a house of two tenants, each with the same people.
type matrixHouse struct {
	*house
	people *auth.Service
	made   map[string]*estate
}

// callers are the people of each tenant.
var callers = []string{"admin", "operator", "author", "auditor", "ursel", "uma", "nora"}

func setupMatrix(t *testing.T) *matrixHouse {
	t.Helper()
	address := dbtest.URL(t, db.Migrate)
	m := &matrixHouse{house: open(t, tandem.Config{DatabaseURL: address, SecretsKey: secret.NewKey()}), made: map[string]*estate{}}
	store, err := db.Open(t.Context(), address, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	m.people = auth.New(db.NewPeople(store.Pool()), nil)
	m.expect(http.StatusSeeOther, formPost("ada", "/admin/tenants", url.Values{"tenant": {"other"}, "title": {"Other"}}))
	for _, tenant := range []string{"default", "other"} {
		m.populate(tenant)
		m.furnish(tenant)
	}
	return m
}

// populate makes the people of a tenant and signs them in.
func (m *matrixHouse) populate(tenant string) {
	m.t.Helper()
	root := workflow.SystemActor(tenant, "test")
	for _, login := range callers {
		p := auth.NewUser{Login: login, Password: rulesPassword}
		switch login {
		case "admin", "operator", "author", "auditor":
			p.Roles = []workflow.Role{workflow.Role(login)}
		case "uma":
			p.Name, p.Groups = mark(tenant, "person"), []string{mark(tenant, "group")}
		}
		if _, err := m.people.CreateUser(m.t.Context(), root, p); err != nil {
			m.t.Fatal(err)
		}
		m.cookies[tenant+"/"+login] = m.signIn(tenant+"/"+login, rulesPassword)
	}
	if _, err := m.people.CreateUser(m.t.Context(), root, auth.NewUser{Login: "lone-" + tenant}); err != nil {
		m.t.Fatal(err)
	}
}

// post sends JSON as somebody of a tenant and gives what was answered.
func (m *matrixHouse) post(status int, who, method, path string, body any) answer {
	m.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	q := jsonPost(who, "/api/v1"+path, string(text))
	q.Method = method
	if body == nil {
		q.Body = ""
	}
	return m.expect(status, q)
}

type object = map[string]any

func (m *matrixHouse) document(tenant string) object {
	group := []string{mark(tenant, "group")}
	form := object{"schema": object{"type": "object", "properties": object{
		"note": object{"type": "string", "title": mark(tenant, "schema")},
		"bill": object{"type": "string", "format": "attachment"},
	}}}
	step := object{
		"type": "human", "title": "{{ data.title }}", "description": "{{ data.purpose }}", "candidate_groups": group,
		"guests": []string{guestAddress}, "outcomes": []string{"approve", "reject"}, "form": form,
	}
	first, second := object{"name": "ask"}, object{"name": "decide"}
	for key, value := range step {
		first[key], second[key] = value, value
	}
	return object{
		"format": 1, "name": "matrix_" + tenant, "version": "1.0.0", "title": mark(tenant, "definition"),
		"start": object{"groups": group, "users": []string{"ursel"}}, "search": []string{"purpose"},
		"input_schema": object{"type": "object", "properties": object{"purpose": object{"type": "string"}, "title": object{"type": "string"}}},
		"steps":        []object{first, second}, "edges": []object{{"source": "ask", "target": "decide"}},
	}
}

// furnish makes one of everything in a tenant.
func (m *matrixHouse) furnish(tenant string) {
	m.t.Helper()
	e := &estate{tenant: tenant, login: "uma"}
	m.made[tenant] = e
	admin, operator, uma := tenant+"/admin", tenant+"/operator", tenant+"/uma"
	m.post(http.StatusCreated, admin, "POST", "/definitions", m.document(tenant))
	e.instance = m.post(http.StatusCreated, tenant+"/ursel", "POST", "/instances", object{
		"definition_name": "matrix_" + tenant, "input_data": object{"purpose": mark(tenant, "data"), "title": mark(tenant, "title")},
	}).field(m.t, "id")
	first := m.openTask(e)
	up := jsonPost(uma, "/api/v1/tasks/"+first+"/attachments?name="+mark(tenant, "file")+".txt", mark(tenant, "file"))
	up.Header["Content-Type"] = "application/octet-stream"
	up.Token, up.Who = m.tokenOf(e), ""
	file := m.expect(http.StatusCreated, up)
	e.file = file.field(m.t, "id")
	m.post(http.StatusOK, uma, "POST", "/tasks/"+first+"/complete", object{"outcome": "approve", "output_data": object{"bill": file.field(m.t, "ref")}})
	m.eventually("the second task", func() bool { e.task = m.openTask(e); return e.task != "" && e.task != first })
	m.post(http.StatusCreated, uma, "POST", "/tasks/"+e.task+"/comments", object{"text": mark(tenant, "comment")})
	m.post(http.StatusOK, uma, "PUT", "/tasks/"+e.task+"/draft", object{"data": object{"note": mark(tenant, "draft")}})
	m.post(http.StatusOK, operator, "POST", "/instances/"+e.instance+"/pause", object{"reason": mark(tenant, "reason")})
	e.operation = m.post(http.StatusAccepted, operator, "POST", "/instances/bulk", object{"action": "resume", "ids": []string{e.instance}, "reason": mark(tenant, "operation")}).field(m.t, "id")
	m.eventually("the operation ends", func() bool {
		return m.expect(http.StatusOK, get(operator, "/api/v1/operations/"+e.operation)).field(m.t, "status") == "completed"
	})
	m.administer(e)
	links := m.guestLinks(admin, "", e.task)
	if len(links) != 1 {
		m.t.Fatalf("guest links %+v", links)
	}
	e.link = links[0].URL[strings.LastIndex(links[0].URL, "/")+1:]
}

// administer makes what does not belong to an instance.
func (m *matrixHouse) administer(e *estate) {
	m.t.Helper()
	admin, uma := e.tenant+"/admin", e.tenant+"/uma"
	m.post(http.StatusOK, admin, "PATCH", "/groups/"+mark(e.tenant, "group"), object{"title": mark(e.tenant, "title2")})
	gone := mark(e.tenant, "audit")
	m.post(http.StatusCreated, admin, "POST", "/groups", object{"name": gone})
	m.post(http.StatusNoContent, admin, "DELETE", "/groups/"+gone, nil)
	e.hook = m.post(http.StatusCreated, admin, "POST", "/subscriptions", object{
		"url": "https://example.com/hooks", "description": mark(e.tenant, "hook"), "definitions": []string{"none_such"},
	}).field(m.t, "id")
	m.post(http.StatusOK, admin, "PUT", "/secrets/"+strings.ToUpper(mark(e.tenant, "SECRET")), object{"value": "twelve bytes", "definitions": []string{"*"}, "hosts": []string{"*"}})
	for name, shared := range map[string]string{mark(e.tenant, "view"): "true", mark(e.tenant, "own"): ""} {
		m.expect(http.StatusSeeOther, formPost(uma, "/instances/views", url.Values{"name": {name}, "query": {"status=failed"}, "shared": {shared}}))
	}
	m.expect(http.StatusSeeOther, formPost(uma, "/profile/substitutes", url.Values{"substitute": {"auditor"}, "until": {time.Now().AddDate(0, 1, 0).Format(time.DateOnly)}}))
	profile, list := m.ask(get(uma, "/profile")).body, m.ask(get(uma, "/instances?status=failed")).body
	e.stand = between(profile, "/profile/substitutes/", "/remove")
	e.view = between(list, "/instances/views/", "/delete")
	var sessions struct{ Items []struct{ ID string } }
	a := m.expect(http.StatusOK, get(admin, "/api/v1/users/uma/sessions"))
	if err := json.Unmarshal([]byte(a.body), &sessions); err != nil || len(sessions.Items) == 0 || e.stand == "" || e.view == "" {
		m.t.Fatalf("sessions %v %s, substitute %q, view %q %s", err, a.body, e.stand, e.view, list)
	}
	e.session = sessions.Items[0].ID
}

// between gives what stands between two texts, "" where they are not.
func between(s, before, after string) string {
	_, rest, _ := strings.Cut(s, before)
	found, _, ok := strings.Cut(rest, after)
	if !ok {
		return ""
	}
	return found
}

// tokenOf makes uma's token.
func (m *matrixHouse) tokenOf(e *estate) string {
	m.t.Helper()
	root := workflow.SystemActor(e.tenant, "test")
	made, text, err := m.people.CreateToken(m.t.Context(), root, auth.NewToken{Login: "uma", Label: mark(e.tenant, "token")})
	if err != nil {
		m.t.Fatal(err)
	}
	e.token = made.ID.String()
	return text
}

// openTask gives the id of the instance's open task, "" when there is none.
func (m *matrixHouse) openTask(e *estate) string {
	m.t.Helper()
	a := m.expect(http.StatusOK, get(e.tenant+"/uma", "/api/v1/tasks?status=pending&instance_id="+e.instance))
	var list struct{ Items []struct{ ID string } }
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list.Items) > 1 {
		m.t.Fatalf("%v: %s", err, a.body)
	}
	if len(list.Items) == 0 {
		return ""
	}
	return list.Items[0].ID
}

// target fills a pattern with the ids of a tenant's things. A pattern with a
// parameter that is not known here fails the test.
func (e *estate) target(pattern string) (string, error) {
	const none = "0190a0a0-0000-7000-8000-000000000000"
	var out string
	rest := pattern
	for {
		at := parameter.FindStringIndex(rest)
		if at == nil {
			return out + rest, nil
		}
		out += rest[:at[0]]
		var value string
		switch key := lastPart(out) + rest[at[0]:at[1]]; key {
		case "instances/{id}":
			value = e.instance
		case "tasks/{id}":
			value = e.task
		case "attachments/{id}":
			value = e.file
		case "operations/{id}":
			value = e.operation
		case "tokens/{id}":
			value = e.token
		case "subscriptions/{id}", "webhooks/{id}":
			value = e.hook
		case "views/{id}":
			value = e.view
		case "sessions/{id}":
			value = e.session
		case "substitutes/{id}":
			value = e.stand
		case "guest/{token}":
			value = e.link
		case "definitions/{name}", "schedules/{name}":
			value = "matrix_" + e.tenant
		case "forms/{step}":
			value = "decide"
		case "groups/{name}":
			value = mark(e.tenant, "group")
		case "secrets/{name}":
			value = strings.ToUpper(mark(e.tenant, "SECRET"))
		case "tenants/{name}":
			value = e.tenant
		case "matrix_" + e.tenant + "/{index}":
			value = "0"
		case "versions/{version}":
			value = "1.0.0"
		case "users/{login}", "members/{login}":
			value = e.login
		case "hooks/{token}", "deliveries/{id}", "deliveries/{delivery}", "jobs/{id}":
			value = none // of those there are none
		case "with/{provider}", "callback/{provider}":
			value = "corp"
		default:
			return "", fmt.Errorf("%s: say what to put in the place of %s", pattern, key)
		}
		out, rest = out+value, rest[at[1]:]
	}
}

// lastPart gives the last part of a path that ends with a slash, with it.
func lastPart(path string) string {
	path = strings.TrimSuffix(path, "/")
	return path[strings.LastIndex(path, "/")+1:] + "/"
}
