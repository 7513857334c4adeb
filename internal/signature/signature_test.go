package signature_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"tandem/internal/signature"
)

// vector is a call that its scheme's owner has published with its signature,
// or, where the owner gives no secret, that openssl has signed.
type vector struct {
	scheme signature.Scheme
	secret string
	at     int64
	header map[string]string
	body   string
}

var vectors = []vector{
	{ // docs.github.com, "Validating webhook deliveries"
		signature.GitHub, "It's a Secret to Everybody", 0,
		map[string]string{"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
		"Hello, World!",
	},
	{ // api.slack.com, "Verifying requests from Slack"
		signature.Slack, "8f742231b10e8888abcd99yyyzzz85a5", 1531420618,
		map[string]string{
			"X-Slack-Request-Timestamp": "1531420618",
			"X-Slack-Signature":         "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
		},
		"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
	},
	{ // github.com/standard-webhooks, the specification's example
		signature.Standard, "whsec_plJ3nmyCDGBKInavdOK15jsl", 1731705121,
		map[string]string{
			"webhook-id": "msg_loFOjxBNrRLzqYUf", "webhook-timestamp": "1731705121",
			"webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
		},
		`{"event_type":"ping","data":{"success":true}}`,
	},
	{ // openssl dgst -sha256 -hmac
		signature.Stripe, "whsec_test_secret", 1492774577,
		map[string]string{"Stripe-Signature": "t=1492774577,v1=143ff4f9f9ace32ef5b387a11cfa9c2a3cb2c8252e379d1de5863a85fa0f82ad,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"},
		`{"id":"evt_1","amount":10.50}`,
	},
	{ // openssl dgst -sha256 -hmac
		signature.Tandem, "correct horse battery", 1764205200,
		map[string]string{"Tandem-Timestamp": "1764205200", "Tandem-Signature": "sha256=cbc176617b8160448bd030628052e91f2bb2d01e7c349d07048da9b3bcd085e3"},
		`{"ok":true}`,
	},
}

func (v vector) call(change map[string]string) signature.Call {
	h := http.Header{}
	for name, value := range v.header {
		h.Set(name, value)
	}
	for name, value := range change {
		h.Set(name, value)
	}
	return signature.Call{Header: h.Get, Body: []byte(v.body)}
}

func (v vector) verify(c signature.Call, after time.Duration) error {
	_, err := signature.Verify(v.scheme, v.secret, signature.DefaultTolerance, time.Unix(v.at, 0).Add(after), c)
	return err
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for _, v := range vectors {
		t.Run(string(v.scheme), func(t *testing.T) {
			t.Parallel()
			for _, after := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute} {
				if err := v.verify(v.call(nil), after); err != nil {
					t.Errorf("%s later: %v", after, err)
				}
			}
			for _, after := range []time.Duration{5*time.Minute + time.Second, -5*time.Minute - time.Second, 365 * 24 * time.Hour} {
				if err := v.verify(v.call(nil), after); v.scheme.Timed() != errors.Is(err, signature.ErrUntimely) {
					t.Errorf("%s later: %v", after, err)
				}
			}
			changed := v.call(nil)
			changed.Body = append(changed.Body, ' ')
			if err := v.verify(changed, 0); !errors.Is(err, signature.ErrForged) {
				t.Errorf("another body: %v", err)
			}
			other := v
			other.secret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("another secret of 24 byte"))
			if err := other.verify(v.call(nil), 0); !errors.Is(err, signature.ErrForged) {
				t.Errorf("another secret: %v", err)
			}
			rotated := v
			rotated.secret = other.secret + "\n" + v.secret + "\n"
			if err := rotated.verify(v.call(nil), 0); err != nil {
				t.Errorf("the old of two secrets: %v", err)
			}
			for name := range v.header {
				for _, value := range []string{"", " ", "=", "sha256=", "v1,", "v0=00", "t=1,v1=zz", "sha256=" + strings.Repeat("0", 63), strings.Repeat("A", 5000)} {
					if err := v.verify(v.call(map[string]string{name: value}), 0); err == nil || name != "webhook-id" && !errors.Is(err, signature.ErrUnsigned) {
						t.Errorf("%s: %.40q gives %v", name, value, err)
					}
				}
			}
		})
	}
}

// A signature for another time or name is another signature.
func TestVerify_signsWhatItSays(t *testing.T) {
	t.Parallel()
	for _, v := range vectors {
		for name, value := range map[string]string{
			"X-Slack-Request-Timestamp": "1531420619", "webhook-timestamp": "1731705122", "webhook-id": "msg_other", "Tandem-Timestamp": "1764205201",
		} {
			if _, has := v.header[name]; !has {
				continue
			}
			if err := v.verify(v.call(map[string]string{name: value}), 0); !errors.Is(err, signature.ErrForged) {
				t.Errorf("%s with %s %s: %v", v.scheme, name, value, err)
			}
		}
	}
	stripe := vectors[3]
	moved := strings.Replace(stripe.header["Stripe-Signature"], "t=1492774577", "t=1492774578", 1)
	if err := stripe.verify(stripe.call(map[string]string{"Stripe-Signature": moved}), 0); !errors.Is(err, signature.ErrForged) {
		t.Errorf("stripe at another time: %v", err)
	}
	onlyTest := strings.Replace(stripe.header["Stripe-Signature"], "v1=", "v0=", 1)
	if err := stripe.verify(stripe.call(map[string]string{"Stripe-Signature": onlyTest}), 0); !errors.Is(err, signature.ErrUnsigned) {
		t.Errorf("stripe with signatures of tests alone: %v", err)
	}
}

