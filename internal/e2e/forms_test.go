package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"tandem/internal/e2e/browser"
)

// tabsOfAKind is how many tabs fill in the corpus side by side, with scripts and
// as many without.
const tabsOfAKind = 2

// Every sample of internal/form's corpus is filled in with a browser, with
// scripts and without: as JSON, turned into fields, sent untouched. What is
// stored is what the form makes of the value in Go.
func TestForms_InTheBrowser(t *testing.T) {
	t.Parallel()
	h := open(t, "", withoutInstancePages)
	corpus := h.corpus(t)
	ada := h.visitor(t, start(t))
	ada.signIn("ada")
	var tabs sync.WaitGroup
	for _, scripts := range []bool{true, false} {
		samples := make(chan corpusSample, len(corpus))
		for _, s := range corpus {
			samples <- s
		}
		close(samples)
		for range tabsOfAKind {
			f := ada.filler(scripts)
			tabs.Go(func() {
				for s := range samples {
					if err := f.check(t.Context(), s); err != nil {
						t.Errorf("%s, scripts %t: %v", s.name, scripts, err)
					}
				}
			})
		}
	}
	tabs.Wait()
}

// withoutInstancePages answers the pages of instances with next to nothing: they
// follow each form that is sent, and their graphs cost more than all forms.
func withoutInstancePages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/instances/") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><title>Started</title>`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// filler is a tab in which samples are filled in, beside others: it gives errors
// and does not end the test.
type filler struct {
	*browser.Tab
	house   house
	scripts bool
}

// filler opens another tab of the same person.
func (v visitor) filler(scripts bool) filler {
	v.t.Helper()
	tab, err := v.Beside()
	if err == nil && !scripts {
		err = tab.Do(browser.WithoutScript())
	}
	if err != nil {
		v.t.Fatal(err)
	}
	return filler{tab, v.house, scripts}
}

// check fills a sample in and tells what is other than in Go.
func (f filler) check(ctx context.Context, s corpusSample) error {
	status, err := f.fillIn(s)
	if err != nil {
		return err
	}
	path, err := browser.Eval[string](f.Tab, `location.pathname`)
	if err != nil {
		return err
	}
	faults := f.Faults(f.house.origin)
	if s.refused == nil && len(faults) > 0 { // the browser notes a status that is an error
		return fmt.Errorf("the browser says: %s", strings.Join(faults, "; "))
	}
	return s.differs(ctx, f.house, status, strings.TrimPrefix(path, "/instances/"))
}

// fillIn starts the workflow of a sample with its value and gives the status.
func (f filler) fillIn(s corpusSample) (int, error) {
	if status, err := f.Go(browser.Visit(f.house.url + s.start())); err != nil || status != http.StatusOK {
		return status, err
	}
	typed := s.typed
	asJSON, err := browser.Eval[bool](f.Tab, fmt.Sprintf(`Boolean(%s)`, button("Edit as JSON")))
	if asJSON {
		typed = url.Values{"~": {s.value}}
		err = f.change("Edit as JSON")
	}
	if err == nil {
		err = f.fill(typed)
	}
	if err == nil && asJSON {
		err = f.change("Back to the form")
	}
	if err != nil {
		return 0, err
	}
	return f.Go(browser.Press("Start"))
}

// button is JavaScript for the button of a name.
func button(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("main button")].find((b) => b.textContent.trim() === %q)`, name)
}

// change presses a button that changes the form, and waits until it has.
func (f filler) change(name string) error {
	if !f.scripts {
		_, err := f.Go(browser.Press(name))
		return err
	}
	_, err := browser.Eval[string](f.Tab, fmt.Sprintf(`new Promise((done) => {
		document.addEventListener("htmx:after:swap", () => done(""), {once: true});
		%s.click();
	})`, button(name)))
	return err
}

// fill puts texts into controls, by their names.
func (f filler) fill(values url.Values) error {
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	_, err = browser.Eval[string](f.Tab, fmt.Sprintf(`((values) => {
		for (const [name, texts] of Object.entries(values)) {
			for (const control of document.getElementsByName(name)) {
				if (control.type === "checkbox" || control.type === "radio") control.checked = texts.includes(control.value);
				else if (control.multiple) for (const option of control.options) option.selected = texts.includes(option.value);
				else if (control.type !== "hidden") control.value = texts[0];
			}
		}
		return "";
	})(%s)`, text))
	return err
}

// What is typed while the server is asked stays, rows are added and removed with
// the keyboard, and drafts are kept.
func TestForms_ByKeyboard(t *testing.T) {
	t.Parallel()
	h := open(t, "/x")
	v := h.visitor(t, start(t))
	v.signIn("otto")
	v.visit("/definitions/travel_expenses/start")
	v.eval(`(document.getElementById("f-lines-add").focus(), "")`)
	v.do(browser.Key("Enter"))
	v.until(`document.querySelectorAll(".entry").length === 2`)
	v.until(`document.activeElement.name === "lines[1].what"`)
	v.do(browser.Key("Taxi"))
	v.eval(`(document.getElementById("f-lines-5b1-5d-up").focus(), "")`)
	v.do(browser.Key("Enter"))
	v.until(`document.getElementsByName("lines[0].what")[0].value === "Taxi"`)
	v.until(`document.activeElement.id === "f-lines-5b0-5d-down"`)
	v.until(`document.querySelector("[aria-label='Remove line 1: Taxi']")`)
	v.eval(`(document.querySelector("[aria-label='Remove line 1: Taxi']").click(), "")`)
	v.until(`document.querySelectorAll(".entry").length === 1`)
	v.hasNoFaults()
}
