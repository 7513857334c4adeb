package ui

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"tandem/internal/compare"
	"tandem/internal/engine"
	"tandem/internal/mermaid"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// diffRoutes compare versions with one another, and a text that is not saved
// with a version.
func (u *UI) diffRoutes() []Route {
	const path = "/definitions/{name}/diff"
	return []Route{
		{Method: http.MethodGet, Pattern: path, Guard: guard.SignedIn, Handle: u.diff},
		{Method: http.MethodPost, Pattern: path, Guard: guard.Authors, Handle: u.diffTyped},
	}
}

// diffContext is how many lines around a change are shown.
const diffContext = 3

// maxDiffValue bounds what is shown of one value, in bytes.
const maxDiffValue = 400

func diffPath(name, from, to string) string {
	return definitionPath(name) + "/diff?" + url.Values{"from": {from}, "to": {to}}.Encode()
}

// versionBefore is the next lower version, "" for the lowest. Versions stand
// highest first.
func versionBefore(versions []engine.DefinitionRow, version string) string {
	i := slices.IndexFunc(versions, func(v engine.DefinitionRow) bool { return v.Version == version })
	if i < 0 || i+1 >= len(versions) {
		return ""
	}
	return versions[i+1].Version
}

// diff compares two versions: without a choice the latest with the one before.
func (u *UI) diff(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	name, err := pathValue(r, "name")
	if err != nil {
		return err
	}
	to, versions, err := u.readVersion(r, name, query.Get("to"))
	if err != nil {
		return err
	}
	from, _, err := u.readVersion(r, name, cmp.Or(query.Get("from"), versionBefore(versions, to.Version), to.Version))
	if err != nil {
		return err
	}
	p := u.page(r, "", views.NavDefinitions)
	p.Title = p.T("diff.title") + ": " + to.Title
	view := views.DiffView{
		Title: to.Title, Href: p.Href(definitionPath(name)), Action: p.Href(definitionPath(name) + "/diff"),
		From: versionChoices(versions, from.Version), To: versionChoices(versions, to.Version),
	}
	if from.Version != to.Version {
		view.OtherWay = p.Href(diffPath(name, to.Version, from.Version))
	}
	around := diffContext
	if query.Get("all") != "" {
		around = -1
	}
	view.Diff = diffOf(p, side{from.Version, from.Source, from}, side{to.Version, to.Source, to}, around)
	if around >= 0 && slices.ContainsFunc(view.Diff.Lines, func(l views.DiffLine) bool { return l.Folded != "" }) {
		view.Diff.AllHref = p.Href(diffPath(name, from.Version, to.Version) + "&all=1")
	}
	if len(versions) == 1 {
		view.Diff.Summary = p.T("diff.only_one")
	}
	return render(w, r, http.StatusOK, views.DiffPage(p, view))
}

func versionChoices(versions []engine.DefinitionRow, chosen string) []views.FilterChoice {
	var list []views.FilterChoice
	for _, v := range versions {
		list = append(list, views.FilterChoice{Value: v.Version, Label: v.Version, Chosen: v.Version == chosen})
	}
	return list
}

// diffTyped compares what is typed in the editor with the version that it was
// taken from: on a page of its own, or below the text.
func (u *UI) diffTyped(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	name, err := pathValue(r, "name")
	if err != nil {
		return err
	}
	from, _, err := u.readVersion(r, name, values.Get("base"))
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	source := sourceIn(values)
	typed, _, err := u.Engine.Parse([]byte(source))
	if workflow.KindOf(err) == workflow.KindTooLarge {
		return u.failKeeping(w, r, values, err)
	}
	p := u.failurePage(r) // as it stands for a fragment: the inbox is not counted
	if !isFragment(r) {
		p = u.page(r, "", views.NavDefinitions)
	}
	d := diffOf(p, side{from.Version, from.Source, from}, side{p.T("diff.typed"), []byte(source), typed}, diffContext)
	if isFragment(r) {
		return render(w, r, http.StatusOK, views.DiffPart(p, d))
	}
	p.Title, p.Current = p.T("diff.title")+": "+from.Title, definitionPath(name)+"/edit"
	return render(w, r, http.StatusOK, views.DiffPage(p, views.DiffView{
		Title: from.Title, Href: p.Href(definitionPath(name)),
		Back: p.Href(definitionPath(name) + "/edit"), Source: source, Base: from.Version, Diff: d,
	}))
}

