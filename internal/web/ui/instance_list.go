package ui

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

func (u *UI) instances(w http.ResponseWriter, r *http.Request) error {
	var choices []views.FilterChoice
	var beside errgroup.Group
	beside.Go(func() (err error) {
		choices, err = u.definitionChoices(r)
		return err
	})
	p, view, err := u.instanceListView(r)
	if err := cmp.Or(err, beside.Wait()); err != nil {
		return err
	}
	view.Filter.Definitions = choices
	if view.Views, err = u.savedViews(r, p); err != nil {
		return err
	}
	p.Notice = noticeOf(p, r)
	status := http.StatusOK
	if view.TooBroad {
		status = http.StatusUnprocessableEntity
	}
	return render(w, r, status, views.InstancesPage(p, view))
}

// shownKey names the rows of the page in the address that it follows.
const shownKey = "rows"

// instancesLive keeps the rows of the page as they are placed, each in its
// present state, and says how many have come since; nothing jumps.
func (u *UI) instancesLive(r *http.Request) (topic, error) {
	query := listQuery(r)
	shown, err := shownRows(query.Get(shownKey))
	if err != nil {
		return topic{}, err
	}
	if _, err := instanceFilter(u.failurePage(r), query); err != nil {
		return topic{}, err
	}
	return topic{regions: func(r *http.Request) ([]region, error) {
		p, list, err := u.readList(r)
		if err != nil {
			return nil, err
		}
		parts, err := u.shownLines(r, p, shown)
		return append(parts,
			region{views.InstanceNewsID, views.InstanceNews(p, list.news(p, shown))},
			region{inboxCountID, views.InboxCount(p)},
		), err
	}}, nil
}

// shownLines gives the shown rows as they are.
func (u *UI) shownLines(r *http.Request, p views.Page, shown []uuid.UUID) ([]region, error) {
	if len(shown) == 0 {
		return nil, nil
	}
	found, err := u.Read.Instances(r.Context(), actor(r), engine.InstanceFilter{IDs: shown, Now: p.Now}, engine.Paging{Limit: engine.MaxLimit, Most: engine.ShownTotal})
	if err != nil {
		return nil, err
	}
	lines, err := u.instanceRows(r, p, found.Items)
	parts := make([]region, 0, 3*len(lines)+2)
	for _, line := range lines {
		parts = append(parts,
			region{"i-" + line.ID, views.InstanceLine(p, line)}, region{"w-" + line.ID, views.InstanceDoing(line)},
			region{"f-" + line.ID, views.InstanceEnded(p, line)})
	}
	return parts, err
}

