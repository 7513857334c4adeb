package auth

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"tandem/internal/workflow"
)

// attempt is what failures are counted for: one account from one address, one
// account from wherever (no addr), one address whatever the account (no login).
type attempt struct{ tenant, login, addr string }

// How many failures a window has room for. Many people share an address, and an
// account must not be closed to its owner by others: so both have more than an
// account has from one address, and who has signed in from an address before is
// not counted with the rest.
const (
	perPair    = 10
	perAccount = 100
	perAddress = 300
	perCodes   = 10 // codes of a second factor, of one account from wherever: who guesses them knows the password
)

// guesses limits attempts to sign in.
type guesses struct {
	pairs, accounts, addresses *throttle
	known                      *throttle // pairs that have signed in
	codes                      *throttle // accounts, of second factors
}

func newGuesses() *guesses {
	const window, size = 15 * time.Minute, 10_000
	return &guesses{
		pairs: newThrottle(perPair, window, size), accounts: newThrottle(perAccount, window, size),
		addresses: newThrottle(perAddress, window, size), known: newThrottle(1, 30*24*time.Hour, 4*size),
		codes: newThrottle(perCodes, window, size),
	}
}

func (a attempt) anywhere() attempt { return attempt{tenant: a.tenant, login: a.login} }
func (a attempt) anyone() attempt   { return attempt{addr: a.addr} }

// take counts an attempt and returns 0, or how long to wait when one of the
// limits is reached.
func (g *guesses) take(a attempt, now time.Time) time.Duration {
	if wait := g.addresses.take(a.anyone(), now); wait > 0 {
		return wait
	}
	if wait := g.pairs.take(a, now); wait > 0 {
		g.addresses.giveBack(a.anyone())
		return wait
	}
	if g.known.has(a, now) {
		return 0
	}
	wait := g.accounts.take(a.anywhere(), now)
	if wait > 0 {
		g.pairs.giveBack(a)
		g.addresses.giveBack(a.anyone())
	}
	return wait
}

// giveBack takes back an attempt that was not judged.
func (g *guesses) giveBack(a attempt, now time.Time) {
	g.pairs.giveBack(a)
	g.addresses.giveBack(a.anyone())
	if !g.known.has(a, now) {
		g.accounts.giveBack(a.anywhere())
	}
}

// forget drops the count of someone who has signed in, and remembers from where.
func (g *guesses) forget(a attempt, now time.Time) {
	g.giveBack(a, now)
	g.pairs.forget(a)
	g.known.forget(a)
	g.known.take(a, now)
}

// throttle counts attempts to sign in. An attempt is counted before it is
// judged, so that many at once cannot slip past the limit.
type throttle struct {
	limit  int           // attempts in a window
	window time.Duration // from the first of them
	size   int           // attempts remembered at most

	mu    sync.Mutex
	tries map[attempt]*tries
}

type tries struct {
	count int
	since time.Time
}

func newThrottle(limit int, window time.Duration, size int) *throttle {
	return &throttle{limit: limit, window: window, size: size, tries: map[attempt]*tries{}}
}

// take counts an attempt and returns 0, or how long to wait when the limit is
// reached.
func (t *throttle) take(a attempt, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.tries[a]
	if e == nil || now.Sub(e.since) >= t.window {
		t.makeRoom(now)
		e = &tries{since: now}
		t.tries[a] = e
	}
	if e.count >= t.limit {
		return e.since.Add(t.window).Sub(now)
	}
	e.count++
	return 0
}

// has reports whether an attempt is remembered.
func (t *throttle) has(a attempt, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.tries[a]
	return e != nil && now.Sub(e.since) < t.window
}

// giveBack takes back an attempt that was not judged.
func (t *throttle) giveBack(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.tries[a]; e != nil && e.count > 0 {
		e.count--
	}
}

// forget drops the count of someone who has signed in.
func (t *throttle) forget(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tries, a)
}

// makeRoom drops an entry when the map is full: of a few taken at random, one
// that is over, else the one with the fewest attempts. So a flood of made-up
// names pushes out its own entries, not the count of the account that it is
// after.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.tries) < t.size {
		return
	}
	const sample = 16
	var (
		drop attempt
		seen int
		few  = t.limit + 1
	)
	for a, e := range t.tries { // the order of a map is random
		count := e.count
		if now.Sub(e.since) >= t.window {
			count = -1
		}
		if count < few {
			drop, few = a, count
		}
		if seen++; seen == sample {
			break
		}
	}
	delete(t.tries, drop)
}

// addrKey is the address that attempts are counted for: the IP without its
// port, and of IPv6 the network of 64 bits that one customer has.
func addrKey(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		ap, err := netip.ParseAddrPort(addr)
		if err != nil {
			return "unknown"
		}
		ip = ap.Addr()
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// Wait is the cause inside ErrThrottled: how long until the next attempt is
// judged.
type Wait time.Duration

func (w Wait) Error() string { return "wait " + time.Duration(w).String() }

func throttled(login string, wait time.Duration) error {
	return &workflow.Error{
		Kind: ErrThrottled.Kind, Code: ErrThrottled.Code, Err: Wait(wait),
		Message: fmt.Sprintf("Too many failed attempts to sign in as %q. Try again in %s.", login, inWords(wait)),
	}
}

// inWords gives a duration in whole minutes, rounded up.
func inWords(d time.Duration) string {
	minutes := int((d + time.Minute - 1) / time.Minute)
	if minutes <= 1 {
		return "a minute"
	}
	return fmt.Sprintf("%d minutes", minutes)
}
