package api_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// pieces are what garbage is made of.
var pieces = []string{
	"", "null", "0", "-1", "1e999", "99999999999999999999999", "true", "[]", "{}", `""`, `"\u0000"`, `"\ud800"`, "\xff", "%", "%00", "'", `\`,
	`{"definition_name":"expense_approval","input_data":{"amount":1e400}}`, `{"outcome":{},"output_data":[]}`, `{"version":-5}`,
	`{"new_assignee":"` + strings.Repeat("ü", 5000) + `"}`, strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 500), "a: &a [*a, *a]", "- ? :\n\t-",
	"format: 1\nname: x\nsteps: {}", `{"reason":"` + strings.Repeat(`\n`, 9000) + `"}`, `{"metadata":{"a":{"b":[1,2,{"c":null}]}}}`,
	"2026-13-45T99:99:99Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "eyJsIjoibmV3ZXN0IiwiayI6e319", "😀", "<script>", "../../etc/passwd",
}

var queryNames = []string{
	"limit", "cursor", "offset", "q", "status", "sort", "version", "started_after", "due_before", "mine", "claimable", "overdue", "instance_id",
	"graph_format", "direction", "active_only", "label", "definition_name", "data.a[gt]", "at", "",
}

var headerNames = []string{"Prefer", "If-Match", "Content-Type", "Accept", "Cookie", "Origin", "Idempotency-Key"}

// TestAPI_Garbage posts nonsense at every operation: whatever it is, the answer
// is a refusal or a result, and never a fault of ours.
func TestAPI_Garbage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	garbage(t, h, 25)
}

func garbage(t *testing.T, h *house, rounds int) {
	t.Helper()
	instance, task := h.expenseTask()
	rng := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		for _, r := range h.api.Routes() {
			q := nonsense(rng, target(r, instance, task))
			q.Method = r.Method
			if strings.HasPrefix(r.Pattern, "/hooks") || strings.HasPrefix(r.Pattern, "/openapi") {
				q.Path = "//" + strings.TrimLeft(strings.ReplaceAll(q.Path, "{token}", url.PathEscape(pick(rng, pieces))), "/")
			}
			if a := h.send(q); a.Status >= http.StatusInternalServerError {
				t.Errorf("%s %.200q %v\nbody %.300q\ngot %d\n%s", q.Method, q.Path, q.Header, q.Body, a.Status, a.Body)
			}
		}
	}
}

func nonsense(rng *rand.Rand, path string) request {
	q := request{Who: pick(rng, []string{"ada", "arno", "finn", "otto", "reader", ""}), Path: path, Body: pick(rng, pieces), Header: map[string]string{}}
	if rng.IntN(4) == 0 && strings.Contains(path, "/") {
		q.Path = path[:strings.LastIndexByte(path, '/')] + "/" + url.PathEscape(pick(rng, pieces))
	}
	values := url.Values{}
	for range rng.IntN(3) {
		values.Add(pick(rng, queryNames), pick(rng, pieces))
	}
	if len(values) > 0 {
		q.Path += "?" + values.Encode()
	}
	if rng.IntN(2) == 0 {
		q.Header[pick(rng, headerNames)] = fmt.Sprintf("wait=%s", pick(rng, pieces[:12]))
	}
	return q
}

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }
