package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tandem/internal/notify"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// Subscription is an address that is told of events.
type Subscription struct {
	ID             string     `json:"id" format:"uuid"`
	URL            string     `json:"url"`
	Description    string     `json:"description"`
	EventTypes     []string   `json:"event_types" nullable:"false" doc:"Empty: all."`
	Definitions    []string   `json:"definitions" nullable:"false" doc:"Names of workflows; empty: all."`
	IsActive       bool       `json:"is_active"`
	DisabledReason *string    `json:"disabled_reason" doc:"Why Tandem has disabled it; null when it has not."`
	FailingSince   *time.Time `json:"failing_since" doc:"Nothing has arrived since; after a week it is disabled."`
	CreatedBy      string     `json:"created_by"`
	CreatedAt      time.Time  `json:"created_at"`
	UpdatedAt      time.Time  `json:"updated_at"`
	Secret         *string    `json:"secret" doc:"The signing key, whsec_ and base64: given once, when it is made; null otherwise."`
}

// Delivery is what a subscription was told of one event.
type Delivery struct {
	ID             string     `json:"id" format:"uuid"`
	SubscriptionID string     `json:"subscription_id" format:"uuid"`
	WebhookID      string     `json:"webhook_id" doc:"The same however often it is sent."`
	EventType      string     `json:"event_type"`
	Body           Object     `json:"body"`
	Status         string     `json:"status" enum:"pending,delivered,dead"`
	Attempts       int        `json:"attempts"`
	NextAt         *time.Time `json:"next_at" doc:"When it is sent next; null when it has ended."`
	LastStatus     *int       `json:"last_status" doc:"Of the last answer; null when there was none."`
	LastError      *string    `json:"last_error"`
	CreatedAt      time.Time  `json:"created_at"`
	EndedAt        *time.Time `json:"ended_at"`
}

type (
	subscriptionNew struct {
		Once
		Body struct {
			URL         string   `json:"url" maxLength:"2000" example:"https://example.com/hooks"`
			Description string   `json:"description,omitempty" maxLength:"500"`
			EventTypes  []string `json:"event_types,omitempty" maxItems:"100" doc:"Such as workflow.completed; left out: all."`
			Definitions []string `json:"definitions,omitempty" maxItems:"100" doc:"Names of workflows; left out: all."`
		}
	}
	subscriptionEdit struct {
		ID   string `path:"id"`
		Body struct {
			URL          *string   `json:"url,omitempty" maxLength:"2000"`
			Description  *string   `json:"description,omitempty" maxLength:"500"`
			EventTypes   *[]string `json:"event_types,omitempty" maxItems:"100"`
			Definitions  *[]string `json:"definitions,omitempty" maxItems:"100"`
			IsActive     *bool     `json:"is_active,omitempty"`
			RotateSecret bool      `json:"rotate_secret,omitempty" doc:"Makes a new key; the one before signs too for another day."`
		}
	}
	subscriptionRef struct {
		ID string `path:"id"`
	}
	subscriptionVerb struct {
		ID string `path:"id"`
		Once
		Body *struct{}
	}
	subscriptionList struct{ Paging }
	deliveryList     struct {
		ID string `path:"id"`
		Paging
		Status []string `query:"status,explode" enum:"pending,delivered,dead" doc:"dead: given up after ten failures."`
	}
	subscriptionAnswer struct {
		Location string `header:"Location"`
		Replayed
		Body Subscription
	}
	subscriptionsAnswer struct{ Body List[Subscription] }
	deliveryAnswer      struct {
		Replayed
		Body Delivery
	}
	deliveriesAnswer struct{ Body List[Delivery] }
)

