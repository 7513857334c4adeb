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
