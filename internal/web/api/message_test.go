package api_test

import (
	"strings"
	"testing"
)

func TestAPI_Messages(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply("format: 1\nname: order\nversion: 1.0.0\nstart_on: {message: ordered, key: data.order}\nsteps:\n- {name: paid, type: webhook, message: {name: paid}}\n")
	if got := h.post(202, "otto", "/messages", `{"name": "paid", "key": "A", "data": 1}`); got["instance_id"] != nil {
		t.Errorf("a message for nobody reached %v", got)
	}
	started := h.post(202, "otto", "/messages", `{"name": "ordered", "key": "x", "data": {"order": "B"}}`)
	reached := h.post(202, "otto", "/messages", `{"name": "paid", "key": "B", "ttl": "2d"}`)
	if started["instance_id"] == nil || started["instance_id"] != reached["instance_id"] {
		t.Errorf("started %v, reached %v", started, reached)
	}
	for body, pointer := range map[string]string{
		`{"name": "paid", "key": "A", "ttl": "soon"}`: "/ttl",
		`{"name": "paid", "key": "A", "ttl": "31d"}`:  "/ttl",
		`{"name": "pa id", "key": "A"}`:               "/name",
		`{"name": "paid", "key": ""}`:                 "/key",
		`{"name": "paid"}`:                            "/key",
	} {
		refused := h.post(422, "otto", "/messages", body)
		errs, _ := refused["errors"].([]any)
		if len(errs) != 1 || errs[0].(map[string]any)["pointer"] != pointer {
			t.Errorf("%s: %v, want a fault at %s", body, refused, pointer)
		}
	}
	large := `{"name": "paid", "key": "A", "data": "` + strings.Repeat("x", 256<<10) + `"}`
	h.post(413, "otto", "/messages", large)
	h.post(403, "reader", "/messages", `{"name": "paid", "key": "A"}`)
}

func TestAPI_Schedules(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply("format: 1\nname: clock\nversion: 1.0.0\nschedules:\n- {cron: '0 9 * * MON', timezone: Europe/Berlin, catch_up: true}\n- {cron: '@yearly'}\nsteps:\n- {name: a, type: machine, action: noop}\n")
	list := h.get("otto", "/schedules?limit=1")
	first := list["items"].([]any)[0].(map[string]any)
	if first["definition_name"] != "clock" || first["timezone"] != "Europe/Berlin" || first["overlap"] != "skip" || first["next_at"] == nil || list["next_cursor"] == nil {
		t.Errorf("got %v", list)
	}
	second := h.get("otto", "/schedules?limit=1&cursor="+list["next_cursor"].(string))["items"].([]any)[0].(map[string]any)
	if second["cron"] != "@yearly" {
		t.Errorf("got %v", second)
	}
}
