package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"tandem/internal/engine"
)

// carried gives what the form of a test run sends, as a browser would, with what
// is typed and the button that is pressed.
func carried(page answer, typed ...string) url.Values {
	values := url.Values{}
	page.page.Find("#trial-form").Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, kind := s.AttrOr("name", ""), s.AttrOr("type", "")
		_, checked := s.Attr("checked")
		switch {
		case name == "" || kind == "file" || (kind == "checkbox" || kind == "radio") && !checked:
		case goquery.NodeName(s) == "textarea":
			values.Set(name, strings.TrimPrefix(s.Text(), "\n"))
		case goquery.NodeName(s) == "select":
			values.Set(name, s.Find("option[selected]").AttrOr("value", ""))
		default:
			values.Set(name, s.AttrOr("value", ""))
		}
	})
	for i := 0; i+1 < len(typed); i += 2 {
		values.Set(typed[i], typed[i+1])
	}
	return values
}

func expectNothingStarted(t *testing.T, h *taskHouse) {
	t.Helper()
	if list, err := h.store.Instances(t.Context(), taskPeople["olga"], engine.InstanceFilter{}, engine.Paging{}); err != nil || len(list.Items) != 0 {
		t.Errorf("%d instances, %v; a test run starts nothing", len(list.Items), err)
	}
}

// A stored version is tried: the start form comes filled in, people decide, time
// goes on, moves are taken back.
func TestTrial(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	const path = "/x/definitions/expense_approval/try"
	h.get("arno", "/x/definitions/expense_approval").has(t, "main a[href='"+path+"?version=1.0.0']", 1)
	h.get("otto", "/x/definitions/expense_approval").has(t, "main a[href*='/try']", 0)
	h.get("otto", path).expect(t, http.StatusForbidden, "")
	h.post("otto", path, url.Values{}).expect(t, http.StatusForbidden, "")
	h.get("arno", "/x/definitions/ghost/try").expect(t, http.StatusNotFound, "")

	page := h.get("arno", path)
	page.expect(t, http.StatusOK, "")
	page.has(t, "#trial-form input[name=_starter][value=arno]", 1)
	page.has(t, "#trial-form input[name=amount][value='1']", 1)
	page.has(t, "[data-graph-source]", 1)
	wrong := h.post("arno", path, carried(page, "_do", "start", "amount", "-1"))
	wrong.expect(t, http.StatusUnprocessableEntity, "")
	wrong.says(t, ".problems li", "Amount (EUR)")
	wrong.has(t, "input[name=amount][value='-1']", 1)

	page = h.post("arno", path, carried(wrong, "_do", "start", "amount", "6000", "_starter", "otto"))
	page.expect(t, http.StatusOK, "")
	page.has(t, "[data-graph-states] tr[data-state=waiting]", 1)
	page.has(t, "#trial-form button[name=_outcome]", 3)
	refused := h.post("arno", path, carried(page, "_outcome", "approve", "cost_centre", "X1", "_as", "otto"))
	refused.expect(t, http.StatusUnprocessableEntity, "")
	refused.says(t, ".problems li", "excludes you")
	refused.has(t, "#trial-form input[name=cost_centre][value=X1]", 1)
	page = h.post("arno", path, carried(refused, "_outcome", "approve", "_as", "finance.1"))
	page.expect(t, http.StatusOK, "")
	page.says(t, ".trial-turns h3", "finance.1: ")
	back := h.post("arno", path, carried(page, "_do", "back"))
	back.says(t, ".trial-head", "Waiting")
	if got := len(back.page.Find(".trial-turns > li").Nodes); got != 1 {
		t.Errorf("%d turns after the first was taken back", got)
	}
	end := h.post("arno", path, carried(page, "_do", "finish"))
	end.expect(t, http.StatusOK, "")
	end.says(t, ".trial-head", "Completed")
	end.says(t, "#trial-form [role=status]", "The workflow has completed.")
	end.has(t, "#trial-form button[value=finish]", 0)
	there := h.post("arno", path, carried(end, "_do", "to:0"))
	there.says(t, ".trial-head", "Waiting")
	again := h.post("arno", path, carried(end, "_do", "again"))
	again.has(t, "#trial-form input[name=amount][value='6000']", 1)
	again.has(t, "#trial-form input[name=_starter][value=otto]", 1)
	expectNothingStarted(t, h)
}

