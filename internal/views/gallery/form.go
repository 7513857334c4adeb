package gallery

import (
	"encoding/json"
	"net/url"

	"github.com/a-h/templ"

	"tandem/internal/form"
	"tandem/internal/views"
)

// kinds is a form with a control of every kind, and what a person might answer.
const (
	kinds = `{"type": "object", "required": ["purpose", "pay", "lines", "paid"], "properties": {
		"purpose": {"type": "string", "title": "Purpose", "description": "What the trip is for.", "minLength": 3, "maxLength": 80, "examples": ["Fair", "Visit"]},
		"report": {"type": "string", "title": "Report", "maxLength": 2000},
		"mail": {"type": "string", "format": "email", "title": "E-mail"},
		"people": {"type": "integer", "title": "People", "minimum": 1},
		"comfort": {"type": "integer", "title": "Comfort", "minimum": 0, "maximum": 10, "default": 4},
		"day": {"type": "string", "format": "date", "title": "Day"},
		"back": {"type": "string", "format": "date-time", "title": "Back by"},
		"mark": {"type": "string", "format": "color", "title": "Mark", "default": "#4040c0"},
		"pin": {"type": "string", "writeOnly": true, "title": "PIN"},
		"number": {"type": "string", "readOnly": true, "title": "Number"},
		"class": {"enum": ["first", "second"], "title": "Class", "deprecated": true},
		"paid": {"oneOf": [{"const": "own", "title": "Own money"}, {"const": "card", "title": "Company card"}], "title": "Paid by"},
		"meals": {"type": "array", "uniqueItems": true, "minItems": 1, "title": "Meals", "items": {"enum": ["Breakfast", "Lunch", "Dinner"]}},
		"abroad": {"type": "boolean", "title": "Abroad"},
		"receipt": {"type": "string", "format": "data-url", "title": "Receipt"},
		"lines": {"type": "array", "title": "Lines", "minItems": 1, "items": {"type": "object", "title": "Line", "required": ["what"], "properties": {
			"what": {"type": "string", "title": "What"}, "amount": {"type": "number", "title": "Amount in EUR", "exclusiveMinimum": 0},
			"tags": {"type": "array", "title": "Tags", "items": {"type": "string", "title": "Tag"}}}}},
		"rates": {"type": "object", "title": "Exchange rates", "additionalProperties": {"type": "number"}},
		"pay": {"title": "Pay by", "oneOf": [
			{"title": "Card", "required": ["number"], "type": "object", "properties": {"number": {"type": "string", "title": "Card number"}}},
			{"title": "Bank transfer", "required": ["iban"], "type": "object", "properties": {"iban": {"type": "string", "title": "IBAN"}, "holder": {"type": "string", "title": "Account holder"}}}]},
		"stop": {"$ref": "#/$defs/stop"},
		"other": {"title": "Anything else"}},
		"if": {"properties": {"abroad": {"const": true}}, "required": ["abroad"]},
		"then": {"required": ["country"], "properties": {"country": {"type": "string", "title": "Country"}}},
		"$defs": {"stop": {"type": "object", "title": "Stop on the way", "properties": {"town": {"type": "string", "title": "Town"}, "stop": {"$ref": "#/$defs/stop"}}}}}`
	kindHints = `{"comfort": {"ui:widget": "range"}, "paid": {"ui:widget": "radio", "ui:options": {"inline": true}}, "mail": {"ui:help": "For the ticket.", "ui:placeholder": "name@example.com"}}`
	answer    = `{"purpose": "Fair", "report": "Two talks, one contract.", "mail": "otto@example.com", "people": 2, "comfort": 7, "day": "2026-03-09", "back": "2026-03-12T18:00:00Z",
		"mark": "#1f6feb", "pin": "1234", "number": "T-4711", "class": "second", "paid": "card", "meals": ["Lunch"], "abroad": true, "country": "Peru",
		"receipt": "attachment:0190a0b0-0000-7000-8000-000000000001?name=the+bill+of+the+train.pdf&type=application%2Fpdf&size=120345",
		"lines": [{"what": "Train ticket", "amount": 89.90, "tags": ["rail", "2nd class"]}, {"what": "Taxi", "amount": 18}],
		"rates": {"PEN": 0.24}, "pay": {"iban": "DE02 1203 0000 0000 2020 51", "holder": "Otto"}, "stop": {"town": "Lima"}, "other": {"seat": "window"}}`
)

// formStories are the states of a form that a page does not come to without a
// server.
func formStories() []Story {
	typed := func(f *form.Form, stored any) url.Values { return f.Typed(stored, form.DecodeOptions{}) }
	asJSON := func(text string) func(*form.Form, any) form.State {
		return func(f *form.Form, stored any) form.State {
			values := f.Act(typed(f, stored), "json:~", form.DecodeOptions{}).Values
			if text == "" {
				return form.State{Values: values}
			}
			values.Set("~", text)
			return form.State{Values: values, Errors: f.Act(values, "form:~", form.DecodeOptions{}).Errors}
		}
	}
	return []Story{
		formStory("fresh", "", func(*form.Form, any) form.State { return form.State{} }),
		formStory("filled", "", func(f *form.Form, stored any) form.State { return form.State{Values: typed(f, stored)} }),
		formStory("with-problems", "", func(f *form.Form, stored any) form.State {
			values := typed(f, stored)
			for name, text := range map[string]string{
				"purpose": "x", "report": "", "mail": "nobody", "people": "many", "paid": "", "country": "", "lines[0].what": "", "lines[1].amount": "-1",
				"rates.~r0": "x", "pay.iban": "", "other": "{",
			} {
				values.Set(name, text)
			}
			values["meals"] = []string{""}
			_, errs := f.Submit(values, form.DecodeOptions{}, form.Full)
			return form.State{Values: values, Errors: errs}
		}),
		formStory("read-only", `, "readOnly": true`, func(_ *form.Form, stored any) form.State { return form.State{Stored: stored} }),
		formStory("as-json", "", asJSON("")),
		formStory("broken-json", "", asJSON("{\n  \"purpose\": \"Fair\",\n}")),
	}
}

// formStory shows the form of kinds in a state; more is added to its schema.
func formStory(name, more string, state func(f *form.Form, stored any) form.State) Story {
	return Story{Page: "form", State: name, Show: func(p views.Page) templ.Component {
		p.Title, p.FormAct = "Business trip", "/fragment"
		f, err := form.Compile([]byte(kinds[:len(kinds)-1]+more+"}"), []byte(kindHints))
		if err != nil {
			panic(err) // a defect of the text above
		}
		var stored any
		if err := json.Unmarshal([]byte(answer), &stored); err != nil {
			panic(err) // likewise
		}
		st := state(f, stored)
		st.Lang = form.LangOf(p.Lang)
		shown := f.Show(st)
		p.Problem = len(shown.Summary) > 0
		return views.StartPage(p, views.StartView{
			Title: "Business trip", Name: "business_trip", Version: "1.0.0", Form: shown, Problems: views.SummaryProblems(shown.Summary, views.StartFormID),
		})
	}}
}
