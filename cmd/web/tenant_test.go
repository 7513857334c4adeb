package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"tandem"
)

// TestTenant_commands makes a tenant with people of its own, beside a server.
func TestTenant_commands(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	s := p.serve()
	p.run("tenant", "create", "acme", "--title", "Acme Ltd", "--users", "1").want(t, 0, "acme is there.")
	p.run("tenant", "create", "acme").want(t, 1, "tandem: ")
	p.run("tenant", "create", "Acme!").want(t, 1, `"Acme!" cannot be a tenant's name`)
	p.run("tenant", "create", "b", "--users", "many").want(t, 2, `"many" is no limit`)

	create := func(login, tenant string) result {
		return p.feed(password+"\n", "user", "create", login, "--tenant", tenant, "--role", "admin", "--password-stdin")
	}
	create("ana", "nowhere").want(t, 1, "tandem: There is no such tenant")
	create("ana", "acme").want(t, 0, "ana can sign in.")
	create("bob", "acme").want(t, 1, "tandem: ")
	p.run("tenant", "limits", "acme", "--live", "7", "--users", "none").want(t, 0, "acme has these limits.")
	create("bob", "acme").want(t, 0, "bob can sign in.")
	p.run("tenant", "limits", "nowhere").want(t, 1, "tandem: There is no such tenant")
	list := p.run("tenant", "list")
	list.want(t, 0, "NAME", "default", "Acme Ltd")
	if line := lineWith(list.out, "acme"); strings.Join(strings.Fields(line), " ") != "acme Acme Ltd open 0/7 - 0 2 0" {
		t.Errorf("the list says %q", line)
	}

	token := strings.TrimSpace(p.run("token", "create", "--tenant", "acme", "--user", "ana", "--name", "script").out)
	c := &client{t: t, base: s.address, token: token}
	if people := fmt.Sprint(c.do("GET", "/api/v1/users", nil)); !strings.Contains(people, "login:bob") {
		t.Errorf("ana's tenant has the people %s", people)
	}
	p.run("token", "create", "--user", "ana", "--name", "script").want(t, 1, "tandem: There is no such person.")
}

// TestUser_reset_factor ends what the only administrator has lost.
func TestUser_reset_factor(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.feed(password+"\n", "user", "create", "ana", "--role", "admin", "--password-stdin").want(t, 0, "ana can sign in.")
	p.run("user", "reset-factor", "ana").want(t, 1, "tandem: ")
	p.run("user", "reset-factor", "nobody").want(t, 1, "tandem: There is no such person.")

	s := p.serve()
	signIn := url.Values{"login": {"ana"}, "password": {password}}
	send := browserAt(t, s.address)
	send("/login", signIn)
	page, _ := send("/profile/second-factor", url.Values{"present": {password}})
	found := regexp.MustCompile(`data-secret[^>]*>([A-Z2-7 ]+)<`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no secret for an app on %s", page)
	}
	code, err := totp.GenerateCode(strings.ReplaceAll(found[1], " ", ""), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	send("/profile/second-factor/confirm", url.Values{"code": {code}})
	if _, at := browserAt(t, s.address)("/login", signIn); at != "/login/code" {
		t.Fatalf("with a second factor one is led to %s, want /login/code", at)
	}
	p.run("user", "reset-factor", "ana").want(t, 0, "ana has no second factor and is signed out everywhere.")
	if _, at := browserAt(t, s.address)("/login", signIn); at == "/login/code" || at == "/login" {
		t.Errorf("after the reset one is led to %s", at)
	}
	if page, _ := send("/profile/second-factor", url.Values{"present": {password}}); strings.Contains(page, "data-secret") {
		t.Error("who was signed in still is")
	}
}

// browserAt gives a browser without scripts: it posts a form and tells the page
// and the path to which that leads.
func browserAt(t *testing.T, address string) func(path string, form url.Values) (page, at string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	return func(path string, form url.Values) (string, string) {
		t.Helper()
		answer, err := c.PostForm(address+path, form)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body), answer.Request.URL.Path
	}
}

// TestSecret_rekey_of_tenants: rekeying goes through every tenant.
func TestSecret_rekey_of_tenants(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	old := tandem.NewSecretsKey()
	p.env["TANDEM_SECRETS_KEY"] = old
	s := p.serve()
	p.run("tenant", "create", "acme").want(t, 0, "acme is there.")
	p.feed(password, "user", "create", "ana", "--tenant", "acme", "--role", "admin", "--password-stdin").want(t, 0, "ana can sign in.")
	token := strings.TrimSpace(p.run("token", "create", "--tenant", "acme", "--user", "ana", "--name", "script").out)
	c := &client{t: t, base: s.address, token: token}
	c.do("PUT", "/api/v1/secrets/PAY_KEY", object{"value": value, "definitions": []string{"*"}, "hosts": []string{"*"}})
	p.env["TANDEM_SECRETS_KEY"] = tandem.NewSecretsKey() + " " + old
	p.run("secret", "rekey").want(t, 0, "1 secrets had another key")
	p.run("secret", "rekey").want(t, 0, "0 secrets had another key")
}

func lineWith(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, word) {
			return line
		}
	}
	return ""
}
