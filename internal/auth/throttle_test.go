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
