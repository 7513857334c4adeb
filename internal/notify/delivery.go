package notify

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// DeliveryStatus is the state of a delivery.
type DeliveryStatus string

// The states of a delivery: it is sent, or sent again, while it is pending.
const (
	Pending   DeliveryStatus = "pending"
	Delivered DeliveryStatus = "delivered"
	Dead      DeliveryStatus = "dead"
)

// Delivery is what one subscription is told of one event.
type Delivery struct {
	ID           uuid.UUID
	Subscription uuid.UUID
	EventType    string
	Body         json.RawMessage
	Status       DeliveryStatus
	Attempts     int
	NextAt       *time.Time // when it is sent; nil when it has ended
	LastStatus   int        // of the last answer; 0 = there was none
	LastError    string
	CreatedAt    time.Time
	EndedAt      *time.Time
}

// WebhookID is under which the receiver gets it, however often it is sent.
func (d Delivery) WebhookID() string { return "msg_" + d.ID.String() }

// Claimed is a delivery that this process is to send.
type Claimed struct {
	Delivery
	To    Subscription
	Trace string // traceparent of the instance; empty = none
}

// Outcome is what became of an attempt.
type Outcome struct {
	Delivery
	Disable string // the reason to disable the subscription; empty = none
}

// Store keeps subscriptions and deliveries. Lines of the audit are stored with
// the change that they tell of; a key of the context's request is too.
type Store interface {
	CreateSubscription(ctx context.Context, s Subscription, line workflow.Record) error
	UpdateSubscription(ctx context.Context, s Subscription, line workflow.Record) error
	DeleteSubscription(ctx context.Context, tenant string, id uuid.UUID, line workflow.Record) error
	Subscription(ctx context.Context, tenant string, id uuid.UUID) (Subscription, error)
	Subscriptions(ctx context.Context, tenant string, after uuid.UUID, limit int) ([]Subscription, error)
	CountSubscriptions(ctx context.Context, tenant string, most int) (int, error)

	// ResealSubscription replaces the keys' box of a subscription whose nonce is
	// still was; one that was changed or deleted meanwhile stays as it is.
	ResealSubscription(ctx context.Context, s Subscription, was []byte) error

	// Dispatch reads up to limit events on from where it has read to before, and
	// stores what deliver makes of them with the new place. One process at a
	// time does; others get 0. Without active subscriptions nothing is read.
	Dispatch(ctx context.Context, limit int, deliver func([]Subscription, []engine.FeedEvent) []Delivery) (events int, err error)

	// AddDelivery stores one that no event has made.
	AddDelivery(ctx context.Context, tenant string, d Delivery, line workflow.Record) error

	// ClaimDeliveries gives up to limit pending deliveries of active subscriptions
	// whose time has come, the oldest first, hidden from others for hold.
	ClaimDeliveries(ctx context.Context, limit int, hold time.Duration) ([]Claimed, error)

	// SettleDelivery stores the outcome of an attempt, and what it says about the
	// subscription.
	SettleDelivery(ctx context.Context, o Outcome) error

	// Redeliver makes a delivery pending again, to be sent at once.
	Redeliver(ctx context.Context, tenant string, id uuid.UUID, at time.Time, line workflow.Record) (Delivery, error)

	// Delivery gives one, ErrNoDelivery when there is none in the tenant.
	Delivery(ctx context.Context, tenant string, id uuid.UUID) (Delivery, error)

	// Deliveries lists those of a subscription before an id, the newest first, and
	// CountDeliveries says how many there are in all, up to most. Without statuses
	// they are of any.
	Deliveries(ctx context.Context, tenant string, subscription uuid.UUID, statuses []DeliveryStatus, before uuid.UUID, limit int) ([]Delivery, error)
	CountDeliveries(ctx context.Context, tenant string, subscription uuid.UUID, statuses []DeliveryStatus, most int) (int, error)

	// DeadLetters says of subscriptions how many deliveries were given up, up to
	// most of each; those without any are left out.
	DeadLetters(ctx context.Context, tenant string, subscriptions []uuid.UUID, most int) (map[uuid.UUID]int, error)

	// DropDeliveries deletes up to limit that ended before a time.
	DropDeliveries(ctx context.Context, before time.Time, limit int) (int, error)
}

// envelope is the body of a delivery, as Standard Webhooks advise.
type envelope struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// eventData is an event as receivers get it.
type eventData struct {
	ID                string          `json:"id"` // its place in the feed
	InstanceID        uuid.UUID       `json:"instance_id"`
	DefinitionName    string          `json:"definition_name"`
	DefinitionVersion string          `json:"definition_version"`
	TenantID          string          `json:"tenant_id"`
	ExecutionID       *uuid.UUID      `json:"execution_id"`
	StepName          *string         `json:"step_name"`
	StepType          *string         `json:"step_type"`
	Visit             *int            `json:"visit"`
	Index             *int            `json:"index"`
	Attempt           *int            `json:"attempt"`
	Actor             *string         `json:"actor"`
	Data              json.RawMessage `json:"data"`
}

