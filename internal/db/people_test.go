package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/workflow"
)

func insertUser(t *testing.T, p *db.People, tenant, login string, groups ...string) {
	t.Helper()
	err := p.InsertUser(t.Context(), auth.User{
		Tenant: tenant, Login: login, Name: login, Roles: []workflow.Role{workflow.RoleUser}, Groups: groups, CreatedAt: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func insertTenants(t *testing.T, p *db.People, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := p.InsertTenant(t.Context(), auth.Tenant{Name: name, Title: name, CreatedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
}

func logins(users []auth.User) (out []string) {
	for _, u := range users {
		out = append(out, u.Login)
	}
	return out
}

func TestPeople_Users(t *testing.T) {
	t.Parallel()
	p := db.NewPeople(dbtest.New(t, db.Migrate))
	insertTenants(t, p, "a", "b")
	for i := range 5 {
		insertUser(t, p, "a", fmt.Sprint("u", i), []string{"even", "odd"}[i%2])
	}
	insertUser(t, p, "b", "u0", "even")
	for _, tt := range []struct {
		name   string
		filter auth.UserFilter
		want   []string
	}{
		{"first page", auth.UserFilter{Tenant: "a", Limit: 2}, []string{"u0", "u1"}},
		{"second page", auth.UserFilter{Tenant: "a", After: "u1", Limit: 2}, []string{"u2", "u3"}},
		{"last page", auth.UserFilter{Tenant: "a", After: "u3", Limit: 2}, []string{"u4"}},
		{"of a group", auth.UserFilter{Tenant: "a", Group: "even", Limit: 9}, []string{"u0", "u2", "u4"}},
		{"of another tenant", auth.UserFilter{Tenant: "b", Limit: 9}, []string{"u0"}},
	} {
		got, err := p.Users(t.Context(), tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, logins(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestPeople_Groups(t *testing.T) {
	t.Parallel()
	p := db.NewPeople(dbtest.New(t, db.Migrate))
	insertTenants(t, p, "a")
	insertUser(t, p, "a", "ada", "finance", "board")
	insertUser(t, p, "a", "otto", "finance")
	for _, g := range []auth.Group{{Tenant: "a", Name: "finance", Title: "Finance"}, {Tenant: "a", Name: "empty", Title: "Empty"}} {
		if _, err := p.SaveGroup(t.Context(), g); err != nil {
			t.Fatal(err)
		}
	}
	got, err := p.Groups(t.Context(), "a", "board", 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []auth.Group{{Tenant: "a", Name: "empty", Title: "Empty"}, {Tenant: "a", Name: "finance", Title: "Finance", Members: 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

// What the code never tries, the database refuses.
func TestPeople_Invariants(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t, db.Migrate)
	p := db.NewPeople(pool)
	insertTenants(t, p, "a")
	insertUser(t, p, "a", "ada", "finance")
	for name, sql := range map[string]string{
		"a person deleted":         `DELETE FROM users`,
		"a person renamed":         `UPDATE users SET login = 'eve'`,
		"a bad login":              `INSERT INTO users (tenant_id, login, name) VALUES ('a', 'Ada', 'x')`,
		"no tenant":                `INSERT INTO users (tenant_id, login, name) VALUES ('', 'eve', 'x')`,
		"an unknown role":          `UPDATE users SET roles = '{king}'`,
		"no role":                  `UPDATE users SET roles = '{}'`,
		"a null role":              `UPDATE users SET roles = '{NULL}'`,
		"a password in clear":      `UPDATE users SET password_hash = 'secret'`,
		"a member of no group":     `INSERT INTO memberships VALUES ('a', 'ada', 'ghosts')`,
		"a member of another's":    `INSERT INTO memberships VALUES ('b', 'ada', 'finance')`,
		"a token's secret":         `INSERT INTO tokens (tenant_id, id, login, label, hash) VALUES ('a', gen_random_uuid(), 'ada', 'x', 'tdm_')`,
		"a session beyond its end": `INSERT INTO sessions (token, data, expiry, deadline, id, tenant_id, login) VALUES ('x', '', now() + interval '2 hours', now() + interval '1 hour', gen_random_uuid(), 'a', 'ada')`,
		"a session of nobody":      `INSERT INTO sessions (token, data, expiry, deadline, id, tenant_id, login) VALUES ('x', '', now(), now(), gen_random_uuid(), 'a', 'eve')`,
		"a deleted one who can":    `UPDATE users SET deleted_at = now()`,
		"a setup for somebody":     `INSERT INTO account_links VALUES (sha256('x'), 'a', 'ada', 'setup', 'x', now(), now() + interval '1 hour')`,
		"a reset for nobody":       `INSERT INTO account_links VALUES (sha256('x'), 'a', NULL, 'reset', 'x', now(), now() + interval '1 hour')`,
		"an old secret for ever":   `INSERT INTO tokens (tenant_id, id, login, label, hash, previous_hash) VALUES ('a', gen_random_uuid(), 'ada', 'x', sha256('x'), sha256('y'))`,
	} {
		if _, err := pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPeople_TokenUse(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t, db.Migrate)
	p := db.NewPeople(pool)
	insertTenants(t, p, "a")
	insertUser(t, p, "a", "ada")
	hash := make([]byte, 32)
	id := uuid.Must(uuid.NewV7())
	if err := p.InsertToken(t.Context(), auth.Token{ID: id, Tenant: "a", Login: "ada", Label: "x", CreatedAt: time.Now()}, hash); err != nil {
		t.Fatal(err)
	}
	use := func() (before string) {
		t.Helper()
		if _, _, err := p.UserByToken(t.Context(), hash, time.Now()); err != nil {
			t.Fatal(err)
		}
		return selectText(t, pool, `SELECT last_used_at::text FROM tokens`)
	}
	first := use()
	if got := use(); got != first {
		t.Errorf("used twice at once: %s, want %s", got, first)
	}
	long := selectText(t, pool, `UPDATE tokens SET last_used_at = now() - interval '61 seconds' RETURNING last_used_at::text`)
	if got := use(); got == long {
		t.Errorf("used a minute later: still %s", got)
	}
}

func TestPeople_Tokens(t *testing.T) {
	t.Parallel()
	p := db.NewPeople(dbtest.New(t, db.Migrate))
	insertTenants(t, p, "a")
	insertUser(t, p, "a", "ada")
	insertUser(t, p, "a", "otto")
	var ids []uuid.UUID
	for i, login := range []string{"ada", "otto", "ada", "ada"} {
		id := uuid.Must(uuid.NewV7())
		ids = append(ids, id)
		hash := make([]byte, 32)
		hash[0] = byte(i)
		if err := p.InsertToken(t.Context(), auth.Token{ID: id, Tenant: "a", Login: login, Label: "x", CreatedAt: time.Now()}, hash); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, login string
		before      uuid.UUID
		limit       int
		want        []uuid.UUID
	}{
		{"of one person", "ada", uuid.Nil, 9, []uuid.UUID{ids[3], ids[2], ids[0]}},
		{"first page", "", uuid.Nil, 2, []uuid.UUID{ids[3], ids[2]}},
		{"second page", "", ids[2], 2, []uuid.UUID{ids[1], ids[0]}},
	} {
		tokens, err := p.Tokens(t.Context(), "a", tt.login, tt.before, tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []uuid.UUID
		for _, token := range tokens {
			got = append(got, token.ID)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t, db.Migrate)
	s := db.NewSessions(pool, 2*time.Hour)
	insertTenants(t, db.NewPeople(pool), "a")
	insertUser(t, db.NewPeople(pool), "a", "ada")
	open := func(token string, life time.Duration) {
		t.Helper()
		n := auth.NewSession{ID: uuid.Must(uuid.NewV7()), Tenant: "a", Login: "ada"}
		if err := s.Open(t.Context(), token, []byte("data of "+token), time.Now().Add(life), n); err != nil {
			t.Fatal(err)
		}
	}
	left := func(token string) string {
		return selectText(t, pool, `SELECT round(extract(epoch FROM expiry - now()) / 60)::text FROM sessions WHERE token = $1`, token)
	}
	open("long", 12*time.Hour)
	open("ending", time.Hour)
	for token, want := range map[string]string{"long": "120", "ending": "60"} {
		if got := left(token); got != want {
			t.Errorf("%s ends in %s minutes, want %s", token, got, want)
		}
	}

	age := func(token string) {
		t.Helper()
		selectText(t, pool, `UPDATE sessions SET expiry = now() + interval '30 minutes' WHERE token = $1 RETURNING token`, token)
	}
	age("long")
	age("ending")
	if _, found, err := s.Peek(t.Context(), "long"); !found || err != nil || left("long") != "30" {
		t.Errorf("after a peek: found %v, %v, ends in %s minutes, want 30", found, err, left("long"))
	}
	for token, want := range map[string]string{"long": "120", "ending": "60"} {
		data, found, err := s.FindCtx(t.Context(), token)
		if err != nil || !found || string(data) != "data of "+token {
			t.Errorf("find %s: %q, %v, %v", token, data, found, err)
		}
		if got := left(token); got != want {
			t.Errorf("%s, once used, ends in %s minutes, want %s", token, got, want)
		}
	}
	written := selectText(t, pool, `SELECT xmin::text FROM sessions WHERE token = 'long'`)
	if _, _, err := s.FindCtx(t.Context(), "long"); err != nil {
		t.Fatal(err)
	}
	if got := selectText(t, pool, `SELECT xmin::text FROM sessions WHERE token = 'long'`); got != written {
		t.Errorf("used twice at once, it was written by %s, want %s", got, written)
	}

	selectText(t, pool, `UPDATE sessions SET expiry = now() WHERE token = 'long' RETURNING token`)
	for name, find := range map[string]func() ([]byte, bool, error){
		"find over":    func() ([]byte, bool, error) { return s.FindCtx(t.Context(), "long") },
		"peek over":    func() ([]byte, bool, error) { return s.Peek(t.Context(), "long") },
		"find unknown": func() ([]byte, bool, error) { return s.Find("unknown") },
	} {
		if _, found, err := find(); found || err != nil {
			t.Errorf("%s: found %v, %v", name, found, err)
		}
	}
	if n, err := s.DeleteExpired(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("DeleteExpired = %d, %v, want 1", n, err)
	}
	if err := s.Delete("ending"); err != nil {
		t.Error(err)
	}
	if err := s.CommitCtx(t.Context(), "ending", []byte("late"), time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if got := selectText(t, pool, `SELECT count(*)::text FROM sessions`); got != "0" {
		t.Errorf("%s sessions left, want 0", got)
	}
}

func selectText(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) string {
	t.Helper()
	rows, _ := pool.Query(t.Context(), sql, args...)
	got, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return got
}
