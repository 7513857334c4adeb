package api

import (
	"fmt"
	"math"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// maxBuckets bounds the tokens whose requests are counted. Of more, one that was
// not used for longest begins anew.
const maxBuckets = 10_000

// rateWindow is the time for which Config.RateLimit holds.
const rateWindow = time.Minute

// limiter counts the requests of each token, so that one that runs wild keeps
// nobody else out. A nil limiter limits nothing.
type limiter struct {
	quota   int // requests in rateWindow, which may also come at once
	buckets *lru.Cache[string, *rate.Limiter]
}

func newLimiter(quota int) *limiter {
	if quota <= 0 {
		return nil
	}
	buckets, err := lru.New[string, *rate.Limiter](maxBuckets)
	if err != nil {
		panic("api: rate limit: " + err.Error()) // of a constant
	}
	return &limiter{quota: quota, buckets: buckets}
}

// take counts a request of a token and says what is left, in the header's
// fields of draft-ietf-httpapi-ratelimit-headers-10. One that is over the limit
// gets the refusal; it is not counted.
func (l *limiter) take(h http.Header, a workflow.Actor, now time.Time) error {
	if l == nil || a.Via != "token" {
		return nil
	}
	bucket := l.bucket(a.Tenant + "\x00" + a.ID + "\x00" + a.Token)
	ok := bucket.AllowN(now, 1)
	left := max(bucket.TokensAt(now), 0)
	full := math.Ceil((float64(l.quota) - left) / float64(bucket.Limit()))
	h.Set("RateLimit-Policy", fmt.Sprintf(`"token";q=%d;w=%.0f`, l.quota, rateWindow.Seconds()))
	h.Set("RateLimit", fmt.Sprintf(`"token";r=%.0f;t=%.0f`, math.Floor(left), full))
	if ok {
		return nil
	}
	e := workflow.Errorf(workflow.KindTooMany, "rate_limited", "This token has made %d requests within %s. Wait as long as Retry-After says, then go on.", l.quota, "a minute")
	p := respond.ProblemOf(e, "")
	p.RetryAfter = int(math.Ceil(max((1-left)/float64(bucket.Limit()), 1)))
	return p
}

// bucket gives the bucket of a token. Of two first requests at the same moment
// one may go uncounted.
func (l *limiter) bucket(key string) *rate.Limiter {
	if b, ok := l.buckets.Get(key); ok {
		return b
	}
	b := rate.NewLimiter(rate.Limit(float64(l.quota)/rateWindow.Seconds()), l.quota)
	l.buckets.Add(key, b)
	return b
}
