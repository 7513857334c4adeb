package views_test

import (
	"strings"
	"testing"

	"tandem/internal/form"
	"tandem/internal/views"
)

// What a form shows to be read has dates as people write them, and says where
// there is nothing.
func TestFormFields_to_be_read(t *testing.T) {
	t.Parallel()
	fields := []form.Field{
		{Kind: form.Static, Was: form.Date, ID: "a", Label: "A", Value: "2026-03-09"},
		{Kind: form.Static, Was: form.DateTimeLocal, ID: "b", Label: "B", Value: "2026-03-09T18:00", Zone: "Europe/Berlin"},
		{Kind: form.Static, Was: form.Time, ID: "c", Label: "C", Value: "18:00", Zone: "UTC"},
		{Kind: form.Static, Was: form.Date, ID: "d", Label: "D", Value: "soon"},
		{Kind: form.Static, Was: form.Text, ID: "e", Label: "E"},
		{Kind: form.Group, ID: "f", Label: "F", ReadOnly: true},
	}
	for lang, want := range map[string][]string{
		"en": {"9 Mar 2026", "9 Mar 2026, 18:00 Europe/Berlin", "18:00 UTC", "soon", "Not set", "Not set"},
		"de": {"9.3.2026", "9.3.2026, 18:00 Europe/Berlin", "18:00 UTC", "soon", "Nicht gesetzt", "Nicht gesetzt"},
	} {
		doc := parse(t, views.FormFields(views.Page{Lang: lang}, fields))
		var got []string
		for _, s := range doc.Find(".field-static, .field > .field-unset").EachIter() {
			got = append(got, strings.TrimSpace(s.Text()))
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
		if n := doc.Find(".field-help").Length(); n != 0 {
			t.Errorf("%s: %d hints beside values that say all", lang, n)
		}
	}
}

// Rows are there until they are removed: what they hold is not called optional.
func TestFormFields_entries(t *testing.T) {
	t.Parallel()
	f, err := form.Compile([]byte(`{"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}, "rates": {"type": "object", "additionalProperties": {"type": "number"}}}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]any{"tags": []any{"a"}, "rates": map[string]any{"EUR": 1.0}}
	doc := parse(t, views.FormFields(views.Page{Lang: "en"}, f.Fields(form.State{Stored: stored})))
	if n := doc.Find(".entry .field-optional, .entry-plain .field-optional").Length(); n != 0 {
		t.Errorf("%d controls of rows are called optional", n)
	}
	if n := doc.Find(".field > legend .field-optional").Length(); n != 2 {
		t.Errorf("%d of the two lists are called optional", n)
	}
}
