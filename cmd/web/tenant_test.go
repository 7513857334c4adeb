package main

import (
	"fmt"
	"strings"
	"testing"

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
