package views

import (
	"strings"
	"unicode/utf8"

	"tandem/internal/form"
)

// inputTypes maps the kinds of field that are a single <input> to its type.
var inputTypes = map[form.Kind]string{
	form.Text:          "text",
	form.Number:        "number",
	form.Integer:       "number",
	form.Email:         "email",
	form.URL:           "url",
	form.Color:         "color",
	form.Date:          "date",
	form.DateTimeLocal: "datetime-local",
	form.Time:          "time",
	form.Password:      "password",
}

func inputType(f form.Field) string {
	if kind, ok := inputTypes[f.Kind]; ok {
		return kind
	}
	return "text"
}

// isChoice reports whether a field is a set of controls, which needs a fieldset.
func isChoice(f form.Field) bool { return f.Kind == form.Radio || f.Kind == form.Checkboxes }

func fieldClass(f form.Field) string {
	class := "field"
	if len(f.Errors) > 0 {
		class += " field-wrong"
	}
	if f.Kind == form.JSON {
		class += " field-json"
	}
	return class
}

func optionsClass(f form.Field) string {
	if f.Inline {
		return "options-inline"
	}
	return "options"
}

// maxTold is the greatest limit of characters that is told before it is
// exceeded.
const maxTold = 500

// hints returns what is said below a label: the schema's and the form author's
// words, then what the control itself needs said.
func (p Page) hints(f form.Field) []string {
	var hints []string
	for _, text := range []string{f.Description, f.Help} {
		if text != "" {
			hints = append(hints, text)
		}
	}
	if f.Zone != "" {
		hints = append(hints, p.T("form.zone", f.Zone))
	}
	if f.Kind == form.JSON {
		hints = append(hints, p.T("form.json"))
	}
	if f.Stored {
		hints = append(hints, p.T("form.stored"))
	}
	if f.MaxLength > 0 && (f.MaxLength <= maxTold || utf8.RuneCountInString(f.Value) > f.MaxLength) && (f.Kind == form.Text || f.Kind == form.Textarea) {
		hints = append(hints, p.T("form.max_characters", f.MaxLength))
	}
	return hints
}

// helpID is the id of the element with the hints.
func (p Page) helpID(f form.Field) string {
	if f.HelpID != "" {
		return f.HelpID
	}
	return f.ID + "-hint"
}

// describedBy names the elements that describe a control: its hints and its
// errors.
func (p Page) describedBy(f form.Field) string {
	ids := f.DescribedBy
	if f.HelpID == "" && len(p.hints(f)) > 0 {
		ids = p.helpID(f) + " " + ids
	}
	return strings.TrimSpace(ids)
}

// SummaryOf returns the summary of all errors in a tree of fields, in the order
// of the page.
func SummaryOf(fields []form.Field) Problems {
	var problems Problems
	for _, f := range fields {
		for _, text := range f.Errors {
			problems.Items = append(problems.Items, ProblemItem{Text: text, Href: "#" + f.ID})
		}
		problems.Items = append(problems.Items, SummaryOf(f.Children).Items...)
	}
	return problems
}
