package secret_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/action"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/memory"
	"tandem/internal/secret"
	"tandem/internal/workflow"
)

const canary = "canary-9f2c\nof two lines"

var (
	ada   = workflow.Actor{ID: "ada", Tenant: "acme", Roles: []workflow.Role{workflow.RoleAdmin}}
	eve   = workflow.Actor{ID: "eve", Tenant: "other", Roles: []workflow.Role{workflow.RoleAdmin}}
	oscar = workflow.Actor{ID: "oscar", Tenant: "acme", Roles: []workflow.Role{workflow.RoleOperator, workflow.RoleAuthor}}
	bot   = workflow.Actor{ID: "ada", Tenant: "acme", Roles: []workflow.Role{workflow.RoleAdmin}, Scopes: []string{"tasks"}}
)

func onBoth(t *testing.T, test func(t *testing.T, store secret.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, new(memory.Secrets))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		d, err := db.Open(t.Context(), dbtest.URL(t, db.Migrate), db.Options{MaxConns: 2, EngineConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		test(t, db.NewSecrets(d.Pool()))
	})
}

func ring(t *testing.T, keys ...string) secret.Ring {
	t.Helper()
	r, err := secret.ParseKeys(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func set(t *testing.T, v *secret.Vault, by workflow.Actor, n secret.NewSecret) {
	t.Helper()
	if err := v.Set(t.Context(), by, n); err != nil {
		t.Fatal(err)
	}
}

var payKey = secret.NewSecret{Name: "PAY_KEY", Value: canary, Definitions: []string{"pay", "pay"}, Hosts: []string{"b.example", "a.example:8443"}}

// refusal is the code with which a step is refused.
func refusal(err error) string {
	var e *action.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	return e.Code
}

func TestVault(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, store secret.Store) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		old, fresh := secret.NewKey(), secret.NewKey()
		v := secret.New(store, ring(t, old), func() time.Time { return now })
		set(t, v, ada, payKey)
		got, err := v.Reveal(t.Context(), "acme", "pay", []string{"PAY_KEY"})
		want := action.Secrets{{Name: "PAY_KEY", Value: canary, Hosts: []string{"a.example:8443", "b.example"}}}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("revealed %v (-want +got):\n%s", err, diff)
		}
		for name, ask := range map[string][3]string{
			"unknown_secret": {"acme", "pay", "OTHER"}, "secret_refused": {"acme", "steal", "PAY_KEY"},
		} {
			if got, err := v.Reveal(t.Context(), ask[0], ask[1], []string{ask[2]}); refusal(err) != name || got != nil {
				t.Errorf("%v gave %v, %v, want %s", ask, got, err, name)
			}
		}
		if _, err := v.Reveal(t.Context(), "other", "pay", []string{"PAY_KEY"}); refusal(err) != "unknown_secret" {
			t.Errorf("another tenant got %v", err)
		}
		list, err := v.List(t.Context(), ada, "", 10)
		if err != nil || len(list) != 1 || strings.Contains(fmt.Sprintf("%+v", list), "canary") {
			t.Fatalf("list %+v, %v", list, err)
		}
		key := list[0].KeyID
		wantInfo := secret.Info{Tenant: "acme", Name: "PAY_KEY", KeyID: key, Definitions: []string{"pay"}, Hosts: []string{"a.example:8443", "b.example"},
			CreatedBy: "ada", CreatedAt: now, UpdatedBy: "ada", UpdatedAt: now}
		if diff := cmp.Diff(wantInfo, list[0]); diff != "" || key == "" {
			t.Errorf("info (-want +got):\n%s", diff)
		}

		// Another key in front: the old one still opens, until all are sealed anew.
		both := secret.New(store, ring(t, fresh, old), func() time.Time { return now.Add(time.Hour) })
		set(t, both, ada, secret.NewSecret{Name: "A_NEW", Value: "another canary", Definitions: []string{"*"}, Hosts: []string{"*"}})
		alone := secret.New(store, ring(t, fresh), nil)
		if _, err := alone.Reveal(t.Context(), "acme", "pay", []string{"PAY_KEY"}); refusal(err) != "secret_unreadable" || !strings.Contains(err.Error(), key) {
			t.Errorf("without its key: %v, want that %s is missing", err, key)
		}
		if n, err := both.Rekey(t.Context(), ada); n != 1 || err != nil {
			t.Errorf("rekeyed %d, %v, want 1", n, err)
		}
		if n, err := both.Rekey(t.Context(), ada); n != 0 || err != nil {
			t.Errorf("rekeyed %d once more, %v", n, err)
		}
		if got, err := alone.Reveal(t.Context(), "acme", "pay", []string{"A_NEW", "PAY_KEY"}); err != nil || got[1].Value != canary || got[0].Value != "another canary" {
			t.Errorf("after rekeying: %v, %v", got, err)
		}

		// Replaced: who made it stays.
		set(t, both, workflow.Actor{ID: "adam", Tenant: "acme", Roles: ada.Roles}, secret.NewSecret{Name: "PAY_KEY", Value: "12345678", Definitions: []string{"*"}, Hosts: []string{"*"}})
		list, err = v.List(t.Context(), ada, "A_NEW", 10)
		if err != nil || len(list) != 1 || list[0].CreatedBy != "ada" || list[0].UpdatedBy != "adam" || !list[0].CreatedAt.Equal(now) || !list[0].UpdatedAt.Equal(now.Add(time.Hour)) {
			t.Errorf("after replacing: %+v, %v", list, err)
		}
		if err := v.Delete(t.Context(), eve, "PAY_KEY"); !errors.Is(err, secret.ErrNotFound) {
			t.Errorf("another tenant deletes: %v", err)
		}
		if err := v.Delete(t.Context(), ada, "PAY_KEY"); err != nil {
			t.Error(err)
		}
		if _, err := alone.Reveal(t.Context(), "acme", "pay", []string{"PAY_KEY"}); refusal(err) != "unknown_secret" {
			t.Errorf("after deleting: %v", err)
		}
	})
}

