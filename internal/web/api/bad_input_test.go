package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tandem/internal/web/respond"
)

// bad is a request that must be refused.
type bad struct {
	what   string
	status int
	names  string // pointer of the fault that the answer must name; "" = none
	request
}

// TestAPI_BadInput_generated sends to each operation of the OpenAPI document whatever its
// parameters and schemas call wrong, once each, and checks that the answer has
// the right status, names the place and says what to do. A new operation is in
// it by being in the document; one that takes an object needs an example.
func TestAPI_BadInput_generated(t *testing.T) {
	t.Parallel()
	h := onPostgres(t)
	doc := h.readDocument()
	things := h.things()
	sent := 0
	for _, op := range doc.operations() {
		if op.path == "/hooks/{token}" || strings.HasPrefix(op.path, "/openapi") {
			continue // answered to strangers: TestAPI_Hook… and the golden
		}
		if op.takesObject() && len(doc.resolve(op.body).Properties) == 0 {
			op.example = json.RawMessage("{}")
		}
		if op.takesObject() && op.example == nil {
			t.Errorf("%s takes an object and has no example in example.go", op.id)
			continue
		}
		for _, b := range op.bad(doc, things) {
			h.refuses(t, op, b)
			sent++
		}
	}
	t.Logf("%d bad requests", sent)
	if sent < 1000 {
		t.Errorf("only %d bad requests were made, want 1,000 and more", sent)
	}
}

// TestAPI_Examples sends the examples of operations that need nothing to be
// there before; TestAPI_BadInput_generated sends the others to what is not there.
func TestAPI_Examples(t *testing.T) {
	t.Parallel()
	h := onPostgres(t)
	h.apply(expense(t))
	h.post(http.StatusCreated, "ada", "/users", `{"login": "ada", "roles": ["admin"]}`)
	h.post(http.StatusCreated, "ada", "/users", `{"login": "fred"}`)
	for _, op := range h.readDocument().operations() {
		if op.example == nil || strings.Contains(op.path, "{") {
			continue
		}
		if a := h.send(request{Who: "ada", Method: op.method, Path: op.below(), Body: string(op.example)}); a.Status >= 300 {
			t.Errorf("%s: got %d\n%s\n%s", op.id, a.Status, op.example, a.Body)
		}
	}
}

func (h *house) refuses(t *testing.T, op operation, b bad) {
	t.Helper()
	a := h.send(b.request)
	shown := func() string {
		return fmt.Sprintf("%s, %s: %s %.200s\n%.200s", op.id, b.what, b.Method, b.Path, b.Body)
	}
	if a.Status != b.status {
		t.Errorf("%s\ngot %d, want %d\n%.600s", shown(), a.Status, b.status, a.Body)
		return
	}
	var p respond.Problem
	if err := json.Unmarshal(a.Body, &p); err != nil || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s\nno problem document: %v\n%.600s", shown(), err, a.Body)
		return
	}
	if p.Status != a.Status || !strings.HasPrefix(p.Type, "tandem:") || !isSentence(p.Detail) {
		t.Errorf("%s\nsays %+v; want its status, a type and a sentence", shown(), p)
	}
	named := b.names == ""
	for _, e := range p.Errors {
		named = named || e.Pointer == b.names || strings.HasPrefix(e.Pointer, b.names+"/")
		if !isSentence(e.Message) || e.Code == "" {
			t.Errorf("%s\nnames %+v; want a code and a sentence", shown(), e)
		}
	}
	if !named {
		t.Errorf("%s\nnames %+v, want a fault at %s", shown(), p.Errors, b.names)
	}
}

// isSentence tells whether a text was written for people: a capital, several
// words, an end, and nothing of our inside.
func isSentence(s string) bool {
	return len(strings.Fields(s)) >= 3 && strings.ToUpper(s[:1]) == s[:1] && strings.ContainsAny(s[len(s)-1:], ".?") &&
		!strings.Contains(s, "json:") && !strings.Contains(s, "strconv") && !strings.Contains(s, "body.")
}

// things gives the path of something that is there, by the pattern of its
// operations, all of the tenant default.
func (h *house) things() map[string]string {
	h.t.Helper()
	instance, task := h.expenseTask()
	made := func(status int, path, body string) string {
		return h.post(status, "ada", path, body)["id"].(string)
	}
	h.post(http.StatusCreated, "ada", "/users", `{"login": "hugo"}`)
	h.post(http.StatusCreated, "ada", "/groups", `{"name": "press"}`)
	h.want(http.StatusOK, request{Who: "ada", Method: http.MethodPut, Path: "/secrets/PAY_KEY", Body: `{"value": "correct horse", "definitions": ["*"], "hosts": ["*"]}`})
	return map[string]string{
		"/instances/{id}":     instance,
		"/tasks/{id}":         task,
		"/definitions/{name}": "expense_approval",
		"/users/{login}":      "hugo",
		"/groups/{name}":      "press",
		"/secrets/{name}":     "PAY_KEY",
		"/subscriptions/{id}": made(http.StatusCreated, "/subscriptions", `{"url": "https://example.com/"}`),
		"/operations/{id}":    made(http.StatusAccepted, "/instances/bulk", `{"action": "pause", "ids": ["`+uuid.NewString()+`"]}`),
	}
}

