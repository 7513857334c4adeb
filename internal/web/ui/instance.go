package ui

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// instanceRoutes lists the pages about instances, their streams and verbs. Whose
// instance may be seen or operated the engine decides.
func (u *UI) instanceRoutes() []Route {
	routes := []Route{
		{Method: http.MethodGet, Pattern: "/instances", Guard: guard.SignedIn, Handle: u.instances},
		{Method: http.MethodGet, Pattern: "/live/instances", Guard: guard.SignedIn, Stream: true, Live: u.instancesLive},
		{Method: http.MethodGet, Pattern: "/instances/{id}", Guard: guard.SignedIn, Handle: u.instance},
		{Method: http.MethodGet, Pattern: "/instances/{id}/timeline", Guard: guard.SignedIn, Handle: u.showTimeline},
		{Method: http.MethodGet, Pattern: "/instances/{id}/history", Guard: guard.SignedIn, Handle: u.showHistory},
		{Method: http.MethodGet, Pattern: "/live/instances/{id}", Guard: guard.SignedIn, Stream: true, Live: u.instanceLive},
	}
	for _, v := range verbs {
		if v.name == "retry" {
			continue // it has a page of its own
		}
		routes = append(routes, Route{
			Method: http.MethodPost, Pattern: "/instances/{id}/" + v.name, Guard: guard.SignedIn, Handle: u.operate(v),
		})
	}
	routes = append(routes, Route{Method: http.MethodPost, Pattern: "/instances/{id}/skip", Guard: guard.SignedIn, Handle: u.skip})
	return append(routes, u.mendRoutes()...)
}

// verb is what a person may do with an instance.
type verb struct {
	name   string
	icon   string
	danger bool
	reason bool // needs one
	offer  func(in workflow.Instance, operator, starter bool) bool
	do     func(u *UI, ctx context.Context, a workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error)
}

// verbs lists them in the order of the page.
var verbs = []verb{
	{
		name: "retry", icon: "rotate-ccw",
		offer: func(in workflow.Instance, operator, _ bool) bool {
			return operator && in.Status == workflow.StatusFailed
		},
		do: func(u *UI, ctx context.Context, a workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
			return u.Engine.Retry(ctx, a, id, reason)
		},
	},
	{
		name: "resume", icon: "play",
		offer: func(in workflow.Instance, operator, _ bool) bool {
			return operator && in.Paused && !in.Status.Finished()
		},
		do: func(u *UI, ctx context.Context, a workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
			return u.Engine.Resume(ctx, a, id, reason)
		},
	},
	{
		name: "pause", icon: "pause",
		offer: func(in workflow.Instance, operator, _ bool) bool {
			return operator && !in.Paused && in.Status != workflow.StatusFailed && !in.Status.Finished()
		},
		do: func(u *UI, ctx context.Context, a workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
			return u.Engine.Pause(ctx, a, id, reason)
		},
	},
	{
		name: "force-complete", icon: "check", danger: true, reason: true,
		offer: func(in workflow.Instance, operator, _ bool) bool {
			return operator && in.Status == workflow.StatusFailed
		},
		do: func(u *UI, ctx context.Context, a workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
			return u.Engine.ForceComplete(ctx, a, id, reason)
		},
	},
	{
		name: "cancel", icon: "ban", danger: true,
		offer: func(in workflow.Instance, operator, starter bool) bool {
			return (operator || starter) && !in.Status.Finished()
		},
		do: func(u *UI, ctx context.Context, a workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
			return u.Engine.Cancel(ctx, a, id, reason)
		},
	},
}

// instanceID reads the id of the path; one that cannot be an id is unknown.
func instanceID(r *http.Request) (uuid.UUID, error) {
	text, err := pathValue(r, "id")
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.Parse(text)
	if err != nil || id == uuid.Nil {
		return uuid.Nil, workflow.ErrInstanceNotFound
	}
	return id, nil
}

func (u *UI) instance(w http.ResponseWriter, r *http.Request) error {
	id, err := instanceID(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("at") {
		return u.replay(w, r, id)
	}
	p, view, err := u.instanceView(r, id)
	if err != nil {
		return err
	}
	p.Notice = noticeOf(p, r)
	return render(w, r, http.StatusOK, views.InstancePage(p, view))
}

func (u *UI) instanceLive(r *http.Request) (topic, error) {
	id, err := instanceID(r)
	if err != nil {
		return topic{}, err
	}
	return topic{instance: id, regions: func(r *http.Request) ([]region, error) {
		p, view, err := u.instanceView(r, id)
		return instanceRegions(p, view), err
	}}, nil
}

// instanceRegions lists the parts of the page that change with the instance.
func instanceRegions(p views.Page, v views.InstanceView) []region {
	return []region{
		{views.InstanceHeadID, views.InstanceHead(p, v)},
		{views.InstanceActionsID, views.InstanceActions(p, v)},
		{v.Graph.ID + "-steps", views.GraphSteps(p, v.Graph)},
		{v.Graph.ID + "-ways", views.GraphWays(p, v.Graph)},
		{views.InstanceTimelineID, views.InstanceTimeline(p, v.Timeline)},
		{views.InstanceTasksID, views.InstanceTasks(p, v)},
		{views.InstanceExecutionsID, views.InstanceExecutions(p, v)},
		{views.InstanceDataID, views.InstanceData(p, v)},
		{views.InstanceHistoryID, views.InstanceHistoryList(p, v.History)},
		{inboxCountID, views.InboxCount(p)},
	}
}

// operate answers the form of a verb: the page with a notice, or the same page
// with the refusal.
func (u *UI) operate(v verb) Handler {
	return u.mend(v.name, func(ctx context.Context, a workflow.Actor, id uuid.UUID, values url.Values) (workflow.Instance, error) {
		return v.do(u, ctx, a, id, reasonIn(values))
	})
}

func reasonIn(values url.Values) string { return strings.TrimSpace(values.Get("reason")) }

// mend answers a form that changes an instance.
func (u *UI) mend(name string, do func(ctx context.Context, a workflow.Actor, id uuid.UUID, values url.Values) (workflow.Instance, error)) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := instanceID(r)
		if err != nil {
			return err
		}
		values, err := postedForm(r)
		if err != nil {
			return err
		}
		if _, err := u.Read.Instance(r.Context(), actor(r), id); err != nil {
			return err // what one may not see one may not operate
		}
		in, err := do(r.Context(), actor(r), id, values)
		if err != nil {
			return u.operateRefused(w, r, id, reasonIn(values), err)
		}
		return u.settled(w, r, in, "instance_"+name)
	}
}

// operateRefused shows the instance as it is, why the verb was not done, and
// the reason that was typed. Faults of ours have their own page.
func (u *UI) operateRefused(w http.ResponseWriter, r *http.Request, id uuid.UUID, reason string, cause error) error {
	problem := respond.ProblemOf(cause, r.URL.Path)
	if problem.Status >= http.StatusInternalServerError {
		return cause
	}
	p, view, err := u.instanceView(r, id)
	if err != nil {
		return err
	}
	text := refusal(p, problem)
	if reason != "" {
		text = p.T("instance.refused", text, reason)
	}
	p.Current, p.Problem = instancePath(id), true
	p.Notice = &views.Notice{Kind: views.NoticeFailed, Text: text}
	return render(w, r, problem.Status, views.InstancePage(p, view))
}
