package workflow

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// A step that wants signed calls takes none that was verified otherwise, from
// whichever way it comes.
func TestDecide_WebhookSigned(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: ready, type: webhook, output: answer, verify: {scheme: slack, secret: SLACK_KEY, tolerance: 2m}}
`, `{}`)
	call := ReceiveHook{Step: "ready", Visit: 1, Payload: json.RawMessage(`1`)}
	if _, err := s.do(call); !errors.Is(err, ErrHookUnsigned) {
		t.Errorf("without a proof: %v, want unsigned", err)
	}
	fine := Verify{Scheme: "slack", Secret: "SLACK_KEY", Tolerance: 2 * time.Minute}
	for _, other := range []Verify{{}, {"slack", "OTHER", fine.Tolerance}, {"github", "SLACK_KEY", fine.Tolerance}, {"slack", "SLACK_KEY", time.Hour}} {
		call.Proof = &HookProof{Verify: other}
		if _, err := s.do(call); !errors.Is(err, ErrHookMoved) {
			t.Errorf("verified by %+v: %v, want moved", other, err)
		}
	}
	s.status(t, StatusWaiting)
	call.Proof = &HookProof{Verify: fine, Body: " 1", BodySHA256: "ab", ContentType: "application/json"}
	s.must(call)
	s.status(t, StatusCompleted)
	for _, e := range s.events {
		if e.Type == EventHookReceived {
			if got := string(e.Detail); !strings.Contains(got, `"body":" 1"`) || !strings.Contains(got, `"secret":"SLACK_KEY"`) {
				t.Errorf("the event keeps %s", got)
			}
			return
		}
	}
	t.Error("there is no event hook.received")
}
