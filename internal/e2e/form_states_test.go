package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tandem/internal/e2e/browser"
)

// statesDoc has a form with a control of each sort that behaves by itself: rows,
// a file, fields that depend on others, long text.
const statesDoc = `{"format": 1, "name": "states", "version": "1.0.0", "title": "States of a form", "steps": [{"name": "look", "type": "human",
	"candidate_groups": ["finance"], "outcomes": [{"name": "approve", "title": "Approve"}, {"name": "reject", "title": "Reject", "validate": "none"}],
	"form": {"schema": {"type": "object", "required": ["why"], "properties": {
		"why": {"type": "string", "title": "Why", "minLength": 3},
		"abroad": {"type": "boolean", "title": "Abroad"},
		"receipt": {"type": "string", "format": "data-url", "title": "Receipt"},
		"lines": {"type": "array", "title": "Lines", "items": {"type": "object", "title": "Line", "properties": {
			"what": {"type": "string", "title": "What"}, "amount": {"type": "number", "title": "Amount"}}}}},
		"if": {"properties": {"abroad": {"const": true}}, "required": ["abroad"]}, "then": {"properties": {"country": {"type": "string", "title": "Country"}}}},
	"ui": {"lines": {"ui:options": {"itemLabel": "Line"}}}}}]}`

// stateTask starts the workflow of statesDoc and gives the path of its task.
func (v visitor) stateTask() string {
	v.t.Helper()
	if _, err := v.house.app.Apply(v.t.Context(), []byte(statesDoc)); err != nil {
		v.t.Fatal(err)
	}
	id := v.eval(`fetch(location.origin + "/api/v1/instances", {method: "POST", headers: {"Content-Type": "application/json", "Prefer": "wait=10"},
		body: JSON.stringify({definition_name: "states", input_data: {}})}).then((r) => r.json()).then((i) => i.id)`)
	return "/tasks/" + v.eval(fmt.Sprintf(`fetch("/api/v1/tasks?instance_id=%s").then((r) => r.json()).then((l) => l.items[0].id)`, id))
}

// typeInto types text into a control as keys do.
func (v visitor) typeInto(name, text string) {
	v.t.Helper()
	v.eval(fmt.Sprintf(`(document.getElementsByName(%q)[0].focus(), "")`, name))
	v.do(browser.Key(text))
}

// atRest is JavaScript for that no colour is on its way to another.
const atRest = `document.getAnimations().every((a) => a.playState !== "running")`

func TestForm_states(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	v := h.visitor(t, b)
	v.signIn("finn")
	path := v.stateTask()
	v.visit(path)
	both := func(state string) {
		t.Helper()
		for _, theme := range []string{"light", "dark"} {
			v.do(browser.Prefer(theme))
			v.until(atRest)
			for _, width := range []int64{1280, 390} {
				v.do(browser.Size(width, 900))
				v.until(atRest)
				v.passesAxe()
				if wide := v.eval(`String(document.documentElement.scrollWidth - document.documentElement.clientWidth)`); width == 390 && wide != "0" {
					t.Errorf("%s: the page is %s px wider than the phone", state, wide)
				}
			}
		}
		v.Faults(h.origin) // what axe itself did
	}
	both("fresh")
	draftsAsOneTypes(v)
	both("draft")
	rowsByKeyboard(v)
	both("rows")
	upload(v)
	both("file")

	v.do(browser.Press("Edit as JSON"))
	v.until(`document.getElementById("f--7e")`)
	both("JSON")
	v.do(browser.Press("Back to the form"))
	v.until(`document.getElementsByName("why")[0]?.value === "Because"`)

	v.eval(`(document.getElementsByName("why")[0].value = "", document.getElementsByName("lines[0].amount")[0].type = "text",
		document.getElementsByName("lines[0].amount")[0].value = "much", "")`)
	v.lead(http.StatusUnprocessableEntity, browser.Press("Approve"))
	v.until(`document.activeElement.getAttribute("role") === "alert"`)
	v.eval(`(document.querySelector(".problems a").click(), "")`)
	v.until(`document.activeElement.name === "why"`)
	if kept := v.eval(`document.getElementsByName("lines[0].what")[0].value`); kept != "Taxi" {
		t.Errorf("after an error the row reads %q, want Taxi", kept)
	}
	v.Faults(h.origin) // the browser notes the status
	v.do(browser.Size(1280, 900))
	// One of them has an error above it.
	if apart := v.eval(`String(Math.abs(document.getElementsByName("lines[0].what")[0].getBoundingClientRect().top - document.getElementsByName("lines[0].amount")[0].getBoundingClientRect().top))`); apart != "0" {
		t.Errorf("two controls of a row are %s px apart", apart)
	}
	if quiet := v.eval(`String(getComputedStyle(document.querySelector(".entry-actions .btn-ghost")).color === getComputedStyle(document.querySelector(".field-optional")).color)`); quiet != "true" {
		t.Error("the button that removes a row is as loud as what is in it")
	}
	both("errors")
}

