package ui

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// Limits of a timeline.
const (
	timelineShort = 30 // rows on the instance's page
	timelineRows  = 100
	maxBars       = 60 // of one row
)

// span is a stretch of time that a timeline shows.
type span struct{ from, to time.Time }

func (s span) length() time.Duration { return s.to.Sub(s.from) }

// at gives where a time lies, in per cent, at most at an end.
func (s span) at(t time.Time) float64 {
	if s.length() <= 0 {
		return 0
	}
	return min(max(100*float64(t.Sub(s.from))/float64(s.length()), 0), 100)
}

// wholeSpan is the time of an instance: to its end, or a while beyond now, so
// that a live page changes its scale seldom.
func wholeSpan(p views.Page, in workflow.Instance) span {
	from := in.CreatedAt
	if in.StartedAt != nil {
		from = *in.StartedAt
	}
	if in.CompletedAt != nil {
		return span{from, latest(*in.CompletedAt, from.Add(time.Millisecond))}
	}
	length := 10 * time.Second
	for length < p.Now.Sub(from) {
		length = length * 3 / 2
	}
	return span{from, from.Add(length)}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// spanOf reads the stretch that the address asks for; the whole when it asks for
// none.
func spanOf(p views.Page, query url.Values, whole span) (span, error) {
	if query.Get("from") == "" && query.Get("to") == "" {
		return whole, nil
	}
	from, err := strconv.ParseInt(query.Get("from"), 10, 64)
	to, err2 := strconv.ParseInt(query.Get("to"), 10, 64)
	s := span{time.UnixMicro(from), time.UnixMicro(to)}
	if err != nil || err2 != nil || !s.to.After(s.from) || s.length() > 100*365*24*time.Hour {
		return s, workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T("timeline.bad_span"))
	}
	return s, nil
}

// bars lays out rows.
type bars struct {
	p    views.Page
	read instanceRead
	span span
	end  time.Time // of what goes on
}

// timeline lays out the newest steps for the instance's page.
func (read instanceRead) timeline(p views.Page) views.TimelineView {
	whole := wholeSpan(p, read.in)
	b := bars{p, read, whole, whole.to}
	v := views.TimelineView{From: p.Moment(whole.from), To: p.Moment(whole.to), Ticks: b.ticks(), FullHref: p.Href(instancePath(read.in.ID) + "/timeline")}
	rows := slices.DeleteFunc(slices.Clone(read.shownSteps()), func(e workflow.Execution) bool { return e.Role == workflow.EachItem })
	for _, e := range rows[max(0, len(rows)-timelineShort):] {
		v.Rows = append(v.Rows, b.row(e))
	}
	total := p.Count(len(rows))
	if !read.total.all() {
		total = read.total.words(p)
	}
	if len(rows) > timelineShort {
		v.Note = p.T("timeline.rows_of", p.Count(timelineShort), total)
	}
	return v
}

// tickSteps are the distances of lines in a timeline, which people read at once.
var tickSteps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 2 * 24 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour, 365 * 24 * time.Hour,
}

// maxTicks bounds the lines of a timeline; their labels have room on a phone.
const maxTicks = 4

// ticks are lines at round times since the instance's beginning.
func (b bars) ticks() []views.TimelineTick {
	begin := wholeSpan(b.p, b.read.in).from
	step := tickSteps[len(tickSteps)-1]
	for _, s := range tickSteps {
		if b.span.length() < maxTicks*s {
			step = s
			break
		}
	}
	for b.span.length() >= maxTicks*step {
		step *= 2
	}
	var list []views.TimelineTick
	for at := begin.Add((b.span.from.Sub(begin) + step - 1).Truncate(step)); at.Before(b.span.to); at = at.Add(step) {
		x := b.span.at(at)
		list = append(list, views.TimelineTick{At: percent(x), Label: b.since(at), End: x > 80})
	}
	return list
}