// TestVault_rows_that_were_changed cannot be opened: copied to another name or
// tenant, widened, or altered in a bit.
func TestVault_rows_that_were_changed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, store secret.Store) {
		v := secret.New(store, ring(t, secret.NewKey()), nil)
		set(t, v, ada, payKey)
		rows, err := store.SecretsByName(t.Context(), "acme", []string{"PAY_KEY"})
		if err != nil || len(rows) != 1 || bytes.Contains(rows[0].Ciphertext, []byte("canary")) {
			t.Fatalf("rows %v, %v", rows, err)
		}
		for name, change := range map[string]func(s *secret.Sealed){
			"name":        func(s *secret.Sealed) { s.Name = "OTHER_KEY" },
			"tenant":      func(s *secret.Sealed) { s.Tenant = "other" },
			"definitions": func(s *secret.Sealed) { s.Definitions = []string{"*", "pay"} },
			"hosts":       func(s *secret.Sealed) { s.Hosts = []string{"evil.example"} },
			"moved rule": func(s *secret.Sealed) {
				s.Hosts = []string{"a.example:8443"}
				s.Definitions = []string{"pay", "b.example"}
			},
			"ciphertext": func(s *secret.Sealed) { s.Ciphertext[3] ^= 1 },
			"nonce":      func(s *secret.Sealed) { s.Nonce[3] ^= 1 },
		} {
			s := rows[0]
			s.Nonce, s.Ciphertext = slices.Clone(s.Nonce), slices.Clone(s.Ciphertext)
			change(&s)
			if err := store.SaveSecret(t.Context(), s, workflow.Record{Tenant: s.Tenant, At: s.UpdatedAt}); err != nil {
				t.Fatal(err)
			}
			got, err := v.Reveal(t.Context(), s.Tenant, "pay", []string{s.Name})
			if refusal(err) != "secret_unreadable" || got != nil {
				t.Errorf("another %s: gave %v, %v", name, got, err)
			}
		}
	})
}

// TestStore_ResealSecret_changed_meanwhile: what was replaced meanwhile stays.
func TestStore_ResealSecret_changed_meanwhile(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, store secret.Store) {
		v := secret.New(store, ring(t, secret.NewKey()), nil)
		set(t, v, ada, payKey)
		rows, err := store.Secrets(t.Context(), "acme", "", 10)
		if err != nil || len(rows) != 1 {
			t.Fatalf("rows %v, %v", rows, err)
		}
		late := rows[0]
		late.KeyID = "late"
		if err := store.ResealSecret(t.Context(), late, []byte("another nonce")); err != nil {
			t.Fatal(err)
		}
		if got, err := v.Reveal(t.Context(), "acme", "pay", []string{"PAY_KEY"}); err != nil || got[0].Value != canary {
			t.Errorf("gave %v, %v", got, err)
		}
	})
}

