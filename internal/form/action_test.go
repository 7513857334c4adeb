package form

import (
	"strings"
	"testing"
)

// What a button is called holds what it shows, so that it can be pressed by
// voice; of rows it says which one.
func TestAction_names(t *testing.T) {
	t.Parallel()
	for name, s := range samples(t) {
		f := compile(t, string(s.Schema), string(s.UI))
		for _, lang := range []Lang{English, German} {
			for _, text := range s.Valid {
				shown := f.Show(State{Stored: decodeText(t, string(text)), Lang: lang})
				for _, a := range append(actionsOf(shown.Fields), shown.Switch) {
					if !strings.Contains(strings.ToLower(a.Name), strings.ToLower(a.Label)) {
						t.Errorf("%s: a button shows %q and is called %q", name, a.Label, a.Name)
					}
				}
			}
		}
	}
}

// Only names of parameters are filled in; what a parameter says is not looked
// through again.
func TestLang_Sentence_fills_names_only(t *testing.T) {
	t.Parallel()
	l := NewLang("x", map[string]string{"a": "{field} {} {other} {limit}{limit} {open", "word_value": "It"})
	if got, want := l.Sentence("a", Params{"field": "{limit}", "limit": "3"}), "{limit} {} {other} 33 {open"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := l.Sentence("a", Params{"limit": "{field}"}), "It {} {other} {field}{field} {open"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
