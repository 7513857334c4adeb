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
	if err := mayAdminister(by); err != nil {
		return err
	}
	if title = strings.TrimSpace(title); title == "" {
		title = name
	}
	var bad *workflow.Problem
	if !nameRule.MatchString(name) {
		bad = problem("/name", "bad_name", "%q cannot be a group's name: %s", name, nameAdvice)
	}
	badTitle := checkName(title)
	if badTitle != nil {
		badTitle.Pointer = "/title"
	}
	if err := invalid("The group", bad, badTitle); err != nil {
		return err
	}
	if err := s.store.SaveGroup(ctx, Group{Tenant: by.Tenant, Name: name, Title: title}); err != nil {
		return fmt.Errorf("save group %s: %w", name, err)
	}
	return nil
}

// Groups returns a page of a tenant's groups after a name, in order of name, at
// most 200.
func (s *Service) Groups(ctx context.Context, tenant, after string, limit int) ([]Group, error) {
	return s.store.Groups(ctx, tenant, after, min(max(limit, 1), maxPage))
}

// GroupExists reports whether a tenant has a group of that name.
func (s *Service) GroupExists(ctx context.Context, tenant, name string) (bool, error) {
	if !nameRule.MatchString(name) {
		return false, nil
	}
	return s.store.GroupExists(ctx, tenant, name)
}
