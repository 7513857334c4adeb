package action

import (
	"net/http"
	"strings"
	"time"
)

// maxRetryAfter bounds what another server may ask to wait.
const maxRetryAfter = 24 * time.Hour

// RetryAfter reads a Retry-After header: how long to wait from now on, at most a
// day, 0 when it says nothing that can be understood.
func RetryAfter(text string, now time.Time) time.Duration { return retryAfter(text, now) }

// retryAfter reads a Retry-After header: seconds, or an HTTP date that is taken
// relative to now. What is neither, or past, is 0.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), maxRetryAfter)
	}
	seconds := time.Duration(0)
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0
		}
		seconds = min(seconds*10+time.Duration(c-'0'), maxRetryAfter/time.Second)
	}
	return seconds * time.Second
}

// waitAsked is what an answer of 429 or 503 asks to wait. A date is taken
// relative to the server's own clock where it tells it.
func waitAsked(answer *http.Response) time.Duration {
	if answer.StatusCode != http.StatusTooManyRequests && answer.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	now, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return retryAfter(answer.Header.Get("Retry-After"), now)
}
