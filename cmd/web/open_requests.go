package main

import (
	"net/http"
	"sync"
	"time"
)

// openRequests counts the requests that are being answered.
type openRequests struct {
	next http.Handler

	mu   sync.Mutex
	n    int
	none chan struct{} // closed when there are none; nil when nobody waits
}

// ServeHTTP implements http.Handler.
func (o *openRequests) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.add(1)
	defer o.add(-1)
	o.next.ServeHTTP(w, r)
}

func (o *openRequests) add(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.n += n
	if o.n == 0 && o.none != nil {
		close(o.none)
		o.none = nil
	}
}

// wait waits until no request is open. It reports false when that takes too
// long.
func (o *openRequests) wait(atMost time.Duration) bool {
	o.mu.Lock()
	if o.n == 0 {
		o.mu.Unlock()
		return true
	}
	none := make(chan struct{})
	o.none = none
	o.mu.Unlock()
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-none:
		return true
	case <-timer.C:
		return false
	}
}
