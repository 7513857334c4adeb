package ui

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/views/msg"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

func (u *UI) taskRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/tasks", Guard: guard.SignedIn, Handle: u.showInbox},
		{Method: http.MethodGet, Pattern: "/tasks/live", Guard: guard.SignedIn, Stream: true, Live: u.inboxLive},
		{Method: http.MethodGet, Pattern: "/keys", Guard: guard.SignedIn, Handle: u.showKeys},
		{Method: http.MethodGet, Pattern: "/tasks/{id}/around", Guard: guard.SignedIn, Handle: u.showAround},
		{Method: http.MethodGet, Pattern: "/tasks/{id}", Guard: guard.SignedIn, Handle: u.showTask},
		{Method: http.MethodPost, Pattern: "/tasks/{id}/complete", Guard: guard.SignedIn, Handle: u.completeTask},
		{Method: http.MethodPost, Pattern: "/tasks/{id}/form", Guard: guard.SignedIn, Handle: u.changeTaskForm},
		{Method: http.MethodPost, Pattern: "/tasks/{id}/draft", Guard: guard.SignedIn, Handle: u.saveDraft},
		{Method: http.MethodPost, Pattern: "/tasks/{id}/claim", Guard: guard.SignedIn, Handle: u.claimTask},
		{Method: http.MethodPost, Pattern: "/tasks/{id}/unclaim", Guard: guard.SignedIn, Handle: u.unclaimTask},
		{Method: http.MethodPost, Pattern: "/tasks/{id}/reassign", Guard: guard.SignedIn, Handle: u.reassignTask},
	}
}

// inboxTabs are the views of the inbox in the order of the page.
var inboxTabs = [...]engine.TaskView{engine.TasksMine, engine.TasksGroups, engine.TasksUnassigned, engine.TasksCompleted}

func (u *UI) showInbox(w http.ResponseWriter, r *http.Request) error {
	p, list, err := u.readInbox(r)
	if err != nil {
		return err
	}
	p.Notice = noticeOf(p, r)
	return render(w, r, http.StatusOK, views.InboxPage(p, u.inboxView(r, p, list)))
}

// noticeOf gives the notice whose code stands in the query, nil for none.
func noticeOf(p views.Page, r *http.Request) *views.Notice {
	code := r.URL.Query().Get("notice")
	if code == "" || !msg.Has("notice."+code) {
		return nil
	}
	kind := views.NoticeDone
	if code == "not_claimed" || code == "not_changed" || code == "none_chosen" {
		kind = views.NoticeWarning
	}
	return &views.Notice{Kind: kind, Text: p.T("notice." + code)}
}

// inboxList is what the address asks for.
type inboxList struct {
	at     inboxAt
	counts map[engine.TaskView]tabCount
	found  engine.Page[engine.TaskRow]
	names  *naming
}

func (u *UI) readInbox(r *http.Request) (views.Page, inboxList, error) {
	p := u.page(r, "", views.NavInbox)
	p.Title = p.T("inbox.title")
	counts, err := u.countTabs(r)
	if err != nil {
		return p, inboxList{}, err
	}
	tab, err := chosenTab(r, counts)
	if err != nil {
		return p, inboxList{}, err
	}
	p.Title = p.T("inbox."+string(tab)) + " · " + p.T("inbox.title") // each view has a title of its own
	l := inboxList{
		at:     inboxAt{tab: tab, cursor: r.URL.Query().Get("cursor"), urgent: r.URL.Query().Get("sort") == "priority"},
		counts: counts, names: u.naming(r),
	}
	l.found, err = u.Read.Tasks(r.Context(), actor(r), engine.TaskFilter{View: tab, Now: p.Now, Urgent: l.at.urgent}, engine.Paging{Cursor: l.at.cursor, Most: engine.ShownTotal})
	var logins []string
	for _, t := range l.found.Items {
		logins = append(logins, t.StartedBy, t.Assignee)
	}
	l.names.know(logins...)
	return p, l, err
}

func (u *UI) inboxView(r *http.Request, p views.Page, l inboxList) views.InboxView {
	tab := l.at.tab
	view := views.InboxView{
		Completed: tab == engine.TasksCompleted, Assignees: tab == engine.TasksUnassigned || tab == engine.TasksGroups,
		Empty: emptyInbox(p, tab), Pager: inboxPager(p, l.at, l.found),
		Live: p.Href(l.following()), Back: l.at.path("/tasks"),
	}
	if !view.Completed {
		view.Sorts = []views.InboxTab{
			{Label: p.T("inbox.sort_due"), Href: p.Href(inboxAt{tab: tab}.path("/tasks")), Current: !l.at.urgent},
			{Label: p.T("inbox.sort_priority"), Href: p.Href(inboxAt{tab: tab, urgent: true}.path("/tasks")), Current: l.at.urgent},
		}
		view.Bulk, view.BulkClaim = p.Href("/tasks/bulk"), p.Href("/tasks/bulk/claim")
	}
	for _, t := range inboxTabs {
		view.Tabs = append(view.Tabs, views.InboxTab{
			Label: p.T("inbox." + string(t)), Href: p.Href(inboxAt{tab: t, urgent: l.at.urgent}.path("/tasks")), Count: l.counts[t].text, Current: t == tab,
		})
	}
	for _, t := range l.found.Items {
		view.Rows = append(view.Rows, u.inboxRow(r, p, l.names, t))
	}
	return view
}

// tabCount is how many tasks a view has.
type tabCount struct {
	n    int
	text string
}

