package views

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

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
	if isWide(f) {
		class += " field-wide"
	}
	return class
}

func optionsClass(f form.Field) string {
	if f.Inline {
		return "options-inline"
	}
	return "options"
}

// isWide reports whether a field takes the whole width of a row.
func isWide(f form.Field) bool {
	return slices.Contains([]form.Kind{form.Group, form.List, form.Textarea, form.JSON, form.Checkboxes, form.Radio, form.File}, f.Kind)
}

// isPlainRow reports whether a row is a single control, which stands on one line
// with the row's buttons.
func isPlainRow(row form.Field) bool {
	if len(row.Children) != 1 || len(row.Hidden) > 0 || len(row.Errors) > 0 {
		return false
	}
	return !slices.Contains([]form.Kind{form.Group, form.List, form.JSON, form.Checkboxes, form.Radio}, row.Children[0].Kind) && row.Children[0].Label == row.Label
}

func isPlainList(f form.Field) bool {
	return !slices.ContainsFunc(f.Children, func(r form.Field) bool { return !isPlainRow(r) })
}

// live makes the form follow a field on which others depend.
func (p Page) live(f form.Field) templ.Attributes {
	attrs := templ.Attributes{}
	if !f.Live || p.FormAct == "" {
		return attrs
	}
	op, _ := json.Marshal(map[string]string{"_op": "update:" + f.Name})
	attrs["hx-post"], attrs["hx-trigger"], attrs["hx-vals"] = p.FormAct, "change", string(op)
	return attrs
}

// formRegion is what the buttons of a form replace by what they fetch.
func (p Page) formRegion(id string) templ.Attributes {
	if p.FormAct == "" {
		return templ.Attributes{}
	}
	return templ.Attributes{"hx-target:inherited": "#" + id, "hx-swap:inherited": "outerHTML", "data-form": p.FormAct}
}

// formEncoding lets a form that has files send them.
func formEncoding(f form.Shown) templ.Attributes {
	if !f.Files {
		return templ.Attributes{}
	}
	return templ.Attributes{"enctype": "multipart/form-data"}
}

// isBare reports whether a button shows its icon alone.
func isBare(a form.Action) bool { return a.Verb == "up" || a.Verb == "down" }

func actionClass(a form.Action) string {
	switch a.Verb {
	case "json", "form", "remove", "close", "clear":
		return "btn btn-sm btn-ghost"
	case "up", "down":
		return "btn btn-sm btn-ghost btn-square"
	}
	return "btn btn-sm btn-quiet"
}

func actionIcon(a form.Action) string {
	switch a.Verb {
	case "add", "open":
		return "plus"
	case "remove", "close", "clear":
		return "trash-2"
	case "up":
		return "arrow-up"
	case "down":
		return "arrow-down"
	case "update":
		return "refresh-cw"
	case "json":
		return "code"
	}
	return "list"
}

// fileSize writes a size in bytes as people read it.
func (p Page) fileSize(bytes int64) string {
	switch {
	case bytes < 1000:
		return p.T("form.bytes", bytes)
	case bytes < 1_000_000:
		return p.T("form.kilobytes", (bytes+500)/1000)
	}
	return p.T("form.megabytes", (bytes+500_000)/1_000_000)
}

// SummaryProblems turns the summary of a form into the list above it; errors of
// the whole form lead to its beginning.
func SummaryProblems(items []form.SummaryItem, start string) Problems {
	var problems Problems
	for _, item := range items {
		href := "#" + start
		if item.Target != "" {
			href = "#" + item.Target
		}
		problems.Items = append(problems.Items, ProblemItem{Text: item.Message, Href: href})
	}
	return problems
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
	if f.Zone != "" && f.Kind != form.Static {
		hints = append(hints, p.T("form.zone", f.Zone))
	}
	if f.File != nil && f.Kind == form.File {
		hints = append(hints, p.T("form.replace"))
	}
	if f.Kind == form.JSON {
		hints = append(hints, p.T("form.json"))
	}
	if f.Stored {
		hints = append(hints, p.T("form.stored"))
	}
	if text := p.lengths(f); text != "" {
		hints = append(hints, text)
	}
	return hints
}

// lengths says how long a text has to be.
func (p Page) lengths(f form.Field) string {
	if f.Kind != form.Text && f.Kind != form.Textarea {
		return ""
	}
	most := f.MaxLength > 0 && (f.MaxLength <= maxTold || utf8.RuneCountInString(f.Value) > f.MaxLength)
	switch {
	case most && f.MinLength == f.MaxLength:
		return p.N("form.characters", f.MaxLength)
	case most && f.MinLength > 1:
		return p.T("form.characters_from_to", f.MinLength, f.MaxLength)
	case most:
		return p.N("form.max_characters", f.MaxLength)
	case f.MinLength > 1:
		return p.T("form.min_characters", f.MinLength)
	}
	return ""
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
