package ui

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/internal/form"
	"tandem/internal/notify"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

const webhooksPath = "/admin/webhooks"

func (u *UI) webhookRoutes() []Route {
	admin := func(method, pattern string, handle Handler) Route {
		return Route{Method: method, Pattern: webhooksPath + pattern, Guard: guard.Admins, Handle: handle}
	}
	const one = "/{id}"
	return []Route{
		admin(http.MethodGet, "", u.webhooks),
		admin(http.MethodPost, "", u.addWebhook),
		admin(http.MethodGet, one, u.webhook),
		admin(http.MethodPost, one, u.saveWebhook),
		admin(http.MethodPost, one+"/pause", u.pauseWebhook),
		admin(http.MethodPost, one+"/resume", u.resumeWebhook),
		admin(http.MethodPost, one+"/rotate", u.rotateWebhook),
		admin(http.MethodPost, one+"/test", u.testWebhook),
		admin(http.MethodPost, one+"/delete", u.deleteWebhook),
		admin(http.MethodPost, one+"/deliveries/{delivery}/redeliver", u.redeliver),
	}
}

// errNoWebhooks answers for programs that keep no subscriptions.
var errNoWebhooks = workflow.Errorf(workflow.KindNotFound, "no_subscriptions", "This program keeps no subscriptions.")

func webhookPath(id uuid.UUID) string { return webhooksPath + "/" + id.String() }

func (u *UI) webhooks(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "hook.title")
	p.Notice = noticeFor(p, r, map[string]string{"deleted": "hook.deleted"})
	return u.showWebhooks(w, r, p, http.StatusOK, nil, faults{})
}

func (u *UI) showWebhooks(w http.ResponseWriter, r *http.Request, p views.Page, status int, typed url.Values, wrong faults) error {
	if u.Notify == nil {
		return errNoWebhooks
	}
	after, _ := uuid.Parse(r.URL.Query().Get("cursor")) // what is none begins with the first
	list, err := u.Notify.List(r.Context(), actor(r), after, adminPage+1)
	if err != nil {
		return err
	}
	view := views.WebhooksView{Add: webhookForm(p, "add-webhook", webhooksPath, notify.Subscription{}, typed, wrong).done(p.T("hook.add"), p.T("hook.add_text"), p.T("hook.add_button"))}
	view.Add.Folded = true
	view.Pager, list = keyPager(p, webhooksPath, r.URL.Query(), list, func(s notify.Subscription) string { return s.ID.String() })
	ids := make([]uuid.UUID, len(list))
	for i, s := range list {
		ids[i] = s.ID
	}
	dead, err := u.Notify.DeadLetters(r.Context(), actor(r), ids)
	if err != nil {
		return err
	}
	for _, s := range list {
		row := views.WebhookRow{
			URL: s.URL, Description: s.Description, Href: p.Href(webhookPath(s.ID)), State: p.WebhookState(webhookState(s)),
			Events: s.EventTypes, Since: p.Moment(s.CreatedAt),
		}
		if n := dead[s.ID]; n > 0 {
			row.Dead = views.CountLink{Some: true, Value: p.Count(n) + plus(n == notify.MaxDead), Label: p.T("hook.dead"), Href: p.Href(deliveriesPath(s.ID, notify.Dead))}
		}
		row.Dead.Value = cmp.Or(row.Dead.Value, p.Count(0))
		view.Rows = append(view.Rows, row)
	}
	return render(w, r, status, views.WebhooksPage(p, view))
}

func webhookState(s notify.Subscription) string {
	switch {
	case !s.IsActive && s.DisabledReason != "":
		return "disabled"
	case !s.IsActive:
		return "paused"
	case s.FailingSince != nil:
		return "failing"
	}
	return "active"
}

func webhookForm(p views.Page, id, action string, s notify.Subscription, typed url.Values, wrong faults) *box {
	b := newBox(p, id, action, typed, wrong)
	b.add(form.Field{Kind: form.Text, Name: "url", Label: p.T("hook.url"), Help: p.T("hook.url_help"), Value: s.URL, Required: true, InputMode: "url", Autocomplete: "off"})
	b.text("description", p.T("hook.description"), "", s.Description, false)
	b.text("event_types", p.T("hook.events"), p.T("hook.events_help"), strings.Join(s.EventTypes, ", "), false)
	b.text("definitions", p.T("hook.definitions"), p.T("hook.definitions_help"), strings.Join(s.Definitions, ", "), false)
	return b
}

