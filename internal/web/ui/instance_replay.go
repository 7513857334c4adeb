package ui

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// replayAround is how many entries a replay shows before and after the one.
const replayAround = 5

// replay shows an instance as it was after one entry of its history: the one
// whose number the address gives, or the last one not after a time.
func (u *UI) replay(w http.ResponseWriter, r *http.Request, id uuid.UUID) error {
	read, err := u.readForReplay(r, id)
	if err != nil {
		return err
	}
	p, frame := u.mendFrame(r, read.in, read.def, "", "replay.title")
	p.Title = read.def.Title + " " + shortID(id) + ": " + p.T("replay.title")
	p.Current = instancePath(id) + "?at=" + r.URL.Query().Get("at")
	events, err := engine.FirstEvents(r.Context(), u.Read, actor(r), id, func(workflow.Event) bool { return true })
	if err != nil {
		return err
	}
	i := entryAt(events, r.URL.Query().Get("at"))
	if i < 0 && len(events) == engine.MaxReplayed {
		return workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T("replay.too_far", p.Count(engine.MaxReplayed)))
	}
	if i < 0 {
		return workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T("replay.bad_at"))
	}
	then, steps := workflow.Replay(events[:i+1])
	then.Definition = read.in.Definition
	was := instanceRead{in: then, def: read.def, executions: steps, names: read.names}
	view := views.ReplayView{
		MendFrame: frame, State: string(then.Status), Graph: was.graph(p),
		Position: p.T("replay.position", p.Count(i+1), p.Count(len(events))+plus(len(events) == engine.MaxReplayed), p.Moment(events[i].At).Exact),
	}
	view.Graph.Live = true
	at := func(k int) string {
		if k < 0 || k >= len(events) || k == i {
			return ""
		}
		return p.Href(replayPath(id, events[k]))
	}
	view.First, view.Previous, view.Next, view.Last = at(0), at(i-1), at(i+1), at(len(events)-1)
	words := teller{p: p, def: read.def, names: read.names}
	for k := max(0, i-replayAround); k < min(len(events), i+replayAround+1); k++ {
		line := words.tell(events[k])
		line.Href, line.Here = at(k), k == i
		view.Around = append(view.Around, line)
	}
	view.Event = words.tell(events[i])
	return render(w, r, http.StatusOK, views.ReplayPage(p, view))
}

func replayPath(id uuid.UUID, e workflow.Event) string {
	return instancePath(id) + "?at=" + strconv.FormatInt(e.Seq, 10)
}

// readForReplay reads the instance and its definition alone.
func (u *UI) readForReplay(r *http.Request, id uuid.UUID) (read instanceRead, err error) {
	read.names = u.naming(r)
	if read.in, err = u.Read.Instance(r.Context(), actor(r), id); err != nil {
		return read, err
	}
	read.def, err = u.Engine.Definition(r.Context(), actor(r), read.in.Definition.Name, read.in.Definition.Version)
	return read, err
}

// entryAt finds the entry of a number, or the last one not after a time; -1 when
// there is none, or when it may come after as many as are read.
func entryAt(events []workflow.Event, at string) int {
	if seq, err := strconv.ParseInt(at, 10, 64); err == nil {
		return slices.IndexFunc(events, func(e workflow.Event) bool { return e.Seq == seq })
	}
	moment, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return -1
	}
	for i, e := range slices.Backward(events) {
		if !e.At.After(moment) {
			if i == engine.MaxReplayed-1 {
				return -1
			}
			return i
		}
	}
	return -1
}

// historyKinds are the kinds of entries that the page filters by.
var historyKinds = []string{"workflow", "step", "task", "data", "instance", "hook", "message"}

// showHistory is the page of the whole history.
func (u *UI) showHistory(w http.ResponseWriter, r *http.Request) error {
	id, err := instanceID(r)
	if err != nil {
		return err
	}
	read, err := u.readForReplay(r, id)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	p, frame := u.mendFrame(r, read.in, read.def, "history", "instance.history")
	p.Title = read.def.Title + " " + shortID(id) + ": " + p.T("instance.history")
	f := engine.HistoryFilter{Families: given(query["kind"]), Steps: given(query["step"]), Actors: given(query["who"])}
	for _, kind := range f.Families {
		if !slices.Contains(historyKinds, kind) {
			return workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T("history.bad_kind"))
		}
	}
	found, err := u.Read.History(r.Context(), actor(r), id, f, engine.Paging{Cursor: query.Get("cursor")})
	if err != nil {
		return err
	}
	view := views.HistoryPageView{MendFrame: frame, Who: strings.Join(f.Actors, " "), Pager: pagerOf(p, found, instancePath(id)+"/history", query)}
	for _, kind := range historyKinds {
		view.Kinds = append(view.Kinds, views.FilterChoice{Value: kind, Label: p.T("history.kind." + kind), Chosen: slices.Contains(f.Families, kind)})
	}
	for _, s := range read.def.AllSteps() {
		view.Steps = append(view.Steps, views.FilterChoice{Value: s.Name, Label: stepLabel(read.def, s.Name), Chosen: slices.Contains(f.Steps, s.Name)})
	}
	words := teller{p: p, def: read.def, names: read.names}
	for _, e := range found.Items {
		line := words.tell(e)
		line.Href = p.Href(replayPath(id, e))
		view.Lines = append(view.Lines, line)
	}
	return render(w, r, http.StatusOK, views.HistoryPage(p, view))
}
