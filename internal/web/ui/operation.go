package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// operationRoutes lists the pages of verbs for many instances. Who may do what
// to each the engine decides.
func (u *UI) operationRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/instances/bulk", Guard: guard.SignedIn, Handle: u.showBulk},
		{Method: http.MethodPost, Pattern: "/instances/bulk", Guard: guard.SignedIn, Handle: u.bulk},
		{Method: http.MethodGet, Pattern: "/operations", Guard: guard.SignedIn, Handle: u.operations},
		{Method: http.MethodGet, Pattern: "/live/operations", Guard: guard.SignedIn, Stream: true, Live: u.operationsLive},
		{Method: http.MethodGet, Pattern: "/operations/{id}", Guard: guard.SignedIn, Handle: u.operation},
		{Method: http.MethodPost, Pattern: "/operations/{id}/cancel", Guard: guard.SignedIn, Handle: u.stopOperation},
		{Method: http.MethodGet, Pattern: "/live/operations/{id}", Guard: guard.SignedIn, Stream: true, Live: u.operationLive},
	}
}

// bulkForm offers verbs for many rows to those who may do them; nil to others.
func bulkForm(p views.Page, a workflow.Actor, l instanceList) *views.BulkForm {
	own := slices.ContainsFunc(l.found.Items, func(r engine.InstanceRow) bool { return r.CreatedBy == a.ID && !r.Status.Finished() })
	if len(l.found.Items) == 0 || !a.Is(workflow.RoleOperator) && !own {
		return nil
	}
	form := &views.BulkForm{Action: p.Href("/instances/bulk"), Verbs: bulkVerbs(p, "")}
	if isFiltered(l.query) {
		form.All = p.T("bulk.all", p.Count(l.found.Total)+plus(l.found.TotalIsCapped))
		form.Hidden = hiddenOf(narrowing(l.query))
	}
	return form
}

func plus(capped bool) string {
	if capped {
		return "+"
	}
	return ""
}

func bulkVerbs(p views.Page, chosen string) []views.FilterChoice {
	var list []views.FilterChoice
	for _, a := range engine.BulkActions() {
		list = append(list, views.FilterChoice{Value: string(a), Label: p.T("bulk." + string(a)), Chosen: string(a) == chosen})
	}
	return list
}

// showBulk asks, before a verb is done to many instances: for a reason, and of
// a migration for the version.
func (u *UI) showBulk(w http.ResponseWriter, r *http.Request) error {
	p, view, err := u.bulkView(r, r.URL.Query())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.BulkPage(p, view))
}

// bulkOf reads what is to be done to which instances. Without chosen ones it is
// for all that the filter finds, if that is meant.
func bulkOf(p views.Page, values url.Values) (engine.Bulk, error) {
	b := engine.Bulk{Action: engine.BulkAction(values.Get("action")), Params: engine.OperationParams{Reason: reasonIn(values)}}
	if !slices.Contains(engine.BulkActions(), b.Action) {
		return b, badFilter(p, "bulk.bad_action")
	}
	if b.Action == engine.BulkMigrate {
		b.Params.ToVersion = values.Get("to")
	}
	if values.Get("which") == "all" {
		f, err := instanceFilter(p, values)
		b.Filter = &f
		return b, err
	}
	for _, text := range values["id"] {
		if id, err := uuid.Parse(text); err == nil && len(b.IDs) < engine.MaxLimit {
			b.IDs = append(b.IDs, id)
		}
	}
	return b, nil
}

