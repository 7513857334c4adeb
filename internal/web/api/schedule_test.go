package api_test

import (
	"net/http"
	"testing"
	"time"
)

const hourly = `
format: 1
name: hourly
version: 1.0.0
start: {groups: [staff]}
schedules:
  - {cron: "0 * * * *", timezone: Europe/Berlin, input: {from: "{{ string(now) }}"}}
  - {cron: "30 6 * * 1"}
steps: [{name: ask, type: human, anyone: true}]
`

// Schedules tell their next times, and can be run by hand by those who may start
// the workflow.
func TestAPI_Schedule_run(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) { t.Parallel(); schedules(t, setup(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); schedules(t, onPostgres(t)) })
}

func schedules(t *testing.T, h *house) {
	h.apply(hourly)
	list := h.get("otto", "/schedules")
	equal(t, "schedules", list["total"], any(number("2")))
	one := h.get("otto", "/schedules/hourly/0")
	equal(t, "the same", one["next_at"], list["items"].([]any)[0].(map[string]any)["next_at"])
	times := one["upcoming"].([]any)
	equal(t, "times", len(times), 5)
	equal(t, "the first", times[0], one["next_at"])
	var before time.Time
	for i, text := range times {
		at, err := time.Parse(time.RFC3339, text.(string))
		if err != nil || at.Minute() != 0 || i > 0 && at.Sub(before) != time.Hour {
			t.Errorf("time %d is %v after %v, %v; want each hour", i, at, before, err)
		}
		before = at
	}
	run := h.send(request{Who: "otto", Method: http.MethodPost, Path: "/schedules/hourly/0/run"})
	in := h.get("otto", "/instances?definition_name=hourly")["items"].([]any)[0].(map[string]any)
	equal(t, "run", []any{run.Status, run.Header.Get("Location"), in["created_by"]}, []any{http.StatusCreated, v1 + "/instances/" + in["id"].(string), "otto"})
	if from := h.get("otto", "/instances/"+in["id"].(string))["input_data"].(map[string]any)["from"]; from == nil || from == "" {
		t.Errorf("the input is %v, want the time", from)
	}
	equal(t, "its own time stays", h.get("otto", "/schedules/hourly/0")["next_at"], one["next_at"])
	h.refused(t, http.StatusForbidden, request{Who: "finn", Method: http.MethodPost, Path: "/schedules/hourly/1/run"}, "start")
	for _, path := range []string{"/schedules/hourly/2", "/schedules/hourly/00", "/schedules/hourly/-1", "/schedules/nothing/0"} {
		h.refused(t, http.StatusNotFound, request{Who: "otto", Method: http.MethodGet, Path: path}, "schedule")
	}
	h.refused(t, http.StatusNotFound, request{Who: "otto", Method: http.MethodPost, Path: "/schedules/hourly/2/run"}, "schedule")
}
