package views_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"tandem/internal/views"
	"tandem/static"
)

// policy is the one that all pages are served with.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'"

// watchPolicy counts what the policy refused, in window.refused.
const watchPolicy = `window.refused = [];
addEventListener("securitypolicyviolation", (e) => refused.push(e.violatedDirective + " " + e.sourceFile + ":" + e.lineNumber));`

// open shows a page in a browser of its own and returns a function that
// evaluates JavaScript in it; promises are awaited.
func open(t *testing.T, page templ.Component) func(script string) string {
	t.Helper()
	if err := static.Check(); err != nil {
		t.Fatal(err)
	}
	html := strings.Replace(render(t, page), "<head>", `<head><script src="/watch.js"></script>`, 1)
	mux := http.NewServeMux()
	mux.Handle("GET /static/", static.Handler())
	mux.HandleFunc("GET /watch.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, watchPolicy)
	})
	mux.HandleFunc("GET /axe.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, "../../node_modules/axe-core/axe.min.js")
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, html)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatalf("open the page (is Chromium installed?): %v", err)
	}
	return func(script string) string {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		return got
	}
}

// until is JavaScript for a promise that is kept when the condition holds, and
// given up after ten seconds.
func until(condition string) string {
	return fmt.Sprintf(`new Promise((keep) => {
		const end = Date.now() + %d;
		const look = () => (%s) ? keep("yes") : Date.now() > end ? keep("no") : setTimeout(look, 20);
		look();
	})`, (10 * time.Second).Milliseconds(), condition)
}

const drawn = `document.querySelector("[data-graph-drawn]")`

