package ui

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// Limits of a search over everything.
const (
	findMost  = 5   // of each kind
	findShort = 2   // characters, from which on tasks and instances are searched
	findLong  = 100 // characters that count
	findTime  = 700 * time.Millisecond
)

// findRoutes lists the search over everything: its page, and the list below the
// search field.
func (u *UI) findRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/find", Guard: guard.SignedIn, Handle: u.find},
		{Method: http.MethodGet, Pattern: "/find/list", Guard: guard.SignedIn, Handle: u.findList},
	}
}

func (u *UI) find(w http.ResponseWriter, r *http.Request) error {
	p := u.page(r, "", views.NavNone)
	p.Title = p.T("find.title")
	view, err := u.findView(r, p)
	if err != nil {
		return err
	}
	p.Query = view.Query
	return render(w, r, http.StatusOK, views.FindPage(p, view))
}

func (u *UI) findList(w http.ResponseWriter, r *http.Request) error {
	p := u.page(r, "", views.NavNone)
	view, err := u.findView(r, p)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.FindResults(p, view))
}

// findView searches what can be done here, pages, workflows to start, tasks,
// instances and definitions, in this order.
func (u *UI) findView(r *http.Request, p views.Page) (views.FindView, error) {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	if utf8.RuneCountInString(query) > findLong {
		query = string([]rune(query)[:findLong])
	}
	view := views.FindView{Query: query}
	add := func(key, more string, items []views.FindItem) {
		if len(items) > 0 {
			view.Groups = append(view.Groups, views.FindGroup{Title: p.T(key), Items: items, More: more})
		}
	}
	words := views.Words(query)
	add("find.here", "", u.findHere(r, p, words))
	add("find.places", "", p.FindPlaces(words))
	starts, definitions, err := u.findDefinitions(r, p, words)
	if err != nil {
		return view, err
	}
	add("find.starts", "", starts)
	if utf8.RuneCountInString(query) < findShort {
		return view, nil
	}
	ctx, stop := context.WithTimeout(r.Context(), findTime)
	defer stop()
	tasks, more, err := u.findTasks(ctx, r, p, query)
	if view.Slow = tooLong(err); err != nil && !view.Slow {
		return view, err
	}
	add("find.tasks", more, tasks)
	instances, more, err := u.findInstances(ctx, r, p, query)
	if slow := tooLong(err); err != nil && !slow {
		return view, err
	} else if slow {
		view.Slow = true
	}
	add("find.instances", more, instances)
	add("find.definitions", "", definitions)
	return view, nil
}

// tooLong reports whether a list could not be searched in time.
func tooLong(err error) bool {
	return errors.Is(err, engine.ErrTooBroad) || errors.Is(err, context.DeadlineExceeded)
}

// findHere gives the verbs of the instance whose page one is on.
func (u *UI) findHere(r *http.Request, p views.Page, words []string) []views.FindItem {
	path, ours := strings.CutPrefix(r.URL.Query().Get("on"), "/instances/")
	id, err := uuid.Parse(strings.SplitN(path, "?", 2)[0])
	if !ours || err != nil {
		return nil
	}
	in, err := u.Read.Instance(r.Context(), actor(r), id)
	if err != nil {
		return nil // the page has gone, or never was one's to see
	}
	def, err := u.Engine.Definition(r.Context(), actor(r), in.Definition.Name, in.Definition.Version)
	if err != nil {
		return nil
	}
	var found []views.FindItem
	for _, verb := range actionsOf(p, in, def, actor(r)) {
		if views.HasWords(verb.Label+" "+verb.Button, words) {
			found = append(found, views.FindItem{Label: verb.Button, Note: def.Title, Icon: verb.Icon, Href: p.Href(instancePath(id)) + "#" + verb.ID})
		}
	}
	return found
}

// findDefinitions gives the workflows that match: to start, and to look at.
func (u *UI) findDefinitions(r *http.Request, p views.Page, words []string) (starts, all []views.FindItem, err error) {
	found, err := u.Read.Definitions(r.Context(), actor(r), engine.DefinitionFilter{}, engine.Paging{Limit: engine.MaxLimit})
	if err != nil {
		return nil, nil, err
	}
	for _, d := range found.Items {
		start := p.T("find.start", d.Title)
		if !views.HasWords(start+" "+d.Name, words) {
			continue
		}
		if len(all) < findMost && views.HasWords(d.Title+" "+d.Name, words) {
			all = append(all, views.FindItem{Label: d.Title, Note: d.Version, Icon: "layers", Href: p.Href(definitionPath(d.Name))})
		}
		if len(starts) < findMost && u.mayStart(r, d.Ref) {
			starts = append(starts, views.FindItem{Label: start, Icon: "play", Href: p.Href(definitionPath(d.Name) + "/start")})
		}
	}
	return starts, all, nil
}

func (u *UI) mayStart(r *http.Request, ref workflow.Ref) bool {
	def, err := u.Engine.Definition(r.Context(), actor(r), ref.Name, ref.Version)
	return err == nil && def.MayStart(actor(r))
}

func (u *UI) findTasks(ctx context.Context, r *http.Request, p views.Page, query string) (items []views.FindItem, more string, err error) {
	filter := engine.TaskFilter{Statuses: []workflow.TaskStatus{workflow.TaskPending}, Query: query}
	found, err := u.Read.Tasks(ctx, actor(r), filter, engine.Paging{Limit: findMost, Most: findMost})
	for _, t := range found.Items {
		items = append(items, views.FindItem{Label: t.Title, Note: t.DefinitionTitle, Icon: "hand", Href: p.Href(taskPath(t.ID))})
	}
	return items, "", err
}

func (u *UI) findInstances(ctx context.Context, r *http.Request, p views.Page, query string) (items []views.FindItem, more string, err error) {
	found, err := u.Read.Instances(ctx, actor(r), engine.InstanceFilter{Query: query}, engine.Paging{Limit: findMost, Most: findMost})
	for _, in := range found.Items {
		note := p.StateWord(string(in.Status)) + " · " + shortID(in.ID)
		if in.CorrelationID != "" {
			note = in.CorrelationID + " · " + note
		}
		items = append(items, views.FindItem{Label: in.DefinitionTitle, Note: note, Icon: "workflow", Href: p.Href(instancePath(in.ID))})
	}
	if found.NextCursor != "" {
		more = p.Href("/instances?" + url.Values{"q": {query}}.Encode())
	}
	return items, more, err
}
