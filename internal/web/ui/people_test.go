package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

func TestPeople_InvitedPersonSetsAPassword(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "").signIn("ada")
	b.get("/admin").expect(t, http.StatusSeeOther, "/admin/users")
	made := b.post("/admin/users", url.Values{
		"login": {"nina"}, "name": {"Nina New"}, "email": {"nina@example.com"}, "roles": {"", "author"}, "groups": {"", "staff"}, "new_groups": {"legal, board"},
	})
	made.expect(t, http.StatusOK, "")
	made.says(t, "h1", "Nina New")
	made.says(t, "main .facts", "No password yet")
	for _, group := range []string{"board", "legal", "staff"} {
		made.has(t, "input[name=groups][value="+group+"][checked]", 1)
	}
	made.has(t, "input[name=roles][value=author][checked]", 1)
	made.has(t, "input[name=roles][value=user][checked]", 0)
	link := made.page.Find("[data-shown]").AttrOr("value", "")
	path, ok := strings.CutPrefix(link, "https://tandem.example/welcome?token=")
	if !ok {
		t.Fatalf("the link is %q", link)
	}
	if again := b.get("/admin/users/nina"); strings.Contains(again.html(), path) {
		t.Error("the link is shown a second time")
	}

	nina := b.another()
	for range 2 { // looking changes nothing
		welcome := nina.get("/welcome?token=" + path)
		welcome.expect(t, http.StatusOK, "")
		welcome.says(t, "main", "nina")
		welcome.has(t, "input[name=password][type=password][autocomplete=new-password]", 1)
		if leak := welcome.page.Find("form[action='/preferences'] input[name=back]").First().AttrOr("value", ""); strings.Contains(leak, path) {
			t.Errorf("preferences lead back to %q, which holds the secret", leak)
		}
	}
	short := nina.post("/welcome", url.Values{"token": {path}, "password": {"short"}})
	short.expect(t, http.StatusUnprocessableEntity, "")
	short.says(t, ".problems", "at least 12 characters")
	nina.post("/welcome", url.Values{"token": {path}, "password": {goodPassword}}).expect(t, http.StatusSeeOther, "/login?notice=password_set")
	nina.get("/login?notice=password_set").says(t, ".notice", "The password is set.")
	nina.get("/welcome?token="+path).expect(t, http.StatusNotFound, "")
	nina.post("/welcome", url.Values{"token": {path}, "password": {goodPassword}}).expect(t, http.StatusNotFound, "")
	nina.signIn("nina").get("/profile").has(t, "input[name=name][value='Nina New']", 1)
}

func TestPeople_FormsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "").signIn("ada")
	for name, tt := range map[string]struct {
		path  string
		form  url.Values
		field string
		says  string
	}{
		"bad login":      {"/admin/users", url.Values{"login": {"Nina"}, "roles": {"user"}, "name": {"kept"}}, "login", "cannot be a login name"},
		"taken login":    {"/admin/users", url.Values{"login": {"otto"}, "roles": {"user"}}, "login", "taken"},
		"no role":        {"/admin/users", url.Values{"login": {"nina"}, "roles": {""}}, "", "at least one role"},
		"bad group":      {"/admin/users", url.Values{"login": {"nina"}, "roles": {"user"}, "new_groups": {"Über"}}, "new_groups", "group's name"},
		"bad e-mail":     {"/admin/users/otto", url.Values{"name": {"Otto"}, "email": {"x"}, "roles": {"user"}}, "email", "e-mail address"},
		"no name":        {"/admin/users/otto", url.Values{"name": {" "}, "roles": {"user"}}, "name", "Give a name"},
		"last admin":     {"/admin/users/ada", url.Values{"name": {"Ada"}, "roles": {"user"}}, "", "last administrator"},
		"group's name":   {"/admin/groups", url.Values{"group": {"A b"}}, "group", "group's name"},
		"unknown member": {"/admin/groups/staff/members", url.Values{"login": {"nobody"}}, "login", "no such person"},
		"token's day":    {"/admin/tokens", url.Values{"login": {"otto"}, "label": {"x"}, "expires_at": {"soon"}}, "expires_at", "no date"},
		"token's person": {"/admin/tokens", url.Values{"login": {"nobody"}, "label": {"x"}}, "login", "no such person"},
		"token's label":  {"/profile/tokens", url.Values{"label": {""}}, "label", "what the token is for"},
		"wrong password": {"/profile/password", url.Values{"present": {"guess"}, "password": {goodPassword + "!"}}, "present", "present password is wrong"},
		"short password": {"/profile/password", url.Values{"present": {goodPassword}, "password": {"x"}}, "password", "at least 12"},
		"own name":       {"/profile", url.Values{"name": {""}}, "name", "Give a name"},
	} {
		got := b.post(tt.path, tt.form)
		got.expect(t, http.StatusUnprocessableEntity, "")
		got.says(t, ".problems", tt.says)
		got.has(t, "details.fold:not([open]) .problems", 0)
		if tt.field != "" {
			got.has(t, "[name="+tt.field+"][aria-invalid=true]", 1)
		}
		if kept := tt.form.Get("name"); strings.TrimSpace(kept) != "" {
			if shown := got.page.Find(".problems").Closest("form").Find("[name=name]").AttrOr("value", ""); shown != kept {
				t.Errorf("%s: the name holds %q, want %q", name, shown, kept)
			}
		}
		if strings.Contains(got.html(), goodPassword) {
			t.Errorf("%s: the page shows a password", name)
		}
	}
}

