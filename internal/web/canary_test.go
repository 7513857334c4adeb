package web_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/web/session"
)

// wholeLog keeps everything that the application logs.
type wholeLog struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *wholeLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(b)
}

func (l *wholeLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// aviary is a house with secrets that must be found nowhere, and what it has
// said.
type aviary struct {
	*house
	log      *wholeLog
	canaries map[string]string // what they are → the text
	said     []string
}

func openAviary(t *testing.T) *aviary {
	t.Helper()
	v := &aviary{log: &wholeLog{}, canaries: map[string]string{
		"SMTP password": "canary-smtp-1f0a7c", "OIDC client secret": "canary-oidc-93be51", "database password": "canary-dbpw-55d0e2",
		"vault secret": "canary-vault-0c44fa", "hook secret": "canary-hook-7d20b9", "password": "canary-password-b8213d", "master key": tandem.NewSecretsKey(),
	}}
	database, err := url.Parse(dbtest.URL(t, db.Migrate))
	if err != nil {
		t.Fatal(err)
	}
	user := "postgres"
	if database.User != nil {
		user = database.User.Username()
	}
	database.User = url.UserPassword(user, v.canaries["database password"])
	app, err := tandem.New(t.Context(), tandem.Config{
		DatabaseURL: database.String(), Log: slog.New(slog.NewTextHandler(v.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Grace: time.Second,
		SecretsKey: v.canaries["master key"], SMTPURL: "smtp://mailer:" + v.canaries["SMTP password"] + "@127.0.0.1:1?tls=none", MailFrom: "t@example.com",
		HTTPAllow: []string{"127.0.0.1"},
		IdentityProviders: []tandem.IdentityProvider{{
			Name: "corp", Issuer: "http://127.0.0.1:1", ClientID: "tandem", ClientSecret: v.canaries["OIDC client secret"],
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	if err := app.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.house = &house{t: t, app: app, handler: app.Handler(), log: &faultLog{}, mu: &sync.Mutex{}, cookies: map[string]*http.Cookie{}}
	v.run()
	return v
}

// hear asks and keeps what is answered, for the hunt.
func (v *aviary) hear(q request) answer {
	v.t.Helper()
	a, ok := v.send(q)
	if !ok {
		return a
	}
	v.said = append(v.said, fmt.Sprintf("%s %s by %q: %d %v\n%s", q.Method, q.Target, q.Who, a.status, a.header, a.body))
	return a
}

// plant makes the secrets that the application itself gives away once, and a
// person with the password and second factor.
func (v *aviary) plant() {
	t := v.t
	t.Helper()
	ctx := t.Context()
	if err := v.app.CreateUser(ctx, tandem.NewUser{Login: "carla", Password: v.canaries["password"], Roles: []string{"admin"}}); err != nil {
		t.Fatal(err)
	}
	if err := v.app.SetSecret(ctx, tandem.NewSecret{Name: "CANARY", Value: v.canaries["vault secret"], Definitions: []string{"*"}, Hosts: []string{"127.0.0.1"}}); err != nil {
		t.Fatal(err)
	}
	if err := v.app.SetSecret(ctx, tandem.NewSecret{Name: "HOOK", Value: v.canaries["hook secret"], Definitions: []string{"*"}, Hosts: []string{"*"}}); err != nil {
		t.Fatal(err)
	}
	carla := v.signIn("carla", v.canaries["password"])
	v.cookies["carla"] = carla
	v.expect(http.StatusSeeOther, formPost("carla", "/profile/second-factor", url.Values{"present": {v.canaries["password"]}}))
	setup := documentOf(t.(*testing.T), v.expect(http.StatusOK, get("carla", "/profile/second-factor")))
	seed := strings.ReplaceAll(setup.Find("[data-secret]").Text(), " ", "")
	v.canaries["TOTP secret"] = seed
	code, err := totp.GenerateCode(seed, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	codes := documentOf(t.(*testing.T), v.expect(http.StatusOK, formPost("carla", "/profile/second-factor/confirm", url.Values{"code": {code}})))
	v.canaries["recovery code"] = codes.Find("[data-code]").First().Text()
	made := documentOf(t.(*testing.T), v.expect(http.StatusOK, formPost("carla", "/admin/webhooks", url.Values{"url": {"http://127.0.0.1:1/hooks"}})))
	v.canaries["subscription key"] = strings.TrimPrefix(made.Find("[data-shown]").AttrOr("value", ""), "whsec_")
	v.canaries["token"] = v.token("carla")
	v.canaries["session cookie"] = carla.Value
	v.canaries["session cookie of ada"] = v.session("ada").Value
	key, err := base64.StdEncoding.DecodeString(v.canaries["subscription key"])
	if err != nil || len(key) < 16 {
		t.Fatalf("the subscription's key: %v", err)
	}
}

// canaryFlows send the vault's secret to where nobody is, by HTTP and by mail.
var canaryFlows = map[string]string{
	"canary_call": `
format: 1
name: canary_call
version: 1.0.0
title: Canary
steps:
  - {name: call, type: machine, action: http.request, with: {url: "http://127.0.0.1:1/pay", headers: {Authorization: "Bearer {{ secrets.CANARY }}"}}}
`,
	"canary_mail": `
format: 1
name: canary_mail
version: 1.0.0
title: Canary
steps:
  - {name: mail, type: machine, action: email.send, with: {to: ["x@example.com"], subject: Canary, text: "Good day."}}
`,
}

// canaryHook waits for a call that is signed.
const canaryHook = `
format: 1
name: canary_hook
version: 1.0.0
title: Canary
steps:
  - {name: set, type: machine, action: set, with: {address: "{{ hooks.called.url }}"}, output: set}
  - {name: called, type: webhook, verify: {scheme: tandem, secret: HOOK, tolerance: 2m}}
edges: [{source: set, target: called}]
`

// callHook calls a signed webhook badly and well, and gives its instance.
func (v *aviary) callHook() (instance string) {
	v.t.Helper()
	if _, err := v.app.Apply(v.t.Context(), []byte(canaryHook)); err != nil {
		v.t.Fatalf("%v %v", err, tandem.Problems(err))
	}
	instance = v.hear(jsonPost("carla", "/api/v1/instances", `{"definition_name": "canary_hook"}`)).field(v.t, "id")
	var path string
	v.eventually("the step waits for its call", func() bool {
		_, rest, found := strings.Cut(v.ask(get("ada", "/api/v1/instances/"+instance)).body, "/hooks/")
		path, _, _ = strings.Cut("/hooks/"+rest, `"`)
		return found
	})
	now := strconv.FormatInt(time.Now().Unix(), 10)
	sum := hmac.New(sha256.New, []byte(v.canaries["hook secret"]))
	fmt.Fprintf(sum, "%s.%s", now, "{}")
	good := hex.EncodeToString(sum.Sum(nil))
	for signature, want := range map[string]int{strings.Repeat("0", 64): http.StatusUnauthorized, good: http.StatusAccepted} {
		a := v.hear(request{Method: "POST", Target: path, Body: "{}", Header: map[string]string{"Tandem-Timestamp": now, "Tandem-Signature": "sha256=" + signature}})
		if a.status != want {
			v.t.Errorf("a call of the hook: %d %s, want %d", a.status, a.body, want)
		}
	}
	return instance
}

// listen hears every stream for a moment, from its beginning.
func (v *aviary) listen(instance string) {
	v.t.Helper()
	heard := 0
	for _, r := range tables() {
		if !r.streams() {
			continue
		}
		q := get("ada", parameter.ReplaceAllString(unknown.Replace(r.pattern), instance))
		q.Header = map[string]string{"Accept": "text/event-stream", "Last-Event-ID": "0-0"}
		q.Listen = 500 * time.Millisecond
		if r.pattern == "/live" {
			q.Target += "?on=/live/instances/" + instance + "&on=/live/instances&on=/tasks/live"
		}
		heard += len(v.hear(q).body)
	}
	if heard < 5000 {
		v.t.Errorf("all streams together said %d bytes", heard)
	}
}

// exercise walks through all that can be looked at and fails in many ways.
func (v *aviary) exercise() {
	pw := v.canaries["password"]
	for _, q := range []request{
		formPost("", "/login", url.Values{"login": {"carla"}, "password": {pw + "x"}}),
		formPost("", "/login", url.Values{"login": {"carla"}, "password": {pw}}),
		formPost("", "/login/code", url.Values{"code": {v.canaries["recovery code"] + "1"}}),
		formPost("carla", "/profile/password", url.Values{"present": {pw}, "password": {"short"}}),
		formPost("carla", "/profile/second-factor/remove", url.Values{"present": {pw}, "code": {v.canaries["recovery code"] + "1"}}),
		formPost("", "/profile", url.Values{"name": {"kept"}, "present": {"x"}}),
		formPost("carla", "/admin/secrets", url.Values{"name": {"bad name"}, "value": {v.canaries["vault secret"]}, "definitions": {"*"}, "hosts": {"*"}}),
		formPost("", "/welcome", url.Values{"token": {"x"}, "password": {pw}}),
		get("", "/login/with/corp"), get("", "/login/callback/corp?state=x&code=y"),
		{Method: "GET", Target: "/api/v1/tasks", Token: v.canaries["token"] + "x"},
		{Method: "GET", Target: "/api/v1/tasks", Header: map[string]string{"Authorization": "Basic " + v.canaries["token"]}},
		{Method: "PUT", Target: "/api/v1/secrets/bad%20name", Token: v.canaries["token"], Body: `{"value": "` + v.canaries["vault secret"] + `", "hosts": 7}`, Header: map[string]string{"Content-Type": "application/json"}},
		jsonPost("carla", "/api/v1/definitions", `{"format": 1, "name": "x"`),
		jsonPost("carla", "/api/v1/instances", `{"definition_name": "canary", "input_data": {}}`),
		jsonPost("carla", "/api/v1/users", `{"login": "carla"}`),
		formPost("carla", "/nowhere", url.Values{"password": {pw}}),
	} {
		v.hear(q)
	}
	v.ask(formPost("", "/login", url.Values{"login": {pw}, "password": {"x"}})) // who typed it sees it again
	for name, flow := range canaryFlows {
		if _, err := v.app.Apply(v.t.Context(), []byte(flow)); err != nil {
			v.t.Fatalf("%s: %v %v", name, err, tandem.Problems(err))
		}
		id := v.hear(jsonPost("carla", "/api/v1/instances", `{"definition_name": "`+name+`"}`)).field(v.t, "id")
		v.eventually("the step has failed", func() bool {
			return strings.Contains(v.ask(get("ada", "/api/v1/instances/"+id)).body, `"failed"`)
		})
		for _, path := range []string{"/instances/" + id, "/api/v1/instances/" + id, "/api/v1/instances/" + id + "/history", "/api/v1/instances/" + id + "/graph"} {
			v.hear(get("ada", path))
		}
	}
	hooked := v.callHook()
	v.hear(get("ada", "/instances/"+hooked))
	v.hear(get("ada", "/api/v1/instances/"+hooked+"/history"))
	v.listen(hooked)
	for _, path := range []string{"/api/v1/events?types=step.failed", "/admin/audit", "/api/v1/audit?limit=200", "/admin/audit?format=csv", "/admin/audit.csv", "/admin/audit.json", "/admin/secrets/CANARY", "/admin/users/carla"} {
		v.hear(get("ada", path))
	}
	for _, r := range tables() {
		if r.method == http.MethodGet && !r.stream && !strings.Contains(r.pattern, "/hooks") && r.pattern != "/profile/second-factor" {
			for _, who := range []string{"carla", "otto", ""} {
				v.hear(get(who, parameter.ReplaceAllString(unknown.Replace(r.pattern), "1")))
			}
		}
	}
}

// setCookie is where a session's cookie may stand.
var setCookie = regexp.MustCompile(session.CookieName + `=[^;\]]*`)

// TestCanaries: secrets are found in no page, answer, error, export and log.
func TestCanaries(t *testing.T) {
	t.Parallel()
	v := openAviary(t)
	v.plant()
	v.exercise()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := v.app.Secrets(ctx, "", 10); err != nil {
		t.Error(err)
	}
	places := append(v.said, "the log: "+v.log.text())
	if len(places) < 100 || !strings.Contains(v.log.text(), "request refused") {
		t.Errorf("only %d places were searched, log %.300s", len(places), v.log.text())
	}
	for i, place := range places {
		places[i] = setCookie.ReplaceAllString(place, "")
	}
	for name, canary := range v.canaries {
		if len(canary) < 12 {
			t.Errorf("%s is %q", name, canary)
		}
		for _, spelled := range []string{canary, url.QueryEscape(canary), base64.StdEncoding.EncodeToString([]byte(canary))} {
			for _, place := range places {
				if at := strings.Index(place, spelled); at >= 0 {
					t.Errorf("%s is told by %.200s … %.100q", name, place, place[max(0, at-60):])
				}
			}
		}
	}
}

// The server's own command ends what its only administrator has lost.
func TestResetSecondFactor_by_the_server(t *testing.T) {
	t.Parallel()
	v := openAviary(t)
	v.plant()
	login := formPost("", "/login", url.Values{"login": {"carla"}, "password": {v.canaries["password"]}})
	if to := v.expect(http.StatusSeeOther, login).header.Get("Location"); to != "/login/code" {
		t.Fatalf("with a second factor signing in leads to %s", to)
	}
	if err := v.app.ResetSecondFactor(t.Context(), "", "carla"); err != nil {
		t.Fatal(err)
	}
	v.expect(http.StatusSeeOther, get("carla", "/profile"))
	if to := v.expect(http.StatusSeeOther, login).header.Get("Location"); to != "/" {
		t.Errorf("after the reset signing in leads to %s", to)
	}
}
