package ui

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/views/msg"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

func (u *UI) auditRoutes() []Route {
	return []Route{{Method: http.MethodGet, Pattern: auditPath, Guard: guard.Auditors, Handle: u.audit}}
}

const auditPath = "/admin/audit"

// auditActions are the actions that the page offers as a filter.
var auditActions = []string{
	"instance.start", "instance.cancel", "instance.pause", "instance.resume", "instance.retry", "instance.skip",
	"instance.force_complete", "instance.migrate", "instance.edit_data",
	"task.claim", "task.unclaim", "task.reassign", "task.delegate", "task.return", "task.complete", "task.comment", "task.escalate",
	"definition.save", "operation.start", "operation.cancel", "secret.set", "secret.delete",
	"user.create", "user.update", "user.delete", "user.invite", "user.set_password", "user.change_password", "user.end_sessions",
	"group.save", "group.delete", "group.add_member", "group.remove_member",
	"token.create", "token.rotate", "token.revoke", "substitute.add", "substitute.remove", "session.end", "view.save", "view.delete",
}

func (u *UI) audit(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "audit.title")
	query := r.URL.Query()
	filter, err := auditFilter(p, query)
	if err != nil {
		return err
	}
	found, err := u.Read.Audit(r.Context(), actor(r), filter, engine.Paging{Cursor: query.Get("cursor")})
	if err != nil {
		return err
	}
	view := views.AuditView{
		Actor: query.Get("actor"), ObjectID: query.Get("object_id"), After: query.Get("after"), Before: query.Get("before"),
		Pager: pagerOf(p, found, auditPath, query), ExportCSV: u.exportPath(p, filter, "csv"), ExportJSON: u.exportPath(p, filter, "json"),
	}
	for _, action := range auditActions {
		view.Actions = append(view.Actions, views.FilterChoice{Value: action, Label: actionWords(p, action), Chosen: slices.Contains(filter.Actions, action)})
	}
	for value, word := range map[string]string{"false": "audit.done", "true": "audit.refused"} {
		view.Outcomes = append(view.Outcomes, views.FilterChoice{Value: value, Label: p.T(word), Chosen: query.Get("refused") == value})
	}
	slices.SortFunc(view.Outcomes, func(a, b views.FilterChoice) int { return strings.Compare(a.Value, b.Value) })
	names := u.naming(r)
	for _, line := range found.Items {
		view.Rows = append(view.Rows, auditRow(p, names, line))
	}
	return render(w, r, http.StatusOK, views.AuditPage(p, view))
}

func auditFilter(p views.Page, query url.Values) (engine.AuditFilter, error) {
	f := engine.AuditFilter{Actors: given(query["actor"]), Actions: given(query["action"]), ObjectIDs: given(query["object_id"])}
	if refused := query.Get("refused"); refused != "" {
		yes := refused == "true"
		f.Refused = &yes
	}
	for key, to := range map[string]**time.Time{"after": &f.After, "before": &f.Before} {
		text := query.Get(key)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return f, workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T("audit.bad_day", text))
		}
		if key == "before" {
			at = at.AddDate(0, 0, 1) // the last day counts
		}
		*to = &at
	}
	return f, nil
}

// exportPath is where the API exports what the page shows.
func (u *UI) exportPath(p views.Page, f engine.AuditFilter, format string) string {
	q := url.Values{"format": {format}}
	for key, values := range map[string][]string{"actor": f.Actors, "action": f.Actions, "object_id": f.ObjectIDs} {
		if len(values) > 0 {
			q[key] = values
		}
	}
	if f.Refused != nil {
		q.Set("refused", map[bool]string{true: "true", false: "false"}[*f.Refused])
	}
	if f.After != nil {
		q.Set("after", f.After.Format(time.RFC3339))
	}
	if f.Before != nil {
		q.Set("before", f.Before.Format(time.RFC3339))
	}
	return p.Href(u.APIPath + "/audit/export?" + q.Encode())
}

// actionWords says what was done; a request that reached no action is said by
// its method and route.
func actionWords(p views.Page, action string) string {
	if key := "audit.a." + action; msg.Has(key) {
		return p.T(key)
	}
	return action
}

func auditRow(p views.Page, names *naming, line workflow.Record) views.AuditRow {
	row := views.AuditRow{
		At: p.Moment(line.At), Who: names.of(line.Actor), Action: actionWords(p, line.Action), Object: strings.TrimSpace(line.Object + " " + line.ObjectID),
		Refused: line.Refused, Reason: line.Reason, Before: indented(line.Before), After: indented(line.After),
	}
	if line.Actor == "" {
		row.Who = p.T("audit.nobody")
	}
	var how []string
	if key := "audit.via." + line.Via; msg.Has(key) {
		how = append(how, p.T(key))
	}
	if line.Caller != "" {
		how = append(how, p.T("audit.by", line.Caller))
	}
	if line.Address != "" {
		how = append(how, line.Address)
	}
	row.How = strings.Join(how, " · ")
	switch {
	case line.Object == "task":
		row.Href, row.Object = p.Href("/tasks/"+line.ObjectID), p.T("audit.o.task", end(line.ObjectID))
	case line.Object == "instance" && line.InstanceID != uuid.Nil:
		row.Href, row.Object = p.Href(instancePath(line.InstanceID)), p.T("audit.o.instance", line.Definition, shortID(line.InstanceID))
	case line.Object == "user" && line.ObjectID != "":
		row.Href = p.Href(personPath(line.ObjectID))
	}
	return row
}

// end is the part of an id that tells it from others.
func end(id string) string { return id[max(0, len(id)-6):] }

func indented(text json.RawMessage) string {
	var out bytes.Buffer
	if len(text) == 0 || json.Indent(&out, text, "", "  ") != nil {
		return string(text)
	}
	return out.String()
}
