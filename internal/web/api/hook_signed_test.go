package api_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tandem/internal/action"
)

// hookKey is the secret of every scheme: it is base64 too, as one of them needs.
const hookKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// hookSecrets knows the secret HOOK_KEY.
type hookSecrets struct{}

func (hookSecrets) Reveal(_ context.Context, _, definition string, names []string) (action.Secrets, error) {
	if names[0] != "HOOK_KEY" {
		return nil, &action.Error{Code: "unknown_secret", Message: "there is no secret " + names[0]}
	}
	return action.Secrets{{Name: "HOOK_KEY", Value: hookKey}}, nil
}

const signed = `
format: 1
name: signed_%[1]s
version: 1.0.0
steps:
  - {name: tell, type: machine, action: set, with: {url: "{{ hooks.ready.url }}", again: "{{ hooks.again.url }}"}, set: {url: result.url, again: result.again}}
  - {name: ready, type: webhook, output: got, schema: {type: object, required: [ok]}, verify: {scheme: %[1]s, secret: %[2]s}}
  - {name: again, type: webhook, output: more, verify: {scheme: %[1]s, secret: %[2]s}}
edges: [{source: tell, target: ready}, {source: ready, target: again}]
`

func mac(key, text string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// signatures gives the headers of a call that was signed at a time, by what the
// providers' documents say and without the code that is tested.
var signatures = map[string]func(at time.Time, body string) map[string]string{
	"tandem": func(at time.Time, body string) map[string]string {
		stamp := fmt.Sprint(at.Unix())
		return map[string]string{"Tandem-Timestamp": stamp, "Tandem-Signature": "sha256=" + hex.EncodeToString(mac(hookKey, stamp+"."+body))}
	},
	"github": func(_ time.Time, body string) map[string]string {
		return map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac(hookKey, body))}
	},
	"stripe": func(at time.Time, body string) map[string]string {
		stamp := fmt.Sprint(at.Unix())
		return map[string]string{"Stripe-Signature": "t=" + stamp + ",v1=" + hex.EncodeToString(mac(hookKey, stamp+"."+body))}
	},
	"slack": func(at time.Time, body string) map[string]string {
		stamp := fmt.Sprint(at.Unix())
		return map[string]string{"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=" + hex.EncodeToString(mac(hookKey, "v0:"+stamp+":"+body))}
	},
	"standard": func(at time.Time, body string) map[string]string {
		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(hookKey, "whsec_"))
		stamp := fmt.Sprint(at.Unix())
		return map[string]string{
			"webhook-id": "msg_1", "webhook-timestamp": stamp,
			"webhook-signature": "v1," + base64.StdEncoding.EncodeToString(mac(string(key), "msg_1."+stamp+"."+body)),
		}
	},
}

func TestAPI_HookSigned(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) { t.Parallel(); hookSigned(t, setup(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); hookSigned(t, onPostgres(t)) })
}

func hookSigned(t *testing.T, h *house) {
	for scheme, sign := range signatures {
		path, urls := h.startSigned(scheme, "HOOK_KEY")
		hook, again := urls["url"].(string), urls["again"].(string)
		now := time.Now()
		good := `{"ok": 1.50}`
		refused := func(name string, status int, body string, header map[string]string) {
			t.Helper()
			said := ""
			if status == http.StatusUnauthorized {
				said = `"detail":"` + unsignedSentence + `"` // the same, whatever is wrong
			}
			h.refused(t, status, request{Method: "POST", Path: "/" + hook, Body: body, Header: header}, said)
			if t.Failed() {
				t.Fatalf("%s: %s", scheme, name)
			}
		}
		refused("no signature", 401, good, nil)
		refused("garbage without a signature", 401, "a=b", nil)
		refused("another body", 401, `{"ok": 1.51}`, sign(now, good))
		if scheme != "github" {
			refused("an old call", 401, good, sign(now.Add(-301*time.Second), good))
			refused("a call of the future", 401, good, sign(now.Add(302*time.Second), good))
		}
		refused("a signed body that is no JSON", 400, "a=b", sign(now, "a=b"))
		refused("a signed body beside the schema", 422, `{}`, sign(now, `{}`))
		large := `{"ok": "` + strings.Repeat("x", 256<<10) + `"}`
		refused("a large body", 413, large, sign(now, large))
		for _, method := range []string{"GET", "HEAD", "PUT"} {
			equal(t, method, h.send(request{Method: method, Path: "/" + hook, Header: sign(now, "")}).Status, 405)
		}
		equal(t, "still waits", h.get("otto", path)["status"], "waiting")

		call := request{Method: "POST", Path: "/" + hook, Body: good, Header: sign(now, good)}
		equal(t, scheme+" accepted", h.send(call).Status, 202)
		refused("the same call again", 409, good, call.Header)
		replay := call
		replay.Path = "/" + again
		equal(t, scheme+": the call at another address of the instance", h.send(replay).Status, 409)
		detail := h.get("otto", path)
		equal(t, "waits for the other", detail["current_step"], "again")
		equal(t, "got", detail["context_data"].(map[string]any)["got"], any(map[string]any{"ok": number("1.50")}))
		kept := h.eventOf(t, path, "hook.received")
		sum := sha256.Sum256([]byte(good))
		equal(t, "raw body", kept["body"], any(good))
		equal(t, "its hash", kept["body_sha256"], any(hex.EncodeToString(sum[:])))
		equal(t, "scheme", kept["scheme"], any(scheme))
	}
}

