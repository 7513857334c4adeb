package ui

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// inboxLive keeps the rows of the page as they are placed, each in its present
// state, and says how many have come since; nothing jumps. A list that was empty
// is shown anew instead.
func (u *UI) inboxLive(r *http.Request) (topic, error) {
	shown, err := shownRows(r.URL.Query().Get(shownKey))
	if err != nil {
		return topic{}, err
	}
	return topic{regions: func(r *http.Request) ([]region, error) {
		p, list, err := u.readInbox(r)
		if err != nil {
			return nil, err
		}
		view := u.inboxView(r, p, list)
		parts := []region{{views.InboxTabsID, views.InboxTabs(p, view)}}
		if len(shown) == 0 {
			parts = append(parts, region{views.InboxListID, views.InboxList(p, view)}, region{views.InboxFollowID, views.InboxFollow(view.Live)})
		} else {
			var lines []region
			lines, err = u.shownTasks(r, p, list, view, shown)
			parts = append(append(parts, lines...), region{views.InboxNewsID, views.InboxNews(p, list.news(p, shown))})
		}
		return append(parts, region{inboxCountID, views.InboxCount(p)}), err
	}}, nil
}

// following is the address that the page follows: its place in the inbox, and
// the rows that are shown.
func (l inboxList) following() string {
	return l.at.path("/tasks/live") + "&" + shownKey + "=" + shownText(l.found.Items, func(t engine.TaskRow) uuid.UUID { return t.ID })
}

// news says how many tasks of the first page are not among those shown.
func (l inboxList) news(p views.Page, shown []uuid.UUID) views.ListNews {
	n := 0
	for _, t := range l.found.Items {
		if !slices.Contains(shown, t.ID) {
			n++
		}
	}
	if n == 0 || l.at.cursor != "" {
		return views.ListNews{}
	}
	return newsOf(p, n, n == len(l.found.Items) && l.found.NextCursor != "", l.at.path("/tasks"))
}

// newsOf announces how many rows have come to a list, and leads to it.
func newsOf(p views.Page, n int, more bool, path string) views.ListNews {
	count := p.Count(n)
	if more {
		count += "+"
	}
	return views.ListNews{Text: p.T("instance.news", count), Href: p.Href(path)}
}

// shownTasks gives the shown rows as they are, also those that are not on the page
// any more; of decisions nothing changes.
func (u *UI) shownTasks(r *http.Request, p views.Page, l inboxList, view views.InboxView, shown []uuid.UUID) ([]region, error) {
	if view.Completed {
		return nil, nil
	}
	listed := map[uuid.UUID]views.InboxRow{}
	for i, t := range l.found.Items {
		listed[t.ID] = view.Rows[i]
	}
	gone := slices.DeleteFunc(slices.Clone(shown), func(id uuid.UUID) bool { _, ok := listed[id]; return ok })
	left, err := u.tasksNamed(r, gone)
	if err != nil {
		return nil, err
	}
	var parts []region
	for _, id := range shown {
		row, ok := listed[id]
		if !ok {
			t, visible := left[id]
			row = u.goneRow(r, p, l, id, t, visible)
		}
		parts = append(parts, region{"p-" + row.ID, views.InboxPick(p, row)})
		if view.Assignees {
			parts = append(parts, region{"w-" + row.ID, views.InboxFor(row)})
		}
		parts = append(parts, region{"d-" + row.ID, views.InboxDue(p, row)}, region{"c-" + row.ID, views.InboxClaim(p, view, row)})
	}
	return parts, nil
}

// tasksNamed reads tasks of a list, those that the viewer may see.
func (u *UI) tasksNamed(r *http.Request, ids []uuid.UUID) (map[uuid.UUID]engine.TaskRow, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := u.Read.Tasks(r.Context(), actor(r), engine.TaskFilter{IDs: ids}, engine.Paging{Limit: engine.MaxLimit, Most: engine.ShownTotal})
	tasks := map[uuid.UUID]engine.TaskRow{}
	for _, t := range found.Items {
		tasks[t.ID] = t
	}
	return tasks, err
}

// goneRow is a row that is not on the page any more: of a task that has left the
// view, it says why.
func (u *UI) goneRow(r *http.Request, p views.Page, l inboxList, id uuid.UUID, t engine.TaskRow, visible bool) views.InboxRow {
	if !visible {
		return views.InboxRow{ID: id.String(), Gone: p.T("inbox.gone.hidden"), GoneState: string(workflow.StatusCanceled)}
	}
	row := u.inboxRow(r, p, l.names, t)
	mine, open := t.Assignee == actor(r).ID, t.Status == workflow.TaskPending
	switch {
	case open && (l.at.tab == engine.TasksMine && mine || l.at.tab != engine.TasksMine && t.Assignee == ""):
		return row // it is on another page
	case t.Status == workflow.TaskCompleted:
		row.Gone, row.GoneState = p.T("inbox.gone.completed", l.names.of(t.CompletedBy)), string(workflow.StatusCompleted)
	case !open:
		row.Gone, row.GoneState = p.T("inbox.gone.canceled"), string(workflow.StatusCanceled)
	case mine:
		row.Gone, row.GoneState = p.T("inbox.gone.mine"), string(workflow.StatusWaiting)
	case t.Assignee == "":
		row.Gone, row.GoneState = p.T("inbox.gone.back"), string(workflow.StatusWaiting)
	default:
		row.Gone, row.GoneState = p.T("inbox.gone.taken", l.names.of(t.Assignee)), string(workflow.StatusWaiting)
	}
	row.Pick, row.Claim = "", ""
	return row
}
