package ui

import (
	"net/http"
	"net/url"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// versionRoutes change what may be done with versions of a definition.
func (u *UI) versionRoutes() []Route {
	const one = "/definitions/{name}/versions/{version}"
	return []Route{
		{Method: http.MethodPost, Pattern: one + "/activate", Guard: guard.Authors, Handle: u.changeVersion("activate")},
		{Method: http.MethodPost, Pattern: one + "/deactivate", Guard: guard.Authors, Handle: u.changeVersion("deactivate")},
		{Method: http.MethodPost, Pattern: one + "/delete", Guard: guard.Authors, Handle: u.changeVersion("delete")},
		{Method: http.MethodGet, Pattern: "/definitions/{name}/migrate", Guard: guard.SignedIn, Handle: u.movePage},
		{Method: http.MethodPost, Pattern: "/definitions/{name}/migrate", Guard: guard.SignedIn, Handle: u.moveVersion},
	}
}

// changeVersion answers the form of a verb: the definition's page with a
// notice, or the same page with the refusal.
func (u *UI) changeVersion(verb string) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ref, err := versionInPath(r)
		if err != nil {
			return err
		}
		values, err := postedForm(r)
		if err != nil {
			return err
		}
		ctx, who, reason := r.Context(), actor(r), reasonIn(values)
		if verb == "delete" {
			err = u.Engine.DeleteVersion(ctx, who, ref, reason)
		} else {
			err = u.Engine.ActivateVersion(ctx, who, ref, verb == "activate", reason)
		}
		if err != nil {
			return u.versionRefused(w, r, ref, err)
		}
		back := definitionPath(ref.Name) + "?version=" + url.QueryEscape(ref.Version)
		if verb == "delete" {
			back = definitionPath(ref.Name)
			if _, err := u.Read.Versions(ctx, who, ref.Name); err != nil {
				back = "/definitions" // it was the last one
			}
		}
		return u.redirect(w, r, withNotice(back, "version_"+verb))
	}
}

func versionInPath(r *http.Request) (ref workflow.Ref, err error) {
	if ref.Name, err = pathValue(r, "name"); err != nil {
		return ref, err
	}
	ref.Version, err = pathValue(r, "version")
	return ref, err
}

// versionRefused shows the version as it is and why nothing was changed. Faults
// of ours have their own page, as has a version that is not there.
func (u *UI) versionRefused(w http.ResponseWriter, r *http.Request, ref workflow.Ref, cause error) error {
	problem := respond.ProblemOf(cause, r.URL.Path)
	if problem.Status >= http.StatusInternalServerError || problem.Status == http.StatusNotFound {
		return cause
	}
	p, view, err := u.definitionView(r, ref.Name, ref.Version)
	if err != nil {
		return err
	}
	p.Current, p.Problem = definitionPath(ref.Name)+"?version="+url.QueryEscape(ref.Version), true
	p.Notice = &views.Notice{Kind: views.NoticeFailed, Text: refusal(p, problem)}
	return render(w, r, problem.Status, views.DefinitionPage(p, view))
}

// versionActions are what an author may do with a version.
func versionActions(p views.Page, v engine.DefinitionRow) []views.Confirm {
	id := "v-" + v.Version
	path := definitionPath(v.Name) + "/versions/" + url.PathEscape(v.Version)
	confirm := func(verb, icon string, danger bool) views.Confirm {
		return views.Confirm{
			ID: id + "-" + verb, Icon: icon, Label: p.T("version." + verb), Text: p.T("version."+verb+"_text", v.Version),
			Button: p.T("version."+verb+"_go", v.Version), Action: p.Href(path + "/" + verb), Reason: true, ReasonRequired: danger, Danger: danger,
		}
	}
	if v.IsActive {
		return []views.Confirm{confirm("deactivate", "circle-slash", true)}
	}
	list := []views.Confirm{confirm("activate", "circle-check", false)}
	if v.Instances == 0 {
		list = append(list, confirm("delete", "trash-2", true))
	}
	return list
}
