package ui

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/web/guard"
)

func (u *UI) systemRoutes() []Route {
	return []Route{{Method: http.MethodGet, Pattern: "/admin/system", Guard: guard.Admins, Handle: u.system}}
}

// silence is how long a process may be quiet before it counts as silent.
const silence = 30 * time.Second

func (u *UI) system(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "system.title")
	s, err := u.Read.System(r.Context(), actor(r).Tenant)
	if err != nil {
		return err
	}
	view := views.SystemView{Facts: systemFacts(p, s)}
	for _, row := range s.Processes {
		one := views.SystemProcess{
			Name: row.Name, Kind: row.Kind, Version: row.Version, Queues: strings.Join(row.Queues, ", "), Leases: p.Count(row.Leases),
			Started: p.Moment(row.StartedAt), Seen: p.Moment(row.SeenAt), State: "running",
		}
		if p.Now.Sub(row.SeenAt) > silence {
			one.State = "failed"
		}
		view.Processes = append(view.Processes, one)
	}
	for _, q := range s.Queues {
		view.Waiting = append(view.Waiting, queueRow(p, q))
	}
	for _, t := range s.Topics {
		view.Waiting = append(view.Waiting, topicRow(p, t))
	}
	for _, j := range s.Jobs {
		view.Jobs = append(view.Jobs, views.SystemCount{Label: j.Queue, Note: j.State, Count: p.Count(j.Jobs)})
	}
	for _, d := range s.Dead {
		one := views.SystemCount{Label: d.URL, Count: p.Count(d.Deliveries)}
		if d.Disabled {
			one.Note = p.T("system.disabled")
		}
		view.Dead = append(view.Dead, one)
	}
	if s.Database != nil {
		for _, t := range s.Database.Tables {
			view.Tables = append(view.Tables, tableRow(p, t))
		}
	}
	return render(w, r, http.StatusOK, views.SystemPage(p, view))
}

func tableRow(p views.Page, t engine.TableSize) views.SystemTable {
	row := views.SystemTable{Name: t.Name, Size: sizeWords(p, t.Bytes), Rows: "–"}
	if t.Rows >= 0 {
		row.Rows = p.Count(int(t.Rows))
	}
	return row
}

// systemFacts are the figures at the top, each marked when something is wrong.
func systemFacts(p views.Page, s engine.System) []views.SystemFact {
	fact := func(key, value string, wrong bool) views.SystemFact {
		f := views.SystemFact{Label: p.T("system." + key), Value: value}
		if wrong {
			f.State = "failed"
		}
		return f
	}
	alive := 0
	for _, row := range s.Processes {
		if p.Now.Sub(row.SeenAt) <= silence {
			alive++
		}
	}
	late := p.Count(s.DueLate)
	if s.DueOldest != nil {
		late = p.T("system.late_since", late, p.Moment(*s.DueOldest).Relative)
	}
	sealed := p.T("system.no_seal")
	if s.Sealed != nil {
		sealed = p.T("system.seal", p.Count(int(s.Seals)), p.Moment(*s.Sealed).Relative)
	}
	database := p.T("system.no_database")
	if d := s.Database; d != nil {
		database = p.T("system.postgres", d.Version, strconv.FormatInt(d.Schema, 10), sizeWords(p, d.Bytes))
	}
	facts := []views.SystemFact{
		fact("alive", p.Count(alive), alive == 0),
		fact("lost", p.Count(s.Lost), s.Lost > 0),
		fact("late", late, s.DueLate > 0),
		fact("pending", p.Count(s.Pending), false),
		fact("sealed", sealed, false),
		fact("database", database, false),
	}
	if s.Database != nil {
		wall := string(cmp.Or(s.Database.Wall, "none"))
		facts = append(facts, fact("wall", p.T("system.wall."+wall), false))
	}
	return facts
}

func queueRow(p views.Page, q engine.QueueState) views.SystemWaiting {
	row := views.SystemWaiting{What: p.T("system.queue", q.Queue), Count: p.Count(q.Steps), Who: p.N("system.served", q.Served)}
	if q.Queue == "" {
		row.What = p.T("system.own_queue")
	}
	if q.Served == 0 {
		row.Who, row.State = p.T("system.nobody"), "failed"
	}
	return row
}

func topicRow(p views.Page, t engine.TopicState) views.SystemWaiting {
	row := views.SystemWaiting{What: p.T("system.topic", t.Topic), Count: p.Count(t.Jobs), Since: p.Moment(t.Oldest), State: "failed"}
	switch {
	case t.Fetched == nil:
		row.Who = p.T("system.never")
	case p.Now.Sub(*t.Fetched) > engine.TopicSilence:
		row.Who = p.T("system.gone", p.Moment(*t.Fetched).Relative)
	default:
		row.Who, row.State = p.T("system.asked", p.Moment(*t.Fetched).Relative), ""
	}
	return row
}

// sizeWords says how many bytes something has.
func sizeWords(p views.Page, bytes int64) string {
	const kilo = 1000
	if bytes < kilo*kilo {
		return p.T("system.bytes", p.Count(int((bytes+kilo-1)/kilo)))
	}
	return p.T("system.megabytes", p.Count(int(bytes/kilo/kilo)))
}
