package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const offerDoc = `{"format": 1, "name": "offer", "version": "1.0.0",
	"input_schema": {"type": "object", "required": ["subject"], "properties": {"subject": {"type": "string", "title": "Subject"}}},
	"steps": [{"name": "sign", "type": "human", "title": "Sign the offer", "candidate_groups": ["finance"], "guests": ["Ines@Example.com"], "outcomes": [{"name": "sign", "title": "Sign it"}, {"name": "refuse", "title": "Refuse", "validate": "none"}],
		"form": {"schema": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "title": "Your name"}, "paper": {"type": "string", "format": "data-url", "title": "Paper"}, "lines": {"type": "array", "items": {"type": "string"}}}}}}]}`

const ines = "guest:ines@example.com"

// offer starts an offer and gives its task and the path of the guest's link.
func (h *taskHouse) offer(prefix string) (engine.TaskRow, string) {
	h.t.Helper()
	h.apply(offerDoc)
	t := h.begin("offer", `{"subject": "A secret offer"}`)
	return t, prefix + "/guest/" + h.engine.GuestToken(workflow.DefaultTenant, t.Task, "ines@example.com")
}

func TestGuest(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	task, link := h.offer("/x")
	for range 3 {
		page := h.get("", link)
		page.expect(t, http.StatusOK, "")
		page.says(t, "h1", "Sign the offer")
		page.says(t, "main", "A secret offer")
		page.has(t, "nav, header, a[href^='/x/tasks'], a[href^='/x/instances'], .draft-line", 0)
		page.has(t, "button[name=_outcome][value=sign]", 1)
		page.has(t, "form[action='"+link+"/complete'][method=post]", 1)
		if got := page.header.Get("X-Robots-Tag"); got != "noindex" {
			t.Errorf("X-Robots-Tag = %q", got)
		}
	}
	h.get("otto", link).says(t, "h1", "Sign the offer") // whoever is signed in
	if now := h.task(task.ID); now.Version != task.Version || now.Status != workflow.TaskPending {
		t.Errorf("looking changed the task: %+v", now.Task)
	}

	h.post("", link+"/comments", url.Values{"text": {"Which *date*?"}}).expect(t, http.StatusSeeOther, link+"?notice=commented")
	h.get("", link).says(t, "#comments", "ines@example.com")

	wrong := h.post("", link+"/complete", url.Values{"_outcome": {"sign"}, "_comment": {"a note"}})
	wrong.expect(t, http.StatusUnprocessableEntity, "")
	wrong.says(t, ".problems", "Your name")
	wrong.has(t, "nav", 0)

	h.post("", link+"/complete", url.Values{"_outcome": {"sign"}, "name": {"Ines"}}).expect(t, http.StatusSeeOther, link)
	if now := h.task(task.ID); now.CompletedBy != ines || now.Outcome != "sign" {
		t.Errorf("decided by %q: %q", now.CompletedBy, now.Outcome)
	}
	done := h.get("", link)
	done.expect(t, http.StatusOK, "")
	done.says(t, "main", "Your decision: Sign it")
	done.lacks(t, "main", "A secret offer")
	again := h.post("", link+"/complete", url.Values{"_outcome": {"refuse"}, "name": {"Eve"}})
	again.expect(t, http.StatusConflict, "")
	again.says(t, "main", "Eve")
	for _, below := range []string{"/form", "/comments"} {
		h.post("", link+below, url.Values{"text": {"late"}}).expect(t, http.StatusConflict, "")
	}
	h.get("finn", "/x/instances/"+task.InstanceID.String()).says(t, "main", "ines@example.com")
}

func TestGuest_form_code_is_that_of_tasks(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task, link := h.offer("")
	add := h.get("", link).page.Find("button[formaction='" + link + "/form']").First()
	more := h.post("", link+"/form", url.Values{add.AttrOr("name", "?"): {add.AttrOr("value", "?")}, "name": {"Ines"}})
	more.expect(t, http.StatusOK, "")
	more.has(t, "input[type=text][name^='lines']", 1)
	more.has(t, "input[name=name][value=Ines]", 1)

	kept := h.upload("", link+"/form", "paper", "paper.pdf", "%PDF-1.7 text", url.Values{"name": {"Ines"}})
	kept.expect(t, http.StatusOK, "")
	file := kept.page.Find(".file-line a").AttrOr("href", "")
	if !strings.HasPrefix(file, link+"/attachments/") {
		t.Fatalf("the file is at %q, want it below the link", file)
	}
	if got := h.get("", file); got.status != http.StatusOK || got.page.Text() != "%PDF-1.7 text" {
		t.Errorf("the file: %d %q", got.status, got.page.Text())
	}
	ref := kept.page.Find("input[type=hidden][name=paper]").AttrOr("value", "")
	h.post("", link+"/complete", url.Values{"_outcome": {"sign"}, "name": {"Ines"}, "paper": {ref}}).expect(t, http.StatusSeeOther, link)
	if out := string(h.task(task.ID).Output); !strings.Contains(out, "paper.pdf") {
		t.Errorf("output = %s", out)
	}
	h.get("", file).expect(t, http.StatusOK, "") // the page that says that it is over
	h.get("", file).lacks(t, "main", "%PDF")
}

func TestGuest_links_that_open_nothing(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task, link := h.offer("")
	flipped := link[:len(link)-8] + strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}, link[len(link)-8:])
	uninvited := "/guest/" + h.engine.GuestToken(workflow.DefaultTenant, task.Task, "eve@example.com")
	for _, path := range []string{"/guest/x", flipped, uninvited, link + "A"} {
		h.get("", path).expect(t, http.StatusNotFound, "")
		h.post("", path+"/complete", url.Values{"_outcome": {"sign"}, "name": {"Eve"}}).expect(t, http.StatusNotFound, "")
	}
	for range 60 {
		h.get("", "/guest/x")
	}
	h.get("", "/guest/x").expect(t, http.StatusTooManyRequests, "")
	if now := h.task(task.ID); now.Status != workflow.TaskPending {
		t.Errorf("the task is %s", now.Status)
	}
}

func TestGuest_links_are_shown_to_operators(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task, link := h.offer("")
	h.get("olga", "/tasks/"+task.ID.String()).has(t, "input[readonly][value$='"+link+"']", 1)
	for _, who := range []string{"finn", "otto"} {
		page := h.get(who, "/tasks/"+task.ID.String())
		page.has(t, "input[readonly]", 0)
		page.says(t, "main", "ines@example.com (guest)")
	}
}