// A run that its page does not carry as it was made is given up with a sentence.
func TestTrial_Tampered(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	const path = "/definitions/survey/try"
	page := h.post("arno", path, carried(h.get("arno", path), "_do", "start"))
	page.has(t, "#trial-form input[name=_state]", 1)
	for name, state := range map[string]string{
		"no JSON":        "{",
		"another move":   `{"start":{"as":"otto","input":{},"at":"2026-03-02T12:00:00Z"},"moves":[{"do":"decide","step":"ghost","visit":1}]}`,
		"no time":        `{"start":{"as":"otto","input":{},"at":"noon"}}`,
		"too many moves": `{"start":{"as":"otto","input":{},"at":"2026-03-02T12:00:00Z"},"moves":[` + strings.Repeat(`{"do":"jump"},`, 300) + `{"do":"jump"}]}`,
	} {
		got := h.post("arno", path, carried(page, "_state", state, "_do", "finish"))
		got.expect(t, http.StatusUnprocessableEntity, "")
		if got.page.Find(".problems li").Length() == 0 || got.page.Find("button[value=start]").Length() != 1 {
			t.Errorf("%s: no sentence, or no way to begin anew", name)
		}
	}
}

// What is typed in the editor is tried before it is saved, and its text comes
// back. Nothing outside is called, whatever the author answers in its place.
func TestTrial_Typed(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	outside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the outside was called") }))
	t.Cleanup(outside.Close)
	source := strings.ReplaceAll(outsideWorkflow, "OUTSIDE", outside.URL)
	h.get("arno", "/definitions/new").has(t, "#editor-form button[formaction='/definitions/try']", 1)
	h.post("otto", "/definitions/try", typed("", source)).expect(t, http.StatusForbidden, "")
	broken := h.post("arno", "/definitions/try", typed("", strings.Replace(source, "type: machine", "type: machin", 1)))
	broken.expect(t, http.StatusUnprocessableEntity, "")
	broken.says(t, ".notice", "cannot be tried")
	broken.has(t, "#editor-form textarea", 1)

	page := h.post("arno", "/definitions/try", typed("", source))
	page.expect(t, http.StatusOK, "")
	page.says(t, "form[action='/definitions/new'] textarea[name=source]", outside.URL)
	step := func(says string, pairs ...string) {
		t.Helper()
		page = h.post("arno", "/definitions/try", carried(page, pairs...))
		page.expect(t, http.StatusOK, "")
		page.says(t, "#trial-form", says)
	}
	step("Would call another system (http.request)", "_do", "start")
	page.says(t, ".trial-card pre", outside.URL)
	bad := h.post("arno", "/definitions/try", carried(page, "_do", "answer", "_answer", "{nothing"))
	bad.expect(t, http.StatusUnprocessableEntity, "")
	bad.says(t, ".problems li", "The answer is no JSON")
	bad.says(t, "textarea[name=_answer]", "{nothing")
	step("is tried again", "_do", "fail", "_status", "503")
	step("Would call another system (http.request)", "_do", "jump")
	step("(email.send)", "_do", "answer")
	step("Waits for a worker of the topic press", "_do", "answer")
	step("Would start the workflow other", "_do", "answer")
	step("Waits for the message paid with the key arno", "_do", "answer", "_answer", `{"ok": true}`)
	step("Waits for a call", "_do", "answer")
	step("the timer", "_do", "answer", "eur", "12.50")
	page.has(t, ".trial-card", 0)
	step("The workflow has completed", "_do", "jump")
	page.says(t, "#trial-story", "12.50")
	expectNothingStarted(t, h)
	if mail := os.Getenv("TANDEM_SMTP_URL"); mail != "" {
		t.Errorf("the test sends mail to %s", mail)
	}
}

const outsideWorkflow = `
format: 1
name: outside
version: 1.0.0
steps:
  - {name: call, type: machine, action: http.request, with: {url: "OUTSIDE/{{ instance.id }}"}, retry: {max_attempts: 2, initial: 1m}}
  - {name: mail, type: machine, action: email.send, with: {to: a@b.example, subject: s, text: t}}
  - {name: print, type: machine, action: worker, topic: press}
  - {name: child, type: workflow, definition: other}
  - {name: paid, type: webhook, message: {name: paid, key: "{{ instance.started_by }}"}}
  - {name: called, type: webhook, schema: {type: object, required: [eur], properties: {eur: {type: number}}}, output: call}
  - {name: later, type: timer, duration: 2d}
edges:
  - {source: call, target: mail}
  - {source: mail, target: print}
  - {source: print, target: child}
  - {source: child, target: paid}
  - {source: paid, target: called}
  - {source: called, target: later}
`

// Scripts get what has changed, and only that.
func TestTrial_Fragment(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	const path = "/definitions/survey/try"
	r := postOf(path, carried(h.get("arno", path), "_do", "start"))
	r.Header.Set("HX-Request", "true")
	got := ask(t, h.pages, r, "arno")
	got.expect(t, http.StatusOK, "")
	got.has(t, "html > body > #trial", 1)
	got.has(t, "hx-partial[hx-target='#graph-steps'] tr[data-state=waiting]", 1)
	got.has(t, "hx-partial[hx-target='#trial-story']", 1)
	got.has(t, "[data-graph-source]", 0)
}
