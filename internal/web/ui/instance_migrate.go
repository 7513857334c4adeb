package ui

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// stepPrefix begins the names of the controls that say where a step goes.
const stepPrefix = "step."

// showMigrate reports what a move to the version of the address would do.
func (u *UI) showMigrate(w http.ResponseWriter, r *http.Request) error {
	in, def, err := u.mendable(r)
	if err != nil {
		return err
	}
	p, view, err := u.migrateView(r, in, def, r.URL.Query())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.MigratePage(p, view))
}

func (u *UI) migrate(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	in, def, err := u.mendable(r)
	if err != nil {
		return err
	}
	_, cause := u.Engine.Migrate(r.Context(), actor(r), in.ID, engine.Migration{
		ToVersion: values.Get("to"), Steps: stepMap(values), Reason: reasonIn(values),
	})
	if cause == nil {
		return u.redirect(w, r, withNotice(instancePath(in.ID), "instance_migrate"))
	}
	p, view, err := u.migrateView(r, in, def, values)
	if err != nil {
		return err
	}
	status, err := refusedMend(&p, &view.MendFrame, values, cause, func(fault workflow.Problem) views.ProblemItem {
		return views.ProblemItem{Text: fault.Message, Href: "#report"}
	})
	if err != nil {
		return err
	}
	return render(w, r, status, views.MigratePage(p, view))
}

// stepMap reads where steps go.
func stepMap(values url.Values) map[string]string {
	steps := map[string]string{}
	for key, to := range values {
		if name, ok := strings.CutPrefix(key, stepPrefix); ok && len(to) > 0 && to[0] != "" && len(steps) < engine.MaxStepMap {
			steps[name] = to[0]
		}
	}
	return steps
}

// migrateView offers the versions, and the report of a dry run once one is
// chosen.
func (u *UI) migrateView(r *http.Request, in workflow.Instance, def *workflow.Definition, values url.Values) (views.Page, views.MigrateView, error) {
	p, frame := u.mendFrame(r, in, def, "migrate", "mend.migrate_title")
	view := views.MigrateView{MendFrame: frame, From: def.Version, To: values.Get("to")}
	versions, err := u.Read.Versions(r.Context(), actor(r), def.Name)
	if err != nil {
		return p, view, err
	}
	for _, v := range versions {
		if v.Version == def.Version {
			continue
		}
		label := v.Version
		if !v.IsActive {
			label = p.T("mend.inactive", label)
		}
		view.Versions = append(view.Versions, views.FilterChoice{Value: v.Version, Label: label, Chosen: v.Version == view.To})
	}
	if !slices.ContainsFunc(view.Versions, func(c views.FilterChoice) bool { return c.Chosen }) {
		view.To = ""
	}
	if view.To == "" {
		return p, view, nil
	}
	return p, view, u.dryRun(r, p, in, def, values, &view)
}

// dryRun adds the report, and asks where those steps go that it cannot move.
func (u *UI) dryRun(r *http.Request, p views.Page, in workflow.Instance, def *workflow.Definition, values url.Values, view *views.MigrateView) error {
	to, err := u.Engine.Definition(r.Context(), actor(r), def.Name, view.To)
	if err != nil {
		return err
	}
	given := stepMap(values)
	report, err := u.Engine.Migrate(r.Context(), actor(r), in.ID, engine.Migration{ToVersion: view.To, Steps: given, DryRun: true})
	var refused *workflow.Error
	if errors.As(err, &refused) && (refused.Kind == workflow.KindInvalid || refused.Kind == workflow.KindConflict) {
		view.Report = &views.MigrateReport{Notice: moveNotice(p, false), Problems: []string{p.Refusal(refused.Code, refused.Message)}}
		return nil
	}
	if err != nil {
		return err
	}
	view.Report, view.CanMove = reportView(p, def, to, report), len(report.Faults()) == 0
	for _, l := range report.Executions {
		name := stepPrefix + l.Step
		asked := slices.ContainsFunc(view.Steps, func(s views.MigrateStep) bool { return s.Name == name })
		if _, chosen := given[l.Step]; asked || !chosen && (l.Problem == "" || to.Step(l.Step) != nil) {
			continue
		}
		view.Steps = append(view.Steps, views.MigrateStep{Name: name, Label: stepLabel(def, l.Step), Choices: stepChoices(p, to, given[l.Step])})
	}
	return nil
}

func stepChoices(p views.Page, to *workflow.Definition, chosen string) []views.FilterChoice {
	list := []views.FilterChoice{{Value: "", Label: p.T("mend.same_name"), Chosen: chosen == ""}}
	for _, s := range to.AllSteps() {
		list = append(list, views.FilterChoice{Value: s.Name, Label: stepLabel(to, s.Name), Chosen: s.Name == chosen})
	}
	return list
}

// moveNotice says whether a move can be done.
func moveNotice(p views.Page, can bool) views.Notice {
	if can {
		return views.Notice{Kind: views.NoticeDone, Text: p.T("mend.can_move")}
	}
	return views.Notice{Kind: views.NoticeFailed, Text: p.T("mend.cannot_move")}
}

func reportView(p views.Page, def, to *workflow.Definition, report *workflow.MigrationReport) *views.MigrateReport {
	view := &views.MigrateReport{Notice: moveNotice(p, len(report.Faults()) == 0), Problems: report.Problems}
	for _, l := range report.Executions {
		step := stepLabel(def, l.Step)
		if l.Visit > 1 {
			step = fmt.Sprintf("%s (%s %d)", step, p.T("instance.visit"), l.Visit)
		}
		line := views.MigrateLine{Subject: step, State: string(l.Status), Does: []string{l.Does}, Problem: l.Problem}
		if l.ToStep != "" {
			line.To = stepLabel(to, l.ToStep)
		}
		view.Lines = append(view.Lines, line)
	}
	return view
}
