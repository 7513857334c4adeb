package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// people of the provider: its storage, which adds the claim groups.
type provider struct {
	*storage.Storage
	groups []string
}

func (p *provider) SetUserinfoFromRequest(ctx context.Context, info *zoidc.UserInfo, token op.IDTokenRequest, scopes []string) error {
	err := p.Storage.SetUserinfoFromRequest(ctx, info, token, scopes)
	info.AppendClaims("groups", p.groups)
	return err
}

func (p *provider) SetUserinfoFromToken(ctx context.Context, info *zoidc.UserInfo, id, subject, origin string) error {
	err := p.Storage.SetUserinfoFromToken(ctx, info, id, subject, origin)
	info.AppendClaims("groups", p.groups)
	return err
}

// oidcHouse is a Tandem on loopback beside a conforming provider of a library.
type oidcHouse struct {
	*house
	url      string
	provider *provider
}

func openOIDC(t *testing.T, admission tandem.Admission) *oidcHouse {
	t.Helper()
	later := func(get func() http.Handler) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { get().ServeHTTP(w, r) }))
		t.Cleanup(s.Close)
		return s
	}
	var ours, theirs http.Handler
	here, there := later(func() http.Handler { return ours }), later(func() http.Handler { return theirs })
	h := &oidcHouse{url: here.URL}
	client := storage.WebClient("tandem", "a secret of the client", here.URL+"/login/callback/corp")
	h.provider = &provider{Storage: storage.NewStorageWithClients(storage.NewUserStore(there.URL), map[string]*storage.Client{"tandem": client})}
	theirs = exampleop.SetupServer(there.URL, h.provider, nil, false, op.WithLogger(slog.New(slog.DiscardHandler)))
	h.house = open(t, tandem.Config{
		DatabaseURL: dbtest.URL(t, db.Migrate), PublicURL: here.URL,
		IdentityProviders: []tandem.IdentityProvider{{
			Name: "corp", Title: "Corp", Issuer: there.URL, ClientID: "tandem", ClientSecret: "a secret of the client", Admission: admission,
		}},
	})
	ours = h.handler
	return h
}

// visitor is a browser without JavaScript that follows redirects.
func (h *oidcHouse) visitor() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func (h *oidcHouse) do(c *http.Client, method, address string, form url.Values) (status int, at *url.URL, body string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := c.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, resp.Request.URL, string(text)
}

var requestID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// signIn goes over the provider as one of its people and gives where that leads.
func (h *oidcHouse) signIn(c *http.Client, name string) (status int, at *url.URL, body string) {
	h.t.Helper()
	return h.signInBy(c, "/login/with/corp", name)
}

// signInBy is signIn from another address of ours that leads to the provider.
func (h *oidcHouse) signInBy(c *http.Client, path, name string) (status int, at *url.URL, body string) {
	h.t.Helper()
	status, at, body = h.do(c, http.MethodGet, h.url+path, nil)
	id := requestID.FindStringSubmatch(body)
	if status != http.StatusOK || id == nil {
		h.t.Fatalf("the provider answers %d at %s: %.500s", status, at, body)
	}
	return h.do(c, http.MethodPost, at.Scheme+"://"+at.Host+"/login/username", url.Values{"id": {id[1]}, "username": {name}, "password": {"verysecure"}})
}