// While a sender changes its key it sends several signatures.
func TestVerify_severalSignatures(t *testing.T) {
	t.Parallel()
	standard, stripe := vectors[2], vectors[3]
	many := "v1a,AAAA v1,bm90IHRoaXMgb25l " + standard.header["webhook-signature"]
	if err := standard.verify(standard.call(map[string]string{"webhook-signature": many}), 0); err != nil {
		t.Errorf("standard: %v", err)
	}
	two := strings.Replace(stripe.header["Stripe-Signature"], ",v1=", ",v1="+strings.Repeat("0", 64)+",v1=", 1)
	if err := stripe.verify(stripe.call(map[string]string{"Stripe-Signature": two}), 0); err != nil {
		t.Errorf("stripe: %v", err)
	}
}

func TestVerify_sameCallHasTheSameID(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, v := range vectors {
		var last string
		for _, change := range []map[string]string{nil, {"X-GitHub-Delivery": "other", "Content-Type": "text/plain"}} {
			id, err := signature.Verify(v.scheme, v.secret, time.Minute, time.Unix(v.at, 0), v.call(change))
			if err != nil || len(id) != 64 || last != "" && id != last {
				t.Errorf("%s: id %q after %q, %v", v.scheme, id, last, err)
			}
			last = id
		}
		ids[last] = true
	}
	if len(ids) != len(vectors) {
		t.Errorf("%d calls have %d ids", len(vectors), len(ids))
	}
}

func TestCheckSecret(t *testing.T) {
	t.Parallel()
	for secret, fine := range map[string]bool{"": false, "\n\n": false, "a": true, strings.Repeat("a\n", 5): true, strings.Repeat("a\n", 6): false} {
		if err := signature.CheckSecret(signature.Slack, secret); (err == nil) != fine {
			t.Errorf("slack takes %q: %v", secret, err)
		}
	}
	for secret, fine := range map[string]bool{"whsec_": false, "whsec_?": false, "bm90IHRoaXMgb25l": true, signature.NewStandardKey(): true} {
		if err := signature.CheckSecret(signature.Standard, secret); (err == nil) != fine || err != nil && !errors.Is(err, signature.ErrSecret) {
			t.Errorf("standard takes %q: %v", secret, err)
		}
	}
}

func TestSignStandard(t *testing.T) {
	t.Parallel()
	v := vectors[2]
	key, err := signature.StandardKey(v.secret)
	if err != nil {
		t.Fatal(err)
	}
	stamp, header := signature.SignStandard([][]byte{[]byte("new"), key}, v.header["webhook-id"], time.Unix(v.at, 0), []byte(v.body))
	first, second, _ := strings.Cut(header, " ")
	if stamp != v.header["webhook-timestamp"] || second != v.header["webhook-signature"] || !strings.HasPrefix(first, "v1,") || first == second {
		t.Errorf("signed at %s: %s", stamp, header)
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded; charset=utf-8"
	for _, c := range []struct {
		name         string
		scheme       signature.Scheme
		kind, body   string
		want         string
		greets, fail bool
	}{
		{"json stays as it was written", signature.GitHub, "application/json", `{"a": 1.50 }`, `{"a": 1.50 }`, false, false},
		{"a form with a payload", signature.GitHub, form, "payload=%7B%22a%22%3A1%7D", `{"a":1}`, false, false},
		{"a form of fields", signature.Slack, form, "command=%2Fgo&text=&id=1&id=2", `{"command":"/go","id":["1","2"],"text":""}`, false, false},
		{"a form of others", signature.Stripe, form, "a=b", "a=b", false, false},
		{"a broken form", signature.Slack, form, "a=%zz", "", false, true},
		{"slack tries the address", signature.Slack, "application/json", `{"type":"url_verification","challenge":"3eZb"}`, `{"type":"url_verification","challenge":"3eZb"}`, true, false},
	} {
		call := signature.Call{Body: []byte(c.body), Header: func(name string) string { return map[string]string{"Content-Type": c.kind}[name] }}
		got, err := signature.Payload(c.scheme, call)
		if string(got) != c.want || (err != nil) != c.fail {
			t.Errorf("%s: %s, %v", c.name, got, err)
		}
		answer, greets := signature.Greeting(c.scheme, call)
		if greets != c.greets || greets && string(answer) != `{"challenge":"3eZb"}` {
			t.Errorf("%s: answered with %s, %v", c.name, answer, greets)
		}
	}
	ping := signature.Call{Header: func(name string) string { return map[string]string{"X-GitHub-Event": "ping"}[name] }}
	if _, is := signature.Greeting(signature.GitHub, ping); !is {
		t.Error("GitHub's ping counts as a call")
	}
}

// FuzzVerify reads headers that nobody has signed: none is believed, and none
// breaks the reader.
func FuzzVerify(f *testing.F) {
	for _, v := range vectors {
		for _, value := range v.header {
			f.Add(string(v.scheme), value, v.body)
		}
	}
	f.Add("stripe", "t=1,t=2,v1=,v1", "")
	f.Add("standard", "v1, v1,= ,", "")
	f.Fuzz(func(t *testing.T, scheme, value, body string) {
		call := signature.Call{Header: func(string) string { return value }, Body: []byte(body)}
		if _, err := signature.Verify(signature.Scheme(scheme), signature.NewStandardKey(), 100*365*24*time.Hour, time.Now(), call); err == nil {
			t.Errorf("%s believes %q over %q", scheme, value, body)
		}
	})
}
