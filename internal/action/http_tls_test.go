package action

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// trusting gives http.request with a test server's certificate.
func trusting(t *testing.T, server *httptest.Server) *requester {
	t.Helper()
	allow, err := parseAllowed([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	r := newRequester(allow)
	transport := r.client.Transport.(*http.Transport)
	if transport.Proxy != nil {
		t.Error("the environment's proxy would be used")
	}
	transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	return r
}

// TestHTTPRequest_leaves_TLS: a redirect from https to http takes no secret
// along, and no credentials.
func TestHTTPRequest_leaves_TLS(t *testing.T) {
	t.Parallel()
	arrived := make(chan http.Header, 2)
	plain := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { arrived <- r.Header }))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(secure.Close)
	r := trusting(t, secure)
	call := Call{Input: json.RawMessage(`{"url": "` + secure.URL + `", "headers": {"X-Key": "12345678"}}`), Log: slog.New(slog.DiscardHandler)}
	if _, err := r.Execute(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if got := <-arrived; got.Get("X-Key") != "" {
		t.Errorf("without TLS %v was sent", got)
	}
	call.Secrets = Secrets{{Name: "KEY", Value: "12345678", Hosts: []string{"*"}}}
	if _, err := r.Execute(t.Context(), call); err == nil || StepError(err).Code != "secret_refused" {
		t.Errorf("with a secret: %v, want secret_refused", err)
	}
	if len(arrived) > 0 {
		t.Errorf("without TLS %v was sent", <-arrived)
	}
}
