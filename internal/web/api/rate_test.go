package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	const quota = 60
	l := newLimiter(quota)
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	ci := workflow.Actor{ID: "ci", Tenant: "default", Via: "token", Token: "one"}
	take := func(a workflow.Actor) (string, *respond.Problem) {
		h := http.Header{}
		p, _ := l.take(h, a, now).(*respond.Problem)
		return h.Get("RateLimit-Policy") + " " + h.Get("RateLimit"), p
	}
	header, p := take(ci)
	if want := `"token";q=60;w=60 "token";r=59;t=1`; header != want || p != nil {
		t.Errorf("first: %s, %v; want %s", header, p, want)
	}
	for range quota - 1 {
		if _, p = take(ci); p != nil {
			t.Fatalf("within the quota: %v", p)
		}
	}
	header, p = take(ci)
	if want := `"token";q=60;w=60 "token";r=0;t=60`; header != want || p == nil || p.Status != 429 || p.GetHeaders().Get("Retry-After") != "1" {
		t.Errorf("one too many: %s, %+v; want %s and 429 with Retry-After: 1", header, p, want)
	}
	other := ci
	other.Token = "two"
	if _, p := take(other); p != nil {
		t.Errorf("another token: %v", p)
	}
	if header, _ := take(workflow.Actor{ID: "ada", Via: "session"}); header != " " {
		t.Errorf("a session is limited: %s", header)
	}
	now = now.Add(2 * time.Second)
	if header, p = take(ci); p != nil || header != `"token";q=60;w=60 "token";r=1;t=59` {
		t.Errorf("two seconds later: %s, %v; want one left", header, p)
	}
	for i := range maxBuckets + 10 {
		other.Token = fmt.Sprint(i)
		_, _ = take(other)
	}
	if got := l.buckets.Len(); got != maxBuckets {
		t.Errorf("%d buckets are kept, want at most %d", got, maxBuckets)
	}
}
