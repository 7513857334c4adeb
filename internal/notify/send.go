package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"tandem/internal/action"
	"tandem/internal/signature"
)

// waits are those between the attempts, as Standard Webhooks advise: after the
// last a delivery is given up, some three days after its event.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// disableAfter is how long nothing may arrive before a subscription is disabled.
const disableAfter = 7 * 24 * time.Hour

// maxDrained bounds what is read of an answer, so that its connection can be
// used again.
const maxDrained = 64 << 10

// attempt sends a delivery once and stores what became of it. Until that is
// stored it is hidden from others, and afterwards sent again at worst.
func (s *Service) attempt(ctx context.Context, c Claimed) {
	status, after, err := s.send(ctx, c)
	if ctx.Err() != nil {
		return // it comes again when its time to be hidden is over
	}
	o := Outcome{Delivery: c.Delivery}
	now := s.now()
	o.Attempts++
	o.LastStatus, o.LastError, o.NextAt = status, "", nil
	switch {
	case err == nil:
		o.Status, o.EndedAt = Delivered, &now
	case status == http.StatusGone:
		o.Status, o.EndedAt, o.LastError = Dead, &now, err.Error()
		o.Disable = "The receiver answered 410: it wants no more."
	default:
		o.LastError = err.Error()
		s.again(&o, now, after)
		if since := c.To.FailingSince; since != nil && now.Sub(*since) >= disableAfter {
			o.Disable = fmt.Sprintf("Nothing has arrived since %s. The last failure: %s.", since.Format(time.DateOnly), o.LastError)
		}
	}
	s.metrics.Delivered(outcomeLabel(o))
	if o.Disable != "" {
		s.log.Warn("a subscription was disabled", "subscription", c.Subscription, "reason", o.Disable)
	}
	if err := s.store.SettleDelivery(ctx, o); err != nil {
		s.log.Warn("the outcome of a delivery was not stored; it is sent again", "delivery", c.ID, "error", err)
	}
}

// outcomeLabel names what became of an attempt.
func outcomeLabel(o Outcome) string {
	switch o.Status {
	case Delivered:
		return "delivered"
	case Dead:
		return "dead"
	}
	return "failed"
}

// again has a failed delivery sent again, or gives it up.
func (s *Service) again(o *Outcome, now time.Time, after time.Duration) {
	if o.Attempts > len(waits) {
		o.Status, o.EndedAt = Dead, &now
		return
	}
	wait := waits[o.Attempts-1]
	wait += time.Duration(rand.Float64() * 0.1 * float64(wait))
	next := now.Add(max(wait, after))
	o.NextAt = &next
}

// send gives the answer's status and what it asks to wait; an error unless the
// receiver has taken the delivery.
func (s *Service) send(ctx context.Context, c Claimed) (status int, after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	keys, err := s.keysOf(c.To)
	if err != nil {
		return 0, 0, err
	}
	raw := make([][]byte, 0, len(keys))
	for i := len(keys) - 1; i >= 0; i-- { // the current key first
		key, err := signature.StandardKey(keys[i].Key)
		if err != nil {
			return 0, 0, err
		}
		raw = append(raw, key)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.To.URL, bytes.NewReader(c.Body))
	if err != nil {
		return 0, 0, errors.New("the address cannot be used")
	}
	id := c.WebhookID()
	stamp, signed := signature.SignStandard(raw, id, s.now(), c.Body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Tandem")
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", stamp)
	r.Header.Set("webhook-signature", signed)
	end := s.traceSend(ctx, c, r)
	defer func() { end(status, err) }()
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, 0, failure(err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxDrained) // what it says does not matter
	if answer.StatusCode/100 == 2 {
		return answer.StatusCode, 0, nil
	}
	return answer.StatusCode, action.RetryAfter(answer.Header.Get("Retry-After"), s.now()), fmt.Errorf("the receiver answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
}

// failure says why there is no answer, without the address and its secrets.
func failure(err error) error {
	var u *url.Error
	switch {
	case action.IsPrivate(err):
		return errors.New("the address is private; an operator can allow it (TANDEM_HTTP_ALLOW)")
	case errors.As(err, &u) && u.Timeout():
		return fmt.Errorf("no answer within %s", sendTimeout)
	case errors.As(err, &u):
		return fmt.Errorf("no connection: %w", u.Err)
	}
	return err
}
