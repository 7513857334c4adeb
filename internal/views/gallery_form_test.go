package views_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"tandem/internal/form"
	"tandem/internal/views"
)

// readControls gives the form of docs/forms, which has a control of every kind,
// and a value for it.
func readControls() (f *form.Form, value any) {
	text, err := os.ReadFile("../../docs/forms/controls.json")
	if err != nil {
		panic(err)
	}
	var doc struct {
		Schema, UI json.RawMessage
		Value      any
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		panic(err)
	}
	if f, err = form.Compile(doc.Schema, doc.UI); err != nil {
		panic(err)
	}
	return f, doc.Value
}

func sampleControls(p views.Page, st form.State, op string) templ.Component {
	f, value := readControls()
	p.FormAct = p.Href("/definitions/controls/start/form")
	switch op {
	case "full":
		st.Values = f.Typed(value, form.DecodeOptions{})
	case "wrong":
		p.Problem = true
		st.Values = f.Typed(value, form.DecodeOptions{})
		for name, text := range map[string]string{"text": "", "mail": "nobody", "count": "many", "lines[1].what": "", "prices.~r0": "x", "pay.number": "", "any": "{"} {
			st.Values.Set(name, text)
		}
		_, st.Errors = f.Submit(st.Values, form.DecodeOptions{}, form.Full)
	}
	shown := f.Show(st)
	return views.StartPage(p, views.StartView{Title: "Controls", Name: "controls", Version: "1.0.0", Form: shown, Problems: views.SummaryProblems(shown.Summary, views.StartFormID)})
}

func TestFormBody_Page(t *testing.T) {
	t.Parallel()
	doc := parse(t, sampleControls(samplePage(), form.State{}, "wrong"))
	doc.Find(".problems a").Each(func(_ int, link *goquery.Selection) {
		target := link.AttrOr("href", "#")
		if doc.Find("[id='"+target[1:]+"']").Length() != 1 {
			t.Errorf("%q leads to %s, which is not on the page", link.Text(), target)
		}
	})
	expect(t, doc, "[aria-label='Remove line 2: 18']", 1)
	expect(t, doc, "[aria-label='Remove line 1: Train ticket']", 1)
	expect(t, doc, "fieldset[id='f-lines'] button[value='add:lines']", 1)
	expect(t, doc, "form > button[type=submit][hidden]:first-child", 1)
	if size := len(render(t, sampleControls(samplePage(), form.State{}, "full"))); size > 100_000 {
		t.Errorf("the page has %d bytes, at most 100,000 are fine", size)
	}
}
