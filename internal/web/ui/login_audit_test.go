package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tandem/internal/workflow"
)

// TestLogin_audit: who signed in, by what, and out; who was refused and why. What
// was typed is kept only where it is somebody's login name.
func TestLogin_audit(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "")
	var refused []workflow.Record
	b.ui.Refused = func(r workflow.Record) { refused = append(refused, r) }
	b.signIn("otto").post("/logout", nil).expect(t, http.StatusSeeOther, "/login?notice=signed_out")
	b.post("/logout", nil) // nobody
	rows, err := b.pool.Query(t.Context(), `SELECT action || ' ' || actor || ' ' || coalesce("after"->>'by', '') FROM audit WHERE action LIKE 'session.%' ORDER BY seq`)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	if want := "session.begin otto password, session.sign_out otto"; strings.Join(lines, ", ") != want {
		t.Errorf("the audit has %q, want %q", lines, want)
	}

	for _, typed := range []string{"otto", "nobody", "My Secret Passphrase 1", strings.Repeat("a", 64)} {
		b.post("/login", url.Values{"login": {typed}, "password": {"wrong and secret"}}).expect(t, http.StatusUnprocessableEntity, "")
	}
	for range 10 {
		b.post("/login", url.Values{"login": {"otto"}, "password": {"wrong and secret"}})
	}
	var names []string
	for _, r := range refused[:4] {
		names = append(names, r.ObjectID)
		if r.Action != "session.begin" || r.Refused != "bad_credentials" || r.Address == "" || r.Tenant != workflow.DefaultTenant || r.Actor != "" {
			t.Errorf("line %+v", r)
		}
	}
	if got := strings.Join(names, ","); got != "otto,,," {
		t.Errorf("names %q", got)
	}
	if last := refused[len(refused)-1]; last.Refused != "too_many_attempts" || last.ObjectID != "otto" {
		t.Errorf("throttled: %+v", last)
	}
	for _, r := range refused {
		if strings.Contains(r.Reason+r.ObjectID+string(r.After), "ecret") {
			t.Errorf("the line holds what was typed: %+v", r)
		}
	}
}
