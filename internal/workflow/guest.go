package workflow

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
)

// Guests are people without an account whom a step lets decide by a personal
// link. What they do is done by an actor of their own, who has no roles and no
// groups: his right is that the task names him.

// MaxGuests bounds the guests of one task.
const MaxGuests = 20

// MaxMail bounds an e-mail address, in bytes.
const MaxMail = 254

// guestPrefix begins the ids of guests; people's logins have no colon.
const guestPrefix = "guest:"

// ViaLink is Actor.Via of who acts by a personal link.
const ViaLink = "link"

// GuestActor returns the guest with an e-mail address, as a task names it.
func GuestActor(tenant, address string) Actor {
	return Actor{ID: GuestID(address), Name: address, Tenant: tenant, Via: ViaLink}
}

// GuestID is the id of the guest with an e-mail address.
func GuestID(address string) string { return guestPrefix + address }

// GuestAddress returns the e-mail address of a guest's id; ok is false for the
// ids of others.
func GuestAddress(id string) (address string, ok bool) { return strings.CutPrefix(id, guestPrefix) }

// parseGuest reads an e-mail address, in small letters so that one mailbox is
// one person.
func parseGuest(text string) (string, error) {
	text = strings.TrimSpace(text)
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || len(text) > MaxMail || strings.ContainsFunc(text, notPrintable) {
		return "", sayError(KindInvalid, "invalid_guest", clipped(text))
	}
	return strings.ToLower(text), nil
}

func notPrintable(r rune) bool { return r <= ' ' || r == 0x7f }

// guestsOf evaluates a step's guests, without those whom the task excludes by
// address or as a guest.
func guestsOf(h *Human, excluded []string, vars scope) ([]string, error) {
	texts, err := settingStrings(h.Guests, vars)
	if err != nil {
		return nil, err
	}
	var guests []string
	for _, text := range texts {
		guest, err := parseGuest(text)
		if err != nil {
			return nil, err
		}
		guests = append(guests, guest)
	}
	slices.Sort(guests)
	guests = slices.DeleteFunc(slices.Compact(guests), func(g string) bool {
		return slices.ContainsFunc(excluded, func(e string) bool { return strings.EqualFold(strings.TrimPrefix(e, guestPrefix), g) })
	})
	if len(guests) > MaxGuests {
		return nil, fmt.Errorf("%d addresses; at most %d are taken", len(guests), MaxGuests)
	}
	return guests, nil
}

// Invites reports whether the task lets the guest decide.
func (t Task) Invites(a Actor) bool {
	address, ok := GuestAddress(a.ID)
	return ok && slices.Contains(t.Guests, address)
}

// checkGuest refuses guests all but deciding and commenting.
func checkGuest(cmd Command) error {
	done, ok := deedOf(cmd)
	if !ok {
		return nil
	}
	switch _, guest := GuestAddress(done.actor.ID); {
	case !guest, done.action == "task.complete", done.action == "task.comment":
		return nil
	}
	return Errorf(KindForbidden, "guest", "With a personal link you can decide this task and comment on it, nothing else.")
}

// guestIDs lists the guests as actors.
func (t Task) guestIDs() []string {
	var ids []string
	for _, address := range t.Guests {
		ids = append(ids, GuestID(address))
	}
	return ids
}

// ShowsLinks reports whether somebody may pass on the personal links of the
// task's guests: who may operate the instance and is not kept from deciding.
func (d *Definition) ShowsLinks(t Task, a Actor) bool {
	return t.Status == TaskPending && len(t.Guests) > 0 && d.MayOperate(a) && !slices.Contains(t.Excluded, a.ID) && a.Via != ViaLink
}

// guests reads the addresses of people without an account.
func (p *parsing) guests(n *node) []*Setting {
	if n == nil {
		return nil
	}
	items := []*node{n}
	if n.kind == listNode {
		items = n.items
	}
	if len(items) > MaxGuests {
		p.fault(n, "too_large.guests", MaxGuests, len(items))
	}
	for _, item := range items {
		if text := item.string(); text != "" && !strings.Contains(text, "{{") {
			if _, err := parseGuest(text); err != nil {
				p.fault(item, "wrong_value.guest", sayerOf(err))
			}
		}
	}
	return p.settings(n)
}
