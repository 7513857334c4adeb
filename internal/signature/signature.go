package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Scheme names how a call is signed.
type Scheme string

// The schemes.
const (
	Tandem   Scheme = "tandem"   // Tandem-Timestamp, Tandem-Signature: sha256=hex over "timestamp.body"
	GitHub   Scheme = "github"   // X-Hub-Signature-256: sha256=hex over the body
	Stripe   Scheme = "stripe"   // Stripe-Signature: t=timestamp,v1=hex over "timestamp.body"
	Slack    Scheme = "slack"    // X-Slack-Request-Timestamp, X-Slack-Signature: v0=hex over "v0:timestamp:body"
	Standard Scheme = "standard" // webhook-id, webhook-timestamp, webhook-signature: v1,base64 over "id.timestamp.body"
)

// Timed reports whether calls of the scheme say when they were signed.
func (s Scheme) Timed() bool { return s != GitHub }

// DefaultTolerance is how far the time of a call may be from now unless its
// step says otherwise.
const DefaultTolerance = 5 * time.Minute

// Limits of what is read of a call. A sender that rotates its keys sends one
// signature for each.
const (
	maxSignatures = 10
	maxSecrets    = 5
	maxHeader     = 4096 // bytes
)

// Call is a call to verify.
type Call struct {
	Header func(name string) string // the first value of a header; empty when there is none
	Body   []byte                   // as it came
}

// ErrUnsigned and its kin say why a call is not believed. Its sender is not
// told which of them it was.
var (
	ErrUnsigned = errors.New("the call is not signed as the scheme wants it")
	ErrUntimely = errors.New("the call was signed too long ago, or in the future")
	ErrForged   = errors.New("no signature of the call fits its body and the secret")
)

// ErrSecret says that a secret cannot be a key of the scheme: a fault of
// whoever stored it.
var ErrSecret = errors.New("the secret cannot be a key of the scheme")

// Verify reports whether a call was signed with the secret, and not longer ago
// or further in the future than the tolerance. Each line of the secret is a key
// of its own, at most five, so that a sender can change its key. It gives an id
// that is part of what was signed: the same call has the same id.
func Verify(scheme Scheme, secret string, tolerance time.Duration, now time.Time, call Call) (id string, err error) {
	keys, err := keysOf(scheme, secret)
	if err != nil {
		return "", err
	}
	p, err := read(scheme, call)
	if err != nil {
		return "", err
	}
	if !fits(keys, p) {
		return "", ErrForged
	}
	if age := now.Sub(p.at); scheme.Timed() && (age > tolerance || age < -tolerance) {
		return "", ErrUntimely
	}
	return p.id, nil
}

// CheckSecret reports whether a secret can be a key of the scheme.
func CheckSecret(scheme Scheme, secret string) error {
	_, err := keysOf(scheme, secret)
	return err
}

// keysOf gives the keys of a secret.
func keysOf(scheme Scheme, secret string) ([][]byte, error) {
	var keys [][]byte
	for line := range strings.Lines(secret) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		key := []byte(line)
		if scheme == Standard {
			var err error
			if key, err = StandardKey(line); err != nil {
				return nil, err
			}
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 || len(keys) > maxSecrets {
		return nil, fmt.Errorf("%w: it has 1 to %d lines, each a key", ErrSecret, maxSecrets)
	}
	return keys, nil
}

// standardPrefix marks keys of Standard Webhooks.
const standardPrefix = "whsec_"

// StandardKey reads a key of Standard Webhooks: base64, with or without the
// prefix whsec_.
func StandardKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(text), standardPrefix))
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("%w: Standard Webhooks take whsec_ and base64 behind it", ErrSecret)
	}
	return key, nil
}

// proof is what a call says of itself.
type proof struct {
	id         string
	at         time.Time
	signed     []byte   // what was signed
	signatures [][]byte // any of them may fit
}

