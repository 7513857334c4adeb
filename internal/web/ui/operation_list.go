package ui

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

func operationPath(id uuid.UUID) string { return "/operations/" + id.String() }

// operations lists verbs for many instances, those under way and those that have
// ended: one's own, and to operators everybody's.
func (u *UI) operations(w http.ResponseWriter, r *http.Request) error {
	p, view, err := u.operationsView(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.OperationsPage(p, view))
}

func (u *UI) operationsLive(r *http.Request) (topic, error) {
	if _, _, err := u.operationsView(r); err != nil {
		return topic{}, err
	}
	return topic{watch: func() (<-chan struct{}, func()) { return beats(operationBeat) }, regions: func(r *http.Request) ([]region, error) {
		p, view, err := u.operationsView(r)
		parts := []region{{inboxCountID, views.InboxCount(p)}}
		for _, row := range view.Rows {
			parts = append(parts, region{row.ID, views.OperationProgress(p, row)})
		}
		return parts, err
	}}, nil
}

func (u *UI) operationsView(r *http.Request) (views.Page, views.OperationsView, error) {
	p := u.page(r, "", views.NavInstances)
	p.Title = p.T("bulk.list")
	query := url.Values{}
	for _, key := range []string{"status", "cursor"} {
		if values := given(r.URL.Query()[key]); len(values) > 0 {
			query[key] = values
		}
	}
	view := views.OperationsView{Open: query.Get("status") == string(engine.OperationRunning), All: p.Href("/operations"), OnlyOpen: p.Href("/operations?status=running&status=canceling")}
	var f engine.OperationFilter
	for _, status := range query["status"] {
		f.Statuses = append(f.Statuses, engine.OperationStatus(status))
	}
	found, err := u.Engine.Operations(r.Context(), actor(r), f, engine.Paging{Cursor: query.Get("cursor"), Most: engine.ShownTotal})
	if err != nil {
		return p, view, err
	}
	names := u.naming(r)
	for _, op := range found.Items {
		view.Rows = append(view.Rows, operationRow(p, names, actor(r), op))
		if op.FinishedAt == nil {
			view.LiveURL = p.Href("/live/operations?" + query.Encode())
		}
	}
	view.Pager = pagerOf(p, found, "/operations", query)
	return p, view, nil
}

func operationRow(p views.Page, names *naming, who workflow.Actor, op engine.Operation) views.OperationRow {
	row := views.OperationRow{
		ID: "op-" + op.ID.String(), Title: operationTitle(p, op), Href: p.Href(operationPath(op.ID)), State: operationState(op),
		Progress: progressOf(p, op), Failed: p.Count(op.Failed), SomeFailed: op.Failed > 0, By: names.of(op.Actor.ID), Began: p.Moment(op.CreatedAt), Finished: momentOf(p, op.FinishedAt),
		Reason: op.Params.Reason,
	}
	row.Stop = stopOf(p, who, op)
	return row
}

// operationTitle says what is done to how many instances.
func operationTitle(p views.Page, op engine.Operation) string {
	return p.T("bulk.operation", p.T("bulk."+string(op.Action)), p.Count(op.Total))
}

func operationState(op engine.Operation) string {
	switch op.Status {
	case engine.OperationCompleted:
		return "completed"
	case engine.OperationCanceled:
		return "canceled"
	}
	return "running"
}

func progressOf(p views.Page, op engine.Operation) views.Progress {
	ended := op.Done + op.Failed
	g := views.Progress{Ended: strconv.Itoa(ended), Total: strconv.Itoa(max(op.Total, 1)), Percent: "0", Text: p.T("bulk.of", p.Count(ended), p.Count(op.Total))}
	if op.Total > 0 {
		g.Percent = strconv.Itoa(100 * ended / op.Total)
	}
	return g
}

// stopOf offers to stop an operation to those who may; nil when there is nothing
// to stop.
func stopOf(p views.Page, who workflow.Actor, op engine.Operation) *views.Confirm {
	if op.Status != engine.OperationRunning || op.Actor.ID != who.ID && !who.Is(workflow.RoleOperator) {
		return nil
	}
	return &views.Confirm{
		ID: "stop-" + op.ID.String(), Label: p.T("bulk.stop"), Icon: "ban", Text: p.T("bulk.stop_text"), Button: p.T("bulk.stop_button"),
		Action: p.Href(operationPath(op.ID) + "/cancel"), Danger: true,
	}
}