// since says how long after the instance's beginning a time is.
func (b bars) since(at time.Time) string {
	d := at.Sub(wholeSpan(b.p, b.read.in).from)
	if d <= 0 {
		return "0"
	}
	return "+" + b.p.Duration(d)
}

func percent(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) + "%" }

func (b bars) row(e workflow.Execution) views.TimelineRow {
	row := views.TimelineRow{ID: e.ID.String(), Label: stepLabel(b.read.def, e.Step), State: b.read.stateOf(e)}
	if e.Role == workflow.EachItem {
		row.Label = itemLabel(b.p, row.Label, true, e.Index)
	}
	var notes []string
	if e.Visit > 1 {
		notes = append(notes, b.p.T("timeline.visit", b.p.Count(e.Visit)))
	}
	if e.Attempt > 1 {
		notes = append(notes, b.p.T("timeline.attempts", e.Attempt))
	}
	if e.Role == workflow.EachHolder {
		row.ItemHref = b.p.Href(instancePath(e.InstanceID) + "/timeline?list=" + e.ID.String())
		row.Items = b.p.T("timeline.items", b.p.Count(b.read.itemTotal(e)))
		if words := b.read.itemWords(b.p, e.ID); words != "" {
			notes = append(notes, words)
		}
	}
	row.Note = join(notes, " · ")
	parts := stretches(e, b.end)
	row.Worked, row.Waited = b.lasted(parts, e.CompletedAt == nil)
	// What is tried is drawn over the waiting around it, however short it was.
	slices.SortStableFunc(parts, func(s, other stretch) int { return cmp.Compare(s.layer(), other.layer()) })
	for _, s := range parts {
		if s.to.Before(b.span.from) || s.from.After(b.span.to) || len(row.Bars) == maxBars {
			continue
		}
		row.Bars = append(row.Bars, b.bar(row.State, s))
	}
	return row
}

// lasted says how long a visit worked and waited, "" for not at all. What its
// last part does still grows while it lives.
func (b bars) lasted(parts []stretch, lives bool) (worked, waited string) {
	var work, wait time.Duration
	for _, s := range parts {
		took := min(s.to.Sub(s.from), latest(b.p.Now, s.from).Sub(s.from))
		switch {
		case s.works():
			work += took
		case s.kind == "wait":
			wait += took
		}
	}
	grows := func(works bool) bool { return lives && parts[len(parts)-1].works() == works }
	say := func(d time.Duration, grows bool) string {
		switch {
		case d <= 0:
			return ""
		case grows:
			return b.p.Lasting(d)
		}
		return b.p.Duration(d)
	}
	return say(work, grows(true)), say(wait, grows(false))
}

// leastBar is how wide a bar is at least, in per cent, so that it can be seen.
const leastBar = 0.3

func (b bars) bar(state string, s stretch) views.TimelineBar {
	x, end := b.span.at(s.from), b.span.at(s.to)
	width := max(end-x, leastBar)
	x = min(x, 100-width)
	word := map[string]string{"work": "timeline.work", "failed": "timeline.failed", "wait": "timeline.wait", "around": "timeline.work"}[s.kind]
	return views.TimelineBar{
		X: percent(x), Width: percent(width), Kind: s.kind, State: state,
		Title: b.p.T("timeline.bar", b.p.T(word), b.p.Duration(s.to.Sub(s.from)), b.since(s.from)),
	}
}

// stretch is a part of a visit.
type stretch struct {
	from, to time.Time
	kind     string // work, failed, wait, around
}

func (s stretch) works() bool { return s.kind == "work" || s.kind == "failed" }

// layer is the order in which parts are drawn.
func (s stretch) layer() int {
	if s.works() {
		return 1
	}
	return 0
}