func TestPeople_DisabledAndDeleted(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "").signIn("ada")
	otto := b.another().signIn("otto")
	b.post("/admin/users/otto/disable", nil).expect(t, http.StatusSeeOther, "/admin/users/otto?notice=disabled")
	otto.get("/profile").expect(t, http.StatusSeeOther, "/login")
	b.get("/admin/users/otto").says(t, "main .facts", "Disabled")
	b.post("/admin/users/otto/enable", nil).expect(t, http.StatusSeeOther, "/admin/users/otto?notice=enabled")
	otto.signIn("otto")
	b.post("/admin/users/otto/delete", nil).expect(t, http.StatusSeeOther, "/admin/users/otto?notice=deleted")
	otto.get("/profile").expect(t, http.StatusSeeOther, "/login")
	page := b.get("/admin/users/otto")
	page.says(t, "main .facts", "Deleted")
	page.has(t, "main form[action='/admin/users/otto']", 0)
	b.get("/admin/users").has(t, "a[href='/admin/users/otto']", 0)
	b.get("/admin/users?deleted=1").has(t, "a[href='/admin/users/otto']", 1)
	b.get("/admin/users?q=ADMIN").has(t, "tbody tr", 1)
	b.get("/admin/users?role=author").has(t, ".empty", 1)
}

func TestGroups(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "").signIn("ada")
	b.post("/admin/groups", url.Values{"group": {"legal"}, "title": {"Legal & Co"}}).expect(t, http.StatusSeeOther, "/admin/groups/legal")
	b.post("/admin/groups/legal/members", url.Values{"login": {"otto"}}).expect(t, http.StatusSeeOther, "/admin/groups/legal?notice=added")
	b.get("/admin/groups/legal").has(t, "a[href='/admin/users/otto']", 1)
	b.get("/admin/groups").says(t, "tbody", "Legal & Co")
	b.post("/admin/groups/legal", url.Values{"title": {"Law"}}).expect(t, http.StatusSeeOther, "/admin/groups/legal?notice=saved")
	b.post("/admin/groups/legal/members/otto/remove", nil).expect(t, http.StatusSeeOther, "/admin/groups/legal?notice=removed")
	b.get("/admin/groups/legal").has(t, "a[href='/admin/users/otto']", 0)
	b.post("/admin/groups/legal/delete", nil).expect(t, http.StatusSeeOther, "/admin/groups?notice=deleted")
	for _, path := range []string{"/admin/groups/legal", "/admin/groups/staff/members/x"} {
		b.get(path).expect(t, http.StatusNotFound, "")
	}
	b.post("/admin/groups/legal", url.Values{"title": {"Law"}}).expect(t, http.StatusNotFound, "")
}

