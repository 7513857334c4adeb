package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// setupSealing is setup on a server with a master key.
func setupSealing(t *testing.T) *house {
	t.Helper()
	return open(t, tandem.Config{DatabaseURL: dbtest.URL(t, db.Migrate), SecretsKey: tandem.NewSecretsKey(), HTTPAllow: []string{"127.0.0.1"}})
}

func documentOf(t *testing.T, a answer) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestAdmin_webhooks is the life of a subscription on the pages.
func TestAdmin_webhooks(t *testing.T) {
	t.Parallel()
	h := setupSealing(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer receiver.Close()
	list := documentOf(t, h.expect(http.StatusOK, get("ada", "/admin/webhooks")))
	if list.Find("form[action='/admin/webhooks'] input[name=url]").Length() != 1 {
		t.Error("there is no form to add one")
	}
	bad := h.expect(http.StatusUnprocessableEntity, formPost("ada", "/admin/webhooks", url.Values{"url": {"ftp://x"}, "event_types": {"Nope"}}))
	if doc := documentOf(t, bad); doc.Find("input[name=url][aria-invalid=true][value='ftp://x']").Length() != 1 || doc.Find("input[name=event_types][aria-invalid=true]").Length() != 1 {
		t.Errorf("the form does not say what is wrong: %.500s", bad.body)
	}
	made := documentOf(t, h.expect(http.StatusOK, formPost("ada", "/admin/webhooks", url.Values{
		"url": {receiver.URL + "/hooks"}, "description": {"The <books>"}, "event_types": {"workflow.completed, task.created"},
	})))
	key := made.Find("[data-shown]").AttrOr("value", "")
	path := strings.TrimPrefix(made.Find("#edit-webhook form").AttrOr("action", ""), "")
	if !strings.HasPrefix(key, "whsec_") || !strings.HasPrefix(path, "/admin/webhooks/") {
		t.Fatalf("made at %q with the key %q", path, key)
	}
	if page := h.expect(http.StatusOK, get("ada", path)); strings.Contains(page.body, key) {
		t.Error("the key is shown a second time")
	}
	h.expect(http.StatusSeeOther, formPost("ada", path+"/test", nil))
	page := documentOf(t, h.expect(http.StatusOK, get("ada", path)))
	if !strings.Contains(page.Find("#deliveries").Text(), "webhook.test") {
		t.Errorf("the test does not stand among %q", page.Find("#deliveries").Text())
	}
	narrowed := func(status string) (rows, chosen int) {
		doc := documentOf(t, h.expect(http.StatusOK, get("ada", path+"?status="+status)))
		return doc.Find("#deliveries tbody tr").Length(), doc.Find("#deliveries a[aria-current=page][href*='status=']").Length()
	}
	for deadline := time.After(30 * time.Second); ; {
		if rows, _ := narrowed("delivered"); rows == 1 {
			break
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatal("the test is not among the delivered ones")
		}
	}
	for status, want := range map[string][2]int{"": {1, 0}, "delivered": {1, 1}, "pending": {0, 1}, "dead": {0, 1}, "nonsense": {1, 0}} {
		if rows, chosen := narrowed(status); rows != want[0] || chosen != want[1] {
			t.Errorf("%q: %d rows, %d chosen states; want %v", status, rows, chosen, want)
		}
	}
	h.expect(http.StatusSeeOther, formPost("ada", path+"/pause", nil))
	if got := documentOf(t, h.expect(http.StatusOK, get("ada", path))).Find(".facts").Text(); !strings.Contains(got, "Paused") {
		t.Errorf("after pausing: %q", got)
	}
	h.expect(http.StatusSeeOther, formPost("ada", path+"/resume", nil))
	rotated := documentOf(t, h.expect(http.StatusOK, formPost("ada", path+"/rotate", nil)))
	if other := rotated.Find("[data-shown]").AttrOr("value", ""); other == key || !strings.HasPrefix(other, "whsec_") {
		t.Errorf("another key: %q", other)
	}
	h.expect(http.StatusSeeOther, formPost("ada", path, url.Values{"url": {receiver.URL + "/other"}}))
	h.expect(http.StatusNotFound, formPost("ada", path+"/deliveries/0190a0a0-0000-7000-8000-000000000000/redeliver", nil))
	if got := h.expect(http.StatusOK, get("ada", "/admin/webhooks")); !strings.Contains(got.body, receiver.URL+"/other") {
		t.Error("the list does not have the changed address")
	}
	h.expect(http.StatusSeeOther, formPost("ada", path+"/delete", nil))
	h.expect(http.StatusNotFound, get("ada", path))
	lines := h.expect(http.StatusOK, get("ada", "/api/v1/audit?limit=50"))
	for _, action := range []string{"subscription.create", "subscription.update", "subscription.delete"} {
		if !strings.Contains(lines.body, action) {
			t.Errorf("the audit has no %s", action)
		}
	}
}

// TestAdmin_secrets: values go in and never come out.
func TestAdmin_secrets(t *testing.T) {
	t.Parallel()
	h := setupSealing(t)
	const value = "the-canary-of-the-vault"
	bad := h.expect(http.StatusUnprocessableEntity, formPost("ada", "/admin/secrets", url.Values{"name": {"pay"}, "value": {value}, "definitions": {"*"}, "hosts": {"https://x"}}))
	if doc := documentOf(t, bad); doc.Find("input[name=name][aria-invalid=true]").Length() != 1 || doc.Find("input[name=hosts][aria-invalid=true]").Length() != 1 || strings.Contains(bad.body, value) {
		t.Errorf("the refused form: %.300s", bad.body)
	}
	h.expect(http.StatusSeeOther, formPost("ada", "/admin/secrets", url.Values{"name": {"PAY_KEY"}, "value": {value}, "definitions": {"pay, refund"}, "hosts": {"*"}}))
	for _, path := range []string{"/admin/secrets", "/admin/secrets/PAY_KEY"} {
		if page := h.expect(http.StatusOK, get("ada", path)); strings.Contains(page.body, value) || !strings.Contains(page.body, "PAY_KEY") || !strings.Contains(page.body, "refund") {
			t.Errorf("%s: %.300s", path, page.body)
		}
	}
	h.expect(http.StatusSeeOther, formPost("ada", "/admin/secrets/PAY_KEY", url.Values{"value": {value + "-2"}, "definitions": {"pay"}, "hosts": {"api.example.com"}}))
	h.expect(http.StatusUnprocessableEntity, formPost("ada", "/admin/secrets/PAY_KEY", url.Values{"value": {"short"}, "definitions": {"pay"}, "hosts": {"*"}}))
	h.expect(http.StatusSeeOther, formPost("ada", "/admin/secrets/PAY_KEY/delete", nil))
	h.expect(http.StatusNotFound, get("ada", "/admin/secrets/PAY_KEY"))
}

// TestAdmin_roles: the table says what the guards say.
func TestAdmin_roles(t *testing.T) {
	t.Parallel()
	h := setup(t)
	doc := documentOf(t, h.expect(http.StatusOK, get("ada", "/admin/roles")))
	cells := map[string]string{}
	doc.Find("table").Last().Find("tbody tr").Each(func(_ int, row *goquery.Selection) {
		cells[row.Find("th").Text()] = strings.Join(row.Find("td").Map(func(_ int, s *goquery.Selection) string { return s.Text() }), "|")
	})
	// administrator, operator, author, auditor, user
	for area, want := range map[string]string{
		"/admin/users": "Look and send|–|–|–|–",
		"/admin/audit": "Look|–|–|Look|–",
		"/admin/roles": "Look|–|–|–|–",
		"/tasks":       "Look and send|Look and send|Look and send|Look and send|Look and send",
	} {
		if cells[area] != want {
			t.Errorf("%s: %q, want %q", area, cells[area], want)
		}
	}
	if doc.Find("a[href='/admin/users?role=operator']").Length() != 1 {
		t.Error("no way to who has a role")
	}
}

// TestAdmin_system: the page says how far the database keeps tenants apart.
func TestAdmin_system(t *testing.T) {
	t.Parallel()
	h := setup(t)
	facts := documentOf(t, h.expect(http.StatusOK, get("ada", "/admin/system"))).Find("#system-facts").Text()
	if want := "Tenants kept apart by the databasein all that people are shown"; !strings.Contains(facts, want) {
		t.Errorf("the facts are %q, want %q", facts, want)
	}
}