// stretches tells the parts of a visit apart: of a machine step each attempt,
// and the waiting before and between them; people, timers, calls from outside
// and joins are waited for. What goes on lasts until end.
func stretches(e workflow.Execution, end time.Time) []stretch {
	over := end
	if e.CompletedAt != nil {
		over = *e.CompletedAt
	}
	switch {
	case e.Type == workflow.StepGroup, e.Role == workflow.EachHolder:
		return []stretch{{e.CreatedAt, over, "around"}}
	case e.Type == workflow.StepGateway && e.StartedAt != nil:
		list := []stretch{{*e.StartedAt, latest(over, *e.StartedAt), "work"}}
		if e.StartedAt.After(e.CreatedAt) {
			list = append([]stretch{{e.CreatedAt, *e.StartedAt, "wait"}}, list...)
		}
		return list
	case e.Type != workflow.StepMachine:
		return []stretch{{e.CreatedAt, over, "wait"}}
	}
	var list []stretch
	at := e.CreatedAt
	add := func(from, to time.Time, kind string) {
		if from.After(at) {
			list = append(list, stretch{at, from, "wait"})
		}
		list = append(list, stretch{from, to, kind})
		at = to
	}
	for _, a := range e.Attempts {
		from := at
		if a.StartedAt != nil {
			from = latest(*a.StartedAt, at)
		}
		add(from, latest(a.EndedAt, from), "failed")
	}
	last := len(e.Attempts) > 0 && e.Attempts[len(e.Attempts)-1].Attempt >= e.Attempt
	switch {
	case last || e.StartedAt == nil:
	case e.Status == workflow.StepFailed:
		add(latest(*e.StartedAt, at), latest(over, at), "failed")
	default:
		add(latest(*e.StartedAt, at), latest(over, at), "work")
	}
	if e.Live && e.CompletedAt == nil && end.After(at) {
		list = append(list, stretch{at, end, "wait"})
	}
	return list
}

func join(words []string, between string) string {
	text := ""
	for i, w := range words {
		if i > 0 {
			text += between
		}
		text += w
	}
	return text
}

