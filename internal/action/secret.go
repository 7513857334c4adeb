package action

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// Secret is a secret that a step uses, with its value.
type Secret struct {
	Name  string
	Value string
	Hosts []string // where it may go: host, host:port, *.domain, or * for anywhere
}

// Secrets are the secrets that one call uses.
type Secrets []Secret

// UsesSecrets is an Action whose `with` may insert {{ secrets.NAME }}. It sees
// the values in Call.Input, and asks Call.Secrets before it sends them
// anywhere.
type UsesSecrets interface {
	UsesSecrets() bool
}

// Allow returns an error unless every secret may go to a host, which may have
// a port behind it.
func (s Secrets) Allow(host string) error {
	for _, secret := range s {
		if !slices.ContainsFunc(secret.Hosts, func(pattern string) bool { return hostMatches(pattern, host) }) {
			return &Error{Code: "secret_refused", Message: fmt.Sprintf(
				"the secret %s may not go to %s; an admin can allow that host for it", secret.Name, host)}
		}
	}
	return nil
}

func hostMatches(pattern, host string) bool {
	if pattern == "*" {
		return true
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), ""
	}
	if p, want, err := net.SplitHostPort(pattern); err == nil {
		if want != port {
			return false
		}
		pattern = p
	}
	name, pattern = hostName(name), hostName(strings.Trim(pattern, "[]"))
	if domain, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(name, "."+domain)
	}
	return name == pattern
}

// masked stands where a secret's value was.
const masked = "•••"

// Mask replaces the values of the secrets in a text, also where they are
// escaped for JSON or a URL, or base64 alone.
func (s Secrets) Mask(text string) string {
	for _, secret := range s {
		for _, form := range secret.forms() {
			text = strings.ReplaceAll(text, form, masked)
		}
	}
	return text
}

// forms are the ways in which a value may come back, longest first.
func (s Secret) forms() []string {
	if s.Value == "" {
		return nil
	}
	quoted, _ := encode(s.Value) // a string can always be encoded
	forms := []string{
		s.Value, strings.Trim(string(quoted), `"`), url.QueryEscape(s.Value), url.PathEscape(s.Value),
		strings.ReplaceAll(url.QueryEscape(s.Value), "+", "%20"),
		base64.StdEncoding.EncodeToString([]byte(s.Value)), base64.RawStdEncoding.EncodeToString([]byte(s.Value)),
		base64.URLEncoding.EncodeToString([]byte(s.Value)), base64.RawURLEncoding.EncodeToString([]byte(s.Value)),
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(forms)
}

// MaskJSON replaces the values in every text, key and number of a JSON value.
func (s Secrets) MaskJSON(raw json.RawMessage) (json.RawMessage, error) {
	if len(s) == 0 || len(raw) == 0 {
		return raw, nil
	}
	v, err := workflow.DecodeJSON(raw)
	if err != nil {
		return nil, &Error{Code: "bad_result", Message: "the result is not JSON", Err: err}
	}
	return encode(s.maskValue(v))
}

func (s Secrets) maskValue(v any) any {
	switch x := v.(type) {
	case string:
		return s.Mask(x)
	case json.Number:
		if m := s.Mask(string(x)); m != string(x) {
			return m
		}
	case []any:
		for i := range x {
			x[i] = s.maskValue(x[i])
		}
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[s.Mask(k)] = s.maskValue(item)
		}
		return out
	}
	return v
}
