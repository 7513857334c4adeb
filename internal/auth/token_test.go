package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

func TestService_RotateToken(t *testing.T) {
	t.Parallel()
	s, now := setup(t)
	create(t, s, auth.NewUser{Login: "ada"})
	create(t, s, auth.NewUser{Login: "eve"})
	ada := sitting("ada", workflow.RoleUser)
	good := func(t *testing.T, what, secret string, want bool) {
		t.Helper()
		if _, err := s.ActorByToken(t.Context(), secret); (err == nil) != want || err != nil && !errors.Is(err, workflow.ErrUnauthorized) {
			t.Errorf("%s: %v, want it good: %v", what, err, want)
		}
	}
	token, first, err := s.CreateToken(t.Context(), ada, auth.NewToken{Login: "ada", Label: "build", Scopes: []string{"tasks"}})
	if err != nil {
		t.Fatal(err)
	}

	t.Run("with an overlap", func(t *testing.T) {
		rotated, second, err := s.RotateToken(t.Context(), ada, token.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if rotated.ID != token.ID || !cmp.Equal(rotated.Scopes, token.Scopes) || !rotated.PreviousUntil.Equal(now.Add(time.Hour)) {
			t.Errorf("%+v, want the same token and an hour's overlap", rotated)
		}
		good(t, "the secret before", first, true)
		good(t, "the present secret", second, true)
		_, third, err := s.RotateToken(t.Context(), ada, token.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		good(t, "that of two rotations ago", first, false)
		good(t, "the secret before", second, true)
		before := *now
		*now = now.Add(time.Hour)
		good(t, "the secret before, after the overlap", second, false)
		good(t, "the present secret", third, true)
		*now = before
		_, fourth, err := s.RotateToken(t.Context(), ada, token.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		good(t, "ended at once", third, false)
		good(t, "the present secret", fourth, true)
	})
	t.Run("refusals", func(t *testing.T) {
		for name, tt := range map[string]struct {
			by      workflow.Actor
			overlap time.Duration
			want    error
		}{
			"another's": {sitting("eve", workflow.RoleUser), 0, auth.ErrTokenNotFound},
			"too long":  {ada, 31 * 24 * time.Hour, workflow.ErrInvalidInput},
			"negative":  {ada, -1, workflow.ErrInvalidInput},
			"narrower":  {workflow.Actor{ID: "ada", Tenant: tenant, Scopes: []string{"tokens", "tasks:read"}}, 0, workflow.ErrForbidden},
		} {
			if _, _, err := s.RotateToken(t.Context(), tt.by, token.ID, tt.overlap); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
		}
		if err := s.RevokeToken(t.Context(), ada, token.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.RotateToken(t.Context(), ada, token.ID, 0); workflow.KindOf(err) != workflow.KindConflict {
			t.Errorf("revoked: %v, want a conflict", err)
		}
		if _, _, err := s.RotateToken(t.Context(), root, uuid.New(), 0); !errors.Is(err, auth.ErrTokenNotFound) {
			t.Errorf("unknown: %v, want ErrTokenNotFound", err)
		}
	})
}

// A token reaches no further through the tokens that it makes.
func TestService_TokensOfTokens(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	create(t, s, auth.NewUser{Login: "ada", Roles: []workflow.Role{workflow.RoleAdmin}})
	for _, tt := range []struct {
		have, want string // scopes with commas between; - for none
		may        bool
	}{
		{"tokens,tasks", "tasks", true},
		{"tokens,tasks", "tasks:read", true},
		{"tokens,tasks:write", "tasks:read,tasks:write", true},
		{"tokens,tasks:read", "tasks", false},
		{"tokens,tasks:read", "tasks:write", false},
		{"tokens,tasks", "instances", false},
		{"tokens,tasks", "-", false},
		{"tokens:read,tasks", "tasks", false},
		{"tasks", "tasks", false},
		{"-", "-", true},
		{"-", "act-as,tasks", false},
		{"tokens,act-as,tasks", "act-as", false},
	} {
		by := workflow.Actor{ID: "ada", Tenant: tenant, Via: "token", Roles: []workflow.Role{workflow.RoleAdmin}, Scopes: scopesOf(tt.have)}
		_, _, err := s.CreateToken(t.Context(), by, auth.NewToken{Login: "ada", Label: "x", Scopes: scopesOf(tt.want)})
		if (err == nil) != tt.may || err != nil && !errors.Is(err, workflow.ErrForbidden) {
			t.Errorf("%s makes %s: %v, want it allowed: %v", tt.have, tt.want, err, tt.may)
		}
	}
}

func scopesOf(list string) []string {
	if list == "-" {
		return nil
	}
	return strings.Split(list, ",")
}

func TestService_ActAs(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	create(t, s, auth.NewUser{Login: "ada", Name: "Ada", Roles: []workflow.Role{workflow.RoleAdmin}, Groups: []string{"board"}})
	create(t, s, auth.NewUser{Login: "bot"})
	create(t, s, auth.NewUser{Login: "gone"})
	off := true
	if err := s.UpdateUser(t.Context(), root, "gone", auth.Change{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	scopes := []string{"tasks", "act-as"}
	if _, _, err := s.CreateToken(t.Context(), sitting("bot", workflow.RoleUser), auth.NewToken{Login: "bot", Label: "x", Scopes: scopes}); !errors.Is(err, workflow.ErrForbidden) {
		t.Errorf("made by a user: %v, want ErrForbidden", err)
	}
	_, secret, err := s.CreateToken(t.Context(), sitting("ada", workflow.RoleAdmin), auth.NewToken{Login: "bot", Label: "x", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	bot, err := s.ActorByToken(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.ActAs(t.Context(), bot, "ada")
	if err != nil {
		t.Fatal(err)
	}
	want := workflow.Actor{
		ID: "ada", Name: "Ada", Tenant: tenant, Via: "token", Roles: []workflow.Role{workflow.RoleUser}, Groups: []string{"board"},
		Scopes: []string{"tasks"}, Caller: "bot", Token: bot.Token,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actor (-want +got):\n%s", diff)
	}
	for name, try := range map[string]struct {
		by    workflow.Actor
		login string
	}{
		"nobody":             {bot, "nobody"},
		"no name":            {bot, "system:timeout"},
		"someone disabled":   {bot, "gone"},
		"without the scope":  {workflow.Actor{ID: "bot", Tenant: tenant, Scopes: []string{"tasks"}}, "ada"},
		"all rights":         {workflow.Actor{ID: "ada", Tenant: tenant, Roles: want.Roles}, "bot"},
		"through another":    {got, "bot"},
		"of another tenant":  {workflow.Actor{ID: "bot", Tenant: "elsewhere", Scopes: scopes}, "ada"},
		"another, by a twin": {workflow.Actor{ID: "bot", Tenant: tenant, Scopes: scopes, Caller: "eve"}, "ada"},
	} {
		if a, err := s.ActAs(t.Context(), try.by, try.login); !errors.Is(err, workflow.ErrForbidden) {
			t.Errorf("%s: %v, %v, want ErrForbidden", name, a, err)
		}
	}
}
