package ui

import (
	"math"
	"time"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// hourChart shows what was completed in the last hours, in UTC.
func hourChart(p views.Page, hours []engine.HourStats) views.BarChart {
	c := views.BarChart{ID: "dashboard-hours", Title: p.T("dashboard.hours"), Head: p.T("dashboard.hour")}
	counts := make([]int, len(hours))
	for i, h := range hours {
		counts[i] = h.Completed
		next := h.Hour.Add(time.Hour)
		name := h.Hour.Format(p.T("dashboard.hour_form")) + "–" + next.Format("15:04")
		bar := views.Bar{Name: name, Count: completedLink(p, h.Completed, name, h.Hour.Format(time.RFC3339), next.Format(time.RFC3339))}
		if h.Hour.Hour()%6 == 0 {
			bar.Label = h.Hour.Format("15:04")
		}
		c.Bars = append(c.Bars, bar)
	}
	if len(hours) > 0 {
		last := hours[len(hours)-1].Hour.Add(time.Hour)
		c.Total = completedLink(p, sum(counts), c.Title, hours[0].Hour.Format(time.RFC3339), last.Format(time.RFC3339))
	}
	place(c.Bars, counts, false)
	return c
}

// dayChart shows what was completed in the last days, which are those of UTC.
func dayChart(p views.Page, days []engine.DayStats) views.BarChart {
	c := views.BarChart{ID: "dashboard-days-chart", Title: p.T("dashboard.days"), Head: p.T("dashboard.day")}
	counts := make([]int, len(days))
	for i, d := range days {
		counts[i] = d.Completed
		day := d.Day.Format(time.DateOnly)
		label := d.Day.Format(p.T("dashboard.day_form"))
		c.Bars = append(c.Bars, views.Bar{Name: label, Label: label, Count: completedLink(p, d.Completed, day, day, day)})
	}
	if len(days) > 0 {
		c.Total = completedLink(p, sum(counts), c.Title, days[0].Day.Format(time.DateOnly), days[len(days)-1].Day.Format(time.DateOnly))
	}
	place(c.Bars, counts, true)
	return c
}

// completedLink leads to what was completed between two times or days.
func completedLink(p views.Page, n int, label, since, before string) views.CountLink {
	return countLink(p, n, label+": "+p.StateWord("completed"), "status", "completed", "completed_since", since, "completed_before", before)
}

func sum(counts []int) int {
	all := 0
	for _, n := range counts {
		all += n
	}
	return all
}

// place gives bars their measures; the highest has the chart's height. Where
// there is no room for all numbers only the first of the highest has its own.
func place(bars []views.Bar, counts []int, all bool) {
	const base, height, share = 85.0, 68.0, 0.6 // per cent of the chart, and of a bar's place
	most, first := 0, -1
	for i, n := range counts {
		if n > most {
			most, first = n, i
		}
	}
	room := 100 / float64(max(len(bars), 1))
	for i := range bars {
		tall := height * float64(counts[i]) / float64(max(most, 1))
		left := room * float64(i)
		b := &bars[i]
		b.Left, b.Place = percent(left), percent(room)
		b.X, b.Width, b.Middle = percent(left+room*(1-share)/2), percent(room*share), percent(left+room/2)
		b.Y, b.Height = percent(base-tall), percent(tall)
		b.Shown = all || i == first
	}
}

// tickTimes are where a scale of durations may have marks, with what they are
// called.
var tickTimes = []struct {
	at  time.Duration
	key string
	n   int
}{
	{time.Millisecond, "duration.milliseconds", 1}, {10 * time.Millisecond, "duration.milliseconds", 10}, {100 * time.Millisecond, "duration.milliseconds", 100},
	{time.Second, "time.seconds", 1}, {10 * time.Second, "time.seconds", 10},
	{time.Minute, "time.minutes", 1}, {10 * time.Minute, "time.minutes", 10},
	{time.Hour, "time.hours", 1}, {6 * time.Hour, "time.hours", 6},
	{24 * time.Hour, "time.days", 1}, {10 * 24 * time.Hour, "time.days", 10}, {100 * 24 * time.Hour, "time.days", 100}, {1000 * 24 * time.Hour, "time.days", 1000},
}

// spanScale is a logarithmic scale between two marks.
type spanScale struct{ from, to int } // indexes into tickTimes

// spanScaleOf takes the marks around the shortest and the longest time.
func spanScaleOf(shortest, longest time.Duration) spanScale {
	s := spanScale{0, len(tickTimes) - 1}
	for s.from < s.to-1 && tickTimes[s.from+1].at <= shortest {
		s.from++
	}
	for s.to > s.from+1 && tickTimes[s.to-1].at >= longest {
		s.to--
	}
	return s
}

// at is where a duration stands, in per cent. Ends leave room for what stands
// around them.
func (s spanScale) at(d time.Duration) string {
	const edge = 6.0
	low, high := math.Log(float64(tickTimes[s.from].at)), math.Log(float64(tickTimes[s.to].at))
	part := (math.Log(float64(max(d, 1))) - low) / (high - low)
	return percent(edge + (100-2*edge)*min(max(part, 0), 1))
}

func (s spanScale) ticks(p views.Page) []views.Tick {
	var list []views.Tick
	for _, t := range tickTimes[s.from : s.to+1] {
		label := p.T(t.key, t.n)
		if t.key == "time.days" {
			label = p.N(t.key, t.n)
		}
		list = append(list, views.Tick{At: s.at(t.at), Label: label})
	}
	return list
}

// maxSpans bounds the chart of durations.
const maxSpans = 10

// spanChart shows how long instances of definitions took, the slowest first.
func spanChart(rows []tookRow, p views.Page) views.SpanChart {
	if len(rows) == 0 {
		return views.SpanChart{}
	}
	shortest, longest := rows[0].p50, rows[0].p95
	for _, r := range rows {
		shortest, longest = min(shortest, r.p50), max(longest, r.p95)
	}
	scale := spanScaleOf(shortest, longest)
	c := views.SpanChart{Ticks: scale.ticks(p)}
	for _, r := range rows {
		c.Rows = append(c.Rows, views.Span{
			Title: r.title, Href: r.href, From: scale.at(r.p50), To: scale.at(r.p95), Text: p.Duration(r.p50) + " · " + p.Duration(r.p95),
		})
	}
	return c
}

// tookRow is how long the instances of a definition took.
type tookRow struct {
	title, href string
	p50, p95    time.Duration
}

// unended counts the instances of a definition that have not ended.
func unended(d engine.DefinitionStats) int {
	n := 0
	for _, status := range []workflow.Status{workflow.StatusPending, workflow.StatusRunning, workflow.StatusWaiting, workflow.StatusPaused, workflow.StatusFailed} {
		n += d.ByStatus[status]
	}
	return n
}
