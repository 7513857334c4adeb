package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

const guestAddress = "gast@example.com"

// invite adds a definition like the expense approval whose finance step has a
// guest, and gives its name.
func (h *house) invite() string {
	h.t.Helper()
	text, err := os.ReadFile("../../definitions/expense_approval.yaml")
	if err != nil {
		h.t.Fatal(err)
	}
	doc := strings.Replace(string(text), "name: expense_approval", "name: guest_approval", 1)
	doc = strings.Replace(doc, "candidate_groups: [finance]", "candidate_groups: [finance]\n    guests: ["+guestAddress+"]", 1)
	q := jsonPost("", "/api/v1/definitions", doc)
	q.Token, q.Header["Content-Type"] = h.token("ada"), "application/yaml"
	h.expect(http.StatusCreated, q)
	return "guest_approval"
}

// guestLink gives the path of the link of a task's guest.
func (h *house) guestLink(task string) string {
	h.t.Helper()
	links := h.guestLinks("ada", "", task)
	if len(links) != 1 || links[0].Guest != guestAddress {
		h.t.Fatalf("guest_links = %+v", links)
	}
	u, err := url.Parse(links[0].URL)
	if err != nil {
		h.t.Fatal(err)
	}
	return u.Path
}

type guestLink struct{ Guest, URL string }

func (h *house) guestLinks(who, token, task string) []guestLink {
	h.t.Helper()
	q := get(who, "/api/v1/tasks/"+task)
	q.Token = token
	a := h.expect(http.StatusOK, q)
	var detail struct {
		GuestLinks []guestLink `json:"guest_links"`
	}
	if err := json.Unmarshal([]byte(a.body), &detail); err != nil {
		h.t.Fatal(err)
	}
	return detail.GuestLinks
}

// A personal link is a credential: only who administers the instance gets to
// see it, what is done by it is in the audit as done by link, and its token is
// neither in the audit nor in the log.
func TestGuest_links(t *testing.T) {
	t.Parallel()
	h := setup(t)
	instance, task := h.startOf(h.invite())
	link := h.guestLink(task)
	for _, tt := range []struct {
		who, scope string
		want       int
	}{
		{"olga", "", 1}, {"finn", "", 0}, {"otto", "", 0}, {"olga", "tasks:read", 0}, {"olga", "tasks:write", 1},
	} {
		who, token := tt.who, ""
		if tt.scope != "" {
			who, token = "", h.token(tt.who, tt.scope)
		}
		if got := h.guestLinks(who, token, task); len(got) != tt.want {
			t.Errorf("%s %s sees %d links, want %d", tt.who, tt.scope, len(got), tt.want)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		q := get("", link)
		q.Method = method
		h.expect(http.StatusOK, q)
	}
	foreign := formPost("", link+"/complete", url.Values{"_outcome": {"reject"}})
	foreign.Header["Sec-Fetch-Site"] = "cross-site"
	h.expect(http.StatusForbidden, foreign)
	if state := h.taskState(task); !strings.HasPrefix(state, "pending") {
		t.Fatalf("the task is %s", state)
	}
	h.expect(http.StatusSeeOther, formPost("", link+"/complete", url.Values{"_outcome": {"reject"}}))
	h.expect(http.StatusConflict, formPost("", link+"/complete", url.Values{"_outcome": {"approve"}}))
	h.eventually("decision and refusal are in the audit", func() bool {
		a := h.expect(http.StatusOK, get("ada", "/api/v1/audit?limit=200&actor=guest:"+guestAddress))
		return strings.Count(a.body, `"via":"link"`) == 2 && strings.Contains(a.body, instance)
	})
	if got := h.guestLinks("ada", "", task); len(got) != 0 {
		t.Errorf("a closed task shows links: %+v", got)
	}
	all := h.expect(http.StatusOK, get("ada", "/api/v1/audit?limit=200"))
	if secret := link[strings.LastIndex(link, "/")+1:]; strings.Contains(all.body, secret) {
		t.Error("the audit holds the token of the link")
	}
}
