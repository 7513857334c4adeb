package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/e2e/browser"
)

// browsed are the samples of internal/form's corpus that are filled in with a
// browser in any case: each kind of structure, and most kinds of control. Of the
// others as many as the time allows.
var browsed = []string{
	"address_by_country", "expense_lines", "map_objects", "matrix", "multi_select", "mutual_recursion", "nullable_kinds", "one_of_in_rows",
}

// browsing is how long further samples are filled in.
const browsing = 30 * time.Second

// formSample is a schema with values that it takes.
type formSample struct {
	Schema json.RawMessage   `json:"schema"`
	UI     json.RawMessage   `json:"ui"`
	Valid  []json.RawMessage `json:"valid"`
}

// longest gives the value that says most.
func (s formSample) longest() string {
	text := ""
	for _, v := range s.Valid {
		if len(v) > len(text) {
			text = string(v)
		}
	}
	return text
}

// A value that is given as JSON, turned into fields and sent untouched is what is
// stored, with scripts and without.
func TestForms_InTheBrowser(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	b := start(t)
	with, without := h.visitor(t, b), h.visitor(t, b, browser.WithoutScript())
	with.signIn("ada")
	without.signIn("ada")
	begin := time.Now()
	for i, name := range slices.Concat(browsed, sampleNames(t)) {
		if i >= len(browsed) && time.Since(begin) > browsing {
			t.Logf("%d samples were filled in", i)
			break
		}
		s := readSample(t, name)
		doc := fmt.Sprintf(`{"format": 1, "name": %q, "version": "1.0.0", "input_schema": %s, "steps": [{"name": "stay", "type": "timer", "duration": "1h"}]}`, name, s.Schema)
		if _, err := h.app.Apply(t.Context(), []byte(doc)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		value := s.longest()
		for how, stored := range map[string]string{"with scripts": with.store(name, value, true), "without": without.store(name, value, false)} {
			if diff := cmp.Diff(parsed(t, value), parsed(t, with.input(stored))); diff != "" {
				t.Errorf("%s, %s (-want +stored):\n%s", name, how, diff)
			}
		}
	}
	with.hasNoFaults()
}

func readSample(t *testing.T, name string) (s formSample) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../form/testdata/corpus", name+".json"))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parsed(t *testing.T, text string) (v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// store starts a workflow with a value and gives the path of its instance.
func (v visitor) store(name, value string, scripts bool) string {
	v.t.Helper()
	v.visit("/definitions/" + name + "/start")
	press := func(button, then string) {
		v.t.Helper()
		if scripts {
			v.do(browser.Press(button))
		} else {
			v.lead(http.StatusOK, browser.Press(button))
		}
		v.until(then)
	}
	const text = `document.getElementById("f--7e")`
	press("Edit as JSON", text)
	v.eval(fmt.Sprintf(`(%s.value = %q)`, text, value))
	press("Back to the form", `!`+text)
	v.lead(http.StatusOK, browser.Press("Start"))
	return v.path()
}

// input is what an instance was started with, as the API tells.
func (v visitor) input(path string) string {
	v.t.Helper()
	answer := v.eval(fmt.Sprintf(`fetch("/api/v1/instances/%s").then((r) => r.text())`, strings.TrimPrefix(path, "/instances/")))
	var detail struct {
		Data json.RawMessage `json:"context_data"`
	}
	if err := json.Unmarshal([]byte(answer), &detail); err != nil {
		v.t.Fatalf("%v: %s", err, answer)
	}
	return string(detail.Data)
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
