package auth

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var t0 = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func TestThrottle_Take(t *testing.T) {
	t.Parallel()
	th := newThrottle(3, 15*time.Minute, 100)
	ada := attempt{"default", "ada", "192.0.2.1"}
	for i, want := range []time.Duration{0, 0, 0, 13 * time.Minute} {
		at := t0
		if i == 3 {
			at = t0.Add(2 * time.Minute)
		}
		if got := th.take(ada, at); got != want {
			t.Fatalf("attempt %d: wait %v, want %v", i+1, got, want)
		}
	}
	elsewhere := ada
	elsewhere.addr = "192.0.2.2"
	if got := th.take(elsewhere, t0); got != 0 {
		t.Errorf("from another address: wait %v, want none", got)
	}
	if got := th.take(ada, t0.Add(15*time.Minute)); got != 0 {
		t.Errorf("after the window: wait %v, want none", got)
	}
}

func TestThrottle_GiveBackAndForget(t *testing.T) {
	t.Parallel()
	th := newThrottle(1, time.Minute, 100)
	ada := attempt{"default", "ada", "192.0.2.1"}
	th.take(ada, t0)
	th.giveBack(ada)
	if got := th.take(ada, t0); got != 0 {
		t.Errorf("after giving back: wait %v, want none", got)
	}
	th.forget(ada)
	th.giveBack(ada)
	if got := th.take(ada, t0); got != 0 {
		t.Errorf("after forgetting: wait %v, want none", got)
	}
	if got := th.take(ada, t0); got != time.Minute {
		t.Errorf("after one more: wait %v, want a minute", got)
	}
}

func TestThrottle_FloodKeepsItsTarget(t *testing.T) {
	t.Parallel()
	th := newThrottle(10, time.Hour, 64)
	ada := attempt{"default", "ada", "192.0.2.1"}
	for range 10 {
		th.take(ada, t0)
	}
	for i := range 5000 {
		th.take(attempt{"default", fmt.Sprint("made-up-", i), "192.0.2.1"}, t0)
	}
	if got := len(th.tries); got != 64 {
		t.Errorf("%d entries after a flood, want 64", got)
	}
	if got := th.take(ada, t0); got != time.Hour {
		t.Errorf("the target waits %v after a flood, want an hour", got)
	}
}

func TestAddrKey(t *testing.T) {
	t.Parallel()
	got, want := map[string]string{}, map[string]string{
		"192.0.2.1":                        "192.0.2.1",
		"192.0.2.1:4711":                   "192.0.2.1",
		"::ffff:192.0.2.1":                 "192.0.2.1",
		"2001:db8:1:2:3:4:5:6":             "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::1]:80":        "2001:db8:1:2::/64",
		"fe80::1%eth0":                     "fe80::/64",
		"@":                                "unknown",
		"":                                 "unknown",
		"not an address, and a long one :": "unknown",
	}
	for addr := range want {
		got[addr] = addrKey(addr)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestInWords(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Second: "a minute", time.Minute: "a minute", 61 * time.Second: "2 minutes", 15 * time.Minute: "15 minutes",
	} {
		if got := inWords(d); got != want {
			t.Errorf("inWords(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestGuesses(t *testing.T) {
	t.Parallel()
	from := func(i int) string { return fmt.Sprintf("198.51.%d.%d", i/200, i%200) }

	t.Run("an account, from many addresses", func(t *testing.T) {
		g := newGuesses()
		home := attempt{"default", "ada", "192.0.2.1"}
		g.take(home, t0)
		g.forget(home, t0) // she has signed in from there
		for i := range perAccount {
			if wait := g.take(attempt{"default", "ada", from(i)}, t0); wait != 0 {
				t.Fatalf("attempt %d waits %v, want none", i+1, wait)
			}
		}
		if wait := g.take(attempt{"default", "ada", "203.0.113.1"}, t0); wait != 15*time.Minute {
			t.Errorf("one more waits %v, want a quarter of an hour", wait)
		}
		if wait := g.take(home, t0); wait != 0 {
			t.Errorf("from where she was before, it waits %v: she is locked out", wait)
		}
		if wait := g.take(attempt{"default", "otto", "203.0.113.1"}, t0); wait != 0 {
			t.Errorf("another account waits %v, want none", wait)
		}
	})
	t.Run("an address, with many accounts", func(t *testing.T) {
		g := newGuesses()
		for i := range perAddress {
			if wait := g.take(attempt{"default", fmt.Sprint("u", i), "192.0.2.1"}, t0); wait != 0 {
				t.Fatalf("attempt %d waits %v, want none", i+1, wait)
			}
		}
		if wait := g.take(attempt{"default", "ada", "192.0.2.1"}, t0); wait != 15*time.Minute {
			t.Errorf("one more waits %v, want a quarter of an hour", wait)
		}
		if wait := g.take(attempt{"default", "ada", "192.0.2.2"}, t0); wait != 0 {
			t.Errorf("from another address it waits %v, want none", wait)
		}
	})
	t.Run("what was not judged or was right does not count", func(t *testing.T) {
		g := newGuesses()
		a := attempt{"default", "ada", "192.0.2.1"}
		for i := range 3 * perAddress {
			if wait := g.take(a, t0); wait != 0 {
				t.Fatalf("attempt %d waits %v, want none", i+1, wait)
			}
			if i%2 == 0 {
				g.giveBack(a, t0)
			} else {
				g.forget(a, t0)
			}
		}
	})
}

// A name that nobody has costs as much as a wrong password: one hash each.
func TestService_checkLogin_costs_one_hash(t *testing.T) {
	t.Parallel()
	h := newHasher(1, time.Second)
	encoded, err := h.hash(t.Context(), "a password of some length")
	if err != nil {
		t.Fatal(err)
	}
	for name, stored := range map[string]string{"known": encoded, "unknown": ""} {
		before := h.hashed.Load()
		if match, err := h.verify(t.Context(), "guess", stored); match || err != nil {
			t.Errorf("%s: %v, %v", name, match, err)
		}
		if got := h.hashed.Load() - before; got != 1 {
			t.Errorf("%s: %d hashes, want 1", name, got)
		}
	}
}
