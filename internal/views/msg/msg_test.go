package msg

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var verb = regexp.MustCompile(`%[a-z]`)

func TestSentences_SayTheSameInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, key := range Keys() {
		s := sentences[key]
		if strings.TrimSpace(s.en) == "" || strings.TrimSpace(s.de) == "" {
			t.Errorf("%s lacks a language: %+v", key, s)
		}
		if en, de := verb.FindAllString(s.en, -1), verb.FindAllString(s.de, -1); !slices.Equal(en, de) {
			t.Errorf("%s takes %v in English, %v in German", key, en, de)
		}
		if base, ok := strings.CutSuffix(key, ".one"); ok && !Has(base+".other") {
			t.Errorf("%s has no %s.other", key, base)
		}
	}
}

func TestT(t *testing.T) {
	t.Parallel()
	tests := []struct {
		got, want string
	}{
		{T("en", "nav.inbox"), "Inbox"},
		{T("de", "nav.inbox"), "Eingang"},
		{T("fr", "nav.inbox"), "Inbox"},
		{T("en", "no.such.key"), "no.such.key"},
		{T("en", "time.ago", "3 h"), "3 h ago"},
		{N("de", "pager.shown", 1), "1 Eintrag"},
		{Printer{"en"}.N("pager.shown", 0), "0 entries"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": "en", "de": "de", "de-AT,en;q=0.8": "de", "fr, de;q=0.5": "de", "EN-us": "en", "fr": "en", ";;,": "en",
	} {
		if got := Match(accept); got != want {
			t.Errorf("Match(%q) = %q, want %q", accept, got, want)
		}
	}
}

func TestJoin_RefusesAKeyTwice(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("join accepted a key of two parts")
		}
	}()
	join(catalogue{"a": {"x", "y"}}, catalogue{"a": {"x", "y"}})
}
