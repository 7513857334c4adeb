package views_test

import (
	"strings"
	"testing"

	"tandem/internal/form"
	"tandem/internal/views"
)

func TestFormFields_TellsLimits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		limit int
		value string
		want  int
	}{
		"short":          {500, "", 1},
		"long":           {501, "", 0},
		"long, exceeded": {501, strings.Repeat("ä", 502), 1},
		"long, full":     {501, strings.Repeat("ä", 501), 0},
	}
	for name, tt := range tests {
		f := form.Field{Kind: form.Textarea, ID: "x", Name: "x", Label: "Text", MaxLength: tt.limit, Value: tt.value}
		doc := parse(t, views.FormFields(samplePage(), []form.Field{f}))
		if got := doc.Find(".field-help p").Length(); got != tt.want {
			t.Errorf("%s: %d sentences about the limit, want %d", name, got, tt.want)
		}
	}
}

// How long a text must be is told before it is too short.
func TestFormFields_TellsLengths(t *testing.T) {
	t.Parallel()
	for want, limits := range map[string][2]int{
		"":                       {1, -1},
		"At least 3 characters.": {3, 501},
		"At most 80 characters.": {1, 80},
		"3 to 80 characters.":    {3, 80},
		"Exactly 1 character.":   {1, 1},
		"At most 1 character.":   {-1, 1},
		"Exactly 4 characters.":  {4, 4},
	} {
		f := form.Field{Kind: form.Text, ID: "x", Name: "x", Label: "Text", MinLength: limits[0], MaxLength: limits[1]}
		doc := parse(t, views.FormFields(samplePage(), []form.Field{f}))
		if got := doc.Find(".field-help").Text(); got != want {
			t.Errorf("%v: the hint is %q, want %q", limits, got, want)
		}
	}
}

func TestData_Labelled(t *testing.T) {
	t.Parallel()
	p := samplePage()
	fields := []form.Field{
		{Kind: form.Number, Pointer: "/amount", Label: "Amount (EUR)", Value: "6000"},
		{Kind: form.Select, Pointer: "/a~1b", Label: "Category", Options: []form.Option{{Value: "0", Label: "Travel", Selected: true}}},
		{Kind: form.Text, Pointer: "/absent", Label: "Absent"},
	}
	doc := parse(t, views.DataView(p, "Data", p.Data("d", []byte(`{"amount":6000,"a/b":"travel","state":"paid"}`)).Labelled(p, fields)))
	want := "Amount (EUR) 6000 Category Travel state paid"
	if got := strings.Join(strings.Fields(textWithGaps(doc.Find("body > div > dl"))), " "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	expect(t, doc, "pre[aria-label='Data as JSON']", 1)
}

// A group of choices says what holds for all of it where a single control would
// say it itself, and its first choice gets the focus.
func TestFormFields_Choices(t *testing.T) {
	t.Parallel()
	field := func(kind form.Kind, f form.Field) form.Field {
		f.Kind, f.ID, f.Name, f.Label, f.Required, f.MaxLength = kind, "x-0", "x", "Paid by", true, -1
		f.Options = []form.Option{{ID: "x-0", Value: "0", Label: "Card"}, {ID: "x-1", Value: "1", Label: "Cash"}}
		return f
	}
	wrong := form.Field{Errors: []string{"Paid by is required"}, ErrorID: "x-error", DescribedBy: "x-error"}
	tests := map[string]struct {
		field form.Field
		once  string
	}{
		"radios":                {field(form.Radio, form.Field{}), "fieldset[role=radiogroup][aria-required=true]:not([aria-invalid])"},
		"wrong radios":          {field(form.Radio, wrong), "fieldset[role=radiogroup][aria-invalid=true][aria-describedby=x-error]"},
		"radios in focus":       {field(form.Radio, form.Field{Autofocus: true}), "input[type=radio][id=x-0][autofocus]"},
		"check boxes in focus":  {field(form.Checkboxes, form.Field{Autofocus: true}), "input[type=checkbox][id=x-0][autofocus]"},
		"wrong check boxes":     {field(form.Checkboxes, wrong), "fieldset:not([role]):has(#x-0[aria-invalid=true]):has(#x-1[aria-invalid=true])"},
		"the summary has focus": {field(form.Radio, form.Field{Autofocus: true, Errors: wrong.Errors}), "fieldset:not(:has([autofocus]))"},
	}
	for name, tt := range tests {
		doc := parse(t, views.FormFields(samplePage(), []form.Field{tt.field}))
		if got := doc.Find(tt.once).Length(); got != 1 {
			html, _ := doc.Html()
			t.Errorf("%s: %d elements are %s:\n%s", name, got, tt.once, html)
		}
	}
}