func TestOIDC(t *testing.T) {
	t.Parallel()
	h := openOIDC(t, tandem.Admission{
		Create: true, Groups: map[string]string{"corp-fin": "finance", "corp-hr": "hr"}, Roles: map[string]tandem.Role{"corp-ops": "operator"},
	})
	if err := h.app.CreateUser(t.Context(), tandem.NewUser{Login: "test-user2", Email: "test-user2@zitadel.ch", Password: "somebody else's password"}); err != nil {
		t.Fatal(err)
	}
	h.provider.groups = []string{"corp-fin", "corp-ops", "unknown"}

	t.Run("the first sign-in makes an account and leads to where one wanted", func(t *testing.T) {
		h := &oidcHouse{h.on(t), h.url, h.provider}
		c := h.visitor()
		if _, at, body := h.do(c, http.MethodGet, h.url+"/tasks?view=groups", nil); at.Path != "/login" || !strings.Contains(body, `href="/login/with/corp"`) {
			t.Fatalf("sent to %s, want the sign-in page with the provider", at)
		}
		status, at, body := h.signIn(c, "test-user@127.0.0.1")
		if status != http.StatusOK || at.String() != h.url+"/tasks?view=groups" {
			t.Fatalf("got %d at %s, want the inbox: %.300s", status, at, body)
		}
		who := h.call(http.StatusOK, "GET", "/users/test-user", "")
		for _, want := range []string{`"groups":["finance"]`, `"roles":["operator"]`, `"name":"Test User"`} {
			if !strings.Contains(who.body, want) {
				t.Errorf("the account is %s, want %s", who.body, want)
			}
		}
	})
	t.Run("the claims rule what they are mapped to, and nothing else", func(t *testing.T) {
		h := &oidcHouse{h.on(t), h.url, h.provider}
		h.call(http.StatusNoContent, "PUT", "/groups/staff/members/test-user", "")
		h.provider.groups = []string{"corp-hr"}
		if status, at, _ := h.signIn(h.visitor(), "test-user@127.0.0.1"); status != http.StatusOK || at.Path != "/" {
			t.Fatalf("got %d at %s", status, at)
		}
		who := h.call(http.StatusOK, "GET", "/users/test-user", "")
		for _, want := range []string{`"groups":["hr","staff"]`, `"roles":["user"]`} {
			if !strings.Contains(who.body, want) {
				t.Errorf("the account is %s, want %s", who.body, want)
			}
		}
	})
	t.Run("a name that is taken is not taken over", func(t *testing.T) {
		h := &oidcHouse{h.on(t), h.url, h.provider}
		if status, at, _ := h.signIn(h.visitor(), "test-user2"); status != http.StatusOK || at.Path != "/" {
			t.Fatalf("got %d at %s", status, at)
		}
		h.call(http.StatusOK, "GET", "/users/test-user2-2", "")
		if got := h.call(http.StatusOK, "GET", "/users/test-user2/sessions", "").each(t, "id"); got != "" {
			t.Errorf("the account of the same name and e-mail has the sessions %s", got)
		}
	})
	t.Run("disabled here is out", func(t *testing.T) {
		h := &oidcHouse{h.on(t), h.url, h.provider}
		h.call(http.StatusOK, "PATCH", "/users/test-user", `{"disabled": true}`)
		if status, _, body := h.signIn(h.visitor(), "test-user@127.0.0.1"); status != http.StatusForbidden || !strings.Contains(body, "disabled") {
			t.Errorf("got %d, want a refusal", status)
		}
	})
	t.Run("an answer belongs to one attempt of one browser", func(t *testing.T) {
		h := &oidcHouse{h.on(t), h.url, h.provider}
		victim := h.visitor()
		var answer string
		thief := h.visitor()
		thief.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if strings.HasPrefix(r.URL.Path, "/login/callback/") {
				answer = r.URL.String()
				return http.ErrUseLastResponse
			}
			return nil
		}
		h.signIn(thief, "test-user2")
		if answer == "" {
			t.Fatal("there is no answer")
		}
		h.do(victim, http.MethodGet, h.url+"/login/with/corp", nil) // has an attempt of his own
		for name, c := range map[string]*http.Client{"another attempt": victim, "none": h.visitor()} {
			if status, _, body := h.do(c, http.MethodGet, answer, nil); status != http.StatusUnprocessableEntity || !strings.Contains(body, "does not belong") {
				t.Errorf("%s: got %d, want a refusal", name, status)
			}
		}
		if status, _, _ := h.do(thief, http.MethodGet, answer, nil); status != http.StatusOK {
			t.Errorf("in its own browser: got %d", status)
		}
		if status, _, _ := h.do(thief, http.MethodGet, answer, nil); status != http.StatusUnprocessableEntity {
			t.Errorf("a second time: got %d, want a refusal", status)
		}
	})
	t.Run("signing out offers to sign out there, too", func(t *testing.T) {
		h := &oidcHouse{h.on(t), h.url, h.provider}
		if _, _, body := h.do(h.visitor(), http.MethodGet, h.url+"/login?notice=signed_out", nil); !strings.Contains(body, "/end_session?client_id=tandem&amp;post_logout_redirect_uri=") {
			t.Errorf("no way to end the session at the provider: %.2000s", body)
		}
	})
}

