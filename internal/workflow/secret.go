package workflow

import (
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"

	"tandem/internal/workflow/expr"
	"tandem/internal/workflow/say"
)

// secretActions are the built-in actions whose `with` may insert secrets.
var secretActions = []string{"http.request", "email.send"}

// Why an expression cannot use `secrets`, which are no variable: their values
// are put in when an action runs and never reach the store.
const (
	whyNoSecrets   = "expr.secrets"
	whySecretAlone = "expr.secret_alone"
)

// with compiles a machine step's `with`.
func (p *parsing) with(n *node) *expr.Value {
	with, action := n.get("with"), n.get("action").string()
	if !slices.Contains(secretActions, action) && !p.opts.SecretActions[action] {
		return p.value(with)
	}
	value := p.valueIn(p.here.Keeping("secrets", say.Of(whySecretAlone)), with)
	switch {
	case value == nil:
	case action == "http.request":
		value.EscapeField("url", escapeURL)
	case action == "email.send":
		value.EscapeField("html", func(_, value string) string { return html.EscapeString(value) })
	}
	return value
}

// escapeURL escapes a value that lands in the path or query of an address, so
// that it stays one segment or one value. Scheme and host are left alone.
func escapeURL(before, value string) string {
	if _, rest, found := strings.Cut(before, "://"); found {
		before = rest
	}
	if !strings.ContainsAny(before, "/?#") {
		return value
	}
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// Secrets lists the names of the secrets that the step's `with` inserts.
func (m *Machine) Secrets() []string { return m.secrets }

// Reveal gives the input of a step, which holds {{ secrets.NAME }}, with the
// values in their places. Only places that the definition names are filled,
// whatever texts the input holds elsewhere.
func (m *Machine) Reveal(input json.RawMessage, value func(name string) string) (json.RawMessage, error) {
	v, err := DecodeJSON(input)
	if err != nil {
		return nil, err
	}
	return json.Marshal(m.With.Fill(v, value))
}