func TestVault_refuses(t *testing.T) {
	t.Parallel()
	v := secret.New(new(memory.Secrets), ring(t, secret.NewKey()), nil)
	good := payKey
	for name, tt := range map[string]struct {
		change func(n *secret.NewSecret)
		want   string
	}{
		"small name":     {func(n *secret.NewSecret) { n.Name = "pay_key" }, "/name"},
		"long name":      {func(n *secret.NewSecret) { n.Name = strings.Repeat("A", 64) }, "/name"},
		"short value":    {func(n *secret.NewSecret) { n.Value = "1234567" }, "/value"},
		"long value":     {func(n *secret.NewSecret) { n.Value = strings.Repeat("x", 16<<10+1) }, "/value"},
		"not text":       {func(n *secret.NewSecret) { n.Value = "12345678\xff" }, "/value"},
		"U+0000":         {func(n *secret.NewSecret) { n.Value = "12345678\x00" }, "/value"},
		"no definition":  {func(n *secret.NewSecret) { n.Definitions = nil }, "/definitions"},
		"bad definition": {func(n *secret.NewSecret) { n.Definitions = []string{"Pay"} }, "/definitions"},
		"no host":        {func(n *secret.NewSecret) { n.Hosts = nil }, "/hosts"},
		"a URL":          {func(n *secret.NewSecret) { n.Hosts = []string{"https://x"} }, "/hosts"},
		"star inside":    {func(n *secret.NewSecret) { n.Hosts = []string{"a.*.example"} }, "/hosts"},
		"many hosts":     {func(n *secret.NewSecret) { n.Hosts = slices.Repeat([]string{"a"}, 51) }, "/hosts"},
	} {
		n := good
		tt.change(&n)
		var e *workflow.Error
		if err := v.Set(t.Context(), ada, n); !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Pointer != tt.want || strings.Contains(fmt.Sprintf("%+v", e), n.Value) {
			t.Errorf("%s: %+v, want a problem at %s", name, err, tt.want)
		}
	}
	for _, who := range []workflow.Actor{oscar, bot, {}} {
		err := v.Set(t.Context(), who, good)
		_, listErr := v.List(t.Context(), who, "", 1)
		_, rekeyErr := v.Rekey(t.Context(), who)
		for _, err := range []error{err, listErr, rekeyErr, v.Delete(t.Context(), who, "PAY_KEY")} {
			if workflow.KindOf(err) != workflow.KindForbidden {
				t.Errorf("%s: %v, want forbidden", who.ID, err)
			}
		}
	}
	none := secret.New(new(memory.Secrets), secret.Ring{}, nil)
	if err := none.Set(t.Context(), ada, good); err == nil || !strings.Contains(err.Error(), "TANDEM_SECRETS_KEY") {
		t.Errorf("without a key: %v, want which setting is missing", err)
	}
	if _, err := none.Reveal(t.Context(), "acme", "pay", []string{"PAY_KEY"}); refusal(err) != "secrets_not_configured" {
		t.Errorf("without a key: %v", err)
	}
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	key := secret.NewKey()
	if key == secret.NewKey() {
		t.Error("two keys are the same")
	}
	for _, text := range []string{key, " " + key + "\n", strings.TrimRight(key, "="), strings.NewReplacer("+", "-", "/", "_").Replace(key), "# the key\n" + key + "," + secret.NewKey(), ""} {
		if _, err := secret.ParseKeys(text); err != nil {
			t.Errorf("ParseKeys(%q): %v", text, err)
		}
	}
	for _, text := range []string{"short", key[:40], key + "AAAA", "!" + key[1:], key + " x"} {
		if _, err := secret.ParseKeys(text); err == nil || !strings.Contains(err.Error(), "32 bytes in base64") || strings.Contains(err.Error(), text) {
			t.Errorf("ParseKeys(%q): %v, want what a key is, without the text", text, err)
		}
	}
}
