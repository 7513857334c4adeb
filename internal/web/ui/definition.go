package ui

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"tandem/internal/engine"
	"tandem/internal/mermaid"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// definitionRoutes lists the pages about definitions.
func (u *UI) definitionRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/definitions", Guard: guard.SignedIn, Handle: u.definitions},
		{Method: http.MethodGet, Pattern: "/definitions/{name}", Guard: guard.SignedIn, Handle: u.definition},
		{Method: http.MethodGet, Pattern: "/definitions/{name}/source", Guard: guard.SignedIn, Handle: u.definitionSource},
	}
}

func (u *UI) definitions(w http.ResponseWriter, r *http.Request) error {
	p := u.page(r, "", views.NavDefinitions)
	p.Title = p.T("definition.list")
	query := r.URL.Query()
	view := views.DefinitionListView{Query: strings.TrimSpace(query.Get("q"))}
	found, err := u.Read.Definitions(r.Context(), actor(r), engine.DefinitionFilter{Query: view.Query}, engine.Paging{Cursor: query.Get("cursor")})
	if err != nil {
		return err
	}
	if actor(r).Is(workflow.RoleAuthor) {
		view.NewHref = p.Href("/definitions/new")
	}
	p.Notice = noticeOf(p, r)
	names := u.naming(r)
	for _, d := range found.Items {
		row := definitionRow(p, names, d, "definition", d.Name)
		row.Href = p.Href(definitionPath(d.Name))
		if def, err := u.Engine.Definition(r.Context(), actor(r), d.Name, d.Version); err == nil && def.MayStart(actor(r)) {
			row.StartHref = p.Href(definitionPath(d.Name) + "/start")
		}
		view.Rows = append(view.Rows, row)
	}
	view.Pager = pagerOf(p, found, "/definitions", query)
	return render(w, r, http.StatusOK, views.DefinitionsPage(p, view))
}

// definitionRow makes a row whose counts lead to the instances of the query.
func definitionRow(p views.Page, names *naming, d engine.DefinitionRow, query ...string) views.DefinitionRow {
	open := slices.Clone(query)
	for _, status := range openStatuses() {
		open = append(open, "status", string(status))
	}
	name := d.Title + " " + d.Version
	return views.DefinitionRow{
		Title: d.Title, Name: d.Name, Version: d.Version, Labels: d.Labels,
		Open:      countLink(p, d.Open, name+": "+p.T("definition.open"), open...),
		Instances: countLink(p, d.Instances, name+": "+p.T("definition.instances"), query...),
		Stored:    p.Moment(d.CreatedAt), StoredBy: names.of(d.CreatedBy), Inactive: !d.IsActive,
	}
}

// openStatuses lists the states of an instance that is not finished.
func openStatuses() []workflow.Status {
	return slices.DeleteFunc(workflow.Statuses(), workflow.Status.Finished)
}

// pagerOf leads through a list whose filter stands in the query.
func pagerOf[T any](p views.Page, found engine.Page[T], path string, query url.Values) views.Pager {
	at := func(cursor string) string {
		next := url.Values{}
		for key, values := range query {
			if key != "cursor" {
				next[key] = values
			}
		}
		if cursor != "" {
			next.Set("cursor", cursor)
		}
		return p.Href(path + "?" + next.Encode())
	}
	pager := views.Pager{Shown: len(found.Items), Total: p.Count(found.Total)}
	if found.TotalIsCapped {
		pager.Total += "+"
	}
	if query.Get("cursor") != "" {
		pager.First = at("")
	}
	if found.NextCursor != "" {
		pager.Next = at(found.NextCursor)
	}
	return pager
}

func (u *UI) definition(w http.ResponseWriter, r *http.Request) error {
	name, err := pathValue(r, "name")
	if err != nil {
		return err
	}
	p, view, err := u.definitionView(r, name, r.URL.Query().Get("version"))
	if err != nil {
		return err
	}
	p.Notice = noticeOf(p, r)
	return render(w, r, http.StatusOK, views.DefinitionPage(p, view))
}

