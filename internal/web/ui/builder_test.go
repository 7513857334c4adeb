package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// built is what a browser sends when a button of the editor's page is pressed:
// all its controls, and the button.
func built(t *testing.T, page answer, name, value string, typed ...string) url.Values {
	t.Helper()
	values := url.Values{}
	page.page.Find("#editor-form").Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		field, ok := s.Attr("name")
		if _, disabled := s.Attr("disabled"); !ok || disabled || s.ParentsFiltered("fieldset[disabled]").Length() > 0 {
			return
		}
		kind, _ := s.Attr("type")
		_, checked := s.Attr("checked")
		switch {
		case (kind == "checkbox" || kind == "radio") && !checked:
		case goquery.NodeName(s) == "textarea":
			values.Add(field, strings.TrimPrefix(s.Text(), "\n"))
		case goquery.NodeName(s) == "select":
			option := s.Find("option[selected]")
			if option.Length() == 0 {
				option = s.Find("option").First()
			}
			chosen, _ := option.Attr("value")
			values.Add(field, chosen)
		default:
			text, _ := s.Attr("value")
			values.Add(field, text)
		}
	})
	for i := 0; i < len(typed); i += 2 {
		values[typed[i]] = []string{typed[i+1]}
	}
	values.Set(name, value)
	return values
}

// press presses a button of the editor's page.
func (h *taskHouse) press(t *testing.T, page answer, name, value string, typed ...string) answer {
	t.Helper()
	next := h.post("arno", "/definitions/new", built(t, page, name, value, typed...))
	next.expect(t, http.StatusOK, "")
	return next
}

func textOf(page answer) string {
	return strings.TrimPrefix(page.page.Find("textarea[name=source]").Text(), "\n")
}

func optionOf(t *testing.T, page answer, selector, label string) string {
	t.Helper()
	value := ""
	page.page.Find(selector + " option").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Text()) == label {
			value, _ = s.Attr("value")
		}
	})
	if value == "" {
		t.Fatalf("%s has no option %q", selector, label)
	}
	return value
}

// A whole workflow is built by buttons and fields alone, and its comments stay.
func TestBuilder_withoutScript(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	start := "format: 1\nname: built # its name\nversion: 1.0.0\nsteps:\n  # The beginning.\n  - name: ask # first\n    type: human\n    anyone: true\n"
	page := h.post("arno", "/definitions/new", typed("check", start))
	page.has(t, ".builder-step", 1)
	page = h.press(t, page, "do", "add", "_type", "machine", "_name", "pay", "_place", "after:ask")
	page.says(t, ".builder-chosen h3[autofocus]", "Pay")
	page = h.press(t, page, "do", "add", "_type", "machine", "_name", "refuse", "_place", "in:")
	page = h.press(t, page, "_choose", "ask")
	page.has(t, ".builder-step[aria-current=true][value=ask]", 1)
	page = h.press(t, page, "_op", "add:ways")
	page = h.press(t, page, "do", "apply", "ways[1].target", optionOf(t, page, "select[name='ways[1].target']", "refuse"), "ways[1].default", "true",
		"ways[0].condition", `steps.ask.outcome == "yes"`)
	page = h.press(t, page, "_op", "add:step.outcomes")
	page = h.press(t, page, "_op", "add:step.outcomes", "step.outcomes[0].name", "yes")
	page = h.press(t, page, "do", "apply", "step.outcomes[1].name", "no", "step.outcomes[1].title", "No", "step.title", "Pay {{ data }}?")
	page = h.press(t, page, "do", "rename", "_rename", "request")
	want := `format: 1
name: built # its name
version: 1.0.0
steps:
  # The beginning.
  - name: request # first
    type: human
    title: Pay {{ data }}?
    anyone: true
    outcomes:
      - "yes"
      - name: "no"
        title: "No"
  - name: pay
    type: machine
    action: noop
  - name: refuse
    type: machine
    action: noop
edges:
  - source: request
    target: pay
    condition: 'steps.request.outcome == "yes"'
  - source: request
    target: refuse
    default: true
`
	got := textOf(page)
	if got != want {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
	page.says(t, "[data-editor-summary]", "built 1.0.0 has no errors")
	h.post("arno", "/definitions/new", built(t, page, "do", "save")).expect(t, http.StatusSeeOther, "/definitions/built?notice=definition_saved&version=1.0.0")
}

// What is typed into the form goes into the text with whatever button is
// pressed, and a text that was changed at the same time keeps its changes.
func TestBuilder_formAndText(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	page := h.post("arno", "/definitions/new", typed("check", anyoneForm))
	page = h.press(t, page, "_choose", "ask")
	other := strings.Replace(textOf(page), "title: Survey", "title: Poll # both", 1)
	page = h.press(t, page, "do", "check", "source", other, "step.priority", "7")
	if got := textOf(page); !strings.Contains(got, "title: Poll # both") || !strings.Contains(got, "priority: 7") {
		t.Errorf("the text is\n%s", got)
	}
	before := textOf(page)
	page = h.press(t, page, "do", "apply")
	if got := textOf(page); got != before {
		t.Errorf("applying nothing made\n%s", got)
	}
	wrong := h.post("arno", "/definitions/new", built(t, page, "do", "save", "step.form.schema", "{a: "))
	wrong.expect(t, http.StatusUnprocessableEntity, "")
	wrong.says(t, ".builder-form [role=alert]", "schema cannot be read as YAML or JSON")
	wrong.says(t, "textarea[name='step.form.schema']", "{a:")
}

func TestBuilder_refuses(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	page := h.post("arno", "/definitions/new", typed("check", anyoneForm))
	for typedName, says := range map[string]string{"ask": "already", "No": "cannot be the name"} {
		got := h.post("arno", "/definitions/new", built(t, page, "do", "add", "_type", "human", "_name", typedName))
		got.expect(t, http.StatusUnprocessableEntity, "")
		got.says(t, ".builder [role=alert]", says)
		got.has(t, "input[name=_name][autofocus][value='"+typedName+"']", 1)
	}
	broken := h.post("arno", "/definitions/new", typed("check", "steps:\n  - [\nname: x\n"))
	broken.says(t, ".builder", "cannot be read from line")
	broken.has(t, ".builder [data-editor-line]", 1)
	mended := h.post("arno", "/definitions/new", built(t, broken, "do", "check", "source", anyoneForm))
	mended.has(t, ".builder-step", 1)
}

// A script gets the changed text beside the result.
func TestBuilder_fragment(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	page := h.post("arno", "/definitions/new", typed("check", anyoneForm))
	values := built(t, page, "do", "add", "_type", "timer", "_name", "wait")
	got := h.post("arno", "/definitions/check", values)
	got.says(t, "[data-editor-changed]", "name: wait")
	got.has(t, "[data-focus]", 1)
	h.post("arno", "/definitions/check", built(t, page, "do", "")).has(t, "[data-editor-changed]", 0)
}

// The form of the chosen step and the preview of the start form are on one page,
// also when the start data have the names of the builder's own fields.
func TestBuilder_besideAForm(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	page := h.post("arno", "/definitions/new", typed("check", `name: beside
version: 1.0.0
input_schema: {type: object, properties: {step: {type: object, properties: {due: {type: string}, join: {enum: [all, any]}}}}}
steps: [{name: ask, type: human, anyone: true}]
`))
	page = h.press(t, page, "_choose", "ask")
	page.has(t, "[name='step.due']", 1)
	page.has(t, "fieldset[disabled] [name='preview-step.due']", 1)
}