// webhookEdit reads the form of a subscription.
func webhookEdit(values url.Values) notify.Edit {
	address, description := trimmed(values, "url"), trimmed(values, "description")
	events, definitions := commaList(values.Get("event_types")), commaList(values.Get("definitions"))
	return notify.Edit{URL: &address, Description: &description, EventTypes: &events, Definitions: &definitions}
}

// commaList reads names with commas or white space between.
func commaList(text string) []string {
	list := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t' })
	return append([]string{}, slices.Compact(list)...)
}

func (u *UI) addWebhook(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	if u.Notify == nil {
		return errNoWebhooks
	}
	sub, key, err := u.Notify.Create(r.Context(), actor(r), webhookEdit(values))
	if err == nil {
		return u.showWebhook(w, r, sub, http.StatusOK, &key, nil, faults{})
	}
	p := u.adminFrame(r, "hook.title")
	wrong, ok := faultsOf(p, err, nil)
	if !ok {
		return u.failKeeping(w, r, values, err)
	}
	p.Problem = true
	return u.showWebhooks(w, r, p, wrong.status, values, wrong)
}

// subscription gives the one of an address.
func (u *UI) subscription(r *http.Request) (notify.Subscription, error) {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil || u.Notify == nil {
		return notify.Subscription{}, notify.ErrNotFound
	}
	return u.Notify.Get(r.Context(), actor(r), id)
}

var webhookNotices = map[string]string{
	"saved": "people.saved", "paused": "hook.paused", "resumed": "hook.resumed", "tested": "hook.tested", "again": "hook.again",
}

func (u *UI) webhook(w http.ResponseWriter, r *http.Request) error {
	sub, err := u.subscription(r)
	if err != nil {
		return err
	}
	return u.showWebhook(w, r, sub, http.StatusOK, nil, nil, faults{})
}

// showWebhook shows a subscription, and once its key.
func (u *UI) showWebhook(w http.ResponseWriter, r *http.Request, sub notify.Subscription, status int, key *string, typed url.Values, wrong faults) error {
	p := u.adminFrame(r, "hook.title")
	p.Title, p.Problem = sub.URL, status >= 400
	if p.Notice = noticeFor(p, r, webhookNotices); r.Method != http.MethodGet {
		p.Current = webhookPath(sub.ID)
	}
	path := p.Href(webhookPath(sub.ID))
	view := views.WebhookView{
		URL: sub.URL, State: p.WebhookState(webhookState(sub)), Since: p.Moment(sub.CreatedAt), By: sub.CreatedBy, Failing: momentOf(p, sub.FailingSince),
		Disabled: sub.DisabledReason, Confirms: webhookConfirms(p, path),
		Edit: webhookForm(p, "edit-webhook", webhookPath(sub.ID), sub, typed, wrong).done(p.T("hook.edit"), "", p.T("people.save")),
	}
	if key != nil {
		view.Shown = &views.Shown{Title: p.T("hook.key"), Text: p.T("hook.key_text"), Value: *key}
	}
	if sub.IsActive {
		view.Acts = []views.Act{
			{Label: p.T("hook.test"), Icon: "send", Action: path + "/test"},
			{Label: p.T("hook.pause"), Icon: "pause", Action: path + "/pause"},
		}
	} else {
		view.Acts = []views.Act{{Label: p.T("hook.resume"), Icon: "play", Action: path + "/resume"}}
	}
	if err := u.addDeliveries(p, r, sub, &view); err != nil {
		return err
	}
	return render(w, r, status, views.WebhookPage(p, view))
}

// deliveryStatuses are those that a list of deliveries can be narrowed to.
var deliveryStatuses = []notify.DeliveryStatus{notify.Pending, notify.Delivered, notify.Dead}

// deliveriesPath leads to the deliveries of a subscription, of one status or of
// any.
func deliveriesPath(id uuid.UUID, status notify.DeliveryStatus) string {
	if status == "" {
		return webhookPath(id) + "#deliveries"
	}
	return webhookPath(id) + "?status=" + string(status) + "#deliveries"
}

func webhookConfirms(p views.Page, path string) []views.Confirm {
	return []views.Confirm{
		{ID: "rotate", Label: p.T("hook.rotate"), Icon: "refresh-cw", Text: p.T("hook.rotate_text"), Action: path + "/rotate"},
		{ID: "delete", Label: p.T("hook.delete"), Icon: "trash-2", Text: p.T("hook.delete_text"), Action: path + "/delete", Danger: true},
	}
}