// TestOIDC_link: somebody who is signed in links an identity with his password,
// and signs in by it until he unlinks it.
func TestOIDC_link(t *testing.T) {
	t.Parallel()
	h := openOIDC(t, tandem.Admission{})
	as := func(login string) *http.Client {
		t.Helper()
		c := h.visitor()
		if status, at, _ := h.do(c, http.MethodPost, h.url+"/login", url.Values{"login": {login}, "password": {tandem.DemoPassword}}); status != http.StatusOK || at.Path != "/" {
			t.Fatalf("%s signs in: %d at %s", login, status, at)
		}
		return c
	}
	const link = "/profile/identities/with/corp"
	otto := as("otto")
	status, at, body := h.signInBy(otto, link, "test-user2")
	if status != http.StatusOK || at.Path != "/profile/identities" || !strings.Contains(body, "test-user2@zitadel.ch") {
		t.Fatalf("got %d at %s, want to be asked: %.300s", status, at, body)
	}
	if status, _, body := h.signIn(h.visitor(), "test-user2"); status != http.StatusForbidden {
		t.Errorf("before the confirmation: got %d %.200s", status, body)
	}
	confirm := func(c *http.Client, password string) (int, *url.URL, string) {
		t.Helper()
		return h.do(c, http.MethodPost, h.url+"/profile/identities", url.Values{"present": {password}})
	}
	if status, _, body := confirm(otto, "guess"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "present password is wrong") {
		t.Errorf("with a wrong password: got %d", status)
	}
	if status, at, body := confirm(otto, tandem.DemoPassword); status != http.StatusOK || at.Path != "/profile" || !strings.Contains(body, "The account is linked.") {
		t.Fatalf("got %d at %s: %.300s", status, at, body)
	}
	c := h.visitor()
	if status, at, _ := h.signIn(c, "test-user2"); status != http.StatusOK || at.Path != "/" {
		t.Fatalf("signing in by it: %d at %s", status, at)
	}
	if _, _, body := h.do(c, http.MethodGet, h.url+"/profile", nil); !strings.Contains(body, "<dd>otto</dd>") {
		t.Errorf("it signs in somebody else: %.500s", body)
	}
	ada := as("ada")
	h.signInBy(ada, link, "test-user2")
	if status, _, body := confirm(ada, tandem.DemoPassword); status != http.StatusUnprocessableEntity || !strings.Contains(body, "signs in to an account already") {
		t.Errorf("another's identity: got %d", status)
	}
	// Whoever went is not who came back.
	h.do(otto, http.MethodGet, h.url+link, nil)
	h.do(otto, http.MethodPost, h.url+"/logout", url.Values{})
	if status, _, _ := confirm(otto, tandem.DemoPassword); status == http.StatusInternalServerError {
		t.Errorf("signed out: got %d", status)
	}
	hidden := regexp.MustCompile(`name="(issuer|subject)" value="([^"]+)"`).FindAllStringSubmatch(func() string { _, _, body := h.do(c, http.MethodGet, h.url+"/profile", nil); return body }(), -1)
	form := url.Values{}
	for _, m := range hidden {
		form.Set(m[1], m[2])
	}
	if status, _, _ := h.do(ada, http.MethodPost, h.url+"/profile/identities/unlink", form); status != http.StatusNotFound {
		t.Errorf("another unlinks it: got %d", status)
	}
	if status, _, body := h.do(c, http.MethodPost, h.url+"/profile/identities/unlink", form); status != http.StatusOK || !strings.Contains(body, "The account is unlinked.") {
		t.Fatalf("unlinking: got %d %.300s", status, body)
	}
	if status, _, _ := h.signIn(h.visitor(), "test-user2"); status != http.StatusForbidden {
		t.Errorf("after unlinking: got %d", status)
	}
}

