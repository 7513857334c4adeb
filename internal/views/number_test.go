package views_test

import (
	"testing"
	"time"

	"tandem/internal/views"
)

func TestPage_Numbers(t *testing.T) {
	t.Parallel()
	en, de := views.Page{Lang: "en"}, views.Page{Lang: "de"}
	tests := []struct {
		name, got, want string
	}{
		{"zero", en.Count(0), "0"},
		{"hundreds", en.Count(999), "999"},
		{"thousands", en.Count(1000), "1,000"},
		{"millions in German", de.Count(1234567), "1.234.567"},
		{"negative", en.Count(-1000), "-1,000"},
		{"negative hundreds", en.Count(-100), "-100"},
		{"less than a millisecond", en.Duration(999 * time.Microsecond), "< 1 ms"},
		{"milliseconds", en.Duration(999 * time.Millisecond), "999 ms"},
		{"seconds", en.Duration(1500 * time.Millisecond), "1.5 s"},
		{"seconds in German", de.Duration(1500 * time.Millisecond), "1,5 s"},
		{"not a minute", en.Duration(59999 * time.Millisecond), "59.9 s"},
		{"minutes", en.Duration(61 * time.Second), "1 min 1 s"},
		{"hours", en.Duration(90 * time.Minute), "1 h 30 min"},
		{"days", en.Duration(49 * time.Hour), "2 d 1 h"},
		{"lasting since now", de.Lasting(59 * time.Second), "< 1 Min."},
		{"lasting for minutes", en.Lasting(119 * time.Second), "1 min"},
		{"lasting for hours", en.Lasting(23*time.Hour + time.Minute), "23 h"},
		{"lasting for days", en.Lasting(50 * time.Hour), "2 d"},
		{"a short span", en.Span(59 * time.Second), "for under 1 min"},
		{"a span of minutes", en.Span(119 * time.Second), "for 1 min"},
		{"a span of hours", en.Span(23 * time.Hour), "for 23 h"},
		{"a span of one day", en.Span(25 * time.Hour), "for 1 day"},
		{"a span of days in German", de.Span(50 * time.Hour), "seit 2 Tagen"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}