// addDeliveries lists what the subscription was told, the newest first.
func (u *UI) addDeliveries(p views.Page, r *http.Request, sub notify.Subscription, view *views.WebhookView) error {
	query := r.URL.Query()
	before, _ := uuid.Parse(query.Get("cursor")) // what is none begins with the newest
	only := notify.DeliveryStatus(query.Get("status"))
	statuses := []notify.DeliveryStatus{only}
	if !slices.Contains(deliveryStatuses, only) {
		only, statuses = "", nil
	}
	list, err := u.Notify.Deliveries(r.Context(), actor(r), sub.ID, statuses, before, adminPage+1)
	if err != nil {
		return err
	}
	view.Filters = []views.InboxTab{{Label: p.T("hook.all"), Href: p.Href(deliveriesPath(sub.ID, "")), Current: only == ""}}
	for _, status := range deliveryStatuses {
		view.Filters = append(view.Filters, views.InboxTab{
			Label: p.T("hook.delivery." + string(status)), Href: p.Href(deliveriesPath(sub.ID, status)), Current: only == status,
		})
	}
	path := webhookPath(sub.ID)
	view.Pager, list = keyPager(p, path, query, list, func(d notify.Delivery) string { return d.ID.String() })
	for _, d := range list {
		row := views.DeliveryRow{
			Event: d.EventType, WebhookID: d.WebhookID(), State: p.DeliveryState(string(d.Status)), Attempts: p.N("hook.attempts", d.Attempts),
			Error: clip(d.LastError, maxLoginShown), Made: p.Moment(d.CreatedAt), Next: momentOf(p, d.NextAt),
		}
		if d.LastStatus != 0 {
			row.Answer = strconv.Itoa(d.LastStatus)
		}
		if d.Status != notify.Pending {
			row.Again = &views.Act{Label: p.T("hook.redeliver"), Icon: "rotate-ccw", Action: p.Href(path + "/deliveries/" + d.ID.String() + "/redeliver")}
		}
		view.Deliveries = append(view.Deliveries, row)
	}
	return nil
}

func (u *UI) saveWebhook(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	sub, err := u.subscription(r)
	if err != nil {
		return err
	}
	if _, _, err = u.Notify.Update(r.Context(), actor(r), sub.ID, webhookEdit(values)); err == nil {
		return u.redirect(w, r, withNotice(webhookPath(sub.ID), "saved"))
	}
	wrong, ok := faultsOf(u.failurePage(r), err, nil)
	if !ok {
		return u.failKeeping(w, r, values, err)
	}
	return u.showWebhook(w, r, sub, wrong.status, nil, values, wrong)
}

func (u *UI) pauseWebhook(w http.ResponseWriter, r *http.Request) error {
	return u.setActive(w, r, false, "paused")
}

func (u *UI) resumeWebhook(w http.ResponseWriter, r *http.Request) error {
	return u.setActive(w, r, true, "resumed")
}

func (u *UI) setActive(w http.ResponseWriter, r *http.Request, on bool, notice string) error {
	sub, err := u.subscription(r)
	if err != nil {
		return err
	}
	if _, _, err := u.Notify.Update(r.Context(), actor(r), sub.ID, notify.Edit{IsActive: &on}); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(webhookPath(sub.ID), notice))
}

func (u *UI) rotateWebhook(w http.ResponseWriter, r *http.Request) error {
	sub, err := u.subscription(r)
	if err != nil {
		return err
	}
	sub, key, err := u.Notify.Update(r.Context(), actor(r), sub.ID, notify.Edit{NewKey: true})
	if err != nil {
		return err
	}
	return u.showWebhook(w, r, sub, http.StatusOK, &key, nil, faults{})
}

func (u *UI) testWebhook(w http.ResponseWriter, r *http.Request) error {
	sub, err := u.subscription(r)
	if err != nil {
		return err
	}
	if _, err := u.Notify.Test(r.Context(), actor(r), sub.ID); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(webhookPath(sub.ID), "tested"))
}

func (u *UI) deleteWebhook(w http.ResponseWriter, r *http.Request) error {
	sub, err := u.subscription(r)
	if err != nil {
		return err
	}
	if err := u.Notify.Delete(r.Context(), actor(r), sub.ID); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(webhooksPath, "deleted"))
}

func (u *UI) redeliver(w http.ResponseWriter, r *http.Request) error {
	sub, err := u.subscription(r)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(chi.URLParam(r, "delivery"))
	if err != nil {
		return notify.ErrNoDelivery
	}
	d, err := u.Notify.Delivery(r.Context(), actor(r), id)
	if err == nil && d.Subscription != sub.ID {
		err = notify.ErrNoDelivery
	}
	if err == nil {
		_, err = u.Notify.Redeliver(r.Context(), actor(r), id)
	}
	if err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(webhookPath(sub.ID), "again"))
}
