package engine_test

import (
	"encoding/base64"
	"testing"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

func TestEngine_Guest(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		key := func(k string) func(*engine.Config) { return func(c *engine.Config) { c.HookKey = []byte(k) } }
		s := open()
		h := run(t, s, key("one key"))
		h.save("ask", `
steps:
- {name: ask, type: human, guests: [ines@example.com, bo@example.com]}
`)
		in := h.start("ask", `{}`)
		task := h.task(in.ID, "ask")
		token := h.GuestToken(workflow.DefaultTenant, task, "ines@example.com")
		who, of, err := h.Guest(t.Context(), token)
		if err != nil || who.ID != "guest:ines@example.com" || who.Via != workflow.ViaLink || of.ID != task.ID || len(who.Roles) != 0 {
			t.Fatalf("Guest = %+v, %s, %v", who, of.ID, err)
		}
		raw, _ := base64.RawURLEncoding.DecodeString(token)
		for i := range raw {
			forged := append([]byte(nil), raw...)
			forged[i] ^= 1
			if _, _, err := h.Guest(t.Context(), base64.RawURLEncoding.EncodeToString(forged)); workflow.KindOf(err) != workflow.KindNotFound {
				t.Fatalf("with bit %d changed: %v", i*8, err)
			}
		}
		other := engine.New(engine.Config{Store: s, HookKey: []byte("another key")})
		for what, forged := range map[string]string{
			"no guest": h.GuestToken(workflow.DefaultTenant, task, "eve@example.com"), "another tenant": h.GuestToken("other", task, "ines@example.com"),
			"another key": other.GuestToken(workflow.DefaultTenant, task, "ines@example.com"), "empty": "", "long": token + token,
		} {
			if _, _, err := h.Guest(t.Context(), forged); workflow.KindOf(err) != workflow.KindNotFound {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := h.CompleteTask(t.Context(), who, task.ID, engine.Completion{}); err != nil {
			t.Fatal(err)
		}
		h.until(in.ID, workflow.StatusCompleted)
		if _, of, err = h.Guest(t.Context(), token); err != nil || of.CompletedBy != who.ID {
			t.Errorf("afterwards: %+v, %v", of, err)
		}
	})
}
