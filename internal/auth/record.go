package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tandem/internal/workflow"
)

// Record tells of one change of people, groups, tokens or sessions: the line of
// the audit that a store writes in the transaction of the change. It never holds
// a password, a secret or a hash.
type Record struct {
	By     workflow.Actor
	At     time.Time
	Action string // such as "user.update"
	Kind   string // of the thing that was changed: user, group, token, session, tenant
	ID     string // of the thing
	Before map[string]any
	After  map[string]any
}

// Line gives the line of the audit.
func (r *Record) Line() (workflow.Record, error) {
	line := r.By.Record(r.At.UTC(), r.Action, r.Kind, r.ID)
	for text, facts := range map[*json.RawMessage]map[string]any{&line.Before: r.Before, &line.After: r.After} {
		if len(facts) == 0 {
			continue
		}
		b, err := json.Marshal(facts)
		if err != nil {
			return line, fmt.Errorf("audit of %s: %w", r.Action, err)
		}
		*text = b
	}
	return line, nil
}

// change is the one way in which this package changes anything: it refuses what
// the actor may not do, and otherwise makes what do writes durable together with
// its record, which do may complete.
func (s *Service) change(ctx context.Context, r *Record, allowed error, do func(Writer) error) error {
	if allowed != nil {
		return allowed
	}
	r.At = s.now()
	return s.store.Change(ctx, r, do)
}

// differ fills in what a change of a person changes.
func (r *Record) differ(u User, c Change) {
	r.Before, r.After = map[string]any{}, map[string]any{}
	set := func(name string, before, after any, same bool) {
		if !same {
			r.Before[name], r.After[name] = before, after
		}
	}
	if c.Name != nil {
		set("name", u.Name, *c.Name, u.Name == *c.Name)
	}
	if c.Email != nil {
		set("email", u.Email, *c.Email, u.Email == *c.Email)
	}
	if c.Lang != nil {
		set("lang", u.Lang, *c.Lang, u.Lang == *c.Lang)
	}
	if c.Roles != nil {
		set("roles", u.Roles, c.Roles, slices.Equal(u.Roles, c.Roles))
	}
	if c.Groups != nil {
		set("groups", u.Groups, *c.Groups, slices.Equal(u.Groups, *c.Groups))
	}
	if c.Disabled != nil {
		set("disabled", u.DisabledAt != nil, *c.Disabled, (u.DisabledAt != nil) == *c.Disabled)
	}
	if c.PasswordHash != nil {
		r.After["password"] = "set"
	}
}

// until writes a time as records hold it, nil for none.
func until(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}
