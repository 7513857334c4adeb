package views

import (
	"strconv"
	"time"
)

// Moment is a point in time as a page shows it: in relation to the page's own
// time, with the exact one beside it. The zero Moment is no time at all.
type Moment struct {
	ISO      string // RFC 3339 in UTC, for machines
	Exact    string // date and time with the zone
	Relative string // "3 h ago", "in 2 days"
}

// Moment returns t as this page shows it, the zero Moment for the zero time.
func (p Page) Moment(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	return Moment{
		ISO:      t.UTC().Format(time.RFC3339),
		Exact:    t.In(zone).Format(p.T("time.exact")),
		Relative: p.relative(t, zone),
	}
}

func (p Page) relative(t time.Time, zone *time.Location) string {
	distance := p.Now.Sub(t)
	if distance < 0 {
		distance -= roundUp(-distance) // what is due in two days less a minute is due in two days
	}
	key, soon := "time.ago", "time.now"
	if distance < 0 {
		distance, key, soon = -distance, "time.in", "time.soon"
	}
	switch {
	case distance < time.Minute:
		return p.T(soon)
	case distance < time.Hour:
		return p.T(key, p.T("time.minutes", int(distance/time.Minute)))
	case distance < 24*time.Hour:
		return p.T(key, p.T("time.hours", int(distance/time.Hour)))
	case distance < 30*24*time.Hour:
		return p.T(key, p.N("time.days", int(distance/(24*time.Hour))))
	}
	return t.In(zone).Format(p.T("time.date"))
}

// Ahead says how far off a time is: "in 12 s", "in 2 days"; "at once" when it
// has come.
func (p Page) Ahead(d time.Duration) string {
	switch {
	case d <= 0:
		return p.T("time.at_once")
	case d < time.Minute:
		return p.T("time.in", p.T("time.seconds", int((d+time.Second-1)/time.Second)))
	case d < time.Hour:
		return p.T("time.in", p.T("time.minutes", int((d+time.Minute/2)/time.Minute)))
	case d < 24*time.Hour:
		return p.T("time.in", p.T("time.hours", int((d+time.Hour/2)/time.Hour)))
	}
	return p.T("time.in", p.N("time.days", int((d+12*time.Hour)/(24*time.Hour))))
}

// roundUp is how much a time to come is lengthened, so that a span that has just
// begun is still called by its name.
func roundUp(d time.Duration) time.Duration {
	switch {
	case d < time.Minute:
		return 0
	case d < time.Hour:
		return time.Minute / 2
	case d < 24*time.Hour:
		return time.Hour / 2
	}
	return 12 * time.Hour
}

func itoa(n int) string { return strconv.Itoa(n) }
