package workflow

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestSecrets_places: a secret stands alone in `with` of an action that may use
// it, and nowhere else.
func TestSecrets_places(t *testing.T) {
	t.Parallel()
	opts := Options{
		Actions:       map[string]bool{"acme.pay": true, "acme.plain": true},
		SecretActions: map[string]bool{"acme.pay": true},
	}
	elsewhere, alone := "Secrets exist only under \"with\"", "A secret is inserted alone"
	for name, tt := range map[string]struct{ step, want string }{
		"http":             {`{type: machine, action: http.request, with: {url: "https://x", headers: {A: "Bearer {{ secrets.KEY }}"}}}`, ""},
		"declared":         {`{type: machine, action: acme.pay, with: "{{ secrets.KEY }}"}`, ""},
		"not declared":     {`{type: machine, action: acme.plain, with: "{{ secrets.KEY }}"}`, elsewhere},
		"set":              {`{type: machine, action: set, with: {a: "{{ secrets.KEY }}"}}`, elsewhere},
		"log":              {`{type: machine, action: log, with: {message: "{{ secrets.KEY }}"}}`, elsewhere},
		"title":            {`{type: machine, action: http.request, title: "{{ secrets.KEY }}"}`, elsewhere},
		"set of http":      {`{type: machine, action: http.request, set: {a: secrets.KEY}}`, elsewhere},
		"when":             {`{type: machine, action: http.request, when: 'secrets.KEY == "x"'}`, elsewhere},
		"success_when":     {`{type: machine, action: http.request, success_when: 'result.body == secrets.KEY'}`, elsewhere},
		"human":            {`{type: human, assignee: "{{ secrets.KEY }}"}`, elsewhere},
		"in an expression": {`{type: machine, action: http.request, with: {url: '{{ "https://" + secrets.KEY }}'}}`, alone},
		"small letters":    {`{type: machine, action: http.request, with: {url: "{{ secrets.key }}"}}`, alone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Parse([]byte("format: 1\nname: x\nversion: 1.0.0\nsteps:\n- "+strings.Replace(tt.step, "{", "{name: a, ", 1)+"\n"), opts)
			if tt.want == "" {
				if err != nil {
					t.Errorf("refused: %+v", err.(*Error).Fields)
				}
				return
			}
			if err == nil || !strings.Contains(err.(*Error).Fields[0].Message, tt.want) || err.(*Error).Fields[0].Line != 5 {
				t.Errorf("error %+v, want %q in line 5", err, tt.want)
			}
		})
	}
}

// TestDecide_KeepsSecretsOut: what is stored and what the action's process gets
// to see names the secret; its value comes in when the action runs.
func TestDecide_KeepsSecretsOut(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: a, type: machine, action: http.request, with: {url: "https://x/{{ data.id }}?k={{ secrets.KEY }}", note: "{{ data.id }}", n: "{{ data.n }}"}}
`, `{"id": "{{ secrets.KEY }}", "n": 1.50}`)
	e := s.running()[0]
	if want := `{"n":1.50,"note":"{{ secrets.KEY }}","url":"https://x/%7B%7B%20secrets.KEY%20%7D%7D?k={{ secrets.KEY }}"}`; string(e.Input) != want {
		t.Errorf("stored input %s, want %s", e.Input, want)
	}
	m := s.def.Step("a").Machine
	if got := m.Secrets(); !slices.Equal(got, []string{"KEY"}) {
		t.Errorf("secrets %v, want KEY", got)
	}
	got, err := m.Reveal(e.Input, func(string) string { return "canary&1" })
	if want := `{"n":1.50,"note":"{{ secrets.KEY }}","url":"https://x/%7B%7B%20secrets.KEY%20%7D%7D?k=canary%261"}`; err != nil || string(got) != want {
		t.Errorf("revealed %s, %v, want %s", got, err, want)
	}
	for _, ev := range s.events {
		if ev.Type == EventStepStarted && !json.Valid(ev.Detail) || strings.Contains(string(ev.Detail), "canary") {
			t.Errorf("event %s", ev.Detail)
		}
	}
}

func TestEscapeURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ before, value, want string }{
		{"", "https://h/a?b", "https://h/a?b"},
		{"https://", "h:8443", "h:8443"},
		{"https://h", "/a/b", "/a/b"},
		{"https://h/", "../a b/ä?x=1&y#z", "..%2Fa%20b%2F%C3%A4%3Fx%3D1%26y%23z"},
		{"https://h?q=", "1&admin=true", "1%26admin%3Dtrue"},
		{"{{ secrets.BASE }}/", "a/b", "a%2Fb"},
	} {
		if got := escapeURL(tt.before, tt.value); got != tt.want {
			t.Errorf("escapeURL(%q, %q) = %q, want %q", tt.before, tt.value, got, tt.want)
		}
	}
}

func TestDecide_EscapesMail(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: a, type: machine, action: email.send, with: {html: "<p>{{ data.x }}</p>", text: "{{ data.x }}!", whole: {html: "{{ data.x }}"}}}
`, `{"x": "<b>&"}`)
	if got, want := string(s.running()[0].Input), `{"html":"\u003cp\u003e\u0026lt;b\u0026gt;\u0026amp;\u003c/p\u003e","text":"\u003cb\u003e\u0026!","whole":{"html":"\u003cb\u003e\u0026"}}`; got != want {
		t.Errorf("input %s, want %s", got, want)
	}
}
