package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const counted = `
format: 1
name: counted
version: 1.0.0
input_schema: {type: object, properties: {n: {type: integer, minimum: 1}}, required: [n]}
steps: [{name: a, type: machine, action: noop}]
`

func TestAPI_Batch(t *testing.T) {
	t.Parallel()
	h := onPostgres(t)
	h.apply(counted)
	batch := func(items ...string) request {
		return request{Who: "otto", Method: http.MethodPost, Path: "/instances/batch", Body: `{"items": [` + strings.Join(items, ",") + `]}`}
	}
	item := func(n int) string {
		return fmt.Sprintf(`{"definition_name": "counted", "input_data": {"n": %d}}`, n)
	}
	items := func(v map[string]any) (list []map[string]any) {
		for _, i := range v["items"].([]any) {
			list = append(list, i.(map[string]any))
		}
		return list
	}

	t.Run("each_item_stands_for_itself", func(t *testing.T) {
		q := batch(item(1), item(0), `{"definition_name": "unknown"}`, `{"definition_name": "counted", "user_id": "ada"}`, `{"definition_name": "counted", "tenant_id": "other"}`, item(2))
		q.Header = map[string]string{"Prefer": "wait=10"}
		answer := h.send(q)
		equal(t, "Preference-Applied", answer.Header.Get("Preference-Applied"), "wait=10")
		got := items(h.want(http.StatusOK, q))
		var statuses []string
		for _, i := range got {
			statuses = append(statuses, fmt.Sprint(i["status"]))
		}
		equal(t, "statuses", strings.Join(statuses, " "), "completed 422 404 403 403 completed")
		fault := got[1]["errors"].([]any)[0].(map[string]any)
		equal(t, "pointer", fault["pointer"], "/items/1/input_data/n")
	})
	t.Run("a_repetition_starts_what_is_left", func(t *testing.T) {
		q := batch(item(1), item(2))
		q.Header = map[string]string{"Idempotency-Key": "batch-1"}
		first, again := items(h.want(http.StatusOK, q)), h.send(q)
		equal(t, "replayed", again.Header.Get("Idempotency-Replayed"), "true")
		second := items(h.want(http.StatusOK, q))
		equal(t, "ids", fmt.Sprint(first[0]["id"], first[1]["id"]), fmt.Sprint(second[0]["id"], second[1]["id"]))
		q.Body = batch(item(1), item(3)).Body
		h.want(http.StatusUnprocessableEntity, q)
	})
	t.Run("thousand", func(t *testing.T) {
		var thousand []string
		for n := range 1000 {
			thousand = append(thousand, item(n+1))
		}
		seen := map[any]bool{}
		for _, i := range items(h.want(http.StatusOK, batch(thousand...))) {
			seen[i["id"]] = true
		}
		equal(t, "instances", len(seen), 1000)
		refused := h.send(batch(append(thousand, item(1))...))
		equal(t, "one too many", refused.Status, http.StatusUnprocessableEntity)
	})
	t.Run("bodies_that_do_not_fit_start_nothing", func(t *testing.T) {
		before := h.get("otto", "/instances?limit=1")["total"]
		h.want(http.StatusUnprocessableEntity, batch())
		h.want(http.StatusUnprocessableEntity, batch(item(1), `{"definition_nam": "counted"}`))
		equal(t, "total", h.get("otto", "/instances?limit=1")["total"], before)
	})
}