// countTabs counts the open tasks of each view, all at once.
func (u *UI) countTabs(r *http.Request) (map[engine.TaskView]tabCount, error) {
	var found [len(inboxTabs)]engine.Page[engine.TaskRow]
	all, ctx := errgroup.WithContext(r.Context())
	for i, tab := range inboxTabs {
		if tab != engine.TasksCompleted {
			all.Go(func() (err error) {
				found[i], err = u.Read.Tasks(ctx, actor(r), engine.TaskFilter{View: tab}, engine.Paging{Limit: 1, Most: engine.ShownTotal})
				return err
			})
		}
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	counts := map[engine.TaskView]tabCount{}
	for i, tab := range inboxTabs {
		if tab != engine.TasksCompleted {
			counts[tab] = tabCount{found[i].Total, strconv.Itoa(found[i].Total) + plus(found[i].TotalIsCapped)}
		}
	}
	return counts, nil
}

// chosenTab is the view that the address names; without one, the first of the
// person's own tasks and those of his groups that has any.
func chosenTab(r *http.Request, counts map[engine.TaskView]tabCount) (engine.TaskView, error) {
	name := engine.TaskView(r.URL.Query().Get("view"))
	for _, tab := range inboxTabs {
		if tab == name {
			return tab, nil
		}
	}
	switch {
	case name != "":
		return "", workflow.Errorf(workflow.KindMalformed, "bad_view", "There is no view %q of the inbox. Choose one of its tabs.", clip(string(name), 50))
	case counts[engine.TasksMine].n == 0 && counts[engine.TasksGroups].n > 0:
		return engine.TasksGroups, nil
	}
	return engine.TasksMine, nil
}

// inboxAt is a place in the inbox.
type inboxAt struct {
	tab    engine.TaskView
	cursor string
	urgent bool // the most urgent first, else the soonest due
}

func (at inboxAt) path(path string) string {
	query := url.Values{"view": {string(at.tab)}}
	if at.cursor != "" {
		query.Set("cursor", at.cursor)
	}
	if at.urgent {
		query.Set("sort", "priority")
	}
	return path + "?" + query.Encode()
}

func inboxPager(p views.Page, at inboxAt, page engine.Page[engine.TaskRow]) views.Pager {
	pager := views.Pager{Shown: len(page.Items), Total: strconv.Itoa(page.Total)}
	if page.TotalIsCapped {
		pager.Total += "+"
	}
	if at.cursor != "" {
		at.cursor = ""
		pager.First = p.Href(at.path("/tasks"))
	}
	if page.NextCursor != "" {
		at.cursor = page.NextCursor
		pager.Next = p.Href(at.path("/tasks"))
	}
	return pager
}

// emptyInbox says why a view has no tasks, and which one to look at instead.
func emptyInbox(p views.Page, tab engine.TaskView) views.Empty {
	key, next := "inbox.empty."+string(tab), engine.TasksMine
	if tab == engine.TasksMine {
		next = engine.TasksGroups
	}
	return views.Empty{
		Icon: "inbox", Title: p.T(key), Text: p.T(key + "_text"),
		Action: p.T(key + "_next"), Href: p.Href(inboxAt{tab: next}.path("/tasks")),
	}
}

func (u *UI) inboxRow(r *http.Request, p views.Page, names *naming, t engine.TaskRow) views.InboxRow {
	row := views.InboxRow{
		ID: t.ID.String(), Title: itemLabel(p, t.Title, t.Item, t.Index), Href: p.Href(taskPath(t.ID)), Definition: t.DefinitionTitle,
		Requester: names.of(t.StartedBy), For: names.waitsFor(p, t.Task), Overdue: overdue(p, t.Task),
		Paused:  t.Status == workflow.TaskPending && t.InstanceStatus == workflow.StatusPaused,
		Created: p.Moment(t.CreatedAt), Version: strconv.FormatInt(t.Version, 10),
	}
	if t.DueAt != nil {
		row.Due = p.Moment(*t.DueAt)
	}
	if t.CompletedAt != nil {
		row.Completed = p.Moment(*t.CompletedAt)
		row.Decision = u.outcomeTitle(r, t)
	}
	if t.Priority != 0 {
		row.Priority = p.T("inbox.priority", strconv.Itoa(t.Priority))
	}
	if t.Status == workflow.TaskPending && t.InstanceStatus != workflow.StatusPaused && t.MayDecide(actor(r)) {
		row.Pick = t.ID.String()
	}
	if mayClaim(t, actor(r)) {
		row.Claim = p.Href(taskPath(t.ID) + "/claim")
	}
	return row
}

func taskPath(id uuid.UUID) string { return "/tasks/" + id.String() }

func overdue(p views.Page, t workflow.Task) bool {
	return t.Status == workflow.TaskPending && t.DueAt != nil && t.DueAt.Before(p.Now)
}

// mayClaim reports whether claiming the task would change who has it.
func mayClaim(t engine.TaskRow, a workflow.Actor) bool {
	return t.MayDecide(a) && t.Assignee != a.ID && t.InstanceStatus != workflow.StatusPaused
}

// outcomeTitle gives the button by which a task was decided, its name where the
// definition cannot be read.
func (u *UI) outcomeTitle(r *http.Request, t engine.TaskRow) string {
	if t.Outcome == "" {
		return ""
	}
	def, err := u.Engine.Definition(r.Context(), actor(r), t.Definition.Name, t.Definition.Version)
	if err != nil {
		return t.Outcome
	}
	return titleOfOutcome(def.Step(t.Step), t.Outcome)
}

func titleOfOutcome(step *workflow.Step, name string) string {
	if step != nil && step.Human != nil {
		if o := step.Human.Outcome(name); o != nil {
			return o.Title
		}
	}
	return name
}