// bad lists what an operation must refuse.
func (o operation) bad(doc document, things map[string]string) []bad {
	to := request{Who: "ada", Method: o.method, Path: o.unknown(uuid.NewString()), Body: string(o.example)}
	if len(o.example) == 0 && o.takesBytes() {
		to.Body, to.Header = "name: x", map[string]string{"Content-Type": o.media[0]}
	}
	stranger, narrow := to, to
	stranger.Who, narrow.Who = "", "narrow"
	all := []bad{
		{"no token", 401, "", stranger}, {"wrong scope", 403, "", narrow},
		{"unknown parameter", 400, "/query/no_such_parameter", to.with("no_such_parameter=1")},
	}
	for _, p := range o.params {
		all = append(all, p.bad(to)...)
	}
	if o.takesObject() {
		all = append(all, o.badBodies(doc, to)...)
	}
	return append(all, o.nobodys(to, things)...)
}

// with adds to the query.
func (q request) with(query string) request {
	q.Path += "?" + query
	return q
}

// body is the request with another body.
func (q request) body(text string) request {
	q.Body = text
	return q
}

// header is the request with a header.
func (q request) header(name, value string) request {
	q.Header = maps.Clone(q.Header)
	if q.Header == nil {
		q.Header = map[string]string{}
	}
	q.Header[name] = value
	return q
}

// creates are operations that make what their path names.
var creates = []string{"put-secret"}

// nobodys asks for what is not there, and, from another tenant, for what is.
func (o operation) nobodys(to request, things map[string]string) (all []bad) {
	if !strings.Contains(o.path, "{") || slices.Contains(creates, o.id) {
		return nil
	}
	wrong := to
	wrong.Path = o.unknown("no_such_thing")
	all = []bad{{"an id that nobody has", 404, "", to}, {"what is no id", 404, "", wrong}}
	for pattern, id := range things {
		if rest, ok := strings.CutPrefix(o.path, v1+pattern); ok && (rest == "" || rest[0] == '/') {
			_, kind, _ := strings.Cut(pattern, "{")
			there := to
			there.Who, there.Path = "eve", strings.Replace(o.below(), "{"+kind, id, 1)
			there.Path = fill(there.Path, uuid.NewString())
			all = append(all, bad{"another tenant's", 404, "", there})
		}
	}
	return all
}

// bad breaks one parameter in each way that its schema knows.
func (p parameter) bad(to request) (all []bad) {
	refuse := func(what, value string) {
		b := bad{what + " " + p.name, 400, "/" + p.in + "/" + p.name, to.with(url.Values{p.name: {value}}.Encode())}
		if p.in == "header" {
			b.request = to.header(p.name, value)
		}
		all = append(all, b)
	}
	if p.in == "path" {
		return nil
	}
	s := p.schema
	if s.Items != nil {
		s = *s.Items
	}
	switch {
	case s.is("integer"), s.is("number"), s.is("boolean"):
		refuse("wrong type of", "perhaps")
	case len(s.Enum) > 0:
		refuse("no such value of", "no_such_value")
	case s.Format == "date-time":
		refuse("no time as", "yesterday")
	}
	if s.MaxLength != nil {
		refuse("too long", strings.Repeat("a", *s.MaxLength+1))
	}
	if s.Minimum != nil {
		refuse("too small", fmt.Sprint(*s.Minimum-1))
	}
	if s.Maximum != nil {
		refuse("too large", fmt.Sprint(*s.Maximum+1))
	}
	if p.in == "query" && p.schema.Items == nil {
		all = append(all, bad{"twice " + p.name, 400, "", to.with(p.name + "=1&" + p.name + "=1")})
	}
	return all
}

// badBodies breaks the body of an operation as a whole, and each of its fields.
func (o operation) badBodies(doc document, to request) []bad {
	limit := 1<<20 + 64<<10
	if o.id == "start-batch" {
		limit = 8 << 20
	}
	all := []bad{
		{"no JSON", 400, "", to.body("{")},
		{"two values", 400, "", to.body("{} {}")},
		{"no Unicode", 400, "", to.body("{\"a\": \"\xff\"}")},
		{"U+0000", 400, "", to.body(`{"a": "\u0000"}`)},
		{"a list", 422, "", to.body("[]")},
		{"too deep", 400, "", to.body(`{"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`)},
		{"too large", 413, "", to.body("{" + strings.Repeat(" ", limit) + "}")},
		{"another media type", 415, "", to.header("Content-Type", "text/plain")},
		{"unknown field", 422, "/no_such_field", to.body(o.changed("no_such_field", 1))},
	}
	schema := doc.resolve(o.body)
	if o.bodyNeeded {
		all = append(all, bad{"no body", 400, "", to.body("")})
	}
	for _, name := range schema.Required {
		all = append(all, bad{"without " + name, 422, "/" + name, to.body(o.without(name))})
	}
	for name, field := range schema.Properties {
		for what, value := range doc.resolve(field).wrong(doc) {
			all = append(all, bad{what + " " + name, 422, "/" + name, to.body(o.changed(name, value))})
		}
	}
	return all
}

// changed gives the example with one field as it is wanted.
func (o operation) changed(name string, value any) string {
	fields := o.fields()
	fields[name] = value
	text, _ := json.Marshal(fields)
	return string(text)
}

func (o operation) without(name string) string {
	fields := o.fields()
	delete(fields, name)
	text, _ := json.Marshal(fields)
	return string(text)
}

func (o operation) fields() map[string]any {
	dec := json.NewDecoder(bytes.NewReader(o.example))
	dec.UseNumber()
	fields := map[string]any{}
	_ = dec.Decode(&fields) // the document's own
	return fields
}
