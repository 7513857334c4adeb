package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Substitute says that somebody stands in for another person for a while: he may
// decide what the other one could, beside what is his own.
type Substitute struct {
	ID         uuid.UUID
	Tenant     string
	Login      string // who is away
	Substitute string
	From       time.Time
	Until      time.Time
	CreatedBy  string
	CreatedAt  time.Time
}

// Limits of substitutes.
const (
	MaxAway        = 366 * 24 * time.Hour // of one absence
	maxSubstitutes = 20                   // of one person, past ones left out
)

// Errors about substitutes.
var (
	ErrSubstituteNotFound  = &workflow.Error{Kind: workflow.KindNotFound, Code: "substitute_not_found", Message: "There is no such substitute."}
	errTooManySubstitutes  = workflow.Errorf(workflow.KindConflict, "too_many_substitutes", "A person can have at most %d substitutes. Remove one first.", maxSubstitutes)
	errSubstituteForbidden = workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Only the person, or an administrator, may say who stands in.")
)

// AddSubstitute has somebody stand in for a person from one time until another.
// People name their own substitutes, admins anyone's. It returns
// ErrUserNotFound, or an error of KindForbidden, KindConflict or KindInvalid.
func (s *Service) AddSubstitute(ctx context.Context, by workflow.Actor, login, substitute string, from, until time.Time) (Substitute, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Substitute{}, fmt.Errorf("add substitute of %s: %w", login, err)
	}
	return s.AddSubstituteAs(ctx, by, id, login, substitute, from, until)
}

// AddSubstituteAs is AddSubstitute with the id that the substitution gets.
func (s *Service) AddSubstituteAs(ctx context.Context, by workflow.Actor, id uuid.UUID, login, substitute string, from, until time.Time) (Substitute, error) {
	now := s.now().UTC()
	sub := Substitute{
		Tenant: by.Tenant, Login: login, Substitute: substitute,
		From: from.UTC().Truncate(time.Microsecond), Until: until.UTC().Truncate(time.Microsecond), CreatedBy: by.ID, CreatedAt: now,
	}
	if from.IsZero() {
		sub.From = now
	}
	sub.ID = id
	allowed := maySubstitute(by, login)
	if allowed == nil {
		allowed = sub.check(now)
	}
	r := &Record{By: by, Action: "substitute.add", Kind: "user", ID: login, After: sub.facts()}
	err := s.change(ctx, r, allowed, func(w Writer) error {
		if _, err := w.LockUser(ctx, by.Tenant, login); err != nil {
			return err
		}
		other, err := w.LockUser(ctx, by.Tenant, substitute)
		switch {
		case err != nil || other.DeletedAt != nil || other.DisabledAt != nil:
			return invalid("The substitute", problem("/substitute", "unknown", "There is nobody with the login %q who could stand in. Check the spelling.", substitute))
		}
		n, err := w.InsertSubstitute(ctx, sub, now)
		if err == nil && n > maxSubstitutes {
			err = errTooManySubstitutes
		}
		return err
	})
	if err != nil {
		return Substitute{}, fmt.Errorf("add substitute of %s: %w", login, err)
	}
	return sub, nil
}

// RemoveSubstitute ends a substitution. It returns ErrSubstituteNotFound, also
// for one that the actor may not end.
func (s *Service) RemoveSubstitute(ctx context.Context, by workflow.Actor, id uuid.UUID) error {
	login := by.ID
	if mayAdminister(by, "users") == nil {
		login = ""
	}
	r := &Record{By: by, Action: "substitute.remove", Kind: "user", ID: login}
	err := s.change(ctx, r, nil, func(w Writer) error {
		gone, err := w.DeleteSubstitute(ctx, by.Tenant, login, id)
		r.ID, r.Before = gone.Login, gone.facts()
		return err
	})
	if err != nil {
		return fmt.Errorf("remove substitute %s: %w", id, err)
	}
	return nil
}

// Substitutes lists who stands in for a person, at present or later, soonest
// first: those of everyone in the tenant for an empty login, which is for admins.
// At most 200.
func (s *Service) Substitutes(ctx context.Context, by workflow.Actor, login string) ([]Substitute, error) {
	if maySubstitute(by, login) != nil && !(by.Is(workflow.RoleAdmin) && Allows(by, "users", false)) {
		return nil, errSubstituteForbidden
	}
	return s.store.Substitutes(ctx, by.Tenant, login, s.now().UTC(), maxPage)
}

func maySubstitute(by workflow.Actor, login string) error {
	if by.ID != "" && by.ID == login || mayAdminister(by, "users") == nil {
		return nil
	}
	return errSubstituteForbidden
}

func (s Substitute) check(now time.Time) error {
	var who, when *workflow.Problem
	if s.Substitute == s.Login {
		who = problem("/substitute", "same", "Name somebody else: nobody can stand in for himself.")
	} else if !nameRule.MatchString(s.Substitute) {
		who = problem("/substitute", "unknown", "Give the login of who stands in.")
	}
	switch {
	case s.Until.IsZero():
		when = problem("/until", "required", "Say until when.")
	case !s.Until.After(s.From) || !s.Until.After(now):
		when = problem("/until", "past", "Let it end after its beginning, and at a time to come.")
	case s.Until.Sub(s.From) > MaxAway:
		when = problem("/until", "too_long", "Let it last for a year at most.")
	}
	return invalid("The substitute", who, when)
}

// facts is what the audit keeps of a substitution.
func (s Substitute) facts() map[string]any {
	return map[string]any{"substitute": s.Substitute, "from": until(&s.From), "until": until(&s.Until)}
}