// read takes the proof out of a call's headers.
func read(scheme Scheme, call Call) (proof, error) {
	switch scheme {
	case Tandem:
		return readStamped(call, "Tandem-Timestamp", "Tandem-Signature", "sha256=", "%s.")
	case Slack:
		return readStamped(call, "X-Slack-Request-Timestamp", "X-Slack-Signature", "v0=", "v0:%s:")
	case GitHub:
		signature, ok := hexAfter("sha256=", call.Header("X-Hub-Signature-256"))
		if !ok {
			return proof{}, ErrUnsigned
		}
		return proof{id: idOf(call.Body), signed: call.Body, signatures: [][]byte{signature}}, nil
	case Stripe:
		return readStripe(call)
	case Standard:
		return readStandard(call)
	}
	return proof{}, fmt.Errorf("signature: unknown scheme %q", scheme)
}

// readStamped reads a call whose time and signature have a header each.
func readStamped(call Call, timeHeader, header, prefix, before string) (proof, error) {
	stamp := call.Header(timeHeader)
	at, ok := unix(stamp)
	signature, found := hexAfter(prefix, call.Header(header))
	if !ok || !found {
		return proof{}, ErrUnsigned
	}
	return stamped(at, fmt.Sprintf(before, stamp), call.Body, signature), nil
}

func stamped(at time.Time, before string, body []byte, signatures ...[]byte) proof {
	signed := append([]byte(before), body...)
	return proof{id: idOf(signed), at: at, signed: signed, signatures: signatures}
}

// readStripe reads t=1492774577,v1=…,v1=…,v0=…: v0 is for tests and not
// believed.
func readStripe(call Call) (proof, error) {
	header := call.Header("Stripe-Signature")
	if len(header) > maxHeader {
		return proof{}, ErrUnsigned
	}
	var stamp string
	var signatures [][]byte
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			stamp = value
		case "v1":
			if signature, ok := hexAfter("", value); ok && len(signatures) < maxSignatures {
				signatures = append(signatures, signature)
			}
		}
	}
	at, ok := unix(stamp)
	if !ok || len(signatures) == 0 {
		return proof{}, ErrUnsigned
	}
	return stamped(at, stamp+".", call.Body, signatures...), nil
}

// readStandard reads a call by the Standard Webhooks specification: signatures
// stand behind each other with spaces between them, each with its version.
func readStandard(call Call) (proof, error) {
	id, stamp, header := call.Header("webhook-id"), call.Header("webhook-timestamp"), call.Header("webhook-signature")
	at, ok := unix(stamp)
	if !ok || id == "" || len(id) > maxHeader || len(header) > maxHeader {
		return proof{}, ErrUnsigned
	}
	p := proof{id: idOf([]byte(id)), at: at, signed: standardSigned(id, stamp, call.Body)}
	for _, word := range strings.Fields(header) {
		version, text, _ := strings.Cut(word, ",")
		signature, err := base64.StdEncoding.DecodeString(text)
		if version == "v1" && err == nil && len(signature) == sha256.Size && len(p.signatures) < maxSignatures {
			p.signatures = append(p.signatures, signature)
		}
	}
	if len(p.signatures) == 0 {
		return proof{}, ErrUnsigned
	}
	return p, nil
}

func standardSigned(id, stamp string, body []byte) []byte {
	return append([]byte(id+"."+stamp+"."), body...)
}

// Standard Webhooks name their calls, and others are named by what was signed.
func idOf(signed []byte) string {
	sum := sha256.Sum256(signed)
	return hex.EncodeToString(sum[:])
}

// unix reads a time in whole seconds, and nothing that others might read
// otherwise.
func unix(text string) (time.Time, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<40 || strconv.FormatInt(n, 10) != text {
		return time.Time{}, false
	}
	return time.Unix(n, 0), true
}

func hexAfter(prefix, text string) ([]byte, bool) {
	digits, ok := strings.CutPrefix(text, prefix)
	signature, err := hex.DecodeString(digits)
	return signature, ok && err == nil && len(signature) == sha256.Size
}

// fits reports whether one of the signatures was made with one of the keys. It
// looks at all of them, however soon one fits.
func fits(keys [][]byte, p proof) bool {
	fit := false
	for _, key := range keys {
		want := sum(key, p.signed)
		for _, signature := range p.signatures {
			fit = hmac.Equal(signature, want) || fit
		}
	}
	return fit
}

func sum(key, text []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return mac.Sum(nil)
}
