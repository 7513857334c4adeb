package ui

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// maxMoveTries bounds the instances of one report: each is tried on its
// whole state.
const maxMoveTries = 50

// move is what the page about moving a version's instances is asked for.
type move struct {
	name, from, to string
	steps          map[string]string // renamed steps
	versions       []engine.DefinitionRow
	fromDef, toDef *workflow.Definition
}

// readMove reads from, to and step.NAME. to defaults to the latest active
// release.
func (u *UI) readMove(r *http.Request, values url.Values) (m move, err error) {
	if m.name, err = pathValue(r, "name"); err != nil {
		return m, err
	}
	if m.versions, err = u.Read.Versions(r.Context(), actor(r), m.name); err != nil {
		return m, err
	}
	m.from, m.to, m.steps = values.Get("from"), cmp.Or(values.Get("to"), latestOf(m.versions)), stepMap(values)
	for _, version := range []string{m.from, m.to} {
		if !slices.ContainsFunc(m.versions, func(v engine.DefinitionRow) bool { return v.Version == version }) {
			return m, workflow.ErrDefinitionNotFound
		}
	}
	if m.fromDef, err = u.Engine.Definition(r.Context(), actor(r), m.name, m.from); err != nil {
		return m, err
	}
	if m.toDef, err = u.Engine.Definition(r.Context(), actor(r), m.name, m.to); err != nil {
		return m, err
	}
	maps.DeleteFunc(m.steps, func(old, _ string) bool { return m.fromDef.Step(old) == nil })
	return m, nil
}

func (m move) filter() engine.InstanceFilter {
	return engine.InstanceFilter{DefinitionNames: []string{m.name}, Versions: []string{m.from}, Statuses: openStatuses()}
}

// movePage says what moving the open instances of a version would do. It
// changes nothing.
func (u *UI) movePage(w http.ResponseWriter, r *http.Request) error {
	m, err := u.readMove(r, r.URL.Query())
	if err != nil {
		return err
	}
	p, view, err := u.moveView(r, m)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.MovePage(p, view))
}

// moveVersion begins the operation that moves them, each by the rights that
// the person has on it.
func (u *UI) moveVersion(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	m, err := u.readMove(r, values)
	if err != nil {
		return err
	}
	filter := m.filter()
	op, err := u.Engine.StartBulk(r.Context(), actor(r), engine.Bulk{
		Action: engine.BulkMigrate, Filter: &filter,
		Params: engine.OperationParams{Reason: reasonIn(values), ToVersion: m.to, StepMap: m.steps},
	})
	problem := respond.ProblemOf(err, r.URL.Path)
	if err == nil {
		return u.redirect(w, r, "/operations/"+op.ID.String())
	}
	if problem.Status >= http.StatusInternalServerError {
		return err
	}
	p, view, err := u.moveView(r, m)
	if err != nil {
		return err
	}
	view.Reason, p.Problem = values.Get("reason"), true
	p.Notice = &views.Notice{Kind: views.NoticeFailed, Text: refusal(p, problem)}
	return render(w, r, problem.Status, views.MovePage(p, view))
}

func (u *UI) moveView(r *http.Request, m move) (views.Page, views.MoveView, error) {
	p := u.page(r, "", views.NavDefinitions)
	p.Title = p.T("migrate.title", m.fromDef.Title, m.from)
	v := views.MoveView{
		Title: p.Title, Definition: m.fromDef.Title, DefinitionHref: p.Href(definitionPath(m.name)), From: m.from, To: m.to,
		Action: p.Href(definitionPath(m.name) + "/migrate"),
	}
	for _, one := range m.versions {
		if one.IsActive && one.Version != m.from {
			v.Targets = append(v.Targets, one.Version)
		}
	}
	if m.from == m.to || !slices.Contains(v.Targets, m.to) {
		v.To = ""
		return p, v, nil
	}
	v.Steps = m.renames(p)
	found, err := u.Read.Instances(r.Context(), actor(r), m.filter(), engine.Paging{Limit: maxMoveTries, Most: engine.ShownTotal})
	if err != nil {
		return p, v, err
	}
	v.Total, v.Report.Instances = p.Count(found.Total), true
	can := 0
	for _, in := range found.Items {
		line, err := u.tryMove(r, p, m, in)
		if err != nil {
			return p, v, err
		}
		if line.Problem == "" {
			can++
		}
		v.Report.Lines = append(v.Report.Lines, line)
	}
	v.Report.Notice = movesNotice(p, can, len(found.Items)-can)
	if found.Total > len(found.Items) {
		v.Report.Problems = []string{p.T("migrate.part", p.Count(len(found.Items)), v.Total)}
	}
	return p, v, nil
}

// movesNotice says how many instances can move.
func movesNotice(p views.Page, can, cannot int) views.Notice {
	n := views.Notice{Kind: views.NoticeDone, Text: p.T("migrate.counts", p.Count(can), p.Count(cannot))}
	switch {
	case can == 0:
		n.Kind = views.NoticeFailed
	case cannot > 0:
		n.Kind = views.NoticeWarning
	}
	return n
}

// tryMove says what would happen to one instance.
func (u *UI) tryMove(r *http.Request, p views.Page, m move, in engine.InstanceRow) (views.MigrateLine, error) {
	row := views.MigrateLine{Subject: shortID(in.ID), Href: p.Href(instancePath(in.ID)), State: string(in.Status), Started: p.Moment(in.CreatedAt)}
	report, err := u.Engine.Migrate(r.Context(), actor(r), in.ID, engine.Migration{ToVersion: m.to, Steps: m.steps, DryRun: true})
	var refused *workflow.Error
	switch {
	case errors.As(err, &refused) && refused.Kind != workflow.KindUnavailable:
		row.Problem = refusal(p, respond.ProblemOf(err, r.URL.Path))
		return row, nil
	case err != nil:
		return row, err
	}
	for _, fault := range report.Faults() {
		row.Problem = strings.TrimSpace(row.Problem + " " + fault.Message)
	}
	for _, line := range report.Executions {
		if line.Problem == "" && len(row.Does) < 5 {
			row.Does = append(row.Does, stepLabel(m.toDef, line.ToStep)+": "+line.Does)
		}
	}
	return row, nil
}

// renames offers each step that the other version does not have under its name
// the steps of its type there.
func (m move) renames(p views.Page) []views.MigrateStep {
	var list []views.MigrateStep
	for _, old := range m.fromDef.AllSteps() {
		if m.toDef.Step(old.Name) != nil {
			continue
		}
		all := stepChoices(p, m.toDef, m.steps[old.Name])
		fit := slices.DeleteFunc(all, func(c views.FilterChoice) bool { return c.Value != "" && m.toDef.Step(c.Value).Type != old.Type })
		if len(fit) > 1 {
			list = append(list, views.MigrateStep{Name: stepPrefix + old.Name, Label: stepLabel(m.fromDef, old.Name), Choices: fit})
		}
	}
	return list
}
