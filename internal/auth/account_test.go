package auth_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/workflow"
)

// sitting is a person before a browser.
func sitting(login string, roles ...workflow.Role) workflow.Actor {
	return workflow.Actor{ID: login, Tenant: tenant, Via: "session", Roles: roles}
}

const another = "another password of some length"

// house is a service whose sessions a test can open.
type house struct {
	*auth.Service
	sessions *db.Sessions
	now      *time.Time
}

func open(t *testing.T) house {
	t.Helper()
	at := time.Now()
	pool := dbtest.New(t, db.Migrate)
	return house{auth.New(db.NewPeople(pool), func() time.Time { return at }), db.NewSessions(pool, time.Hour), &at}
}

func (h house) session(t *testing.T, login string) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	err := h.sessions.Open(t.Context(), id.String(), []byte("x"), time.Now().Add(time.Hour), auth.NewSession{ID: id, Tenant: tenant, Login: login, Address: "192.0.2.1", Agent: "Lynx"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (h house) open(t *testing.T, login string) (ids []uuid.UUID) {
	t.Helper()
	list, err := h.Sessions(t.Context(), root, login, uuid.Nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestService_ChangePassword(t *testing.T) {
	t.Parallel()
	h := open(t)
	create(t, h.Service, auth.NewUser{Login: "otto", Password: password})
	otto := sitting("otto", workflow.RoleUser)
	mine, other := h.session(t, "otto"), h.session(t, "otto")

	for name, tt := range map[string]struct {
		by      workflow.Actor
		present string
		next    string
		want    error
	}{
		"wrong present one": {otto, "guess", another, auth.ErrWrongPassword},
		"too short":         {otto, password, "short", workflow.ErrInvalidInput},
		"by a token":        {workflow.Actor{ID: "otto", Tenant: tenant, Via: "token"}, password, another, workflow.ErrForbidden},
		"by nobody":         {workflow.Actor{Tenant: tenant, Via: "session"}, password, another, workflow.ErrForbidden},
	} {
		if err := h.ChangePassword(t.Context(), tt.by, tt.present, tt.next, mine, addr); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if got := h.open(t, "otto"); len(got) != 2 {
		t.Errorf("after refusals %d sessions are open, want 2", len(got))
	}
	if err := h.ChangePassword(t.Context(), otto, password, another, mine, addr); err != nil {
		t.Fatal(err)
	}
	if got := h.open(t, "otto"); !slices.Equal(got, []uuid.UUID{mine}) {
		t.Errorf("open sessions %v, want that of the change alone, not %v", got, other)
	}
	if _, err := h.SignIn(t.Context(), tenant, "otto", password, addr); !errors.Is(err, auth.ErrBadLogin) {
		t.Errorf("with the old password: %v, want ErrBadLogin", err)
	}
	if _, err := h.SignIn(t.Context(), tenant, "otto", another, addr); err != nil {
		t.Errorf("with the other password: %v", err)
	}

	t.Run("guesses are throttled like those of signing in", func(t *testing.T) {
		for range 10 {
			if err := h.ChangePassword(t.Context(), otto, "guess", password, mine, "198.51.100.9"); !errors.Is(err, auth.ErrWrongPassword) {
				t.Fatalf("%v, want ErrWrongPassword", err)
			}
		}
		if err := h.ChangePassword(t.Context(), otto, another, password, mine, "198.51.100.9"); !errors.Is(err, auth.ErrThrottled) {
			t.Errorf("%v, want ErrThrottled", err)
		}
	})
}

func TestService_Links(t *testing.T) {
	t.Parallel()
	h := open(t)
	create(t, h.Service, auth.NewUser{Login: "ada", Password: password, Roles: []workflow.Role{workflow.RoleAdmin}})
	create(t, h.Service, auth.NewUser{Login: "otto"})
	ada := sitting("ada", workflow.RoleAdmin)
	invite := func(t *testing.T, login string) (auth.Link, string) {
		t.Helper()
		l, secret, err := h.Invite(t.Context(), ada, login)
		if err != nil {
			t.Fatal(err)
		}
		return l, secret
	}
	over := func(t *testing.T, what, secret string) {
		t.Helper()
		if _, err := h.OpenLink(t.Context(), secret); !errors.Is(err, auth.ErrLinkNotFound) {
			t.Errorf("%s: open: %v, want ErrLinkNotFound", what, err)
		}
		if _, err := h.UseLink(t.Context(), secret, another, addr); !errors.Is(err, auth.ErrLinkNotFound) {
			t.Errorf("%s: use: %v, want ErrLinkNotFound", what, err)
		}
	}

	t.Run("an invitation works once", func(t *testing.T) {
		l, secret := invite(t, "otto")
		if l.Purpose != auth.PurposeInvite || l.ExpiresAt.Sub(l.CreatedAt) != 7*24*time.Hour {
			t.Errorf("link %+v, want an invitation for a week", l)
		}
		for range 3 { // mail scanners look, too
			if got, err := h.OpenLink(t.Context(), secret); err != nil || got.Login != "otto" {
				t.Fatalf("open: %+v, %v", got, err)
			}
		}
		if _, err := h.UseLink(t.Context(), secret, "short", addr); !errors.Is(err, workflow.ErrInvalidInput) {
			t.Errorf("a short password: %v, want ErrInvalidInput", err)
		}
		h.session(t, "otto")
		if login, err := h.UseLink(t.Context(), secret, password, addr); login != "otto" || err != nil {
			t.Fatalf("use: %q, %v", login, err)
		}
		if n := len(h.open(t, "otto")); n != 0 {
			t.Errorf("%d sessions are open, want none", n)
		}
		if _, err := h.SignIn(t.Context(), tenant, "otto", password, addr); err != nil {
			t.Error(err)
		}
		over(t, "used", secret)
	})
	t.Run("used by many at once, it works once", func(t *testing.T) {
		l, secret := invite(t, "otto")
		if l.Purpose != auth.PurposeReset {
			t.Errorf("purpose %s, want a reset", l.Purpose)
		}
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() { _, errs[i] = h.UseLink(t.Context(), secret, password, addr) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, auth.ErrLinkNotFound) {
				t.Errorf("%v, want ErrLinkNotFound", err)
			}
		}
		if won != 1 {
			t.Errorf("%d of 4 used the link, want 1", won)
		}
	})
	t.Run("another one ends it", func(t *testing.T) {
		_, first := invite(t, "otto")
		_, second := invite(t, "otto")
		over(t, "replaced", first)
		if _, err := h.OpenLink(t.Context(), second); err != nil {
			t.Error(err)
		}
	})
	t.Run("it ends by itself", func(t *testing.T) {
		_, secret := invite(t, "otto")
		before := *h.now
		*h.now = before.Add(24 * time.Hour)
		over(t, "expired", secret)
		*h.now = before
	})
	t.Run("not for someone disabled meanwhile", func(t *testing.T) {
		_, secret := invite(t, "otto")
		for _, off := range []bool{true, false} {
			if err := h.UpdateUser(t.Context(), ada, "otto", auth.Change{Disabled: &off}); err != nil {
				t.Fatal(err)
			}
			if off {
				if _, err := h.UseLink(t.Context(), secret, another, addr); !errors.Is(err, auth.ErrLinkNotFound) {
					t.Errorf("%v, want ErrLinkNotFound", err)
				}
				if _, _, err := h.Invite(t.Context(), ada, "otto"); workflow.KindOf(err) != workflow.KindConflict {
					t.Errorf("invite someone disabled: %v, want a conflict", err)
				}
			}
		}
		if _, err := h.OpenLink(t.Context(), secret); err != nil {
			t.Errorf("enabled again: %v", err)
		}
	})
	t.Run("made by admins alone", func(t *testing.T) {
		if _, _, err := h.Invite(t.Context(), sitting("otto", workflow.RoleUser), "ada"); !errors.Is(err, workflow.ErrForbidden) {
			t.Errorf("%v, want ErrForbidden", err)
		}
	})
	for _, secret := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("!", 43), strings.Repeat("A", 1<<20)} {
		over(t, "unknown", secret)
	}
}

func TestService_Setup(t *testing.T) {
	t.Parallel()
	h := open(t)
	create(t, h.Service, auth.NewUser{Login: "otto", Password: password})
	first, err := h.BeginSetup(t.Context(), tenant)
	if err != nil || first == "" {
		t.Fatalf("BeginSetup = %q, %v", first, err)
	}
	second, err := h.BeginSetup(t.Context(), tenant) // of another process
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.UseLink(t.Context(), first, password, addr); !errors.Is(err, auth.ErrLinkNotFound) {
		t.Errorf("as an invitation: %v, want ErrLinkNotFound", err)
	}
	for name, tt := range map[string]struct {
		secret string
		user   auth.NewUser
		want   error
	}{
		"made-up secret": {strings.Repeat("A", 43), auth.NewUser{Login: "ada", Password: password}, auth.ErrLinkNotFound},
		"no password":    {first, auth.NewUser{Login: "ada"}, workflow.ErrInvalidInput},
		"short password": {first, auth.NewUser{Login: "ada", Password: "short", AnyPassword: true}, workflow.ErrInvalidInput},
		"bad name":       {first, auth.NewUser{Login: "Ada", Password: password}, workflow.ErrInvalidInput},
		"taken name":     {first, auth.NewUser{Login: "otto", Password: password}, auth.ErrLoginTaken},
	} {
		if _, err := h.FinishSetup(t.Context(), tt.secret, tt.user, addr); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}

	var wg sync.WaitGroup
	made := make([]error, 4)
	for i := range made {
		secret := []string{first, second}[i%2]
		wg.Go(func() {
			_, made[i] = h.FinishSetup(t.Context(), secret, auth.NewUser{Login: "ada" + string(rune('a'+i)), Password: password, Roles: []workflow.Role{workflow.RoleUser}}, addr)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range made {
		if err == nil {
			won++
		} else if !errors.Is(err, auth.ErrSetupClosed) && !errors.Is(err, auth.ErrLinkNotFound) {
			t.Errorf("%v, want it closed", err)
		}
	}
	if won != 1 {
		t.Errorf("%d administrators were made, want 1", won)
	}
	admins, err := h.Users(t.Context(), auth.UserFilter{Tenant: tenant, Role: workflow.RoleAdmin, Limit: 9})
	if err != nil || len(admins) != 1 {
		t.Errorf("%d administrators, %v, want 1", len(admins), err)
	}
	if secret, err := h.BeginSetup(t.Context(), tenant); secret != "" || err != nil {
		t.Errorf("once there is one, BeginSetup = %q, %v, want nothing", secret, err)
	}
	if _, err := h.OpenLink(t.Context(), second); !errors.Is(err, auth.ErrSetupClosed) && !errors.Is(err, auth.ErrLinkNotFound) {
		t.Errorf("the other link: %v, want it closed", err)
	}
}

func TestService_DeleteUser(t *testing.T) {
	t.Parallel()
	h := open(t)
	create(t, h.Service, auth.NewUser{Login: "ada", Password: password, Roles: []workflow.Role{workflow.RoleAdmin}})
	create(t, h.Service, auth.NewUser{Login: "otto", Name: "Otto Office", Email: "otto@example.com", Password: password, Groups: []string{"staff"}})
	ada := sitting("ada", workflow.RoleAdmin)
	h.session(t, "otto")
	_, token, err := h.CreateToken(t.Context(), ada, auth.NewToken{Login: "otto", Label: "x"})
	if err != nil {
		t.Fatal(err)
	}
	_, link, err := h.Invite(t.Context(), ada, "otto")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.DeleteUser(t.Context(), sitting("otto", workflow.RoleUser), "otto"); !errors.Is(err, workflow.ErrForbidden) {
		t.Errorf("by himself: %v, want ErrForbidden", err)
	}
	for range 2 {
		if err := h.DeleteUser(t.Context(), ada, "otto"); err != nil {
			t.Fatal(err)
		}
	}
	u, err := h.User(t.Context(), tenant, "otto")
	if err != nil || u.DeletedAt == nil || u.Name != "otto" || u.Email != "" || len(u.Groups) != 0 {
		t.Errorf("%+v, %v, want his login and nothing else", u, err)
	}
	if n := len(h.open(t, "otto")); n != 0 {
		t.Errorf("%d sessions are open, want none", n)
	}
	if _, err := h.ActorByToken(t.Context(), token); workflow.KindOf(err) != workflow.KindUnauthorized {
		t.Errorf("his token: %v, want KindUnauthorized", err)
	}
	if _, err := h.OpenLink(t.Context(), link); !errors.Is(err, auth.ErrLinkNotFound) {
		t.Errorf("his link: %v, want ErrLinkNotFound", err)
	}
	if _, err := h.SignIn(t.Context(), tenant, "otto", password, addr); !errors.Is(err, auth.ErrBadLogin) {
		t.Errorf("signing in: %v, want ErrBadLogin", err)
	}
	on := false
	for name, err := range map[string]error{
		"another otto": func() error {
			_, err := h.CreateUser(t.Context(), ada, auth.NewUser{Login: "otto"})
			return err
		}(),
		"enable":   h.UpdateUser(t.Context(), ada, "otto", auth.Change{Disabled: &on}),
		"password": h.SetPassword(t.Context(), ada, "otto", password),
		"group":    h.SetMember(t.Context(), ada, "staff", "otto", true),
	} {
		if workflow.KindOf(err) != workflow.KindConflict {
			t.Errorf("%s: %v, want a conflict", name, err)
		}
	}
	if list, err := h.Users(t.Context(), auth.UserFilter{Tenant: tenant, Limit: 9}); err != nil || len(list) != 1 {
		t.Errorf("the list has %d people, %v, want ada alone", len(list), err)
	}
}

func TestService_LastAdmin(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, off := sitting("ada", workflow.RoleAdmin), true
	user := []workflow.Role{workflow.RoleUser}
	create(t, h.Service, auth.NewUser{Login: "ada", Roles: []workflow.Role{workflow.RoleAdmin}})
	create(t, h.Service, auth.NewUser{Login: "eve", Roles: []workflow.Role{workflow.RoleAdmin}})
	if err := h.UpdateUser(t.Context(), ada, "eve", auth.Change{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"demoted":  h.UpdateUser(t.Context(), ada, "ada", auth.Change{Roles: user}),
		"disabled": h.UpdateUser(t.Context(), ada, "ada", auth.Change{Disabled: &off}),
		"deleted":  h.DeleteUser(t.Context(), ada, "ada"),
	} {
		if !errors.Is(err, auth.ErrLastAdmin) {
			t.Errorf("%s: %v, want ErrLastAdmin", name, err)
		}
	}

	t.Run("of two that leave at once, one stays", func(t *testing.T) {
		off := false
		if err := h.UpdateUser(t.Context(), ada, "eve", auth.Change{Disabled: &off}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, login := range []string{"ada", "eve"} {
			wg.Go(func() { errs[i] = h.UpdateUser(t.Context(), ada, login, auth.Change{Roles: user}) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("%v and %v, want one of them refused", errs[0], errs[1])
		}
	})
}

func TestService_SessionsOfOthers(t *testing.T) {
	t.Parallel()
	h := open(t)
	create(t, h.Service, auth.NewUser{Login: "otto"})
	create(t, h.Service, auth.NewUser{Login: "eve"})
	id := h.session(t, "otto")
	eve := sitting("eve", workflow.RoleUser)
	if _, err := h.Sessions(t.Context(), eve, "otto", uuid.Nil, 9); !errors.Is(err, workflow.ErrForbidden) {
		t.Errorf("list: %v, want ErrForbidden", err)
	}
	if err := h.EndSession(t.Context(), eve, "otto", id); !errors.Is(err, workflow.ErrForbidden) {
		t.Errorf("end: %v, want ErrForbidden", err)
	}
	if err := h.EndSession(t.Context(), eve, "eve", id); !errors.Is(err, auth.ErrSessionNotFound) {
		t.Errorf("end as one's own: %v, want ErrSessionNotFound", err)
	}
	if err := h.EndSession(t.Context(), sitting("otto"), "otto", id); err != nil {
		t.Error(err)
	}
	if n := len(h.open(t, "otto")); n != 0 {
		t.Errorf("%d sessions are open, want none", n)
	}
}

// Each change writes its line of the audit, which holds no secret.
func TestService_Audit(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t, db.Migrate)
	s := auth.New(db.NewPeople(pool), nil)
	create(t, s, auth.NewUser{Login: "ada", Password: password, Roles: []workflow.Role{workflow.RoleAdmin}})
	ada := sitting("ada", workflow.RoleAdmin)
	ada.Address = "192.0.2.1"
	if _, err := s.CreateUser(t.Context(), ada, auth.NewUser{Login: "otto"}); err != nil {
		t.Fatal(err)
	}
	off := true
	if err := s.UpdateUser(t.Context(), ada, "otto", auth.Change{Disabled: &off, Roles: []workflow.Role{workflow.RoleAuthor}}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPassword(t.Context(), ada, "otto", another); err != nil {
		t.Fatal(err)
	}
	_, secret, err := s.CreateToken(t.Context(), ada, auth.NewToken{Login: "ada", Label: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.UpdateUser(t.Context(), ada, "nobody", auth.Change{Disabled: &off}); err == nil {
		t.Fatal("nobody was changed")
	}
	var lines []string
	rows, err := pool.Query(t.Context(), `SELECT actor || ' ' || address || ' ' || action || ' ' || coalesce(before::text, '-') || ' ' || coalesce(after::text, '-') FROM audit WHERE actor = 'ada' ORDER BY seq`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	want := []string{"user.create", `"disabled": false`, "user.set_password", "token.create"}
	if len(lines) != len(want) {
		t.Fatalf("lines %q, want those about %q", lines, want)
	}
	for i, part := range want {
		if !strings.Contains(strings.ReplaceAll(lines[i], `":`, `": `), part) && !strings.Contains(lines[i], part) || !strings.HasPrefix(lines[i], "ada 192.0.2.1 ") {
			t.Errorf("line %q, want ada's about %s", lines[i], part)
		}
		if strings.Contains(lines[i], another) || strings.Contains(lines[i], secret) || strings.Contains(lines[i], "argon2") {
			t.Errorf("line %q holds a secret", lines[i])
		}
	}
}
