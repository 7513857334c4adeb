package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"tandem/internal/e2e/browser"
)

// at fills in the control of an HTML name, for labels that are there more than
// once: one for each row.
func (v visitor) at(name, value string) {
	v.t.Helper()
	v.eval(`(document.getElementsByName(` + quoted(name) + `)[0].value = ` + quoted(value) + `, "")`)
}

// Lists of objects are filled in without scripts, from signing in to the end:
// rows are added and removed by buttons, what was typed stays, and what is stored
// is what was typed.
func TestNested_withoutScript(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/x"), start(t)
	otto, finn := h.visitor(t, b, browser.WithoutScript()), h.visitor(t, b, browser.WithoutScript(), browser.Size(390, 844))
	otto.signIn("otto")
	otto.visit("/definitions/travel_expenses/start")
	otto.at("lines[0].what", "Train") // the row that is there from the start
	otto.lead(http.StatusOK, browser.Fill("Purpose of the trip", "Fair in Lyon"), browser.Press("Add line"))
	otto.at("lines[1].what", "A mistake")
	otto.lead(http.StatusOK, browser.Press("Add line"))
	otto.at("lines[2].what", "Hotel")
	otto.lead(http.StatusOK, browser.Click("[aria-label='Remove line 2: A mistake']"))
	for name, value := range map[string]string{
		"from": "2026-05-04", "to": "2026-05-05",
		"lines[0].day": "2026-05-04", "lines[0].amount": "120.50", "lines[1].day": "2026-05-05", "lines[1].amount": "80",
	} {
		otto.at(name, value)
	}
	otto.lead(http.StatusUnprocessableEntity, browser.Choose("Destination", "In the European"), browser.Press("Start"))
	if text := otto.text(".problems"); !strings.Contains(text, "IBAN is required") {
		t.Errorf("what is missing is said as:\n%s", text)
	}
	otto.eval(`([...document.querySelectorAll("input[type=radio]")].find((r) => r.labels[0].innerText.includes("next salary")).checked = true, "")`)
	otto.lead(http.StatusOK, browser.Press("Start"))
	instance := otto.path()

	finn.signIn("finn")
	finn.visit("/tasks?view=groups")
	finn.lead(http.StatusOK, browser.Follow("Fair in Lyon"))
	if text := finn.text("main"); !strings.Contains(text, "Train") || strings.Contains(text, "A mistake") {
		t.Errorf("the task shows of the request:\n%s", text)
	}
	finn.lead(http.StatusOK, browser.Fill("Cost centre", "4711"), browser.Press("Add correction"))
	finn.at("corrections[0].line", "2")
	finn.lead(http.StatusUnprocessableEntity, browser.Press("Approve")) // the correction has no amount
	finn.at("corrections[0].amount", "75")
	finn.lead(http.StatusOK, browser.Press("Approve"))
	finn.visit("/tasks?view=completed")
	finn.lead(http.StatusOK, browser.Follow("Fair in Lyon"))
	if text := finn.text("main"); !strings.Contains(text, "75") || !strings.Contains(text, "4711") {
		t.Errorf("the decision reads:\n%s", text)
	}
	otto.reloadUntil(strings.TrimPrefix(instance, "/x"), "completed")

	// The list of instances is filtered by its form.
	otto.visit("/instances")
	otto.eval(`(document.querySelector("input[name=status][value=completed]").checked = true, document.querySelector("main input[name=q]").value = "travel", "")`)
	otto.lead(http.StatusOK, browser.Press("Show"))
	if query := otto.eval(`location.search`); !strings.Contains(query, "status=completed") || !strings.Contains(query, "q=travel") {
		t.Errorf("the filter leads to %s", query)
	}
}

// deciding counts what a person does from opening a link to a task until it is
// decided: each field that is filled in, each button and link.
type deciding struct {
	visitor
	actions int
}

func (d *deciding) fill(label, value string) {
	d.t.Helper()
	d.do(browser.Fill(label, value))
	d.actions++
}

func (d *deciding) press(name string) {
	d.t.Helper()
	d.lead(http.StatusOK, browser.Press(name))
	d.actions++
}

// From opening the link of a task to having decided it, somebody of the group,
// somebody who says no, and a guest without an account need three actions at most.
func TestApprover_threeActions(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	otto, finn, ada := h.visitor(t, b), h.visitor(t, b), h.visitor(t, b)
	otto.signIn("otto")
	finn.signIn("finn")
	ada.signIn("ada")
	tasks := []string{}
	for range 2 {
		id := strings.TrimPrefix(otto.startExpense("6000"), "/instances/")
		tasks = append(tasks, "/tasks/"+finn.eval(`fetch("/api/v1/tasks?instance_id=`+id+`").then((r) => r.json()).then((l) => l.items[0].id)`))
	}
	if _, err := h.app.Apply(t.Context(), []byte("name: guests\nversion: 1.0.0\nsteps: [{name: ask, type: human, title: Come in?, guests: [gina@example.com], outcomes: [{name: yes, title: Yes}, {name: no, title: No}]}]\n")); err != nil {
		t.Fatal(err)
	}
	link := ada.eval(`fetch("/api/v1/instances", {method: "POST", headers: {"Content-Type": "application/json", "Prefer": "wait=10"}, body: JSON.stringify({definition_name: "guests", input_data: {}})})
		.then((r) => r.json()).then((i) => fetch("/api/v1/tasks?instance_id=" + i.id)).then((r) => r.json())
		.then((l) => fetch("/api/v1/tasks/" + l.items[0].id)).then((r) => r.json()).then((t) => new URL(t.guest_links[0].url).pathname)`)
	for name, c := range map[string]struct {
		who    visitor
		path   string
		decide func(d *deciding)
	}{
		"yes with a field":    {finn, tasks[0], func(d *deciding) { d.fill("Cost centre", "4711"); d.press("Approve") }},
		"no":                  {finn, tasks[1], func(d *deciding) { d.press("Reject") }},
		"guest without login": {h.visitor(t, b), link, func(d *deciding) { d.press("Yes") }},
	} {
		d := &deciding{visitor: c.who}
		d.visit(c.path)
		c.decide(d)
		if d.actions > 3 {
			t.Errorf("%s: %d actions, want 3 at most", name, d.actions)
		}
		d.lead(http.StatusOK, browser.Visit(h.url+c.path)) // where it now says who decided
		if text := d.text("body"); strings.Contains(text, "Cost centre") && strings.Contains(text, "Save draft") || d.eval(`String(document.querySelectorAll("[name=_outcome]").length)`) != "0" {
			t.Errorf("%s: the task is not decided:\n%s", name, text)
		}
	}
}