// draftsAsOneTypes says what becomes of what is typed: saving, saved, failed.
func draftsAsOneTypes(v visitor) {
	v.t.Helper()
	v.eval(`(window.said = [], new MutationObserver(() => said.push(document.querySelector("[data-draft]")?.textContent.trim()))
		.observe(document.querySelector("[data-draft]").parentElement, {childList: true, subtree: true, characterData: true}), "")`)
	v.typeInto("why", "Because")
	v.until(`document.querySelector("[data-draft]").textContent.includes("Draft saved at")`)
	if said := v.eval(`said.join("|")`); !strings.Contains(said, "Saving") {
		v.t.Errorf("while the draft was saved the page said %q", said)
	}
	v.until(`!document.querySelector("[data-draft-drop]").hidden`)
	if role := v.eval(`document.querySelector("[data-draft]").getAttribute("role")`); role != "status" {
		v.t.Errorf("the state of the draft has the role %q", role)
	}
	v.hasNoFaults()
	v.eval(`(document.querySelector("[data-draft]").setAttribute("hx-post", "/tasks/nowhere/draft"), htmx.process(document.querySelector("[data-draft]")), "")`)
	v.eval(`(htmx.trigger("#draft-state", "draft"), "")`)
	v.until(`document.querySelector("[data-draft][data-state=failed]")`)
	v.Faults(v.house.origin) // that a request was refused
	v.visit(v.path())
	if kept := v.eval(`document.getElementsByName("why")[0].value`); kept != "Because" {
		v.t.Errorf("the draft holds %q, want Because", kept)
	}
}

// rowsByKeyboard adds, moves and removes rows without a mouse; the focus is where
// one goes on.
func rowsByKeyboard(v visitor) {
	v.t.Helper()
	press := func(id, then string) {
		v.t.Helper()
		v.eval(fmt.Sprintf(`(document.getElementById(%q).focus(), "")`, id))
		v.do(browser.Key("Enter"))
		v.until(then)
	}
	press("f-lines-add", `document.activeElement.name === "lines[0].what"`)
	v.do(browser.Key("Bus"))
	press("f-lines-add", `document.activeElement.name === "lines[1].what"`)
	v.do(browser.Key("Taxi"))
	press("f-lines-5b1-5d-up", `document.getElementsByName("lines[0].what")[0].value === "Taxi" && document.activeElement.id === "f-lines-5b0-5d-down"`)
	if name := v.eval(`document.querySelector("#f-lines-5b1-5d button[value^=remove]").ariaLabel`); name != "Remove line 2: Bus" {
		v.t.Errorf("the button is called %q", name)
	}
	v.eval(`(document.querySelector("[aria-label='Remove line 2: Bus']").focus(), "")`)
	v.do(browser.Key("Enter"))
	v.until(`document.querySelectorAll(".entry").length === 1 && document.activeElement !== document.body`)
	v.eval(`(document.querySelector("input[type=checkbox][name=abroad]").focus(), "")`)
	v.do(browser.Key(" "))
	v.until(`document.getElementsByName("country").length === 1 && document.activeElement.name === "abroad"`)
	v.hasNoFaults()
}

