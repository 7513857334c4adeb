package auth

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// View is a filter of the list of instances that somebody keeps under a name.
type View struct {
	ID        uuid.UUID
	Tenant    string
	Login     string // whose it is
	Name      string
	Query     string // of the address, without the question mark
	Shared    bool   // offered to everybody of the tenant
	CreatedAt time.Time
}

// Limits of views.
const (
	MaxViewName  = 80   // characters
	maxViewQuery = 4000 // bytes
	maxOwnViews  = 50   // of one person
	maxViews     = 200  // that a person is offered
)

// Errors about views.
var (
	ErrViewNotFound = &workflow.Error{Kind: workflow.KindNotFound, Code: "view_not_found", Message: "There is no such view, or it is not yours."}
	errTooManyViews = workflow.Errorf(workflow.KindConflict, "too_many_views", "You keep %d views already. Delete one first.", maxOwnViews)
)

// Views lists the views that a person is offered: his own, then those that
// others share, each by name; at most 200.
func (s *Service) Views(ctx context.Context, by workflow.Actor) ([]View, error) {
	list, err := s.store.Views(ctx, by.Tenant, by.ID, maxViews)
	if err != nil {
		return nil, fmt.Errorf("views of %s: %w", by.ID, err)
	}
	return list, nil
}

// SaveView keeps a filter under a name, in the place of the person's view of
// that name.
func (s *Service) SaveView(ctx context.Context, by workflow.Actor, name, query string, shared bool) (View, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return View{}, fmt.Errorf("save view: %w", err)
	}
	v := View{ID: id, Tenant: by.Tenant, Login: by.ID, Name: strings.TrimSpace(name), Query: query, Shared: shared, CreatedAt: s.now().UTC()}
	r := &Record{By: by, Action: "view.save", Kind: "view", ID: v.Name, After: map[string]any{"query": v.Query, "shared": v.Shared}}
	err = s.change(ctx, r, v.check(), func(w Writer) error {
		n, err := w.UpsertView(ctx, v)
		if err == nil && n > maxOwnViews {
			err = errTooManyViews
		}
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("save view of %s: %w", by.ID, err)
	}
	return v, nil
}

// DeleteView removes a view of the person; operators remove shared ones of
// others too.
func (s *Service) DeleteView(ctx context.Context, by workflow.Actor, id uuid.UUID) error {
	r := &Record{By: by, Action: "view.delete", Kind: "view", ID: id.String()}
	err := s.change(ctx, r, nil, func(w Writer) error {
		v, err := w.DeleteView(ctx, by.Tenant, by.ID, by.Is(workflow.RoleOperator), id)
		r.Before = map[string]any{"name": v.Name, "login": v.Login, "query": v.Query, "shared": v.Shared}
		return err
	})
	if err != nil {
		return fmt.Errorf("delete view %s: %w", id, err)
	}
	return nil
}

func (v View) check() error {
	var name, query *workflow.Problem
	if n := utf8.RuneCountInString(v.Name); n == 0 || n > MaxViewName || strings.ContainsFunc(v.Name, func(r rune) bool { return r < ' ' || r == utf8.RuneError }) {
		name = problem("/name", "invalid", "Give the view a name of at most %d characters.", MaxViewName)
	}
	if _, err := url.ParseQuery(v.Query); err != nil || len(v.Query) > maxViewQuery || strings.ContainsRune(v.Query, 0) {
		query = problem("/query", "invalid", "This filter is too long to be kept. Take away a part of it.")
	}
	return invalid("The view", name, query)
}
