package ui_test

import (
	"net/http"
	"testing"
)

func TestSystem(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	h.saveAlso(shapes)
	h.begun(1)
	h.get("olga", "/x/admin/system").expect(t, http.StatusForbidden, "")
	page := h.get("ada", "/x/admin/system")
	page.expect(t, http.StatusOK, "")
	page.says(t, "main", "Processes alive")
	page.has(t, "section:first-of-type tbody tr", 1)
	page.says(t, "main", "Jobs of the topic scan")
	page.says(t, "main", "nobody: no worker has ever asked")
	page.says(t, "main", "none: everything is in memory")
	page.has(t, "nav a[href='/x/admin/system'][aria-current=page]", 1)
}