// definitionView shows one version, the latest when none is named.
func (u *UI) definitionView(r *http.Request, name, version string) (views.Page, views.DefinitionView, error) {
	def, versions, err := u.readVersion(r, name, version)
	if err != nil {
		return views.Page{}, views.DefinitionView{}, err
	}
	p := u.page(r, def.Title+" "+def.Version, views.NavDefinitions)
	view := views.DefinitionView{
		Title: def.Title, Name: def.Name, Version: def.Version, Labels: def.Labels,
		SourceHref: p.Href(definitionPath(def.Name) + "/source?version=" + url.QueryEscape(def.Version)),
		StartedBy:  startersOf(p, def), Graph: graphOf(def), Steps: definitionSteps(p, def), Ways: definitionWays(p, def),
		Source: string(def.Source),
	}
	if actor(r).Is(workflow.RoleAuthor) {
		view.EditHref = p.Href(definitionPath(def.Name) + "/edit?version=" + url.QueryEscape(def.Version))
		view.TryHref = p.Href(definitionPath(def.Name) + "/try?version=" + url.QueryEscape(def.Version))
	}
	if def.Description != "" {
		view.Description = markdown(def.Description)
	}
	if len(previewsOf(def)) > 0 {
		view.FormsHref = p.Href(definitionPath(def.Name) + "/forms?version=" + url.QueryEscape(def.Version))
	}
	addVersions(p, u.naming(r), &view, versions, actor(r))
	if view.Latest == "" && !view.Inactive && def.MayStart(actor(r)) {
		view.StartHref = p.Href(definitionPath(def.Name) + "/start")
	}
	view.Versions, view.VersionPager = versionPage(p, view, r.URL.Query().Get("after"))
	return p, view, nil
}

// readDefinition gives the version that the query names, else the latest, and
// all versions, the highest first.
func (u *UI) readDefinition(r *http.Request) (*workflow.Definition, []engine.DefinitionRow, error) {
	name, err := pathValue(r, "name")
	if err != nil {
		return nil, nil, err
	}
	return u.readVersion(r, name, r.URL.Query().Get("version"))
}

// readVersion gives one version, the latest when none is named, and all
// versions. The engine may still know one that was deleted.
func (u *UI) readVersion(r *http.Request, name, version string) (*workflow.Definition, []engine.DefinitionRow, error) {
	versions, err := u.Read.Versions(r.Context(), actor(r), name)
	if err != nil {
		return nil, nil, err
	}
	version = cmp.Or(version, latestOf(versions), versions[0].Version)
	if !slices.ContainsFunc(versions, func(v engine.DefinitionRow) bool { return v.Version == version }) {
		return nil, nil, workflow.ErrDefinitionNotFound
	}
	def, err := u.Engine.Definition(r.Context(), actor(r), name, version)
	return def, versions, err
}

// pathValue gives a part of the path as it was before it was escaped. The
// router reads RawPath where the address has one, else the unescaped Path.
func pathValue(r *http.Request, name string) (string, error) {
	if r.URL.RawPath == "" {
		return chi.URLParam(r, name), nil
	}
	value, err := url.PathUnescape(chi.URLParam(r, name))
	if err != nil {
		return "", workflow.Errorf(workflow.KindMalformed, "bad_path", "The address cannot be read. Check it.")
	}
	return value, nil
}

// latestOf is the highest active release, "" when there is none.
func latestOf(versions []engine.DefinitionRow) string {
	var active []string
	for _, v := range versions {
		if v.IsActive {
			active = append(active, v.Version)
		}
	}
	return workflow.Latest(active)
}

// shownVersions is how many versions a page of a definition shows.
const shownVersions = 20