func (b *builder) subscriptionRoutes() {
	const all, one = "/subscriptions", "/subscriptions/{id}"
	admins := func(method, pattern string) Route {
		return Route{Method: method, Pattern: pattern, Guard: guard.Admins, Resource: "subscriptions", Write: method != http.MethodGet}
	}
	handle(b, endpoint{Route: admins("GET", all), ID: "list-subscriptions", Summary: "List subscriptions, the first made first"}, b.listSubscriptions)
	handleOnce(b, endpoint{Route: admins("POST", all), ID: "create-subscription", Summary: "Have an address told of events", Status: 201, Refusals: []int{413, 422},
		Doc: "Each event is sent as a POST, signed to the Standard Webhooks specification with the secret of this answer, until the address answers 2xx: ten times over three days. It comes at least once, under one webhook-id."},
		b.createSubscription, b.subscriptionAgain)
	handle(b, endpoint{Route: admins("GET", one), ID: "get-subscription", Summary: "Get a subscription", Refusals: []int{404}}, b.getSubscription)
	handle(b, endpoint{Route: admins("PATCH", one), ID: "update-subscription", Summary: "Change, disable or enable a subscription, or give it a new key", Refusals: []int{404, 413, 422}}, b.updateSubscription)
	handle(b, endpoint{Route: admins("DELETE", one), ID: "delete-subscription", Summary: "Delete a subscription with its deliveries", Status: 204, Refusals: []int{404}}, b.deleteSubscription)
	handleOnce(b, endpoint{Route: admins("POST", one+"/test"), ID: "test-subscription", Summary: "Send a webhook.test", Status: 202, Refusals: []int{404, 409}}, b.testSubscription, b.deliveryAgain)
	handle(b, endpoint{Route: admins("GET", one+"/deliveries"), ID: "list-deliveries", Summary: "List what a subscription was told, the newest first", Refusals: []int{404},
		Doc: "Those that have ended are kept for 30 days."}, b.listDeliveries)
	handleOnce(b, endpoint{Route: admins("POST", "/deliveries/{id}/redeliver"), ID: "redeliver", Summary: "Send a delivery again", Status: 202, Refusals: []int{404}}, b.redeliver, b.deliveryAgain)
}

// errNoSubscriptions answers for programs without subscriptions.
var errNoSubscriptions = workflow.Errorf(workflow.KindNotFound, "no_subscriptions", "This program keeps no subscriptions.")

// subscriptions gives the service and the id of a path.
func (a *API) subscriptions(id string, missing error) (*notify.Service, uuid.UUID, error) {
	key, ok := parseID(id)
	if !ok || a.Notify == nil {
		return nil, key, missing
	}
	return a.Notify, key, nil
}

func (a *API) listSubscriptions(ctx context.Context, who workflow.Actor, in *subscriptionList) (*subscriptionsAnswer, error) {
	if a.Notify == nil {
		return nil, errNoSubscriptions
	}
	total, err := a.Notify.Count(ctx, who)
	if err != nil {
		return nil, err
	}
	page, err := pageBy(in.Paging, total, func(s notify.Subscription) string { return s.ID.String() }, func(cursor string, limit int) ([]notify.Subscription, error) {
		after, err := uuidKey(cursor)
		if err != nil {
			return nil, err
		}
		return a.Notify.List(ctx, who, after, limit)
	})
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(s notify.Subscription) (Subscription, error) { return subscriptionOf(s, ""), nil })
	return &subscriptionsAnswer{list}, err
}

// uuidKey reads the cursor of a list that goes by id; empty = from the beginning.
func uuidKey(cursor string) (uuid.UUID, error) {
	id, ok := parseID(cursor)
	if !ok && cursor != "" {
		return id, workflow.Errorf(workflow.KindMalformed, "bad_cursor", "The cursor is not one of this list. Begin again without it.")
	}
	return id, nil
}

func (a *API) createSubscription(ctx context.Context, who workflow.Actor, in *subscriptionNew) (*subscriptionAnswer, error) {
	if a.Notify == nil {
		return nil, errNoSubscriptions
	}
	b := &in.Body
	sub, key, err := a.Notify.Create(ctx, who, notify.Edit{URL: &b.URL, Description: &b.Description, EventTypes: listed(b.EventTypes), Definitions: listed(b.Definitions)})
	if err != nil {
		return nil, err
	}
	return &subscriptionAnswer{Location: location(ctx, sub.ID.String()), Body: subscriptionOf(sub, key)}, nil
}

func listed(list []string) *[]string {
	if list == nil {
		list = []string{}
	}
	return &list
}

func (a *API) subscriptionAgain(ctx context.Context, who workflow.Actor, _ *subscriptionNew, use workflow.KeyUse) (*subscriptionAnswer, error) {
	id, err := remembered[uuid.UUID](use)
	if err != nil {
		return nil, err
	}
	sub, err := a.Notify.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &subscriptionAnswer{Location: location(ctx, id.String()), Body: subscriptionOf(sub, "")}, nil
}

