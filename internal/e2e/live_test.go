package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"tandem/internal/e2e/browser"
)

// live is JavaScript for "this page follows the server".
const live = `document.querySelector("[data-live]").dataset.live === "on"`

// One browser has one stream, however many tabs are open: HTTP/1.1 gives it six
// connections in all. When the page that holds it is left, another takes over,
// and nobody misses what happened meanwhile.
func TestLive_TenTabs(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/x"), start(t)
	otto, finn := h.visitor(t, b), h.visitor(t, b)
	otto.signIn("otto")
	instance := otto.startExpense("6000")
	tabs := []visitor{otto}
	for i := range 9 {
		tab, err := otto.Beside()
		if err != nil {
			t.Fatal(err)
		}
		v := visitor{tab, t, h}
		v.do(browser.Visit(h.origin + []string{instance, "/x/instances", "/x/"}[i%3]))
		tabs = append(tabs, v)
	}
	for _, v := range tabs {
		v.until(live)
	}
	h.streams.expect(t, 1)
	otto.visit("/profile") // who came first holds the stream, and goes

	finn.signIn("finn")
	finn.openTask()
	finn.do(browser.Fill("Cost centre", "CC-42"))
	finn.lead(200, browser.Press("Approve"))
	for i, v := range tabs[1:] {
		switch i % 3 {
		case 0:
			v.until(state + ` === "completed"`)
		case 1:
			v.until(fmt.Sprintf(`document.querySelector('a[href=%q]').closest("tr").querySelector("[data-state=completed]")`, instance))
		}
		v.until(live)
	}
	h.streams.expect(t, 2) // finn's inbox has one of its own
	tabs[1].hasNoFaults()
}

// rowOf is JavaScript for the row of an instance in the list.
func rowOf(instance string) string {
	return fmt.Sprintf(`document.querySelector('a[href=%q]')?.closest("tr")`, instance)
}

// Rows of a list change where they stand; what has come since is announced and
// not put in. Nothing moves, and the focus stays. When the stream was lost, what
// happened meanwhile is shown once it is back.
func TestLive_rows(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	otto, finn, olga := h.visitor(t, b), h.visitor(t, b), h.visitor(t, b, browser.Size(1280, 600))
	otto.signIn("otto")
	finn.signIn("finn")
	olga.signIn("olga")
	instances := []string{otto.startExpense("6000"), otto.startExpense("6001"), otto.startExpense("6002")}
	olga.visit("/instances")
	olga.until(live)
	olga.eval(`(` + rowOf(instances[1]) + `.querySelector("a").focus(), window.scrollTo(0, 40), window.same = true, "")`)
	const standing = `JSON.stringify([...document.querySelectorAll("tbody tr")].map((row) => [row.id, Math.round(row.getBoundingClientRect().left), Math.round(row.getBoundingClientRect().height)]))`
	before := olga.eval(standing)

	finn.decide("6001")
	olga.until(rowOf(instances[1]) + `.querySelector("[data-state=completed]")`)
	if after := olga.eval(standing); after != before {
		t.Errorf("the rows stand otherwise:\n%s\nbefore:\n%s", after, before)
	}
	tops := `String(Math.round(` + rowOf(instances[0]) + `.getBoundingClientRect().top - document.querySelector("table").getBoundingClientRect().top))`
	place := olga.eval(tops)
	for range 3 {
		otto.startExpense("500")
	}
	const news = `document.querySelector("#instance-news[role=status]").innerText`
	olga.until(news + `.includes("+3 new")`)
	if got := olga.eval(tops); got != place {
		t.Errorf("a row has moved from %s to %s", place, got)
	}
	if got := olga.eval(standing); got != before {
		t.Errorf("rows came by themselves:\n%s", got)
	}
	if at := olga.eval(`document.activeElement.getAttribute("href") ?? ""`); at != instances[1] {
		t.Errorf("the focus is at %q, want it where it was", at)
	}

	h.streams.cut()
	olga.until(`document.querySelector("[data-live]").dataset.live === "lost"`)
	finn.decide("6002")
	h.streams.mend()
	olga.until(live)
	olga.until(rowOf(instances[2]) + `.querySelector("[data-state=completed]")`)
	if olga.eval(`String(window.same)`) != "true" {
		t.Error("the page was loaded again")
	}
	olga.Faults(h.origin) // that the stream was lost
	olga.lead(200, browser.Follow("+3 new"))
	if rows := olga.eval(`String(document.querySelectorAll("tbody tr").length)`); rows != "6" {
		t.Errorf("%s rows are listed, want 6", rows)
	}
}

// decide approves the expense of an amount.
func (v visitor) decide(amount string) {
	v.t.Helper()
	v.visit("/tasks?view=groups")
	v.lead(200, browser.Follow("Approve "+amount+" EUR"))
	v.do(browser.Fill("Cost centre", "CC-42"))
	v.lead(200, browser.Press("Approve"))
}

// An empty inbox shows the first task by itself. After that nothing moves: what has
// come since is announced, what another decided stays where it is and says so.
func TestLive_inbox(t *testing.T) {
	t.Parallel()
	h, b := open(t, "/x"), start(t)
	otto, finn := h.visitor(t, b), h.visitor(t, b)
	otto.signIn("otto")
	finn.signIn("finn")
	tab, err := finn.Beside()
	if err != nil {
		t.Fatal(err)
	}
	other := visitor{tab, t, h}
	finn.visit("/tasks?view=groups")
	finn.until(live)
	finn.eval(`(window.same = true, "")`)
	otto.startExpense("6001")
	const row = `[...document.querySelectorAll("tbody[data-rows] tr")].find((row) => row.innerText.includes("6001"))`
	finn.until(row)
	finn.eval(`(` + row + `.querySelector("a").focus(), "")`)
	const place = `JSON.stringify([...document.querySelectorAll("tbody tr")].map((row) => [row.id, Math.round(row.getBoundingClientRect().top - document.querySelector("table").getBoundingClientRect().top), Math.round(row.getBoundingClientRect().height)]))`
	before := finn.eval(place)
	otto.startExpense("6002")
	finn.until(`document.querySelector("#inbox-news[role=status]").innerText.includes("+1 new")`)
	other.decide("6001")
	finn.until(row + `?.innerText.includes("Completed by Finn")`)
	if after := finn.eval(place); after != before {
		t.Errorf("the rows stand otherwise:\n%s\nbefore:\n%s", after, before)
	}
	if got := finn.eval(`String(window.same) + " " + String(document.activeElement === ` + row + `.querySelector("a")) + " " + ` + row + `.querySelectorAll("input, button").length`); got != "true true 0" {
		t.Errorf("same page, focus kept, controls of what is decided: %s, want true true 0", got)
	}
	finn.hasNoFaults()
	finn.passesAxe()
	finn.Faults(h.origin)
	finn.lead(200, browser.Follow("+1 new"))
	if text := finn.text("tbody"); !strings.Contains(text, "6002") || strings.Contains(text, "6001") {
		t.Errorf("the list shows:\n%s", text)
	}
}
