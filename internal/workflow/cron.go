package workflow

import (
	"strings"
	"time"

	cron "github.com/netresearch/go-cron"
)

// maxCronText bounds a cron expression, in bytes.
const maxCronText = 200

// cronYears is how far ahead a match is looked for. The rarest day, February
// 29, is at most eight years away.
const cronYears = 10

// everyHour has the bit of each hour of a day.
const everyHour = 1<<24 - 1

var cronParser = cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor | cron.DowOrDom).
	WithMaxSearchYears(cronYears)

// Cron is a cron expression of five fields: minute, hour, day of month, month,
// day of week (0 and 7 are Sunday; names such as MON and JAN are known), or one
// of @hourly, @daily, @weekly, @monthly, @yearly. Where both day of month and
// day of week are restricted, either suffices, as in crontab(5). The zero Cron
// matches never.
type Cron struct {
	text string
	spec *cron.SpecSchedule
}

// ParseCron reads a cron expression. One that matches no date is refused. The
// error is a sentence for people.
func ParseCron(text string) (Cron, error) {
	text = strings.TrimSpace(text)
	switch {
	case len(text) > maxCronText:
		return Cron{}, sayError(KindInvalid, "invalid_cron.long", text[:20])
	case strings.Contains(text, "TZ="):
		return Cron{}, sayError(KindInvalid, "invalid_cron.zone", text)
	case strings.HasPrefix(text, "@every"):
		return Cron{}, sayError(KindInvalid, "invalid_cron.every", text)
	}
	parsed, err := cronParser.Parse(text)
	if err != nil {
		return Cron{}, sayError(KindInvalid, "invalid_cron", text, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return Cron{}, sayError(KindInvalid, "invalid_cron.fields", text)
	}
	spec.Location = time.UTC
	c := Cron{text: text, spec: spec}
	if c.Next(time.Unix(0, 0), time.UTC).IsZero() {
		return Cron{}, sayError(KindInvalid, "invalid_cron.never", text)
	}
	return c, nil
}

func (c Cron) String() string { return c.text }

// Next gives the first time after the given one that matches on the clocks of a
// place, in UTC; the zero time for the zero Cron. Where clocks are put forward,
// a time of the missing hour comes as much later as they were moved; where they
// are put back, it comes once, the first time round. Expressions for every hour
// go on through both.
func (c Cron) Next(after time.Time, loc *time.Location) time.Time {
	if c.spec == nil {
		return time.Time{}
	}
	if c.spec.Hour&everyHour == everyHour {
		spec := *c.spec
		spec.Location = loc
		return spec.Next(after.In(loc)).UTC()
	}
	wall := onClock(after.In(loc))
	for !wall.IsZero() {
		wall = c.spec.Next(wall)
		// A repeated hour is behind us when it begins again: skip to what follows.
		if at := atClock(wall, loc); !wall.IsZero() && at.After(after) {
			return at
		}
	}
	return time.Time{}
}

// onClock gives what the clocks of t's place show, written as if in UTC.
func onClock(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// atClock gives the first time, in UTC, at which the clocks of a place show
// what onClock wrote; of a time that they leave out, the one that it would be
// had they not been moved.
func atClock(wall time.Time, loc *time.Location) time.Time {
	early := wall.Add(-offset(wall.Add(-24*time.Hour), loc))
	late := wall.Add(-offset(wall.Add(24*time.Hour), loc))
	if !onClock(early.In(loc)).Equal(wall) && onClock(late.In(loc)).Equal(wall) {
		return late
	}
	return early
}

func offset(t time.Time, loc *time.Location) time.Duration {
	_, seconds := t.In(loc).Zone()
	return time.Duration(seconds) * time.Second
}

// maxZoneText bounds the name of a time zone, in bytes.
const maxZoneText = 64

// ParseZone gives the time zone of an IANA name such as Europe/Berlin. The
// error is a sentence for people.
func ParseZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" || len(name) > maxZoneText {
		return nil, invalidZone(name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, invalidZone(name)
	}
	return loc, nil
}

func invalidZone(name string) error {
	return sayError(KindInvalid, "invalid_timezone", name[:min(len(name), maxZoneText)])
}
