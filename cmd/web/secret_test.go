package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

const value = "canary-77aa01"

// TestSecret keeps secrets in a private Postgres under a key that is made beside
// its data.
func TestSecret(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	set := func(stdin string, args ...string) result {
		return p.feed(stdin, append([]string{"secret", "set"}, args...)...)
	}
	set(value+"\n", "PAY_KEY", "--definition", "pay", "--definition", "refund", "--host", "api.example").want(t, 0, "PAY_KEY is stored.\n")
	info, err := os.Stat(filepath.Join(p.data(), "secrets.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v, want it with mode 0600", info, err)
	}
	s := p.serve()
	set(value+"2\r\n", "A_KEY", "--definition", "*", "--host", "*").want(t, 0, "A_KEY is stored.\n")
	list := p.run("secret", "list")
	list.want(t, 0, "A_KEY", "PAY_KEY", "pay,refund", "api.example")
	if strings.Contains(list.out, "canary") || strings.Index(list.out, "A_KEY") > strings.Index(list.out, "PAY_KEY") {
		t.Errorf("list says %s, want names in order and no values", list.out)
	}
	set("", "PAY_KEY", "--definition", "*", "--host", "*").want(t, 2, "standard input holds no value")
	set("short", "PAY_KEY", "--definition", "*", "--host", "*").want(t, 1, "8 bytes to 16 KiB")
	set(value, "pay key", "--definition", "*", "--host", "*").want(t, 1, "capitals")
	set(value, "PAY_KEY", "--definition", "*").want(t, 2, "--host")
	p.run("secret", "rekey").want(t, 0, "0 secrets had another key")
	p.run("secret", "delete", "PAY_KEY").want(t, 0, "PAY_KEY is deleted.\n")
	p.run("secret", "delete", "PAY_KEY").want(t, 1, "There is no such secret.")
	s.kill(p)
	if found, _ := filepath.Glob(filepath.Join(p.data(), ".secrets-*")); len(found) > 0 {
		t.Errorf("%v was left", found)
	}
}

// TestSecret_key_of_ones_own is needed for a database of one's own.
func TestSecret_key_of_ones_own(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.env["TANDEM_DATABASE_URL"] = dbtest.URL(t, db.Migrate)
	set := []string{"secret", "set", "PAY_KEY", "--definition", "*", "--host", "*"}
	p.feed(value, set...).want(t, 1, "TANDEM_SECRETS_KEY or TANDEM_SECRETS_KEY_FILE")
	p.env["TANDEM_SECRETS_KEY"] = "short"
	p.feed(value, set...).want(t, 1, "32 bytes in base64")
	old := tandem.NewSecretsKey()
	p.env["TANDEM_SECRETS_KEY"] = old
	p.feed(value, set...).want(t, 0, "PAY_KEY is stored.")
	p.env["TANDEM_SECRETS_KEY_FILE"] = p.file("keys", tandem.NewSecretsKey()+"\n"+old+"\n")
	p.feed(value, set...).want(t, 2, "not both")
	delete(p.env, "TANDEM_SECRETS_KEY")
	p.run("secret", "rekey").want(t, 0, "1 secrets had another key")
	p.env["TANDEM_SECRETS_KEY_FILE"] = p.file("none", " \n")
	p.run("secret", "list").want(t, 1, "holds no master key")
	p.env["TANDEM_SECRETS_KEY_FILE"] = filepath.Join(p.dir, "nowhere")
	p.run("secret", "list").want(t, 1, "nowhere: no such file")
	p.wantUntouched(t)
}

// TestServe_actions: a server takes its settings for actions, and a secret that
// is stored beside it reaches the host that it may go to.
func TestServe_actions(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Get("Authorization")
		fmt.Fprint(w, r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	host := strings.TrimPrefix(other.URL, "http://")
	p := newPlace(t)
	p.env["TANDEM_HTTP_ALLOW"] = "10.1.0.0/16," + host
	s := p.serve()
	p.feed(value, "secret", "set", "PAY_KEY", "--definition", "pay", "--host", host).want(t, 0, "PAY_KEY is stored.")
	p.feed(password, "user", "create", "lena", "--password-stdin").want(t, 0, "lena can sign in.")
	p.run("apply", p.file("pay.yaml", `format: 1
name: pay
version: 1.0.0
steps:
  - name: pay
    type: machine
    action: http.request
    with: {url: "`+other.URL+`", headers: {Authorization: "Bearer {{ secrets.PAY_KEY }}"}}
    output: answer
`)).want(t, 0, "stored")
	token := strings.TrimSpace(p.run("token", "create", "--user", "lena", "--name", "script").out)
	c := &client{t: t, base: s.address, token: token}
	in := c.until(c.start("pay"), "completed")
	if got := <-seen; got != "Bearer "+value {
		t.Errorf("the other side saw %q", got)
	}
	if text := fmt.Sprint(in); strings.Contains(text, value) || !strings.Contains(text, "Bearer •••") {
		t.Errorf("the instance says %s, want the value masked", text)
	}
}
