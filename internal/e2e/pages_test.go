package e2e_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"tandem/internal/e2e/browser"
)

// runAxe is JavaScript that opens every fold and menu, runs axe with its rule of
// 24 px for what is pressed, which it leaves out unless asked, and lists what it
// found. Menus and bars that lie over the page are put below it meanwhile: open
// side by side they would hide what a person can bring into view.
const runAxe = `(async () => {
	document.querySelectorAll("details").forEach((d) => (d.open = true));
	const all = [...document.querySelectorAll("body *")].map((e) => [e, getComputedStyle(e).position]);
	const laid = [];
	const lay = (e, style) => {
		laid.push([e, e.getAttribute("style")]);
		Object.assign(e.style, style);
	};
	let end = document.documentElement.scrollHeight + innerHeight;
	for (const [e, position] of all) {
		const menu = position === "absolute" && e.parentElement.matches("details");
		if (position === "sticky") lay(e, { position: "static" });
		if (!menu && position !== "fixed") continue;
		const from = menu ? e.parentElement.getBoundingClientRect().top + scrollY : 0;
		lay(e, { position: "absolute", top: end - from + "px", bottom: "auto" });
		end += e.offsetHeight + 24;
	}
	const found = await axe.run({ rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] });
	laid.forEach(([e, style]) => (style ? (e.style.cssText = style) : e.removeAttribute("style")));
	return found.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).join("; ")).join("\n");
})()`

// passesAxe checks the page as it stands for what shuts people out.
func (v visitor) passesAxe() {
	v.t.Helper()
	if v.eval(`typeof window.axe`) == "undefined" { // a page that changed has it from before
		axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
		if err != nil {
			v.t.Fatalf("axe-core is missing, make deps installs it: %v", err)
		}
		v.eval(string(axe) + `; ""`)
	}
	if found := v.eval(runAxe); found != "" {
		v.t.Errorf("%s: axe found:\n%s", v.path(), found)
	}
}

// settled waits until a page has come to rest: graphs are drawn, and the live
// stream, where there is one, has answered.
func (v visitor) settled() {
	v.t.Helper()
	v.until(`document.readyState === "complete"
		&& document.querySelectorAll("[data-graph]:not([data-graph-drawn])").length === 0
		&& (!document.querySelector("[data-live-topic]") || document.querySelector("[data-live]").dataset.live === "on")`)
}

// startRelease is JavaScript that starts a workflow with a list of items, and
// gives its page once the items wait.
const startRelease = `fetch("/api/v1/instances", {
	method: "POST", headers: {"Content-Type": "application/json", "Prefer": "wait=10"},
	body: JSON.stringify({definition_name: "release_pipeline", input_data: {release: "1.0.0", reviewers: ["mia", "finn", "cleo"]}}),
}).then((r) => r.json()).then((i) => "/instances/" + i.id)`

func TestPages(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			h, b := open(t, ""), start(t)
			finn := h.visitor(t, b, browser.Prefer(theme))
			check := func(name string) {
				t.Helper()
				finn.settled()
				finn.hasNoFaults()
				finn.passesAxe()
				if finn.text("h1") == "" {
					t.Errorf("%s has no heading", name)
				}
				finn.Faults(h.origin) // what axe itself did
			}
			finn.visit("/login")
			check("login")

			otto := h.visitor(t, b)
			otto.signIn("otto")
			instance := otto.startExpense("6000")
			release := otto.eval(startRelease)
			finn.signIn("finn")
			check("dashboard")
			finn.openTask()
			check("task")
			for _, path := range []string{
				"/tasks?view=groups", "/definitions", "/definitions/expense_approval", "/definitions/expense_approval/start",
				"/instances", instance, "/definitions/document_review", "/definitions/release_pipeline", release, "/profile",
			} {
				finn.visit(path)
				check(path)
			}
			ada := h.visitor(t, b, browser.Prefer(theme))
			ada.signIn("ada")
			for _, path := range []string{"/admin/users", "/admin/users/otto", "/admin/groups", "/admin/groups/finance", "/admin/tokens", "/admin/system", "/profile"} {
				ada.visit(path)
				ada.settled()
				ada.hasNoFaults()
				ada.passesAxe()
				ada.Faults(h.origin)
			}
			olga := h.visitor(t, b, browser.Prefer(theme))
			olga.signIn("olga")
			for _, path := range []string{
				instance, instance + "/timeline", instance + "/history", instance + "/data", instance + "/migrate", release + "/timeline",
				instance + "?at=2999-01-01T00:00:00Z", "/instances?status=waiting", "/instances/bulk?action=pause&which=all&status=waiting",
				"/instances?failed_step=charge&failed_with=declined", "/operations", "/tasks/open", "/",
			} {
				olga.visit(path)
				olga.settled()
				olga.hasNoFaults()
				olga.passesAxe()
				olga.Faults(h.origin)
			}
			finn.lead(http.StatusNotFound, browser.Visit(h.url+"/instances/nowhere"))
			finn.passesAxe()
		})
	}
}

// TestBrowser_faults shows that the tests above see what they look for.
func TestBrowser_faults(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	v := h.visitor(t, b)
	v.visit("/login")
	v.hasNoFaults()
	for name, c := range map[string]struct{ script, want string }{
		"console":  {`console.error("broken"); ""`, "broken"},
		"thrown":   {`new Promise((keep) => { setTimeout(() => { setTimeout(() => keep("")); throw new Error("thrown") }) })`, "thrown"},
		"policy":   {`document.body.setAttribute("style", "color: red"); ""`, "Content Security Policy"},
		"stranger": {`new Promise((keep) => { const i = new Image(); i.onerror = () => keep(""); i.src = "http://127.0.0.2:9/" })`, "127.0.0.2"},
	} {
		v.eval(c.script)
		v.eval(`new Promise((keep) => setTimeout(() => keep(""), 50))`)
		if got := strings.Join(v.Faults(h.origin), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q in it", name, got, c.want)
		}
	}
}

func TestStart_refused(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	otto := h.visitor(t, b)
	otto.signIn("otto")
	otto.visit("/definitions/expense_approval/start")
	otto.lead(http.StatusUnprocessableEntity, browser.Fill("What for", purpose), browser.Fill("Amount (EUR)", "0"),
		browser.Choose("Category", "Equipment"), browser.Press("Start"))
	if path := otto.path(); path != "/definitions/expense_approval/start" {
		t.Errorf("the form is shown at %s", path)
	}
	otto.until(`document.activeElement.getAttribute("role") === "alert"`)
	if summary := otto.eval(`document.activeElement.innerText`); !strings.Contains(summary, "Amount (EUR)") {
		t.Errorf("the summary reads %q, want the amount's problem", summary)
	}
	got := otto.eval(`[...document.querySelectorAll("main form:not([data-session-stay])")].flatMap((f) => [...new FormData(f)]).filter((p) => p[0] !== "_once").map((p) => p.join("=")).join("&")`)
	want := "_version=1.0.0&purpose=" + purpose + "&amount=0&category=1&spent_on=&notes="
	if got != want {
		t.Errorf("got the form\n%s, want\n%s", got, want)
	}
	if title := otto.eval(`document.title`); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("got the title %q, want it to begin with Error:", title)
	}
	amount := `document.querySelector("[name=amount]")`
	if got := otto.eval(amount + `.ariaInvalid + " " + (` + amount + `.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.innerText).join()`); !strings.HasPrefix(got, "true ") || !strings.Contains(got, "Amount") {
		t.Errorf("the field says %q, want it invalid with the sentence", got)
	}
	otto.passesAxe()
}