func (u *UI) bulkView(r *http.Request, values url.Values) (views.Page, views.BulkView, error) {
	p := u.page(r, "", views.NavInstances)
	b, err := bulkOf(p, values)
	if err != nil {
		return p, views.BulkView{}, err
	}
	filter := engine.InstanceFilter{IDs: b.IDs, Now: p.Now}
	back := narrowing(values)
	if b.Filter != nil {
		filter = *b.Filter
	}
	view := views.BulkView{
		Verb: p.T("bulk." + string(b.Action)), Text: p.T("bulk." + string(b.Action) + "_text"), Action: p.Href("/instances/bulk"),
		Back: p.Href("/instances?" + back.Encode()), Danger: b.Action == engine.BulkCancel,
		Hidden: hiddenOf(bulkValues(values)), Migrate: b.Action == engine.BulkMigrate, To: values.Get("to"), Reason: values.Get("reason"), Once: uuid.NewString(),
	}
	p.Title = p.T("bulk.title", view.Verb)
	if b.Filter == nil && len(b.IDs) == 0 {
		view.Nothing = true
		return p, view, nil
	}
	found, err := u.Read.Instances(r.Context(), actor(r), filter, engine.Paging{Limit: bulkShown, Most: engine.MaxTotal})
	if err != nil {
		return p, view, err
	}
	view.Count = p.N("bulk.count", found.Total, p.Count(found.Total)+plus(found.TotalIsCapped))
	view.Rows, err = u.instanceRows(r, p, found.Items)
	if more := found.Total - len(found.Items); more > 0 {
		view.More = p.T("bulk.more", p.Count(more)+plus(found.TotalIsCapped))
	}
	if view.Migrate {
		err = u.bulkVersions(r, p, found.Items, &view)
	}
	return p, view, err
}

// bulkShown is how many of the instances the page names.
const bulkShown = 10

// bulkVersions offers the versions of the definition of the first instance.
func (u *UI) bulkVersions(r *http.Request, p views.Page, rows []engine.InstanceRow, view *views.BulkView) error {
	if len(rows) == 0 {
		return nil
	}
	versions, err := u.Read.Versions(r.Context(), actor(r), rows[0].Definition.Name)
	for _, v := range versions {
		label := v.Version
		if !v.IsActive {
			label = p.T("mend.inactive", label)
		}
		view.Versions = append(view.Versions, views.FilterChoice{Value: v.Version, Label: label, Chosen: v.Version == view.To})
	}
	return err
}

// bulkValues are what the page of a verb hands on to the form that does it.
func bulkValues(values url.Values) url.Values {
	kept := narrowing(values)
	for _, key := range []string{"action", "which"} {
		if v := values.Get(key); v != "" {
			kept.Set(key, v)
		}
	}
	if ids := values["id"]; values.Get("which") != "all" && len(ids) > 0 {
		kept["id"] = ids[:min(len(ids), engine.MaxLimit)]
	}
	return kept
}

// bulk begins an operation and leads to its page.
func (u *UI) bulk(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	p := u.page(r, "", views.NavInstances)
	b, err := bulkOf(p, values)
	if err != nil {
		return err
	}
	var op engine.Operation
	once := sentOnce(r, values)
	use, replayed, err := u.Engine.Once(r.Context(), actor(r), once, func(ctx context.Context) error {
		op, err = u.Engine.StartBulk(ctx, actor(r), b)
		return err
	})
	if err != nil {
		return u.bulkRefused(w, r, values, err)
	}
	if replayed {
		if op.ID, err = uuid.ParseBytes(trimQuotes(use.Answer)); err != nil {
			return err
		}
	}
	return u.redirect(w, r, "/operations/"+op.ID.String())
}

func trimQuotes(raw []byte) []byte {
	if len(raw) > 1 && raw[0] == '"' {
		return raw[1 : len(raw)-1]
	}
	return raw
}

// bulkRefused shows the page again with what the engine refused.
func (u *UI) bulkRefused(w http.ResponseWriter, r *http.Request, values url.Values, cause error) error {
	problem := respond.ProblemOf(cause, r.URL.Path)
	if problem.Status >= http.StatusInternalServerError {
		return cause
	}
	p, view, err := u.bulkView(r, values)
	if err != nil {
		return err
	}
	p.Problem = true
	for _, fault := range problem.Errors {
		view.Problems.Items = append(view.Problems.Items, views.ProblemItem{Text: fault.Message})
	}
	if len(view.Problems.Items) == 0 {
		view.Problems.Items = []views.ProblemItem{{Text: refusal(p, problem)}}
	}
	return render(w, r, problem.Status, views.BulkPage(p, view))
}

