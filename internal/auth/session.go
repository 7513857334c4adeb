package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Sessions returns a page of a person's open sessions after another one
// (uuid.Nil = from the first), in order of their beginning, at most 200. People
// see their own, admins everyone's.
func (s *Service) Sessions(ctx context.Context, by workflow.Actor, login string, after uuid.UUID, limit int) ([]Session, error) {
	if err := maySeeSessions(by, login); err != nil {
		return nil, err
	}
	return s.store.Sessions(ctx, by.Tenant, login, after, min(max(limit, 1), maxPage))
}

// EndSession ends an open session; its next request is nobody's. People end
// their own, admins everyone's. It returns ErrSessionNotFound.
func (s *Service) EndSession(ctx context.Context, by workflow.Actor, login string, id uuid.UUID) error {
	r := &Record{By: by, Action: "session.end", Kind: "session", ID: id.String()}
	err := s.change(ctx, r, maySeeSessions(by, login), func(w Writer) error {
		ended, err := w.EndSession(ctx, by.Tenant, login, id)
		r.Before = map[string]any{"login": login, "address": ended.Address, "agent": ended.Agent}
		return err
	})
	if err != nil {
		return fmt.Errorf("end session of %s: %w", login, err)
	}
	return nil
}

// EndSessions ends all sessions of a person but one (uuid.Nil = all) and tells
// how many it were.
func (s *Service) EndSessions(ctx context.Context, by workflow.Actor, login string, but uuid.UUID) (ended int, err error) {
	r := &Record{By: by, Action: "user.end_sessions", Kind: "user", ID: login}
	err = s.change(ctx, r, maySeeSessions(by, login), func(w Writer) (err error) {
		ended, err = w.EndSessions(ctx, by.Tenant, login, but)
		r.After = map[string]any{"sessions_ended": ended}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end sessions of %s: %w", login, err)
	}
	return ended, nil
}

// SignOut ends the session that the actor sits in. It returns
// ErrSessionNotFound for one that is over.
func (s *Service) SignOut(ctx context.Context, by workflow.Actor, id uuid.UUID) error {
	r := &Record{By: by, Action: "session.sign_out", Kind: "session", ID: id.String()}
	err := s.change(ctx, r, nil, func(w Writer) error {
		_, err := w.EndSession(ctx, by.Tenant, by.ID, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("sign out %s: %w", by.ID, err)
	}
	return nil
}

func maySeeSessions(by workflow.Actor, login string) error {
	if by.ID != "" && by.ID == login && by.Via == "session" {
		return nil
	}
	return mayAdminister(by, "users")
}
