package auth

import (
	"context"

	"tandem/internal/workflow"
)

// MaxCount is how far lists are counted; of more it is only said that there are
// more.
const MaxCount = 10_000

// CountUsers tells how many people a filter finds, at most one more than
// MaxCount.
func (s *Service) CountUsers(ctx context.Context, f UserFilter) (int, error) {
	return s.store.CountUsers(ctx, f, MaxCount+1)
}

// CountGroups tells how many groups a tenant has, at most one more than MaxCount.
func (s *Service) CountGroups(ctx context.Context, tenant string) (int, error) {
	return s.store.CountGroups(ctx, tenant, MaxCount+1)
}

// CountTokens tells how many tokens Tokens lists, at most one more than MaxCount.
func (s *Service) CountTokens(ctx context.Context, by workflow.Actor, login string) (int, error) {
	if err := mayHoldTokens(by, login, false); err != nil {
		return 0, err
	}
	return s.store.CountTokens(ctx, by.Tenant, login, MaxCount+1)
}
