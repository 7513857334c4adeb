package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/secret"
	"tandem/internal/signature"
	"tandem/internal/workflow"
)

// Subscription is an address that is told of events.
type Subscription struct {
	ID             uuid.UUID
	Tenant         string
	URL            string
	Description    string
	EventTypes     []string // empty = all
	Definitions    []string // names; empty = all
	Keys           secret.Box
	IsActive       bool
	DisabledReason string     // set when it was not a person who disabled it
	FailingSince   *time.Time // of the first failure after which nothing succeeded
	CreatedBy      string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// signingKey is one key of a subscription. After a change both sign for a while.
type signingKey struct {
	Key   string     `json:"key"`
	Until *time.Time `json:"until,omitempty"` // nil = the current one
}

// keyOverlap is how long the key before still signs.
const keyOverlap = 24 * time.Hour

// Limits of subscriptions.
const (
	maxURL         = 2000 // bytes
	maxDescription = 500
	maxFilter      = 100 // event types, and definitions
	MaxPage        = 200
	MaxDead        = 1000 // dead letters that are counted of one
)

// ErrNotFound says that there is no such subscription, and ErrNoDelivery that
// there is no such delivery.
var (
	ErrNotFound   = workflow.Errorf(workflow.KindNotFound, "subscription_not_found", "There is no such subscription.")
	ErrNoDelivery = workflow.Errorf(workflow.KindNotFound, "delivery_not_found", "There is no such delivery. Those that have ended are kept for 30 days.")
)

// Edit says what a subscription should be; nil leaves it as it is.
type Edit struct {
	URL         *string
	Description *string
	EventTypes  *[]string
	Definitions *[]string
	IsActive    *bool
	NewKey      bool // the key before signs for another day
}

// Create makes a subscription and gives its key, which cannot be read again.
// Only admins may.
func (s *Service) Create(ctx context.Context, by workflow.Actor, e Edit) (sub Subscription, key string, err error) {
	if err := mayKeep(by); err != nil {
		return sub, "", err
	}
	now := s.now()
	sub = Subscription{
		ID: uuid.Must(uuid.NewV7()), Tenant: by.Tenant, IsActive: true, CreatedBy: by.ID, CreatedAt: now, UpdatedAt: now,
		EventTypes: []string{}, Definitions: []string{},
	}
	e.apply(&sub)
	if err := check(sub); err != nil {
		return sub, "", err
	}
	if key, err = s.renew(&sub); err != nil {
		return sub, "", err
	}
	engine.Remember(ctx, sub.ID)
	line := by.Record(now, "subscription.create", "subscription", sub.ID.String())
	line.After = shown(sub)
	return sub, key, s.store.CreateSubscription(ctx, sub, line)
}

// Update changes a subscription. With NewKey it gives the new key.
func (s *Service) Update(ctx context.Context, by workflow.Actor, id uuid.UUID, e Edit) (sub Subscription, key string, err error) {
	if err := mayKeep(by); err != nil {
		return sub, "", err
	}
	sub, err = s.store.Subscription(ctx, by.Tenant, id)
	if err != nil {
		return sub, "", err
	}
	before := shown(sub)
	e.apply(&sub)
	if err := check(sub); err != nil {
		return sub, "", err
	}
	if e.NewKey {
		if key, err = s.renew(&sub); err != nil {
			return sub, "", err
		}
	}
	sub.UpdatedAt = s.now()
	line := by.Record(s.now(), "subscription.update", "subscription", id.String())
	line.Before, line.After = before, shown(sub)
	return sub, key, s.store.UpdateSubscription(ctx, sub, line)
}

// Delete removes a subscription with its deliveries.
func (s *Service) Delete(ctx context.Context, by workflow.Actor, id uuid.UUID) error {
	if err := mayKeep(by); err != nil {
		return err
	}
	return s.store.DeleteSubscription(ctx, by.Tenant, id, by.Record(s.now(), "subscription.delete", "subscription", id.String()))
}

// Get gives one subscription, and List a page of them after an id, the first
// made first.
func (s *Service) Get(ctx context.Context, by workflow.Actor, id uuid.UUID) (Subscription, error) {
	if err := mayKeep(by); err != nil {
		return Subscription{}, err
	}
	return s.store.Subscription(ctx, by.Tenant, id)
}

// List gives up to limit subscriptions after an id, the first made first.
func (s *Service) List(ctx context.Context, by workflow.Actor, after uuid.UUID, limit int) ([]Subscription, error) {
	if err := mayKeep(by); err != nil {
		return nil, err
	}
	return s.store.Subscriptions(ctx, by.Tenant, after, min(max(limit, 1), MaxPage))
}

// Count says how many subscriptions there are, up to engine.MaxTotal+1.
func (s *Service) Count(ctx context.Context, by workflow.Actor) (int, error) {
	if err := mayKeep(by); err != nil {
		return 0, err
	}
	return s.store.CountSubscriptions(ctx, by.Tenant, engine.MaxTotal+1)
}

func (e Edit) apply(sub *Subscription) {
	set(&sub.URL, e.URL)
	set(&sub.Description, e.Description)
	set(&sub.EventTypes, e.EventTypes)
	set(&sub.Definitions, e.Definitions)
	if e.IsActive == nil {
		return
	}
	if *e.IsActive && !sub.IsActive {
		sub.FailingSince = nil // it begins anew
	}
	sub.IsActive, sub.DisabledReason = *e.IsActive, ""
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

var (
	eventType      = regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)
	definitionName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
)

func check(sub Subscription) error {
	var faults []workflow.Problem
	fault := func(pointer, message string) {
		faults = append(faults, workflow.Problem{Pointer: pointer, Code: "invalid", Message: message})
	}
	u, err := url.Parse(sub.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || len(sub.URL) > maxURL {
		fault("/url", "Give an address that begins with https:// or http://, without a password in it.")
	}
	if len(sub.Description) > maxDescription || workflow.CheckText(sub.Description, "description") != nil {
		fault("/description", "The description is text of at most 500 bytes.")
	}
	if !fit(sub.EventTypes, eventType) {
		fault("/event_types", "Name up to 100 types of events, such as workflow.completed, or none for all.")
	}
	if !fit(sub.Definitions, definitionName) {
		fault("/definitions", "Name up to 100 workflows, or none for all.")
	}
	if faults == nil {
		return nil
	}
	e := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "%s", faults[0].Message)
	e.Fields = faults
	return e
}

func fit(list []string, rule *regexp.Regexp) bool {
	return len(list) <= maxFilter && !slices.ContainsFunc(list, func(text string) bool { return !rule.MatchString(text) })
}

// renew gives a subscription a new key and lets the one before end.
func (s *Service) renew(sub *Subscription) (string, error) {
	var keys []signingKey
	if sub.Keys.KeyID != "" {
		old, err := s.keysOf(*sub)
		if err != nil {
			return "", err
		}
		until := s.now().Add(keyOverlap)
		for _, k := range old {
			if k.Until == nil {
				keys = append(keys, signingKey{k.Key, &until})
			}
		}
	}
	key := signature.NewStandardKey()
	text, err := json.Marshal(append(keys, signingKey{Key: key}))
	if err != nil {
		return "", err
	}
	sub.Keys, err = s.vault.Seal(sub.Tenant, boxName(sub.ID), string(text))
	return key, err
}

// Reseal seals the keys of the actor's tenant's subscriptions with the current
// master key and tells how many had another one. Only admins may.
func (s *Service) Reseal(ctx context.Context, by workflow.Actor) (changed int, err error) {
	after := uuid.Nil
	for {
		page, err := s.List(ctx, by, after, MaxPage)
		if err != nil {
			return changed, fmt.Errorf("reseal subscriptions: %w", err)
		}
		for _, sub := range page {
			was, did := sub.Keys.Nonce, false
			if sub.Keys, did, err = s.vault.Reseal(sub.Tenant, boxName(sub.ID), sub.Keys); err == nil && did {
				err = s.store.ResealSubscription(ctx, sub, was)
				changed++
			}
			if err != nil {
				return changed, fmt.Errorf("reseal subscription %s: %w", sub.ID, err)
			}
			after = sub.ID
		}
		if len(page) < MaxPage {
			return changed, nil
		}
	}
}

func boxName(id uuid.UUID) string { return "subscription " + id.String() }

// keysOf gives the keys of a subscription that have not ended.
func (s *Service) keysOf(sub Subscription) ([]signingKey, error) {
	text, err := s.vault.Open(sub.Tenant, boxName(sub.ID), sub.Keys)
	if err != nil {
		return nil, fmt.Errorf("open the keys of subscription %s: %w", sub.ID, err)
	}
	var keys []signingKey
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return nil, fmt.Errorf("read the keys of subscription %s: %w", sub.ID, err)
	}
	return slices.DeleteFunc(keys, func(k signingKey) bool { return k.Until != nil && !k.Until.After(s.now()) }), nil
}

// shown is what the audit keeps of a subscription.
func shown(sub Subscription) json.RawMessage {
	text, err := json.Marshal(map[string]any{
		"url": sub.URL, "description": sub.Description, "event_types": sub.EventTypes, "definitions": sub.Definitions, "is_active": sub.IsActive, "key": sub.Keys.Print(),
	})
	if err != nil {
		panic("notify: encode a subscription: " + err.Error()) // texts always encode
	}
	return text
}

func mayKeep(by workflow.Actor) error {
	if by.System || by.Is(workflow.RoleAdmin) {
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Only an administrator may manage subscriptions.")
}
