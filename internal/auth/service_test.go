package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/workflow"
)

const (
	tenant   = workflow.DefaultTenant
	password = "a password of some length"
	addr     = "192.0.2.1:4711"
)

var root = workflow.SystemActor(tenant, "test")

// setup returns a service on a database of its own and the hands of its clock.
func setup(t *testing.T) (*auth.Service, *time.Time) {
	t.Helper()
	at := time.Now()
	return auth.New(db.NewPeople(dbtest.New(t, db.Migrate)), func() time.Time { return at }), &at
}

func create(t *testing.T, s *auth.Service, n auth.NewUser) {
	t.Helper()
	if _, err := s.CreateUser(t.Context(), root, n); err != nil {
		t.Fatalf("create %s: %v", n.Login, err)
	}
}

func TestService_SignIn(t *testing.T) {
	t.Parallel()
	s, now := setup(t)
	create(t, s, auth.NewUser{
		Login: "ada", Name: "Ada Lovelace", Password: password,
		Roles: []workflow.Role{workflow.RoleOperator, workflow.RoleAdmin}, Groups: []string{"managers", "finance"},
	})
	create(t, s, auth.NewUser{Login: "bot"})

	t.Run("right", func(t *testing.T) {
		got, err := s.SignIn(t.Context(), tenant, " Ada ", password, addr)
		if err != nil {
			t.Fatal(err)
		}
		want := workflow.Actor{
			ID: "ada", Name: "Ada Lovelace", Tenant: tenant, Via: "session",
			Roles: []workflow.Role{workflow.RoleAdmin, workflow.RoleOperator}, Groups: []string{"finance", "managers"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("actor (-want +got):\n%s", diff)
		}
	})

	for name, who := range map[string][3]string{
		"wrong password":          {tenant, "ada", "wrong"},
		"empty password":          {tenant, "ada", ""},
		"huge password":           {tenant, "ada", strings.Repeat("x", auth.MaxPassword+1)},
		"unknown name":            {tenant, "eve", password},
		"no name at all":          {tenant, "", password},
		"name that nobody has":    {tenant, "a'; --\x00", password},
		"person of another house": {"elsewhere", "ada", password},
		"account without one":     {tenant, "bot", ""},
	} {
		if a, err := s.SignIn(t.Context(), who[0], who[1], who[2], addr); !errors.Is(err, auth.ErrBadLogin) {
			t.Errorf("%s: %v, %v, want ErrBadLogin", name, a, err)
		}
	}

	t.Run("disabled is told only to who knows the password", func(t *testing.T) {
		create(t, s, auth.NewUser{Login: "dora", Password: password})
		disabled := true
		if err := s.UpdateUser(t.Context(), root, "dora", auth.Change{Disabled: &disabled}); err != nil {
			t.Fatal(err)
		}
		for range 11 { // not a guess, so never throttled
			if _, err := s.SignIn(t.Context(), tenant, "dora", password, addr); !errors.Is(err, auth.ErrDisabled) {
				t.Fatalf("right password: %v, want ErrDisabled", err)
			}
		}
		if _, err := s.SignIn(t.Context(), tenant, "dora", "wrong", addr); !errors.Is(err, auth.ErrBadLogin) {
			t.Errorf("wrong password: %v, want ErrBadLogin", err)
		}
	})

	t.Run("throttled", func(t *testing.T) {
		const from = "198.51.100.7"
		for range 10 {
			if _, err := s.SignIn(t.Context(), tenant, "ada", "wrong", from); !errors.Is(err, auth.ErrBadLogin) {
				t.Fatalf("%v, want ErrBadLogin", err)
			}
		}
		*now = now.Add(5 * time.Minute)
		_, err := s.SignIn(t.Context(), tenant, "ada", password, from)
		var wait auth.Wait
		if !errors.Is(err, auth.ErrThrottled) || !errors.As(err, &wait) || time.Duration(wait) != 10*time.Minute {
			t.Errorf("%v (wait %v), want ErrThrottled, 10 minutes", err, wait)
		}
		if _, err := s.SignIn(t.Context(), tenant, "ada", password, "198.51.100.8"); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
		*now = now.Add(10 * time.Minute)
		if _, err := s.SignIn(t.Context(), tenant, "ada", password, from); err != nil {
			t.Errorf("after the wait: %v", err)
		}
	})
}

func TestService_CreateUser(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	create(t, s, auth.NewUser{Login: "ada"})

	t.Run("a taken name", func(t *testing.T) {
		if _, err := s.CreateUser(t.Context(), root, auth.NewUser{Login: "ada"}); !errors.Is(err, auth.ErrLoginTaken) {
			t.Errorf("%v, want ErrLoginTaken", err)
		}
	})
	t.Run("all faults at once", func(t *testing.T) {
		_, err := s.CreateUser(t.Context(), root, auth.NewUser{Login: "Ada", Email: "x", Password: "short", Roles: []workflow.Role{"king"}})
		var e *workflow.Error
		if !errors.As(err, &e) || e.Kind != workflow.KindInvalid {
			t.Fatalf("%v, want KindInvalid", err)
		}
		var got []string
		for _, f := range e.Fields {
			got = append(got, f.Pointer)
		}
		if diff := cmp.Diff([]string{"/email", "/roles", "/login", "/password"}, got); diff != "" {
			t.Errorf("faults (-want +got):\n%s", diff)
		}
	})
	t.Run("only by an admin", func(t *testing.T) {
		for _, by := range []workflow.Actor{
			{}, {ID: "eve", Tenant: tenant, Roles: []workflow.Role{workflow.RoleOperator}},
			{ID: "ada", Tenant: tenant, Roles: []workflow.Role{workflow.RoleAdmin}, Scopes: []string{"users:read", "groups"}},
		} {
			if _, err := s.CreateUser(t.Context(), by, auth.NewUser{Login: "new"}); !errors.Is(err, workflow.ErrForbidden) {
				t.Errorf("by %v: %v, want ErrForbidden", by, err)
			}
		}
	})
	t.Run("ensured twice", func(t *testing.T) {
		n := auth.NewUser{Login: "otto", Password: "tandem", AnyPassword: true, Groups: []string{"staff"}}
		for i, want := range []bool{true, false} {
			if got, err := s.EnsureUser(t.Context(), root, n); got != want || err != nil {
				t.Errorf("time %d: created %v, %v, want %v", i+1, got, err, want)
			}
		}
		if _, err := s.SignIn(t.Context(), tenant, "otto", "tandem", addr); err != nil {
			t.Error(err)
		}
	})
	t.Run("exists", func(t *testing.T) {
		for login, want := range map[string]bool{"ada": true, "nobody": false, "": false, "system:x": false} {
			if got, err := s.UserExists(t.Context(), tenant, login); got != want || err != nil {
				t.Errorf("UserExists(%q) = %v, %v, want %v", login, got, err, want)
			}
		}
	})
}

func TestService_Change(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	create(t, s, auth.NewUser{Login: "ada", Groups: []string{"a", "b"}})
	name, groups, off := "Countess", []string{"c", "b"}, true
	change := auth.Change{Name: &name, Groups: &groups, Roles: []workflow.Role{workflow.RoleAuthor}}
	if err := s.UpdateUser(t.Context(), root, "ada", change); err != nil {
		t.Fatal(err)
	}
	got, err := s.ActorByLogin(t.Context(), tenant, "ada")
	if err != nil {
		t.Fatal(err)
	}
	want := workflow.Actor{ID: "ada", Name: "Countess", Tenant: tenant, Via: "session", Roles: []workflow.Role{workflow.RoleAuthor}, Groups: []string{"b", "c"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actor (-want +got):\n%s", diff)
	}
	if err := s.SetPassword(t.Context(), root, "ada", password); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignIn(t.Context(), tenant, "ada", password, addr); err != nil {
		t.Errorf("with the password set: %v", err)
	}
	if err := s.UpdateUser(t.Context(), root, "ada", auth.Change{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ActorByLogin(t.Context(), tenant, "ada"); workflow.KindOf(err) != workflow.KindUnauthorized {
		t.Errorf("disabled: %v, want KindUnauthorized", err)
	}
	if err := s.UpdateUser(t.Context(), root, "eve", change); !errors.Is(err, auth.ErrUserNotFound) {
		t.Errorf("unknown: %v, want ErrUserNotFound", err)
	}
	other := workflow.SystemActor("elsewhere", "test")
	if err := s.UpdateUser(t.Context(), other, "ada", change); !errors.Is(err, auth.ErrUserNotFound) {
		t.Errorf("from another tenant: %v, want ErrUserNotFound", err)
	}
}

func TestService_Tokens(t *testing.T) {
	t.Parallel()
	s, now := setup(t)
	create(t, s, auth.NewUser{Login: "ada", Groups: []string{"finance"}})
	create(t, s, auth.NewUser{Login: "eve"})
	ada := workflow.Actor{ID: "ada", Tenant: tenant, Roles: []workflow.Role{workflow.RoleUser}}
	eve := workflow.Actor{ID: "eve", Tenant: tenant, Roles: []workflow.Role{workflow.RoleUser}}

	mint := func(t *testing.T, n auth.NewToken) (auth.Token, string) {
		t.Helper()
		token, secret, err := s.CreateToken(t.Context(), ada, n)
		if err != nil {
			t.Fatal(err)
		}
		return token, secret
	}
	refused := func(t *testing.T, secret, reason string) {
		t.Helper()
		_, err := s.ActorByToken(t.Context(), secret)
		if !errors.Is(err, workflow.ErrUnauthorized) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v, want ErrUnauthorized with %q", err, reason)
		}
	}

	t.Run("acts for its person", func(t *testing.T) {
		token, secret := mint(t, auth.NewToken{Login: "ada", Label: "build", Scopes: []string{"tasks:read", "events"}})
		if !strings.HasPrefix(secret, "tdm_") || len(secret) != 47 {
			t.Errorf("secret %q", secret)
		}
		got, err := s.ActorByToken(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		want := workflow.Actor{
			ID: "ada", Name: "ada", Tenant: tenant, Via: "token", Roles: []workflow.Role{workflow.RoleUser},
			Groups: []string{"finance"}, Scopes: []string{"events", "tasks:read"}, Token: token.ID.String(),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("actor (-want +got):\n%s", diff)
		}
		if _, _, err := s.CreateToken(t.Context(), got, auth.NewToken{Login: "ada", Label: "wider"}); !errors.Is(err, workflow.ErrForbidden) {
			t.Errorf("a token with scopes makes a token: %v, want ErrForbidden", err)
		}
	})
	t.Run("without scopes carries all rights", func(t *testing.T) {
		_, secret := mint(t, auth.NewToken{Login: "ada", Label: "all"})
		if a, err := s.ActorByToken(t.Context(), secret); err != nil || a.Scopes != nil {
			t.Errorf("scopes %v, %v, want nil", a.Scopes, err)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		for _, secret := range []string{"", "tdm_", "x", "tdm_" + strings.Repeat("A", 43), strings.Repeat("A", 47), strings.Repeat("x", 1<<20)} {
			refused(t, secret, "not known")
		}
	})
	t.Run("revoked at once, by its owner only", func(t *testing.T) {
		token, secret := mint(t, auth.NewToken{Login: "ada", Label: "short-lived"})
		if err := s.RevokeToken(t.Context(), eve, token.ID); !errors.Is(err, auth.ErrTokenNotFound) {
			t.Errorf("by another: %v, want ErrTokenNotFound", err)
		}
		if _, err := s.ActorByToken(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.RevokeToken(t.Context(), ada, token.ID); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, secret, `"short-lived" was revoked`)
	})
	t.Run("expired", func(t *testing.T) {
		_, secret := mint(t, auth.NewToken{Login: "ada", Label: "hour", ExpiresAt: now.Add(time.Hour)})
		if _, err := s.ActorByToken(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		before := *now
		*now = now.Add(time.Hour)
		refused(t, secret, `"hour" ended at`)
		*now = before
	})
	t.Run("not for others", func(t *testing.T) {
		if _, _, err := s.CreateToken(t.Context(), eve, auth.NewToken{Login: "ada", Label: "x"}); !errors.Is(err, workflow.ErrForbidden) {
			t.Errorf("make: %v, want ErrForbidden", err)
		}
		if _, err := s.Tokens(t.Context(), eve, "ada", uuid.Nil, 10); !errors.Is(err, workflow.ErrForbidden) {
			t.Errorf("list: %v, want ErrForbidden", err)
		}
		if _, _, err := s.CreateToken(t.Context(), root, auth.NewToken{Login: "nobody", Label: "x"}); !errors.Is(err, auth.ErrUserNotFound) {
			t.Errorf("for nobody: %v, want ErrUserNotFound", err)
		}
	})
	t.Run("faults", func(t *testing.T) {
		_, _, err := s.CreateToken(t.Context(), ada, auth.NewToken{Login: "ada", Scopes: []string{"tusks"}, ExpiresAt: *now})
		var e *workflow.Error
		if !errors.As(err, &e) || len(e.Fields) != 3 {
			t.Errorf("%v with %v, want three faults", err, e)
		}
	})
	t.Run("of someone disabled", func(t *testing.T) {
		_, secret := mint(t, auth.NewToken{Login: "ada", Label: "last"})
		off := true
		if err := s.UpdateUser(t.Context(), root, "ada", auth.Change{Disabled: &off}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ActorByToken(t.Context(), secret); !errors.Is(err, auth.ErrDisabled) {
			t.Errorf("%v, want ErrDisabled", err)
		}
	})
}