// side is one of two documents that are compared.
type side struct {
	name   string
	source []byte
	def    *workflow.Definition // nil when it has errors
}

// diffOf lays out what changed.
func diffOf(p views.Page, from, to side, around int) views.Diff {
	lines := compare.Texts(string(from.source), string(to.source), around)
	d := views.Diff{From: from.name, To: to.name, Same: lines.Added+lines.Removed == 0}
	if d.Same {
		d.Summary = p.T("diff.same", from.name, to.name)
		return d
	}
	d.Summary = p.T("diff.summary", from.name, to.name,
		p.N("diff.added", lines.Added), p.N("diff.removed", lines.Removed))
	for _, line := range lines.Rows {
		d.Lines = append(d.Lines, diffLine(p, line))
	}
	if lines.More > 0 {
		d.More = p.N("diff.more", lines.More)
	}
	if to.def == nil {
		d.Problem = p.T("diff.unread")
		return d
	}
	document, err := compare.Documents(from.source, to.source)
	if err != nil {
		d.Problem = p.T("diff.unread")
		return d
	}
	d.Settings = keyChanges(document.Settings)
	d.Graph = markedGraph(p, from.def, to.def, document)
	return d
}

var diffSigns = map[compare.Kind]string{compare.Added: "+", compare.Removed: "−"}

func diffLine(p views.Page, line compare.Line) views.DiffLine {
	if line.Folded > 0 {
		return views.DiffLine{Folded: p.N("diff.folded", line.Folded)}
	}
	row := views.DiffLine{Mark: string(line.Kind), Sign: diffSigns[line.Kind], Text: line.Text}
	if line.Before > 0 {
		row.Before = p.Count(line.Before)
	}
	if line.After > 0 {
		row.After = p.Count(line.After)
	}
	return row
}

func keyChanges(changes []compare.Change) []views.KeyChange {
	var list []views.KeyChange
	for _, c := range changes {
		list = append(list, views.KeyChange{Key: c.Key, Before: shortened(c.Before), After: shortened(c.After)})
	}
	return list
}

// shortened is the beginning of a value that is long.
func shortened(value string) string {
	if short := clip(value, maxDiffValue); short != value {
		return short + "…"
	}
	return value
}

// markedGraph draws both definitions as one, with what became of each step.
func markedGraph(p views.Page, from, to *workflow.Definition, document compare.Document) views.GraphView {
	byName := map[string]compare.Step{}
	for _, s := range document.Steps {
		byName[s.Name] = s
	}
	d := mermaid.Merged(mermaid.Of(from, "TD"), mermaid.Of(to, "TD"), func(id string) bool { return byName[id].Kind == compare.Changed })
	v := views.GraphView{ID: "diff-graph", Title: p.T("diff.title") + ": " + to.Title, Marked: true}
	marks := make([]string, len(d.Nodes))
	for i := range d.Nodes {
		n := &d.Nodes[i]
		marks[i], n.State = n.State, "" // the tables say it
		def := to
		if marks[i] == mermaid.MarkRemoved {
			def = from
		}
		v.Steps = append(v.Steps, views.GraphStep{
			Node: mermaid.NodeID(i), Label: stepLabel(def, n.ID), Type: n.Type, State: marks[i], Changes: keyChanges(byName[n.ID].Changes),
		})
	}
	v.Source = mermaid.Mermaid(d)
	label := func(step string) string {
		if to.Step(step) == nil {
			return stepLabel(from, step)
		}
		return stepLabel(to, step)
	}
	for i, e := range d.Edges {
		v.Ways = append(v.Ways, views.GraphWay{
			Edge: mermaid.EdgeID(i), From: label(e.Source), To: label(e.Target), Condition: e.Condition, Mark: e.State,
		})
	}
	return v
}
