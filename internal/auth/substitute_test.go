package auth_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

func TestService_Substitutes(t *testing.T) {
	t.Parallel()
	h := open(t)
	create(t, h.Service, auth.NewUser{Login: "ana", Groups: []string{"finance", "board"}})
	for _, login := range []string{"sam", "zoe"} {
		create(t, h.Service, auth.NewUser{Login: login})
	}
	ana, hour := sitting("ana", workflow.RoleUser), time.Hour
	now := *h.now
	for name, tt := range map[string]struct {
		by          workflow.Actor
		substitute  string
		from, until time.Time
		want        error
	}{
		"by another":    {sitting("zoe", workflow.RoleUser), "sam", now, now.Add(hour), workflow.ErrForbidden},
		"by nobody":     {workflow.Actor{Tenant: tenant}, "sam", now, now.Add(hour), workflow.ErrForbidden},
		"himself":       {ana, "ana", now, now.Add(hour), workflow.ErrInvalidInput},
		"nobody known":  {ana, "nobody", now, now.Add(hour), workflow.ErrInvalidInput},
		"no name":       {ana, "O'Hara", now, now.Add(hour), workflow.ErrInvalidInput},
		"for ever":      {ana, "sam", now, time.Time{}, workflow.ErrInvalidInput},
		"backwards":     {ana, "sam", now.Add(hour), now, workflow.ErrInvalidInput},
		"over already":  {ana, "sam", now.Add(-2 * hour), now.Add(-hour), workflow.ErrInvalidInput},
		"far too long":  {ana, "sam", now, now.Add(400 * 24 * hour), workflow.ErrInvalidInput},
		"unknown owner": {root, "sam", now, now.Add(hour), nil},
	} {
		login := "ana"
		if name == "unknown owner" {
			login, tt.want = "nobody", auth.ErrUserNotFound
		}
		if _, err := h.AddSubstitute(t.Context(), tt.by, login, tt.substitute, tt.from, tt.until); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}

	first, err := h.AddSubstitute(t.Context(), ana, "ana", "sam", time.Time{}, now.Add(hour))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.AddSubstitute(t.Context(), root, "ana", "zoe", now.Add(hour), now.Add(2*hour)); err != nil {
		t.Fatal(err)
	}
	stands := func(login string) []workflow.StandsFor {
		a, err := h.ActorByLogin(t.Context(), tenant, login)
		if err != nil {
			t.Fatal(err)
		}
		return a.For
	}
	if diff := cmp.Diff([]workflow.StandsFor{{Login: "ana", Groups: []string{"board", "finance"}}}, stands("sam")); diff != "" {
		t.Errorf("sam stands in for (-want +got):\n%s", diff)
	}
	if got := stands("zoe"); len(got) != 0 {
		t.Errorf("zoe, later, stands in for %v", got)
	}
	if list, err := h.Substitutes(t.Context(), ana, "ana"); err != nil || len(list) != 2 || list[0].Substitute != "sam" {
		t.Errorf("Substitutes = %+v, %v", list, err)
	}
	if _, err := h.Substitutes(t.Context(), ana, ""); !errors.Is(err, workflow.ErrForbidden) {
		t.Errorf("everyone's for ana: %v", err)
	}
	if err := h.RemoveSubstitute(t.Context(), sitting("zoe", workflow.RoleUser), first.ID); !errors.Is(err, auth.ErrSubstituteNotFound) {
		t.Errorf("removed by zoe: %v", err)
	}
	if err := h.RemoveSubstitute(t.Context(), ana, uuid.New()); !errors.Is(err, auth.ErrSubstituteNotFound) {
		t.Errorf("removed another: %v", err)
	}
	if err := h.RemoveSubstitute(t.Context(), ana, first.ID); err != nil || len(stands("sam")) != 0 {
		t.Errorf("removed: %v, sam stands in for %v", err, stands("sam"))
	}
}

func TestService_AddSubstitute_limit(t *testing.T) {
	t.Parallel()
	h := open(t)
	create(t, h.Service, auth.NewUser{Login: "ana"})
	create(t, h.Service, auth.NewUser{Login: "sam"})
	var refusals []error
	for range 22 {
		if _, err := h.AddSubstitute(t.Context(), root, "ana", "sam", time.Time{}, h.now.Add(time.Hour)); err != nil {
			refusals = append(refusals, err)
		}
	}
	if len(refusals) != 2 || slices.ContainsFunc(refusals, func(err error) bool { return workflow.KindOf(err) != workflow.KindConflict }) {
		t.Errorf("refusals: %v, want two conflicts", refusals)
	}
	if a, err := h.ActorByLogin(t.Context(), tenant, "sam"); err != nil || len(a.For) != 1 {
		t.Errorf("sam stands in for %v, %v; want ana once", a.For, err)
	}
}
