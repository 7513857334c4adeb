package api_test

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestAPI_IfMatch_race lets verbs race that all demand the version which they
// have seen: one is carried out, the others hear 412.
func TestAPI_IfMatch_race(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(mendable)
	started := h.send(request{Who: "otto", Method: http.MethodPost, Path: "/instances", Body: `{"definition_name": "mendable", "input_data": {"amount": 1}}`, Header: map[string]string{"Prefer": "wait=10"}})
	path, seen := started.Header.Get("Location")[len(v1):], started.Header.Get("ETag")
	const racers = 8
	statuses := make(chan int, racers)
	var all sync.WaitGroup
	for range racers {
		all.Go(func() {
			a := h.send(request{Who: "olga", Method: http.MethodPatch, Path: path + "/data", Header: map[string]string{"If-Match": seen}, Body: `{"patch": {"amount": 2}, "reason": "x"}`})
			statuses <- a.Status
		})
	}
	all.Wait()
	close(statuses)
	got := map[int]int{}
	for s := range statuses {
		got[s]++
	}
	if got[200] != 1 || got[412] != racers-1 {
		t.Errorf("answers by status: %v, want one 200 and %d 412", got, racers-1)
	}
	pause := request{Who: "olga", Method: http.MethodPost, Path: path + "/pause", Header: map[string]string{"If-Match": seen}}
	h.refused(t, http.StatusPreconditionFailed, pause, "Look at it again")
	fresh := h.send(request{Who: "olga", Method: http.MethodGet, Path: path})
	pause.Header["If-Match"] = fresh.Header.Get("ETag")
	h.want(http.StatusOK, pause)
}

func TestAPI_Graph_at(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, task := h.expenseTask()
	path := "/instances/" + instance
	then := time.Now().UTC().Format(time.RFC3339Nano)
	h.want(http.StatusOK, request{Who: "finn", Method: http.MethodPost, Path: "/tasks/" + task + "/complete", Body: `{"outcome": "reject", "output_data": {}, "comment": "No."}`, Header: map[string]string{"Prefer": "wait=10"}})
	status := func(query, step string) any {
		for _, n := range h.get("otto", path+"/graph?graph_format=json"+query)["nodes"].([]any) {
			if node := n.(map[string]any); node["id"] == step {
				return node["status"]
			}
		}
		return "no such node"
	}
	equal(t, "now", status("", "finance"), "succeeded")
	equal(t, "then", status("&at="+then, "finance"), "waiting")
	equal(t, "before", status("&at=2020-01-01T00:00:00Z", "finance"), nil)
}