// shownText writes ids for an address, 16 bytes each; shownRows reads them.
func shownText[Row any](rows []Row, id func(Row) uuid.UUID) string {
	var raw []byte
	for _, row := range rows {
		one := id(row)
		raw = append(raw, one[:]...)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func shownRows(text string) ([]uuid.UUID, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw)%16 != 0 || len(raw) > 16*engine.DefaultLimit {
		return nil, workflow.Errorf(workflow.KindMalformed, "bad_filter", "The rows of this list cannot be read. Load the page again.")
	}
	var ids []uuid.UUID
	for id := range slices.Chunk(raw, 16) {
		ids = append(ids, uuid.UUID(id))
	}
	return ids, nil
}

// news says how many instances of the first page are not among those shown.
func (l instanceList) news(p views.Page, shown []uuid.UUID) views.ListNews {
	if l.query.Get("cursor") != "" || l.query.Get("sort") == "oldest" {
		return views.ListNews{}
	}
	n := 0
	for _, row := range l.found.Items {
		if !slices.Contains(shown, row.ID) {
			n++
		}
	}
	if n == 0 {
		return views.ListNews{}
	}
	return newsOf(p, n, n == len(l.found.Items) && l.found.NextCursor != "", "/instances?"+narrowing(l.query).Encode())
}

// instanceList is what the address asks for.
type instanceList struct {
	query  url.Values
	filter engine.InstanceFilter
	found  engine.Page[engine.InstanceRow]
	broad  bool // the search would take too long
}

// following is what the page follows: the filter, and the rows that are shown.
func (l instanceList) following() url.Values {
	query := narrowing(l.query)
	if cursor := l.query.Get("cursor"); cursor != "" {
		query.Set("cursor", cursor)
	}
	query.Set(shownKey, shownText(l.found.Items, func(row engine.InstanceRow) uuid.UUID { return row.ID }))
	return query
}

func (u *UI) readList(r *http.Request) (views.Page, instanceList, error) {
	p := u.page(r, "", views.NavInstances)
	p.Title = p.T("instance.list")
	l := instanceList{query: listQuery(r)}
	var err error
	if l.filter, err = instanceFilter(p, l.query); err != nil {
		return p, l, err
	}
	l.found, err = u.Read.Instances(r.Context(), actor(r), l.filter, engine.Paging{Cursor: l.query.Get("cursor"), Most: engine.ShownTotal})
	if l.broad = errors.Is(err, engine.ErrTooBroad); l.broad {
		err = nil
	}
	p.Query = l.filter.Query
	return p, l, err
}

// instanceListView lays out the list; the choices of definitions and the views
// are left out.
func (u *UI) instanceListView(r *http.Request) (views.Page, views.InstanceListView, error) {
	p, l, err := u.readList(r)
	if err != nil {
		return p, views.InstanceListView{}, err
	}
	view := views.InstanceListView{
		Filter: filterView(p, l.filter, l.query), Filtered: isFiltered(l.query), TooBroad: l.broad,
		Pager: pagerOf(p, l.found, "/instances", l.query), LiveURL: p.Href("/live/instances?" + l.following().Encode()),
	}
	if view.Rows, err = u.instanceRows(r, p, l.found.Items); err != nil {
		return p, view, err
	}
	view.Bulk = bulkForm(p, actor(r), l)
	return p, view, nil
}

// instanceRows lays out rows, each with what tells it from others.
func (u *UI) instanceRows(r *http.Request, p views.Page, rows []engine.InstanceRow) ([]views.InstanceRow, error) {
	asked, err := u.openTitles(r, rows)
	if err != nil {
		return nil, err
	}
	names := u.namingOf(r, rows)
	var lines []views.InstanceRow
	for _, row := range rows {
		line := u.instanceRow(r, p, names, row)
		line.About = cmp.Or(asked[row.ID], row.CorrelationID)
		lines = append(lines, line)
	}
	return lines, nil
}

// openTitles gives the title of an open task of each instance that has one.
func (u *UI) openTitles(r *http.Request, rows []engine.InstanceRow) (map[uuid.UUID]string, error) {
	filter := engine.TaskFilter{Statuses: []workflow.TaskStatus{workflow.TaskPending}}
	for _, row := range rows {
		if len(row.WaitingFor) > 0 {
			filter.InstanceIDs = append(filter.InstanceIDs, row.ID)
		}
	}
	if len(filter.InstanceIDs) == 0 {
		return nil, nil
	}
	found, err := u.Read.Tasks(r.Context(), actor(r), filter, engine.Paging{Limit: engine.MaxLimit, Most: engine.ShownTotal})
	titles := make(map[uuid.UUID]string, len(found.Items))
	for _, t := range found.Items {
		titles[t.InstanceID] = t.Title
	}
	return titles, err
}

// definitionChoices lists the definitions that one may filter by, and the ones
// that the address names.
func (u *UI) definitionChoices(r *http.Request) ([]views.FilterChoice, error) {
	chosen := given(listQuery(r)["definition"])
	found, err := u.Read.Definitions(r.Context(), actor(r), engine.DefinitionFilter{}, engine.Paging{Limit: engine.MaxLimit})
	if err != nil {
		return nil, err
	}
	var list []views.FilterChoice
	for _, d := range found.Items {
		list = append(list, views.FilterChoice{Value: d.Name, Label: d.Title, Chosen: slices.Contains(chosen, d.Name)})
	}
	for _, name := range chosen {
		if !slices.ContainsFunc(list, func(c views.FilterChoice) bool { return c.Value == name }) {
			list = append(list, views.FilterChoice{Value: name, Label: name, Chosen: true})
		}
	}
	return list, nil
}

func (u *UI) instanceRow(r *http.Request, p views.Page, names *naming, row engine.InstanceRow) views.InstanceRow {
	v := views.InstanceRow{
		ID: row.ID.String(), Title: row.DefinitionTitle, Short: shortID(row.ID), Href: p.Href(instancePath(row.ID)),
		State: string(row.Status), Why: u.whyBrief(r, p, names, row.Instance), CreatedBy: names.of(row.CreatedBy),
	}
	v.Started, v.Finished = momentOf(p, row.StartedAt), momentOf(p, row.CompletedAt)
	return v
}

// momentOf is the zero Moment for no time.
func momentOf(p views.Page, t *time.Time) views.Moment {
	if t == nil {
		return views.Moment{}
	}
	return p.Moment(*t)
}
