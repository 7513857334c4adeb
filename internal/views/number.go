package views

import (
	"strconv"
	"strings"
	"time"
)

// Count returns a number of things with its digits in groups of three.
func (p Page) Count(n int) string {
	digits := strconv.Itoa(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + p.T("number.group") + digits[i:]
	}
	return digits
}

// Duration returns how long something took, in its two largest units; the
// second is left out where there is none of it.
func (p Page) Duration(d time.Duration) string {
	switch {
	case d >= 24*time.Hour && d%(24*time.Hour) < time.Hour:
		return p.T("duration.whole_days", int(d/(24*time.Hour)))
	case d >= time.Hour && d < 24*time.Hour && d%time.Hour < time.Minute:
		return p.T("time.hours", int(d/time.Hour))
	case d >= time.Minute && d < time.Hour && d%time.Minute < time.Second:
		return p.T("time.minutes", int(d/time.Minute))
	case d >= time.Second && d < time.Minute && d%time.Second == 0:
		return p.T("time.seconds", int(d/time.Second))
	case d < time.Millisecond:
		return p.T("duration.instant")
	case d < time.Second:
		return p.T("duration.milliseconds", int(d/time.Millisecond))
	case d < time.Minute:
		seconds := strconv.FormatFloat(float64(d.Truncate(100*time.Millisecond))/float64(time.Second), 'f', 1, 64)
		return p.T("duration.seconds", strings.Replace(seconds, ".", p.T("number.point"), 1))
	case d < time.Hour:
		return p.T("duration.minutes", int(d/time.Minute), int(d%time.Minute/time.Second))
	case d < 24*time.Hour:
		return p.T("duration.hours", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	return p.T("duration.days", int(d/(24*time.Hour)), int(d%(24*time.Hour)/time.Hour))
}

// Lasting is a duration that still grows, in its largest unit, so that a live
// page need not tell each second: "< 1 min", "3 h".
func (p Page) Lasting(d time.Duration) string {
	switch {
	case d < time.Minute:
		return p.T("duration.under_minute")
	case d < time.Hour:
		return p.Duration(d.Truncate(time.Minute))
	case d < 24*time.Hour:
		return p.Duration(d.Truncate(time.Hour))
	}
	return p.Duration(d.Truncate(24 * time.Hour))
}

// Span says how long something has lasted, in its largest unit: "for 3 h".
func (p Page) Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return p.T("duration.since_now")
	case d < time.Hour:
		return p.T("duration.since", p.T("time.minutes", int(d/time.Minute)))
	case d < 24*time.Hour:
		return p.T("duration.since", p.T("time.hours", int(d/time.Hour)))
	}
	return p.T("duration.since", p.N("time.days", int(d/(24*time.Hour))))
}