func bodyOf(ev engine.FeedEvent) json.RawMessage {
	data := eventData{
		ID: ev.Cursor.String(), InstanceID: ev.InstanceID, DefinitionName: ev.Definition.Name, DefinitionVersion: ev.Definition.Version,
		TenantID: ev.Tenant, Data: ev.Detail,
	}
	if len(ev.Detail) == 0 {
		data.Data = json.RawMessage("{}")
	}
	if ev.Actor != "" {
		data.Actor = &ev.Actor
	}
	if ev.ExecutionID != uuid.Nil {
		kind := string(ev.StepType)
		data.ExecutionID, data.StepName, data.StepType = &ev.ExecutionID, &ev.Step, &kind
		data.Visit, data.Index, data.Attempt = &ev.Visit, &ev.Index, &ev.Attempt
	}
	return encode(envelope{string(ev.Type), ev.At, data})
}

func encode(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage(`{}`) // an event whose detail is no JSON cannot be stored
	}
	return text
}

// deliver makes the deliveries of events.
func (s *Service) deliver(subs []Subscription, events []engine.FeedEvent) []Delivery {
	var list []Delivery
	now := s.now()
	for _, ev := range events {
		var body json.RawMessage
		for _, sub := range subs {
			if !sub.wants(ev) {
				continue
			}
			if body == nil {
				body = bodyOf(ev)
			}
			list = append(list, newDelivery(sub.ID, string(ev.Type), body, now))
		}
	}
	return list
}

func newDelivery(sub uuid.UUID, kind string, body json.RawMessage, now time.Time) Delivery {
	return Delivery{
		ID: uuid.Must(uuid.NewV7()), Subscription: sub, EventType: kind, Body: body, Status: Pending, NextAt: &now, CreatedAt: now,
	}
}

// wants reports whether a subscription is to be told of an event. What happened
// before it was made is not for it.
func (sub Subscription) wants(ev engine.FeedEvent) bool {
	return ev.Tenant == sub.Tenant && !ev.At.Before(sub.CreatedAt) &&
		(len(sub.EventTypes) == 0 || slices.Contains(sub.EventTypes, string(ev.Type))) &&
		(len(sub.Definitions) == 0 || slices.Contains(sub.Definitions, ev.Definition.Name))
}

// Test has a subscription told of nothing, so that its receiver can be tried.
func (s *Service) Test(ctx context.Context, by workflow.Actor, id uuid.UUID) (Delivery, error) {
	sub, err := s.Get(ctx, by, id)
	if err != nil {
		return Delivery{}, err
	}
	if !sub.IsActive {
		return Delivery{}, workflow.Errorf(workflow.KindConflict, "subscription_disabled", "The subscription is disabled. Enable it first.")
	}
	const kind = "webhook.test"
	d := newDelivery(id, kind, encode(envelope{kind, s.now(), map[string]any{"subscription_id": id, "sent_by": by.ID}}), s.now())
	engine.Remember(ctx, d.ID)
	err = s.store.AddDelivery(ctx, by.Tenant, d, by.Record(s.now(), "subscription.test", "subscription", id.String()))
	s.look()
	return d, err
}

// Redeliver sends a delivery again, under its own webhook-id.
func (s *Service) Redeliver(ctx context.Context, by workflow.Actor, id uuid.UUID) (Delivery, error) {
	if err := mayKeep(by); err != nil {
		return Delivery{}, err
	}
	engine.Remember(ctx, id)
	d, err := s.store.Redeliver(ctx, by.Tenant, id, s.now(), by.Record(s.now(), "delivery.redeliver", "delivery", id.String()))
	s.look()
	return d, err
}

// Delivery gives one delivery.
func (s *Service) Delivery(ctx context.Context, by workflow.Actor, id uuid.UUID) (Delivery, error) {
	if err := mayKeep(by); err != nil {
		return Delivery{}, err
	}
	return s.store.Delivery(ctx, by.Tenant, id)
}

// Deliveries lists what a subscription was told before an id, the newest first;
// the zero id is the end. Without statuses they are of any.
func (s *Service) Deliveries(ctx context.Context, by workflow.Actor, id uuid.UUID, statuses []DeliveryStatus, before uuid.UUID, limit int) ([]Delivery, error) {
	if _, err := s.Get(ctx, by, id); err != nil {
		return nil, err
	}
	return s.store.Deliveries(ctx, by.Tenant, id, statuses, before, min(max(limit, 1), MaxPage))
}

// CountDeliveries says how many deliveries Deliveries lists, up to
// engine.MaxTotal+1.
func (s *Service) CountDeliveries(ctx context.Context, by workflow.Actor, id uuid.UUID, statuses ...DeliveryStatus) (int, error) {
	if _, err := s.Get(ctx, by, id); err != nil {
		return 0, err
	}
	return s.store.CountDeliveries(ctx, by.Tenant, id, statuses, engine.MaxTotal+1)
}

// DeadLetters says of each of the subscriptions how many deliveries were given
// up, up to MaxDead.
func (s *Service) DeadLetters(ctx context.Context, by workflow.Actor, ids []uuid.UUID) (map[uuid.UUID]int, error) {
	if err := mayKeep(by); err != nil {
		return nil, err
	}
	return s.store.DeadLetters(ctx, by.Tenant, ids, MaxDead)
}
