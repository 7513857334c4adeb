package auth

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/go-cmp/cmp"
)

func TestHasher_Verify(t *testing.T) {
	t.Parallel()
	h := newHasher(2, time.Minute)
	encoded, err := h.hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, password, encoded string
		want                    bool
	}{
		{"right", "correct horse battery", encoded, true},
		{"wrong", "correct horse batterz", encoded, false},
		{"empty password", "", encoded, false},
		{"no hash", "correct horse battery", "", false},
		{"no hash, no password", "", "", false},
	} {
		got, err := h.verify(t.Context(), tt.password, tt.encoded)
		if err != nil || got != tt.want {
			t.Errorf("%s: verify = %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
	if _, err := h.verify(t.Context(), "x", "$argon2id$broken"); err == nil {
		t.Error("a broken hash gives no error")
	}
}

// The check of a name that does not exist must cost what any other costs.
func TestNobodyCostsTheSame(t *testing.T) {
	t.Parallel()
	got, _, _, err := argon2id.DecodeHash(nobody)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(params, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

func TestHasher_AtMostTwo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(2, 5*time.Second)
		for range 2 {
			if err := h.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if err := h.enter(t.Context()); !errors.Is(err, ErrBusy) {
			t.Errorf("the third got %v, want ErrBusy", err)
		}
		if got := time.Since(began); got != 5*time.Second {
			t.Errorf("the third waited %v, want 5s", got)
		}
		h.leave()
		if err := h.enter(t.Context()); err != nil {
			t.Errorf("after one left: %v", err)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"":                           "too_short",
		strings.Repeat("a", 11):      "too_short",
		strings.Repeat("a", 12):      "breached",
		"abelheutegut":               "",
		strings.Repeat("a", 1024):    "",
		strings.Repeat("a", 1025):    "too_long",
		"ein Satz ist gut zu merken": "",
		"1q2w3e4r5t6y":               "breached",
		"QwertyQwerty":               "breached",
		"vjht123jltccf":              "breached", // the last of the list
		"1q2w3e4r5t6y7":              "",
	} {
		got := ""
		if p := checkPassword(password); p != nil {
			got = p.Code
		}
		if got != want {
			t.Errorf("password of %d bytes: %q, want %q", len(password), got, want)
		}
	}
}
