package e2e_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"tandem/internal/e2e/browser"
)

// The expense that the journeys are about; its amount is finance's to decide.
const (
	purpose   = "Desk for the new room"
	taskTitle = "Approve 6000 EUR: " + purpose
)

// How late an open page may be: what is promised, and what a busy machine is
// granted before the test fails.
const (
	promised = time.Second
	granted  = 3 * time.Second
)

// waiting is the row of the graph's table twin whose step waits; drawn is the
// same step in the drawing.
const (
	waiting = `document.querySelector("[data-graph-states] tr[data-state=waiting]")`
	drawn   = `document.querySelector('g.node[id*="-flowchart-' + ` + waiting + `.dataset.node + '-"]')`
)

// state is JavaScript for the state that the page's head shows.
const state = `document.querySelector("main [data-state]").dataset.state`

// startExpense fills in the start form, from the list of definitions on, and
// leaves the person on the instance's page, whose path it returns.
func (v visitor) startExpense(amount string) string {
	v.t.Helper()
	v.visit("/definitions")
	v.lead(http.StatusOK, browser.Follow("Expense approval"))
	v.lead(http.StatusOK, browser.Follow("Start"))
	v.lead(http.StatusOK, browser.Fill("What for", purpose), browser.Fill("Amount (EUR)", amount),
		browser.Choose("Category", "Equipment"), browser.Press("Start"))
	path := v.path()
	if !regexp.MustCompile(`^(/x)?/instances/[0-9a-f-]{36}$`).MatchString(path) {
		v.t.Fatalf("the start form leads to %s, want an instance; it reads:\n%s", path, v.text("main"))
	}
	return path
}

// openTask leads from the inbox's tab of groups to the expense's task.
func (v visitor) openTask() {
	v.t.Helper()
	v.visit("/tasks")
	v.lead(http.StatusOK, browser.Follow("My groups"))
	v.lead(http.StatusOK, browser.Follow(taskTitle))
	if text := v.text("main"); !strings.Contains(text, "otto") && !strings.Contains(text, "Otto") {
		v.t.Errorf("the task does not say who asks:\n%s", text)
	}
}

func TestExpense(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "/x"} {
		t.Run("prefix"+prefix, func(t *testing.T) {
			t.Parallel()
			h, b := open(t, prefix), start(t)
			otto, finn := h.visitor(t, b), h.visitor(t, b)
			otto.signIn("otto")
			finn.signIn("finn")

			otto.startExpense("6000")
			otto.until(waiting)
			otto.until(drawn + `?.classList.contains("state-waiting")`)
			if got := otto.eval(state); got != "waiting" {
				t.Errorf("the instance is shown %q, want waiting", got)
			}
			if why := otto.text("main"); !strings.Contains(why, "finance") {
				t.Errorf("otto's page does not say that finance is waited for:\n%s", why)
			}
			otto.until(`document.querySelector("[data-live]").dataset.live === "on"`)
			otto.followDrawing()

			finn.openTask()
			finn.do(browser.Fill("Cost centre", "CC-42"))
			submitted := time.Now()
			finn.lead(http.StatusOK, browser.Press("Approve"))
			if path := finn.path(); path != prefix+"/tasks" {
				t.Errorf("finn is led to %s, want his inbox", path)
			}

			otto.until(state + ` === "completed"`)
			otto.until(`window.doneAt`)
			late := otto.doneAfter(submitted)
			t.Logf("otto's page showed the decision %s after finn's click", late.Round(time.Millisecond))
			if late > granted {
				t.Errorf("otto's page showed the decision after %s, want at most %s", late, promised)
			}
			if otto.eval(`window.notReloaded ?? ""`) != "yes" {
				t.Error("otto's page was loaded again")
			}
			otto.showsApproval()
			otto.showsAnswer()
			otto.hasNoFaults()
			finn.hasNoFaults()
		})
	}
}

// followDrawing keeps, in window.doneAt, when the class of the waiting node
// becomes that of a step that is done.
func (v visitor) followDrawing() {
	v.t.Helper()
	v.eval(`(() => {
		const node = ` + drawn + `;
		window.notReloaded = "yes";
		new MutationObserver(() => {
			if (node.classList.contains("state-succeeded")) window.doneAt ??= Date.now();
		}).observe(node, { attributes: true, attributeFilter: ["class"] });
		return "";
	})()`)
}

// doneAfter is the time from a moment to the change that followDrawing saw.
func (v visitor) doneAfter(moment time.Time) time.Duration {
	v.t.Helper()
	var ms int64
	if _, err := fmt.Sscan(v.eval(`String(window.doneAt)`), &ms); err != nil {
		v.t.Fatal(err)
	}
	return time.UnixMilli(ms).Sub(moment)
}

// showsApproval checks that an instance's page says how it ended.
func (v visitor) showsApproval() {
	v.t.Helper()
	text := v.text("main")
	for _, want := range []string{"Completed", "Approve", "Paid"} {
		if !strings.Contains(text, want) {
			v.t.Errorf("the page of the completed instance does not say %q:\n%s", want, text)
		}
	}
}

// showsAnswer checks that the instance's page leads to what was decided.
func (v visitor) showsAnswer() {
	v.t.Helper()
	v.lead(http.StatusOK, browser.Follow(taskTitle))
	if text := v.text("main"); !strings.Contains(text, "CC-42") {
		v.t.Errorf("the decided task does not show the cost centre:\n%s", text)
	}
}

func TestExpense_without_JavaScript(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "/x"} {
		t.Run("prefix"+prefix, func(t *testing.T) {
			t.Parallel()
			h, b := open(t, prefix), start(t)
			otto, finn := h.visitor(t, b, browser.WithoutScript()), h.visitor(t, b, browser.WithoutScript())
			otto.signIn("otto")
			finn.signIn("finn")
			path := strings.TrimPrefix(otto.startExpense("6000"), prefix)
			otto.reloadUntil(path, "waiting")
			if otto.eval(`String(document.querySelectorAll("g.node").length)`) != "0" {
				t.Fatal("a graph was drawn: JavaScript is on")
			}
			otto.until(waiting)
			if got := otto.eval(`String(` + waiting + `.offsetHeight > 0)`); got != "true" {
				t.Error("the graph's table is folded away")
			}

			finn.openTask()
			finn.lead(http.StatusOK, browser.Fill("Cost centre", "CC-42"), browser.Press("Approve"))
			otto.reloadUntil(path, "completed")
			otto.showsApproval()
			otto.showsAnswer()
		})
	}
}

// reloadUntil loads a page again until it shows a state.
func (v visitor) reloadUntil(path, want string) {
	v.t.Helper()
	for range 50 {
		v.visit(path)
		if v.eval(state) == want {
			return
		}
	}
	v.t.Fatalf("still not %s:\n%s", want, v.text("main"))
}
