package workflow

import (
	"strconv"
	"strings"
	"time"
)

const (
	// MaxHolidays bounds the holidays of a calendar.
	MaxHolidays = 1000
	// maxWorkdays bounds a duration in workdays: about twenty years.
	maxWorkdays = 5000
)

// A Span is a length of time as documents say it: a fixed one, or a number of
// working days, whose length only a calendar knows.
type Span struct {
	Duration time.Duration
	Workdays int
}

// ParseSpan reads a duration of the document, fixed as ParseDuration does or
// in workdays: `2 workdays`. The error is a sentence for people.
func ParseSpan(text string) (Span, error) {
	m := workdays.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil || len(text) > maxDurationText {
		fixed, err := ParseDuration(text)
		return Span{Duration: fixed}, err
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n > maxWorkdays {
		return Span{}, sayError(KindInvalid, "invalid_duration.many_workdays", text, maxWorkdays)
	}
	return Span{Workdays: n}, nil
}

// Calendar says which days are worked in a place. nil is Monday to Friday in
// UTC.
type Calendar struct {
	Zone     *time.Location
	Days     [7]bool // by time.Weekday; at least one
	Holidays map[Date]bool
}

// Date is a day without a place.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// mondayToFriday are the working days of a calendar that names none.
var mondayToFriday = [7]bool{time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true}

// Location is the time zone of the calendar.
func (c *Calendar) Location() *time.Location {
	if c == nil || c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// Works reports whether the day that t's own clock shows is a working day.
func (c *Calendar) Works(t time.Time) bool {
	if c == nil {
		return mondayToFriday[t.Weekday()]
	}
	return c.Days[t.Weekday()] && !c.Holidays[dateOf(t)]
}

// After gives the time, in UTC, at which a span that begins at from ends. Two
// workdays end at the same local time on the second working day after that of
// the beginning, whatever clocks do between.
func (c *Calendar) After(from time.Time, s Span) time.Time {
	if s.Workdays == 0 {
		return from.Add(s.Duration)
	}
	wall := onClock(from.In(c.Location()))
	for left := s.Workdays; left > 0; {
		wall = wall.AddDate(0, 0, 1)
		if c.Works(wall) {
			left--
		}
	}
	return atClock(wall, c.Location())
}