// operationID reads the id of the path.
func operationID(r *http.Request) (uuid.UUID, error) {
	text, err := pathValue(r, "id")
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, workflow.ErrOperationNotFound
	}
	return id, nil
}

func (u *UI) operation(w http.ResponseWriter, r *http.Request) error {
	p, view, err := u.operationView(r)
	if err != nil {
		return err
	}
	p.Notice = noticeOf(p, r)
	return render(w, r, http.StatusOK, views.OperationPage(p, view))
}

// operationBeat is how often the page of an operation under way is looked after.
const operationBeat = 500 * time.Millisecond

func (u *UI) operationLive(r *http.Request) (topic, error) {
	if _, _, err := u.operationView(r); err != nil {
		return topic{}, err
	}
	return topic{watch: func() (<-chan struct{}, func()) { return beats(operationBeat) }, regions: func(r *http.Request) ([]region, error) {
		p, view, err := u.operationView(r)
		return []region{{views.OperationID, views.OperationState(p, view)}, {inboxCountID, views.InboxCount(p)}}, err
	}}, nil
}

// beats gives a signal that comes again and again until it is stopped.
func beats(every time.Duration) (<-chan struct{}, func()) {
	ctx, stop := context.WithCancel(context.Background()) // ended by its caller
	signals := make(chan struct{}, 1)
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			select {
			case signals <- struct{}{}:
			default:
			}
		}
	}()
	return signals, stop
}

func (u *UI) operationView(r *http.Request) (views.Page, views.OperationView, error) {
	p := u.page(r, "", views.NavInstances)
	id, err := operationID(r)
	if err != nil {
		return p, views.OperationView{}, err
	}
	op, err := u.Engine.Operation(r.Context(), actor(r), id)
	if err != nil {
		return p, views.OperationView{}, err
	}
	verb := p.T("bulk." + string(op.Action))
	p.Title = p.T("bulk.title", verb)
	p.Current = operationPath(id)
	view := views.OperationView{
		Title: operationTitle(p, op), State: operationState(op), Progress: progressOf(p, op), Done: p.Count(op.Done), Failed: p.Count(op.Failed), Left: p.Count(op.Total - op.Done - op.Failed), SomeFailed: op.Failed > 0,
		By: u.naming(r).of(op.Actor.ID), Began: p.Moment(op.CreatedAt), Finished: momentOf(p, op.FinishedAt), Reason: op.Params.Reason, ToVersion: op.Params.ToVersion,
		Reload: p.Href(p.Current),
	}
	for _, e := range op.Errors {
		view.Errors = append(view.Errors, views.OperationError{Short: shortID(e.InstanceID), Href: p.Href(instancePath(e.InstanceID)), Message: p.Refusal(e.Code, e.Message)})
	}
	if more := op.Failed - len(op.Errors); more > 0 {
		view.MoreErrors = p.T("bulk.more_errors", p.Count(more))
	}
	if op.FinishedAt == nil {
		view.LiveURL = p.Href("/live" + p.Current)
	}
	view.Stop = stopOf(p, actor(r), op)
	if op.Status == engine.OperationCanceling {
		view.Note = p.T("bulk.stopping")
	}
	return p, view, nil
}

func (u *UI) stopOperation(w http.ResponseWriter, r *http.Request) error {
	id, err := operationID(r)
	if err != nil {
		return err
	}
	if _, err := u.Engine.CancelOperation(r.Context(), actor(r), id); err != nil && workflow.KindOf(err) != workflow.KindConflict {
		return err
	}
	return u.redirect(w, r, "/operations/"+id.String())
}
