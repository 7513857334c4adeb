package workflow

import (
	"slices"
	"strings"
	"time"
)

// dayNames are the days of the week as calendars name them, by time.Weekday.
var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// calendar reads the definition's calendar: the name of a time zone, or an
// object. Without one it is nil.
func (p *parsing) calendar(n *node) *Calendar {
	if n == nil || kindAccept[n.kind]&(acceptText|acceptObject) == 0 {
		return nil
	}
	c := &Calendar{Zone: time.UTC, Days: mondayToFriday}
	if n.kind == textNode {
		c.Zone = p.zone(n)
		return c
	}
	if zone := n.get("timezone"); zone != nil && zone.kind == textNode {
		c.Zone = p.zone(zone)
	}
	if days := n.get("working_days"); days != nil && days.kind == listNode {
		c.Days = p.workingDays(days)
	}
	c.Holidays = p.holidays(n.get("holidays"))
	return c
}

func (p *parsing) zone(n *node) *time.Location {
	zone, err := ParseZone(n.text)
	if err != nil {
		p.faultOf(n, "bad_timezone", err)
	}
	return zone
}

func (p *parsing) workingDays(n *node) (days [7]bool) {
	if len(n.items) == 0 {
		p.fault(n, "bad_day.none")
	}
	for _, item := range n.items {
		if item.kind != textNode {
			continue
		}
		day := slices.Index(dayNames, strings.ToLower(item.text))
		if day < 0 {
			p.fault(item, "bad_day", clipped(item.text))
			continue
		}
		days[day] = true
	}
	return days
}

func (p *parsing) holidays(n *node) map[Date]bool {
	items := n.list()
	if len(items) > MaxHolidays {
		p.fault(n, "too_large.holidays", MaxHolidays, len(items))
		return nil
	}
	days := make(map[Date]bool, len(items))
	for _, item := range items {
		if item.kind != textNode {
			continue
		}
		day, err := time.Parse(time.DateOnly, item.text)
		if err != nil {
			p.fault(item, "bad_date", clipped(item.text))
			continue
		}
		days[dateOf(day)] = true
	}
	return days
}

const day = 24 * time.Hour

// retention reads how long finished instances are kept: a number of days, or a
// duration of at least one.
func (p *parsing) retention(n *node) time.Duration {
	if n == nil || kindAccept[n.kind]&acceptSetting == 0 {
		return 0
	}
	if n.kind == numberNode {
		return time.Duration(p.whole(n, 1, int(maxDuration/day), 0)) * day
	}
	kept, err := ParseDuration(n.text)
	switch {
	case err != nil:
		p.fault(n, "bad_duration.retention", sayerOf(err))
	case kept < day:
		p.fault(n, "bad_duration.retention_short")
	}
	return kept
}
