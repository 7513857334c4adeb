package workflow

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"300ms": 300 * time.Millisecond, "90s": 90 * time.Second, "15m": 15 * time.Minute, "2h": 2 * time.Hour,
		"3d": 3 * day, "1w": 7 * day, "1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute, "0s": 0,
		"P1DT2H": day + 2*time.Hour, "PT0.5S": 500 * time.Millisecond, "P2W": 14 * day, "PT5M": 5 * time.Minute, " 5m ": 5 * time.Minute,
	} {
		got, err := ParseDuration(text)
		if err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestParseDuration_refused(t *testing.T) {
	t.Parallel()
	notOne := ` is not a duration. Write it like 90s, 15m, 1h30m, 2d, 1w, 2 workdays or P1DT2H.`
	for text, want := range map[string]string{
		"":           `""` + notOne,
		"soon":       `"soon"` + notOne,
		"-5m":        `"-5m"` + notOne,
		"P":          `"P"` + notOne,
		"P1DT":       `"P1DT"` + notOne,
		"5 minutes":  `"5 minutes"` + notOne,
		"90":         `The duration "90" has no unit. Write 90s for seconds, or use ms, m, h, d, w.`,
		"2 workdays": `"2 workdays" has no fixed length. Write it in hours or days here.`,
		"P1M":        `"P1M" has years or months, whose length varies. Write it in weeks or days.`,
		"999999999w": `The duration "999999999w" is over a hundred years.`,
	} {
		got, err := ParseDuration(text)
		if err == nil || err.Error() != want {
			t.Errorf("ParseDuration(%q) = %v, error %v, want %q", text, got, err, want)
		}
	}
}