func TestProfile(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "").signIn("otto")
	elsewhere := b.another().signIn("otto")

	t.Run("name and language", func(t *testing.T) {
		b.post("/profile", url.Values{"name": {"Otto O."}, "email": {"otto@example.com"}, "lang": {"de"}}).expect(t, http.StatusSeeOther, "/profile?notice=saved")
		page := b.get("/profile?notice=saved")
		page.has(t, "html[lang=de]", 1)
		page.says(t, ".notice", "Gespeichert.")
		page.has(t, "input[name=email][value='otto@example.com']", 1)
		b.post("/profile", url.Values{"name": {"Otto O."}, "lang": {"en"}})
		fresh := b.another().signIn("otto")
		fresh.get("/profile").has(t, "html[lang=en]", 1)
		fresh.post("/logout", nil)
	})
	t.Run("sessions", func(t *testing.T) {
		page := b.get("/profile")
		page.has(t, "#sessions tbody tr", 2)
		end := page.page.Find("#sessions tbody form").AttrOr("action", "")
		b.post(end, nil).expect(t, http.StatusSeeOther, "/profile?notice=session_ended")
		elsewhere.get("/profile").expect(t, http.StatusSeeOther, "/login")
		b.post(end, nil).expect(t, http.StatusNotFound, "")
	})
	t.Run("password", func(t *testing.T) {
		elsewhere.signIn("otto")
		const other = "an entirely other one"
		b.post("/profile/password", url.Values{"present": {goodPassword}, "password": {other}}).expect(t, http.StatusSeeOther, "/profile?notice=password")
		b.get("/profile").expect(t, http.StatusOK, "")
		elsewhere.get("/profile").expect(t, http.StatusSeeOther, "/login")
		elsewhere.post("/login", url.Values{"login": {"otto"}, "password": {other}}).expect(t, http.StatusSeeOther, "/profile")
	})
	t.Run("tokens", func(t *testing.T) {
		page := b.post("/profile/tokens", url.Values{"label": {"build"}, "scopes": {"", "tasks:read"}})
		page.expect(t, http.StatusOK, "")
		secret := page.page.Find("[data-shown]").AttrOr("value", "")
		acts := func(secret, want string) {
			t.Helper()
			a, err := b.people.ActorByToken(t.Context(), secret)
			if got := strings.Join(a.Scopes, ","); got != want {
				t.Errorf("the token reaches %q, %v, want %q", got, err, want)
			}
		}
		acts(secret, "tasks:read")
		if again := b.get("/profile"); strings.Contains(again.html(), secret) {
			t.Error("the secret is shown a second time")
		}
		rotate := page.page.Find("form[action$='/rotate']").AttrOr("action", "")
		rotated := b.post(rotate, url.Values{"overlap": {"0"}})
		rotated.expect(t, http.StatusOK, "")
		acts(secret, "")
		acts(rotated.page.Find("[data-shown]").AttrOr("value", ""), "tasks:read")
		ada := b.another().signIn("ada")
		ada.post(rotate, nil).expect(t, http.StatusNotFound, "")
		ada.post(strings.Replace(rotate, "/profile/", "/admin/", 1), nil).expect(t, http.StatusOK, "")
		b.post(strings.Replace(rotate, "/profile/", "/admin/", 1), nil).expect(t, http.StatusForbidden, "")
		b.post(strings.Replace(rotate, "/rotate", "/revoke", 1), nil).expect(t, http.StatusSeeOther, "/profile?notice=token_revoked")
		b.get("/profile").says(t, "#tokens tbody", "Revoked")
	})
}

func TestSetup(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t, db.Migrate)
	people := auth.New(db.NewPeople(pool), nil)
	b := browse(t, pool, people, "")
	b.get("/login").says(t, ".notice", "open the address")
	secret, err := people.BeginSetup(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/setup", "/setup?token=" + strings.Repeat("A", 43)} {
		b.get(path).expect(t, http.StatusNotFound, "")
	}
	b.post("/setup", url.Values{"login": {"eve"}, "password": {goodPassword}}).expect(t, http.StatusNotFound, "")
	b.get("/setup?token="+secret).has(t, "form[action='/setup'] input[name=password]", 1)
	wrong := b.post("/setup", url.Values{"token": {secret}, "login": {"A"}, "name": {"Ada"}, "password": {"x"}})
	wrong.expect(t, http.StatusUnprocessableEntity, "")
	wrong.has(t, "[aria-invalid=true]", 2)
	b.post("/setup", url.Values{"token": {secret}, "login": {"ada"}, "name": {"Ada"}, "password": {goodPassword}}).expect(t, http.StatusSeeOther, "/login?notice=set_up")
	b.get("/setup?token="+secret).expect(t, http.StatusNotFound, "")
	b.post("/setup", url.Values{"token": {secret}, "login": {"eve"}, "password": {goodPassword}}).expect(t, http.StatusNotFound, "")
	b.get("/login").has(t, ".notice", 0)
	b.signIn("ada").get("/admin/users").expect(t, http.StatusOK, "")
}

// html is the whole of an answer.
func (a answer) html() string {
	all, _ := a.page.Html() // of what has been parsed
	return all
}

// A form that is sent after its sender's session has ended is kept and sent again
// once he has signed in.
func TestSession_EndedWhileTyping(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "").signIn("otto")
	if _, err := b.pool.Exec(t.Context(), `DELETE FROM sessions`); err != nil {
		t.Fatal(err)
	}
	typed := url.Values{"name": {"Otto <b>"}, "email": {"otto@example.com"}}
	kept := b.post("/profile", typed)
	kept.expect(t, http.StatusUnauthorized, "")
	kept.says(t, "h1", "Your session has ended")
	kept.has(t, "a.btn-primary[href='/login'][target=_blank] ~ form[action='/profile']", 1) // in the order in which they are used
	again := url.Values{}
	kept.page.Find("form[action='/profile'] input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
		again.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	if again.Encode() != typed.Encode() {
		t.Errorf("the page keeps %v, want %v", again, typed)
	}
	b.signIn("otto").post("/profile", again).expect(t, http.StatusSeeOther, "/profile?notice=saved")
	b.get("/profile").has(t, "input[name=name][value='Otto <b>']", 1)

	b.post("/logout", nil)
	secret := b.post("/profile/password", url.Values{"present": {goodPassword}, "password": {goodPassword}})
	secret.expect(t, http.StatusSeeOther, "/login")
	b.post("/profile", nil).expect(t, http.StatusSeeOther, "/login")
}
