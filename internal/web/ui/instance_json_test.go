package ui

import (
	"strings"
	"testing"

	"tandem/internal/views"
)

// Where and why a text is no JSON is said in the reader's language.
func TestJSONFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a": 1`:           `der Text endet zu früh`,
		"{\n\"a\": 1,\n}":   `hier muss ein Schlüssel`,
		`{"a": 1 "b": 2}`:   `davor fehlt ein Komma`,
		`[1 2]`:             `davor fehlt ein Komma`,
		`{"a" 1}`:           `hinter dem Schlüssel fehlt`,
		`{} {}`:             `davor ist das JSON`,
		`{"a": x}`:          `hier muss ein Wert`,
		"{\"a\": \"x\ty\"}": `ein Text enthält`,
		`{"a": tru}`:        `ohne Anführungszeichen`,
		`{"a": 1e}`:         `so schreibt man keine Zahl`,
	} {
		got, ok := jsonFault(views.Page{Lang: "de"}, text)
		if ok || !strings.HasPrefix(got, "Zeile ") || !strings.Contains(got, want) || !strings.HasSuffix(got, ")") {
			t.Errorf("%q: got %q, want %q with its line and the decoder's words", text, got, want)
		}
	}
	if fault, ok := jsonFault(views.Page{Lang: "en"}, `{"a": [1, 2]}`); !ok || fault != "" {
		t.Errorf("JSON is refused: %s", fault)
	}
}
