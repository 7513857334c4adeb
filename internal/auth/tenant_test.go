package auth_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

var admins = []workflow.Role{workflow.RoleAdmin}

// setupTenants returns a service with the tenant acme, the server's admin ada
// and otto, a user of the default tenant.
func setupTenants(t *testing.T) (s *auth.Service, ada workflow.Actor) {
	t.Helper()
	s, _ = setup(t)
	create(t, s, auth.NewUser{Login: "ada", Password: password, Roles: admins})
	create(t, s, auth.NewUser{Login: "otto", Name: "Otto O.", Password: password, Groups: []string{"staff"}})
	ada = signedIn(t, s, tenant, "ada")
	if _, err := s.CreateTenant(t.Context(), ada, "acme", "Acme", workflow.TenantLimits{}); err != nil {
		t.Fatal(err)
	}
	return s, ada
}

func signedIn(t *testing.T, s *auth.Service, tenant, login string) workflow.Actor {
	t.Helper()
	a, err := s.ActorByLogin(t.Context(), tenant, login)
	if err != nil {
		t.Fatalf("%s of %s: %v", login, tenant, err)
	}
	return a
}

func TestService_Tenants(t *testing.T) {
	t.Parallel()
	s, ada := setupTenants(t)
	for name, refused := range map[string]struct {
		by   workflow.Actor
		name string
		want error
	}{
		"taken":                    {ada, "acme", auth.ErrTenantTaken},
		"a name that is none":      {ada, "Acme Inc", workflow.ErrInvalidInput},
		"by a user":                {signedIn(t, s, tenant, "otto"), "new", workflow.ErrForbidden},
		"by another tenant's":      {workflow.Actor{ID: "eve", Tenant: "acme", Via: "session", Roles: admins}, "new", workflow.ErrForbidden},
		"by a token without scope": {workflow.Actor{ID: "ada", Tenant: tenant, Via: "token", Roles: admins, Scopes: []string{"users"}}, "new", workflow.ErrForbidden},
	} {
		if _, err := s.CreateTenant(t.Context(), refused.by, refused.name, "", workflow.TenantLimits{}); !errors.Is(err, refused.want) {
			t.Errorf("%s: %v, want %v", name, err, refused.want)
		}
	}
	two, below := 2, -1
	title := "Acme Corp."
	if err := s.UpdateTenant(t.Context(), ada, "acme", auth.TenantChange{Title: &title, Limits: &workflow.TenantLimits{Live: &two}}); err != nil {
		t.Fatal(err)
	}
	if err := s.UpdateTenant(t.Context(), ada, "acme", auth.TenantChange{Limits: &workflow.TenantLimits{Users: &below}}); !errors.Is(err, workflow.ErrInvalidInput) {
		t.Errorf("a limit below 0: %v, want it refused", err)
	}
	closed := true
	if err := s.UpdateTenant(t.Context(), ada, tenant, auth.TenantChange{Closed: &closed}); workflow.KindOf(err) != workflow.KindConflict {
		t.Errorf("closing the tenant of the server: %v, want a conflict", err)
	}
	got, err := s.Tenant(t.Context(), ada, "acme")
	if err != nil || got.Title != title || got.Limits.Live == nil || *got.Limits.Live != 2 || got.Limits.Users != nil {
		t.Errorf("tenant %+v, %v", got, err)
	}
}

