package main

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// TestCanaries_commands: no command prints a secret that it was given or can
// read, whatever it logs and however it fails.
func TestCanaries_commands(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	canaries := map[string]string{
		"master key": tandem.NewSecretsKey(), "old master key": tandem.NewSecretsKey(), "database password": "canary-dbpw-5512ab",
		"SMTP password": "canary-smtp-90ce41", "password": "canary password 7f", "vault secret": "canary-vault-33d7e0",
	}
	database, err := url.Parse(dbtest.URL(t, db.Migrate))
	if err != nil {
		t.Fatal(err)
	}
	user := "postgres"
	if database.User != nil {
		user = database.User.Username()
	}
	database.User = url.UserPassword(user, canaries["database password"])
	p.env["TANDEM_DATABASE_URL"], p.env["TANDEM_LOG"] = database.String(), "debug"
	p.env["TANDEM_SMTP_URL"] = "smtp://mailer:" + canaries["SMTP password"] + "@127.0.0.1:1?tls=none"
	p.env["TANDEM_SECRETS_KEY"] = canaries["old master key"]

	var said []string
	hear := func(code int, input string, args ...string) result {
		t.Helper()
		r := p.feed(input, args...)
		r.want(t, code)
		said = append(said, args[0]+"\n"+r.out+r.err)
		return r
	}
	hear(0, "", "migrate", "--recount")
	hear(0, canaries["password"], "user", "create", "ana", "--role", "admin", "--password-stdin")
	hear(1, canaries["password"], "user", "create", "ana", "--password-stdin")
	hear(1, canaries["password"], "user", "create", "Ana!", "--password-stdin")
	hear(1, "", "user", "reset-factor", "ana")
	secret := []string{"secret", "set", "PAY_KEY", "--definition", "*", "--host"}
	hear(0, canaries["vault secret"], append(secret, "*")...)
	hear(1, canaries["vault secret"], append(secret, "no host")...)
	hear(2, canaries["vault secret"], secret...)
	token := strings.TrimSpace(p.run("token", "create", "--user", "ana", "--name", "once").out) // shown once, and here alone
	canaries["token"] = token
	p.env["TANDEM_SECRETS_KEY"] = canaries["master key"] + " " + canaries["old master key"]
	hear(0, "", "secret", "rekey")
	hear(0, "", "secret", "list")
	hear(0, "", "tenant", "create", "acme")
	hear(0, "", "tenant", "list")
	hear(0, "", "audit", "verify")
	hear(0, "", "apply", p.file("good.yaml", goodDocument))

	s := p.serve()
	p.env["TANDEM_SERVER"], p.env["TANDEM_TOKEN"] = s.address, token
	hear(0, "", "start", "good", "--json")
	hear(0, "", "list")
	hear(0, "", "tasks")
	hear(1, "", "start", "nothing")
	hear(1, "", "list", "--token", token+"x")
	delete(p.env, "TANDEM_SERVER")
	hear(1, "", "list", "--server", "http://127.0.0.1:1")
	p.env["TANDEM_SECRETS_KEY"] = canaries["master key"][:20]
	hear(1, "", "secret", "list")
	delete(p.env, "TANDEM_SECRETS_KEY")
	p.env["TANDEM_SECRETS_KEY_FILE"] = filepath.Join(p.dir, "nowhere")
	hear(1, "", "secret", "list")
	database.Host, database.RawQuery = "127.0.0.1:1", ""
	p.env["TANDEM_DATABASE_URL"] = database.String()
	hear(1, "", "migrate")
	p.env["TANDEM_DATABASE_URL"] = "postgres://x:" + canaries["database password"] + "@[::1"
	hear(1, "", "migrate")
	said = append(said, "serve\n"+s.log.String())

	for name, canary := range canaries {
		for _, place := range said {
			if at := strings.Index(place, canary); at >= 0 {
				line := place[strings.LastIndex(place[:at], "\n")+1:]
				t.Errorf("%s is told by %.300s", name, line)
			}
		}
	}
}