// upload chooses a file as people do: its progress shows, then its name.
func upload(v visitor) {
	v.t.Helper()
	v.eval(`(() => {
		const bytes = new Uint8Array(400000); bytes.set([0x25, 0x50, 0x44, 0x46, 0x2d, 0x31, 0x2e, 0x34]);
		const files = new DataTransfer(); files.items.add(new File([bytes], "bill.pdf", {type: "application/pdf"}));
		const input = document.querySelector("input[type=file]");
		window.progressed = 0;
		new MutationObserver(() => progressed++).observe(input.closest("[data-file]").querySelector("progress"), {attributes: true});
		input.files = files.files; input.dispatchEvent(new Event("change", {bubbles: true}));
		return "";
	})()`)
	v.until(`document.querySelector(".file-line a")?.textContent.includes("bill.pdf")`)
	v.until(`window.progressed > 0`)
	v.hasNoFaults()

	v.eval(`(() => {
		const files = new DataTransfer(); files.items.add(new File(["<html><script>alert(1)</script>"], "evil.pdf"));
		const input = document.querySelector("input[type=file]");
		input.files = files.files; input.dispatchEvent(new Event("change", {bubbles: true}));
		return "";
	})()`)
	v.until(`document.querySelector("[data-file] .field-error:not([hidden])")?.textContent.includes("evil.pdf")`)
	v.hasNoFaults()
}

// post is JavaScript that posts JSON to the API and gives the status.
func post(path, body string) string {
	return fmt.Sprintf(`fetch("/api/v1%s", {method: "POST", headers: {"Content-Type": "application/json"}, body: %q}).then((r) => String(r.status))`, path, body)
}

// The pages on which two values of a field meet, without scripts: what was typed
// and what somebody else has proposed; what was typed and what was decided.
func TestForm_conflicts(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	finn, cleo, slow := h.visitor(t, b), h.visitor(t, b), h.visitor(t, b, browser.WithoutScript(), browser.Size(390, 844))
	finn.signIn("finn")
	cleo.signIn("cleo")
	slow.signIn("finn")
	path := finn.stateTask()
	slow.visit(path)
	slow.do(browser.Fill("Why", "Mine"))
	if got := finn.eval(post(path+"/delegate", `{"to": "cleo"}`)); got != "200" {
		t.Fatalf("delegating is answered with %s", got)
	}
	if got := cleo.eval(post(path+"/return", `{"outcome": "approve", "output_data": {"why": "Theirs", "abroad": true, "country": "Peru"}}`)); got != "200" {
		t.Fatalf("returning is answered with %s", got)
	}
	axe := func() {
		t.Helper()
		slow.do(browser.WithScript())
		for _, theme := range []string{"dark", "light"} {
			slow.do(browser.Prefer(theme))
			slow.until(atRest)
			slow.passesAxe()
		}
		slow.do(browser.WithoutScript())
		slow.Faults(h.origin)
	}
	slow.lead(http.StatusConflict, browser.Press("Approve"))
	axe()
	slow.eval(`(document.querySelector("[name='_pick:why'][value=now]").checked = true, document.querySelector("[name='_pick:abroad'][value=mine]").checked = true, "")`)
	slow.lead(http.StatusOK, browser.Press("Go on with the form"))
	if got := slow.eval(`document.getElementsByName("why")[0].value`); got != "Theirs" {
		t.Errorf("the form goes on with %q, want Theirs", got)
	}
	finn.visit(path)
	if got := finn.eval(`document.getElementsByName("why")[0].value`); got != "Theirs" {
		t.Errorf("the form of who decides begins with %q, want the proposal", got)
	}
	finn.lead(http.StatusOK, browser.Press("Approve"))
	slow.lead(http.StatusConflict, browser.Press("Reject"))
	if head := slow.text("h1"); !strings.Contains(head, "You completed this at") {
		t.Errorf("the page of a decision that came too late is headed %q", head)
	}
	axe()
}

// A form is tried on the definition's own pages, with scripts.
func TestForm_preview(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	v := h.visitor(t, b)
	v.signIn("otto")
	v.visit("/definitions/travel_expenses")
	v.lead(http.StatusOK, browser.Follow("Forms"))
	rows := `document.querySelectorAll(".entry").length`
	v.eval(`(window.rows = ` + rows + `, document.getElementById("f-lines-add").click(), "")`)
	v.until(rows + ` === window.rows + 1`)
	v.hasNoFaults()
	v.passesAxe()
	v.Faults(h.origin)
	v.lead(http.StatusUnprocessableEntity, browser.Press("Start"))
	v.until(`document.activeElement.getAttribute("role") === "alert"`)
	v.do(browser.Prefer("dark"))
	v.until(atRest)
	v.passesAxe()
}
