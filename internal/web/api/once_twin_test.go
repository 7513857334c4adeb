package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tandem/internal/engine"
)

// A twin of a request that is being carried out waits for it five seconds, then
// is told to come again.
func TestAPI_IdempotencyKey_twin(t *testing.T) {
	t.Parallel()
	people := sessions(t) // has goroutines of its own
	synctest.Test(t, func(t *testing.T) {
		s := onStage(t, people)
		const body = `{"definition_name":"quick"}`
		first := engine.Idempotency{Method: http.MethodPost, Path: "/instances", Key: "twin"}
		ended := make(chan struct{})
		release := make(chan struct{})
		go func() {
			defer close(ended)
			_, _, _ = s.engine.Once(t.Context(), everyone()["otto"], first, func(context.Context) error { <-release; return nil })
		}()
		synctest.Wait()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, v1+"/instances", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer otto")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "twin")
		begun, w := time.Now(), &recorder{httptest.NewRecorder(), func() {}}
		s.handler.ServeHTTP(w, r)
		if waited := time.Since(begun); waited != 5*time.Second || w.Code != http.StatusConflict || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "key_in_use") {
			t.Errorf("after %s: %d, Retry-After %q\n%s\nwant 409 after 5 s with a time", waited, w.Code, w.Header().Get("Retry-After"), w.Body)
		}
		close(release)
		<-ended
	})
}
