package judge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// life is how long an instance lived, by the numbers of its events: those of
// one that begins after another has ended are higher.
type life struct {
	id         string
	begin, end int64 // end is the highest number while it lives
	at         time.Time
	moment     bool      // it ended with the decision that began it, and lived for no time
	slot       time.Time // for which a schedule started it
}

const forever = int64(1) << 62

func (h *history) life() life {
	l := life{id: h.id, begin: h.events[0].Seq, end: forever, at: h.events[0].At}
	if last := h.last("workflow.completed", "workflow.canceled"); last >= 0 {
		l.end, l.moment = h.events[last].Seq, h.at(last).Equal(l.at)
	}
	return l
}

// apart judges that of some instances each begins after the one before has
// ended. Those that lived for no time are beside none.
func (t *trial) apart(rule, what string, lives []life) {
	slices.SortFunc(lives, func(a, b life) int { return int(a.begin - b.begin) })
	var before *life
	for i := range lives {
		t.judged(rule)
		if lives[i].moment {
			continue
		}
		if before != nil && lives[i].begin < before.end {
			t.find(rule, lives[i].id, "", "it lived beside %s, although %s", before.id, what)
		}
		before = &lives[i]
	}
}

// alone judges `unique`: one instance lives under a correlation id.
func (t *trial) alone() {
	lives := map[string][]life{}
	for _, h := range t.histories {
		if h.def.Unique == "running" && h.row.Correlation != "" && len(h.events) > 0 {
			key := h.def.Name + " " + h.row.Correlation
			lives[key] = append(lives[key], h.life())
		}
	}
	for key, list := range lives {
		t.apart("unique", "one may live of "+key, list)
	}
}

// clocks judges schedules: each time of each starts one instance, not before it
// has come, and none is left out without a reason.
func (t *trial) clocks() {
	for _, c := range t.Clocks {
		s, found := t.schedule(c)
		if !found {
			t.find("document", "", "", "no document has schedule %d of %s", c.Index, c.Definition)
			continue
		}
		lives := t.startedBy(c)
		for i, l := range lives {
			t.judged("scheduled starts")
			if i > 0 && l.slot.Equal(lives[i-1].slot) {
				t.find("schedules", l.id, "", "%s was started for %s twice, as %s too", c.Definition, l.slot, lives[i-1].id)
			}
			if !s.strikes(l.slot) || l.at.Before(l.slot.Add(-drift)) {
				t.find("schedules", l.id, "", "%s was started at %s for %s; its clock is %q", c.Definition, l.at, l.slot, s.Cron)
			}
		}
		t.owed(c, s, lives)
		if s.Overlap != "allow" {
			t.apart("overlap "+s.Overlap, fmt.Sprintf("schedule %d of %s starts one at a time", c.Index, c.Definition), lives)
		}
	}
}

// schedule finds a clock in the documents.
func (t *trial) schedule(c Clock) (schedule, bool) {
	for _, d := range t.defs {
		if d.Name == c.Definition && c.Index < len(d.Schedules) {
			return d.Schedules[c.Index], true
		}
	}
	return schedule{}, false
}

// startedBy gives what a clock has started, the earliest time first. Such an
// instance has the time in its correlation id.
func (t *trial) startedBy(c Clock) []life {
	var lives []life
	for _, h := range t.histories {
		text, ours := strings.CutPrefix(h.row.Correlation, fmt.Sprintf("%s/%d/", c.Definition, c.Index))
		slot, err := time.Parse(time.RFC3339, text)
		if !ours || err != nil || len(h.events) == 0 {
			continue
		}
		l := h.life()
		l.slot = slot
		lives = append(lives, l)
	}
	slices.SortFunc(lives, func(a, b life) int { return a.slot.Compare(b.slot) })
	return lives
}

// every gives the minutes between two times of a clock: those of `* * * * *` and
// `*/n * * * *`, others are not judged.
func (s schedule) every() int {
	minutes, rest, _ := strings.Cut(s.Cron, " ")
	n, err := strconv.Atoi(strings.TrimPrefix(minutes, "*/"))
	switch {
	case rest != "* * * *":
		return 0
	case minutes == "*":
		return 1
	case err != nil:
		return 0
	}
	return n
}

func (s schedule) strikes(at time.Time) bool {
	n := s.every()
	return n == 0 || at.Truncate(time.Minute).Equal(at) && at.UTC().Minute()%n == 0
}

// onTime is how late a time is still on time, and slack what a process takes to
// come up.
const (
	onTime = time.Minute
	slack  = 20 * time.Second
)

// owed judges that every time of a clock has started an instance, unless the one
// before stood in its way, or nobody ran and it need not be made up for.
func (t *trial) owed(c Clock, s schedule, lives []life) {
	if s.every() == 0 {
		return
	}
	made := s.madeUp()
	for at := c.From.Truncate(time.Minute); at.Before(c.To); at = at.Add(time.Minute) {
		if at.Before(c.From) || !s.strikes(at) {
			continue
		}
		t.judged("times owed")
		started := slices.ContainsFunc(lives, func(l life) bool { return l.slot.Equal(at) })
		if started || c.missed(at) && made < 100 || s.Overlap != "allow" && t.inTheWay(at, lives) {
			continue
		}
		t.find("schedules", "", "", "schedule %d of %s owes an instance for %s", c.Index, c.Definition, at)
	}
	for _, d := range c.Downs {
		n := 0
		for _, l := range lives {
			if !l.slot.Before(d.From) && l.slot.Before(d.To.Add(-onTime)) {
				n++
			}
		}
		t.judged("times made up")
		if n > made {
			t.find("schedules", "", "", "schedule %d of %s made up %d of the times from %s to %s; it makes up %d", c.Index, c.Definition, n, d.From, d.To, made)
		}
	}
}

// madeUp is how many missed times are made up for.
func (s schedule) madeUp() int {
	switch v := s.CatchUp.(type) {
	case bool:
		if v {
			return 1
		}
	case float64:
		return int(v)
	}
	return 0
}

// missed tells whether a time may have passed while nobody ran.
func (c Clock) missed(at time.Time) bool {
	return slices.ContainsFunc(c.Downs, func(d Down) bool {
		return !at.Before(d.From.Add(-slack)) && at.Before(d.To.Add(slack-onTime))
	}) || slices.ContainsFunc(c.Rough, func(d Down) bool { return !at.Before(d.From.Add(-onTime)) && at.Before(d.To) })
}

// inTheWay tells whether the instance that a clock had started before a time
// lived on when that came, or began later.
func (t *trial) inTheWay(at time.Time, lives []life) bool {
	before := -1
	for i, l := range lives {
		if l.slot.Before(at) {
			before = i
		}
	}
	if before < 0 {
		return false
	}
	h := t.byID[lives[before].id]
	last := h.last("workflow.completed", "workflow.canceled")
	return last < 0 || !h.at(last).Before(at.Add(-drift))
}
