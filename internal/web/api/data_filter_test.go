package api_test

import (
	"net/url"
	"strings"
	"testing"
)

const searched = `format: 1
name: order
version: 1.0.0
labels: [sales]
search: [customer.name, amount]
input_schema: {type: object, properties: {customer: {type: object}, amount: {type: number}}}
steps:
- {name: ask, type: human, assignee: otto, set: {amount: data.amount + 1}, overwrite: true}
`

// Instances are found by what their data holds, and by what it holds after a
// step has changed it.
func TestAPI_DataFilters(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(searched)
	for _, input := range []string{`{"customer": {"name": "ACME"}, "amount": 5}`, `{"customer": {"name": "Zeta"}, "amount": 70}`} {
		h.post(201, "otto", "/instances", `{"definition_name": "order", "input_data": `+input+`}`)
	}
	found := func(query string) int {
		t.Helper()
		list := h.get("otto", "/instances?"+query)
		return len(list["items"].([]any))
	}
	for query, want := range map[string]int{
		"data.customer.name[eq]=ACME": 1, "data.customer.name=ACME": 1, "data.customer.name[eq]=ACME&data.customer.name[eq]=Zeta": 2,
		"data.customer.name[contains]=A": 2, "data.amount[gt]=5": 1, "data.amount[gte]=5&data.amount[lt]=70": 1, "data.amount[ne]=5": 1,
		"data.amount[gte]=5&status=waiting&label=sales&step=ask&assignee=otto": 2, "data.amount[gte]=5&health=failed": 0,
		"data.nothing[eq]=1": 0, "data.amount%5Bgt%5D=5": 1,
	} {
		if got := found(query); got != want {
			t.Errorf("%s finds %d, want %d", query, got, want)
		}
	}
	task := h.get("otto", "/tasks?mine=true&priority=0&sort=-priority")["items"].([]any)[0].(map[string]any)
	h.post(200, "otto", "/tasks/"+task["id"].(string)+"/complete", `{"output_data": {}}`)
	if got := found("data.amount[eq]=6") + found("data.amount[eq]=71"); got != 1 {
		t.Errorf("by the changed value: %d, want 1", got)
	}
}

func TestAPI_DataFilters_refused(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for query, say := range map[string]string{
		"data.a[like]=1": "compares in no way", "data.a[]=1": "compares in no way", "data.[eq]=1": "names no path", "data.a b[eq]=1": "names no path",
		"data.a[eq=1": "names no path", "data.a&data.b&data.c&data.d&data.e&data.f&data.g&data.h&data.i": "At most 8",
		"data.a[eq]" + strings.Repeat("&data.a[eq]=1", 60): "more than 50", "health=sick": "health",
	} {
		refused := h.want(400, request{Who: "otto", Method: "GET", Path: "/instances?" + strings.ReplaceAll(query, " ", url.QueryEscape(" "))})
		if detail, _ := refused["detail"].(string); !strings.Contains(detail, say) {
			t.Errorf("%s: %q, want %q in it", query, detail, say)
		}
	}
}