func TestGraph_InTheBrowser(t *testing.T) {
	t.Parallel()
	run := open(t, within(views.Layout(samplePage()), views.Graph(samplePage(), sampleGraph(true))))
	if run(until(drawn)) != "yes" {
		t.Fatal("the graph was not drawn")
	}
	check := func(what, script, want string) {
		t.Helper()
		if got := run(script); got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	check("refused by the policy", `refused.join()`, "")
	check("inline styles", `String(document.querySelectorAll("[data-graph-canvas] style").length)`, "0")
	check("class of the waiting step", classOf("n3"), "state-waiting")
	check("class of a step not reached", classOf("n7"), "")
	check("ways taken", `[...document.querySelectorAll(".flowchart-link.taken")].map((e) => e.dataset.id).join()`, "e1,e2,e7,e8")
	check("colour of the waiting step", `String(getComputedStyle(document.querySelector('g.node[id*="-n3-"] rect')).fill !==
		getComputedStyle(document.querySelector('g.node[id*="-n7-"] rect')).fill)`, "true")
	check("the tables are folded", `String(document.querySelectorAll("[data-graph-fold][open]").length)`, "0")

	run(`window.drawing = document.querySelector("[data-graph-canvas] svg"); ""`)
	run(`document.querySelector("[data-graph-zoom=in]").click(); window.zoomed = drawing.getAttribute("width"); ""`)
	run(`document.querySelector("#graph-steps").outerHTML = '<div id="graph-steps"><table><tr data-node="n3" data-state="completed"></tr></table></div>'; ""`)
	if run(until(classOf("n3")+` === "state-completed"`)) != "yes" {
		t.Error("a changed table did not change the graph")
	}
	check("the drawing and its zoom stay", `String(drawing === document.querySelector("[data-graph-canvas] svg") && zoomed === drawing.getAttribute("width"))`, "true")
	check("refused by the policy after a change", `refused.join()`, "")
}

// classOf is JavaScript for the state class of a node.
func classOf(node string) string {
	return fmt.Sprintf(`([...document.querySelector('g.node[id*="-flowchart-%s-"]').classList].find((c) => c.startsWith("state-")) ?? "")`, node)
}

// TestGraph_DrawsEveryGolden shows that Mermaid draws all that internal/mermaid
// writes, whatever the labels.
func TestGraph_DrawsEveryGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../mermaid/testdata/*.mmd")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	var graphs []templ.Component
	for i, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		graphs = append(graphs, views.Graph(samplePage(), views.GraphView{ID: fmt.Sprintf("g%d", i), Title: file, Source: string(source)}))
	}
	run := open(t, within(views.Layout(samplePage()), group(graphs...)))
	if run(until(fmt.Sprintf(`document.querySelectorAll("[data-graph-drawn]").length === %d`, len(files)))) != "yes" {
		t.Fatalf("not drawn: %s", run(`[...document.querySelectorAll("[data-graph]:not([data-graph-drawn]) [data-graph-canvas]")].map((e) => e.ariaLabel).join()`))
	}
	if got := run(`refused.join()`); got != "" {
		t.Errorf("refused by the policy: %s", got)
	}
	text := run(`[...document.querySelectorAll("g.node text")].map((e) => e.textContent).join("\n")`)
	for _, want := range []string{"end", "‹script›alert(1)‹/script›", "He said 'no'", "ship it 🚀 naïve 日本", "1. first", "click n0 href", "a|b]c)d}e"} {
		if !strings.Contains("\n"+text+"\n", "\n"+want+"\n") {
			t.Errorf("no node reads %q; they read:\n%s", want, text)
		}
	}
	if strings.Contains(text, "&lt;") || strings.Contains(text, "&#") {
		t.Errorf("a label shows an entity:\n%s", text)
	}
}

// runAxe is JavaScript that opens every fold and menu, runs axe, and lists what
// it found.
const runAxe = `new Promise((keep, fail) => {
	document.querySelectorAll("details").forEach((d) => (d.open = true));
	const script = document.createElement("script");
	script.src = "/axe.js";
	script.onerror = () => fail("axe-core is missing: run make build");
	script.onload = () => axe.run().then((r) =>
		keep(r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).join("; ")).join("\n")), fail);
	document.head.append(script);
})`

func TestPages_Axe(t *testing.T) {
	t.Parallel()
	for _, theme := range []views.Theme{views.ThemeLight, views.ThemeDark} {
		p := samplePage()
		p.Theme = theme
		for name, page := range samples(p) {
			t.Run(name+"/"+string(theme), func(t *testing.T) {
				t.Parallel()
				run := open(t, page)
				if name == "instance" && run(until(drawn)) != "yes" {
					t.Fatal("the graph was not drawn")
				}
				if found := run(runAxe); found != "" {
					t.Errorf("axe found:\n%s", found)
				}
				if refused := run(`refused.join()`); refused != "" {
					t.Errorf("refused by the policy: %s", refused)
				}
			})
		}
	}
}

// TestGraph_CountsStandAtTheirNode draws a count at a node of each shape: it
// stands above the right end of its own node, wherever Mermaid has put the shape.
func TestGraph_CountsStandAtTheirNode(t *testing.T) {
	t.Parallel()
	v := views.GraphView{ID: "g", Title: "shapes", Live: true, Source: `flowchart TD
  n0[["Set up each team"]]
  n1{{"Wait a moment"}}
  n2["Ask"]
  n3{"Route"}
  n4>"Hook"]
  n5("Decide")
  n0 --> n1
  n0 --> n2
  n2 --> n3
  n1 --> n4
  n1 --> n5
`}
	for i := range 6 {
		v.Steps = append(v.Steps, views.GraphStep{Node: fmt.Sprintf("n%d", i), Label: fmt.Sprint(i), Type: "machine", State: "running", Count: fmt.Sprintf("%d/9", i)})
	}
	run := open(t, within(views.Layout(samplePage()), views.Graph(samplePage(), v)))
	if run(until(drawn)) != "yes" {
		t.Fatal("the graph was not drawn")
	}
	got := run(`[...document.querySelectorAll("g.node > .node-count")].map((count) => {
		const own = count.parentElement.querySelector(":scope > :is(rect, polygon, path, g), :scope .label-container").getBoundingClientRect();
		const at = count.getBoundingClientRect();
		const off = [at.right - own.right, at.bottom - own.top].map(Math.round);
		return Math.abs(off[0]) <= 12 && Math.abs(off[1]) <= 12 ? "" : count.textContent + " is off by " + off;
	}).join(" ").trim() + " of " + document.querySelectorAll("g.node > .node-count").length`)
	if got != " of 6" {
		t.Errorf("counts: %s, want all 6 at the upper right of their nodes", got)
	}
}
