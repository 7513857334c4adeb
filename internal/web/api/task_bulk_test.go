package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Each of several tasks gets its own answer, in the order of the request.
func TestAPI_BulkTasks(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(mendable)
	var ids []string
	for range 3 {
		started := h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "mendable", "input_data": {"why": "so", "amount": 1}}`)
		ids = append(ids, h.get("finn", "/tasks?instance_id="+started["id"].(string))["items"].([]any)[0].(map[string]any)["id"].(string))
	}
	bulk := func(who, rest string) (list []map[string]any) {
		t.Helper()
		all := append(append([]string{}, ids...), "01234567-0123-7123-8123-0123456789ab")
		answer := h.post(http.StatusOK, who, "/tasks/bulk", `{"ids": ["`+strings.Join(all, `","`)+`"], `+rest+`}`)
		for _, item := range answer["items"].([]any) {
			list = append(list, item.(map[string]any))
		}
		return list
	}
	claimed := bulk("finn", `"action": "claim"`)
	equal(t, "assignees", fmt.Sprintf("%v %v %v %v", claimed[0]["assignee"], claimed[1]["assignee"], claimed[2]["assignee"], claimed[3]["status"]), "finn finn finn 404")
	h.post(http.StatusOK, "finn", "/tasks/"+ids[1]+"/complete", `{"output_data": {}}`)
	done := bulk("finn", `"action": "complete", "output_data": {}`)
	equal(t, "statuses", fmt.Sprintf("%v %v %v %v", done[0]["status"], done[1]["status"], done[2]["status"], done[3]["status"]), "completed 409 completed 404")
	h.post(http.StatusUnprocessableEntity, "finn", "/tasks/bulk", `{"action": "complete", "ids": []}`)
	h.post(http.StatusUnprocessableEntity, "finn", "/tasks/bulk", `{"action": "burn", "ids": ["`+ids[0]+`"]}`)
}
