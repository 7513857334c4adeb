package form

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outline writes what fields say, a line each, those inside further right.
func outline(fields []Field, indent string) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(strings.TrimRight(fmt.Sprintf("%s%s: %s %s", indent, f.Label, f.Value, f.Zone), " ") + "\n")
		b.WriteString(outline(f.Children, indent+"  "))
	}
	return b.String()
}

// Values for which a read-only form has no control are shown by the titles of
// the branch that they fit, not as JSON.
func TestForm_Fields_read_only_without_controls(t *testing.T) {
	t.Parallel()
	f := compile(t, `{"type": "object", "readOnly": true, "properties": {
		"at": {"type": "string", "format": "date-time"}, "hour": {"type": "string", "format": "time"},
		"pay": {"oneOf": [
			{"required": ["number"], "properties": {"number": {"title": "Card number"}}},
			{"required": ["iban"], "properties": {"iban": {"title": "IBAN"}, "urgent": {"type": "boolean", "title": "Today"}, "pin": {"type": "string", "writeOnly": true, "title": "PIN"}}}]},
		"other": {"title": "Anything else"}}}`, "")
	stored := decodeText(t, `{"at": "2026-03-31T12:00:00Z", "hour": "10:30:00+02:00",
		"pay": {"urgent": true, "pin": "1234", "note": null, "iban": "DE02"}, "other": {"seats": [{"row": 4}, {"row": 5}], "tags": ["a", "b"], "none": {}}}`)
	want := `At: 2026-03-31T12:00 UTC
Hour: 08:30 UTC
Pay:
  IBAN: DE02
  Today: Yes
  PIN: ••••••••
  Note:
Anything else:
  None:
  Seats:
    1:
      Row: 4
    2:
      Row: 5
  Tags: a, b
`
	if diff := cmp.Diff(want, outline(f.Fields(State{Stored: stored}), "")); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestForm_Fields_read_only_with_too_many_members(t *testing.T) {
	t.Parallel()
	f := compile(t, `{"type": "object", "readOnly": true, "properties": {"x": {}}}`, "")
	stored := decodeText(t, `{"x": [{}`+strings.Repeat(`, {"a": 1}`, maxSpread)+`]}`)
	got := f.Fields(State{Stored: stored})[0]
	if got.Kind != Static || !strings.HasPrefix(got.Value, "[\n  {}") || got.Children != nil {
		t.Errorf("got a %s of %d fields: %.20q, want the JSON", got.Kind, len(got.Children), got.Value)
	}
}

// A JSON field shows as much of its text as a window holds.
func TestForm_Fields_JSON_grows(t *testing.T) {
	t.Parallel()
	f := compile(t, `true`, "")
	for lines, want := range map[int]int{1: 4, 10: 13, 500: maxJSONRows} {
		stored := decodeText(t, `[1`+strings.Repeat(`, 1`, lines-1)+`]`)
		if got := f.Fields(State{Stored: stored})[0].Rows; got != want {
			t.Errorf("a list of %d numbers stands in %d lines, want %d", lines, got, want)
		}
	}
}
