package ui

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/views"
	"tandem/internal/workflow"
)

// advice says what to do about a failed instance, and which of its verbs fits:
// the name of one, or of a page that mends it.
type advice struct {
	text string
	verb string
	link *views.ActionLink // in place of a verb
}

// adviceOf judges a failure by its code.
func (read instanceRead) adviceOf(p views.Page) advice {
	e := read.in.Error
	if read.in.Status != workflow.StatusFailed || e == nil {
		return advice{}
	}
	switch {
	case e.Code == "child_failed":
		return read.childAdvice(p)
	case e.Exit:
		return advice{text: p.T("advice.exit"), verb: "edit"}
	case refusedByOther(e.Status):
		return advice{text: p.T("advice.refused", e.Status), verb: "edit"}
	case slices.Contains([]string{"expression_failed", "bad_input", "invalid_input", "too_large"}, e.Code):
		return advice{text: p.T("advice.data"), verb: "edit"}
	case e.Code == "lost":
		return advice{text: p.T("advice.lost"), verb: "retry"}
	case slices.Contains([]string{"mail_not_configured", "secrets_not_configured", "secret_refused", "unknown_action"}, e.Code):
		return advice{text: p.T("advice.setting"), verb: "retry"}
	}
	return advice{text: p.T("advice.retry"), verb: "retry"}
}

// refusedByOther reports whether asking again would be refused again.
func refusedByOther(status int) bool {
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError &&
		status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

// childAdvice leads to the workflow below that failed.
func (read instanceRead) childAdvice(p views.Page) advice {
	for _, e := range slices.Backward(read.executions) {
		if e.ID == read.in.Error.ExecutionID && e.Child != uuid.Nil {
			return advice{text: p.T("advice.child"), verb: "retry", link: &views.ActionLink{
				Label: p.T("advice.open_child"), Icon: "workflow", Href: p.Href(instancePath(e.Child)),
			}}
		}
	}
	return advice{text: p.T("advice.child"), verb: "retry"}
}

// offers lays out what the reader may do: the fitting verb first, and shown so.
func (read instanceRead) offers(p views.Page, a workflow.Actor, view *views.InstanceView) {
	fit := read.adviceOf(p)
	view.Advice = fit.text
	view.Actions = append(actionsOf(p, read.in, read.def, a), read.skips(p, a)...)
	view.Links = read.links(p, a)
	if !read.def.MayOperate(a) {
		view.Advice = ""
		return
	}
	if fit.link != nil {
		view.First = fit.link
		return
	}
	for i := range view.Actions {
		view.Actions[i].Primary = view.Actions[i].ID == fit.verb
	}
	if i := slices.IndexFunc(view.Links, func(l views.ActionLink) bool { return fit.verb == "edit" && l.Icon == "pencil" }); i >= 0 {
		first := view.Links[i]
		view.First, view.Links = &first, slices.Delete(view.Links, i, i+1)
	}
}

// links lead to the pages on which an instance is mended.
func (read instanceRead) links(p views.Page, a workflow.Actor) []views.ActionLink {
	if !read.def.MayOperate(a) || read.in.Status.Finished() {
		return nil
	}
	path := instancePath(read.in.ID)
	var list []views.ActionLink
	if read.in.Status == workflow.StatusFailed {
		list = append(list, views.ActionLink{Label: p.T("mend.retry_from"), Icon: "rotate-ccw", Href: p.Href(path + "/retry")})
	}
	return append(list,
		views.ActionLink{Label: p.T("mend.edit"), Icon: "pencil", Href: p.Href(path + "/data")},
		views.ActionLink{Label: p.T("mend.migrate"), Icon: "git-branch", Href: p.Href(path + "/migrate")},
	)
}