func TestOIDC_withoutAccounts(t *testing.T) {
	t.Parallel()
	h := openOIDC(t, tandem.Admission{})
	if status, _, body := h.signIn(h.visitor(), "test-user2"); status != http.StatusForbidden || !strings.Contains(body, "no account here") {
		t.Errorf("got %d, want a refusal", status)
	}
	h.expect(http.StatusNotFound, get("", "/login/with/nobody"))
}

func TestReadIdentityProviders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	secret := write("secret", "hush\n")
	list, err := tandem.ReadIdentityProviders(write("good.yaml", "providers:\n- {name: corp, issuer: 'https://id.example', client_id: x, client_secret_file: "+secret+", create: true, groups: {a: b}, roles: {c: admin}, claims: {groups: g}}\n"))
	if err != nil || len(list) != 1 || list[0].ClientSecret != "hush" || list[0].GroupsClaim != "g" || !list[0].Admission.Create || list[0].Admission.Roles["c"] != "admin" {
		t.Errorf("got %+v, %v", list, err)
	}
	if _, err := tandem.ReadIdentityProviders(write("odd.yaml", "providers:\n- {name: corp, isuer: x}\n")); err == nil || !strings.Contains(err.Error(), "isuer") {
		t.Errorf("an unknown key: %v", err)
	}
	for name, c := range map[string]tandem.IdentityProvider{
		"http":   {Name: "a", Issuer: "http://id.example", ClientID: "x"},
		"name":   {Name: "A b", Issuer: "https://id.example", ClientID: "x"},
		"client": {Name: "a", Issuer: "https://id.example"},
		"role":   {Name: "a", Issuer: "https://id.example", ClientID: "x", Admission: tandem.Admission{Roles: map[string]tandem.Role{"a": "king"}}},
		"group":  {Name: "a", Issuer: "https://id.example", ClientID: "x", Admission: tandem.Admission{Groups: map[string]string{"a": "A B"}}},
	} {
		if _, err := tandem.New(t.Context(), tandem.Config{DatabaseURL: dbtest.URL(t, db.Migrate), IdentityProviders: []tandem.IdentityProvider{c}}); err == nil || !strings.Contains(err.Error(), "oidc") {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
}

// A value of the claim says in which tenant the account is made.
func TestOIDC_tenants(t *testing.T) {
	t.Parallel()
	h := openOIDC(t, tandem.Admission{Create: true, Tenants: map[string]string{"acme-staff": "acme", "gone": "nowhere"}, Roles: map[string]tandem.Role{"bosses": "admin"}})
	if err := h.app.CreateTenant(t.Context(), "acme", "", tandem.TenantLimits{}); err != nil {
		t.Fatal(err)
	}
	h.provider.groups = []string{"unknown", "acme-staff", "bosses", "gone"}
	c := h.visitor()
	if status, at, body := h.signIn(c, "test-user@127.0.0.1"); status != http.StatusOK || at.Path != "/" {
		t.Fatalf("got %d at %s: %.300s", status, at, body)
	}
	if _, _, body := h.do(c, http.MethodGet, h.url+"/admin/users", nil); !strings.Contains(body, "/admin/users/test-user") || strings.Contains(body, "/admin/users/ada") {
		t.Error("an administrator of acme sees other people than those of acme")
	}
	h.call(http.StatusNotFound, "GET", "/users/test-user", "")
	h.provider.groups = []string{"gone"}
	if status, _, body := h.signIn(h.visitor(), "test-user2"); status != http.StatusForbidden || !strings.Contains(body, "no account here") {
		t.Errorf("into a tenant that is not there: %d %.300s", status, body)
	}
}
