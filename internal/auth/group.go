package auth

import (
	"context"
	"fmt"
	"strings"

	"tandem/internal/workflow"
)

// SaveGroup makes a group in the actor's tenant or gives it another title; an
// empty title is the name. It returns an error of KindForbidden unless the
// actor is an admin or the system, or one of KindInvalid.
func (s *Service) SaveGroup(ctx context.Context, by workflow.Actor, name, title string) error {
	if title = strings.TrimSpace(title); title == "" {
		title = name
	}
	allowed := mayAdminister(by, "groups")
	if allowed == nil {
		allowed = checkGroup(name, title)
	}
	r := &Record{By: by, Action: "group.save", Kind: "group", ID: name, After: map[string]any{"title": title}}
	err := s.change(ctx, r, allowed, func(w Writer) error {
		before, err := w.SaveGroup(ctx, Group{Tenant: by.Tenant, Name: name, Title: title})
		if before != "" {
			r.Before = map[string]any{"title": before}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save group %s: %w", name, err)
	}
	return nil
}

func checkGroup(name, title string) error {
	var bad *workflow.Problem
	if !nameRule.MatchString(name) {
		bad = problem("/name", "bad_name", "%q cannot be a group's name: %s", name, nameAdvice)
	}
	badTitle := checkName(title)
	if badTitle != nil {
		badTitle.Pointer = "/title"
	}
	return invalid("The group", bad, badTitle)
}

// DeleteGroup removes a group of the actor's tenant. Open tasks that were offered
// to it alone wait for somebody to reassign them. It returns ErrGroupNotFound, or
// an error of KindForbidden unless the actor is an admin or the system.
func (s *Service) DeleteGroup(ctx context.Context, by workflow.Actor, name string) error {
	r := &Record{By: by, Action: "group.delete", Kind: "group", ID: name}
	err := s.change(ctx, r, mayAdminister(by, "groups"), func(w Writer) error { return w.DeleteGroup(ctx, by.Tenant, name) })
	if err != nil {
		return fmt.Errorf("delete group %s: %w", name, err)
	}
	return nil
}

// SetMember puts a person of the actor's tenant into a group, or takes him out.
// It returns ErrUserNotFound, ErrGroupNotFound, ErrDeleted, or an error of
// KindForbidden unless the actor is an admin or the system.
func (s *Service) SetMember(ctx context.Context, by workflow.Actor, group, login string, in bool) error {
	r := &Record{By: by, Action: "group.add_member", Kind: "group", ID: group, After: map[string]any{"member": login}}
	if !in {
		r.Action, r.Before, r.After = "group.remove_member", r.After, nil
	}
	err := s.change(ctx, r, mayAdminister(by, "groups"), func(w Writer) error {
		u, err := w.LockUser(ctx, by.Tenant, login)
		switch {
		case err != nil:
			return err
		case in && u.DeletedAt != nil:
			return ErrDeleted
		case in && len(u.Groups) >= maxGroups:
			return invalid("The group", problem("/login", "too_many", "A person can be in at most %d groups.", maxGroups))
		}
		_, err = w.SetMember(ctx, by.Tenant, group, login, in)
		return err
	})
	if err != nil {
		return fmt.Errorf("set member %s of group %s: %w", login, group, err)
	}
	return nil
}

// Groups returns a page of a tenant's groups after a name, in order of name, at
// most 200.
func (s *Service) Groups(ctx context.Context, tenant, after string, limit int) ([]Group, error) {
	return s.store.Groups(ctx, tenant, after, min(max(limit, 1), maxPage))
}

// Group returns a group of a tenant, ErrGroupNotFound when there is none.
func (s *Service) Group(ctx context.Context, tenant, name string) (Group, error) {
	if !nameRule.MatchString(name) {
		return Group{}, ErrGroupNotFound
	}
	return s.store.Group(ctx, tenant, name)
}

// GroupExists reports whether a tenant has a group of that name.
func (s *Service) GroupExists(ctx context.Context, tenant, name string) (bool, error) {
	if !nameRule.MatchString(name) {
		return false, nil
	}
	return s.store.GroupExists(ctx, tenant, name)
}