// versionPage cuts the list of versions, the highest first, behind one of
// them; an empty name stands for the beginning.
func versionPage(p views.Page, view views.DefinitionView, after string) ([]views.DefinitionRow, views.Pager) {
	all, start := view.Versions, 0
	if after != "" {
		start = 1 + slices.IndexFunc(all, func(v views.DefinitionRow) bool { return v.Version == after })
	}
	end := min(start+shownVersions, len(all))
	at := func(after string) string {
		next := url.Values{"version": {view.Version}}
		if after != "" {
			next.Set("after", after)
		}
		return p.Href(definitionPath(view.Name) + "?" + next.Encode() + "#versions-section")
	}
	pager := views.Pager{Shown: end - start, Total: p.Count(len(all))}
	if start > 0 {
		pager.First = at("")
	}
	if end < len(all) {
		pager.Next = at(all[end-1].Version)
	}
	return all[start:end], pager
}

// addVersions lists the versions and says what the list knows of the shown one.
func addVersions(p views.Page, names *naming, view *views.DefinitionView, versions []engine.DefinitionRow, who workflow.Actor) {
	latest := latestOf(versions)
	for _, v := range versions {
		row := definitionRow(p, names, v, "definition", v.Name, "version", v.Version)
		row.Href = p.Href(definitionPath(v.Name) + "?version=" + url.QueryEscape(v.Version))
		row.Shown, row.Latest = v.Version == view.Version, v.Version == latest
		if who.Is(workflow.RoleAuthor) {
			row.Actions = versionActions(p, v)
		}
		if before := versionBefore(versions, v.Version); before != "" {
			row.DiffHref = p.Href(diffPath(v.Name, before, v.Version))
		}
		if latest != "" && v.Version != latest && v.Open > 0 {
			row.MigrateHref = p.Href(definitionPath(v.Name) + "/migrate?from=" + url.QueryEscape(v.Version))
		}
		view.Versions = append(view.Versions, row)
		if row.Shown {
			view.Inactive = row.Inactive
			view.Stored, view.StoredBy, view.Open, view.Instances = row.Stored, row.StoredBy, row.Open, row.Instances
		}
	}
	if latest != "" && latest != view.Version {
		view.Latest, view.LatestHref = latest, p.Href(definitionPath(view.Name))
	}
}

func (u *UI) definitionSource(w http.ResponseWriter, r *http.Request) error {
	def, _, err := u.readDefinition(r)
	if err != nil {
		return err
	}
	kind, ending := "application/yaml", "yaml"
	if bytes.HasPrefix(bytes.TrimSpace(def.Source), []byte("{")) {
		kind, ending = "application/json", "json"
	}
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", def.Name+"-"+def.Version+"."+ending))
	_, _ = w.Write(def.Source) // the reader may have left
	return nil
}

// graphOf draws a definition, with no states.
func graphOf(def *workflow.Definition) views.GraphView {
	return graphView(mermaid.Of(def, "TD"), def.Title, func(name string) string { return stepLabel(def, name) })
}

// graphView is a drawing with its tables; label says what people call a node.
func graphView(d mermaid.Diagram, title string, label func(id string) string) views.GraphView {
	v := views.GraphView{ID: "graph", Title: title, Source: mermaid.Mermaid(d)}
	for i, n := range d.Nodes {
		v.Steps = append(v.Steps, views.GraphStep{Node: mermaid.NodeID(i), Step: n.ID, Label: label(n.ID), Type: n.Type})
	}
	for i, e := range d.Edges {
		v.Ways = append(v.Ways, views.GraphWay{
			Edge: mermaid.EdgeID(i), From: label(e.Source), To: label(e.Target), Condition: e.Condition,
		})
	}
	return v
}

// stepLabel is what people call a step, after the groups around it; its name
// when the definition is nil or does not know it.
func stepLabel(def *workflow.Definition, name string) string {
	if def == nil {
		return name
	}
	s := def.Step(name)
	if s == nil {
		return name
	}
	label := s.Label
	for group := s.Parent; group != nil; group = group.Parent {
		label = group.Label + " › " + label
	}
	return label
}

// itemLabel tells the items of a list apart.
func itemLabel(p views.Page, label string, item bool, index int) string {
	if !item {
		return label
	}
	return p.T("instance.item_of", label, p.Count(index+1))
}
