package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// guestToken is what a personal link ends in: the instance's id, the task's,
// which stands for one visit and item of a step, the guest's digest, and an
// HMAC-SHA256 of all that. Nothing of it is stored.
const (
	guestDigest = 16
	guestBody   = 2*len(uuid.UUID{}) + guestDigest
	guestRaw    = guestBody + sha256.Size
)

// guestLabel keeps links of guests apart from addresses of webhooks.
const guestLabel = "guest link\x00"

func (e *Engine) guestMAC(body []byte) []byte {
	mac := hmac.New(sha256.New, e.hookKey)
	mac.Write([]byte(guestLabel))
	mac.Write(body)
	return mac.Sum(nil)
}

func digestOf(tenant, guest string) []byte {
	sum := sha256.Sum256([]byte(tenant + "\x00" + guest))
	return sum[:guestDigest]
}

// GuestToken returns the token of the personal link by which a guest of the
// task decides it. It works until the task is closed or names him no more.
func (e *Engine) GuestToken(tenant string, t workflow.Task, guest string) string {
	raw := append([]byte(nil), t.InstanceID[:]...)
	raw = append(raw, t.ID[:]...)
	raw = append(raw, digestOf(tenant, guest)...)
	return base64.RawURLEncoding.EncodeToString(append(raw, e.guestMAC(raw)...))
}

// ErrGuestLink answers a personal link that opens nothing.
var ErrGuestLink = workflow.Errorf(workflow.KindNotFound, "guest_link",
	"This link does not work. Check that it was copied whole, or ask whoever sent it for another one.")

// Guest returns who follows a personal link, and the task that it is for, which
// may have been closed meanwhile. A forged token costs no look into the store.
func (e *Engine) Guest(ctx context.Context, token string) (workflow.Actor, workflow.Task, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != guestRaw || !hmac.Equal(raw[guestBody:], e.guestMAC(raw[:guestBody])) {
		return workflow.Actor{}, workflow.Task{}, ErrGuestLink
	}
	instance, task := uuid.UUID(raw[:16]), uuid.UUID(raw[16:32])
	snaps, err := e.storage.Load(ctx, []uuid.UUID{instance}, Want{Tasks: []uuid.UUID{task}})
	if err != nil {
		return workflow.Actor{}, workflow.Task{}, err
	}
	snap := snaps[instance]
	if snap == nil {
		return workflow.Actor{}, workflow.Task{}, ErrGuestLink
	}
	t, ok := snap.Tasks[task]
	if !ok {
		return workflow.Actor{}, workflow.Task{}, ErrGuestLink
	}
	for _, guest := range t.Guests {
		if hmac.Equal(raw[32:guestBody], digestOf(snap.Instance.Tenant, guest)) {
			return workflow.GuestActor(snap.Instance.Tenant, guest), t, nil
		}
	}
	return workflow.Actor{}, workflow.Task{}, ErrGuestLink
}
