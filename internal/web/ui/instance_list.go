package ui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// maxFilterValues bounds how many values one filter may have.
const maxFilterValues = 50

func (u *UI) instances(w http.ResponseWriter, r *http.Request) error {
	p, view, err := u.instanceListView(r)
	if err != nil {
		return err
	}
	if view.Filter.Definitions, err = u.definitionChoices(r); err != nil {
		return err
	}
	status := http.StatusOK
	if view.TooBroad {
		status = http.StatusUnprocessableEntity
	}
	return render(w, r, status, views.InstancesPage(p, view))
}

func (u *UI) instancesLive(*http.Request) (topic, error) {
	return topic{regions: func(r *http.Request) ([]region, error) {
		p, view, err := u.instanceListView(r)
		return []region{
			{views.InstanceRowsID, views.InstanceRows(p, view)},
			{inboxCountID, views.InboxCount(p)},
		}, err
	}}, nil
}

// instanceListView reads the list that the address asks for; the choices of
// definitions are left out.
func (u *UI) instanceListView(r *http.Request) (views.Page, views.InstanceListView, error) {
	p := u.page(r, "", views.NavInstances)
	p.Title = p.T("instance.list")
	query := r.URL.Query()
	filter, err := instanceFilter(p, query)
	if err != nil {
		return p, views.InstanceListView{}, err
	}
	found, err := u.Read.Instances(r.Context(), actor(r), filter, engine.Paging{Cursor: query.Get("cursor"), Most: engine.ShownTotal})
	broad := errors.Is(err, engine.ErrTooBroad)
	if err != nil && !broad {
		return p, views.InstanceListView{}, err
	}
	p.Query = filter.Query
	names := u.naming(r)
	view := views.InstanceListView{
		Filter: filterView(p, filter, query), Filtered: isFiltered(query), TooBroad: broad,
		Pager: pagerOf(p, found, "/instances", query), LiveURL: p.Href("/live/instances?" + query.Encode()),
	}
	asked, err := u.openTitles(r, found.Items)
	if err != nil {
		return p, view, err
	}
	for _, row := range found.Items {
		line := u.instanceRow(r, p, names, row)
		line.About = cmp.Or(asked[row.ID], row.CorrelationID)
		view.Rows = append(view.Rows, line)
	}
	return p, view, nil
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
	found, err := u.Read.Tasks(r.Context(), actor(r), filter, engine.Paging{Limit: engine.MaxLimit})
	titles := make(map[uuid.UUID]string, len(found.Items))
	for _, t := range found.Items {
		titles[t.InstanceID] = t.Title
	}
	return titles, err
}

// instanceFilter reads the filter of an address; what it cannot read it refuses.
func instanceFilter(p views.Page, query url.Values) (engine.InstanceFilter, error) {
	f := engine.InstanceFilter{
		DefinitionNames: given(query["definition"]), Versions: given(query["version"]),
		CreatedBy: given(query["created_by"]), Query: strings.TrimSpace(query.Get("q")),
	}
	for _, name := range given(query["status"]) {
		status := workflow.Status(name)
		if !slices.Contains(workflow.Statuses(), status) {
			return f, workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T("instance.bad_status", name, statusNames()))
		}
		f.Statuses = append(f.Statuses, status)
	}
	if err := moreFilters(p, query, &f); err != nil {
		return f, err
	}
	since := query.Get("completed_since")
	if since == "" {
		return f, nil
	}
	at, err := time.Parse(time.DateOnly, since)
	if err != nil {
		at, err = time.Parse(time.RFC3339, since)
	}
	if err != nil {
		return f, workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T("instance.bad_since", since))
	}
	at = at.UTC()
	f.CompletedAfter = &at
	return f, nil
}

// moreFilters reads the filters that are folded away.
func moreFilters(p views.Page, query url.Values, f *engine.InstanceFilter) error {
	f.Assignees, f.Steps, f.Labels, f.Now = given(query["assignee"]), given(query["step"]), given(query["label"]), p.Now
	for _, name := range given(query["health"]) {
		if !slices.Contains(engine.Healths(), engine.Health(name)) {
			return workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T("instance.bad_health", clip(name, 50)))
		}
		f.Health = append(f.Health, engine.Health(name))
	}
	path := strings.TrimPrefix(strings.TrimSpace(query.Get("data_path")), "data.")
	if path == "" {
		return nil
	}
	one := engine.DataFilter{Path: path, Op: engine.DataOp(query.Get("data_op")), Values: []string{strings.TrimSpace(query.Get("data_value"))}}
	if one.Op == "" {
		one.Op = engine.OpEqual
	}
	if !workflow.ValidDataPath(path) || !slices.Contains(engine.DataOps(), one.Op) {
		return workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T("instance.bad_data", clip(path, 50)))
	}
	f.Data = []engine.DataFilter{one}
	return nil
}

// given drops the values that a form sends for an empty control.
func given(values []string) []string {
	var list []string
	for _, v := range values[:min(len(values), maxFilterValues)] {
		if v = strings.TrimSpace(v); v != "" {
			list = append(list, v)
		}
	}
	return list
}

func statusNames() string {
	var names []string
	for _, s := range workflow.Statuses() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

func isFiltered(query url.Values) bool {
	return slices.ContainsFunc([]string{"status", "definition", "version", "q", "created_by", "completed_since", "health", "assignee", "step", "label", "data_path"},
		func(key string) bool { return len(given(query[key])) > 0 })
}

func filterView(p views.Page, f engine.InstanceFilter, query url.Values) views.InstanceFilter {
	view := views.InstanceFilter{
		Query: f.Query, CreatedBy: query.Get("created_by"), Versions: f.Versions,
	}
	if f.CompletedAfter != nil {
		view.CompletedSince = f.CompletedAfter.Format(time.DateOnly)
	}
	moreFilterView(p, f, &view)
	for _, s := range workflow.Statuses() {
		view.Statuses = append(view.Statuses, views.FilterChoice{
			Value: string(s), Label: p.StateWord(string(s)), Chosen: slices.Contains(f.Statuses, s),
		})
	}
	return view
}

func moreFilterView(p views.Page, f engine.InstanceFilter, view *views.InstanceFilter) {
	view.Assignee, view.Step, view.Label = strings.Join(f.Assignees, " "), strings.Join(f.Steps, " "), strings.Join(f.Labels, " ")
	view.More = len(f.Assignees)+len(f.Steps)+len(f.Labels)+len(f.Health)+len(f.Data) > 0
	for _, h := range engine.Healths() {
		view.Healths = append(view.Healths, views.FilterChoice{
			Value: string(h), Label: p.T("instance.health." + string(h)), Chosen: slices.Contains(f.Health, h),
		})
	}
	for _, op := range engine.DataOps() {
		chosen := len(f.Data) > 0 && f.Data[0].Op == op
		view.DataOps = append(view.DataOps, views.FilterChoice{Value: string(op), Label: p.T("instance.data_op." + string(op)), Chosen: chosen})
	}
	if len(f.Data) > 0 {
		view.DataPath, view.DataValue = f.Data[0].Path, f.Data[0].Values[0]
	}
}

// definitionChoices lists the definitions that one may filter by, and the ones
// that the address names.
func (u *UI) definitionChoices(r *http.Request) ([]views.FilterChoice, error) {
	chosen := given(r.URL.Query()["definition"])
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
