package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"tandem/internal/action"
	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/secret"
	"tandem/internal/workflow"
)

const canary = "canary-5d1e0b"

// vault keeps the canary for all definitions that the test calls, to go to one
// host.
func vault(t *testing.T, host string, definitions ...string) *secret.Vault {
	t.Helper()
	keys, err := secret.ParseKeys(secret.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	v := secret.New(new(memory.Secrets), keys, nil)
	if err := v.Set(t.Context(), ada, secret.NewSecret{Name: "KEY", Value: canary, Definitions: definitions, Hosts: []string{host}}); err != nil {
		t.Fatal(err)
	}
	return v
}

// gullible repeats what it was told to everyone: in its result, its log and its
// errors.
type gullible struct{}

func (gullible) UsesSecrets() bool { return true }

func (gullible) Execute(_ context.Context, call action.Call) (json.RawMessage, error) {
	call.Log.Info("was told "+string(call.Input), "input", string(call.Input))
	if strings.Contains(string(call.Input), "panic") {
		panic(string(call.Input))
	}
	if strings.Contains(string(call.Input), "fail") {
		return nil, fmt.Errorf("cannot do %s", call.Input)
	}
	return call.Input, nil
}

func (gullible) OnFailure(_ context.Context, call action.Call, _ error) error {
	return fmt.Errorf("also %s", call.Input)
}

// TestEngine_secrets: the value reaches the other side, and comes back nowhere.
func TestEngine_secrets(t *testing.T) {
	t.Parallel()
	request := func(path string) string {
		return `action: http.request, with: {url: "URL` + path + `?k={{ secrets.KEY }}&n={{ data.note }}",
    headers: {Authorization: "Bearer {{ secrets.KEY }}"}, body: {note: "{{ data.note }}", key: "{{ secrets.KEY }}"}}`
	}
	cases := map[string]struct {
		step string
		code string // of the error; empty = none
		sent bool
	}{
		"good":    {step: request("/"), sent: true},
		"bad":     {step: request("/bad"), code: "http_error", sent: true},
		"away":    {step: request("/away"), code: "secret_refused", sent: true},
		"steal":   {step: request("/"), code: "secret_refused"},
		"unknown": {step: `action: gullible, with: "{{ secrets.OTHER }}"`, code: "unknown_secret"},
		"own":     {step: `action: gullible, with: "{{ secrets.KEY }}"`},
		"fails":   {step: `action: gullible, with: "fail {{ secrets.KEY }}"`, code: "action_failed"},
		"breaks":  {step: `action: gullible, with: "panic {{ secrets.KEY }}"`, code: "panic"},
	}
	onBoth(t, func(t *testing.T, open func() store) {
		seen, log := new(lockedBuffer), new(lockedBuffer)
		url := parrot(t, seen)
		actions, err := action.New(action.Settings{HTTPAllow: []string{"127.0.0.0/8"}})
		if err != nil {
			t.Fatal(err)
		}
		actions["gullible"] = gullible{}
		h := run(t, open(), func(c *engine.Config) {
			c.Actions, c.Secrets = actions, vault(t, strings.TrimPrefix(url, "http://"), "good", "bad", "away", "unknown", "own", "fails", "breaks")
			c.Log = slog.New(slog.NewTextHandler(log, nil))
		})
		for name, tt := range cases {
			h.save(name, "steps:\n- {name: a, type: machine, output: kept, on_failure: [{step: b}], "+strings.ReplaceAll(tt.step, "URL", url)+
				"}\n- {name: b, type: machine, action: noop}\nedges: [{source: a, target: b}]\n")
			before := seen.String()
			in := h.until(h.start(name, `{"note": "{{ secrets.KEY }}"}`).ID, workflow.StatusCompleted)
			e := h.executions(in.ID, "a")[0]
			if code := errorCode(e); code != tt.code {
				t.Errorf("%s: error %+v, want %q", name, e.Error, tt.code)
			}
			if !strings.Contains(string(e.Input), "{{ secrets.") {
				t.Errorf("%s: stored input %s, want the name of the secret", name, e.Input)
			}
			sent := strings.TrimPrefix(seen.String(), before)
			if tt.sent != strings.Contains(sent, "Bearer "+canary) || strings.Contains(sent, "STOLEN") {
				t.Errorf("%s: the other side saw %q, want the value: %v", name, sent, tt.sent)
			}
			// What a person wrote into the data is sent as it is.
			if tt.sent && (!strings.Contains(sent, `"note":"{{ secrets.KEY }}"`) || !strings.Contains(sent, `"key":"`+canary+`"`) || !strings.Contains(sent, "n=%7B%7B%20secrets.KEY%20%7D%7D")) {
				t.Errorf("%s: the other side saw %q, want the text of the data untouched", name, sent)
			}
			h.wantNowhere(in, canary)
		}
		if text := log.String(); strings.Contains(text, canary) || !strings.Contains(text, "was told") {
			t.Errorf("log %s", text)
		}
	})
}

// parrot starts a server that notes what it is sent and repeats it wherever it
// can. It sends some away to another one.
func parrot(t *testing.T, seen io.Writer) string {
	t.Helper()
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(seen, "STOLEN", r.URL, r.Header)
	}))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintln(seen, r.Header.Get("Authorization"), r.URL.RawQuery, string(body))
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL+"/?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
			return
		case "/bad":
			w.WriteHeader(http.StatusTeapot)
		default:
			w.Header().Set("Content-Type", "application/json")
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"auth": r.Header.Get("Authorization"), r.URL.RawQuery: string(body)})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func errorCode(e workflow.Execution) string {
	if e.Error == nil {
		return ""
	}
	return e.Error.Code
}

// wantNowhere fails when a text is anywhere in what is stored of an instance.
func (h *house) wantNowhere(in workflow.Instance, text string) {
	h.t.Helper()
	executions, err := h.store.Executions(h.t.Context(), ada, in.ID, 100)
	if err != nil {
		h.t.Fatal(err)
	}
	stored, err := json.Marshal([]any{in, executions, h.events(in.ID)})
	if err != nil {
		h.t.Fatal(err)
	}
	if bytes.Contains(stored, []byte(text)) || !bytes.Contains(stored, []byte("kept")) && !bytes.Contains(stored, []byte("Error")) {
		h.t.Errorf("%s is in what is stored: %s", text, stored)
	}
}

// TestEngine_secrets_without_a_vault says what is missing.
func TestEngine_secrets_without_a_vault(t *testing.T) {
	t.Parallel()
	h := run(t, memory.New(memory.Options{}))
	h.save("x", "steps: [{name: a, type: machine, action: http.request, with: {url: '{{ secrets.KEY }}'}}]\n")
	in := h.until(h.start("x", `{}`).ID, workflow.StatusFailed)
	if in.Error.Code != "secrets_not_configured" {
		t.Errorf("error %+v, want secrets_not_configured", in.Error)
	}
}

// lockedBuffer is a buffer that several goroutines may write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