func TestService_Members(t *testing.T) {
	t.Parallel()
	s, ada := setupTenants(t)
	acme := workflow.SystemActor("acme", "test")
	if _, err := s.CreateUser(t.Context(), acme, auth.NewUser{Login: "ada", Name: "another Ada"}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddMember(t.Context(), ada, "acme", tenant, "ada", admins); !errors.Is(err, auth.ErrLoginTaken) {
		t.Errorf("a login that is somebody else's there: %v, want it refused", err)
	}
	if err := s.AddMember(t.Context(), ada, "acme", tenant, "otto", []workflow.Role{workflow.RoleOperator}); err != nil {
		t.Fatal(err)
	}

	home := signedIn(t, s, tenant, "otto")
	if diff := cmp.Diff([]workflow.TenantRef{{Name: "acme", Title: "Acme"}}, home.Tenants); diff != "" {
		t.Errorf("where otto may go (-want +got):\n%s", diff)
	}
	there, err := s.Switch(t.Context(), home, "acme")
	if err != nil {
		t.Fatal(err)
	}
	want := workflow.Actor{
		ID: "otto", Name: "Otto O.", Tenant: "acme", Via: "session", Roles: []workflow.Role{workflow.RoleOperator}, Groups: []string{},
		Home: tenant, Tenants: []workflow.TenantRef{{Name: tenant, Title: "Tandem"}},
	}
	if diff := cmp.Diff(want, there); diff != "" {
		t.Errorf("otto in acme (-want +got):\n%s", diff)
	}
	if back, err := s.Switch(t.Context(), there, tenant); err != nil || !cmp.Equal(back, home) {
		t.Errorf("back at home: %+v, %v, want %+v", back, err, home)
	}
	for name, tt := range map[string]struct {
		by workflow.Actor
		to string
	}{
		"to a tenant without him":            {ada, "acme"},
		"to none":                            {home, "nowhere"},
		"by an account of the same name":     {workflow.Actor{ID: "ada", Tenant: tenant, Via: "session", Tenants: home.Tenants}, "acme"},
		"to the one where he is":             {home, tenant},
		"by somebody who only says he could": {workflow.Actor{ID: "eve", Tenant: tenant, Via: "session", Tenants: home.Tenants}, "acme"},
	} {
		if _, err := s.Switch(t.Context(), tt.by, tt.to); !errors.Is(err, auth.ErrTenantNotFound) {
			t.Errorf("%s: %v, want ErrTenantNotFound", name, err)
		}
	}

	t.Run("his password is kept at home", func(t *testing.T) {
		if err := s.SetPassword(t.Context(), acme, "otto", password); !errors.Is(err, auth.ErrGuest) {
			t.Errorf("set: %v, want ErrGuest", err)
		}
		if _, _, err := s.Invite(t.Context(), acme, "otto"); !errors.Is(err, auth.ErrGuest) {
			t.Errorf("invite: %v, want ErrGuest", err)
		}
		if _, err := s.SignIn(t.Context(), "acme", "otto", password, addr); !errors.Is(err, auth.ErrBadLogin) {
			t.Errorf("sign in: %v, want ErrBadLogin", err)
		}
	})
	t.Run("what closes him at home closes him everywhere", func(t *testing.T) {
		for _, off := range []bool{true, false} {
			if err := s.UpdateUser(t.Context(), ada, "otto", auth.Change{Disabled: &off}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.ActorByLogin(t.Context(), "acme", "otto"); errors.Is(err, auth.ErrDisabled) != off {
				t.Errorf("disabled %v: %v", off, err)
			}
		}
	})
	t.Run("a closed tenant lets nobody in", func(t *testing.T) {
		for _, off := range []bool{true, false} {
			if err := s.UpdateTenant(t.Context(), ada, "acme", auth.TenantChange{Closed: &off}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.ActorByLogin(t.Context(), "acme", "otto"); errors.Is(err, auth.ErrTenantClosed) != off {
				t.Errorf("closed %v: %v", off, err)
			}
			if got := len(signedIn(t, s, tenant, "otto").Tenants); (got == 0) != off {
				t.Errorf("closed %v: otto may switch to %d", off, got)
			}
		}
	})
	t.Run("taken out", func(t *testing.T) {
		if err := s.RemoveMember(t.Context(), ada, "acme", "otto"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Switch(t.Context(), home, "acme"); !errors.Is(err, auth.ErrTenantNotFound) {
			t.Errorf("with rights of before: %v, want ErrTenantNotFound", err)
		}
		if err := s.RemoveMember(t.Context(), ada, "acme", "ada"); !errors.Is(err, auth.ErrUserNotFound) {
			t.Errorf("who is no guest: %v, want ErrUserNotFound", err)
		}
	})
}

func TestService_RoomForUser(t *testing.T) {
	t.Parallel()
	s, ada := setupTenants(t)
	acme := workflow.SystemActor("acme", "test")
	create := func(login string) error {
		_, err := s.CreateUser(t.Context(), acme, auth.NewUser{Login: login})
		return err
	}
	two := 2
	if err := s.UpdateTenant(t.Context(), ada, "acme", auth.TenantChange{Limits: &workflow.TenantLimits{Users: &two}}); err != nil {
		t.Fatal(err)
	}
	if err := create("anna"); err != nil {
		t.Fatal(err)
	}
	racers := make(chan error, 8)
	for _, login := range []string{"b", "c", "d", "e", "f", "g", "h", "i"} {
		go func() { racers <- create(login) }()
	}
	made := 0
	for range cap(racers) {
		if err := <-racers; err == nil {
			made++
		} else if !errors.Is(err, auth.ErrTooManyUsers) {
			t.Errorf("refused with %v, want ErrTooManyUsers", err)
		}
	}
	if made != 1 {
		t.Errorf("%d got the last place, want 1", made)
	}
	if err := s.AddMember(t.Context(), ada, "acme", tenant, "otto", admins); !errors.Is(err, auth.ErrTooManyUsers) {
		t.Errorf("a guest beyond the limit: %v", err)
	}
	off := true
	if err := s.UpdateUser(t.Context(), acme, "anna", auth.Change{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	if err := create("kim"); err != nil {
		t.Errorf("in the place of somebody disabled: %v", err)
	}
	off = false
	if err := s.UpdateUser(t.Context(), acme, "anna", auth.Change{Disabled: &off}); !errors.Is(err, auth.ErrTooManyUsers) {
		t.Errorf("enabled beyond the limit: %v", err)
	}
}