const unsignedSentence = "The signature of this call is not accepted. Sign it as the receiver asks, with the current secret and time."

// startSigned starts a workflow that waits for two signed calls.
func (h *house) startSigned(scheme, secret string) (path string, urls map[string]any) {
	h.t.Helper()
	h.apply(fmt.Sprintf(signed, scheme, secret))
	started := h.want(http.StatusCreated, request{
		Who: "otto", Method: "POST", Path: "/instances", Body: `{"definition_name": "signed_` + scheme + `"}`, Header: map[string]string{"Prefer": "wait=10"},
	})
	path = "/instances/" + started["id"].(string)
	return path, h.get("otto", path)["context_data"].(map[string]any)
}

// eventOf gives the detail of the last event of a kind.
func (h *house) eventOf(t *testing.T, path, kind string) (detail map[string]any) {
	t.Helper()
	for _, e := range h.get("ada", path+"/history")["items"].([]any) {
		if ev := e.(map[string]any); ev["type"] == kind {
			detail = ev["data"].(map[string]any)
		}
	}
	return detail
}

// Providers try an address before they use it; that must not use it up.
func TestAPI_HookGreeted(t *testing.T) {
	t.Parallel()
	h := setup(t)
	path, urls := h.startSigned("github", "HOOK_KEY")
	ping := signatures["github"](time.Now(), `{"zen": "x"}`)
	ping["X-GitHub-Event"] = "ping"
	equal(t, "ping", h.send(request{Method: "POST", Path: "/" + urls["url"].(string), Body: `{"zen": "x"}`, Header: ping}).Status, 200)
	equal(t, "status", h.get("otto", path)["status"], "waiting")

	path, urls = h.startSigned("slack", "HOOK_KEY")
	hello := `{"type": "url_verification", "challenge": "3eZb"}`
	a := h.send(request{Method: "POST", Path: "/" + urls["url"].(string), Body: hello, Header: signatures["slack"](time.Now(), hello)})
	equal(t, "challenge", strings.TrimSpace(string(a.Body)), `{"challenge":"3eZb"}`)
	h.refused(t, 401, request{Method: "POST", Path: "/" + urls["url"].(string), Body: hello}, "")
	form := "ok=1&text=a+b"
	header := signatures["slack"](time.Now(), form)
	header["Content-Type"] = "application/x-www-form-urlencoded"
	equal(t, "form", h.send(request{Method: "POST", Path: "/" + urls["url"].(string), Body: form, Header: header}).Status, 202)
	equal(t, "got", h.get("otto", path)["context_data"].(map[string]any)["got"], any(map[string]any{"ok": "1", "text": "a b"}))
}

// A secret that is missing is the receiver's fault: the sender is to try again.
func TestAPI_HookWithoutSecret(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, urls := h.startSigned("tandem", "LOST_KEY")
	h.refused(t, 503, request{Method: "POST", Path: "/" + urls["url"].(string), Body: `{"ok": 1}`, Header: signatures["tandem"](time.Now(), `{"ok": 1}`)}, "")
}