func (a *API) getSubscription(ctx context.Context, who workflow.Actor, in *subscriptionRef) (*subscriptionAnswer, error) {
	service, id, err := a.subscriptions(in.ID, notify.ErrNotFound)
	if err != nil {
		return nil, err
	}
	sub, err := service.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &subscriptionAnswer{Body: subscriptionOf(sub, "")}, nil
}

func (a *API) updateSubscription(ctx context.Context, who workflow.Actor, in *subscriptionEdit) (*subscriptionAnswer, error) {
	service, id, err := a.subscriptions(in.ID, notify.ErrNotFound)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	sub, key, err := service.Update(ctx, who, id, notify.Edit{
		URL: b.URL, Description: b.Description, EventTypes: b.EventTypes, Definitions: b.Definitions, IsActive: b.IsActive, NewKey: b.RotateSecret,
	})
	if err != nil {
		return nil, err
	}
	return &subscriptionAnswer{Body: subscriptionOf(sub, key)}, nil
}

func (a *API) deleteSubscription(ctx context.Context, who workflow.Actor, in *subscriptionRef) (*struct{}, error) {
	service, id, err := a.subscriptions(in.ID, notify.ErrNotFound)
	if err != nil {
		return nil, err
	}
	return nil, service.Delete(ctx, who, id)
}

func (a *API) testSubscription(ctx context.Context, who workflow.Actor, in *subscriptionVerb) (*deliveryAnswer, error) {
	service, id, err := a.subscriptions(in.ID, notify.ErrNotFound)
	if err != nil {
		return nil, err
	}
	d, err := service.Test(ctx, who, id)
	return deliveryOf(d), err
}

func (a *API) redeliver(ctx context.Context, who workflow.Actor, in *subscriptionVerb) (*deliveryAnswer, error) {
	service, id, err := a.subscriptions(in.ID, notify.ErrNoDelivery)
	if err != nil {
		return nil, err
	}
	d, err := service.Redeliver(ctx, who, id)
	return deliveryOf(d), err
}

func (a *API) deliveryAgain(ctx context.Context, who workflow.Actor, _ *subscriptionVerb, use workflow.KeyUse) (*deliveryAnswer, error) {
	id, err := remembered[uuid.UUID](use)
	if err != nil {
		return nil, err
	}
	d, err := a.Notify.Delivery(ctx, who, id)
	return deliveryOf(d), err
}

func (a *API) listDeliveries(ctx context.Context, who workflow.Actor, in *deliveryList) (*deliveriesAnswer, error) {
	service, id, err := a.subscriptions(in.ID, notify.ErrNotFound)
	if err != nil {
		return nil, err
	}
	statuses := converted[notify.DeliveryStatus](in.Status)
	total, err := service.CountDeliveries(ctx, who, id, statuses...)
	if err != nil {
		return nil, err
	}
	page, err := pageBy(in.Paging, total, func(d notify.Delivery) string { return d.ID.String() }, func(cursor string, limit int) ([]notify.Delivery, error) {
		before, err := uuidKey(cursor)
		if err != nil {
			return nil, err
		}
		return service.Deliveries(ctx, who, id, statuses, before, limit)
	})
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(d notify.Delivery) (Delivery, error) { return deliveryOf(d).Body, nil })
	return &deliveriesAnswer{list}, err
}

func subscriptionOf(s notify.Subscription, key string) Subscription {
	return Subscription{
		ID: s.ID.String(), URL: s.URL, Description: s.Description, EventTypes: orEmpty(s.EventTypes), Definitions: orEmpty(s.Definitions),
		IsActive: s.IsActive, DisabledReason: orNull(s.DisabledReason), FailingSince: s.FailingSince,
		CreatedBy: s.CreatedBy, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt, Secret: orNull(key),
	}
}

func deliveryOf(d notify.Delivery) *deliveryAnswer {
	shape := Delivery{
		ID: d.ID.String(), SubscriptionID: d.Subscription.String(), WebhookID: d.WebhookID(), EventType: d.EventType, Body: Object(d.Body),
		Status: string(d.Status), Attempts: d.Attempts, NextAt: d.NextAt, LastError: orNull(d.LastError), CreatedAt: d.CreatedAt, EndedAt: d.EndedAt,
	}
	if d.LastStatus != 0 {
		shape.LastStatus = &d.LastStatus
	}
	return &deliveryAnswer{Body: shape}
}