// showTimeline is the page of all rows, with zoom by links.
func (u *UI) showTimeline(w http.ResponseWriter, r *http.Request) error {
	id, err := instanceID(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	read, found, holder, err := u.readTimeline(r, id)
	if err != nil {
		return err
	}
	p, frame := u.mendFrame(r, read.in, read.def, "timeline", "timeline.title")
	p.Current = instancePath(id) + "/timeline?" + query.Encode()
	p.Title = read.def.Title + " " + shortID(id) + ": " + p.T("timeline.title")
	whole := wholeSpan(p, read.in)
	shown, err := spanOf(p, query, whole)
	if err != nil {
		return err
	}
	b := bars{p, read, shown, whole.to}
	view := views.TimelinePageView{MendFrame: frame, Timeline: views.TimelineView{
		From: p.Moment(shown.from), To: p.Moment(shown.to), Ticks: b.ticks(), Zoom: zoomLinks(p, query, instancePath(id)+"/timeline", shown, whole),
	}}
	if holder != nil {
		view.List, view.ListHref = stepLabel(read.def, holder.Step), p.Href(instancePath(id)+"/timeline")
	}
	for _, e := range found.Items {
		view.Timeline.Rows = append(view.Timeline.Rows, b.row(e))
	}
	view.Timeline.Pager = offsetPager(p, found.Total, found.TotalIsCapped, len(found.Items), skipOf(query), instancePath(id)+"/timeline", query)
	view.Jump = rowJump(p, found.Total, query, instancePath(id)+"/timeline")
	return render(w, r, http.StatusOK, views.TimelinePage(p, view))
}

// rowJump leads to any row of a timeline that one page does not hold.
func rowJump(p views.Page, total int, query url.Values, path string) *views.RowJump {
	if total <= timelineRows {
		return nil
	}
	kept := url.Values{}
	for _, key := range []string{"list", "from", "to"} {
		if values := query[key]; len(values) > 0 {
			kept[key] = values[:1]
		}
	}
	return &views.RowJump{Action: p.Href(path), Hidden: hiddenOf(kept), Value: strconv.Itoa(skipOf(query)), Most: strconv.Itoa(min(total-1, engine.MaxOffset))}
}

// readTimeline reads the rows of the page: the steps, or the items of the list
// that the address names.
func (u *UI) readTimeline(r *http.Request, id uuid.UUID) (read instanceRead, found engine.Page[workflow.Execution], holder *workflow.Execution, err error) {
	ctx, a := r.Context(), actor(r)
	if read.in, err = u.Read.Instance(ctx, a, id); err != nil {
		return read, found, nil, err
	}
	if read.def, err = u.Engine.Definition(ctx, a, read.in.Definition.Name, read.in.Definition.Version); err != nil {
		return read, found, nil, err
	}
	list, _ := uuid.Parse(cmp.Or(r.URL.Query().Get("list"), uuid.Nil.String())) // what is no id is no list
	found, err = u.Read.StepPage(ctx, a, id, list, engine.Paging{Limit: timelineRows, Offset: skipOf(r.URL.Query())})
	if err != nil {
		return read, found, nil, err
	}
	if read.counts, err = u.Read.ItemCounts(ctx, a, id); err != nil || list == uuid.Nil {
		return read, found, nil, err
	}
	steps, err := u.Read.Steps(ctx, a, id, maxExecutions)
	if i := slices.IndexFunc(steps, func(e workflow.Execution) bool { return e.ID == list }); i >= 0 {
		holder = &steps[i]
	}
	return read, found, holder, err
}

// skipOf reads how many rows the address leaves out.
func skipOf(query url.Values) int { return historySkip(query) }

// offsetPager leads through a list that is paged by a number of rows.
func offsetPager(p views.Page, total int, capped bool, shown, skipped int, path string, query url.Values) views.Pager {
	pager := views.Pager{Shown: skipped + shown, Total: p.Count(total)}
	if capped {
		pager.Total += "+"
	}
	at := func(skip int) string {
		next := url.Values{}
		for key, values := range query {
			next[key] = values
		}
		next.Del("skip")
		if skip > 0 {
			next.Set("skip", strconv.Itoa(skip))
		}
		return p.Href(path + "?" + next.Encode())
	}
	if skipped > 0 {
		pager.First = at(0)
	}
	if skipped+shown < total && skipped+shown <= engine.MaxOffset && shown > 0 {
		pager.Next = at(skipped + shown)
	}
	return pager
}

// zoomLinks lead to other stretches of time.
func zoomLinks(p views.Page, query url.Values, path string, s, whole span) []views.ZoomLink {
	to := func(label, icon string, other span) views.ZoomLink {
		link := views.ZoomLink{Label: p.T("timeline." + label), Icon: icon}
		if other.from.Before(whole.from) {
			other = span{whole.from, whole.from.Add(other.length())}
		}
		if other.to.After(whole.to) {
			other = span{latest(whole.from, whole.to.Add(-other.length())), whole.to}
		}
		if other.length() < time.Millisecond || other == s {
			return link
		}
		next := url.Values{}
		for key, values := range query {
			next[key] = values
		}
		next.Del("from")
		next.Del("to")
		if other != whole {
			next.Set("from", fmt.Sprint(other.from.UnixMicro()))
			next.Set("to", fmt.Sprint(other.to.UnixMicro()))
		}
		link.Href = p.Href(path + "?" + next.Encode())
		return link
	}
	half := s.length() / 2
	return []views.ZoomLink{
		to("in", "zoom-in", span{s.from.Add(half / 2), s.to.Add(-half / 2)}),
		to("out", "zoom-out", span{s.from.Add(-half), s.to.Add(half)}),
		to("earlier", "chevron-left", span{s.from.Add(-half), s.to.Add(-half)}),
		to("later", "chevron-right", span{s.from.Add(half), s.to.Add(half)}),
		to("all", "maximize", whole),
	}
}
