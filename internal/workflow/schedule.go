package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tandem/internal/workflow/expr"
)

// Overlap says what a schedule does while the instance that it started last
// still lives.
type Overlap string

// The overlaps.
const (
	OverlapSkip  Overlap = "skip"  // this time passes
	OverlapQueue Overlap = "queue" // one start waits for its end
	OverlapAllow Overlap = "allow"
)

// Limits of schedules.
const (
	MaxSchedules = 100  // of a definition
	MaxCatchUp   = 1000 // missed times that are made up for
	// ScheduleGrace is how late a time is still on time; times that lie further
	// back were missed.
	ScheduleGrace = time.Minute
)

// Schedule starts instances by the clock.
type Schedule struct {
	Cron    Cron
	Zone    *time.Location
	Input   *expr.Value // nil = {}
	Overlap Overlap
	CatchUp int // how many missed times are made up for, the latest
}

// Next gives the first time after the given one.
func (s *Schedule) Next(after time.Time) time.Time { return s.Cron.Next(after, s.Zone) }

// Plan says what a schedule owes now whose next time was planned before: the
// time for which to start, zero for none, and the time to look at next.
func (s *Schedule) Plan(next, now time.Time) (start, then time.Time) {
	cut := now.Add(-ScheduleGrace)
	owed := append(s.missed(next, cut), s.between(later(next, cut), now.Add(time.Nanosecond))...)
	switch len(owed) {
	case 0:
		return time.Time{}, s.Next(now)
	case 1:
		return owed[0], s.Next(now)
	}
	return owed[0], owed[1]
}

// missed gives the times from next to before cut that are made up for. It looks
// back no further than it must: a schedule may have slept for years.
func (s *Schedule) missed(next, cut time.Time) []time.Time {
	if s.CatchUp == 0 || !next.Before(cut) {
		return nil
	}
	for span := time.Hour; ; span *= 8 {
		from := later(next, cut.Add(-span))
		times := s.between(from, cut)
		if len(times) >= s.CatchUp || !from.After(next) {
			return times[max(0, len(times)-s.CatchUp):]
		}
	}
}

// between lists the times from one to before the other.
func (s *Schedule) between(from, to time.Time) []time.Time {
	var times []time.Time
	for t := s.Next(from.Add(-time.Nanosecond)); !t.IsZero() && t.Before(to); t = s.Next(t) {
		times = append(times, t)
	}
	return times
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// InputAt gives the start data for a time.
func (s *Schedule) InputAt(at time.Time) (json.RawMessage, error) {
	if s.Input == nil {
		return json.RawMessage("{}"), nil
	}
	v, err := s.Input.Eval(noDeadline, expr.Map{"now": at})
	if err != nil {
		return nil, Errorf(KindInvalid, ErrInvalidInput.Code, "The schedule's input cannot be computed: %s", err)
	}
	return boundedJSON(v, MaxData, "the input")
}

// ScheduleKey names the start of a schedule for one time.
func ScheduleKey(definition string, index int, at time.Time) string {
	return fmt.Sprintf("%s/%d/%s", definition, index, at.UTC().Format(time.RFC3339))
}

// schedules reads the times at which instances start.
func (p *parsing) schedules(n *node) []Schedule {
	var list []Schedule
	if len(n.list()) > MaxSchedules {
		p.fault(n, "too_large.schedules", MaxSchedules)
		return nil
	}
	for _, item := range n.list() {
		if item.kind == objectNode {
			list = append(list, p.schedule(item))
		}
	}
	return list
}

func (p *parsing) schedule(n *node) Schedule {
	s := Schedule{Zone: p.def.Calendar.Location(), Overlap: Overlap(n.get("overlap").string())}
	if s.Overlap == "" {
		s.Overlap = OverlapSkip
	}
	if cron := n.get("cron"); cron != nil && cron.kind == textNode {
		var err error
		if s.Cron, err = ParseCron(cron.text); err != nil {
			p.faultOf(cron, "bad_cron", err)
		}
	}
	if zone := n.get("timezone"); zone != nil && zone.kind == textNode {
		s.Zone = p.zone(zone)
	}
	s.Input = p.valueIn(p.outside("now"), n.get("input"))
	catchUp := n.get("catch_up")
	s.CatchUp = p.whole(catchUp, 0, MaxCatchUp, 0)
	if catchUp.isTrue() {
		s.CatchUp = 1
	}
	p.checkScheduled(n, s)
	return s
}

// checkScheduled reports start data that no start would take.
func (p *parsing) checkScheduled(n *node, s Schedule) {
	if p.def.startForm == nil || s.Input != nil && !s.Input.IsLiteral() {
		return
	}
	at := n
	input, err := s.InputAt(time.Time{})
	if err != nil {
		return
	}
	if s.Input != nil {
		at = n.get("input")
	}
	if errs := p.def.startForm.ValidateJSON(input); errs != nil && !slices.ContainsFunc(p.problems, func(o Problem) bool { return o.Code == "bad_schema" }) {
		p.fault(at, "bad_input", errs.List[0].Pointer, errs.List[0])
	}
}
