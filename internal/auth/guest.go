package auth

import (
	"fmt"
	"time"

	"tandem/internal/workflow"
)

// How many forms a personal link may send and how many links that open nothing
// an address may try, in a quarter of an hour.
const (
	perLink  = 120
	perMiss  = 60
	linkSpan = 15 * time.Minute
)

// guestLimits bounds what is done by personal links.
type guestLimits struct {
	missed *throttle // tries that opened nothing, by address
	sent   *throttle // forms, by guest and task
}

func newGuestLimits() *guestLimits {
	return &guestLimits{missed: newThrottle(perMiss, linkSpan, 10_000), sent: newThrottle(perLink, linkSpan, 10_000)}
}

// ErrGuestThrottled refuses more than a personal link, or an address that tries
// links, may do.
var ErrGuestThrottled = &workflow.Error{Kind: workflow.KindTooMany, Code: "guest_throttled", Message: "That was too much at once. Wait a quarter of an hour, then try again."}

// TryLink runs open for an address that follows a personal link: links that
// open nothing are counted, and too many of them end it for a while.
func (s *Service) TryLink(address string, open func() error) error {
	try := attempt{addr: addrKey(address)}
	if wait := s.guests.missed.take(try, s.now()); wait > 0 {
		return waitGuest(wait)
	}
	err := open()
	if workflow.KindOf(err) != workflow.KindNotFound || err == nil {
		s.guests.missed.giveBack(try)
	}
	return err
}

// CountGuest counts a form that is sent by a personal link.
func (s *Service) CountGuest(a workflow.Actor, task string) error {
	return waitGuest(s.guests.sent.take(attempt{tenant: a.Tenant, login: a.ID + " " + task}, s.now()))
}

func waitGuest(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return &workflow.Error{
		Kind: ErrGuestThrottled.Kind, Code: ErrGuestThrottled.Code, Err: Wait(wait),
		Message: fmt.Sprintf("That was too much at once. Try again in %s.", inWords(wait)),
	}
}
