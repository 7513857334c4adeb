package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// AuditLine is one line of the audit.
type AuditLine struct {
	Seq            int64     `json:"seq" doc:"Grows; without meaning beside the order."`
	At             time.Time `json:"at"`
	Actor          string    `json:"actor" doc:"A login, or system:…; empty when nobody was signed in."`
	Caller         *string   `json:"caller" doc:"Whose token it was, when it acted as the actor."`
	Via            string    `json:"via" doc:"session, token, link or system."`
	TokenID        *string   `json:"token_id"`
	Address        *string   `json:"address" doc:"The IP that it came from."`
	RequestID      *string   `json:"request_id"`
	Action         string    `json:"action" doc:"As task.complete; of a request that reached no action its method and route."`
	Object         string    `json:"object" doc:"The sort of thing that it was done to, as task."`
	ObjectID       string    `json:"object_id"`
	InstanceID     *string   `json:"instance_id" format:"uuid"`
	DefinitionName *string   `json:"definition_name"`
	Refused        *string   `json:"refused" doc:"The code of the refusal; null when it was done."`
	Reason         *string   `json:"reason" doc:"That the person gave, or the sentence of the refusal."`
	Before         Object    `json:"before"`
	After          Object    `json:"after"`
}

type (
	AuditFilter struct {
		Actor          []string  `query:"actor,explode"`
		Action         []string  `query:"action,explode"`
		Object         []string  `query:"object,explode" doc:"The sorts of things, as task."`
		ObjectID       []string  `query:"object_id,explode"`
		DefinitionName []string  `query:"definition_name,explode"`
		InstanceID     string    `query:"instance_id"`
		Refused        string    `query:"refused" enum:"true,false"`
		After          time.Time `query:"after"`
		Before         time.Time `query:"before"`
	}
	auditInput struct {
		Paging
		AuditFilter
	}
	auditExport struct {
		AuditFilter
		Format string `query:"format" enum:"csv,json" default:"csv" doc:"json: one line in each line."`
	}
	auditAnswer struct{ Body List[AuditLine] }
)

func (b *builder) auditRoutes() {
	auditors := func(pattern string) Route {
		r := reads(pattern, "audit")
		r.Guard = guard.Auditors
		return r
	}
	handle(b, endpoint{Route: auditors("/audit"), ID: "list-audit", Summary: "List who did, or tried, what; newest first"}, b.listAudit)
	handle(b, endpoint{Route: auditors("/audit/export"), ID: "export-audit", Summary: "Export the audit as CSV or JSON lines",
		Doc: "At most 100,000 lines, newest first; go on with before. In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe."}, b.exportAudit)
}

func (f AuditFilter) engine() (engine.AuditFilter, error) {
	out := engine.AuditFilter{
		Actors: f.Actor, Actions: f.Action, Objects: f.Object, ObjectIDs: f.ObjectID, Definitions: f.DefinitionName,
		After: given(f.After), Before: given(f.Before),
	}
	if f.Refused != "" {
		refused := f.Refused == "true"
		out.Refused = &refused
	}
	if id, ok := parseID(f.InstanceID); ok {
		out.InstanceID = &id
	} else if f.InstanceID != "" {
		return out, workflow.Errorf(workflow.KindMalformed, "bad_filter", "The parameter instance_id is no id.")
	}
	return out, nil
}

func (a *API) listAudit(ctx context.Context, who workflow.Actor, in *auditInput) (*auditAnswer, error) {
	filter, err := in.AuditFilter.engine()
	if err != nil {
		return nil, err
	}
	page, err := a.Read.Audit(ctx, who, filter, in.Paging.engine())
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(r workflow.Record) (AuditLine, error) { return auditLineOf(r), nil })
	return &auditAnswer{list}, err
}

func auditLineOf(r workflow.Record) AuditLine {
	line := AuditLine{
		Seq: r.Seq, At: r.At, Actor: r.Actor, Caller: orNull(r.Caller), Via: r.Via, TokenID: orNull(r.Token), Address: orNull(r.Address),
		RequestID: orNull(r.Request), Action: r.Action, Object: r.Object, ObjectID: r.ObjectID, DefinitionName: orNull(r.Definition),
		Refused: orNull(r.Refused), Reason: orNull(r.Reason), Before: Object(r.Before), After: Object(r.After),
	}
	if r.InstanceID != uuid.Nil {
		line.InstanceID = orNull(r.InstanceID.String())
	}
	return line
}

// maxExport bounds the lines of one export.
const maxExport = 100_000

// exportAudit reads the first page before it answers, so that what is wrong with
// the request is a refusal; what breaks later breaks the answer off.
func (a *API) exportAudit(ctx context.Context, who workflow.Actor, in *auditExport) (*huma.StreamResponse, error) {
	filter, err := in.AuditFilter.engine()
	if err != nil {
		return nil, err
	}
	first, err := a.Read.Audit(ctx, who, filter, engine.Paging{Limit: engine.MaxLimit})
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		media, ending, write := "text/csv; charset=utf-8", "csv", writeCSV
		if in.Format == "json" {
			media, ending, write = "application/x-ndjson", "jsonl", writeLines
		}
		h.SetHeader("Content-Type", media)
		h.SetHeader("Content-Disposition", `attachment; filename="audit.`+ending+`"`)
		next := func(cursor string) (engine.Page[workflow.Record], error) {
			return a.Read.Audit(ctx, who, filter, engine.Paging{Limit: engine.MaxLimit, Cursor: cursor})
		}
		if err := write(h.BodyWriter(), first, next); err != nil && ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "export of the audit broke off", "actor", who.ID, "error", err)
		}
	}}, nil
}

// auditPages calls line for each line of an export, page by page.
func auditPages(page engine.Page[workflow.Record], next func(cursor string) (engine.Page[workflow.Record], error), line func(AuditLine) error) error {
	for written := 0; ; {
		for _, r := range page.Items {
			if err := line(auditLineOf(r)); err != nil {
				return err
			}
			written++
		}
		if page.NextCursor == "" || written >= maxExport {
			return nil
		}
		var err error
		if page, err = next(page.NextCursor); err != nil {
			return err
		}
	}
}

func writeLines(w io.Writer, page engine.Page[workflow.Record], next func(string) (engine.Page[workflow.Record], error)) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return auditPages(page, next, func(l AuditLine) error { return enc.Encode(l) })
}

func writeCSV(w io.Writer, page engine.Page[workflow.Record], next func(string) (engine.Page[workflow.Record], error)) error {
	out := csv.NewWriter(w)
	head := []string{"seq", "at", "actor", "caller", "via", "token_id", "address", "request_id", "action", "object", "object_id",
		"instance_id", "definition_name", "refused", "reason", "before", "after"}
	if err := out.Write(head); err != nil {
		return err
	}
	err := auditPages(page, next, func(l AuditLine) error {
		cells := []string{strconv.FormatInt(l.Seq, 10), l.At.Format(time.RFC3339Nano), l.Actor, textOf(l.Caller), l.Via, textOf(l.TokenID), textOf(l.Address), textOf(l.RequestID),
			l.Action, l.Object, l.ObjectID, textOf(l.InstanceID), textOf(l.DefinitionName), textOf(l.Refused), textOf(l.Reason), string(l.Before), string(l.After)}
		for i := range cells {
			cells[i] = plainCell(cells[i])
		}
		return out.Write(cells)
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// plainCell keeps spreadsheets from taking a text for a formula.
func plainCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
