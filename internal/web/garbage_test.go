package web_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// pieces are what garbage is made of.
var pieces = []string{
	"", "0", "-1", "1e999", "1e-999", strings.Repeat("9", 400), "NaN", "true", "null", "[]", "{}", `""`, "\x00", "a\x00b", "\xff\xfe", "\xc0\xaf", "%", "%zz", "%00",
	`"\u0000"`, `"\ud800"`, `{"\udfff": 1}`, `\`, "'", "';--", "\r\n", "\u202e", "e\u0301", "\U0001f389", "<script>alert(1)</script>", "{{ data.a }}",
	"../../etc/passwd", "..", ".", "//", "?", "#", "true,false", "2026-13-45T99:99:99Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
	strings.Repeat("a", 9000), strings.Repeat("ü", 3000), strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 3000), strings.Repeat("(", 3000),
	`{"definition_name": null}`, `{"definition_name": 1e999}`, `{"definition_name":"expense_approval","definition_name":"x"}`,
	`{"definition_name":"expense_approval","input_data":{"purpose":"\u0000\u0000\u0000","amount":1e400,"category":"other"}}`,
	`{"definition_name":"expense_approval","input_data":{"purpose":"abc\ud800","amount":1,"category":"other"}}`,
	`{"definition_name":"expense_approval","metadata":{"\u0000":"\u0000"},"idempotency_key":"\u0000"}`,
	`{"outcome":"\u0000","output_data":{"cost_centre":"\u0000\u0000"}}`, `{"reason":"\u0000\ud800"}`, `{"new_assignee":"\u0000"}`, `{"new_groups":["\u0000"],"reason":"x"}`,
	"purpose=%00%00%00&amount=1e400&category=other", "purpose=%ff%fe%fd&amount=5&category=other", "amount=9e99999999&amount=1", "_outcome=approve&cost_centre=%00%00",
	"_outcome=%00", "_outcome=approve&cost_centre=%ff%ff&_comment=%00&_version=99999999999999999999", "assignee=%00&groups=%ff", "lang=%00&theme=%ff&back=//evil.example",
	"login=%00&password=%00", "login=ada&password=%ff", "a[b][c]=1;d", "format: 1\nname: x\nversion: 1.0.0\nsteps: {}", "a: &a [*a, *a]", "- ? :\n\t-", "!!binary AAAA", "\ufeff{}",
	"format: 1\nname: \"\\0\"\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop, with: {x: \"{{ ((((((((\"}}]",
	"0190a0a0-0000-7000-8000-000000000000", "expense_approval", "demo", "failed", "eyJsIjoibmV3ZXN0IiwiayI6e319", "-0", "9223372036854775808", "2147483648",
}

// mediaTypes are what garbage is called.
var mediaTypes = []string{
	"", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/yaml",
	"text/plain", "application/json; charset=utf-16", ";;;", "application/merge-patch+json", "*/*",
}

// parameters are names that some page or operation reads from the query.
var parameters = []string{
	"limit", "cursor", "offset", "q", "status", "sort", "version", "started_after", "due_before", "mine", "claimable", "overdue", "instance_id", "view", "tab", "page",
	"graph_format", "direction", "active_only", "definition", "definition_name", "data.a[gt]", "at", "as", "notice", "before", "after", "from", "to", "x", "",
}

// headers are names that something reads.
var headers = []string{
	"Accept", "Accept-Language", "Accept-Encoding", "Cookie", "If-Match", "If-None-Match", "Last-Event-Id", "Prefer", "Idempotency-Key",
	"HX-Request", "HX-Target", "HX-Current-URL", "Referer", "X-Request-Id", "X-Forwarded-For", "Range", "Origin", "Traceparent",
}

// garbage is a request that makes no sense, as a fuzzer can vary it.
type garbage struct {
	route  uint   // an index into the tables, modulo their length
	path   string // in the place of every parameter
	query  string // "name=value", both encoded
	header string // "Name: value"
	kind   string // of the body
	body   string
}

// request makes the call. ok is false when no server would read it.
func (g garbage) request(all []route, who string) (q request, r route, ok bool) {
	r = all[g.route%uint(len(all))]
	q = request{Method: r.method, Who: who, Body: g.body, Header: map[string]string{"Sec-Fetch-Site": "same-origin"}}
	q.Target = parameter.ReplaceAllLiteralString(r.pattern, url.PathEscape(g.path))
	if g.query != "" {
		q.Target += "?" + g.query
	}
	if r.stream {
		q.Header["Accept"] = "text/event-stream"
	}
	if g.kind != "" {
		q.Header["Content-Type"] = g.kind
	}
	name, value, cut := strings.Cut(g.header, ": ")
	if cut && name != "Sec-Fetch-Site" {
		q.Header[name] = value
	}
	return q, r, !strings.ContainsFunc(g.kind+value, isControl) && isToken(name)
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func isToken(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) })
}

// throwGarbage sends a request and checks that whatever is wrong with it, the
// answer says so in the reader's form.
func (h *house) throwGarbage(all []route, g garbage) {
	h.t.Helper()
	q, r, ok := g.request(all, "ada")
	if !ok || r.pattern == "/logout" || strings.HasPrefix(q.Header["Cookie"], "tandem_session") {
		return
	}
	a, ok := h.send(q)
	if !ok {
		return
	}
	shown := func() string {
		return clip(q.Method+" "+q.Target, 300) + " " + clip(g.header, 200) + " " + clip(g.kind+": "+g.body, 300)
	}
	if faults := h.log.take(); len(faults) > 0 {
		h.t.Errorf("%q\nmade faults in the log: %.3000s", shown(), faults)
	}
	if a.status >= 500 {
		h.t.Errorf("%q\ngot %d, want no fault of ours\n%.500s", shown(), a.status, a.body)
	}
	if a.status >= 400 && !goodForm(r, a) {
		h.t.Errorf("%q\ngot %d as %q, want a page for people and a problem for programs\n%.300s", shown(), a.status, a.header.Get("Content-Type"), a.body)
	}
}

// goodForm tells whether a refusal comes in its reader's form.
func goodForm(r route, a answer) bool {
	kind := a.header.Get("Content-Type")
	switch {
	case r.api:
		return kind == "application/problem+json"
	case r.stream && a.status == http.StatusUnauthorized:
		return true
	}
	return strings.HasPrefix(kind, "text/html")
}

func clip(s string, n int) string { return s[:min(n, len(s))] }

// seeds are requests that once went wrong, or nearly.
var seeds = []garbage{
	{path: "\x00"}, {path: "\xff"}, {path: "a/b"}, {path: "%2e%2e"}, {path: strings.Repeat("a", 9000)},
	{path: "1", query: "cursor=%00"}, {path: "1", query: "q=%ff"}, {path: "1", query: "limit=99999999999999999999"}, {path: "1", query: "a;b=%zz"},
	{path: "1", header: "Cookie: tandem_lang=%00; tandem_theme=zzz; tandem_login=zzz"}, {path: "1", header: "Accept-Language: " + strings.Repeat("de,", 3000)},
	{path: "1", kind: "application/json", body: `{"reason":"\u0000"}`}, {path: "1", kind: "application/json", body: strings.Repeat("[", 20_000)},
	{path: "1", kind: "multipart/form-data; boundary=x", body: "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\x00\r\n--x"},
	{path: "1", kind: "application/x-www-form-urlencoded", body: "%zz=1&;;"},
	{path: "1", kind: "application/x-www-form-urlencoded", body: "purpose=%00%00%00&amount=1e400&category=other"},
	{path: "expense_approval", kind: "application/x-www-form-urlencoded", body: "purpose=%00%00%00&amount=5&category=other"},
	{path: "expense_approval", query: "version=%00"}, {path: "expense_approval", query: "version=%ff"},
}

// seedsEach is how many of the seeds a route gets in a plain test: the others go
// to its neighbours.
const seedsEach = 5

// FuzzRoutes throws garbage at every route, signed in as an admin. As a plain
// test it deals the seeds out, so that each route gets some and each seed meets
// pages, forms and operations; TestRoutes_garbage goes on from there.
func FuzzRoutes(f *testing.F) {
	all := tables()
	for i := range all {
		for j := range seedsEach {
			g := seeds[(i*seedsEach+j)%len(seeds)]
			f.Add(uint(i), g.path, g.query, g.header, g.kind, g.body)
		}
	}
	h := setup(f)
	f.Fuzz(func(t *testing.T, i uint, path, query, header, kind, body string) {
		h.on(t).throwGarbage(all, garbage{route: i, path: path, query: query, header: header, kind: kind, body: body})
	})
}

// TestRoutes_garbage throws random combinations of bad pieces at every route,
// and at an instance and a task that are there.
func TestRoutes_garbage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	all := tables()
	rng := rand.New(rand.NewPCG(20, 26))
	end := time.Now().Add(8 * time.Second)
	for round := 0; round < 40 && time.Now().Before(end); round++ {
		instance, task := h.startExpense() // garbage may end one
		things := []string{instance, task, "expense_approval"}
		for i := range all {
			h.throwGarbage(all, random(rng, uint(i), things))
		}
		if t.Failed() {
			return
		}
	}
}

func random(rng *rand.Rand, route uint, things []string) garbage {
	g := garbage{route: route, path: pick(rng, things), kind: pick(rng, mediaTypes[:3]), body: pick(rng, pieces)}
	if rng.IntN(3) == 0 {
		g.path = pick(rng, pieces)
	}
	if rng.IntN(3) == 0 {
		g.kind = pick(rng, mediaTypes)
	}
	if rng.IntN(2) == 0 {
		g.query = url.Values{pick(rng, parameters): {pick(rng, pieces)}}.Encode()
	}
	if rng.IntN(3) == 0 {
		g.header = pick(rng, headers) + ": " + pick(rng, pieces)
	}
	return g
}

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }
