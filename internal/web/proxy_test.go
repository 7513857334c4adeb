package web_test

import (
	"net/http"
	"testing"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// Requests of tests come from 192.0.2.1.
func TestProxies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		trusted []string
		header  string
		want    string
	}{
		"nobody is believed":       {nil, "203.0.113.7", "192.0.2.1"},
		"a proxy is believed":      {[]string{"192.0.2.0/24"}, "203.0.113.7", "203.0.113.7"},
		"no further than it saw":   {[]string{"192.0.2.0/24"}, "198.51.100.1, 203.0.113.7", "203.0.113.7"},
		"strangers are no proxies": {[]string{"198.51.100.0/24"}, "203.0.113.7", "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, tandem.Config{DatabaseURL: dbtest.URL(t, db.Migrate), Proxies: tt.trusted})
			q := formPost("", "/login", map[string][]string{"login": {"otto"}, "password": {tandem.DemoPassword}})
			q.Header["X-Forwarded-For"], q.Header["X-Real-Ip"], q.Header["True-Client-Ip"] = tt.header, "203.0.113.99", "203.0.113.98"
			h.expect(http.StatusSeeOther, q)
			if got := h.call(http.StatusOK, "GET", "/users/otto/sessions", "").each(t, "address"); got != tt.want {
				t.Errorf("the session is from %s, want %s", got, tt.want)
			}
		})
	}
}
