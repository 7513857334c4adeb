package ui_test

import (
	"net/url"
	"testing"
)

// One field finds pages, what may be started, tasks, instances and definitions,
// each only for those who may see them, and what can be done on the page.
func TestFind(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	task := h.expense("Desk for Mia", 6000)

	all := h.get("otto", "/x/find")
	all.has(t, "main a[href='/x/tasks']", 1)
	all.has(t, "main a[href='/x/definitions/expense_approval/start']", 1)
	all.has(t, "main a[href='/x/admin/users']", 0)

	own := h.get("finn", "/x/find/list?"+url.Values{"q": {"desk mia"}}.Encode())
	own.has(t, "[role=listbox] a[role=option][href='/x/tasks/"+task.ID.String()+"']", 0) // both words, but not as they stand

	own = h.get("finn", "/x/find/list?"+url.Values{"q": {"Desk for"}}.Encode())
	own.has(t, "[role=listbox] a[role=option][href='/x/tasks/"+task.ID.String()+"']", 1)
	other := h.get("mia", "/x/find/list?"+url.Values{"q": {"Desk for"}}.Encode())
	other.has(t, "a[href='/x/tasks/"+task.ID.String()+"']", 0)

	here := "/instances/" + task.InstanceID.String()
	verbs := h.get("otto", "/x/find/list?"+url.Values{"q": {"cancel"}, "on": {here + "?tab=data"}}.Encode())
	verbs.has(t, "a[href='/x"+here+"#cancel']", 1)
	strange := h.get("mia", "/x/find/list?"+url.Values{"q": {"cancel"}, "on": {here}}.Encode())
	strange.has(t, "a[href='/x"+here+"#cancel']", 0)
	strange.has(t, "[role=status]", 1)
}
