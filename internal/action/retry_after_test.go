package action

import (
	"net/http"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 120 ": 2 * time.Minute, "86400": 24 * time.Hour,
		"86401": 24 * time.Hour, "99999999999999999999999999": 24 * time.Hour,
		"-1": 0, "1.5": 0, "soon": 0, "1 2": 0, "+5": 0, "١": 0,
		"Sun, 01 Mar 2026 12:00:30 GMT":  30 * time.Second,
		"Sunday, 01-Mar-26 12:01:00 GMT": time.Minute,
		"Sun Mar  1 12:00:05 2026":       5 * time.Second,
		"Sun, 01 Mar 2026 11:59:00 GMT":  0,
		"Wed, 01 Mar 2999 12:00:00 GMT":  24 * time.Hour,
	} {
		if got := retryAfter(text, noon); got != want {
			t.Errorf("retryAfter(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestWaitAsked(t *testing.T) {
	t.Parallel()
	header := http.Header{"Retry-After": {"Sun, 01 Mar 2026 12:00:30 GMT"}, "Date": {"Sun, 01 Mar 2026 12:00:10 GMT"}}
	for status, want := range map[int]time.Duration{429: 20 * time.Second, 503: 20 * time.Second, 500: 0, 200: 0} {
		if got := waitAsked(&http.Response{StatusCode: status, Header: header}); got != want {
			t.Errorf("%d by the server's clock: %s, want %s", status, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"7", "Sun, 01 Mar 2026 12:00:30 GMT", "99999999999999999999", "-0", "Sun Mar  1 12:00:05 2026"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := retryAfter(text, noon); got < 0 || got > maxRetryAfter {
			t.Errorf("retryAfter(%q) = %s", text, got)
		}
	})
}
